"""Deployments on real parts: processes, Envoy, a bare Git repository, and users who never stop."""

import json
import random
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest

from keptn import events
from keptn.adapters.platform.process import ProcessPlatform
from keptn.adapters.router import envoy_process
from keptn.context import Context
from keptn.deployment import step, trailers
from keptn.deployment.strategy import Phase
from keptn.errors import Refused, Unavailable
from keptn.events import Event, Scope
from keptn.settings import Settings
from tests import crowd
from tests.waiting import until
from tests.world import open_slot

SCOPE = Scope(project="sockshop", stage="prod", service="carts")
SERVER = """
import http.server, os, time
class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    def do_GET(self):
        time.sleep(0.02)
        self.send_response(200)
        self.send_header("Content-Length", str(len(VERSION)))
        self.end_headers()
        self.wfile.write(VERSION.encode())
    def log_message(self, *args): pass
http.server.ThreadingHTTPServer(("127.0.0.1", int(os.environ["PORT"])), Handler).serve_forever()
"""


class WallClock:
    def now(self) -> datetime:
        return datetime.now(UTC)

    def sleep(self, seconds: float) -> None:
        time.sleep(seconds)


@dataclass
class Shop:
    ctx: Context
    state_dir: Path
    answers: list[str] = field(default_factory=list)

    def opened(self, phase: Phase, epoch: int, tag: str, how: str) -> Event:
        """A task that the slot says is open."""
        image = f"127.0.0.1:5000/sockshop/carts:{tag}"
        data = {"configurationChange": {"values": {"image": image}}, "deployment": {"deploymentstrategy": how}}
        task = Event(
            type="sh.keptn.event.any.triggered",
            id=f"{phase}-{epoch}",
            source="test",
            time=datetime.now(UTC),
            data={**data, "project": "sockshop", "stage": "prod", "service": "carts"},
            context=f"delivery-{epoch}",
            epoch=epoch,
        )
        open_slot(self.ctx.store, SCOPE, task)
        return task

    def push(self, tag: str, code: str = SERVER) -> None:
        folder = self.state_dir / "images/sockshop/carts" / tag
        folder.mkdir(parents=True)
        (folder / "Procfile").write_text("web: python server.py\n")
        (folder / "server.py").write_text(f"VERSION = {tag!r}\n{code}")

    def deploy(self, epoch: int, tag: str, how: str) -> step.Outcome:
        return step.carry_out(self.opened(Phase.DEPLOY, epoch, tag, how), self.ctx, phase=Phase.DEPLOY)

    def release(self, epoch: int, tag: str) -> step.Outcome:
        return step.carry_out(self.opened(Phase.RELEASE, epoch, tag, ""), self.ctx, phase=Phase.RELEASE)

    def roll_back(self, epoch: int, *, delivery: int = 0) -> step.Outcome:
        task = replace(self.opened(Phase.ROLLBACK, epoch, "", ""), context=f"delivery-{delivery}")
        return step.carry_out(task, self.ctx, phase=Phase.ROLLBACK, to_previous=not delivery)

    def served(self, count: int = 15) -> set[str]:
        """What users see from now on."""
        begin = len(self.answers) + 8  # what was on its way
        until(lambda: len(self.answers) >= begin + count, what="so many answers to users")
        return set(self.answers[begin:])

    def users(self) -> AbstractContextManager[None]:
        return crowd.asking([{}] * 4, lambda: self.ctx.router.public_url(SCOPE), [self.answers.append] * 4)


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Shop]:
    ctx = Context(Settings(state_dir=tmp_path), clock=WallClock())
    branches = {
        "main": {"shipyard.yaml": b"x: y\n"},
        "prod": {"carts/values.yaml": b"service: carts\nimage: sockshop/carts\nhealth: /\n"},
    }
    with ExitStack() as stack:
        stack.callback(ProcessPlatform(tmp_path).stop_all)
        stack.callback(envoy_process.stop, tmp_path)
        envoy_process.start(tmp_path)
        ctx.config_repo.create("sockshop", branches, message="create")
        yield Shop(ctx, tmp_path)


