"""security-check, a step of the sockshop's own: an image that nobody can trace to a digest goes no further."""

from keptn import events, runtime


@runtime.task("security-check")
def handle(task, ctx):
    traceable = task.data["artifact"]["digest"].startswith("sha256:")
    return events.finished(
        task,
        source="sockshop/security-check",
        now=ctx.clock.now(),
        result=events.Result.PASS if traceable else events.Result.FAIL,
        message="" if traceable else "the image has no digest",
    )
