"""create-project: makes, moves and deletes projects (`project.create`, `.update` and `.delete.triggered`)."""

from __future__ import annotations

from keptn import events, runtime
from keptn.context import Context
from keptn.events import Event
from keptn.projects import project, remotes


@runtime.task("create-project", events.PROJECT_CREATE, events.PROJECT_UPDATE, events.PROJECT_DELETE)
def handle(task: Event, ctx: Context) -> Event | None:
    if task.type == events.PROJECT_CREATE:
        stages, warnings = project.create(task, ctx)
        message = "; ".join((f"project {task.scope.project} has the stages {', '.join(stages)}", *warnings))
        data = {"stages": list(stages), "warnings": list(warnings)}
        return runtime.passed("create-project", task, ctx, message=message, payload=data)
    if task.type == events.PROJECT_UPDATE:
        return runtime.passed("create-project", task, ctx, message=remotes.move(task, ctx))
    if task.type == events.PROJECT_DELETE:
        message = "; ".join((f"project {task.scope.project} is deleted", *project.delete(task, ctx)))
        return runtime.passed("create-project", task, ctx, message=message)
    return None
