"""Keeps every event in the audit log. It decides nothing and answers nothing."""

from keptn import runtime
from keptn.context import Context
from keptn.events import Event
from keptn.records import audit


@runtime.event
def handle(received: Event, ctx: Context) -> None:
    audit.keep(ctx.store, received)
