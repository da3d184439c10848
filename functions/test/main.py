"""test: runs the tests of a deployed version. A Job, started by a JobSink for each `test.triggered`.

It may run again at any time: a test changes nothing that is ours, and the first result that is kept counts.
"""

from __future__ import annotations

import sys

from keptn import events, runtime, settings
from keptn.context import Context
from keptn.errors import Refused
from keptn.events import Event, Result
from keptn.ports import TestReport, TestRun
from keptn.projects import resources
from keptn.test_runs import target

WITHOUT_TEST = ("", "real-user")
"""Test strategies that test nothing: the evaluation then watches the users."""


def handle(task: Event, ctx: Context) -> Event | None:
    """Run the script of the task's test strategy against the deployed version."""
    if task.type != events.task_type("test", events.Phase.TRIGGERED):
        return None
    strategy = str((task.data.get("test") or {}).get("teststrategy") or "")
    if strategy in WITHOUT_TEST:
        return _finished(task, ctx, TestReport(passed=True), {"teststrategy": strategy}, "no test was asked for")
    runner = ctx.test_runner(strategy)
    script = resources.require(
        ctx.config_repo, task.scope, runner.file, purpose=f"test strategy {strategy!r} runs {runner.file}"
    )
    url = target.url(task.data.get("deployment") or {}) or ctx.router.public_url(task.scope)
    if not url:
        raise Refused(f"nothing to test: the deployment of {task.scope} named no URL")
    run = TestRun(file=runner.file, files=script.folder, url=url, timeout_s=ctx.settings.test_timeout_s)
    start = ctx.clock.now()
    report = runner.run(run)
    window = {"start": events.rfc3339(start), "end": events.rfc3339(ctx.clock.now())}
    message = "; ".join(report.reasons) or f"the {strategy} test passed against {url}"
    return _finished(task, ctx, report, {"teststrategy": strategy, **window, "url": url, **report.summary}, message)


def _finished(task: Event, ctx: Context, report: TestReport, test: dict[str, object], message: str) -> Event:
    return events.finished(
        task,
        source=runtime.source("test"),
        now=ctx.clock.now(),
        result=Result.PASS if report.passed else Result.FAIL,
        message=message,
        payload={"test": test},
    )


if __name__ == "__main__":
    sys.exit(runtime.run_job("test", handle, event_file=settings.current().event_path / "event"))
