"""Event types of keptn 0.2 to 0.7 that nobody hears any more, and what replaces each.

Source: keptn specification 0.1 and 0.2, cloudevents.md; keptn/go-utils, pkg/events and pkg/lib/v0_1_0.
"""

from __future__ import annotations

_PROBLEM = (
    "post alerts to receive-problem, or send sh.keptn.event.<stage>.remediation.triggered "
    "(keptn trigger sequence remediation)"
)
_ARTIFACT = "send sh.keptn.event.<stage>.delivery.triggered (keptn send event new-artifact)"
_EVALUATE = "send sh.keptn.event.<stage>.evaluation.triggered (keptn trigger evaluation)"
_PROVIDER = "the evaluation asks its SLI providers itself; which they are, says sli.yaml (docs/gates.md)"
_ANSWER = "answer the task with sh.keptn.event.{}.finished, whose triggeredid is the id of its .triggered event"

_INSTEAD = (
    ("sh.keptn.events.problem", _PROBLEM),
    ("sh.keptn.event.problem", _PROBLEM),
    ("sh.keptn.events.new-artifact", _ARTIFACT),
    ("sh.keptn.events.configuration", _ARTIFACT),
    ("sh.keptn.event.configuration", _ARTIFACT),
    ("sh.keptn.events.deployment-finished", _ANSWER.format("deployment")),
    ("sh.keptn.events.tests-finished", f"{_ANSWER.format('test')}; to evaluate what was tested, {_EVALUATE}"),
    ("sh.keptn.events.evaluation-done", _ANSWER.format("evaluation")),
    ("sh.keptn.event.start-evaluation", _EVALUATE),
    ("sh.keptn.events.start-evaluation", _EVALUATE),
    ("sh.keptn.internal.event.get-sli", _PROVIDER),
    ("sh.keptn.event.monitoring.configure", _PROVIDER),
    ("sh.keptn.events.monitoring", _PROVIDER),
    ("sh.keptn.internal.event.project", "use keptn create project and keptn delete project"),
    ("sh.keptn.internal.event.service", "use keptn onboard service and keptn delete service"),
)


def instead(event_type: str) -> str:
    """What replaces the type, as a clause; empty if it is no old one."""
    return next((clause for beginning, clause in _INSTEAD if event_type.startswith(beginning)), "")
