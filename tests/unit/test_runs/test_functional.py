"""The file of HTTP checks: what it says, and what is said about a wrong one."""

import pytest

from keptn.errors import InvalidFile
from keptn.ports import HttpAnswer
from keptn.test_runs import functional


def check(yaml: str) -> functional.Check:
    return functional.parse(f"checks:\n- {{path: /x, {yaml}}}\n", file="f.yaml")[0]


def test_a_path_is_enough():
    """Everything else has a default: GET, any 2xx, five seconds."""
    (read,) = functional.parse("checks:\n- path: /health\n", file="f.yaml")
    assert (read.name, read.method, read.timeout_s, read.body) == ("GET /health", "GET", 5.0, b"")
    assert functional.problems(read, HttpAnswer(status=204)) == []


@pytest.mark.parametrize(
    ("expect", "answer", "problem"),
    [
        ("status: 201", HttpAnswer(status=200), "status 200 instead of 201"),
        ("status: [200, 404]", HttpAnswer(status=500), "status 500 instead of 200 or 404"),
        ("contains: milk", HttpAnswer(status=200, body=b"tea"), "no 'milk' in the answer"),
        ("json: {a: 1}", HttpAnswer(status=200, body=b'{"a": true}'), "json.a is true instead of 1"),
        ("json: {a: {b: 1}}", HttpAnswer(status=200, body=b'{"a": {}}'), "json.a.b is missing"),
        ("json: [1]", HttpAnswer(status=200, body=b"[1, 2]"), "json is [1, 2] instead of [1]"),
        ("json: null", HttpAnswer(status=200, body=b"0"), "json is 0 instead of null"),
        ("json: {}", HttpAnswer(status=200, body=b"<html>"), "the answer is no JSON: '<html>'"),
    ],
)
def test_what_is_wrong_is_said(expect, answer, problem):
    """Each difference between the answer and the expectation is one phrase."""
    assert functional.problems(check(f"expect: {{{expect}}}"), answer) == [problem]


def test_other_fields_may_be_there():
    """A new field in an answer breaks no check."""
    assert functional.problems(check("expect: {json: {a: 1}}"), HttpAnswer(status=200, body=b'{"a": 1, "b": 2}')) == []


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("", "f.yaml: is empty"),
        ("a: 1", "f.yaml:1: lists no checks"),
        ("checks: []", "f.yaml:1: lists no checks"),
        ("checks:\n- /health", "f.yaml:2: a check is a mapping"),
        ("checks:\n- name: x\n  path: health", "f.yaml:3: path 'health' must begin with /"),
        ("checks:\n- path: /x\n  method: FETCH", "f.yaml:3: method 'FETCH' is none of"),
        ("checks:\n- path: /x\n  expected: 200", "f.yaml:3: 'expected' is not known here; known: name, method"),
        ("checks:\n- path: /x\n  timeout_s: soon", "f.yaml:3: timeout_s 'soon' must be a number of seconds"),
        ("checks:\n- path: /x\n  headers: [a]", "f.yaml:3: headers is a mapping"),
        ("checks:\n- path: /x\n  expect:\n    status: ok", "f.yaml:4: status 'ok' must be a number"),
        ("checks:\n- path: /x\n  expect:\n    contains: 7", "f.yaml:4: contains must be text"),
        ("checks:\n- path: /x\n  expect: 200", "f.yaml:3: expect is a mapping"),
        ("checks: [", "f.yaml:2: not valid YAML"),
    ],
)
def test_a_wrong_file_names_the_line(text, error):
    """One sentence with file, line and what is wrong."""
    with pytest.raises(InvalidFile) as caught:
        functional.parse(text, file="f.yaml")
    assert str(caught.value).startswith(error)
