"""The local runtime: loses nothing when it is killed, leaves nothing behind, and runs nothing while nothing happens."""

import json
import os
import signal
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest

from keptn import events
from keptn.adapters.store.sqlite import SqliteStore
from keptn.records.objects import WAKE_UP
from tests.local_runtime import ROOT, LocalRuntime
from tests.subscriber import Subscriber, listening
from tests.waiting import DEADLINE_S, until

FUNCTION = """
import functions_framework, os, time

@functions_framework.http
def handle(request):
    if request.method == "POST":
        with open(os.environ["HEARD"], "a") as file:
            file.write(request.headers["ce-id"] + " " + str(os.getpid()) + "\\n")
        while "ce-waits" in request.headers and not os.path.exists(os.environ["HEARD"] + ".go"):
            time.sleep(0.02)
        return "", 204
    return {"pid": os.getpid(), "path": request.full_path, "sink": os.environ.get("K_SINK", "")}
"""
JOB = """
import json, os, pathlib, sys, time

event = json.loads((pathlib.Path(os.environ["K_EVENT_PATH"]) / "event").read_text())
with open(os.environ["HEARD"], "a") as file:
    file.write(event["id"] + " " + str(os.getpid()) + "\\n")
while event["data"].get("waits") and not pathlib.Path(os.environ["HEARD"] + ".go").exists():
    time.sleep(0.02)
sys.exit(event["data"].get("exit", 0))
"""
MANIFESTS = """
apiVersion: eventing.knative.dev/v1
kind: Broker
metadata: {name: default}
---
apiVersion: eventing.knative.dev/v1
kind: Trigger
metadata: {name: out}
spec:
  broker: default
  filters: [{exact: {type: out}}]
  subscriber: {uri: SUBSCRIBER/out}
---
apiVersion: eventing.knative.dev/v1
kind: Trigger
metadata: {name: step}
spec:
  broker: default
  filters: [{exact: {type: step}}]
  subscriber: {ref: {kind: Service, name: step}}
  delivery: {retry: 10, backoffDelay: PT0.05S}
---
apiVersion: eventing.knative.dev/v1
kind: Trigger
metadata: {name: work}
spec:
  broker: default
  filters: [{exact: {type: work}}]
  subscriber: {ref: {kind: JobSink, name: work}}
---
apiVersion: serving.knative.dev/v1
kind: Service
metadata: {name: step, labels: {keptn.sh/sink: broker}}
spec:
  template:
    spec:
      containers:
        - env: [{name: FUNCTION_SOURCE, value: functions/step/main.py}, {name: FUNCTION_TARGET, value: handle}]
---
apiVersion: sources.knative.dev/v1
kind: SinkBinding
metadata: {name: steps}
spec:
  subject: {kind: Service, selector: {matchLabels: {keptn.sh/sink: broker}}}
  sink: {ref: {kind: Broker, name: default}}
---
apiVersion: sources.knative.dev/v1
kind: PingSource
metadata: {name: clock}
spec: {schedule: "* * * * *", data: "{}", sink: {ref: {kind: Service, name: step}}}
---
apiVersion: sinks.knative.dev/v1alpha1
kind: JobSink
metadata: {name: work}
spec:
  job:
    spec:
      backoffLimit: 1
      template: {spec: {containers: [{command: [python, functions/work.py]}]}}
"""


class Installation:
    """A runtime, what it heard, and how to send."""

    def __init__(self, root: Path, subscriber: Subscriber) -> None:
        self.root, self.subscriber = root, subscriber
        (root / "knative" / "base").mkdir(parents=True)
        (root / "knative" / "base" / "all.yaml").write_text(MANIFESTS.replace("SUBSCRIBER", subscriber.url))
        (root / "functions" / "step").mkdir(parents=True)
        (root / "functions" / "step" / "main.py").write_text(FUNCTION)
        (root / "functions" / "work.py").write_text(JOB)
        self.heard_file = root / "heard"

    def runtime(self, **options: object) -> LocalRuntime:
        return LocalRuntime(self.root, HEARD=str(self.heard_file), **options)

    def heard(self) -> list[tuple[str, int]]:
        """Event ids and process ids, in order."""
        lines = self.heard_file.read_text().splitlines() if self.heard_file.exists() else []
        return [(line.split()[0], int(line.split()[1])) for line in lines if len(line.split()) == 2]

    def go(self) -> None:
        """Let what waits end."""
        self.root.joinpath("heard.go").touch()

    def until_heard(self, count: int) -> list[tuple[str, int]]:
        until(lambda: len(self.heard()) >= count, what=f"{count} calls")
        return self.heard()


