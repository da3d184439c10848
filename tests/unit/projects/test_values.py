"""The values file of a service."""

import pytest

from keptn.deployment.workload import Workload
from keptn.errors import InvalidFile
from keptn.projects.values import ValuesFile, parse

CARTS = """\
service: carts
image:
  repository: 127.0.0.1:5000/sockshop/carts
  tag: 0.1
health: /health
replicas: 2
env:
  CURRENCY: EUR
  DEBUG: false
  LIMIT: 10
"""


def test_a_whole_file():
    """Every key comes out as it was written."""
    assert parse(CARTS) == ValuesFile(
        service="carts",
        repository="127.0.0.1:5000/sockshop/carts",
        tag="0.1",
        workload=Workload(
            health="/health",
            replicas=2,
            env={"CURRENCY": "EUR", "DEBUG": "false", "LIMIT": "10"},
        ),
    )


@pytest.mark.parametrize(
    "name", ["service: carts", "name: carts", "metadata: {name: carts}", "service: carts\nname: carts"]
)
def test_the_name_has_three_places(name):
    """The service's name stands under service, name or metadata.name."""
    assert parse(f"{name}\nimage: {{repository: a/b}}").service == "carts"


@pytest.mark.parametrize(
    ("image", "expected"),
    [
        ("carts", ("carts", "")),
        ("carts:0.1", ("carts", "0.1")),
        ("127.0.0.1:5000/carts", ("127.0.0.1:5000/carts", "")),
        ("127.0.0.1:5000/carts:0.1", ("127.0.0.1:5000/carts", "0.1")),
        ("{repository: a/b, tag: 1}", ("a/b", "1")),
    ],
)
def test_an_image_in_one_line_or_two(image, expected):
    """The image is a repository with or without a tag; a registry's port is no tag."""
    found = parse(f"service: carts\nimage: {image if image[0] == '{' else repr(image)}")
    assert (found.repository, found.tag) == expected


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "values.yaml: is empty"),
        ("[]", "values.yaml:1: a values file must be a mapping"),
        ("- a", "values.yaml:1: a values file must be a mapping"),
        ("image: a", "values.yaml:1: the file names no service; add a line such as `service: carts`"),
        ("service: carts\nimage: 5", "values.yaml:2: image must be a repository"),
        ("image: a\nservice: Carts", "values.yaml:2: 'Carts' is no service name"),
        ("image: a\nservice: {nam: carts}", "values.yaml:2: {'nam': 'carts'} is no service name"),
        ("image: a\nservice: a\nname: b", "values.yaml:3: the file names different services"),
        ("service: a\nimage: {tag: 1}", "values.yaml:2: image.repository None is no repository"),
        ("service: a\nimage:\n  repository: a:1", "values.yaml:3: image.repository 'a:1' must be without tag"),
        ("service: a\nimage: ../../etc", "values.yaml:2: image.repository '../../etc' is no repository, as in"),
        (
            "service: a\nimage: https://ghcr.io/a",
            "values.yaml:2: image.repository 'https://ghcr.io/a' is no repository",
        ),
        ("service: a\nimage: {repository: Carts}", "values.yaml:2: image.repository 'Carts' is no repository"),
        ("service: a\nimage: {repository: a, tag: a/b}", "values.yaml:2: image.tag 'a/b' is no tag"),
        ("service: a\nimage: {repository: a, tag: [1]}", "values.yaml:2: image.tag [1] is no tag"),
        ("service: a\nimage: a\nhealth: health", "values.yaml:3: health 'health' must be a path"),
        ("service: a\nimage: a\nreplicas: 0", "values.yaml:3: replicas 0 must be a whole number from 1"),
        ("service: a\nimage: a\nreplicas: '1'", "values.yaml:3: replicas '1' must be"),
        ("service: a\nimage: a\nenv: [1]", "values.yaml:3: env must map names to values"),
        ("service: a\nimage: a\nenv:\n  A: [1]", "values.yaml:4: env.A must be a text or a number"),
        (
            "service: a\nimage: a\nreplica: 2",
            "values.yaml:3: there is no key 'replica' in a values file; keys: service",
        ),
        ("service: a\nimage: a: b", "values.yaml:2: not valid YAML"),
    ],
)
def test_what_is_wrong_is_said_with_its_line(text, sentence):
    """Every mistake gets one sentence with file and line."""
    with pytest.raises(InvalidFile) as error:
        parse(text)
    assert str(error.value).startswith(sentence)
