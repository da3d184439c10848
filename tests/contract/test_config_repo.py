"""What every config repo does: a project appears as a whole, a commit loses nothing that others wrote."""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import signal
import subprocess
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest

from keptn.adapters.config_repo import folder
from keptn.adapters.config_repo.folder import GitConfigRepo
from keptn.adapters.config_repo.memory import MemoryConfigRepo
from keptn.adapters.config_repo.remote import RemoteConfigRepo
from keptn.adapters.secrets.memory import MemorySecrets
from keptn.adapters.store.memory import MemoryStore
from keptn.errors import Refused, Unavailable, Unknown
from keptn.settings import Settings
from tests.waiting import DEADLINE_S, until

BRANCHES = {"main": {"shipyard.yaml": b"stages: []\n"}, "dev": {"stage.yaml": b"name: dev\n"}}


@pytest.fixture(params=["memory", "git", "remote", "hosted"])
def empty(request, tmp_path):
    if request.param == "remote":
        return request.getfixturevalue("remote_repo")
    if request.param == "hosted":
        url = request.getfixturevalue("git_hosting").url(f"t{os.urandom(6).hex()}-{{project}}")
        return RemoteConfigRepo(url, store=MemoryStore(), secrets=MemorySecrets())
    return MemoryConfigRepo() if request.param == "memory" else GitConfigRepo(tmp_path / "deep" / "repos")


@pytest.fixture
def remote_repo(tmp_path, git_server):
    """A Git server on loopback with an empty repository, as an operator makes it."""
    git("init", "-q", "--bare", "-b", "main", str(tmp_path / "sockshop.git"), cwd=tmp_path)
    git("config", "http.receivepack", "true", cwd=tmp_path / "sockshop.git")
    return RemoteConfigRepo(f"{git_server.url}/{{project}}.git", store=MemoryStore(), secrets=MemorySecrets())


@pytest.fixture
def repo(empty):
    empty.create("sockshop", BRANCHES, message="Create project sockshop")
    return empty


@pytest.fixture
def git_repo(tmp_path):
    repo = GitConfigRepo(tmp_path / "repos")
    repo.create("sockshop", BRANCHES, message="Create project sockshop")
    return repo


def put(repo, path, content, *, branch="dev", message="change"):
    return repo.commit("sockshop", branch, lambda tree: {path: content}, message=message)


def increment(repo, times, *, branch="dev"):
    def change(tree):
        return {"n": b"%d" % (int(tree.read("n") or b"0") + 1)}

    done = 0
    while done < times:
        with contextlib.suppress(Unavailable):  # the Broker would deliver again
            repo.commit("sockshop", branch, change, message=f"increment {done}")
            done += 1


# --- projects --------------------------------------------------------------------------------------------------------
def test_no_project_at_first(empty):
    """A new place has no projects, and says so when asked for one."""
    assert list(empty.projects()) == []
    with pytest.raises(Unknown, match="no project 'sockshop'; projects: none"):
        empty.tree("sockshop", "main")


def test_a_project_has_its_branches_and_files(repo):
    """After create every branch has its files and no others, and one commit with the message."""
    assert list(repo.projects()) == ["sockshop"]
    assert repo.tree("sockshop", "main").read("shipyard.yaml") == b"stages: []\n"
    assert list(repo.tree("sockshop", "dev").list()) == ["stage.yaml"]
    assert [c.message for c in repo.log("sockshop", "dev")] == ["Create project sockshop"]


def test_creating_it_again_is_fine(repo):
    """The same call again changes nothing, not even after commits."""
    head = put(repo, "a", b"1")
    repo.create("sockshop", BRANCHES, message="Create project sockshop")
    assert repo.tree("sockshop", "dev").commit == head


@pytest.mark.parametrize(
    ("branches", "message"),
    [
        ({**BRANCHES, "prod": {"stage.yaml": b""}}, "Create project sockshop"),
        ({**BRANCHES, "main": {"shipyard.yaml": b"other"}}, "Create project sockshop"),
        (BRANCHES, "Create project sockshop, for another event"),
    ],
)
def test_another_project_of_that_name_is_refused(repo, branches, message):
    """A call that differs in files, branches or message is another project: refused, and nothing changes."""
    with pytest.raises(Refused, match="sockshop exists already; delete it first"):
        repo.create("sockshop", branches, message=message)
    assert repo.tree("sockshop", "main").read("shipyard.yaml") == b"stages: []\n"


