"""What k6 reports: its summary export and its exit code, read into a test report. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from keptn.ports import TestReport

THRESHOLDS_CROSSED = 99
ABORTED_BY_SCRIPT = 108
RAN = (0, THRESHOLDS_CROSSED, ABORTED_BY_SCRIPT)
"""Exit codes of a run whose summary counts. Source: k6, errext/exitcodes."""


def report(exported: Mapping[str, Any], *, exit_code: int, stderr: str) -> TestReport:
    """The verdict of a run. It fails closed: a run that reached nobody has not passed."""
    metrics: Mapping[str, Any] = exported.get("metrics") or {}
    crossed = [name for name, was_crossed in _thresholds(metrics).items() if was_crossed]
    reasons = [f"threshold {name} was crossed ({_value(metrics, name)})" for name in crossed]
    reasons += _nobody_reached(metrics)
    if exit_code == ABORTED_BY_SCRIPT:
        reasons.append(f"the script aborted the test: {last_line(stderr)}")
    elif exit_code == THRESHOLDS_CROSSED and not crossed:
        reasons.append(last_line(stderr))
    return TestReport(passed=not reasons, reasons=reasons, summary=summary(metrics))


def summary(metrics: Mapping[str, Any]) -> dict[str, Any]:
    """The numbers that go into the event; times in milliseconds."""
    checks = metrics.get("checks") or {}
    return {
        "requests": _number(metrics, "http_reqs", "count"),
        "failed_rate": round(_number(metrics, "http_req_failed", "value"), 6),
        "p95_ms": round(_number(metrics, "http_req_duration", "p(95)"), 3),
        "iterations": _number(metrics, "iterations", "count"),
        "checks_failed": checks.get("fails", 0),
        "thresholds": {name: not was_crossed for name, was_crossed in _thresholds(metrics).items()},
    }


def last_line(stderr: str) -> str:
    """What k6 said last, without its time stamp and level."""
    lines = [line for line in stderr.splitlines() if line.strip()] or ["it said nothing"]
    said = next((line for line in reversed(lines) if "level=error" in line), lines[-1])
    return said.partition("msg=")[2].strip('"')[:300] or said[:300]


def _thresholds(metrics: Mapping[str, Any]) -> dict[str, bool]:
    """Threshold to whether it was crossed: that is what `true` says in k6's export."""
    return {
        f"{metric}: {threshold}": bool(was_crossed)
        for metric, values in sorted(metrics.items())
        for threshold, was_crossed in (values.get("thresholds") or {}).items()
    }


def _nobody_reached(metrics: Mapping[str, Any]) -> Sequence[str]:
    requests = _number(metrics, "http_reqs", "count")
    if not requests:
        return ["the script made no HTTP request"]
    if _number(metrics, "http_req_failed", "value") >= 1:
        return [f"none of {requests:g} requests succeeded"]
    return []


def _value(metrics: Mapping[str, Any], threshold: str) -> str:
    values = metrics[threshold.partition(": ")[0]]
    aggregate = threshold.partition(": ")[2].partition("<")[0].partition(">")[0].strip()
    key = {"rate": "value" if "value" in values else "rate"}.get(aggregate, aggregate)
    return f"{aggregate} was {values[key]:.4g}" if key in values else "see the log of the test"


def _number(metrics: Mapping[str, Any], metric: str, key: str) -> float:
    value = (metrics.get(metric) or {}).get(key, 0)
    return value if isinstance(value, int | float) else 0
