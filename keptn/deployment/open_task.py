"""Whether a task may still change anything: the slot is asked before the first change.

Called by the steps of deployment and of remediation.

Whoever can reach the Broker can post a `deployment.triggered`, and a Broker may deliver one of last week, or of a
service that was deleted since. The slot knows which tasks are open; where there is none, none is.
"""

from __future__ import annotations

from keptn.context import Context
from keptn.errors import Late
from keptn.events import Event


def check(task: Event, ctx: Context) -> None:
    """Ask the slot. Raises Late unless the task is open with its epoch."""
    from keptn.records import slots  # noqa: PLC0415 - the engine is half of what importing a step costs

    slot = slots.read(ctx.store, task.scope)
    held = [execution for execution in (slot.open if slot else ()) if execution.epoch == task.epoch]
    if any(run.is_open and run.id == task.id for execution in held for run in execution.runs):
        return
    raise Late(
        f"task {task.id} of epoch {task.epoch} is not open in {task.scope}: it is late, or the engine did not ask for "
        "it; nothing was changed"
    )
