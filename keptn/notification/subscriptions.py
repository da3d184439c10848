"""`notify.yaml` on the branch main: who hears which events of a project. Parsed with line numbers.

Told is only what the function `notify` hears: all `.finished`, the `.triggered` of sequences, `approval.triggered`.

notifications:
  - name: delivery chat               # how the log calls it; unique
    channel: slack                    # slack, teams, webhook or cdevents
    secret: chat                      # a secret whose key `url` is where to post
    events: ["*.delivery.finished"]   # `*` is one part, `>` the rest; `sh.keptn.event.` may be left out
    results: [warning, fail]          # without it: any; events without a result are heard
    stages: [prod]                    # without it: all
    services: [carts]                 # without it: all
    body: {text: "{{ title }}"}       # Jinja2 templates, for slack, teams and webhook; without it: the channel's own
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from keptn import documents
from keptn.deployment.reading import Place
from keptn.documents import Document
from keptn.events import PREFIX, RESERVED_STAGES, Event, Result
from keptn.notification import template

if TYPE_CHECKING:
    from keptn.shipyard.model import Shipyard

FILE = "notify.yaml"
CHANNELS = ("slack", "teams", "webhook", "cdevents")
DEFAULT_EVENTS: Mapping[str, Sequence[str]] = {
    "slack": ("*.*.finished", "*.remediation.triggered", "approval.triggered"),
    "teams": ("*.*.finished", "*.remediation.triggered", "approval.triggered"),
    "webhook": (">",),
    "cdevents": (">",),
}
"""What a subscription without `events` hears: people the ends, the problems and what waits for them, machines all
that `notify` hears.
"""
KEYS = ("name", "channel", "secret", "events", "results", "stages", "services", "body")


@dataclass(frozen=True, slots=True, kw_only=True)
class Subscription:
    """One listener. Empty results, stages or services mean any. body: templates; None: as the channel says it."""

    name: str
    channel: str
    secret: str
    events: Sequence[str]
    results: Sequence[str] = ()
    stages: Sequence[str] = ()
    services: Sequence[str] = ()
    body: Any = None

    def wants(self, event: Event) -> bool:
        return (
            any(matches(pattern, event.type) for pattern in self.events)
            and _allows(self.results, event.result)
            and _allows(self.stages, event.scope.stage)
            and _allows(self.services, event.scope.service)
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class NotifyFile:
    """The whole file. warnings: what is legal but surely not meant, with file and line."""

    subscriptions: Sequence[Subscription]
    document: Document
    warnings: Sequence[str] = ()

    def strangers(self, shipyard: Shipyard, *, services: Collection[str] | None = None) -> Sequence[str]:
        """Warnings about names that are not among the project's. services: None if they are not at hand."""
        known = {"stages": shipyard.stage_names} | ({} if services is None else {"services": services})
        found: list[str] = []
        for place, subscription in enumerate(self.subscriptions):
            written = () if subscription.events == DEFAULT_EVENTS[subscription.channel] else subscription.events
            reasons = [(one, _never_comes(one, shipyard)) for one in written if can_be_heard(one)]
            found += [
                str(self.document.error(f"{pattern!r}: {reason}", "notifications", place, "events"))
                for pattern, reason in reasons
                if reason
            ]
            found += [
                str(self.document.error(_stranger(kind, name, there), "notifications", place, kind))
                for kind, there in known.items()
                for name in getattr(subscription, kind)
                if name not in there
            ]
        return found


def can_be_heard(pattern: str) -> bool:
    """Whether the pattern covers anything that `notify` hears."""
    *before, last = _short(pattern)
    if last == ">":
        return len(before) < 3
    of_sequence, of_task = len(before) == 2, len(before) == 1
    ends = last in ("finished", "*") and (of_sequence or of_task)
    begins = last == "triggered" and (of_sequence or (of_task and before[0] in ("approval", "*")))
    return ends or begins


def _never_comes(pattern: str, shipyard: Shipyard) -> str:
    """Which stage, sequence or task that the pattern names the shipyard does not have; empty if it has them."""
    parts = _short(pattern)
    if parts[0] in RESERVED_STAGES or parts[-1] == ">" or len(parts) not in (2, 3):
        return ""
    stages = [stage for stage in shipyard.stages if parts[0] in ("*", stage.name)]
    if len(parts) == 3:
        from keptn.shipyard.model import BUILT_IN_SEQUENCES  # noqa: PLC0415 - only who looks for mistakes

        if not stages:
            return _stranger("stages", parts[0], shipyard.stage_names)
        sequences = {sequence.name for stage in stages for sequence in stage.sequences}
        sequences |= {sequence.name for sequence in BUILT_IN_SEQUENCES}
        return "" if parts[1] in ("*", *sequences) else _stranger("sequences", parts[1], sequences)
    tasks = {task.name for stage in shipyard.stages for sequence in stage.sequences for task in sequence.tasks}
    return "" if parts[0] in ("*", "evaluation", *tasks) else _stranger("tasks", parts[0], tasks)


