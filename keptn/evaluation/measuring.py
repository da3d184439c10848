"""Asking the providers, side by side: an evaluation takes as long as its slowest query. Called by the step.

Whatever goes wrong with one query is that value's reason, so that a gate can fail closed and say what was missing.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache

from keptn.errors import KeptnError, NotYet
from keptn.events import Scope
from keptn.ports import Clock, SliProvider, SliQuery, SliValue, Window
from keptn.quality.verdict import Measured, Need

MOST_AT_ONCE = 16

log = logging.getLogger("keptn")


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """What is measured: one colour (empty: the service as users see it) in one window."""

    scope: Scope
    colour: str
    window: Window
    labels: Mapping[str, str]
    filters: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """One indicator of one version."""

    subject: Subject
    need: Need


class Measuring:
    """Asks providers by name (empty: the default one); each is made once, so that it may keep what it read."""

    def __init__(self, provider: Callable[[str], SliProvider], *, clock: Clock, deadline: datetime) -> None:
        self._provider, self._clock, self._deadline = cache(provider), clock, deadline

    def ask(self, questions: Mapping[str, Sequence[Question]]) -> Mapping[str, Measured]:
        """The answers by version and indicator. Raises NotYet if data is still coming after the deadline."""
        flat = [(which, question) for which, asked in questions.items() for question in asked]
        answers = self._all([question for _, question in flat])
        measured: dict[str, dict[str, SliValue]] = {which: {} for which in questions}
        for (which, question), answer in zip(flat, answers, strict=True):
            measured[which][question.need.indicator] = answer
        return measured

    def _all(self, questions: Sequence[Question]) -> Sequence[SliValue]:
        with ThreadPoolExecutor(max_workers=MOST_AT_ONCE) as pool:
            while True:
                answers = list(pool.map(self._fetch, questions))
                waiting = [answer for answer in answers if isinstance(answer, NotYet)]
                if not waiting:
                    return [answer for answer in answers if isinstance(answer, SliValue)]
                self._pause(max(waiting, key=lambda one: one.after_s))

    def _pause(self, waiting: NotYet) -> None:
        if self._clock.now() + timedelta(seconds=waiting.after_s) > self._deadline:
            raise waiting
        self._clock.sleep(max(waiting.after_s, 0.05))

    def _fetch(self, question: Question) -> SliValue | NotYet:
        need = question.need
        try:
            return self._provider(need.source).fetch(_query(question))
        except NotYet as waiting:
            return waiting
        except KeptnError as problem:
            return SliValue(indicator=need.indicator, query="", reason=str(problem), failed=True)
        except Exception:
            log.exception("a bug in the provider of %s", need.indicator)
            reason = f"a bug in the provider {need.source or '(default)'}; the log of evaluate has the traceback"

            return SliValue(indicator=need.indicator, query="", reason=reason, failed=True)


def _query(question: Question) -> SliQuery:
    need, subject = question.need, question.subject
    return SliQuery(
        indicator=need.indicator,
        query=need.query,
        scope=subject.scope,
        colour=subject.colour,
        window=subject.window,
        labels=subject.labels,
        filters=subject.filters,
        samples=need.samples,
    )
