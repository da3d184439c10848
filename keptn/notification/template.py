"""Texts with `{{ … }}` that a team writes, filled from an event: what is sent, and what an answer means.

Jinja2, in a sandbox and in a process of its own (rendering.py), which ends after two seconds of work or with 96 MiB.
A tree of texts is filled text by text, so what is filled in stays a text, whatever quotes and brackets it holds. What
is not there is an error; `default` and `if` say otherwise: `{{ data.message | default('nothing said') }}`.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from typing import Any

from keptn import events
from keptn.errors import Refused
from keptn.events import Event
from keptn.notification import message
from keptn.web import json_value

LONGEST_S = 15.0
"""The whole process, on a machine that has no time for it."""
_AT_ONCE = threading.BoundedSemaphore(2)
"""Where a pod's memory ends, the whole pod does."""
_LONGEST_REASON = 300


class BadTemplate(Refused):
    """A template that cannot be read or filled.

    Attributes: path (keys and positions that lead to it in its tree), line (in that text, from 1; 0: unknown), reason.
    """

    def __init__(self, reason: str, *, path: Sequence[str | int] = (), line: int = 0) -> None:
        self.reason, self.path, self.line = " ".join(reason.split())[:_LONGEST_REASON], tuple(path), line
        where = ".".join(map(str, path))
        at = f" {where}" if where else ""
        super().__init__(f"the template{at} cannot be filled{f', line {line}' if line else ''}: {self.reason}")


def fill(templates: Any, values: Mapping[str, Any]) -> Any:  # noqa: ANN401 - JSON
    """The same text, or the same tree of mappings and lists, with every text in it filled. Raises BadTemplate."""
    return _asked({"templates": templates, "values": dict(values)}) if _is_template(templates) else templates


def json_body(templates: Any, values: Mapping[str, Any]) -> Any:  # noqa: ANN401 - JSON
    """A body: a tree as it is filled, or what a text is when it is filled, which must be JSON. Raises BadTemplate."""
    return as_json(fill(templates, values), of=templates)


def as_json(filled: Any, *, of: Any) -> Any:  # noqa: ANN401 - JSON
    """What the templates say that were filled; see json_body. of: those templates. Raises BadTemplate."""
    if not isinstance(of, str):
        return filled
    try:
        return json_value(filled)
    except (ValueError, RecursionError) as exc:
        advice = "write it as a mapping, whose texts need no quoting, or use `| tojson`"
        raise BadTemplate(f"what it gives is no JSON ({exc}); {advice}") from exc


def check(templates: Any) -> None:  # noqa: ANN401 - JSON
    """Raises BadTemplate for what no value could fill."""
    if _is_template(templates):
        _asked({"templates": templates, "values": None})


def of_event(event: Event, *, correlation: str = "") -> dict[str, Any]:
    """What a template knows of an event: what it is about, in words, its data, and all of it as a CloudEvent."""
    told = message.compose(event)
    words = {"title": told.title, "where": told.where, "why": told.why, "next_step": told.next_step}
    scope = {"project": event.scope.project, "stage": event.scope.stage, "service": event.scope.service}
    return {
        **scope,
        **words,
        "result": event.result,
        "context": event.context,
        "correlation_id": correlation,
        "data": dict(event.data),
        "event": events.to_dict(event),
    }


def _is_template(tree: Any) -> bool:  # noqa: ANN401
    """Whether there is anything to fill: most texts are what they are, and need no process."""
    if isinstance(tree, str):
        return "{{" in tree or "{%" in tree or "{#" in tree
    children = tree.values() if isinstance(tree, Mapping) else tree if isinstance(tree, list | tuple) else ()
    return any(map(_is_template, children))


def _asked(question: Mapping[str, Any]) -> Any:  # noqa: ANN401
    try:
        with _AT_ONCE:
            done = subprocess.run(
                [sys.executable, "-B", "-m", "keptn.notification.rendering"],
                input=json.dumps(question).encode(),
                env={"PYTHONPATH": os.pathsep.join(filter(None, sys.path))},  # no setting of ours, no secret
                capture_output=True,
                timeout=LONGEST_S,
                check=False,
            )
    except subprocess.TimeoutExpired as exc:
        raise BadTemplate("it takes too long; make it smaller") from exc
    if done.returncode < 0:
        raise BadTemplate("it takes more time or memory than a template may; make it smaller")
    if done.returncode:
        reason = (done.stderr.decode(errors="replace").strip().splitlines() or ["no reason"])[-1]
        raise BadTemplate(f"the process that fills it failed: {reason}")
    answer = json.loads(done.stdout)
    if "error" in answer:
        raise BadTemplate(answer["error"], path=answer["path"], line=answer["line"])
    return answer["filled"]
