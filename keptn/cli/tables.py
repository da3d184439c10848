"""Tables that fit the terminal; in a pipe or a file every value is whole. What a person copies is whole everywhere."""

from __future__ import annotations

import shutil
import sys
import textwrap
from bisect import bisect_right
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

from keptn import durations

_EASY, _LEAST = 14, 4
"""Columns to which a cell may be cut: easily; when nothing is left that may be left out."""
_GAP = "  "

Cell = tuple[str, ...]
Grid = Mapping[str, Sequence[Cell]]


class Forms(tuple[str, ...]):
    """One value at several lengths, the whole first: the longest that fits is shown."""

    __slots__ = ()


def table(
    rows: Sequence[Sequence[object]],
    *,
    columns: Sequence[str],
    empty: str,
    ids: Sequence[str] = (),
    spare: Sequence[str] = (),
    whole: str = "-o yaml",
) -> str:
    """Aligned columns with a heading, or the sentence for an empty list.

    ids: columns that are never cut. spare: those that may be left out where it is narrow, the first goes first. whole:
    how to see all of what was cut or left out.
    """
    if not rows:
        return empty
    grid = {name: [(name,), *(_cell(row[place]) for row in rows)] for place, name in enumerate(columns)}
    width = room()
    if width is None:
        return _drawn(_texts(grid, {}))
    grid = {name: cells for name, cells in grid.items() if any(cell[0] for cell in cells[1:])}
    left_out = list[str]()
    for cap, names in ((_EASY, spare), (_LEAST, _others(grid, ids)[:0:-1])):
        for name in filter(grid.__contains__, names):
            if _total(grid, dict.fromkeys(_others(grid, ids), cap)) <= width:
                break
            left_out.append(name)
            del grid[name]
    texts = _texts(grid, _caps(grid, _others(grid, ids), width))
    was_cut = any(text not in cell for name in grid for text, cell in zip(texts[name], grid[name], strict=True))
    return "\n".join((_drawn(texts), *_note(was_cut, left_out, whole, width)))


def _note(was_cut: bool, left_out: Sequence[str], whole: str, width: int) -> Sequence[str]:
    """Whether one sees all, and how one does."""
    lost = [*(["cut"] if was_cut else []), *([f"without {', '.join(left_out)}"] if left_out else [])]
    forms = (f"(… {' and '.join(lost)} to fit; the whole: {whole})", f"(not all fits; the whole: {whole})")
    return [_fitted(forms, width)] if lost else []


def fields(found: Mapping[str, object]) -> str:
    """One thing as `name: value` lines."""
    width = max(map(len, found), default=0) + 1
    return "\n".join(f"{name + ':':<{width}} {_cell(value)[0]}".rstrip() for name, value in found.items())


def wrapped(line: str, *, indent: str) -> str:
    """A long line, between words, for the terminal; as it is in a pipe."""
    if (width := room()) is None or not line.strip():
        return line
    fit = textwrap.wrap(line, width, subsequent_indent=indent, break_long_words=False, break_on_hyphens=False)
    return "\n".join(fit)


def room() -> int | None:
    """Columns of the terminal; None where nobody reads along: a pipe, a file."""
    return shutil.get_terminal_size().columns if sys.stdout.isatty() else None


def when(text: object) -> str:
    """An RFC 3339 time: on a terminal from now on (`3m ago`), elsewhere the moment, with its zone."""
    if not text or room() is None:
        return durations.moment(str(text or ""))
    return durations.relative(datetime.fromisoformat(str(text)), now=datetime.now(UTC))


def image(text: object) -> Forms:
    """Without its registry, without its folders, and as its tag alone: its service stands beside it."""
    whole = str(text or "")
    host, _, path = whole.partition("/")
    on_host = path and ({".", ":"} & set(host) or host == "localhost")
    name = whole.rpartition("/")[2].partition("@")[0]
    tag = name.partition(":")[2]
    return Forms(dict.fromkeys((whole, path if on_host else whole, name, f":{tag}" if tag else name)))


def _others(grid: Grid, ids: Sequence[str]) -> Sequence[str]:
    return [name for name in grid if name not in ids]


def _caps(grid: Grid, names: Sequence[str], width: int) -> Mapping[str, int]:
    """How wide each column may be: all alike, as wide as fits; then what is left goes to the first that gains by it.

    Before anything is cut, all have their shortest form.
    """
    shortest = {name: max(_length(cell[-1]) for cell in grid[name]) for name in names}
    floor = shortest if _total(grid, shortest) <= width else dict.fromkeys(names, _LEAST)

    def alike(cap: int) -> Mapping[str, int]:
        return {name: max(cap, floor[name]) for name in names}

    caps = alike(max(0, bisect_right(range(width + 1), width, key=lambda cap: _total(grid, alike(cap))) - 1))
    for name in names:
        wider = {**caps, name: caps[name] + width - _total(grid, caps)}
        caps = wider if _total(grid, wider) <= width else caps
    return caps


def _total(grid: Grid, caps: Mapping[str, int]) -> int:
    """Columns of the whole table."""
    texts = _texts(grid, caps)
    return sum(max(map(_length, column)) for column in texts.values()) + len(_GAP) * (len(texts) - 1)


def _texts(grid: Grid, caps: Mapping[str, int]) -> Mapping[str, Sequence[str]]:
    """Every cell within its column's cap; whole where there is none."""
    return {
        name: [_fitted(cell, caps[name]) if name in caps else cell[0] for cell in cells] for name, cells in grid.items()
    }


def _fitted(cell: Cell, cap: int) -> str:
    from rich.cells import set_cell_size  # noqa: PLC0415 - only tables need it

    if found := next((form for form in cell if _length(form) <= cap), None):
        return found
    return set_cell_size(cell[-1], max(cap - 1, 0)).rstrip() + "…" if cell[-1] else ""


def _drawn(texts: Mapping[str, Sequence[str]]) -> str:
    widths = [max(map(_length, column)) for column in texts.values()]
    return "\n".join(
        _GAP.join(text + " " * (width - _length(text)) for text, width in zip(row, widths, strict=True)).rstrip()
        for row in zip(*texts.values(), strict=True)
    )


def _length(text: str) -> int:
    """Columns that a terminal gives the text: a Chinese sign takes two."""
    from rich.cells import cell_len  # noqa: PLC0415

    return len(text) if text.isascii() else cell_len(text)


def _cell(value: object) -> Cell:
    """A line without what moves a terminal's cursor."""
    if isinstance(value, Forms):
        return tuple(map(_line, value))
    if isinstance(value, list | tuple):
        return (_line(", ".join(map(str, value))),)
    if value is None:
        return ("",)
    return (_line(f"{value:g}" if isinstance(value, float) else str(value)),)


def _line(text: str) -> str:
    return " ".join("".join(sign if sign.isprintable() else " " for sign in text).split())
