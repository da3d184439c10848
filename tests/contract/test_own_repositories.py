"""A project's repository of its own, on Git's own server: in an installation that has a server, and on a laptop."""

from __future__ import annotations

import contextlib
import os
import subprocess
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from keptn.adapters.config_repo.folder import GitConfigRepo
from keptn.adapters.config_repo.own_remotes import FolderAndRemotes
from keptn.adapters.config_repo.remote import RemoteConfigRepo
from keptn.adapters.secrets.memory import MemorySecrets
from keptn.adapters.store.memory import MemoryStore
from keptn.errors import Refused, Unavailable, Unknown
from keptn.records.repository import Repository, login_key
from tests.contract.git_server import serve

BRANCHES = {"main": {"shipyard.yaml": b"stages: []\n"}, "dev": {"stage.yaml": b"name: dev\n"}}
RIGHT = "keptn:right-token"
HERE = ("127.0.0.1",)


def git(*arguments, cwd, check=True):
    environment = {**os.environ, "GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_SYSTEM": os.devnull}
    identity = ["-c", "user.name=person", "-c", "user.email=person@example.com"]
    return subprocess.run(
        ["git", *identity, *arguments], cwd=cwd, env=environment, check=check, capture_output=True, text=True
    )


class Team:
    """A team's Git server: repositories that begin with `locked` want a login."""

    def __init__(self, folder, server):
        self.folder, self.server = folder, server

    def repository(self, name, **files):
        """The URL of a new repository, with these files on main, if there are any."""
        path = self.folder / f"{name}.git"
        git("init", "-q", "--bare", "-b", "main", str(path), cwd=self.folder)
        git("config", "http.receivepack", "true", cwd=path)
        if files:
            self.push(name, **files)
        return self.url(name)

    def url(self, name):
        return f"{self.server.url}/{name}.git"

    def push(self, name, *, branch="main", **files):
        """As a person does: the files on top of the branch, if it is there."""
        clone = self.folder / f"clone-{os.urandom(4).hex()}"
        git("clone", "-q", str(self.folder / f"{name}.git"), str(clone), cwd=self.folder)
        git("checkout", "-q", "-B", branch, f"origin/{branch}", cwd=clone, check=False)
        git("symbolic-ref", "HEAD", f"refs/heads/{branch}", cwd=clone)
        for path, content in files.items():
            (clone / path.replace("_", ".")).write_text(content)
        git("add", ".", cwd=clone)
        git("commit", "-q", "-m", "by hand", cwd=clone)
        git("push", "-q", "origin", branch, cwd=clone)

    def files(self, name, branch):
        return git("ls-tree", "-r", "--name-only", branch, cwd=self.folder / f"{name}.git").stdout.split()

    def log(self, name, branch):
        return git("log", "--format=%s", branch, cwd=self.folder / f"{name}.git").stdout.splitlines()


@pytest.fixture
def team(tmp_path):
    folder = tmp_path / "team"
    folder.mkdir()
    with serve(folder) as server:
        yield Team(folder, server)


class Store(MemoryStore):
    """before: what happens when a name is written."""

    before = staticmethod(lambda name, data: None)

    def put(self, name, data, *, if_generation=None):
        self.before(name, data)
        return super().put(name, data, if_generation=if_generation)


@pytest.fixture
def store():
    return Store()


@pytest.fixture
def secrets():
    return MemorySecrets()


@pytest.fixture(params=["server", "laptop"])
def repo(request, tmp_path, store, secrets):
    if request.param == "laptop":
        remotes = RemoteConfigRepo("", store=store, secrets=secrets, named=HERE)
        return FolderAndRemotes(GitConfigRepo(tmp_path / "repos"), remotes)
    installation = request.getfixturevalue("git_server")
    git("init", "-q", "--bare", "-b", "main", str(tmp_path / "sockshop.git"), cwd=tmp_path)
    git("config", "http.receivepack", "true", cwd=tmp_path / "sockshop.git")
    return RemoteConfigRepo(f"{installation.url}/{{project}}.git", store=store, secrets=secrets, named=HERE)


