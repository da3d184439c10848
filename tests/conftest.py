"""Fixtures for every test."""

import os
from collections import Counter
from collections.abc import Iterator

import hypothesis
import pytest
from hypothesis import HealthCheck

WORKERS_PER_CORE = 2
MOST_WORKERS = 8
NIGHTLY_EXAMPLES = int(os.environ.get("KEPTN_NIGHTLY_EXAMPLES", "10000"))
_ANY_MACHINE = {"deadline": None, "suppress_health_check": [HealthCheck.too_slow]}

hypothesis.settings.register_profile("default", derandomize=bool(os.environ.get("CI")), **_ANY_MACHINE)
hypothesis.settings.register_profile("nightly", max_examples=NIGHTLY_EXAMPLES, **_ANY_MACHINE)
hypothesis.settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "default"))
"""A slow machine fails no property, and CI sees the same examples each time; `make nightly` looks for new ones."""


def pytest_xdist_auto_num_workers() -> int:
    """`-n auto`: more than cores, for many tests wait for a process to start or to end."""
    return min(WORKERS_PER_CORE * len(os.sched_getaffinity(0)), MOST_WORKERS)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say once per reason what was skipped, and how to get it (`needs.py`): it would pass for what has passed."""
    reports = terminalreporter.stats.get("skipped", ())
    reasons = Counter(report.longrepr[2].removeprefix("Skipped: ") for report in reports)
    for reason, count in reasons.items():
        terminalreporter.write_line(f"{count} skipped: {reason}")


@pytest.fixture(autouse=True)
def _environment_is_restored() -> Iterator[None]:
    """A test may change the environment; the next one sees it as it was."""
    before = dict(os.environ)
    yield
    os.environ.clear()
    os.environ.update(before)
