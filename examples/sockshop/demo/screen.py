"""What a person sees: live lanes on a terminal, one line per step elsewhere, and the tables at the end."""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence

from rich.console import Console
from rich.live import Live
from rich.table import Table

from examples.sockshop.demo.lanes import Delivery, Lane

STAGES = ("dev", "staging", "prod")
_COLOURS = {"pass": "green", "warning": "yellow", "fail": "red", "": "cyan"}


class Screen:
    """Prints the progress of deliveries as it happens."""

    def __init__(self) -> None:
        self.console = Console(highlight=False)
        self._began = time.monotonic()
        self._live = Live(console=self.console, auto_refresh=False) if self.console.is_terminal else None
        self._told: set[str] = set()
        self._deliveries: dict[str, Delivery] = {}
        self._users = ""

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

    def say(self, text: str) -> None:
        self.console.print(f"[dim]{self.elapsed_s:5.1f}s[/dim]  {text}")

    def show(self, delivery: Delivery, *, users: str) -> None:
        """The newest state of a delivery; called again and again."""
        self._deliveries[delivery.version], self._users = delivery, users
        if self._live:
            self._live.update(self._lanes(), refresh=True)
        for line in _lines(delivery):
            if line not in self._told:
                self._told.add(line)
                if not self._live:
                    self.say(line)

    def _lanes(self) -> Table:
        table = Table(title=f"carts  ·  {self.elapsed_s:.0f} s  ·  {self._users}", title_justify="left")
        for column in ("version", *STAGES):
            table.add_column(column, min_width=18)
        for version, delivery in self._deliveries.items():
            table.add_row(version, *(_cell(delivery, stage) for stage in STAGES))
        return table

    def deliveries(self, deliveries: Sequence[Delivery]) -> None:
        table = Table(title="Deliveries", title_justify="left")
        for column in ("version", "stage", "sequence", "result", "score", "seconds", "why"):
            table.add_column(column, overflow="fold")
        for delivery in deliveries:
            for lane in delivery.lanes:
                table.add_row(delivery.version, lane.stage, lane.sequence, *_cells(lane))
        self.console.print(table)

    def log(self, stage: str, lines: Iterable[str]) -> None:
        self.console.print(f"\n[bold]Config repo, branch {stage}[/bold]")
        for line in lines:
            self.console.print(f"  {line}", markup=False)


def _cells(lane: Lane) -> tuple[str, str, str, str]:
    took = f"{(lane.ended - lane.began).total_seconds():.1f}" if lane.ended else "–"
    colour = _COLOURS.get(lane.result, "red")
    return f"[{colour}]{lane.result or 'open'}[/{colour}]", _score(lane), took, lane.message


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
