"""No event makes the engine stumble: whatever its data holds, it is decided, refused or dead-lettered."""

from __future__ import annotations

from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from keptn.errors import Undecodable
from keptn.events import Control, Event, control_type
from keptn.simulation.world import START, World

SHIPYARD = """\
stages:
- {name: dev, deployment_strategy: dark, approval_strategy: {pass: manual}}
- {name: prod, deployment_strategy: blue_green}
"""
TYPES = [
    "sh.keptn.event.dev.delivery.triggered",
    "sh.keptn.event.dev.evaluation.triggered",
    "sh.keptn.event.dev.remediation.triggered",
    "sh.keptn.event.dev.rollback.triggered",
    "sh.keptn.event.prd.delivery.triggered",
    "sh.keptn.event.dev.delivery.finished",
    "sh.keptn.event.approval.started",
    "sh.keptn.event.approval.finished",
    "sh.keptn.event.deployment.finished",
    "sh.keptn.event.deployment.status.changed",
    "sh.keptn.event.project.delete.triggered",
    "sh.keptn.slot.alarm",
    *(control_type(control) for control in Control),
]
KEYS = ["project", "stage", "service", "labels", "artifact", "configurationChange", "problem", "rollback"]
KEYS += ["deployment", "evaluation", "force", "live"]
WORDS = st.text(max_size=5) | st.sampled_from(["dev", "carts"])
LEAVES = st.none() | st.booleans() | st.integers() | st.floats() | WORDS
VALUES = st.recursive(
    LEAVES,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["values", "image", "digest", "live", "PID", "startsAt", "score"]), inner)
    ),
    max_leaves=6,
)
DATA = st.dictionaries(st.sampled_from(KEYS), VALUES)
SCOPE = {"project": "p", "stage": "dev", "service": "carts"}


@settings(max_examples=200, deadline=None, derandomize=True, phases=[Phase.explicit, Phase.generate])
@given(st.lists(st.tuples(st.sampled_from(TYPES), DATA, st.booleans(), st.integers(-1, 5)), min_size=1, max_size=8))
def test_no_data_makes_the_engine_stumble(told):
    """Texts where objects belong, lists where texts do, scopes that contradict: never an exception of ours."""
    world, emitted = World(SHIPYARD), []
    for number, (kind, data, whole, answers) in enumerate(told):
        event = Event(
            type=kind,
            id=f"event-{number}",
            source="outside",
            time=START,
            context="context",
            data={**data, **(SCOPE if whole else {})},
            triggered_id=emitted[answers].id if 0 <= answers < len(emitted) else "",
        )
        try:
            emitted += world.send(event)
        except Undecodable as told_why:
            assert str(told_why)
