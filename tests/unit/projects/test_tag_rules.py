"""Which pushed tags a service takes."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from keptn.errors import InvalidFile
from keptn.projects.tag_rules import EVERY_TAG, TagRules
from keptn.projects.values import parse


def rules(text: str) -> TagRules:
    return parse(f"service: carts\nimage:\n  repository: carts\n  tags: {text}\n").tags


@pytest.mark.parametrize(
    ("text", "taken", "left"),
    [
        ("{glob: 'release-*'}", ["release-1"], ["Release-1", "1"]),
        (r"{regex: 'v\d+'}", ["v12"], ["v12-rc", "xv1"]),
        ("{semver: '>=1.2 <2'}", ["1.2.0", "v1.9.3", "1.2"], ["2.0.0", "1.3.0-rc.1", "latest", "1"]),
        ("{semver: '^1.2.3-rc.1'}", ["1.2.3-rc.2", "1.4.0"], ["1.2.3-alpha", "2.0.0"]),
    ],
)
def test_a_rule_takes_what_it_says(text, taken, left):
    """And says of the rest why not."""
    assert [tag for tag in taken if rules(text).why_not(tag)] == []
    assert all("image.tags." in rules(text).why_not(tag) for tag in left)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("'1.*'", "must be one of"),
        ("{}", "exactly one of glob, regex and semver"),
        ("{glob: a, regex: b}", "exactly one of"),
        ("{latest: true, glob: a}", "'latest'"),
        ("{glob: 1}", "image.tags.glob"),
        ("{regex: '('}", "cannot be read"),
        ("{semver: 'one'}", "cannot be read"),
        ("{glob: a, newest: true}", "goes with semver alone"),
    ],
)
def test_a_rule_that_is_none_is_refused_with_its_line(text, why):
    """When the file is checked, not when an image comes."""
    with pytest.raises(InvalidFile, match=r"values.yaml:4") as refused:
        rules(text)
    assert why in str(refused.value)


def test_without_a_rule_every_tag_is_taken():
    assert parse("service: carts\nimage: carts").tags == EVERY_TAG
    assert EVERY_TAG.why_not("anything") == ""


def test_a_pattern_without_end_is_stopped():
    """A team writes it, and the hook of all teams would wait."""
    began = time.monotonic()
    assert "takes too long" in TagRules(regex="(a|aa)+b").why_not("a" * 127 + "c")
    assert time.monotonic() - began < 5


@given(st.text(max_size=128), st.sampled_from([{"glob": "[!a*"}, {"regex": r"[\w.]+"}, {"semver": ">1 || 2.x"}]))
def test_no_tag_breaks_a_rule(tag, rule):
    assert isinstance(TagRules(**rule).why_not(tag), str)


@given(st.builds(TagRules, glob=st.text(max_size=5), newest=st.booleans()))
def test_what_is_stored_comes_back(rule):
    assert TagRules(**rule.stored()) == rule
