"""Our own Git server, as real `git` and as `RemoteConfigRepo` meet it: no push is lost, whoever pushes."""

from __future__ import annotations

import base64
import os
import subprocess
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from keptn.adapters.config_repo import hosting
from keptn.adapters.config_repo.remote import RemoteConfigRepo
from keptn.adapters.secrets.memory import MemorySecrets
from keptn.adapters.store.memory import MemoryStore
from keptn.errors import LostRace, Refused, Unavailable
from keptn.settings import Settings
from tests.contract.git_hosting import LOGIN
from tests.waiting import DEADLINE_S

BRANCHES = {"main": {"shipyard.yaml": b"stages: []\n"}, "dev": {"stage.yaml": b"name: dev\n"}}


def git(*arguments, cwd, check=True):
    environment = {**os.environ, "GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_SYSTEM": os.devnull}
    identity = ["-c", "user.name=person", "-c", "user.email=person@example.com"]
    return subprocess.run(
        ["git", *identity, *arguments], cwd=cwd, env=environment, check=check, capture_output=True, text=True
    )


def remote(url):
    secrets = MemorySecrets()
    secrets.put("git", LOGIN)
    return RemoteConfigRepo(url, store=MemoryStore(), secrets=secrets)


@pytest.fixture
def shop(git_hosting, tmp_path):
    """A project, and its repository's URL with the login in it."""
    name = f"t{os.urandom(6).hex()}"
    repo = remote(git_hosting.url(f"{name}-{{project}}"))
    repo.create("sockshop", BRANCHES, message="m")
    return repo, git_hosting.url(f"{name}-sockshop"), git_hosting.folder / f"{name}-sockshop.git"


def commit(clone, path, content="x"):
    (clone / path).write_text(content)
    git("add", ".", cwd=clone)
    git("commit", "-q", "-m", f"by hand: {path}", cwd=clone)


def test_a_person_works_with_git(shop, tmp_path):
    """Clone, push, fetch, a new branch, a tag, a deletion; Git finds the repository sound."""
    repo, url, folder = shop
    git("clone", "-q", "-b", "dev", url, "clone", cwd=tmp_path)
    clone = tmp_path / "clone"
    assert git("symbolic-ref", "refs/remotes/origin/HEAD", cwd=clone).stdout.strip() == "refs/remotes/origin/main"
    commit(clone, "person")
    git("push", "-q", "origin", "dev", "dev:refs/heads/other", "dev:refs/tags/v1", cwd=clone)
    assert repo.tree("sockshop", "dev").read("person") == b"x"
    repo.commit("sockshop", "dev", lambda tree: {"keptn": b"1"}, message="by keptn")
    git("pull", "-q", "--ff-only", "origin", "dev", cwd=clone)
    assert (clone / "keptn").read_text() == "1"
    git("push", "-q", "origin", ":other", cwd=clone)
    assert git("ls-remote", "--heads", "origin", "other", cwd=clone).stdout == ""
    assert git("fsck", "--strict", cwd=folder).returncode == 0


def test_a_repository_appears_when_it_is_first_used(git_hosting, tmp_path):
    """By a clone as by a push; empty, with HEAD on main."""
    name = f"t{os.urandom(6).hex()}"
    git("clone", "-q", git_hosting.url(name), "clone", cwd=tmp_path)
    commit(tmp_path / "clone", "a")
    git("push", "-q", "origin", "HEAD:main", cwd=tmp_path / "clone")
    assert git("ls-remote", "--symref", git_hosting.url(name), "HEAD", cwd=tmp_path).stdout.startswith(
        "ref: refs/heads/main"
    )


@pytest.mark.parametrize("name", ["..%2Fevil", "a/b", ".new-x", "Upper"])
def test_a_name_that_is_none_reaches_no_disk(git_hosting, tmp_path, name):
    """Not found, and nothing is made."""
    assert git("ls-remote", git_hosting.url(name), cwd=tmp_path, check=False).returncode != 0
    assert not list(git_hosting.folder.parent.rglob("*evil*"))