def create(repo, remote="", *, project="sockshop", message="Create project sockshop"):
    repo.create(project, BRANCHES, message=message, remote=remote)


def put(repo, path, content=b"1", *, branch="dev"):
    return repo.commit("sockshop", branch, lambda tree: {path: content}, message=f"write {path}")


# --- made there ------------------------------------------------------------------------------------------------------
def test_a_project_lives_in_its_own_repository(repo, team):
    """Its branches are there and nowhere else; every way to it leads there."""
    url = team.repository("shop")
    create(repo, url)
    put(repo, "carts/values.yaml")
    repo.add_branch("sockshop", "prod", {"stage.yaml": b""}, message="Add stage prod")
    assert (repo.remote("sockshop"), list(repo.projects())) == (url, ["sockshop"])
    assert list(repo.branches("sockshop")) == ["dev", "main", "prod"]
    assert team.files("shop", "dev") == ["carts/values.yaml", "stage.yaml"]
    assert [c.message for c in repo.log("sockshop", "dev")] == ["write carts/values.yaml", "Create project sockshop"]
    create(repo, url)
    assert team.log("shop", "dev") == ["write carts/values.yaml", "Create project sockshop"]


def test_a_project_without_one_stays_with_the_installation(repo, team):
    """As before: no URL, and nothing on the team's server."""
    create(repo)
    put(repo, "a")
    assert repo.remote("sockshop") == ""
    assert repo.tree("sockshop", "dev").read("a") == b"1"
    assert team.server.handler.requests == []


def test_its_own_login_opens_it_and_no_other(repo, team, secrets):
    """The installation's login is not sent to a team's server, nor is a project's to another URL."""
    url = team.repository("locked")
    secrets.put("git", {"user": "keptn", "token": "right-token"})
    with pytest.raises(Unavailable, match=r"wants other credentials; give them: keptn update project sockshop"):
        create(repo, url)
    secrets.merge("git", {login_key("sockshop", f"{url}x"): RIGHT, login_key("other", url): RIGHT})
    with pytest.raises(Unavailable, match="other credentials"):
        create(repo, url)
    secrets.merge("git", {login_key("sockshop", url): RIGHT})
    create(repo, url)
    assert repo.tree("sockshop", "dev").read("stage.yaml") == b"name: dev\n"


def test_a_login_that_was_renewed_counts(repo, team, secrets):
    """The old one is refused once; then the new one is read."""
    url = team.repository("locked")
    secrets.merge("git", {login_key("sockshop", url): RIGHT})
    create(repo, url)
    team.server.handler.token = "renewed"
    secrets.merge("git", {login_key("sockshop", url): "keptn:renewed"})
    with pytest.raises(Unavailable, match="other credentials"):
        repo.tree("sockshop", "dev")
    assert repo.tree("sockshop", "dev").read("stage.yaml") == b"name: dev\n"


def test_what_a_git_server_puts_into_a_new_repository_stays(repo, team):
    """A README and the like, with its commit below the project's first."""
    create(repo, team.repository("shop", README_md="hello"))
    assert team.files("shop", "main") == ["README.md", "shipyard.yaml"]
    assert team.log("shop", "main") == ["Create project sockshop", "by hand"]


@pytest.mark.parametrize(
    ("branch", "told"),
    [
        (
            "main",
            r"has files of its own on main \(main.py\); a config repo holds a project's files alone: name an empty",
        ),
        ("feature", "has the branch feature; a config repo holds a project's files alone: name an empty repository"),
    ],
)
def test_somebodys_repository_is_not_taken(repo, team, branch, told):
    """Its files would be gone from its branches, or its branches would look like stages."""
    url = team.repository("app")
    team.push("app", branch=branch, main_py="print()")
    with pytest.raises(Refused, match=told):
        create(repo, url)
    assert (team.files("app", branch), list(repo.projects())) == (["main.py"], [])


