"""Which platforms an image must have."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from keptn.errors import InvalidFile
from keptn.projects import push_rules
from keptn.projects.platforms import why_not
from keptn.projects.push_rules import EVERY_PUSH, PushRules
from keptn.projects.tag_rules import TagRules
from keptn.projects.values import parse


def read(text: str) -> tuple[str, ...]:
    return parse(f"service: carts\nimage:\n  repository: carts\n  platforms: {text}\n").rules.platforms


@pytest.mark.parametrize(
    ("wanted", "there", "lacks"),
    [
        (["linux/amd64", "linux/arm64"], ["linux/arm64", "linux/amd64", "windows/amd64"], []),
        (["linux/amd64", "linux/arm64"], ["linux/amd64"], ["linux/arm64"]),
        (["linux/amd64"], [], ["linux/amd64"]),
        (["linux/arm64"], ["linux/arm64/v8"], []),
        (["linux/arm64/v8"], ["linux/arm64"], []),
        (["linux/arm/v7"], ["linux/arm"], []),
        (["linux/arm"], ["linux/arm/v6"], []),
        (["linux/arm/v7"], ["linux/arm/v6"], ["linux/arm/v7"]),
        (["linux/arm64/v8"], ["linux/arm64/v9"], ["linux/arm64/v8"]),
        (["linux/arm"], ["linux/arm64"], ["linux/arm"]),
    ],
)
def test_every_platform_that_is_wanted_must_be_there(wanted, there, lacks):
    """Without a variant any will do, and some go without saying (containerd's platforms, "Normalization")."""
    why = why_not(wanted, there)
    assert bool(why) == bool(lacks)
    assert all(name in why for name in lacks)
    assert not why or all(name in why for name in there)


def test_the_sentence_says_what_there_is_and_what_is_missing():
    assert why_not(["linux/amd64", "linux/arm64"], {"linux/s390x", "linux/amd64"}) == (
        "the image has linux/amd64, linux/s390x, and lacks linux/arm64 of image.platforms"
    )
    assert why_not(["linux/amd64"], ()) == "the image names no platform, and lacks linux/amd64 of image.platforms"


def test_platforms_are_read():
    """Once each, in their order; without any, whatever comes is taken."""
    assert read("[linux/arm64, linux/amd64, linux/arm64]") == ("linux/arm64", "linux/amd64")
    assert parse("service: carts\nimage: {repository: carts}").rules == EVERY_PUSH


@pytest.mark.parametrize(
    "text", ["linux/amd64", "[]", "[amd64]", "[Linux/AMD64]", "[linux/arm/v7/x]", "[1]", "{}", "[linux/]"]
)
def test_what_is_no_platform_is_refused_with_its_line(text):
    """When the file is checked, not when an image comes."""
    with pytest.raises(InvalidFile, match=r"values.yaml:4.*image\.platforms"):
        read(text)


@given(st.builds(TagRules, glob=st.text(max_size=5)), st.lists(st.text(max_size=5)).map(tuple))
def test_what_is_stored_comes_back(tags, platforms):
    rules = PushRules(tags=tags, platforms=platforms)
    assert push_rules.of_stored(rules.stored()) == rules
