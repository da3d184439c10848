"""Options that several actions have: each check names the line of what is wrong. Pure."""

from __future__ import annotations

from keptn import durations
from keptn.deployment.reading import Place
from keptn.notification import template
from keptn.remediation.runbook import Executor


def only(options: Place, *keys: str) -> None:
    """No options but these."""
    for key in options.mapping():
        if key not in keys:
            known = f"options: {', '.join(keys)}" if keys else "it has none"
            raise options.document.error(f"there is no option {key!r} of this action; {known}", *options.path, key)


def secret(options: Place) -> None:
    at = options["secret"]
    if not at.absent:
        at.text(r"[^/\s]+", must="must be the name of a secret with the key url")


def columns(at: Place) -> None:
    """Columns to set, by name; their texts may be templates."""
    at.mapping()
    _templates(at)


def body(at: Place) -> None:
    """What is posted; its texts may be templates."""
    if not isinstance(at.value, str | dict | list | None):
        raise at.error("must be a mapping, a list, or a text that is JSON when it is filled")
    _templates(at)


def _templates(at: Place) -> None:
    at.json()
    try:
        template.check(at.value)
    except template.BadTemplate as bad:
        raise at.document.error(str(bad), *at.path, *bad.path) from bad


def duration(at: Place) -> None:
    if not at.absent:
        try:
            durations.seconds(at.value)
        except ValueError as exc:
            raise at.error(f"is no duration; write it like 30s, 10m or 1h30m ({exc})") from exc


def secret_of(executor: Executor) -> str:
    """The name of the secret with its address and credentials."""
    return str(executor.options.get("secret") or executor.name)
