"""What a person sees: live lanes on a terminal, one line per step elsewhere, and the tables at the end."""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence

from rich import box
from rich.console import Console
from rich.live import Live
from rich.markup import escape
from rich.table import Table

from examples.sockshop.demo.lanes import Delivery, Lane

STAGES = ("dev", "staging", "prod")
VERSION_WIDTH, WIDEST_LANE = len("version"), 30
_FRAME = 4 * 2 + 5
"""Of the lanes: blanks beside four columns, and five lines."""
_COLOURS = {"pass": "green", "warning": "yellow", "fail": "red", "": "cyan"}


class Screen:
    """Prints the progress of deliveries as it happens. On a terminal all of it fits; in a pipe no line is broken."""

    def __init__(self, console: Console | None = None) -> None:
        self.console = console or Console(highlight=False)
        self._began = time.monotonic()
        self._live = Live(console=self.console, auto_refresh=False) if self.console.is_terminal else None
        self._told: set[str] = set()
        self._deliveries: dict[str, Delivery] = {}
        self._users: Sequence[str] = ()

    def __enter__(self) -> Screen:
        if self._live:
            self._live.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self._live:
            self._live.stop()

    @property
    def elapsed_s(self) -> float:
        return time.monotonic() - self._began

    def line(self, text: str = "") -> None:
        """A link is wrapped by the terminal itself, which then still knows it whole."""
        self.console.print(text, soft_wrap=not self.console.is_terminal or "://" in text)

    def say(self, text: str) -> None:
        self.line(f"[dim]{self.elapsed_s:5.1f}s[/dim]  {text}")

    def show(self, delivery: Delivery, *, users: Sequence[str]) -> None:
        """The newest state of a delivery; called again and again. users: a line on each crowd."""
        self._deliveries[delivery.version], self._users = delivery, users
        if self._live:
            self._live.update(self._lanes(), refresh=True)
        for line in _lines(delivery):
            if line not in self._told:
                self._told.add(line)
                if not self._live:
                    self.say(line)

    def _lanes(self) -> Table:
        """Its columns do not move while it runs."""
        table = Table(title=f"carts  ·  {self.elapsed_s:.0f} s", title_justify="left")
        table.caption, table.caption_justify = "\n".join(self._users), "left"
        table.add_column("version", width=VERSION_WIDTH)
        for stage in STAGES:
            table.add_column(stage, width=min(WIDEST_LANE, (self.console.width - _FRAME - VERSION_WIDTH) // 3))
        for version, delivery in self._deliveries.items():
            table.add_row(version, *(_cell(delivery, stage) for stage in STAGES))
        return table

    def deliveries(self, deliveries: Sequence[Delivery]) -> None:
        """What became of each, then why where it did not just pass: a reason is longer than a column is wide."""
        table = Table(title="Deliveries", title_justify="left", box=box.SIMPLE_HEAD)
        for column in ("version", "stage", "sequence", "result", "score", "seconds"):
            table.add_column(column, no_wrap=True)
        lanes = [(delivery.version, lane) for delivery in deliveries for lane in delivery.lanes]
        for version, lane in lanes:
            table.add_row(version, lane.stage, lane.sequence, *_cells(lane))
        self.console.print(table)
        for version, lane in lanes:
            if lane.message and lane.result != "pass":
                self.line(f"{version} {lane.stage} {lane.sequence}, {lane.result or 'open'}: {lane.message}")

    def log(self, stage: str, lines: Iterable[str]) -> None:
        self.line(f"\n[bold]Config repo, branch {stage}[/bold]")
        for line in lines:
            self.line(f"  {escape(line)}")


def _cells(lane: Lane) -> tuple[str, str, str]:
    took = f"{(lane.ended - lane.began).total_seconds():.1f}" if lane.ended else "–"
    colour = _COLOURS.get(lane.result, "red")
    return f"[{colour}]{lane.result or 'open'}[/{colour}]", _score(lane), took


def _score(lane: Lane) -> str:
    return f"{lane.score:g}" if lane.score is not None else "–"


def _cell(delivery: Delivery, stage: str) -> str:
    words = []
    for lane in (lane for lane in delivery.lanes if lane.stage == stage):
        colour, what = _COLOURS.get(lane.result, "red"), lane.step or lane.result or "…"
        score = f" {lane.score:g}" if lane.score is not None else ""
        name = "" if lane.sequence == "delivery" else f"{lane.sequence}: "
        words.append(f"[{colour}]{name}{what}{score}[/{colour}]")
    return "\n".join(words)


def _lines(delivery: Delivery) -> Iterable[str]:
    for lane in delivery.lanes:
        where = f"[bold]{delivery.version}[/bold] {lane.stage} {lane.sequence}"
        for step in lane.steps:
            yield f"{where}: {step}"
        if lane.result:
            score = f", score {_score(lane)}" if lane.score is not None else ""
            colour = _COLOURS.get(lane.result, "red")
            why = f" – {lane.message}" if lane.message and lane.result != "pass" else ""
            yield f"{where} → [{colour}]{lane.result}[/{colour}]{score}{why}"