def test_a_branch_is_added_once(repo):
    """With its files and a history of its own; one that is there stays as it is, and commits go on."""
    repo.add_branch("sockshop", "qa", {"stage.yaml": b"name: qa\n"}, message="Add stage qa")
    repo.add_branch("sockshop", "qa", {"other": b""}, message="Again")
    assert list(repo.branches("sockshop")) == ["dev", "main", "qa"]
    assert list(repo.tree("sockshop", "qa").list()) == ["stage.yaml"]
    put(repo, "a", b"1", branch="qa")
    assert [c.message for c in repo.log("sockshop", "qa")] == ["change", "Add stage qa"]
    assert [c.message for c in repo.log("sockshop", "dev")] == ["Create project sockshop"]
    repo.create("sockshop", BRANCHES, message="Create project sockshop")


def test_an_unknown_project_has_no_branches(repo):
    """Nor gets one; and a file that Git cannot hold makes none."""
    with pytest.raises(Unknown, match="no project 'nope'"):
        repo.branches("nope")
    with pytest.raises(Unknown, match="no project 'nope'"):
        repo.add_branch("nope", "qa", {}, message="m")
    with pytest.raises(Refused, match="no path inside"):
        repo.add_branch("sockshop", "qa", {"../x": b""}, message="m")
    assert list(repo.branches("sockshop")) == ["dev", "main"]


@pytest.mark.parametrize("path", ["../x", "/x", ".git/config", "a//b", "a/../b", "", "a\\b", "a/.GIT/b"])
def test_a_bad_path_leaves_nothing(empty, path):
    """A file that Git cannot hold makes no half project."""
    with pytest.raises(Refused, match="no path inside"):
        empty.create("sockshop", {**BRANCHES, "prod": {path: b""}}, message="m")
    assert list(empty.projects()) == []


@pytest.mark.parametrize("name", ["../evil", "Sock Shop", "", "sock/shop", "-a", "a-"])
def test_a_bad_project_name_reaches_no_disk(empty, tmp_path, name):
    """A name that is no name is refused on create and unknown everywhere else."""
    with pytest.raises(Refused, match="no project name"):
        empty.create(name, BRANCHES, message="m")
    with pytest.raises(Unknown, match="no project"):
        empty.tree(name, "main")
    with pytest.raises(Unknown):
        empty.commit(name, "main", lambda tree: {"a": b""}, message="m")
    empty.delete(name)
    assert not list(tmp_path.rglob("*evil*"))


def test_deleted_is_gone_and_may_come_again(repo):
    """After delete the name is free; deleting what is not there is fine."""
    repo.delete("sockshop")
    repo.delete("sockshop")
    assert list(repo.projects()) == []
    repo.create("sockshop", {"main": {"a": b"2"}}, message="again")
    assert list(repo.tree("sockshop", "main").list()) == ["a"]


# --- reading ---------------------------------------------------------------------------------------------------------
def test_an_unknown_branch_lists_the_stages(repo):
    """Asking for a stage that is not there names those that are."""
    for ask in (repo.tree, repo.log, lambda p, b: repo.commit(p, b, lambda tree: {"a": b""}, message="m")):
        with pytest.raises(Unknown, match="project sockshop has no stage 'prd'; stages: dev"):
            ask("sockshop", "prd")


def test_a_tree_lists_its_files(repo):
    """Listing gives all files below a folder, sorted; what is no file reads as None."""
    for path in ("carts/tests/functional.yaml", "carts/values.yaml", "carts-db/values.yaml"):
        put(repo, path, b"x")
    tree = repo.tree("sockshop", "dev")
    assert list(tree.list("carts")) == ["carts/tests/functional.yaml", "carts/values.yaml"]
    assert list(tree.list("carts/")) == list(tree.list("carts"))
    assert list(tree.list("carts/values.yaml")) == list(tree.list("nothing")) == []
    assert [tree.read(path) for path in ("carts", "nothing", "", "carts/values.yaml/x", "../dev")] == [None] * 5


def test_a_tree_stays_as_it_was(repo):
    """A tree that was read before a commit still shows what was there."""
    before = repo.tree("sockshop", "dev")
    put(repo, "a", b"1")
    assert before.read("a") is None
    assert repo.tree("sockshop", "dev").commit != before.commit


# --- committing ------------------------------------------------------------------------------------------------------
def test_a_commit_is_read_by_its_id(repo):
    """Whatever came after it."""
    first, second = put(repo, "a", b"1"), put(repo, "a", b"2")
    assert [repo.tree("sockshop", "dev", commit=each).read("a") for each in (first, second)] == [b"1", b"2"]
    assert repo.tree("sockshop", "dev", commit=first).commit == first