def send(runtime: LocalRuntime, event_type: str, *, data: object = None, **attributes: str) -> str:
    event_id = str(uuid.uuid4())
    core = {"specversion": "1.0", "source": "test", "type": event_type, "id": event_id, **attributes}
    headers = {f"ce-{name}": value for name, value in core.items()} | {"content-type": "application/json"}
    answer = httpx.post(runtime.broker_url, headers=headers, content=json.dumps(data or {}), trust_env=False)
    assert answer.status_code == 202
    return event_id


def processes_about(folder: Path) -> list[str]:
    """Those that were started with the folder in their environment."""

    def told(process: Path) -> bytes:
        try:
            return (process / "environ").read_bytes()
        except OSError:  # another user's, or gone
            return b""

    return [process.name for process in Path("/proc").glob("[0-9]*") if str(folder).encode() in told(process)]


def alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    except FileNotFoundError:
        return False


@pytest.fixture
def here(tmp_path: Path) -> Iterator[Installation]:
    with listening() as (subscriber, url):
        subscriber.url = url
        yield Installation(tmp_path, subscriber)


# --- the queue ----------------------------------------------------------------------------------------------------
def test_a_kill_loses_no_event(here: Installation):
    """What was answered with 202 is delivered, however often the runtime is killed with -9 meanwhile."""
    runtime = here.runtime()
    sent: list[str] = []
    for _ in range(3):
        runtime.start()
        sent += [send(runtime, "out") for _ in range(40)]
        runtime.kill()
    with runtime:
        for event_id in sent:
            here.subscriber.wait("/out", event_id)


def test_a_retry_survives_a_kill(here: Installation):
    """A step that was being called when the runtime died is called again by the next one."""
    runtime = here.runtime()
    runtime.start()
    event_id = send(runtime, "step", waits="yes")
    first = here.until_heard(1)[0]
    runtime.kill()
    until(lambda: not alive(first[1]), what="the end of the function")
    here.go()
    with runtime:
        assert here.until_heard(2)[1][0] == event_id


def test_fault_mode_loses_nothing(here: Installation):
    """Twice, in any order, with lost answers and killed functions: everything arrives."""
    with here.runtime(faults="5") as runtime:
        sent = [send(runtime, event_type) for event_type in ("out", "step") * 15]
        heard = {sent[number] for number in range(0, 30, 2)}
        for event_id in heard:
            assert len(here.subscriber.wait("/out", event_id, count=2)) >= 2
        until(lambda: httpx.get(f"{runtime.url}/health", trust_env=False).json()["deliveries"] == 0, what="quiet")
        until(lambda: set(sent) - heard <= {event_id for event_id, _ in here.heard()}, what="every call of the step")


# --- functions ----------------------------------------------------------------------------------------------------
def test_a_function_starts_with_its_first_request_and_only_once(here: Installation):
    """Twelve requests at the same time find one process."""
    with here.runtime() as runtime:
        for _ in range(12):
            send(runtime, "step")
        assert len({pid for _, pid in here.until_heard(12)}) == 1


def test_an_idle_function_is_stopped_and_starts_again(here: Installation):
    """Nothing runs while nothing happens."""
    with here.runtime(idle_s=0.3) as runtime:
        send(runtime, "step")
        first = here.until_heard(1)[0][1]
        until(lambda: not alive(first), what="the end of the idle function")
        send(runtime, "step")
        assert here.until_heard(2)[1][1] != first
        assert "ended by itself" not in runtime.log


def test_a_crashed_function_is_started_by_its_next_event(here: Installation):
    """A killed process costs one repeat, not the event."""
    with here.runtime() as runtime:
        event_id = send(runtime, "step", waits="yes")
        first = here.until_heard(1)[0][1]
        os.killpg(os.getsid(first), signal.SIGKILL)
        here.go()
        assert here.until_heard(2)[1] != (event_id, first)
        assert here.heard()[1][0] == event_id


def test_functions_die_with_a_killed_runtime(here: Installation):
    """No function lives on to act beside its successor."""
    runtime = here.runtime()
    runtime.start()
    send(runtime, "step")
    worker = here.until_heard(1)[0][1]
    master = os.getsid(worker)
    runtime.kill()
    until(lambda: not alive(worker) and not alive(master), what="the end of the function")


