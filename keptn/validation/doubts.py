"""What is legal in a file but surely not meant, where its parser has no place for it. Pure.

Shipyards and notifications bring their own warnings (`shipyard/checks.py`, `notification/subscriptions.py`).
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from keptn.deployment import workload_file
from keptn.documents import Document, Path
from keptn.projects.values import ValuesFile
from keptn.quality import placeholders
from keptn.quality.criteria import Criterion
from keptn.quality.perfspec import PerfSpec
from keptn.quality.sli import Sli
from keptn.quality.slo import CriteriaSets, Objective, Slo
from keptn.remediation.runbook import BUILT_IN, KEPTNS_SCALING, Remediation
from keptn.shipyard.cron import Cron
from keptn.shipyard.model import BUILT_IN_TASKS, Shipyard, Task
from keptn.validation.kinds import Kind

_VERSIONS = ("1.0", "1.0.0", "0.1.0", "0.1.1")
_NEAR = 0.85
"""How alike a name and a known one must be to be taken for a slip: `rolback`, not `scale-up`."""
_LIMITS = (
    ("upper", "", "", 1),
    ("lower", "", "", -1),
    ("upper", "_percent", "Perc", 1),
    ("lower", "_percent", "Perc", 1),
)
"""Of a perfspec; and whether a larger number is further off: percents are of a rise or of a fall."""
_TEST_STRATEGIES = ("functional", "performance", "real-user")
_ALWAYS = "the pass of 0 is always reached: this gate lets everything through"
_A_LEAP_YEARS_END = datetime(2024, 12, 31, tzinfo=UTC)
Doubt = tuple[Path, str]


def of(parsed: object, document: Document, *, kind: Kind) -> Sequence[str]:
    """Sentences with file and line."""
    found = _DOUBTS[kind](parsed, document) if kind in _DOUBTS else ()
    return [str(document.error(text, *path)) for path, text in found]


def _shipyard(shipyard: Shipyard, document: Document) -> Iterator[Doubt]:
    """A freeze window of the 30th of February; a task or a test strategy that is all but a built-in one."""
    product = "spec" in document.data
    spec: Path = ("spec",) if product else ()
    for place, stage in enumerate(shipyard.stages):
        for number, sequence in enumerate(stage.sequences):
            for position, task in enumerate(sequence.tasks):
                at = (*spec, "stages", place)
                at += ("sequences", number, "tasks", position) if product else ("test_strategy",)
                if text := _nearly_built_in(task):
                    yield at, text
        for position, window in enumerate(stage.freeze):
            if Cron.parse(window.cron, timezone=window.timezone).last(_A_LEAP_YEARS_END) is None:
                at = (*spec, "stages", place, "freeze", position)
                yield at, f"the cron {window.cron!r} never comes, so nothing is frozen; no month has such a day"


def _nearly_built_in(task: Task) -> str:
    strategy = task.properties.get("teststrategy") if task.name == "test" else None
    for what, name, known in (("task", task.name, BUILT_IN_TASKS), ("test strategy", strategy, _TEST_STRATEGIES)):
        near = difflib.get_close_matches(str(name or ""), known, n=1, cutoff=_NEAR)
        if near and name not in known:
            return f"the {what} {name!r} is for an extension; did you mean {near[0]}?"
    return ""


def _perfspec(spec: PerfSpec, document: Document) -> Iterator[Doubt]:
    yield from _version(document)
    if not spec.pass_limit:
        yield ("objectives",), _ALWAYS
    for place, indicator in enumerate(spec.indicators):
        limits = indicator.thresholds
        if limits is None:
            continue
        for side, unit, key, sign in _LIMITS:
            severe, warning = getattr(limits, f"{side}_severe{unit}"), getattr(limits, f"{side}_warning{unit}")
            if severe is not None and warning is not None and sign * warning > sign * severe:
                said = f"{side}Warning{key} {warning:g} lies beyond {side}Severe{key} {severe:g}"
                yield ("indicators", place), f"{said}: it never warns; exchange them?"


def _slo(slo: Slo, document: Document) -> Iterator[Doubt]:
    if not slo.pass_percent:
        yield ("total_score",), _ALWAYS
    listed = document.data.get("objectives") or []
    places = {entry["sli"]: place for place, entry in reversed(list(enumerate(listed))) if entry}
    for objective in slo.objectives:
        at = ("objectives", places[objective.sli])
        if text := _never_warns(objective):
            yield (*at, "warning"), text
    for place, entry in enumerate(listed):
        if entry and place != places[entry["sli"]]:
            yield ("objectives", place), f"SLI {entry['sli']!r} stands twice; it is shown and counted once"


def _never_warns(objective: Objective) -> str:
    """Whether the one limit of the warning lies within that of the pass, both on the same side of the same thing."""
    passes, warns = _only(objective.passes), _only(objective.warns)
    if passes is None or warns is None or passes.comparison[0] != warns.comparison[0] or passes.comparison == "=":
        return ""
    if (passes.relative, passes.percent) != (warns.relative, warns.percent):
        return ""
    sign = 1 if passes.comparison[0] == "<" else -1
    if sign * warns.number > sign * passes.number:
        return ""
    if (warns.number, warns.comparison) == (passes.number, passes.comparison):
        return f"the warning {warns.text!r} is the pass: it never warns; widen it or leave it out"
    if warns.number == passes.number and len(warns.comparison) > len(passes.comparison):  # `<=5` reaches beyond `<5`
        return ""
    return f"the warning {warns.text!r} lies within the pass {passes.text!r}: it never warns; exchange them?"


def _only(sets: CriteriaSets) -> Criterion | None:
    return sets[0][0] if len(sets) == 1 and len(sets[0]) == 1 else None


def _sli(slis: Mapping[str, Sli], document: Document) -> Iterator[Doubt]:
    """A placeholder that is all but one of ours would go to the provider as it is, which has no such series."""
    yield from _version(document)
    for name, sli in slis.items():
        for word in dict.fromkeys(re.findall(r"\$[A-Z_]+", str(sli.query))):
            near = difflib.get_close_matches(word, placeholders.NAMES, n=1, cutoff=_NEAR)
            if near and not word.startswith(placeholders.NAMES):
                yield ("indicators", name), f"{word} is left as it is; did you mean {near[0]}?"


def _version(document: Document) -> Iterator[Doubt]:
    version = document.data.get("spec_version")
    if version is not None and str(version) not in _VERSIONS:
        yield ("spec_version",), f'spec_version {version!r} is not known; the file is read as "1.0"'


def _values(file: ValuesFile, _: Document) -> Iterator[Doubt]:
    if not file.repository:
        delivers = "who delivers names one: keptn trigger delivery --image=…"
        yield ("image",), f"{file.service} has no image, so no push to a registry starts a delivery; {delivers}"
    requests, limits = (file.workload.resources.get(kind, {}) for kind in ("requests", "limits"))
    for name in requests.keys() & limits.keys():
        if workload_file.amount(requests[name]) > workload_file.amount(limits[name]):
            said = f"requests of {name} ({requests[name]}) are above its limit ({limits[name]})"
            yield ("resources", "requests", name), f"{said}: Kubernetes takes no such pod"


def _remediation(remediations: Sequence[Remediation], document: Document) -> Iterator[Doubt]:
    """An action may be an extension's; but not one that is all but a built-in one."""
    old = "remediations" in document.data
    at: Path = ("remediations",) if old else ("spec", "remediations")
    for place, entry in enumerate(remediations):
        for position, action in enumerate(entry.actions):
            near = difflib.get_close_matches(action.action, BUILT_IN, n=1, cutoff=_NEAR)
            if near and action.action not in (*BUILT_IN, KEPTNS_SCALING) and not action.executors:
                key = "actions" if old else "actionsOnOpen"
                text = f"the action {action.action!r} is for an extension; did you mean {near[0]}?"
                yield (*at, place, key, position, "action"), text


_DOUBTS: Mapping[Kind, Callable[[Any, Document], Iterator[Doubt]]] = {
    Kind.SHIPYARD: _shipyard,
    Kind.PERFSPEC: _perfspec,
    Kind.SLO: _slo,
    Kind.SLI: _sli,
    Kind.REMEDIATION: _remediation,
    Kind.VALUES: _values,
}
