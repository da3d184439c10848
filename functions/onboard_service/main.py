"""onboard-service: puts services into every stage and out again (`service.create.triggered`, `….delete.…`)."""

from __future__ import annotations

from keptn import events, runtime
from keptn.context import Context
from keptn.events import Event
from keptn.projects import service


@runtime.task("onboard-service", events.SERVICE_CREATE, events.SERVICE_DELETE)
def handle(task: Event, ctx: Context) -> Event | None:
    if task.type == events.SERVICE_CREATE:
        return _onboarded(task, ctx)
    if task.type == events.SERVICE_DELETE:
        service.delete(task, ctx)
        return runtime.passed("onboard-service", task, ctx, message=f"service {task.scope.service} is deleted")
    return None


def _onboarded(task: Event, ctx: Context) -> Event:
    done = service.onboard(task, ctx)
    hook = {"url": done.hook_url, "secret": done.hook_secret, "repository": done.repository}
    message = "; ".join((f"service {done.service} is in {', '.join(done.stages)}", *done.warnings))
    payload: dict[str, object] = {"service": done.service, "stages": list(done.stages), "hook": hook}
    payload |= {"warnings": list(done.warnings)} if done.warnings else {}
    return runtime.passed("onboard-service", task, ctx, message=message, payload=payload)
