"""What one evaluation is about: its versions, its window, what is asked of whom. Pure; called by the step."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from keptn.evaluation import delivered
from keptn.evaluation.gate_files import GateFile
from keptn.evaluation.measuring import Question, Subject
from keptn.events import Event
from keptn.ports import Window
from keptn.quality import requests
from keptn.quality import window as windows
from keptn.quality.hold import Hold
from keptn.quality.verdict import Measured, Need

Version = Mapping[str, str]
"""Colour, image and digest; empty where they are not known."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """live: None if nothing is beside the candidate. given: the values that an external provider delivered.

    beside_live: a canary step, in which both versions have users.
    """

    task: Event
    file: GateFile
    candidate: Version
    live: Version | None
    beside_live: bool
    hold: Hold
    given: Measured

    @property
    def versions(self) -> Mapping[str, Version | None]:
        return {"candidate": self.candidate, "live": self.live}

    @property
    def live_name(self) -> str:
        """For people."""
        live = self.live or {}
        return live.get("image") or live.get("digest") or live.get("colour") or "nothing"

    @property
    def needs(self) -> Sequence[Need]:
        """The gate's, and the count of requests where that matters."""
        counting = [requests.need(self.file.gate)] if self.hold.min_requests else []
        return [*{one.indicator: one for one in (*counting, *self.file.gate.needs)}.values()]

    def questions(self, window: Window) -> Mapping[str, Sequence[Question]]:
        """By version."""
        labels = {str(name): str(value) for name, value in (self.task.data.get("labels") or {}).items()}
        return {
            which: [
                Question(
                    need=need,
                    subject=Subject(
                        scope=self.task.scope,
                        colour=version["colour"],
                        window=window,
                        labels=labels,
                        filters=self.file.gate.filters,
                    ),
                )
                for need in self.needs
                if self._asks(which, need)
            ]
            for which, version in self.versions.items()
            if version is not None
        }

    def _asks(self, which: str, need: Need) -> bool:
        """Of the candidate all that was not delivered; of the live version what a gate, or a person, compares."""
        given = need.indicator in self.given
        return not given if which == "candidate" else need.live or (self.beside_live and not given)


def of(task: Event, file: GateFile) -> Case:
    """Raises Refused for a window that cannot be meant."""
    candidate, live = _versions(task)
    beside_live = live is not None and windows.stepped_at(task) is not None
    return Case(
        task=task,
        file=file,
        candidate=candidate,
        live=live,
        beside_live=beside_live,
        hold=windows.of_evaluation(task, beside_live=beside_live),
        given=delivered.values(task),
    )


def _versions(task: Event) -> tuple[Version, Version | None]:
    """Candidate and live. Without a candidate the live version is what is evaluated, and nothing is beside it."""
    deployment = task.data.get("deployment") or {}
    candidate, live = deployment.get("candidate"), deployment.get("live") or (task.data.get("action") or {}).get("live")
    if candidate and live and candidate.get("colour") != live.get("colour"):
        return _version(candidate), _version(live)
    return _version(candidate or live or {}), None


def _version(given: Mapping[str, object]) -> Version:
    return {name: str(given.get(name) or "") for name in ("colour", "image", "digest")}
