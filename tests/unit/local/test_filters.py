"""Which events a Trigger hears."""

import pytest

from keptn.errors import Refused
from keptn.local import filters

EVENT = {"type": "sh.keptn.event.deployment.triggered", "source": "keptn/api", "team": "a"}
CASES = [
    ({}, True, "no filter hears all"),
    ({"filter": {"attributes": {"type": EVENT["type"]}}}, True, "exact"),
    ({"filter": {"attributes": {"type": EVENT["type"], "source": "other"}}}, False, "all attributes must match"),
    ({"filter": {"attributes": {"team": ""}}}, True, "empty means any"),
    ({"filter": {"attributes": {"stage": ""}}}, False, "any, of an attribute that is there"),
    ({"filters": [{"exact": {"team": "a"}}]}, True, "exact"),
    ({"filters": [{"exact": {"stage": "dev"}}]}, False, "missing"),
    (
        {"filters": [{"prefix": {"type": "sh.keptn.event."}}, {"suffix": {"type": ".triggered"}}]},
        True,
        "an array is AND",
    ),
    ({"filters": [{"prefix": {"type": "sh."}}, {"suffix": {"type": ".finished"}}]}, False, "an array is AND"),
    ({"filters": [{"prefix": {"stage": ""}}]}, False, "a missing attribute has no prefix, not even an empty one"),
    ({"filters": [{"any": [{"exact": {"team": "b"}}, {"exact": {"team": "a"}}]}]}, True, "any"),
    ({"filters": [{"any": [{"exact": {"team": "b"}}]}]}, False, "any"),
    ({"filters": [{"all": [{"exact": {"team": "a"}}, {"exact": {"source": "x"}}]}]}, False, "all"),
    ({"filters": [{"not": {"exact": {"team": "a"}}}]}, False, "not"),
    ({"filters": [{"not": {"exact": {"stage": "dev"}}}]}, True, "not of a missing attribute"),
    (
        {"filter": {"attributes": {"type": "x"}}, "filters": [{"exact": {"team": "a"}}]},
        True,
        "filters overrides filter",
    ),
]


@pytest.mark.parametrize(("spec", "expected", "why"), CASES)
def test_a_filter_matches_as_in_knative(spec: dict, expected: bool, why: str):
    """Every dialect, as the Trigger API defines it."""
    assert filters.of_trigger(spec, trigger="t")(EVENT) is expected, why


@pytest.mark.parametrize("one", [{"cesql": "type = 'x'"}, {"exact": {}, "not": {}}, {}])
def test_a_filter_that_cannot_be_carried_out_is_refused(one: dict):
    """Better no start than a filter that silently hears nothing or all."""
    with pytest.raises(Refused, match=r"Trigger t: .*dialect"):
        filters.of_trigger({"filters": [one]}, trigger="t")
