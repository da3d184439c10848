"""What a value of a mapping file stands for."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from keptn import documents
from keptn.errors import InvalidFile, Undecodable
from keptn.webhooks.mappings import expressions
from keptn.webhooks.mappings.expressions import Told

BODY = {
    "repository": {"name": "carts", "full-name": "shop/carts"},
    "tags": ["1.0", "latest"],
    "flat": "service:carts, env:prod,",
    "origin": "https://acme.jfrog.io:443/x",
    "state": "Triggered",
    "number": 7,
    "yes": True,
    "nothing": None,
}
ENTRY = {"tag": "2.0"}
DOCUMENT = documents.load("a: 1", file="ours.yaml")


def found(value, body=BODY):
    told = Told(body=body, entry=ENTRY, headers={"x-id": "abc"})
    return expressions.texts(expressions.compiled(value, DOCUMENT, "a"), told)


@pytest.mark.parametrize(
    ("value", "texts"),
    [
        ("quay.io", ["quay.io"]),
        ("$.repository.name", ["carts"]),
        ("$['repository']['full-name']", ["shop/carts"]),
        ("$.tags[*]", ["1.0", "latest"]),
        ("$.tags[?@ != 'latest']", ["1.0"]),
        ("@.tag", ["2.0"]),
        ("$.number", ["7"]),
        ("$.yes", ["true"]),
        ("$.nothing", []),
        ("$.repository", []),
        ("$.missing.deeper", []),
        ("header:X-Id", ["abc"]),
        ("header: x-other", []),
        (["$.repository.name", ":", "@.tag"], ["carts:2.0"]),
        (["$.repository.name", "$.missing"], []),
        ({"from": "$.origin", "match": "^https?://([^/:]+)"}, ["acme.jfrog.io"]),
        ({"from": "$.origin", "match": "nowhere"}, []),
        ({"from": "$.origin", "match": "https"}, ["https"]),
        ({"from": "$.flat", "split": ","}, ["service:carts", "env:prod"]),
        ({"from": "$.flat", "split": ",", "match": "^service:(.+)"}, ["carts"]),
        ({"from": "$.state", "map": {"Triggered": "open", "Recovered": "resolved"}}, ["open"]),
        ({"from": "$.repository.name", "map": {"Triggered": "open"}}, []),
        ({"from": "$.number", "map": {7: 8}}, ["8"]),
        ({"from": "$.origin", "match": "(x)?$"}, ["x"]),
    ],
)
def test_every_form(value, texts):
    """Paths, headers, texts, one after another, taken apart, in other words."""
    assert found(value) == texts


@pytest.mark.parametrize(
    ("value", "why"),
    [
        ("$.a..", "is no JSON path"),
        ("$.a-b", "is no JSON path"),
        ("$[?@.a=]", "is no JSON path"),
        ("@tag", "is no JSON path"),
        ("header:", "names no header"),
        ("header:a b", "names no header"),
        ([], "is no expression"),
        ({}, "is no expression"),
        (None, "is no expression"),
        (1.5, "is no expression"),
        ({"match": "x"}, "is no expression"),
        ({"from": "x", "upper": True}, "'upper' is not known here; known: from, match, split, map"),
        ({"from": "x", "match": "("}, "is no regular expression: missing"),
        ({"from": "x", "match": 3}, "is no regular expression"),
        ({"from": "x", "split": ""}, "must be what stands between"),
        ({"from": "x", "map": ["a"]}, "must be a mapping of the sender's words"),
        ({"from": "x", "map": {"a": []}}, "must be a mapping of the sender's words"),
        ([["$.a", {"from": "$.("}]], "is no JSON path"),
    ],
)
def test_what_is_none_is_said(value, why):
    """With the file and the line."""
    with pytest.raises(InvalidFile) as refused:
        expressions.compiled(value, DOCUMENT, "a")
    assert str(refused.value).startswith("ours.yaml:1: ") and why in str(refused.value)


def test_a_body_that_is_nested_too_deeply_is_no_bug():
    """A stranger's body may have any depth; a descendant path looks for the end of it."""
    deep = "end"
    for _ in range(5000):
        deep = [deep]
    with pytest.raises(Undecodable, match="the body cannot be searched"):
        found("$..x", deep)


def test_a_path_finds_a_bounded_number():
    """However many there are."""
    assert len(found("$[*]", ["x"] * 100_000)) == expressions.MOST + 1
    assert len(found({"from": "$.flat", "split": ","}, {"flat": "a," * 100_000})) <= expressions.MOST + 1


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=10,
)


@given(
    value=st.recursive(
        st.text(max_size=12)
        | st.text(max_size=8).map("$.{}".format)
        | st.text(alphabet="$@.[]*?'0:a ", max_size=12)
        | st.none(),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.fixed_dictionaries(
                {"from": inner}, optional={"match": st.text(max_size=6), "split": st.text(max_size=2)}
            )
        ),
        max_leaves=4,
    ),
    body=anything,
)
def test_whatever_is_written_is_an_expression_or_a_sentence(value, body):
    """And whatever comes, it finds texts in it or nothing."""
    try:
        compiled = expressions.compiled(value, DOCUMENT, "a")
    except InvalidFile as invalid:
        assert invalid.line == 1
        return
    texts = expressions.texts(compiled, Told(body=body, entry=body, headers={}))
    assert all(isinstance(text, str) for text in texts)