def test_functions_end_with_a_stopped_runtime(here: Installation):
    """SIGTERM ends it cleanly, with exit code 0, and takes the functions along."""
    with here.runtime() as runtime:
        send(runtime, "step")
        worker = here.until_heard(1)[0][1]
        assert runtime.stop() == 0
        assert not alive(worker)
        assert not (runtime.state_dir / "runtime.json").exists()


def test_the_gateway_passes_requests_on(here: Installation):
    """Path and query reach the function as they were sent; the SinkBinding gave it its sink."""
    with here.runtime() as runtime:
        answer = httpx.get(f"{runtime.url}/functions/step/v1/a%2Fb?x=1&y=%20", trust_env=False)
        assert answer.json()["path"] == "/v1/a/b?x=1&y=%20"
        assert answer.json()["sink"] == runtime.broker_url
        odd = {"x-token": "é".encode(), "x-other": b"\xff"}
        assert httpx.get(f"{runtime.url}/functions/step/", headers=odd, trust_env=False).status_code == 200
        assert "no function 'nope'" in httpx.get(f"{runtime.url}/functions/nope", trust_env=False).json()["error"]


# --- Jobs ---------------------------------------------------------------------------------------------------------
def test_a_duplicate_starts_no_second_job(here: Installation):
    """The same (source, id) is the same Job, even after it has ended."""
    with here.runtime() as runtime:
        event_id = str(uuid.uuid4())
        for _ in range(3):
            send(runtime, "work", id=event_id)
        here.until_heard(1)
        send(runtime, "work", id=event_id)
        other = send(runtime, "work")
        assert {heard for heard, _ in here.until_heard(2)} == {event_id, other}
        assert len(here.heard()) == 2


def test_an_unfinished_job_runs_again_after_a_kill(here: Installation):
    """It dies with the runtime, and the next one starts it again."""
    runtime = here.runtime()
    runtime.start()
    event_id = send(runtime, "work", data={"waits": True})
    first = here.until_heard(1)[0][1]
    runtime.kill()
    until(lambda: not alive(first), what="the end of the Job")
    here.go()
    with runtime:
        assert here.until_heard(2)[1][0] == event_id


def test_a_failing_job_is_repeated_and_then_said(here: Installation):
    """With backoffLimit 1: two runs, then a line in the log."""
    with here.runtime() as runtime:
        send(runtime, "work", data={"exit": 1})
        until(lambda: "has failed for good" in runtime.log, what="the last failure")
        assert len(here.heard()) == 2


def test_a_jobs_deadline_is_for_all_its_runs(here: Installation):
    """The activeDeadlineSeconds are the Job's, as Kubernetes counts them: no repeat begins after it."""
    manifests = here.root / "knative" / "base" / "all.yaml"
    limits = "backoffLimit: 1\n      activeDeadlineSeconds: 1"
    manifests.write_text(manifests.read_text().replace("backoffLimit: 1", limits))
    with here.runtime() as runtime:
        send(runtime, "work", data={"waits": True})
        until(lambda: "has failed for good" in runtime.log, what="the deadline")
        assert "activeDeadlineSeconds 1" in runtime.log and len(here.heard()) <= 1
        until(lambda: not any(alive(pid) for _, pid in here.heard()), what="the end of the Job's process")


# --- the clock ----------------------------------------------------------------------------------------------------
def test_the_clock_ticks_when_its_moment_has_come(here: Installation):
    """Not before, and not much later; without its source not at all."""
    with here.runtime() as runtime:
        store = SqliteStore(runtime.state_dir / "store.sqlite")
        send(runtime, "out")  # time passes, and nobody wants the clock
        assert here.heard() == []
        due = datetime.now(UTC) + timedelta(seconds=0.5)
        store.put(WAKE_UP, json.dumps({"at": events.rfc3339(due)}).encode())
        here.until_heard(1)
        assert datetime.now(UTC) >= due
        store.delete(WAKE_UP)


# --- what goes wrong ------------------------------------------------------------------------------------------------
def local(*arguments: str, home: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "keptn.cli.local", *arguments],
        cwd=ROOT,
        env={**os.environ, "KEPTN_HOME": str(home)},
        capture_output=True,
        text=True,
        timeout=DEADLINE_S,
        check=False,
    )


