"""Every platform passes these; the process platform passes more, for it deals with real processes."""

import os
import signal
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
import yaml

from keptn.adapters.platform import workload_record
from keptn.adapters.platform.memory import MemoryPlatform
from keptn.adapters.platform.process import ProcessPlatform
from keptn.adapters.registry import image_folder
from keptn.errors import NotYet, Refused
from keptn.events import Scope
from keptn.ports import Endpoint, Platform
from tests import committed
from tests.contract import cluster_workloads
from tests.contract.cluster_workloads import Cluster
from tests.waiting import DEADLINE_S, until
from tests.world import digest_of

SCOPE = Scope(project="sockshop", stage="dev", service="carts")
SERVER = """
import http.server, os, sys
class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        body = f"{VERSION} {os.environ.get('COLOUR', '')} {os.getpid()}".encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
print("serving", VERSION, flush=True)
http.server.ThreadingHTTPServer(("127.0.0.1", int(os.environ["PORT"])), Handler).serve_forever()
"""


@dataclass(frozen=True, kw_only=True)
class Workload:
    """values: further lines of the values file."""

    tag: str
    digest: str
    revision: int = 1
    colour: str = "blue"
    values: str = ""


@dataclass
class World:
    platform: Platform
    state_dir: Path
    scope: Scope = SCOPE

    def push(self, tag: str, code: str = "") -> str:
        """Push an image; its digest."""
        folder = self.state_dir / "images" / "sockshop" / "carts" / tag
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "Procfile").write_text("web: python server.py\n")
        (folder / "server.py").write_text(code or f"VERSION = {tag!r}\n{SERVER}")
        return image_folder.content_digest(folder)

    def workload(self, tag: str = "0.1", **more: Any) -> Workload:
        return Workload(tag=tag, digest=self.push(tag, more.pop("code", "")), **more)

    def apply(self, workload: Workload) -> None:
        found = committed.objects(
            self.scope,
            workload.colour,
            image=f"127.0.0.1:5000/sockshop/carts:{workload.tag}",
            digest=workload.digest,
            revision=workload.revision,
            more=workload.values,
        )
        self.platform.apply(self.scope, workload.colour, manifests=found, revision=workload.revision)

    def ready(self, colour: str = "blue") -> Endpoint:
        return until(lambda: self.endpoint(colour))

    def endpoint(self, colour: str = "blue") -> Endpoint | None:
        try:
            return self.platform.endpoint(self.scope, colour)
        except NotYet:
            return None


@dataclass
class ClusterWorld(World):
    """The same in a cluster, where every image is the same."""

    cluster: Cluster | None = None

    def push(self, tag: str, code: str = "") -> str:
        return ""

    def apply(self, workload: Workload) -> None:
        assert self.cluster
        self.cluster.apply(tag=workload.tag, colour=workload.colour, revision=workload.revision, more=workload.values)


