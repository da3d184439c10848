"""How long things are kept: every object has a rule, and nothing waits longer than what it waits with is kept."""

import re
from pathlib import Path

import pytest

from keptn import shipyard
from keptn.errors import Refused
from keptn.records import objects, retention
from keptn.settings import Settings

TALK = "stages:\n  - name: dev\n    deployment_strategy: dark\n"


def test_every_object_has_a_rule():
    """A new kind of object is kept for a time or for ever, by decision."""
    source = Path(objects.__file__).read_text()
    named = {f"{kind}/" for kind in re.findall(r'f?"([a-z-]+)/', source)}
    ruled = {*retention.RECORDS, *retention.EVALUATIONS, *retention.ENDLESS}
    assert named and named <= ruled
    assert len(ruled) == len(retention.RECORDS) + len(retention.EVALUATIONS) + len(retention.ENDLESS)


def test_evaluations_are_kept_longer():
    """Later versions are compared with them; the records of what happened go first."""
    days = retention.days(Settings(retention_days=30, evaluation_retention_days=100))
    assert (days["events/"], days["evaluations/"]) == (30, 100)
    assert retention.days(Settings(retention_days=500))["evaluations/"] == 500
    assert not set(days) & set(retention.ENDLESS)


@pytest.mark.parametrize(
    ("more", "says"),
    [
        ("    remediation: {triggered_after: 240h}\n", "triggeredAfter 240h"),
        ("    timeouts: {deployment: 200h}\n", "'deployment' of dev.delivery has timeout 200h"),
        ("    approval_strategy: {pass: manual}\n", "timeout 168h"),
    ],
)
def test_a_wait_longer_than_the_retention_is_refused(more: str, says: str):
    """The sentence says which task, how long, and what to do; an approval waits a week unless it says otherwise."""
    parsed = shipyard.parse(TALK + more, name="sockshop")
    retention.check_waits(parsed, retention_days=90)
    with pytest.raises(Refused, match=says) as refused:
        retention.check_waits(parsed, retention_days=6)
    assert "KEPTN_RETENTION_DAYS=6" in str(refused.value)