def test_a_state_folder_serves_one_runtime(here: Installation):
    """The second one says who has it."""
    with here.runtime() as runtime:
        done = local("--port", "0", "--state-dir", str(runtime.state_dir), home=here.root)
        assert done.returncode == 1
        assert f"is in use by the local runtime at {runtime.url} (process {runtime.process.pid})" in done.stderr
        assert "Traceback" not in done.stderr


def test_a_taken_port_is_said(here: Installation):
    """One sentence, with the way out."""
    port = here.subscriber.url.rpartition(":")[2]
    done = local("--port", port, "--state-dir", str(here.root / "other"), home=here.root)
    assert done.returncode == 1 and f"port {port} cannot be used" in done.stderr and "--port" in done.stderr


def test_a_function_without_its_code_is_said_at_the_start(here: Installation):
    """Not when its first event comes."""
    here.root.joinpath("functions/step/main.py").unlink()
    runtime = here.runtime()
    with pytest.raises(AssertionError, match="there is no functions"):
        runtime.start()


def test_a_wrong_fault_option_is_said(here: Installation):
    """Nothing starts."""
    done = local("--faults", "now", "--state-dir", str(here.root / "other"), home=here.root)
    assert done.returncode == 1 and "write a seed" in done.stderr


@pytest.mark.parametrize(
    ("option", "value", "says"),
    [
        ("--idle-s", "nan", "give 0 or more seconds"),
        ("--idle-s", "-5", "give 0 or more seconds"),
        ("--state-dir", "", "is empty; name a folder"),
        ("--state-dir", "/proc/keptn", "needs a writable KEPTN_STATE_DIR"),
        ("--broker", "kafka", "durable"),
    ],
)
def test_an_option_that_cannot_work_is_said(here: Installation, option: str, value: str, says: str):
    """Nothing starts."""
    done = local(option, value, home=here.root)
    assert done.returncode in (1, 2) and says in " ".join(done.stderr.split())
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("name", ["store.sqlite", "broker.sqlite", "jobs.sqlite"])
def test_a_damaged_file_stops_the_start(here: Installation, name: str):
    """One sentence with the file and what to do; else nothing would work, and say so for ever."""
    state = here.root / "other"
    state.mkdir()
    (state / name).write_text("a sector of something else")
    done = local("--port", "0", "--state-dir", str(state), home=here.root)
    assert done.returncode == 1
    assert done.stderr.splitlines() == [
        f"Error: {state / name} is damaged (file is not a database); restore it, or delete it to start afresh"
    ]


def test_ctrl_c_while_it_starts_is_silent(here: Installation):
    """Envoy and all are taken along; there was nothing yet to say anything about."""
    state = here.root / "other"
    command = [sys.executable, "-m", "keptn", "local", "--port", "0", "--state-dir", str(state)]
    environment = {**os.environ, "KEPTN_HOME": str(here.root)}
    with subprocess.Popen(
        command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as process:
        until((state / "runtime.lock").exists, what="the begin of the start")
        process.send_signal(signal.SIGINT)
        said, _ = process.communicate(timeout=DEADLINE_S)
    assert (process.returncode, said) == (130, "")
    until(lambda: not processes_about(state), what="the end of every process")


def test_what_fails_after_envoy_was_started_ends_envoy(here: Installation):
    """Nobody would look after it any more."""
    state = here.root / "other"
    (state / "platform/scopes/sockshop/dev/carts/state.json").mkdir(parents=True)  # a folder where a file belongs
    done = local("--port", "0", "--state-dir", str(state), home=here.root)
    assert done.returncode == 1 and (state / "envoy/bootstrap.json").exists(), done.stderr
    until(lambda: not processes_about(state), what="the end of Envoy")


def test_idle_costs_nearly_nothing(here: Installation):
    """It comes to rest: a stretch with under 1 % of a core (tests/bench measures a minute, against 0.5 %)."""
    with here.runtime() as runtime:
        until(lambda: _share_of_a_core(runtime.process.pid) < 0.01, what="rest")


def _share_of_a_core(pid: int) -> float:
    """Over two seconds; CPU time, so other processes do not count."""
    before, begin = _cpu_s(pid), time.monotonic()
    time.sleep(2)
    return (_cpu_s(pid) - before) / (time.monotonic() - begin)


def _cpu_s(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
