"""A project in a repository of its own on the local runtime: made, delivered, moved meanwhile, deleted."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from examples.sockshop.demo.api import DemoError
from examples.sockshop.demo.system import System
from tests.contract.connections import CountingServer
from tests.contract.git_server import serve
from tests.e2e.sockshop import Lazily, patiently
from tests.e2e.test_deployment import SERVER

SHIPYARD = """\
stages:
- name: dev
  deployment_strategy: direct
  evaluation: optional
- name: prod
  deployment_strategy: direct
  evaluation: optional
  approval_strategy: {pass: manual, warning: manual}
"""
VALUES = "service: web\nimage: shop/web\nhealth: /\n"
TOKEN = "right-token"


class Team:
    """What a team has: a Git server with a password, the CLI, and `git`."""

    def __init__(self, folder: Path, server: CountingServer) -> None:
        self.folder, self.server, self.system = folder, server, System(folder / "state")
        for name in ("locked-first", "locked-second"):
            subprocess.run(["git", "init", "-q", "--bare", "-b", "main", folder / f"git/{name}.git"], check=True)
            subprocess.run(["git", "-C", folder / f"git/{name}.git", "config", "http.receivepack", "true"], check=True)

    def url(self, name: str) -> str:
        return f"{self.server.url}/{name}.git"

    def refused(self, *words: str) -> str:
        """What a command said that could not be carried out."""
        with pytest.raises(DemoError) as told:
            self.system.keptn(*words)
        return str(told.value).partition(": Error: ")[2]

    def file(self, name: str, text: str) -> str:
        (self.folder / name).write_text(text)
        return str(self.folder / name)

    def push_image(self, tag: str) -> None:
        image = self.system.state / "images/shop/web" / tag
        image.mkdir(parents=True)
        (image / "Procfile").write_text("web: python3 -S server.py\n")
        (image / "server.py").write_text(f"VERSION = {tag!r}\n{SERVER}")

    def commits(self, name: str, branch: str) -> list[str]:
        log = ["git", "-C", self.folder / f"git/{name}.git", "log", "--format=%s", branch]
        return subprocess.run(log, capture_output=True, text=True, check=True).stdout.splitlines()


@pytest.fixture
def team(tmp_path: Path) -> Iterator[Team]:
    (tmp_path / "git").mkdir()
    with serve(tmp_path / "git") as server:
        team = Team(tmp_path, server)
        team.system.start()
        try:
            yield team
        finally:
            team.system.stop()


def test_a_project_lives_on_the_teams_git_server(team: Team) -> None:
    """From its creation to its end, and through a move in the midst of a delivery; its login is nowhere to be read."""
    create = ("create", "project", "shop", f"--shipyard={team.file('shipyard.yaml', SHIPYARD)}")
    first = f"--git-remote-url={team.url('locked-first')}"
    keptn = team.system.keptn
    assert "give the right ones: --git-user=… --git-token=…" in team.refused(*create, first, "--git-token=wrong-token")
    assert "no projects yet" in keptn("get", "project")
    keptn(*create, first, "--git-user=keptn", f"--git-token={TOKEN}")
    keptn("onboard", "service", "--project=shop", f"--values={team.file('values.yaml', VALUES)}")
    assert f"Repository: {team.url('locked-first')}" in keptn("get", "project", "shop")

    team.push_image("1")
    trigger = ("trigger", "delivery", "--project=shop", "--service=web", "--image=shop/web:1", "--no-wait")
    context = re.findall(r"[0-9a-f-]{36}", keptn(*trigger))[0]
    view = Lazily(lambda: str(view_of(team, context)))
    asked = patiently(lambda: approval_of(team, context), timeout_s=120, what=view)
    before = team.commits("locked-first", "dev")
    assert any("web" in subject for subject in before)

    team.server.handler.token = "renewed"
    told = keptn("update", "project", "shop", "--git-user=keptn", "--git-token=renewed")
    assert "stays at" in told
    move = ("update", "project", "shop", f"--git-remote-url={team.url('locked-second')}")
    assert "wants other credentials" in team.refused(*move, "--git-token=hush")
    told = keptn(*move, "--git-user=keptn", "--git-token=renewed")
    assert f"Project shop is at {team.url('locked-second')} now, with its whole history" in told

    keptn("approve", asked)
    patiently(lambda: view_of(team, context)["state"] == "finished", timeout_s=120, what=view)
    assert view_of(team, context)["result"] == "pass"
    assert team.commits("locked-second", "dev") == before == team.commits("locked-first", "dev")
    assert len(team.commits("locked-second", "prod")) > len(team.commits("locked-first", "prod"))

    said = keptn("delete", "project", "shop", "--yes")
    assert f"its repository {team.url('locked-second')} stays as it is" in said
    assert team.commits("locked-second", "dev") == before
    assert not list((team.system.state / "secrets/git").iterdir())
    patiently(lambda: "no projects yet" in keptn("get", "project"), what="the end of the project")
    assert_untold(team.system.state, "renewed", TOKEN, "hush", "wrong-token")


def approval_of(team: Team, context: str) -> str:
    """Id of the approval that the delivery waits for, or empty."""
    view = view_of(team, context)
    assert view["state"] != "finished", view
    tasks = [t for stage in view["stages"] for s in stage["sequences"] for t in s["tasks"]]
    return next((t["id"] for t in tasks if t["name"] == "approval" and not t["finished_at"] and t["executors"]), "")


def view_of(team: Team, context: str) -> dict:
    return team.system.get(f"v1/delivery/{context}")


def assert_untold(state: Path, *secrets: str) -> None:
    """In no database, log or repository below the state folder, as it is or as Basic authentication writes it."""
    files = [path for path in state.rglob("*") if path.is_file()]
    assert any(path.suffix == ".log" for path in files)
    for path in files:
        found = path.read_bytes()
        for secret in secrets:
            assert secret.encode() not in found, path