@pytest.mark.parametrize("commit", ["1" * 40, "HEAD", "dev", "../x", "1" * 39, "ü" * 40])
def test_an_unknown_commit_is_refused(repo, commit):
    """Rewritten history, or no id at all."""
    with pytest.raises(Unknown, match=r"branch dev of project sockshop has no commit .*; its history was rewritten"):
        repo.tree("sockshop", "dev", commit=commit)


def test_the_id_of_something_else_is_no_commit(git_repo, tmp_path):
    """A tree's id, say."""
    tree = git("rev-parse", "dev^{tree}", cwd=tmp_path / "repos" / "sockshop.git").stdout.strip()
    with pytest.raises(Unknown, match="has no commit"):
        git_repo.tree("sockshop", "dev", commit=tree)


def test_a_commit_changes_what_it_says(repo):
    """Files are written, replaced and deleted; the rest stays; only that branch moves."""
    put(repo, "carts/a", b"1")
    put(repo, "carts/b", b"\0\xff")
    commit = repo.commit(
        "sockshop", "dev", lambda tree: {"carts/a": None, "carts/b": tree.read("carts/b") + b"!", "c": b""}, message="m"
    )
    tree = repo.tree("sockshop", "dev")
    assert tree.commit == commit
    assert {path: tree.read(path) for path in tree.list()} == {
        "c": b"",
        "carts/b": b"\0\xff!",
        "stage.yaml": b"name: dev\n",
    }
    assert list(repo.tree("sockshop", "main").list()) == ["shipyard.yaml"]


def test_an_empty_folder_goes(repo):
    """The last file of a folder takes the folder with it, and everything may be deleted."""
    put(repo, "a/b/c", b"1")
    put(repo, "a/b/c", None)
    put(repo, "stage.yaml", None)
    assert list(repo.tree("sockshop", "dev").list()) == []


def test_no_change_is_no_commit(repo):
    """A change that changes nothing, a deletion of nothing included, gives the head and makes no commit."""
    head = put(repo, "a", b"1")
    assert put(repo, "a", b"1") == head
    assert put(repo, "nothing", None) == head
    assert repo.commit("sockshop", "dev", lambda tree: {}, message="m") == head


@pytest.mark.parametrize("path", ["stage.yaml/x", "carts", "../x", ".git/hooks/update"])
def test_a_path_without_room_is_refused(repo, path):
    """A file below a file, over a folder, or outside is refused and nothing is committed."""
    head = put(repo, "carts/a", b"1")
    with pytest.raises(Refused):
        put(repo, path, b"2")
    assert repo.tree("sockshop", "dev").commit == head


def test_a_file_may_become_a_folder(repo):
    """A file that the same change deletes makes room for a folder of its name, and the other way round."""
    put(repo, "a", b"1")
    repo.commit("sockshop", "dev", lambda tree: {"a": None, "a/b": b"2"}, message="m")
    assert list(repo.tree("sockshop", "dev").list("a")) == ["a/b"]
    repo.commit("sockshop", "dev", lambda tree: {"a": b"3", "a/b": None}, message="m")
    assert repo.tree("sockshop", "dev").read("a") == b"3"


def test_an_error_in_a_change_commits_nothing(repo):
    """What the change raises reaches the caller, and the branch stays; the next commit is not in its way."""

    def change(tree):
        raise Refused("pinned")

    head = repo.tree("sockshop", "dev").commit
    with pytest.raises(Refused, match="pinned"):
        repo.commit("sockshop", "dev", change, message="m")
    assert repo.tree("sockshop", "dev").commit == head
    assert put(repo, "a", b"1") != head


def test_the_log_tells_what_happened(repo):
    """The newest commit first, with message, author, time and the files it changed."""
    put(repo, "carts/values.yaml", b"1", message="Onboard carts\n\nKeptn-Event: 1\n")
    last = repo.commit("sockshop", "dev", lambda tree: {"carts/values.yaml": None, "b": b"2"}, message="Größer")
    first, second, third = repo.log("sockshop", "dev")
    assert (first.id, first.message, list(first.files)) == (last, "Größer", ["b", "carts/values.yaml"])
    assert (second.message, list(second.files)) == ("Onboard carts\n\nKeptn-Event: 1\n", ["carts/values.yaml"])
    assert list(third.files) == ["stage.yaml"]
    assert first.author.startswith("keptn ")
    assert datetime.now(UTC) - first.time < timedelta(minutes=1)
    assert [c.id for c in repo.log("sockshop", "dev", limit=1)] == [last]


