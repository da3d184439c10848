"""Fills Jinja2 templates, as a process of its own: JSON on standard input, JSON on standard output. Run by template.py.

A sandbox keeps a template away from Python, but not from memory and time (`{% set a = a ~ a %}`, loops in loops): only
the operating system does that, and what it stops is this process. Source: Jinja2, "Sandbox", security considerations.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from jinja2 import ChainableUndefined, StrictUndefined, TemplateSyntaxError
from jinja2.exceptions import SecurityError
from jinja2.sandbox import ImmutableSandboxedEnvironment

CPU_S, MEMORY_BYTES = 2, 96 * 1024**2
"""It begins with 25 MiB; a pod has 512 for all of its own and two of these (template.py)."""
LARGEST = 256 * 1024
"""Characters of all that is filled in, together."""
_FILE = "<template>"


class Missing(ChainableUndefined, StrictUndefined):
    """What is not there: no in `if`, replaced by `default`, however deep it was asked for; all else is an error."""

    def __bool__(self) -> bool:  # type: ignore[override]
        return False


def shown(value: object) -> object:
    """What an expression prints: nothing for null, else text as it is and all other values as JSON."""
    if isinstance(value, Missing):
        return value
    if value is None:
        return ""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)


class Environment(ImmutableSandboxedEnvironment):
    """Jinja2's sandbox, in which `values.image` of a mapping is its key, though mappings have a method so called."""

    def getattr(self, obj: Any, attribute: str) -> Any:  # noqa: ANN401 - Jinja2's
        return obj[attribute] if isinstance(obj, dict) and attribute in obj else super().getattr(obj, attribute)


class Filler:
    """Fills every text of a tree, until it is too much. values: None only checks what is written."""

    def __init__(self, values: Mapping[str, Any] | None) -> None:
        self._values, self._left = values, LARGEST
        self._environment = Environment(undefined=Missing, finalize=shown, autoescape=False)
        self._environment.policies["json.dumps_kwargs"] = {
            "ensure_ascii": False,
            "default": str,
        }  # Missing says its name
        self.path: list[str | int] = []

    def fill(self, tree: Any) -> Any:  # noqa: ANN401 - JSON
        if isinstance(tree, str):
            return self._text(tree)
        if isinstance(tree, dict):
            return {key: self._at(key, value) for key, value in tree.items()}
        if isinstance(tree, list):
            return [self._at(place, value) for place, value in enumerate(tree)]
        return tree

    def _at(self, key: str | int, value: Any) -> Any:  # noqa: ANN401
        self.path.append(key)
        filled = self.fill(value)
        self.path.pop()
        return filled

    def _text(self, text: str) -> str:
        compiled = self._environment.from_string(text)
        if self._values is None:
            return text
        parts = []
        for part in compiled.generate(self._values):
            parts.append(part)
            self._left -= len(part)
            if self._left < 0:
                raise OverflowError(f"it gives more than {LARGEST // 1024} KiB")
        return "".join(parts)


def answer(asked: Mapping[str, Any]) -> dict[str, Any]:
    """`filled`, or `error` with `path` and `line`: of the text in which it is, from 1; 0 if nobody can tell."""
    filler = Filler(asked["values"])
    try:
        return {"filled": filler.fill(asked["templates"])}
    except TemplateSyntaxError as exc:
        error, line = str(exc.message), exc.lineno
    except SecurityError as exc:
        error, line = f"it reaches for what a template may not have: {exc}", _line(exc)
    except (MemoryError, RecursionError) as exc:
        error, line = f"it is too large or too deep ({type(exc).__name__})", 0
    except Exception as exc:  # whatever a template makes of its values
        error, line = str(exc) or type(exc).__name__, _line(exc)
    return {"error": error, "path": filler.path, "line": line}


def _line(exc: Exception) -> int:
    trace, line = exc.__traceback__, 0
    while trace:
        if trace.tb_frame.f_code.co_filename in (_FILE, "<unknown>"):
            line = trace.tb_lineno
        trace = trace.tb_next
    return line


def limit() -> None:
    """From here on, as much as a template may need. Some systems know no limit of memory."""
    import resource  # noqa: PLC0415 - what is imported by a test keeps its limits

    for kind, most in ((resource.RLIMIT_CPU, CPU_S), (resource.RLIMIT_AS, MEMORY_BYTES), (resource.RLIMIT_FSIZE, 0)):
        with suppress(OSError, ValueError):
            resource.setrlimit(kind, (most, most))


if __name__ == "__main__":
    question = json.load(sys.stdin)
    limit()
    json.dump(answer(question), sys.stdout)
