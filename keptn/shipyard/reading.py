"""Reading values out of a document, with an error that points at the line. Used by both forms."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

from keptn import durations
from keptn.documents import Document, Path
from keptn.events import RESERVED_STAGES
from keptn.shipyard.cron import Cron
from keptn.shipyard.model import FreezeWindow, Task

_STAGE_NAME = re.compile(r"[a-z]([a-z0-9-]*[a-z0-9])?")
_NAME = re.compile(r"[A-Za-z0-9]([A-Za-z0-9_-]*[A-Za-z0-9])?")


def mapping(document: Document, value: object, path: Path, *, what: str, keys: Collection[str]) -> Mapping[str, Any]:
    """The value as a mapping that has no other keys."""
    if not isinstance(value, Mapping):
        raise document.error(f"{what} must be a mapping with the keys {', '.join(keys)}", *path)
    for key in value:
        if key not in keys:
            raise document.error(f"unknown key {key!r} in {what}; known: {', '.join(keys)}", *path, key)
    return value


def said(document: Document, value: object, path: Path, *, what: str, keys: Collection[str]) -> Mapping[str, Any]:
    """`mapping`, without the keys that are there without a value."""
    return {key: item for key, item in mapping(document, value, path, what=what, keys=keys).items() if item is not None}


def items(document: Document, value: object, path: Path, *, what: str) -> Iterator[tuple[Path, Any]]:
    """Path and value of each item of a list."""
    if not isinstance(value, Sequence) or isinstance(value, str):
        raise document.error(f"{what} must be a list", *path)
    for position, item in enumerate(value):
        yield (*path, position), item


def stage_name(document: Document, stage: Mapping[str, Any], path: Path, *, taken: Collection[str]) -> str:
    """A stage's name: lower case, also a Git branch and a part of event types."""
    name = stage.get("name")
    if not isinstance(name, str) or not _STAGE_NAME.fullmatch(name):
        raise document.error(
            f"a stage's name must be lower-case letters, digits and '-', starting with a letter; it is {name!r}",
            *path,
            "name",
        )
    if name in RESERVED_STAGES or name == "main":
        raise document.error(f"{name!r} cannot be a stage's name, it is reserved; choose another", *path, "name")
    if name in taken:
        raise document.error(f"stage {name!r} stands twice", *path, "name")
    return name


def name(document: Document, value: Mapping[str, Any], path: Path, *, what: str) -> str:
    """The name of a sequence or task; no dots, for it is one part of an event type."""
    found = value.get("name")
    if not isinstance(found, str) or not _NAME.fullmatch(found):
        raise document.error(f"the name of {what} must be letters, digits, '-' and '_'; it is {found!r}", *path, "name")
    return found


def duration(document: Document, value: object, path: Path, *, zero: bool = True) -> float:
    """Seconds. zero: whether none at all makes sense, too."""
    try:
        found_s = durations.seconds(value)
    except ValueError as exc:
        raise document.error(str(exc), *path) from exc
    if not found_s and not zero:
        raise document.error(f"{path[-1]} must be longer than nothing; it is {value!r}", *path)
    return found_s


def freeze(document: Document, value: object, path: Path) -> tuple[FreezeWindow, ...]:
    """The freeze windows of a stage."""
    if value is None:
        return ()
    return tuple(_window(document, item, at) for at, item in items(document, value, path, what="freeze"))


def _window(document: Document, value: object, path: Path) -> FreezeWindow:
    keys = ("cron", "duration", "timezone", "reason")
    found = mapping(document, value, path, what="a freeze window", keys=keys)
    for key in ("cron", "duration"):
        if key not in found:
            raise document.error(f"a freeze window needs {key!r}", *path)
    window = FreezeWindow(
        cron=str(found["cron"]),
        duration_s=duration(document, found["duration"], (*path, "duration"), zero=False),
        timezone=str(found.get("timezone") or "UTC"),
        reason=str(found.get("reason") or ""),
    )
    try:
        Cron.parse(window.cron, timezone=window.timezone)
    except ValueError as exc:
        raise document.error(str(exc), *path, "cron" if "cron" in str(exc) else "timezone") from exc
    return window


def properties(document: Document, value: object, path: Path) -> Mapping[str, Any]:
    """A task's properties; `timeout` must be a duration and `executors` a positive whole number."""
    if value is None:
        return {}
    if not isinstance(value, Mapping):
        raise document.error("properties must be a mapping", *path)
    if value.get("timeout") is not None:
        duration(document, value["timeout"], (*path, "timeout"), zero=False)
    count = value.get("executors")
    if count is not None and not isinstance(count, list) and (not isinstance(count, int) or count < 1):
        raise document.error(f"executors must be a whole number above 0; it is {count!r}", *path, "executors")
    return dict(value)


def window(document: Document, found: Mapping[str, Any], path: Path) -> None:
    """What an evaluation says of its window, where it says something."""
    min_requests(document, found, path)
    for key in {"timeframe", "timeout", "longest"} & {key for key, value in found.items() if value is not None}:
        duration(document, found[key], (*path, key), zero=False)


def whole_number(
    document: Document, value: object, path: Path, *, least: int, most: int | None = None, why: str = ""
) -> int:
    """The value of the path's last key. most: None for no limit; why there is one may be said."""
    too_big = most is not None and isinstance(value, int) and value > most
    if isinstance(value, bool) or not isinstance(value, int) or value < least or too_big:
        limits = f"from {least}" if most is None else f"from {least} to {most}"
        raise document.error(f"{path[-1]} must be a whole number {limits}{why}; it is {value!r}", *path)
    return value


def min_requests(document: Document, found: Mapping[str, Any], path: Path) -> None:
    """How many requests an evaluation needs, where it says so."""
    whole_number(document, found.get("min_requests", 0), (*path, "min_requests"), least=0)


def soak_is_complete(document: Document, task: Task, path: Path) -> None:
    """The built-in task `soak` needs a duration."""
    if task.name == "soak":
        if "duration" not in task.properties:
            raise document.error("the task 'soak' needs the property 'duration', for example 1h", *path)
        duration(document, task.properties["duration"], (*path, "properties", "duration"))