def test_threads_lose_no_commit(repo):
    """Four threads that change one file lose nothing."""
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda _: increment(repo, 10), range(4)))
    assert repo.tree("sockshop", "dev").read("n") == b"40"
    assert len(repo.log("sockshop", "dev")) == 41


# --- a Git server alone ------------------------------------------------------------------------------------------
def test_a_push_before_ours_is_read_again(remote_repo, tmp_path):
    """A person's push between keptn's fetch and its push loses nothing: the commit is made again on top of it."""
    remote_repo.create("sockshop", BRANCHES, message="m")
    clone = tmp_path / "clone"
    git("clone", "-q", "-b", "dev", str(tmp_path / "sockshop.git"), str(clone), cwd=tmp_path)
    seen = []

    def change(tree):
        seen.append(tree.read("person"))
        if len(seen) == 1:
            push(clone)
        return {"keptn": b"1"}

    remote_repo.commit("sockshop", "dev", change, message="by keptn")
    assert seen == [None, b"x"]
    assert list(remote_repo.tree("sockshop", "dev").list()) == ["keptn", "person", "stage.yaml"]


def _hook(tmp_path, name, script):
    hook = tmp_path / "sockshop.git" / "hooks" / name
    hook.parent.mkdir(exist_ok=True)
    hook.write_text(f"#!/bin/sh\n{script}\n")
    hook.chmod(0o755)


@pytest.mark.parametrize("hook", ["update", "pre-receive"])
def test_what_the_server_does_not_want_is_refused(remote_repo, tmp_path, hook):
    """A protected branch stays one: trying ten times helps nobody. The server's own words are told."""
    remote_repo.create("sockshop", BRANCHES, message="m")
    _hook(tmp_path, hook, f"echo . >> {tmp_path}/asked; echo 'branch dev is protected' >&2; exit 1")
    why = r"does not let keptn write refs/heads/dev: .*hook declined \(branch dev is protected.*\)"
    with pytest.raises(Refused, match=why):
        put(remote_repo, "a", b"1")
    assert remote_repo.tree("sockshop", "dev").read("a") is None
    assert (tmp_path / "asked").read_text() == ".\n"


def test_a_push_that_loses_at_the_server_is_not_taken_for_made(remote_repo, tmp_path):
    """A branch that moves after the server told its refs is seen in the server's report, and the commit is repeated."""
    remote_repo.create("sockshop", BRANCHES, message="m")
    folder = tmp_path / "sockshop.git"
    other = git("commit-tree", "-p", "dev", "-m", "other", "dev^{tree}", cwd=folder).stdout.strip()
    once = f"test -e {tmp_path}/done && exit 0; touch {tmp_path}/done; unset GIT_QUARANTINE_PATH"
    _hook(tmp_path, "pre-receive", f"{once}; git update-ref refs/heads/dev {other}")
    put(remote_repo, "a", b"1")
    assert [commit.message.strip() for commit in remote_repo.log("sockshop", "dev")] == ["change", "other", "m"]


@pytest.mark.parametrize("after", [2, 150])
def test_a_server_that_gives_no_commit_by_name_is_asked_deeper(remote_repo, git_server, tmp_path, after):
    """The commit is found below the branch, also when it is far below."""
    remote_repo.create("sockshop", BRANCHES, message="m")
    wanted = put(remote_repo, "a", b"1")
    folder, top = tmp_path / "sockshop.git", wanted
    for number in range(after):
        top = git("commit-tree", "-p", top, "-m", str(number), "dev^{tree}", cwd=folder).stdout.strip()
    git("update-ref", "refs/heads/dev", top, cwd=folder)
    git_server.handler.refused = {wanted}
    fresh = RemoteConfigRepo(f"{git_server.url}/{{project}}.git", store=MemoryStore(), secrets=MemorySecrets())
    fresh.places = remote_repo.places
    assert fresh.tree("sockshop", "dev", commit=wanted).read("a") == b"1"


def test_connections_are_kept(remote_repo, git_server):
    """A project, ten commits and their reading cost one connection, not one each."""
    remote_repo.create("sockshop", BRANCHES, message="m")
    for number in range(10):
        put(remote_repo, "n", b"%d" % number)
        assert remote_repo.tree("sockshop", "dev").read("n") == b"%d" % number
    assert git_server.connections == 1


