"""create-project: makes and deletes projects (`project.create.triggered`, `project.delete.triggered`)."""

from __future__ import annotations

from keptn import events, runtime
from keptn.context import Context
from keptn.events import Event
from keptn.projects import project


@runtime.task("create-project", events.PROJECT_CREATE, events.PROJECT_DELETE)
def handle(task: Event, ctx: Context) -> Event | None:
    if task.type == events.PROJECT_CREATE:
        stages, warnings = project.create(task, ctx)
        message = "; ".join((f"project {task.scope.project} has the stages {', '.join(stages)}", *warnings))
        data = {"stages": list(stages), "warnings": list(warnings)}
        return runtime.passed("create-project", task, ctx, message=message, payload=data)
    if task.type == events.PROJECT_DELETE:
        project.delete(task, ctx)
        return runtime.passed("create-project", task, ctx, message=f"project {task.scope.project} is deleted")
    return None