def test_two_projects_do_not_share_one(repo, team):
    """The second is told at once; when the first is gone it may have it, and the history stays."""
    url = team.repository("shop")
    create(repo, url)
    for ask in (
        lambda: repo.check_remote("other", url, login=""),
        lambda: create(repo, url, project="other", message="Create project other"),
    ):
        with pytest.raises(Refused, match=r"is the config repo of a project already; name another one"):
            ask()
    repo.delete("sockshop")
    assert (list(repo.projects()), team.files("shop", "dev")) == ([], ["stage.yaml"])
    repo.check_remote("other", url, login="")
    create(repo, url, project="other", message="Create project other")
    assert team.log("shop", "dev") == ["Create project other", "Create project sockshop"]


def test_one_name_is_one_project(repo, team):
    """Wherever it is."""
    url, second = team.repository("shop"), team.repository("second")
    create(repo, url)
    for remote in ("", second):
        with pytest.raises(Refused, match="project sockshop exists already"):
            create(repo, remote)
    repo.delete("sockshop")
    create(repo)
    with pytest.raises(Refused, match="project sockshop exists already"):
        create(repo, second)


@pytest.mark.parametrize("gone", ["locked", "away"])
def test_a_project_goes_also_when_its_repository_does_not_answer(repo, team, gone):
    """Nobody can be kept by a server of somebody else's."""
    create(repo, team.repository("shop"))
    if gone == "away":
        team.server.shutdown()
        team.server.server_close()
    else:
        (team.folder / "shop.git").rename(team.folder / "elsewhere.git")
    repo.delete("sockshop")
    assert list(repo.projects()) == []


# --- tried -----------------------------------------------------------------------------------------------------------
def test_a_login_is_tried_before_it_counts(repo, team):
    """Read and write; nothing is kept, and nothing is written."""
    url = team.repository("locked")
    repo.check_remote("sockshop", url, login=RIGHT)
    for login in ("", "keptn:hush"):
        with pytest.raises(Unavailable, match="other credentials") as error:
            repo.check_remote("sockshop", url, login=login)
        assert "hush" not in str(error.value)
    assert git("for-each-ref", cwd=team.folder / "locked.git").stdout == ""


def test_who_may_only_read_is_told(repo, team):
    """A repository that takes no pushes."""
    url = team.repository("readonly")
    git("config", "http.receivepack", "false", cwd=team.folder / "readonly.git")
    with pytest.raises(Unavailable, match=r"does not let this login in \(403\); it must read and write"):
        repo.check_remote("sockshop", url, login=RIGHT)


def test_a_repository_that_is_not_there_is_told(repo, team):
    """A slip in the URL."""
    with pytest.raises(Refused, match=r"there is no repository at http.*/shpo\.git; make an empty one there first"):
        repo.check_remote("sockshop", team.url("shpo"), login=RIGHT)


def test_a_server_that_is_away_is_told(repo, free_url):
    """At once, in short."""
    with pytest.raises(Unavailable, match=r"p\.git cannot be used now: .*[Cc]onnection refused") as error:
        repo.check_remote("sockshop", f"{free_url}/p.git", login=RIGHT)
    assert "Max retries" not in str(error.value)


def test_a_redirect_is_not_followed(repo, team):
    """It could lead anywhere; the sentence says where it would have gone."""
    url = team.repository("shop")
    for ask in (lambda u: repo.check_remote("sockshop", u, login=RIGHT), lambda u: create(repo, u)):
        with pytest.raises(Refused, match=rf"says that the repository is elsewhere: {url}; name that URL"):
            ask(team.url("moved-shop"))
    assert team.server.handler.requests == []


