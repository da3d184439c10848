"""Doing what follows from a transition: documents and verdicts are written, then events are posted.

What the Broker refuses for good holds up nothing behind it: the event becomes a dead letter with the reason, the task
that nobody can be given ends as errored, and so does the sequence of another stage that cannot be started.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from keptn import events
from keptn.context import Context
from keptn.errors import Refused
from keptn.events import Event, Phase, TypeParts
from keptn.orchestration import execution_documents
from keptn.records import dead_letters
from keptn.sequence import engine
from keptn.sequence.admission import refused
from keptn.sequence.slot import Pending, Slot


def write_documents(slot: Slot, pending: Iterable[Pending], ctx: Context) -> bool:
    """They come before the events: whoever hears of an event finds what it speaks of.

    Returns False if the events must not follow: what this slot turned away was let in by another run.
    """
    executions = {execution.key: execution for execution in slot.executions}
    stands = True
    for one in pending:
        if one.verdict:
            execution_documents.reject(ctx.store, one.verdict, scope=slot.scope)
        elif one.execution in executions:
            execution = executions[one.execution]
            stands &= execution_documents.write(ctx.store, execution, scope=slot.scope, revision=slot.revision)
    return stands


def post_all(pending: Iterable[Pending], ctx: Context) -> None:
    """Post the events among what is pending, in their order. Raises Unavailable."""
    for one in pending:
        if one.event:
            _post(one.event, ctx)


def leave(aside: Slot, ctx: Context) -> None:
    """Do what follows from a slot that is never stored. Raises Unavailable."""
    if write_documents(aside, aside.pending, ctx):
        post_all(aside.pending, ctx)


def _post(event: Event, ctx: Context) -> None:
    try:
        ctx.sink.post(event)
    except Refused as why:
        dead_letters.keep_refused(event, str(why), ctx)
        parts = events.parse_type(event.type)
        if parts and parts.phase is Phase.TRIGGERED and parts.stage:
            _end_sequence(event, parts, str(why), ctx)
        elif parts and parts.phase is Phase.TRIGGERED:
            dead_letters.post_end(event, f"{parts.name} could not be triggered: {why}", ctx)


def _end_sequence(event: Event, parts: TypeParts, reason: str, ctx: Context) -> None:
    """Its data may be what was too much: its end is told without them."""
    place = {key: event.data[key] for key in ("project", "stage", "service") if key in event.data}
    outcome = refused(f"{event.type} could not be posted: {reason}")
    leave(engine.turned_away(replace(event, data=place), parts, outcome, ctx.clock.now()), ctx)
