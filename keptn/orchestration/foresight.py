"""What would become of an order, told to who gives it. The engine is asked, and nothing is written or posted."""

from __future__ import annotations

from keptn import events, orchestration
from keptn.context import Context
from keptn.events import Control, Event
from keptn.orchestration import controls, transition
from keptn.records import deliveries
from keptn.sequence import engine


def refusal(rerun: Event, ctx: Context) -> str:
    """Why this order to run a delivery again would come to nothing; empty if it would run, or wait for its turn.

    Raises Refused if the shipyard that it began with is gone.
    """
    subject = controls.subject(rerun, deliveries.documents(ctx.store, rerun.context))
    if subject is None:
        where = f" in {rerun.scope.stage}" if rerun.scope.stage else ""
        return f"nothing of delivery {rerun.context} has failed{where}: there is nothing to run again"
    order = controls.order_for(rerun, Control.RERUN, subject)
    slot = transition.load(order.scope, ctx)[0]
    facts = orchestration.control_facts(slot, event=order, ctx=ctx)
    after, _ = engine.step(slot, order, ctx.clock.now(), facts)
    again = events.derived_id(order.id, "rerun", str(subject["execution"]))
    return next((e.message for e in after.executions if e.id == again and e.ended), "")