@pytest.fixture(params=["memory", "process", pytest.param("kubernetes", marks=pytest.mark.cluster)])
def world(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[World]:
    if request.param == "kubernetes":
        with cluster_workloads.project() as cluster:
            cluster.make("v1", "ServiceAccount", "serviceaccounts", "carts")
            yield ClusterWorld(cluster.platform, tmp_path, cluster.scope, cluster)
        return
    platform = MemoryPlatform() if request.param == "memory" else ProcessPlatform(tmp_path)
    yield World(platform, tmp_path)
    if isinstance(platform, ProcessPlatform):
        platform.stop_all()


@pytest.fixture
def processes(tmp_path: Path) -> Iterator[World]:
    platform = ProcessPlatform(tmp_path)
    yield World(platform, tmp_path)
    platform.stop_all()
    assert left_over(tmp_path) == []


def left_over(state_dir: Path) -> list[int]:
    """Processes that run in the state folder."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            if (process / "cwd").readlink().is_relative_to(state_dir):
                found.append(int(process.name))
        except OSError:
            continue
    return found


def ready(platform: Platform, colour: str = "blue") -> Endpoint:
    return until(lambda: platform.endpoint(SCOPE, colour))


def test_a_workload_gets_ready(world: World) -> None:
    """Applied, it has an address; nobody else has one."""
    world.apply(world.workload())
    assert world.ready().port
    assert world.endpoint("green") is None
    assert any("0.1" in line for line in world.platform.logs(world.scope, "blue"))


def test_two_colours_stand_side_by_side(world: World) -> None:
    """Each has its own address, and one goes without the other."""
    for number, colour in enumerate(("blue", "green"), start=1):
        world.apply(world.workload(f"0.{number}", colour=colour))
    assert world.ready() != world.ready("green")
    world.platform.remove(world.scope, "green", revision=1)
    world.platform.remove(world.scope, "green", revision=1)
    assert world.endpoint("green") is None
    assert world.ready()


def test_a_lower_revision_changes_nothing(world: World) -> None:
    """Neither starts nor stops anything, in whatever colour."""
    world.apply(world.workload("0.2", revision=5))
    for late in (world.workload("0.1", revision=4), world.workload("0.1", revision=4, colour="green")):
        with pytest.raises(Refused, match=f"revision 4 of {world.scope} is older than revision 5"):
            world.apply(late)
    with pytest.raises(Refused, match="older"):
        world.platform.remove(world.scope, "blue", revision=4)
    assert world.ready()


def test_the_fence_outlives_the_workload(world: World) -> None:
    """What was removed does not come back by a late duplicate."""
    world.apply(world.workload(revision=5))
    world.platform.remove(world.scope, "blue", revision=6)
    with pytest.raises(Refused, match="older"):
        world.apply(world.workload(revision=5))
    assert world.endpoint() is None


def test_a_deleted_service_starts_afresh(world: World) -> None:
    """Its revisions are forgotten with it; other services stay."""
    world.apply(world.workload(revision=9))
    world.platform.remove_all(world.scope.project, service="orders")
    assert world.ready()
    world.platform.remove_all(world.scope.project, service="carts")
    assert world.endpoint() is None
    world.apply(world.workload(revision=1))
    assert world.ready()


def test_what_it_cannot_do_is_a_warning(world: World) -> None:
    """Asked before and without `apply`; never an error. What every platform does is none."""
    plain = committed.objects(
        world.scope, "blue", image="carts:1", digest=digest_of("1"), more="env: {A: b}\nhealth: /h\n"
    )
    assert list(world.platform.warnings(plain)) == []
    world.apply(world.workload(values=EVERYTHING))
    assert world.ready()


EVERYTHING = """
replicas: 3
resources: {limits: {memory: 1Gi}}
ports: [{name: web, containerPort: 5000}, {name: admin, containerPort: 5001}]
volumes: [{name: data, mountPath: /data, emptyDir: {}}]
readinessProbe: {tcpSocket: {port: admin}, periodSeconds: 5}
livenessProbe: {tcpSocket: {port: web}}
serviceAccountName: carts
imagePullSecrets: [registry]
patches: [{target: Deployment, patch: [{op: add, path: /spec/minReadySeconds, value: 5}]}]
"""


def test_a_process_runs_without_what_a_machine_has_not(processes: World) -> None:
    """One sentence names all of it, whatever the values or a patch brought in."""
    found = committed.objects(SCOPE, "blue", image="carts:1", digest=digest_of("1"), more=EVERYTHING)
    (warning,) = processes.platform.warnings(found)
    assert warning == (
        "as a process of this machine it runs without 3 replicas, minReadySeconds, serviceAccountName, "
        "imagePullSecrets, volumes, livenessProbe, resources, volumeMounts, port admin, readinessProbe.tcpSocket.port, "
        "readinessProbe.periodSeconds (docs/services.md)"
    )
    scaled = "autoscaling: {minReplicas: 1, maxReplicas: 2, targetCPUUtilizationPercentage: 50}\n"
    found = committed.objects(
        SCOPE, "blue", image="a:1", digest=digest_of("1"), more=f"{scaled}resources: {{limits: {{cpu: 1}}}}"
    )
    assert "without HorizontalPodAutoscaler, resources" in processes.platform.warnings(found)[0]


@pytest.mark.parametrize("broken", ["[]", "[{kind: Deployment}]", "[{kind: Service, metadata: {}}]"])
def test_manifests_that_somebody_broke(world: World, broken: str) -> None:
    """Refused with a sentence, not with a traceback."""
    with pytest.raises(Refused, match="hold no Deployment that keptn wrote"):
        world.platform.apply(world.scope, "blue", manifests=yaml.safe_load(broken), revision=1)


def test_a_secret_reaches_the_environment_and_no_file(processes: World) -> None:
    """It is read where the workload's namespace has it; the runtime's own secrets are out of reach."""
    wanted = processes.workload(values="env: {COLOUR: {secret: carts-db, key: password}}")
    with pytest.raises(
        Refused, match=r"no secret 'carts-db' with the key 'password' for env COLOUR; put the value into"
    ):
        processes.apply(wanted)
    own = processes.state_dir / "secrets/carts-db"
    own.mkdir(parents=True)
    (own / "password").write_text("of-keptn")
    folder = processes.state_dir / "platform/secrets/sockshop-dev/carts-db"
    folder.mkdir(parents=True)
    (folder / "password").write_text("hush")
    processes.apply(wanted)
    assert answer(ready(processes.platform))[1] == "hush"
    written = list((processes.state_dir / "platform/scopes").rglob("*.json"))
    assert not any("hush" in path.read_text() for path in written)


def answer(endpoint: Endpoint) -> list[str]:
    with urllib.request.urlopen(f"http://{endpoint.host}:{endpoint.port}/", timeout=DEADLINE_S) as response:
        return response.read().decode().split(" ")


def test_the_same_again_touches_nothing(processes: World) -> None:
    """The process stays; another version or environment replaces it at the same address."""
    first = processes.workload()
    processes.apply(first)
    before = answer(ready(processes.platform))
    processes.apply(replace(first, revision=2))
    assert answer(ready(processes.platform)) == before
    processes.apply(replace(first, revision=3, values="env: {COLOUR: blue}"))
    version, colour, pid = answer(ready(processes.platform))
    assert (version, colour) == ("0.1", "blue")
    assert pid != before[2]
    assert len(left_over(processes.state_dir)) == 1


def test_a_workload_survives_its_platform(processes: World) -> None:
    """Another process with the same state folder finds it."""
    processes.apply(processes.workload())
    before = answer(ready(processes.platform))
    second = ProcessPlatform(processes.state_dir)
    World(second, processes.state_dir).apply(processes.workload())
    second.reconcile()
    assert answer(ready(second)) == before
    assert os.getsid(int(before[2])) != os.getsid(0)


def test_a_starter_that_died_before_it_wrote_the_pid_down(processes: World) -> None:
    """The process is recognised by its mark and not started twice."""
    processes.apply(processes.workload())
    before = answer(ready(processes.platform))
    path = workload_record.file(processes.state_dir.resolve(), SCOPE)
    record = workload_record.read(path, SCOPE)
    forgotten = replace(record.colours["blue"], pid=0, started="")
    workload_record.write(path, replace(record, colours={"blue": forgotten}))
    processes.apply(processes.workload())
    assert answer(ready(processes.platform)) == before
    workload_record.write(path, replace(record, colours={"blue": forgotten}))
    processes.platform.remove(SCOPE, "blue", revision=2)
    assert left_over(processes.state_dir) == []


def test_a_pid_that_is_somebody_elses_by_now(processes: World) -> None:
    """Is not taken for the workload, and not stopped."""
    processes.apply(processes.workload())
    ready(processes.platform)
    path = workload_record.file(processes.state_dir.resolve(), SCOPE)
    record = workload_record.read(path, SCOPE)
    mine = record.colours["blue"]
    workload_record.write(path, replace(record, colours={"blue": replace(mine, pid=os.getpid())}))
    processes.platform.reconcile()
    assert answer(ready(processes.platform))[2] == str(mine.pid)


def test_what_dies_is_started_again(processes: World) -> None:
    """At once the first time, then after pauses."""
    processes.apply(processes.workload())
    pid = int(answer(ready(processes.platform))[2])
    os.kill(pid, signal.SIGKILL)
    until(lambda: processes.platform.endpoint(SCOPE, "blue") is None)
    processes.platform.reconcile()
    assert int(answer(ready(processes.platform))[2]) != pid
    path = workload_record.file(processes.state_dir.resolve(), SCOPE)
    os.kill(workload_record.read(path, SCOPE).colours["blue"].pid, signal.SIGKILL)
    until(lambda: not workload_record.read(path, SCOPE).colours["blue"].process.alive)
    processes.platform.reconcile()
    assert not workload_record.read(path, SCOPE).colours["blue"].process.alive


def test_a_runtime_that_stopped_all_starts_all_again(processes: World) -> None:
    """What shall run is remembered; nothing runs in between."""
    processes.apply(processes.workload())
    ready(processes.platform)
    processes.platform.stop_all()
    assert left_over(processes.state_dir) == []
    ProcessPlatform(processes.state_dir).reconcile()
    assert answer(ready(processes.platform))[0] == "0.1"


def test_one_that_exits_is_refused_with_its_last_words(processes: World) -> None:
    """The reason is in its log."""
    processes.apply(processes.workload(code="raise SystemExit('no database')\n"))

    def refused() -> str:
        try:
            processes.platform.endpoint(SCOPE, "blue")
        except Refused as exc:
            return str(exc)
        return ""

    assert until(refused).endswith("its log ends with: no database")


def test_a_health_path_tells_when_it_is_ready(processes: World) -> None:
    """An open port is not enough."""
    unready = SERVER.replace("send_response(200)", "send_response(503)")
    workload = processes.workload(code=f"VERSION = 'x'\n{unready}")
    processes.apply(replace(workload, values="health: /health"))
    path = workload_record.file(processes.state_dir.resolve(), SCOPE)
    port = workload_record.read(path, SCOPE).colours["blue"].port
    until(lambda: any("serving" in line for line in processes.platform.logs(SCOPE, "blue")))
    assert port
    assert processes.platform.endpoint(SCOPE, "blue") is None


def test_content_that_was_not_announced_does_not_run(processes: World) -> None:
    """A tag pushed again between the event and the deployment."""
    announced = processes.workload()
    processes.push("0.1", "print('something else')\n")
    with pytest.raises(Refused, match="is not what was announced"):
        processes.apply(announced)


def test_a_tag_pushed_again_changes_nothing_that_runs(processes: World) -> None:
    """And an earlier version can be started again although its tag has other content by now."""
    announced = processes.workload()
    processes.apply(announced)
    ready(processes.platform)
    processes.push("0.1", "print('something else')\n")
    processes.platform.remove(SCOPE, "blue", revision=2)
    processes.apply(replace(announced, revision=3))
    assert answer(ready(processes.platform))[0] == "0.1"


def test_an_image_that_is_not_there(processes: World) -> None:
    """Or one without a Procfile: the sentence says what to do."""
    with pytest.raises(Refused, match=r"there is no image 127.0.0.1:5000/sockshop/carts:9.*push it"):
        processes.apply(replace(processes.workload(), tag="9", digest=f"sha256:{'0' * 64}"))
    workload = processes.workload("0.3")
    folder = processes.state_dir / "images/sockshop/carts/0.3"
    (folder / "Procfile").write_text("worker: true\n")
    with pytest.raises(Refused, match="no Procfile with a line 'web: COMMAND'"):
        processes.apply(replace(workload, digest=image_folder.content_digest(folder)))


def test_secrets_of_the_runtime_stay_with_it(processes: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """A workload gets its own environment, not ours."""
    monkeypatch.setenv("KEPTN_TOKEN", "secret")
    processes.apply(processes.workload())
    pid = answer(ready(processes.platform))[2]
    assert b"KEPTN_TOKEN" not in Path(f"/proc/{pid}/environ").read_bytes()


def test_copies_of_old_images_do_not_pile_up(processes: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """A number of them is kept to go back to, and what runs."""
    monkeypatch.setattr(image_folder, "KEPT_COPIES", 2)
    for revision in range(1, 6):
        processes.apply(processes.workload(f"0.{revision}", revision=revision))
    assert len(list((processes.state_dir / "platform/content").iterdir())) == 3
    assert answer(ready(processes.platform))[0] == "0.5"


def test_a_damaged_record_does_not_stop_the_others(processes: World) -> None:
    """`reconcile` goes on."""
    processes.apply(processes.workload())
    ready(processes.platform)
    damaged = processes.state_dir / "platform/scopes/a/b/c/state.json"
    damaged.parent.mkdir(parents=True)
    damaged.write_text("{")
    processes.platform.reconcile()
    assert ready(processes.platform)
