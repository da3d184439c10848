"""create-project: makes and deletes projects (`project.create.triggered`, `project.delete.triggered`)."""

from __future__ import annotations

from keptn import events, projects, runtime
from keptn.context import Context
from keptn.events import Event, Result


@runtime.task("create-project")
def handle(task: Event, ctx: Context) -> Event | None:
    if task.type == events.PROJECT_CREATE:
        stages = projects.create(task, ctx)
        message = f"project {task.scope.project} has the stages {', '.join(stages)}"
        return _finished(task, ctx, message, {"stages": list(stages)})
    if task.type == events.PROJECT_DELETE:
        projects.delete(task, ctx)
        return _finished(task, ctx, f"project {task.scope.project} is deleted", {})
    return None


def _finished(task: Event, ctx: Context, message: str, payload: dict[str, object]) -> Event:
    return events.finished(
        task,
        source=runtime.source("create-project"),
        now=ctx.clock.now(),
        result=Result.PASS,
        message=message,
        payload=payload,
    )