def test_what_was_committed_is_not_fetched_again(remote_repo, git_server):
    """The server tells its refs, which takes two requests in version 2 of the protocol; the files are here."""
    remote_repo.create("sockshop", BRANCHES, message="m")
    commit = put(remote_repo, "a", b"1")
    git_server.handler.requests = requests = []
    assert remote_repo.tree("sockshop", "dev").read("a") == b"1"
    assert remote_repo.tree("sockshop", "dev", commit=commit).read("a") == b"1"
    assert [path for _, path in requests] == ["/sockshop.git/info/refs", "/sockshop.git/git-upload-pack"]


def test_what_is_remembered_does_not_grow_for_ever(remote_repo, git_server):
    """After fifty commits of its own the branch is fetched anew."""
    remote_repo.create("sockshop", BRANCHES, message="m")
    for number in range(53):
        put(remote_repo, "n", b"%d" % number)
    fetched = git_server.handler.requests.count(("POST", "/sockshop.git/git-upload-pack")) - 53
    assert fetched == 1 + 2 + 2  # refs of the creation; files of the first commit and of the fifty-second


def test_many_projects_are_listed(git_server):
    """However many pages they take."""
    store = MemoryStore()
    for number in range(1001):
        store.put(f"projects/p{number:04}", b"{}")
    repo = RemoteConfigRepo(f"{git_server.url}/{{project}}.git", store=store, secrets=MemorySecrets())
    assert len(repo.projects()) == 1001


def test_a_commit_moves_no_more_than_a_branch(remote_repo, tmp_path):
    """Git finds the repository sound, and each commit stands on the one before."""
    remote_repo.create("sockshop", BRANCHES, message="m")
    increment(remote_repo, 3)
    assert git("fsck", "--strict", cwd=tmp_path / "sockshop.git").returncode == 0
    assert git("rev-list", "--count", "dev", cwd=tmp_path / "sockshop.git").stdout == "4\n"


def test_a_branch_that_was_there_keeps_its_history(remote_repo, tmp_path):
    """A repository that is not empty is not overwritten: the project's first commit stands on what was there."""
    remote_repo.create("sockshop", BRANCHES, message="m")
    remote_repo.delete("sockshop")
    remote_repo.create("sockshop", {"main": {"a": b"1"}}, message="again")
    assert [c.message for c in remote_repo.log("sockshop", "main")] == ["again", "m"]


KIB = 1024


@pytest.mark.parametrize("content", [os.urandom(300 * KIB), bytes(300 * KIB)])
def test_what_a_server_sends_has_an_end(remote_repo, git_server, tmp_path, content):
    """Packed and unpacked; the rest is not read, and nothing is left of it."""
    remote_repo.create("sockshop", BRANCHES, message="m")
    small = RemoteConfigRepo(
        f"{git_server.url}/{{project}}.git",
        store=remote_repo.places._store,
        secrets=MemorySecrets(),
        most_bytes=200 * KIB,
    )
    put(small, "n", b"1")
    put(remote_repo, "big", content)
    for ask in (lambda: small.tree("sockshop", "dev"), lambda: small.log("sockshop", "dev")):
        with pytest.raises(
            Refused, match=r"sockshop\.git holds more than 200 KiB at once, .* raise KEPTN_GIT_MOST_MIB"
        ):
            ask()
    assert small.tree("sockshop", "main").list()
    assert remote_repo.tree("sockshop", "dev").read("big") == content


def test_a_list_of_refs_has_an_end(git_server, remote_repo, tmp_path):
    """It is the first that a server sends."""
    remote_repo.create("sockshop", BRANCHES, message="m")
    refs = "".join(f"create refs/tags/{'x' * 100}{number} refs/heads/dev\n" for number in range(2000))
    subprocess.run(["git", "update-ref", "--stdin"], input=refs.encode(), cwd=tmp_path / "sockshop.git", check=True)
    remote_repo.places.home._most_bytes = 200 * KIB
    for ask in (lambda: remote_repo.branches("sockshop"), lambda: put(remote_repo, "n", b"1")):
        with pytest.raises(Refused, match="holds more than 200 KiB at once"):
            ask()
    remote_repo.places.home._most_bytes = 2 * 1024 * KIB
    assert "dev" in remote_repo.branches("sockshop")


def test_a_repository_that_is_not_there(remote_repo):
    """A project without a repository on the server is refused, with what to do."""
    with pytest.raises(Refused, match=r"no repository at http.*other\.git; make an empty one there first"):
        remote_repo.create("other", BRANCHES, message="m")
    assert list(remote_repo.projects()) == []


def test_a_server_that_is_away(free_url):
    """A server that does not answer may be back later."""
    store = MemoryStore()
    store.put("projects/sockshop", b"{}")
    repo = RemoteConfigRepo(f"{free_url}/{{project}}.git", store=store, secrets=MemorySecrets())
    with pytest.raises(Unavailable, match=r"sockshop\.git cannot be used now"):
        repo.tree("sockshop", "main")


