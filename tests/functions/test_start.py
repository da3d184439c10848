"""How the image starts a function: not at all with settings that cannot work, else ready for its first event."""

import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent
COMMAND = [sys.executable, "-c", "import keptn.runtime; keptn.runtime.serve()"]
READY = "Listening at: http://"


def start(tmp_path: Path, **environment: str) -> subprocess.Popen[str]:
    given = {"FUNCTION_SOURCE": "functions/record/main.py", "FUNCTION_TARGET": "handle", "PORT": "0"}
    given |= {"K_SINK": "http://broker/keptn/default", "KEPTN_STATE_DIR": str(tmp_path), "GUNICORN_LOG_LEVEL": "info"}
    return subprocess.Popen(
        COMMAND, cwd=ROOT, env={**os.environ, **given, **environment}, stderr=subprocess.PIPE, text=True
    )


@pytest.mark.parametrize(
    ("environment", "says"),
    [
        ({"KEPTN_STATE_DIR": "/proc/keptn"}, "keptn does not start: KEPTN_STORE=sqlite"),
        ({"KEPTN_STORE": "s3"}, "keptn does not start: there is no store 's3'; known: gcs, memory, sqlite"),
        ({"KEPTN_WAIT_S": "long"}, "keptn does not start: KEPTN_WAIT_S='long' is not a number"),
        ({"K_SINK": ""}, "keptn does not start: K_SINK is not set"),
    ],
)
def test_settings_that_cannot_work_stop_the_start(tmp_path: Path, environment: dict, says: str):
    """One sentence, which Knative shows as the Revision's reason; a ready pod would be sent event after event."""
    with start(tmp_path, **environment) as process:
        stop = threading.Timer(60, process.kill)
        stop.start()
        (line,) = process.stderr.read().splitlines()
        stop.cancel()
        assert process.wait() == 1
        assert line.startswith(says)


def test_with_settings_that_work_it_listens(tmp_path: Path):
    """The same process hosts the function: the check costs no start of its own."""
    with start(tmp_path) as process:
        stop = threading.Timer(60, process.kill)
        stop.start()
        try:
            line = next(line for line in process.stderr if READY in line)
        finally:
            stop.cancel()
            process.kill()
        assert f"({process.pid})" in line


def test_the_image_starts_so():
    """The last target of the Dockerfile is the functions' image."""
    command = (ROOT / "Dockerfile").read_text().strip().splitlines()[-1]
    assert command == 'CMD ["python", "-c", "import keptn.runtime; keptn.runtime.serve()"]'