@pytest.mark.parametrize(
    ("url", "told"),
    [
        (
            "http://git.example.com/x.git",
            "is plain HTTP, and the token could be read on its way; write https://, or",
        ),
        ("https://127.0.0.2/x.git", "leads to keptn's own machine"),
        ("https://2130706434/x.git", "leads to keptn's own machine"),
        ("https://[::1]/x.git", "leads to keptn's own machine"),
        ("https://[::ffff:127.0.0.1]/x.git", "leads to keptn's own machine"),
        ("https://169.254.169.254/latest", "leads to keptn's own machine"),
        ("https://[fe80::1]/x.git", "leads to keptn's own machine"),
        ("https://0.0.0.0/x.git", "leads to keptn's own machine"),
        ("https://localhost/x.git", "leads to keptn's own machine"),
        ("https://ann:hush@git.example.com/x.git", "the URL has a login in it, which everybody would see"),
        ("https://git.example.com/x.git?private_token=hush", "the URL has something behind its path"),
        ("ssh://git@git.example.com/hush.git", "is reached over HTTPS, with a user and a token"),
        ("git@git.example.com:team/hush.git", "is reached over HTTPS, with a user and a token"),
        ("file:///etc/hush.git", "must be one such as https://git.example.com/team/project.git"),
        ("/srv/hush.git", "must be one such as"),
        ("https://git.example.com", "must be one such as"),
        ("https://git.example.com:hush/x.git", "must be one such as"),
        ("https://git.example.com/{project}.git", "must be one such as"),
        ("", "must be one such as"),
    ],
)
def test_a_url_that_no_project_may_name(store, secrets, url, told):
    """Before anybody is asked; where keptn runs on somebody's own machine, `localhost` is right."""
    repo = RemoteConfigRepo("https://git.example.com/{project}.git", store=store, secrets=secrets)
    with pytest.raises(Refused, match=told) as error:
        repo.check_remote("sockshop", url, login=RIGHT)
    assert "hush" not in str(error.value)
    if url:
        with pytest.raises(Refused, match=told):
            create(repo, url)


# --- moved -----------------------------------------------------------------------------------------------------------
@pytest.fixture(params=["from the installation", "from one of its own"])
def moving(request, repo, team):
    """A project with history, a tag and a person's branch; the second time on a Git server already."""
    create(repo, team.repository("first") if "own" in request.param else "")
    put(repo, "carts/values.yaml")
    return repo


def test_a_project_moves_with_its_history(moving, team, secrets):
    """All branches and commits are there, later commits go there, and the old repository is left as it was."""
    wanted = put(moving, "old", b"1")
    put(moving, "old", b"2")
    url = team.repository("locked")
    secrets.merge("git", {login_key("sockshop", url): RIGHT})
    moving.check_remote("sockshop", url, login=RIGHT)
    moving.move("sockshop", url)
    moving.move("sockshop", url)
    put(moving, "new")
    assert moving.remote("sockshop") == url
    assert team.files("locked", "dev") == ["carts/values.yaml", "new", "old", "stage.yaml"]
    assert team.log("locked", "dev")[-1] == "Create project sockshop"
    assert moving.tree("sockshop", "dev", commit=wanted).read("old") == b"1"
    if (team.folder / "first.git").exists():
        assert team.files("first", "dev") == ["carts/values.yaml", "old", "stage.yaml"]
    assert list(moving.projects()) == ["sockshop"]
    assert git("fsck", "--strict", cwd=team.folder / "locked.git").returncode == 0


def test_what_people_have_in_it_comes_along(repo, team):
    """Tags, and branches that are no stages."""
    create(repo, team.repository("first"))
    team.push("first", branch="idea", notes="x")
    git("tag", "-a", "-m", "v1", "v1", "main", cwd=team.folder / "first.git")
    repo.move("sockshop", team.repository("second"))
    assert team.files("second", "idea") == ["notes", "shipyard.yaml"]
    assert team.files("second", "v1") == ["shipyard.yaml"]


def test_it_moves_back(repo, team):
    """The repository where it was holds older commits of the same branches: they grow."""
    first, second = team.repository("first"), team.repository("second")
    create(repo, first)
    repo.move("sockshop", second)
    put(repo, "a")
    repo.move("sockshop", first)
    assert (repo.remote("sockshop"), team.files("first", "dev")) == (first, ["a", "stage.yaml"])


@pytest.mark.parametrize(
    ("files", "told"),
    [
        (
            {"branch": "main", "README_md": "x"},
            "has commits on main that project sockshop has not, and nothing is",
        ),
        ({"branch": "feature", "main_py": "x"}, "has the branch feature"),
    ],
)
def test_a_project_moves_into_nobodys_files(moving, team, files, told):
    """Nothing is forced; the project stays where it was and goes on."""
    before = moving.remote("sockshop")
    url = team.repository("second")
    team.push("second", **files)
    with pytest.raises(Refused, match=told):
        moving.move("sockshop", url)
    assert moving.remote("sockshop") == before
    put(moving, "a")
    assert len(team.log("second", files["branch"])) == 1


