"""The picture of a shipyard: a frame per stage, a box per sequence with its tasks, an arrow per follower. Pure.

What follows what is found as `keptn simulate` finds it: by the engine, run to each end of each sequence.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from keptn.simulation import drawing
from keptn.simulation.walk import Node

WIDTH, LINE, HEAD, GAP, BETWEEN, EDGE = 200, 18, 26, 26, 176, 14
"""Of a box, of a line in it, of its heading; between boxes, between stages (there is room for arrows), of the frame."""
_LONGEST = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Box:
    """One sequence. x, y: its upper left corner."""

    name: str
    sequence: str
    tasks: Sequence[str]
    x: int
    y: int
    height: int

    @property
    def middle(self) -> int:
        return self.y + HEAD // 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    stage: str
    x: int
    height: int
    boxes: Sequence[Box]


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrow:
    """path: of an SVG. on: the ends of the first that lead to the other, which begin at x where they stand beside."""

    path: str
    on: str
    kind: str
    x: float
    y: float
    told: str
    beside: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    width: int
    height: int
    frames: Sequence[Frame]
    arrows: Sequence[Arrow]


def drawn(nodes: Sequence[Node]) -> Picture:
    """Of the sequences that `walk` found."""
    stages = list(dict.fromkeys(node.name.partition(".")[0] for node in nodes))
    columns = [[node for node in nodes if node.name.partition(".")[0] == stage] for stage in stages]
    frames = [_frame(stage, column, place) for place, (stage, column) in enumerate(zip(stages, columns, strict=True))]
    height = max((frame.height for frame in frames), default=0)
    boxes = {box.name: box for frame in frames for box in frame.boxes}
    arrows = [
        _arrow(boxes[node.name], boxes[follower], drawing.label(node, endings))
        for node in nodes
        for follower, endings in drawing.arrows(node)
        if follower in boxes
    ]
    width = len(frames) * (WIDTH + BETWEEN)
    return Picture(width=width, height=height + 2 * EDGE, frames=frames, arrows=arrows)


def _frame(stage: str, column: Sequence[Node], place: int) -> Frame:
    x, y, boxes = EDGE + place * (WIDTH + BETWEEN), 40, []
    for node in column:
        height = HEAD + LINE * len(node.tasks) + 8
        boxes.append(
            Box(
                name=node.name,
                sequence=node.name.partition(".")[2],
                tasks=[_short(task) for task in node.tasks],
                x=x,
                y=y,
                height=height,
            )
        )
        y += height + GAP
    return Frame(stage=stage, x=x - EDGE, height=y, boxes=boxes)


def _arrow(begin: Box, end: Box, on: str) -> Arrow:
    """To the right between stages; around the right side within one; back below."""
    kind = "fail" if on.startswith("fail") else "pass"
    x, y = begin.x + WIDTH, begin.y + begin.height / 2
    if end.x > begin.x:
        path = f"M{x} {y:.0f}C{x + 60} {y:.0f} {end.x - 60} {end.middle} {end.x - 6} {end.middle}"
        middle = (x + end.x) / 2, (y + end.middle) / 2
    else:
        bend = x + 44
        path = f"M{x} {y:.0f}C{bend} {y:.0f} {bend} {end.middle} {end.x + WIDTH + 6} {end.middle}"
        middle = x + 40.0, (y + end.middle) / 2 + 4
    told = f"{begin.name} to {end.name}: {on}"
    return Arrow(path=path, on=_short(on), kind=kind, x=middle[0], y=middle[1], told=told, beside=end.x <= begin.x)


def _short(text: str) -> str:
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"


def in_words(nodes: Sequence[Node]) -> list[tuple[str, str, list[str]]]:
    """The same for who does not see it: each sequence, its tasks, and what its ends start."""
    return [
        (
            node.name,
            " → ".join(node.tasks),
            [f"{drawing.label(node, endings)}: {follower}" for follower, endings in drawing.arrows(node)],
        )
        for node in nodes
    ]