def test_a_large_push(shop, tmp_path):
    """Git sends it in chunks."""
    repo, url, _ = shop
    git("clone", "-q", "-b", "dev", url, "clone", cwd=tmp_path)
    (tmp_path / "clone/large").write_bytes(os.urandom(3 * 1024 * 1024))
    commit(tmp_path / "clone", "small")
    git("push", "-q", "origin", "dev", cwd=tmp_path / "clone")
    assert len(repo.tree("sockshop", "dev").read("large")) == 3 * 1024 * 1024


def test_a_push_without_end_is_cut_off(tmp_path):
    """It is held in memory, so it has a limit."""
    served = hosting.GitHosting(tmp_path, **LOGIN)
    login = "Basic " + base64.b64encode(":".join(LOGIN.values()).encode()).decode()
    told = []
    with open("/dev/zero", "rb") as endless:  # noqa: PTH123
        served({"HTTP_AUTHORIZATION": login, "wsgi.input": endless}, lambda *said: told.append(said[0]))
    assert told == ["413 Content Too Large"]


def test_another_login_opens_nothing(git_hosting, tmp_path):
    """Wrong or none: 401, and no repository is made."""
    name = f"t{os.urandom(6).hex()}"
    for url in (git_hosting.url(name, token="wrong"), f"http://127.0.0.1:{git_hosting.port}/{name}.git"):
        refused = git(
            "-c", "credential.helper=", "-c", "core.askPass=true", "ls-remote", url, cwd=tmp_path, check=False
        )
        assert refused.returncode != 0 and "Authentication failed" in refused.stderr
    assert not (git_hosting.folder / f"{name}.git").exists()


def test_a_server_without_a_login_does_not_start(tmp_path):
    """It would be open, or shut, to all."""
    with pytest.raises(Refused, match=r"secret git has no user and token below .*/secrets; mount it there"):
        hosting.GitHosting.open(settings=Settings(state_dir=tmp_path))


def test_a_push_that_is_late_is_told_so(shop, tmp_path):
    """Two pushes from one commit: the server refuses the second, and the first is not lost."""
    repo, url, _ = shop
    for clone in ("one", "two"):
        git("clone", "-q", "-b", "dev", url, clone, cwd=tmp_path)
        commit(tmp_path / clone, clone)
    lines = {clone: _push_line(tmp_path / clone) for clone in ("one", "two")}
    first, second = (_send(url, tmp_path / clone, lines[clone]) for clone in ("one", "two"))
    assert b"ok refs/heads/dev" in first
    assert b"ng refs/heads/dev failed to update ref: it has moved" in second
    assert list(repo.tree("sockshop", "dev").list()) == ["one", "stage.yaml"]


def _push_line(clone):
    old, new = (git("rev-parse", name, cwd=clone).stdout.strip() for name in ("origin/dev", "dev"))
    return old, new


def _send(url, clone, moved):
    """A push as it is on the wire: git itself would ask for the refs anew and not send it."""
    import httpx

    old, new = moved
    line = f"{old} {new} refs/heads/dev\0report-status".encode()
    pack = subprocess.run(
        ["git", "pack-objects", "--stdout", "--revs", "-q"],
        input=f"{new}\n^{old}\n".encode(),
        cwd=clone,
        capture_output=True,
        check=True,
    ).stdout
    body = f"{len(line) + 4:04x}".encode() + line + b"0000" + pack
    kind = {"content-type": "application/x-git-receive-pack-request"}
    return httpx.post(f"{url}/git-receive-pack", content=body, headers=kind).content


