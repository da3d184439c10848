"""The files shown in docs/ are read by what reads them in earnest, and the scripts run."""

import re
from pathlib import Path

import pytest

from keptn import shipyard, validation
from keptn.adapters.test_runner.k6 import K6Runner
from keptn.deployment import workload_file
from keptn.errors import Refused
from keptn.notification import cdevents, subscriptions
from keptn.ports import TestRun
from keptn.projects import values
from keptn.remediation import runbook
from keptn.test_runs import functional
from keptn.webhook_task import file as webhook_file

PARSERS = {
    "remediation.yaml": runbook.parse,
    "notify.yaml": subscriptions.parse,
    "tests/functional.yaml": functional.parse,
    "values.yaml": values.parse,
    "webhook.yaml": webhook_file.parse,
    "shipyard.yaml": shipyard.parse,
    "shipyard-0.2.yaml": shipyard.parse,
}
PAGES = (
    "remediation.md",
    "notifications.md",
    "tests.md",
    "services.md",
    "shipyard.md",
    "strategies.md",
    "webhook-tasks.md",
)
DOCS = Path("docs")
SHOWN = [
    (page.name, match[1], match[2])
    for page in map(DOCS.joinpath, PAGES)
    for match in re.finditer(r"```yaml file=(\S+)\n(.*?)```", page.read_text(), re.DOTALL)
]


@pytest.mark.parametrize(("page", "file", "text"), SHOWN)
def test_a_file_that_is_shown_is_valid(page, file, text):
    """Whoever copies an example gets one that works."""
    assert PARSERS[file](text, file=file)
    assert validation.problems(text, file=file) == []


def test_every_file_is_shown():
    """No format without an example."""
    assert {file for _, file, _ in SHOWN} == set(PARSERS)


def test_the_load_script_runs():
    """The k6 script is accepted: against nobody it fails, instead of being refused."""
    (script,) = re.findall(r"```js\n(.*?)```", (DOCS / "tests.md").read_text(), re.DOTALL)
    short = script.replace("'10s'", "'1s'").encode()
    run = TestRun(
        file="tests/performance.js", files={"tests/performance.js": short}, url="http://127.0.0.1:9", timeout_s=120
    )
    try:
        report = K6Runner.open().run(run)
    except Refused as exc:
        pytest.fail(str(exc))
    assert not report.passed


def test_every_executor_and_channel_is_explained():
    """The tables name what the code knows, and every action has a section."""
    remediation = (DOCS / "remediation.md").read_text()
    assert re.findall(r"^\| `(\w+)` \| .* \| .*\|$", remediation, re.MULTILINE) == list(runbook.BUILT_IN)
    assert re.findall(r"^### (\w+)$", remediation, re.MULTILINE) == list(runbook.BUILT_IN)
    text = (DOCS / "notifications.md").read_text()
    assert all(f"`{channel}`" in text for channel in subscriptions.CHANNELS)
    assert cdevents.VERSION in text


def test_every_field_of_a_values_file_is_explained():
    """The table names what the parser knows."""
    table = (DOCS / "services.md").read_text()
    rows = " ".join(line.split("|")[1] for line in table.splitlines() if line.startswith("| `"))
    assert all(f"`{key}`" in rows for key in ("service", "image", *workload_file.KEYS))
