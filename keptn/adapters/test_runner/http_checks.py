"""Functional tests: the HTTP checks of `tests/functional.yaml`, one after the other, each once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from keptn.errors import Unavailable
from keptn.ports import Http, TestReport, TestRun
from keptn.test_runs import functional
from keptn.test_runs.functional import Check


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpChecks:
    """The test runner of `functional`. No check is repeated: functional tests allow no error at all."""

    file: ClassVar[str] = "tests/functional.yaml"
    http: Http

    @classmethod
    def open(cls, *, http: Http) -> HttpChecks:
        return cls(http=http)

    def run(self, run: TestRun) -> TestReport:
        checks = functional.parse(run.files[run.file], file=run.file)
        reasons = [reason for check in checks if (reason := self._failure(check, run.url))]
        return TestReport(
            passed=not reasons, reasons=reasons, summary={"checks": len(checks), "checks_failed": len(reasons)}
        )

    def _failure(self, check: Check, url: str) -> str:
        try:
            answer = self.http.request(
                check.method, url + check.path, headers=check.headers, body=check.body, timeout_s=check.timeout_s
            )
        except Unavailable as exc:  # for a test that is a result
            return f"{check.name}: {exc}"
        found = functional.problems(check, answer)
        return f"{check.name}: {', '.join(found)} ({check.method} {check.path})" if found else ""