def test_everybody_pushes_and_nothing_is_lost(shop, tmp_path):
    """Three people with git and three of keptn, at once; all that was told as pushed is in one line of history."""
    repo, url, folder = shop

    def person(number):
        clone = tmp_path / f"clone{number}"
        git("clone", "-q", "-b", "dev", url, str(clone), cwd=tmp_path)
        for turn in range(5):
            commit(clone, f"person-{number}-{turn}")
            while git("push", "-q", "origin", "dev", cwd=clone, check=False).returncode:
                git("pull", "-q", "--rebase", "origin", "dev", cwd=clone)

    def keptn(number):
        own = remote(url.replace("sockshop", "{project}"))
        own.places._store = repo.places._store
        for turn in range(5):
            while True:
                try:
                    own.commit("sockshop", "dev", lambda tree, t=turn: {f"keptn-{number}-{t}": b"1"}, message="keptn")
                    break
                except Unavailable:
                    continue

    with ThreadPoolExecutor(6) as pool:
        list(pool.map(lambda one: one[0](one[1]), [(who, n) for who in (person, keptn) for n in range(3)]))
    wanted = {f"{who}-{n}-{turn}" for who in ("person", "keptn") for n in range(3) for turn in range(5)}
    assert set(repo.tree("sockshop", "dev").list()) == wanted | {"stage.yaml"}
    assert git("rev-list", "--count", "dev", cwd=folder).stdout == "31\n"
    assert git("rev-list", "--merges", "dev", cwd=folder).stdout == ""
    assert git("fsck", "--strict", cwd=folder).returncode == 0


def test_one_of_two_creators_makes_a_project(git_hosting):
    """Its branches are moved all or none: nobody's project is half another's."""
    for _ in range(5):
        url = git_hosting.url(f"t{os.urandom(6).hex()}-{{project}}")
        start, outcomes = threading.Barrier(3), []

        def create(number, url=url, start=start, outcomes=outcomes):
            start.wait(DEADLINE_S)
            repo = remote(url)
            try:
                repo.create("sockshop", {name: {"n": b"%d" % number} for name in ("main", "dev", "prod")}, message="m")
                outcomes.append([repo.tree("sockshop", name).read("n") for name in ("main", "dev", "prod")])
            except (Refused, LostRace) as exc:
                outcomes.append(exc)

        with ThreadPoolExecutor(3) as pool:
            list(pool.map(create, range(3)))
        made = [outcome for outcome in outcomes if isinstance(outcome, list)]
        assert len(made) == 1 and len(set(made[0])) == 1, outcomes


def test_a_commit_is_given_by_its_id(shop, git_hosting):
    """Also when it is no branch's head: a step reads its files where its delivery began."""
    repo, url, _ = shop
    wanted = repo.commit("sockshop", "dev", lambda tree: {"a": b"1"}, message="m")
    repo.commit("sockshop", "dev", lambda tree: {"a": b"2"}, message="m")
    fresh = remote(url.replace("sockshop", "{project}"))
    fetched = fresh.places.home.fetch("sockshop", wanted.encode(), depth=1)
    assert wanted.encode() in fetched.object_store
    assert len(list(fetched.object_store)) == 4  # the commit, its folder, two files: no history


def test_what_a_killed_process_left_stops_no_push(shop):
    """A ref's lock without an owner."""
    repo, _, folder = shop
    (folder / "refs/heads/dev.lock").touch()
    (folder / "packed-refs.lock").touch()
    assert repo.commit("sockshop", "dev", lambda tree: {"a": b"1"}, message="m")


def test_packs_stay_few(shop):
    """A push makes one; readers beside it do not notice that many become one."""
    repo, _, folder = shop
    for number in range(2 * hosting.MOST_PACKS):
        repo.commit("sockshop", "dev", lambda tree, n=number: {"n": b"%d" % n}, message="m")
    assert len(list(folder.glob("objects/pack/*.pack"))) <= hosting.MOST_PACKS + 1
    assert len(repo.log("sockshop", "dev", limit=1000)) == 2 * hosting.MOST_PACKS + 1
    assert git("fsck", "--strict", cwd=folder).returncode == 0