def test_versions_come_and_go_and_no_user_notices(shop: Shop) -> None:
    """Blue/green, a runbook, shadow, a failed trial, direct: not one failed request."""
    for tag in ("0.1", "0.2", "0.3", "0.4"):
        shop.push(tag)
    shop.deploy(1, "0.1", "blue_green")
    shop.release(1, "0.1")
    with shop.users():
        shop.deploy(2, "0.2", "blue_green")
        assert shop.served(60) == {"0.1", "0.2"}
        shop.release(2, "0.2")
        assert shop.served() == {"0.2"}
        assert shop.roll_back(3).live["image"].endswith("carts:0.1")
        assert shop.served() == {"0.1"}
        shop.deploy(4, "0.3", "shadow")
        assert shop.served() == {"0.1"}
        shop.roll_back(5, delivery=4)
        shop.deploy(6, "0.4", "direct")
        assert shop.served() == {"0.4"}
        shop.roll_back(7, delivery=6)
        assert shop.served() == {"0.1"}
    assert set(shop.answers) == {"0.1", "0.2", "0.4"}
    log = shop.ctx.config_repo.log("sockshop", "prod")
    assert [commit.message.partition("\n")[0] for commit in log][:-1] == [
        "roll prod back to carts 0.1",
        "deploy carts 0.4 to prod (direct)",
        "roll prod back to carts 0.1",
        "deploy carts 0.3 to prod (shadow)",
        "roll prod back to carts 0.1",
        "release carts 0.2 in prod",
        "deploy carts 0.2 to prod (blue_green)",
        "release carts 0.1 in prod",
        "deploy carts 0.1 to prod (blue_green)",
    ]
    assert trailers.read(log[0].message)["Keptn-Delivery"] == "delivery-6"


def test_a_version_that_cannot_start_reaches_nobody(shop: Shop) -> None:
    """It is refused with its last words, and rolled back."""
    shop.push("0.1")
    shop.push("0.2", code="raise SystemExit('no database')\n")
    shop.deploy(1, "0.1", "blue_green")
    shop.release(1, "0.1")
    with shop.users():
        with pytest.raises(Refused, match="no database"):
            shop.deploy(2, "0.2", "blue_green")
        shop.roll_back(3, delivery=2)
        assert shop.served() == {"0.1"}
    assert set(shop.answers) == {"0.1"}


KILLED = """
import sys, time
from datetime import UTC, datetime
from pathlib import Path
from keptn import events
from keptn.context import Context
from keptn.deployment import step
from keptn.deployment.strategy import Phase
from keptn.settings import Settings
import json

class WallClock:
    def now(self): return datetime.now(UTC)
    def sleep(self, seconds): time.sleep(seconds)

ctx = Context(Settings(state_dir=Path(sys.argv[1])), clock=WallClock())
task = events.from_dict(json.loads(sys.argv[3]))
ctx.config_repo, ctx.platform, ctx.router  # imported before the clock runs
print("ready", flush=True)
step.carry_out(task, ctx, phase=Phase(sys.argv[2]))
"""


@pytest.mark.parametrize("seed", range(3))
def test_killed_at_any_moment_and_run_again(shop: Shop, seed: int) -> None:
    """Every step's process gets SIGKILL at a random moment; the next run heals it, and nothing runs twice."""
    moments = random.Random(seed)
    for tag in ("0.1", "0.2", "0.3"):
        shop.push(tag)
    steps = [(Phase.DEPLOY, 1, "0.1"), (Phase.RELEASE, 1, "0.1"), (Phase.DEPLOY, 2, "0.2"), (Phase.DEPLOY, 3, "0.3")]
    for phase, epoch, tag in [*steps, (Phase.RELEASE, 3, "0.3")]:
        task = shop.opened(phase, epoch, tag, "blue_green")
        command = [sys.executable, "-c", KILLED, str(shop.state_dir), str(phase), json.dumps(events.to_dict(task))]
        with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
            assert process.stdout
            assert process.stdout.readline() == b"ready\n"
            time.sleep(moments.uniform(0, 0.25))
            process.kill()
        until(lambda task=task, phase=phase: carried_out(task, shop, phase), what="the step")
    running = [
        cwd for pid in Path("/proc").glob("[0-9]*") if (cwd := working_folder(pid)).is_relative_to(shop.state_dir)
    ]
    contents = [cwd for cwd in running if "content" in cwd.parts]
    assert len(contents) == len(set(contents)) == 2  # the live version and the one before, kept warm
    assert httpx.get(shop.ctx.router.public_url(SCOPE)).text == "0.3"


def carried_out(task: Event, shop: Shop, phase: Phase) -> bool:
    """As the Broker does it: what cannot be done now (a lock that the dead process left in Git) is tried again."""
    try:
        step.carry_out(task, shop.ctx, phase=phase)
    except Unavailable:
        return False
    return True


def working_folder(process: Path) -> Path:
    try:
        return (process / "cwd").readlink()
    except OSError:
        return Path("/")
