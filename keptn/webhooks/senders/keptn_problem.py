"""The problem events of all keptn versions, as CloudEvents 0.2 or 1.0, in either mode.

`sh.keptn.events.problem` (0.2 to 0.6, with an empty time), `sh.keptn.event.problem.open` and `.close` (0.5 to 0.7). The
data are Dynatrace's fields, from 0.5 on with project, stage, service and labels. Since 0.8 it is a trigger of the
sequence `remediation`, which the api takes.
Source: keptn specification 0.1.x and 0.2.0, cloudevents.md, "Problem"; keptn 0.2.2, "Custom service".
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from keptn.webhooks import slots
from keptn.webhooks.senders import cloud_event, dynatrace
from keptn.webhooks.senders.monitors import Problem
from keptn.webhooks.senders.registries import Ignored, within

SETUP = {
    "Where": "whatever sent problems to a keptn of 0.2 to 0.7",
    "URL": "{url}",
    "Header": "Authorization: Bearer {token}",
    "type": "sh.keptn.events.problem or sh.keptn.event.problem.open",
    "data": "State, PID, ProblemTitle, and project, stage, service, or Tags with keptn_project:PROJECT and the like",
}
_TYPES = {
    "sh.keptn.events.problem": "",
    "sh.keptn.event.problem.open": "OPEN",
    "sh.keptn.event.problem.close": "RESOLVED",
}


def recognises(body: Mapping[str, Any], headers: Mapping[str, str]) -> bool:
    return cloud_event.parts(body, headers)[0].get("type") in _TYPES


def read(body: Mapping[str, Any], headers: Mapping[str, str]) -> Sequence[Problem | Ignored]:
    attributes, data = cloud_event.parts(body, headers)
    told = {"State": _TYPES[attributes["type"]], **data}
    slot = {key: data.get(key) or None for key in ("project", "stage", "service")}
    labels = slots.tags([slot, within(data, "labels")])
    return [dynatrace.problem(told, known_as=attributes.get("shkeptncontext", ""), labels=labels)]