def test_a_project_does_not_move_into_anothers(moving, team):
    """Nor is it asked to."""
    url = team.repository("taken")
    create(moving, url, project="other", message="Create project other")
    for ask in (
        lambda: moving.check_remote("sockshop", url, login=""),
        lambda: moving.move("sockshop", url),
    ):
        with pytest.raises(Refused, match="is the config repo of a project already"):
            ask()
    put(moving, "a")


def test_a_move_that_fails_leaves_the_project_where_it_was(moving, team):
    """A server that takes no push, a server that is away: commits go on, and the move can be asked for again."""
    before = moving.remote("sockshop")
    url = team.repository("second")
    hook = team.folder / "second.git" / "hooks" / "pre-receive"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text("#!/bin/sh\necho no room >&2\nexit 1\n")
    hook.chmod(0o755)
    with pytest.raises(Refused, match="does not let keptn write"):
        moving.move("sockshop", url)
    assert moving.remote("sockshop") == before
    put(moving, "a")
    hook.unlink()
    moving.move("sockshop", url)
    assert team.files("second", "dev") == ["a", "carts/values.yaml", "stage.yaml"]


@pytest.mark.parametrize("moment", [0, 1])
def test_a_commit_during_the_move_is_not_lost(repo, team, store, moment):
    """Just before the project is told to be moving, and just before it is somewhere else."""
    create(repo, team.repository("first"))
    writes = []

    def before(name, data):
        if not name.startswith("projects/") or threading_in_before:
            return
        writes.append(Repository.decoded(data))
        if len(writes) == moment + 1:
            threading_in_before.append(True)
            try:
                put(repo, "meanwhile")
            except Unavailable as told:
                assert "is moving to" in str(told)  # the Broker delivers again
                put_later.append(True)
            threading_in_before.clear()

    threading_in_before, put_later = [], []
    store.before = before
    repo.move("sockshop", team.repository("second"))
    if put_later:
        put(repo, "meanwhile")
    assert len(writes) == 2
    assert team.files("second", "dev") == ["meanwhile", "stage.yaml"]
    assert bool(put_later) == (moment == 1)


def test_nothing_is_lost_while_a_project_moves(repo, team):
    """Three that commit, while it moves three times: every commit that was told as made is in one line of history."""
    create(repo)
    moved = threading.Event()

    def write(who):
        made = []
        while not moved.is_set():
            with contextlib.suppress(Unavailable):  # the Broker would deliver again
                put(repo, f"{who}-{len(made)}")
                made.append(f"{who}-{len(made)}")
        return made

    with ThreadPoolExecutor(3) as pool:
        writing = [pool.submit(write, who) for who in "abc"]
        try:
            for number in range(3):
                url = team.repository(f"r{number}")
                while repo.remote("sockshop") != url:
                    with contextlib.suppress(Unavailable):
                        repo.move("sockshop", url)
        finally:
            moved.set()
        made = {path for one in writing for path in one.result()}
    there = {*repo.tree("sockshop", "dev").list()} - {"stage.yaml"}
    assert made <= there and len(there - made) <= 3, "each may have pushed what it was not told of"
    assert len(team.log("r2", "dev")) == len(there) + 1, "what was taken along is not made again"


def test_a_commit_that_is_pushed_while_the_project_leaves_is_made_again(repo, team, store):
    """Its push reached the old repository after all was copied: it is made on the new one, whoever asks."""
    create(repo, team.repository("first"))
    second = team.repository("second")
    asked = []

    def change(tree):
        asked.append(tree.commit)
        if len(asked) == 1:
            repo.move("sockshop", second)
        return {"late": b"1"}

    repo.commit("sockshop", "dev", change, message="late")
    assert len(asked) == 2
    assert team.files("second", "dev") == ["late", "stage.yaml"]


