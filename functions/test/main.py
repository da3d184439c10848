"""test: runs the tests of a deployed version. A Job, started by a JobSink for each `test.triggered`.

It may run again at any time: the first result that is kept counts. The work is in keptn/test_runs/.
"""

import sys

from keptn import events, runtime, settings
from keptn.context import Context
from keptn.events import Event
from keptn.test_runs import step


def handle(task: Event, ctx: Context) -> Event | None:
    if task.type != events.triggered_type("test"):
        return None
    done = step.run(task, ctx)
    return runtime.ended("test", task, ctx, result=done.result, message=done.message, payload={"test": done.test})


if __name__ == "__main__":
    sys.exit(runtime.run_job("test", handle, event_file=settings.current().event_path / "event"))