def test_credentials_are_sent_and_not_told(git_server, tmp_path):
    """The secret's user and token open the repository; wrong ones give a sentence without them."""
    git("init", "-q", "--bare", "-b", "main", str(tmp_path / "locked.git"), cwd=tmp_path)
    git("config", "http.receivepack", "true", cwd=tmp_path / "locked.git")
    secrets = MemorySecrets()
    repo = RemoteConfigRepo(f"{git_server.url}/{{project}}.git", store=MemoryStore(), secrets=secrets)
    secrets.put("git", {"user": "keptn", "token": "wrong-token"})
    with pytest.raises(Unavailable, match="other credentials; see secret git") as error:
        repo.create("locked", BRANCHES, message="m")
    assert "wrong-token" not in str(error.value)
    secrets.put("git", {"user": "keptn", "token": "right-token\n"})
    repo.create("locked", BRANCHES, message="m")
    assert repo.tree("locked", "dev").read("stage.yaml") == b"name: dev\n"


def test_credentials_are_read_anew_when_they_are_refused(git_server, tmp_path):
    """Not at each exchange: a delivery has dozens, and each would ask the cluster twice."""
    git("init", "-q", "--bare", "-b", "main", str(tmp_path / "locked.git"), cwd=tmp_path)
    git("config", "http.receivepack", "true", cwd=tmp_path / "locked.git")
    secrets = CountedSecrets()
    secrets.put("git", {"user": "keptn", "token": "right-token"})
    repo = RemoteConfigRepo(f"{git_server.url}/{{project}}.git", store=MemoryStore(), secrets=secrets)
    repo.create("locked", BRANCHES, message="m")
    repo.tree("locked", "dev")
    assert secrets.reads == 2, "user and token"
    git_server.handler.token = "another-token"
    secrets.put("git", {"user": "keptn", "token": "another-token"})
    with pytest.raises(Unavailable, match="other credentials"):
        repo.tree("locked", "dev")
    assert repo.tree("locked", "dev").read("stage.yaml") == b"name: dev\n"


class CountedSecrets(MemorySecrets):
    reads = 0

    def get(self, name, key):
        self.reads += 1
        return super().get(name, key)


def test_the_login_in_a_url_is_not_told(git_server, tmp_path, free_url):
    """A URL may carry it; no error shows it."""
    store = MemoryStore()
    store.put("projects/sockshop", b"{}")
    for url in (git_server.url, free_url):
        whole = f"{url.replace('//', '//keptn:hush@')}/{{project}}.git"
        repo = RemoteConfigRepo(whole, store=store, secrets=MemorySecrets())
        with pytest.raises((Refused, Unavailable), match=r"http://127.*sockshop\.git") as caught:
            repo.tree("sockshop", "dev")
        assert "hush" not in str(caught.value)


@pytest.mark.parametrize(
    ("url", "told"),
    [
        ("https://keptn:hush@git.example.com/x.git", r"KEPTN_GIT_URL='https://git.example.com/x.git' must contain"),
        ("git@git.example.com:{project}.git", "this image has no ssh program; write https://"),
    ],
)
def test_a_url_that_cannot_work_is_refused(url, told, monkeypatch, tmp_path):
    """At once, with what to write."""
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(Refused, match=told):
        RemoteConfigRepo.open(settings=Settings(git_url=url), secrets=MemorySecrets(), store=MemoryStore())


# --- the folder of Git repositories alone ----------------------------------------------------------------------------
def git(*arguments, cwd, check=True):
    environment = {**os.environ, "GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_SYSTEM": os.devnull}
    identity = ["-c", "user.name=person", "-c", "user.email=person@example.com"]
    return subprocess.run(
        ["git", *identity, *arguments], cwd=cwd, env=environment, check=check, capture_output=True, text=True
    )


def test_git_reads_it(git_repo, tmp_path):
    """Git finds nothing wrong with the repository, clones it, and sees main and the stages."""
    put(git_repo, "carts/values.yaml", b"1")
    path = tmp_path / "repos" / "sockshop.git"
    assert "error" not in git("fsck", "--strict", "--no-dangling", cwd=path).stderr
    git("clone", "-q", str(path), str(tmp_path / "clone"), cwd=tmp_path)
    assert (tmp_path / "clone" / "shipyard.yaml").exists()
    assert "origin/dev" in git("branch", "-r", cwd=tmp_path / "clone").stdout
    assert git("log", "--format=%an", "-1", cwd=path).stdout == "keptn\n"


