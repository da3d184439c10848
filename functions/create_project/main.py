"""create-project: makes and deletes projects (`project.create.triggered`, `project.delete.triggered`)."""

from __future__ import annotations

from keptn import events, runtime
from keptn.context import Context
from keptn.events import Event
from keptn.projects import project


@runtime.task("create-project", events.PROJECT_CREATE, events.PROJECT_DELETE)
def handle(task: Event, ctx: Context) -> Event | None:
    if task.type == events.PROJECT_CREATE:
        stages = project.create(task, ctx)
        message = f"project {task.scope.project} has the stages {', '.join(stages)}"
        return runtime.passed("create-project", task, ctx, message=message, payload={"stages": list(stages)})
    if task.type == events.PROJECT_DELETE:
        project.delete(task, ctx)
        return runtime.passed("create-project", task, ctx, message=f"project {task.scope.project} is deleted")
    return None
