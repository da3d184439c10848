"""Options that several actions have: each check names the line of what is wrong. Pure."""

from __future__ import annotations

from keptn import durations
from keptn.deployment.reading import Place
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


def fields(at: Place) -> None:
    """Columns to set: anything that JSON has."""
    at.mapping()
    at.json()


def duration(at: Place) -> None:
    if not at.absent:
        try:
            durations.seconds(at.value)
        except ValueError as exc:
            raise at.error(f"is no duration; write it like 30s, 10m or 1h30m ({exc})") from exc


def secret_of(executor: Executor) -> str:
    """The name of the secret with its address and credentials."""
    return str(executor.options.get("secret") or executor.name)