def test_a_packed_repository_goes_on(git_repo, tmp_path):
    """After somebody's git gc (packed objects, packed refs) everything works as before."""
    increment(git_repo, 5)
    git("gc", "-q", "--prune=now", cwd=tmp_path / "repos" / "sockshop.git")
    before = git_repo.tree("sockshop", "dev")
    increment(git_repo, 1)
    assert before.read("n") == b"5"
    assert git_repo.tree("sockshop", "dev").read("n") == b"6"
    assert len(git_repo.log("sockshop", "dev")) == 7


def test_disk_use_stays_small(git_repo, tmp_path):
    """When single files have become many they are packed; readers and later commits do not notice.

    How many that is varies: as Git does, one folder in 256 is counted, and a commit's folder depends on its time.
    """
    early = git_repo.tree("sockshop", "dev")
    objects = tmp_path / "repos" / "sockshop.git" / "objects"
    small = GitConfigRepo(tmp_path / "repos", most_loose=1)
    count = 0
    while not list((objects / "pack").glob("*.pack")):
        assert count < 5000, "nothing is ever packed"
        increment(small, 1)
        count += 1
    assert list(objects.glob("[0-9a-f][0-9a-f]/*")) == []
    assert early.read("stage.yaml") == b"name: dev\n"
    increment(git_repo, 1)
    assert len(git_repo.log("sockshop", "dev", limit=10_000)) == count + 2
    assert git("fsck", "--strict", "--no-dangling", cwd=objects.parent).stderr == ""


def test_packs_become_one(git_repo, tmp_path, monkeypatch):
    """When packs have become many: who reads does not notice, and nothing is lost."""
    monkeypatch.setattr(folder, "MOST_PACKS", 2)
    early = git_repo.tree("sockshop", "dev")
    packs = tmp_path / "repos" / "sockshop.git" / "objects" / "pack"
    small, count, most = GitConfigRepo(tmp_path / "repos", most_loose=1), 0, 0
    while (now := len(list(packs.glob("*.pack")))) >= most:
        assert count < 5000, "they never become one"
        most, opened = now, git_repo.tree("sockshop", "dev")
        increment(small, 1)
        assert opened.read("stage.yaml") == b"name: dev\n"
        count += 1
    assert (most, now) == (2, 1)
    assert early.read("stage.yaml") == b"name: dev\n"
    assert len(git_repo.log("sockshop", "dev", limit=10_000)) == count + 1
    assert git("fsck", "--strict", "--no-dangling", cwd=packs.parent.parent).stderr == ""


def test_people_who_push_meanwhile_lose_nothing(git_repo, tmp_path):
    """A push between keptn's reading and its writing makes it read again: both are in the branch."""
    clone = tmp_path / "clone"
    git("clone", "-q", "-b", "dev", str(tmp_path / "repos" / "sockshop.git"), str(clone), cwd=tmp_path)
    seen = []

    def change(tree):
        seen.append(tree.read("person"))
        if len(seen) == 1:
            push(clone)
        return {"keptn": b"1"}

    git_repo.commit("sockshop", "dev", change, message="by keptn")
    assert seen == [None, b"x"]
    assert [c.message for c in git_repo.log("sockshop", "dev", limit=2)] == ["by keptn", "by hand\n"]
    assert list(git_repo.tree("sockshop", "dev").list()) == ["keptn", "person", "stage.yaml"]


def push(clone):
    (clone / "person").write_text("x")
    git("add", ".", cwd=clone)
    git("commit", "-q", "-m", "by hand", cwd=clone)
    git("push", "-q", "origin", "dev", cwd=clone)