def matches(pattern: str, event_type: str) -> bool:
    """Whether the pattern covers the type: `*` stands for one part, `>` at the end for one or more."""
    if not event_type.startswith(PREFIX):
        return False
    parts = [r"[^.]+" if part == "*" else r".+" if part == ">" else re.escape(part) for part in _short(pattern)]
    return re.fullmatch(r"\.".join(parts), event_type.removeprefix(PREFIX)) is not None


def parse(text: str | bytes, *, file: str = FILE) -> NotifyFile:
    """Read the subscriptions. Raises InvalidFile with the line."""
    document = documents.read(text, file=file, kind="notify")
    entries = document.data.get("notifications") if isinstance(document.data, dict) else None
    if not isinstance(entries, list):
        raise document.error("must have `notifications`, a list of who hears what (it may be empty)")
    found: list[Subscription] = []
    for position, entry in enumerate(entries):
        subscription = _subscription(document, entry, "notifications", position)
        if subscription.name in {earlier.name for earlier in found}:
            raise document.error(f"the name {subscription.name!r} stands twice", "notifications", position, "name")
        found.append(subscription)
    _check_templates(document, found)
    return NotifyFile(subscriptions=found, document=document, warnings=_unheard(document, found))


def _unheard(document: Document, found: Sequence[Subscription]) -> Sequence[str]:
    heard = "told are all .finished, the .triggered of sequences, and approval.triggered"
    return [
        str(document.error(f"{pattern!r} never comes; {heard}", "notifications", place, "events"))
        for place, subscription in enumerate(found)
        for pattern in subscription.events
        if not can_be_heard(pattern)
    ]


def _stranger(kind: str, name: str, there: Collection[str]) -> str:
    return f"the project has no {kind.removesuffix('s')} {name!r}; {kind}: {', '.join(sorted(there)) or 'none yet'}"


def _subscription(document: Document, entry: object, *at: str | int) -> Subscription:
    if not isinstance(entry, dict):
        raise document.error("a notification is a mapping with channel and secret", *at)
    for key in entry:
        if key not in KEYS:
            hint = "; the URL belongs into a secret" if key in ("url", "webhook", "token") else ""
            raise document.error(f"{key!r} is not known here{hint}; known: {', '.join(KEYS)}", *at, key)
    channel, secret = entry.get("channel"), entry.get("secret")
    if channel not in CHANNELS:
        raise document.error(f"channel {channel!r} is not known; known: {', '.join(CHANNELS)}", *at, "channel")
    if not isinstance(secret, str) or "/" in secret or not secret:
        raise document.error(f"secret {secret!r} must be the name of a secret with the key url", *at, "secret")
    return Subscription(
        name=str(entry.get("name") or f"{channel} {secret}"),
        channel=channel,
        secret=secret,
        events=_patterns(document, entry, *at) or DEFAULT_EVENTS[channel],
        results=_results(document, entry, *at),
        stages=_names(document, entry, "stages", *at),
        services=_names(document, entry, "services", *at),
        body=_body(document, entry, *at),
    )


def _body(document: Document, entry: Mapping[str, Any], *at: str | int) -> Any:  # noqa: ANN401 - JSON
    body = entry.get("body")
    if body is None:
        return None
    if entry["channel"] == "cdevents":
        raise document.error("what cdevents posts is CDEvents; for another body take the channel webhook", *at, "body")
    if not isinstance(body, str | dict | list):
        raise document.error("body must be a mapping, a list or a text that is JSON when it is filled", *at, "body")
    return Place(document, (*at, "body"), body).json()


def _check_templates(document: Document, found: Sequence[Subscription]) -> None:
    """Of the whole file at once: each look costs a process."""
    try:
        template.check([{"body": one.body} for one in found])
    except template.BadTemplate as bad:
        raise document.error(str(bad), "notifications", *bad.path) from bad


def _patterns(document: Document, entry: Mapping[str, Any], *at: str | int) -> Sequence[str]:
    patterns = _names(document, entry, "events", *at)
    for position, pattern in enumerate(patterns):
        if not re.fullmatch(r"([^.>\s]+\.)*([^.>\s]+|>)", pattern):
            hint = "write parts with dots, `*` for one part, `>` for the rest"
            raise document.error(f"{pattern!r} is no pattern of event types; {hint}", *at, "events", position)
    return patterns


def _results(document: Document, entry: Mapping[str, Any], *at: str | int) -> Sequence[str]:
    results = _names(document, entry, "results", *at)
    known = [str(result) for result in Result]
    for position, result in enumerate(results):
        if result not in known:
            raise document.error(f"result {result!r} is none of {', '.join(known)}", *at, "results", position)
    return results


def _names(document: Document, entry: Mapping[str, Any], key: str, *at: str | int) -> Sequence[str]:
    value = entry.get(key)
    names = [value] if isinstance(value, str) else [] if value is None else value
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        raise document.error(f"{key} must be a list of names", *at, key)
    return names


def _allows(wanted: Sequence[str], value: str) -> bool:
    return not wanted or not value or value in wanted


def _short(pattern: str) -> Sequence[str]:
    return pattern.removeprefix(PREFIX).split(".")
