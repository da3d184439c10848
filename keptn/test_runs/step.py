"""The test of a deployed version: its script, its URL, the run, the report. Made by the function `test`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from keptn import events
from keptn.context import Context
from keptn.errors import Refused
from keptn.events import Event, Result
from keptn.ports import TestRun
from keptn.projects import resources
from keptn.test_runs import target

WITHOUT_TEST = ("", "real-user")
"""Test strategies that test nothing: the evaluation then watches the users."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What the step says. test: the task's part of the event's data."""

    result: Result
    message: str
    test: Mapping[str, Any]


def run(task: Event, ctx: Context) -> Outcome:
    """Run the script of the task's test strategy against the deployed version.

    It may run again at any time: a test changes nothing that is ours. Raises Refused, Unknown (no script), InvalidFile.
    """
    strategy = str((task.data.get("test") or {}).get("teststrategy") or "")
    if strategy in WITHOUT_TEST:
        return Outcome(result=Result.PASS, message="no test was asked for", test={"teststrategy": strategy})
    runner = ctx.test_runner(strategy)
    script = resources.require(
        ctx.config_repo,
        task.scope,
        runner.file,
        purpose=f"test strategy {strategy!r} runs {runner.file}",
        commit=task.git_commit_id,
    )
    shared = bool(task.data.get("traffic"))
    url = target.url(task.data.get("deployment") or {}, shared=shared) or ctx.router.public_url(task.scope)
    if not url:
        raise Refused(f"nothing to test: the deployment of {task.scope} named no URL")
    start = ctx.clock.now()
    report = runner.run(TestRun(file=runner.file, files=script.folder, url=url, timeout_s=ctx.settings.test_timeout_s))
    window = {"start": events.rfc3339(start), "end": events.rfc3339(ctx.clock.now())}
    said = "; ".join(report.reasons) or f"the {strategy} test passed against {url}"
    return Outcome(
        result=Result.PASS if report.passed else Result.FAIL,
        message=f"{said}; {script.note}" if script.note else said,
        test={"teststrategy": strategy, **window, "url": url, **report.summary},
    )
