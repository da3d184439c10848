"""Commit messages of the config repository: a subject, and trailers that say which delivery and event caused it.

Everybody who commits uses `commit_message`; `read` takes the trailers out again (bridge, demo, repeats of a task).
"""

from __future__ import annotations

import re

from keptn.events import Event

DELIVERY, EVENT, ARTIFACT, EPOCH = "Keptn-Delivery", "Keptn-Event", "Keptn-Artifact", "Keptn-Epoch"
SCALING = "Keptn-Scaling"
"""How many replicas there are from this commit on, of one that changes nothing else."""
STAGE, SERVICE = "Keptn-Stage", "Keptn-Service"


def commit_message(subject: str, *, event: Event, artifact: str = "", scaling: str = "") -> str:
    """`subject`, an empty line, and the trailers that apply. artifact: `image@digest`."""
    values = {
        DELIVERY: event.context,
        EVENT: event.id,
        ARTIFACT: artifact,
        EPOCH: str(event.epoch or ""),
        SCALING: scaling,
        STAGE: event.scope.stage,
        SERVICE: event.scope.service,
    }
    lines = [f"{name}: {_one_line(value)}" for name, value in values.items() if value]
    return "\n".join([_one_line(subject), "", *lines, ""])


def read(message: str) -> dict[str, str]:
    """The trailers of a commit message, by name."""
    return dict(re.findall(r"^(Keptn-[A-Za-z]+): (.*)$", message, flags=re.MULTILINE))


def _one_line(text: str) -> str:
    """An event's attribute must not add trailers of its own."""
    return " ".join(text.split())
