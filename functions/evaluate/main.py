"""evaluate: `evaluation.triggered` → the verdict of the service's gate file over the window. A fail is a result."""

from keptn import events, runtime
from keptn.context import Context
from keptn.evaluation import archive, step
from keptn.events import Event


@runtime.task("evaluate", events.triggered_type("evaluation"), events.EVALUATION_INVALIDATED)
def handle(task: Event, ctx: Context) -> Event | None:
    """Evaluate, or take note that an earlier evaluation does not count any more."""
    if task.type == events.EVALUATION_INVALIDATED:
        archive.invalidate(ctx.store, task)
        return None
    outcome = step.evaluate(task, ctx)
    payload = {"evaluation": outcome.evaluation}
    return runtime.ended("evaluate", task, ctx, result=outcome.result, message=outcome.message, payload=payload)