def test_processes_lose_no_commit(git_repo, tmp_path):
    """Four processes that change one file lose nothing, and the history is one line."""
    spawn = multiprocessing.get_context("spawn")
    workers = [spawn.Process(target=increment_in_process, args=(tmp_path / "repos", 15)) for _ in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(DEADLINE_S)
    assert [worker.exitcode for worker in workers] == [0] * 4
    assert git_repo.tree("sockshop", "dev").read("n") == b"60"
    assert len(git_repo.log("sockshop", "dev")) == 61


def test_processes_create_one_project(tmp_path):
    """Of processes that create different projects of one name, one makes it and the others are refused."""
    spawn = multiprocessing.get_context("spawn")
    workers = [spawn.Process(target=create_in_process, args=(tmp_path / "repos", n)) for n in range(3)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(DEADLINE_S)
    assert sorted(worker.exitcode for worker in workers) == [0, 7, 7]
    assert list(GitConfigRepo(tmp_path / "repos").projects()) == ["sockshop"]


def increment_in_process(folder, times):
    increment(GitConfigRepo(folder), times)


def create_in_process(folder, number):
    try:
        GitConfigRepo(folder).create("sockshop", {"main": {"n": b"%d" % number}}, message="m")
    except Refused:
        raise SystemExit(7) from None


def test_a_killed_process_leaves_a_sound_repository(git_repo, tmp_path):
    """After kill -9 in the middle of commits the next commit succeeds, and no commit that was made is lost."""
    path = tmp_path / "repos" / "sockshop.git"
    for _ in range(3):
        before = len(git_repo.log("sockshop", "dev", limit=100_000))
        child = multiprocessing.get_context("spawn").Process(
            target=increment_in_process, args=(tmp_path / "repos", 100_000)
        )
        child.start()
        enough = before + 5
        until(lambda limit=enough: len(git_repo.log("sockshop", "dev", limit=limit)) == limit, what="a few commits")
        os.kill(child.pid, signal.SIGKILL)
        child.join(DEADLINE_S)
        for lock in path.rglob("*.lock"):
            os.utime(lock, (0, 0))  # as if ten seconds had passed
        increment(git_repo, 1)
        number = int(git_repo.tree("sockshop", "dev").read("n"))
        assert number == len(git_repo.log("sockshop", "dev", limit=100_000)) - 1
        assert git("fsck", "--strict", "--no-dangling", cwd=path).returncode == 0


def test_locks_of_dead_processes_are_taken_away(git_repo, tmp_path):
    """An old lock of a ref and a lock of an object, left by a killed process, do not stop a commit."""
    path = tmp_path / "repos" / "sockshop.git"
    blob = "d00491fd7e5bb6fa28c517a0bb32b8b506539d4d"  # of "1\n"
    (path / "objects" / blob[:2]).mkdir(exist_ok=True)
    (path / "objects" / blob[:2] / f"{blob[2:]}.lock").touch()
    (path / "refs" / "heads" / "dev.lock").touch()
    os.utime(path / "refs" / "heads" / "dev.lock", (0, 0))
    put(git_repo, "a", b"1\n")
    assert git_repo.tree("sockshop", "dev").read("a") == b"1\n"


def test_a_lock_of_a_living_git_is_respected(git_repo, tmp_path):
    """A fresh lock of the branch is Git at work: the commit is not forced but asked for again."""
    (tmp_path / "repos" / "sockshop.git" / "refs" / "heads" / "dev.lock").touch()
    with pytest.raises(Unavailable, match="others keep committing"):
        put(git_repo, "a", b"1")
    assert git_repo.tree("sockshop", "dev").read("a") is None


def test_half_made_projects_are_swept(git_repo, tmp_path):
    """What a killed create or delete has left is no project, and goes with the next create."""
    for name in (".new-1", ".old-1"):
        (tmp_path / "repos" / name / "objects").mkdir(parents=True)
    assert list(git_repo.projects()) == ["sockshop"]
    git_repo.create("other", BRANCHES, message="m")
    assert sorted(path.name for path in (tmp_path / "repos").iterdir()) == [".lock", "other.git", "sockshop.git"]


def test_a_damaged_repository_is_unavailable(git_repo, tmp_path):
    """A repository that lacks objects gives a sentence that says which and what to do, and no traceback."""
    path = tmp_path / "repos" / "sockshop.git"
    for found in (path / "objects").glob("[0-9a-f][0-9a-f]/*"):
        found.unlink()
    for ask in (git_repo.tree, git_repo.log, lambda p, b: put(git_repo, "a", b"1")):
        with pytest.raises(Unavailable, match=r"sockshop\.git.*git fsck"):
            ask("sockshop", "dev")


def test_the_cost_of_a_commit_does_not_grow(git_repo):
    """The two hundredth commit reads and writes as many files as the tenth."""
    increment(git_repo, 10)
    early = calls_of(lambda: increment(git_repo, 1))
    increment(git_repo, 190)
    assert calls_of(lambda: increment(git_repo, 1)) <= early + 5


def calls_of(action):
    """How many files one thread opens in this call."""
    import builtins
    import sys

    count = 0

    def profile(frame, event, argument):
        nonlocal count
        if event == "c_call" and argument in (os.open, builtins.open, os.stat, os.rename, os.listdir, os.scandir):
            count += 1

    sys.setprofile(profile)
    try:
        action()
    finally:
        sys.setprofile(None)
    return count
