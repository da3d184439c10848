"""Where the story is told: on a laptop (`laptop.py`) or on a cluster (`cluster.py`)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from examples.sockshop.demo.api import Api

PROJECT, SERVICE = "sockshop", "carts"
PROBLEMS_TOKEN = "problems-demo-token"
TICKETS_TOKEN = "sn-demo-token"


class Inbox(Protocol):
    """A ticketing or chat endpoint. received: JSON bodies; correlations: their X-Correlation-ID."""

    @property
    def url(self) -> str: ...

    @property
    def received(self) -> Sequence[Mapping[str, Any]]: ...

    @property
    def correlations(self) -> Sequence[str]: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Files:
    """What a team writes. shipyards: by the strategy of prod. resources: file, its place, the stages that get it."""

    shipyards: Mapping[str, Path]
    values: Path
    resources: Mapping[str, Sequence[tuple[Path, str, Sequence[str]]]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """crowds: per stage how many users at a time, and how many requests a second each. delivery_s: after so long one
    counts as stuck; problem_s: so long until somebody notices that 0.4 breaks; seconds.
    """

    crowds: Mapping[str, tuple[int, float]]
    delivery_s: float
    problem_s: float


class World(Protocol):
    """An installation with all around it."""

    api: Api
    files: Files
    pace: Pace
    pinned: Mapping[str, str]
    """Headers of users whom a canary's pin holds; without any, its cookie does."""

    @property
    def tickets(self) -> Inbox: ...

    @property
    def chat(self) -> Inbox: ...

    def open(self) -> str:
        """Begin; a sentence that says where keptn is."""

    def connect(self, hook: Mapping[str, Any]) -> None:
        """Have the registry tell of pushes, and a monitor of problems. hook: the service's, `url` and `token`."""

    def push(self, code: str, tag: str) -> str:
        """Push an image made of the code of one version under a tag; the keptn context of what comes of it."""

    def visit(self, url: str) -> tuple[str, Mapping[str, str]]:
        """Where a user goes to reach a public URL, and with which headers."""

    def log(self, branch: str) -> list[str]:
        """The branch's log, as anybody with Git reads it: short id and subject, newest first."""

    def close(self) -> None:
        """Leave nothing running."""