def test_a_move_that_was_killed_is_completed(repo, team, store):
    """By its repetition; until then a commit waits and says for what."""
    first, second = team.repository("first"), team.repository("second")
    create(repo, first)
    store.put("projects/sockshop", Repository(url=first, moving=second).encoded)
    with pytest.raises(Unavailable, match=r"project sockshop is moving to .*second\.git; trying again later"):
        put(repo, "a")
    assert repo.tree("sockshop", "dev").read("stage.yaml")
    with pytest.raises(Refused, match=r"is moving to .* already; ask again when that is over"):
        repo.move("sockshop", team.repository("third"))
    repo.move("sockshop", second)
    put(repo, "a")
    assert team.files("second", "dev") == ["a", "stage.yaml"]


@pytest.mark.parametrize("how", ["renamed", "away"])
def test_a_repository_that_was_mirrored_is_taken_as_it_is(repo, team, tmp_path, how):
    """The old one need not answer; without that word it has to, and the sentence says the word."""
    create(repo, team.repository("first"))
    put(repo, "a")
    second = team.repository("second")
    if how == "renamed":
        (team.folder / "first.git").rename(team.folder / "moved.git")
        source = team.folder / "moved.git"
    else:
        git("clone", "-q", "--mirror", str(team.folder / "first.git"), str(tmp_path / "mirror"), cwd=tmp_path)
        git("update-ref", "-d", "refs/heads/main", cwd=team.folder / "first.git")
        git("config", "http.uploadpack", "false", cwd=team.folder / "first.git")
        source = tmp_path / "mirror"
    told = "nothing can be taken along: .*first.git.*; if all of it is at the new URL already .*, say --mirrored"
    with pytest.raises((Refused, Unavailable), match=told):
        repo.check_remote("sockshop", second, login="")
    for ask in (
        lambda: repo.check_remote("sockshop", second, login="", mirrored=True),
        lambda: repo.move("sockshop", second, mirrored=True),
    ):
        with pytest.raises(Refused, match=r"is no mirror of project sockshop: it lacks refs/keptn/created and"):
            ask()
    git("push", "-q", "--mirror", str(team.folder / "second.git"), cwd=source)
    repo.check_remote("sockshop", second, login="", mirrored=True)
    repo.move("sockshop", second, mirrored=True)
    put(repo, "b")
    assert team.files("second", "dev") == ["a", "b", "stage.yaml"]


def test_an_unknown_project_moves_nowhere(repo, team):
    """One sentence, and nothing is made there."""
    for ask in (lambda: repo.remote("nope"), lambda: repo.move("nope", team.repository("shop"))):
        with pytest.raises(Unknown, match="there is no project 'nope'"):
            ask()
    assert git("for-each-ref", cwd=team.folder / "shop.git").stdout == ""


# --- a laptop alone --------------------------------------------------------------------------------------------------
def test_a_folder_that_was_left_stands_aside(tmp_path, team, store, secrets):
    """Nothing is deleted; and a run that was killed before it did so is completed by the next."""
    folder = GitConfigRepo(tmp_path / "repos")
    repo = FolderAndRemotes(folder, RemoteConfigRepo("", store=store, secrets=secrets, named=HERE))
    create(repo)
    url = team.repository("shop")
    store.put("projects/sockshop", Repository(url=url).encoded)  # written, but the folder is still there
    put(repo, "a")
    assert repo.remote("sockshop") == ""
    repo.move("sockshop", url)
    assert (repo.remote("sockshop"), team.files("shop", "dev")) == (url, ["a", "stage.yaml"])
    (aside,) = (tmp_path / "repos").glob(".moved-sockshop-*")
    assert git("rev-parse", "dev", cwd=aside).stdout == git("rev-parse", "dev", cwd=team.folder / "shop.git").stdout


def test_a_project_in_the_folder_costs_no_look_into_the_store(tmp_path, secrets):
    """As it was before projects could be elsewhere."""
    store = MemoryStore()
    repo = FolderAndRemotes(GitConfigRepo(tmp_path), RemoteConfigRepo("", store=store, secrets=secrets))
    create(repo)
    store.get = store.list = None
    put(repo, "a")
    assert repo.tree("sockshop", "dev").read("a") == b"1"
    assert list(repo.branches("sockshop")) == ["dev", "main"]
    assert repo.remote("sockshop") == ""
