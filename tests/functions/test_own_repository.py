"""A project's repository of its own, by the api and the CLI: tried before anything changes, its login told nowhere."""

from __future__ import annotations

import logging

import pytest

from keptn.adapters.config_repo.memory import MemoryConfigRepo
from keptn.errors import Refused, Unavailable
from keptn.events import Scope
from keptn.records.repository import login_key
from tests.world import SHIPYARD, WHO, error

URL, OTHER = "https://git.example.com/team/shop.git", "https://elsewhere.example/shop.git"
TOKEN = "glpat-hush"


def body(url=URL, token=TOKEN, **more):
    return {"gitCredentials": {"remoteURL": url, "user": "ann", "https": {"token": token}}, **more}


def login(world, url=URL, project="shop"):
    return world.secrets.get("git", login_key(project, url))


@pytest.fixture
def shop(world, api):
    """A project `shop` in a repository of its own."""
    assert api("POST", "/v1/project", body(name="shop", shipyard=SHIPYARD.decode())).status_code == 202
    return world


@pytest.fixture
def asked(world, monkeypatch):
    """What the config repo was asked to try."""
    seen = []

    def check(project, remote, *, login, mirrored):
        seen.append((project, remote, login))

    monkeypatch.setattr(world.config_repo, "check_remote", check)
    return seen


@pytest.mark.parametrize(
    "given",
    [
        {"gitCredentials": {"remoteURL": URL, "user": "ann", "https": {"token": f"{TOKEN}\n"}}},
        {"gitRemoteURL": URL, "gitUser": "ann", "gitToken": TOKEN},
        {"gitRemoteURI": URL, "gitUser": "ann", "gitToken": TOKEN},
    ],
    ids=["1.x", "0.x", "0.8"],
)
def test_a_project_is_made_in_its_own_repository(world, api, asked, given):
    """As every client of keptn's has written it; the event has the URL and no login."""
    made = api("POST", "/v1/project", {"name": "shop", "shipyard": SHIPYARD.decode(), **given})
    assert made.status_code == 202
    assert world.sink.events[0].data == {"project": "shop", "shipyard": SHIPYARD.decode(), "gitRemoteURL": URL}
    assert asked == [("shop", URL, f"ann:{TOKEN}")]
    assert (world.config_repo.remote("shop"), login(world)) == (URL, f"ann:{TOKEN}")


def test_a_token_alone_is_a_login(world, api, asked):
    """Git servers want some name beside it."""
    api("POST", "/v1/project", {"name": "shop", "shipyard": SHIPYARD.decode(), "gitRemoteURL": URL, "gitToken": TOKEN})
    assert asked == [("shop", URL, f"keptn:{TOKEN}")]


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"gitRemoteURL": "https://ann:hush@x.example/y.git"}, "the URL has a login in it, which everybody would see"),
        ({"gitRemoteURL": URL, "gitUser": "ann"}, "a user without a token is no login"),
        ({"gitToken": TOKEN}, "a login for which repository?"),
        ({"gitRemoteURL": URL, "gitUser": "a:b", "gitToken": TOKEN}, "a colon in the user"),
        ({"gitRemoteURL": URL, "gitToken": "gl\nhush"}, "or a line break"),
        ({"gitRemoteURL": 3}, "'gitRemoteURL' must be a text"),
        ({"gitCredentials": "hush"}, "'gitCredentials' must be an object"),
        ({"gitCredentials": {"remoteURL": [URL]}}, "'remoteURL' must be a text"),
        ({"gitCredentials": {"remoteURL": URL, "ssh": {"privateKey": "hush"}}}, "over HTTPS with a user and a token"),
        (
            {"gitCredentials": {"remoteURL": URL, "https": {"proxy": {"url": "hush"}}}},
            "HTTPS_PROXY where its functions",
        ),
        ({"gitCredentials": {"remoteURL": URL, "https": {"insecureSkipTLS": True}}}, "certificates are always checked"),
        ({"gitCredentials": {"remoteURL": URL, "https": {"certificate": "hush"}}}, "registry-ca"),
    ],
)
def test_what_cannot_be_meant_is_one_sentence(world, api, more, said):
    """Nothing is made, posted or kept; what was given is not repeated."""
    told = error(api("POST", "/v1/project", {"name": "shop", "shipyard": SHIPYARD.decode(), **more}))
    assert said in told and "hush" not in told
    assert not world.sink.events and "git" not in world.secrets.names()


@pytest.mark.parametrize(("wrong", "status"), [(Unavailable("away"), 424), (Refused("no repository"), 400)])
def test_a_repository_that_does_not_open_changes_nothing(shop, api, monkeypatch, wrong, status):
    """Made or changed, it is tried before."""

    def refuse(*_, **__):
        raise wrong

    monkeypatch.setattr(shop.config_repo, "check_remote", refuse)
    shop.sink.events.clear()
    for method, path, sent in (
        ("POST", "/v1/project", body(name="new", shipyard=SHIPYARD.decode())),
        ("PUT", "/v1/project/shop", body(OTHER, "new-hush")),
        ("PUT", "/v1/project/shop", {"gitToken": "new-hush"}),
    ):
        answer = api(method, path, sent)
        assert (answer.status_code, str(wrong) in error(answer)) == (status, True)
    assert not shop.sink.events
    assert (shop.config_repo.remote("shop"), login(shop), login(shop, OTHER)) == (URL, f"ann:{TOKEN}", None)


def test_a_project_that_exists_keeps_its_repository(shop, api):
    """Made once more without one, or with its own, it is as it was; another one is another command."""
    again = {"name": "shop", "shipyard": SHIPYARD.decode()}
    assert api("POST", "/v1/project", again).status_code == 202
    assert api("POST", "/v1/project", body(**again)).status_code == 202
    refused = api("POST", "/v1/project", body(OTHER, **again))
    assert refused.status_code == 409
    assert "exists with another repository; choose another name, or change that: keptn update project" in error(refused)
    assert login(shop, OTHER) is None


def test_a_login_of_nobodys_project_is_not_kept(world, api, monkeypatch):
    """The step refuses what the api let pass."""

    def prepare(_, project, stage):
        raise Refused(f"the namespace {project}-{stage} is somebody else's")

    monkeypatch.setattr(type(world.context.platform), "prepare", prepare)
    api("POST", "/v1/project", body(name="shop", shipyard=SHIPYARD.decode()))
    assert "somebody else's" in world.sink.events[-1].message
    assert login(world) is None


def test_a_new_token_counts_for_the_same_repository(shop, api, asked):
    """The audit log has who changed it."""
    shop.sink.events.clear()
    assert api("PUT", "/v1/project/shop", {"gitUser": "bob", "gitToken": "renewed"}).status_code == 202
    assert asked == [("shop", URL, "bob:renewed")]
    assert login(shop) == "bob:renewed"
    asked_for, finished = shop.sink.events
    assert (asked_for.type, asked_for.data) == (
        "sh.keptn.event.project.update.triggered",
        {"project": "shop", "gitRemoteURL": URL},
    )
    assert asked_for.extensions["keptnby"] == WHO
    assert finished.message == f"project shop stays at {URL}, with the login that was given"


def test_a_project_moves(shop, api):
    """The old login goes once nothing is read with it; the other projects' stay, and the installation's."""
    shop.secrets.merge("git", {"user": "keptn", "token": "own", login_key("shopping", URL): "x:y"})
    assert api("PUT", "/v1/project", body(OTHER, "new", name="shop")).status_code == 202
    assert shop.config_repo.remote("shop") == OTHER
    assert (login(shop, OTHER), login(shop)) == ("ann:new", None)
    assert (login(shop, project="shopping"), shop.secrets.get("git", "token")) == ("x:y", "own")
    assert shop.sink.events[-1].message == (
        f"project shop is at {OTHER} now, with its whole history; {URL} stays as it is, and keptn writes there no more"
    )


def test_a_move_that_is_refused_leaves_no_login(shop, api, monkeypatch):
    """The project stays where it is, with its login."""

    def move(project, remote, *, mirrored):
        raise Refused("it has commits on main")

    monkeypatch.setattr(shop.config_repo, "move", move)
    api("PUT", "/v1/project/shop", body(OTHER, "new"))
    assert shop.sink.events[-1].result == "fail"
    assert (login(shop, OTHER), login(shop)) == (None, f"ann:{TOKEN}")


@pytest.mark.parametrize(
    ("project", "sent", "status", "said"),
    [
        ("shop", {}, 400, "nothing to update: give a --git-remote-url, or a --git-token"),
        ("shop", {"gitRemoteURL": URL}, 400, "nothing to update"),
        ("shop", {"shipyard": "x", **body()}, 400, "keptn add-resource --resource=shipyard.yaml"),
        ("sockshop", {"gitToken": "x"}, 400, "whose login is the secret git (keptn update secret git)"),
        ("nope", body(), 404, "there is no project 'nope'"),
    ],
)
def test_an_update_of_nothing_is_told(shop, api, project, sent, status, said):
    """And posts nothing."""
    shop.sink.events.clear()
    answer = api("PUT", f"/v1/project/{project}", sent)
    assert (answer.status_code, said in error(answer)) == (status, True), error(answer)
    assert not shop.sink.events


def test_a_deleted_project_leaves_its_repository_and_no_login(shop, keptn):
    """And the command says so."""
    shop.secrets.merge("git", {"token": "own"})
    said = keptn("delete", "project", "shop", "--yes")[1]
    assert said == f"Project shop is deleted; its repository {URL} stays as it is, and is yours to remove.\n"
    assert (login(shop), shop.secrets.get("git", "token")) == (None, "own")
    assert keptn("delete", "project", "sockshop", "--yes")[1] == "Project sockshop is deleted.\n"


@pytest.mark.parametrize("trouble", [Unavailable("the server is away"), Refused("there is no repository")])
def test_a_repository_that_is_gone_hides_no_other_project(shop, api, keptn, tmp_path, monkeypatch, trouble):
    """It is listed with its trouble; the others answer, and it can be deleted with all that keptn has of it."""
    (tmp_path / "values.yaml").write_text("service: web\nimage: shop/web\n")
    keptn("onboard", "service", "--project=shop", "--values=values.yaml")
    ran = Scope(project="shop", stage="dev", service="old")
    shop.store.put("retired/shop.json", b'{"dev/old": {"epoch": 1, "revision": 1}}')
    shop.context.router.routes[ran] = None
    for name in ("tree", "branches", "commit"):
        monkeypatch.setattr(MemoryConfigRepo, name, gone(getattr(MemoryConfigRepo, name), trouble))
    listed = " ".join(keptn("get", "project")[1].split())
    assert str(trouble) in listed and "sockshop" in listed
    delivery = {"service": "carts", "image": "keptn/carts:1.0.0"}
    told = error(api("POST", "/v1/delivery", delivery))
    assert told == f"whose carts it is cannot be told: {trouble}; say --project and --service"
    assert api("POST", "/v1/delivery", {"project": "sockshop", **delivery}).status_code == 202
    assert "is deleted" in keptn("delete", "project", "shop", "--yes")[1]
    assert (shop.secrets.get("hook-shop.web", "token"), login(shop)) == (None, None)
    assert not [name for name in shop.store.list("images/").names if name.endswith("shop.web")]
    assert ran not in shop.context.router.routes


def gone(ask, trouble):
    """The same, for all projects but `shop`."""

    def answer(repo, project, *arguments, **named):
        if project == "shop":
            raise trouble
        return ask(repo, project, *arguments, **named)

    return answer


def test_it_is_shown_without_its_login(shop, keptn):
    """One project, all projects, and as data; a project that the installation keeps has none."""
    assert f"Repository: {URL}" in keptn("get", "project", "shop")[1]
    assert URL in "".join(keptn("get", "project")[1].split())
    assert '"remoteURL": "' + URL in keptn("get", "project", "shop", "-o", "json")[1]
    assert "gitCredentials" not in keptn("get", "project", "sockshop", "-o", "json")[1]


def test_the_secret_git_is_the_installations_beside_them(shop, api):
    """Its login changes without theirs, and theirs not by its command; with them it does not go."""
    assert api("PUT", "/v1/secret/git", {"data": {"user": "keptn", "token": "own"}}).status_code == 200
    assert (login(shop), shop.secrets.get("git", "token")) == (f"ann:{TOKEN}", "own")
    key = login_key("shop", URL)
    assert "changes with keptn update project" in error(api("PUT", "/v1/secret/git", {"data": {key: "x:y"}}))
    assert "holds the logins of shop, which go with their projects" in error(api("DELETE", "/v1/secret/git"))
    api("DELETE", "/v1/project/shop")
    assert api("DELETE", "/v1/secret/git").status_code == 200


def test_the_login_is_told_nowhere(world, api, keptn, caplog, tmp_path, monkeypatch):
    """Not in an event, the audit log, an answer, a commit or a line of the log; not even when something fails."""
    caplog.set_level(logging.DEBUG)
    (tmp_path / "shipyard.yaml").write_bytes(SHIPYARD)
    create = ("create", "project", "shop", "shipyard.yaml", f"--git-remote-url={URL}", f"--git-token={TOKEN}")
    said = [*keptn(*create), *keptn("update", "project", "shop", f"--git-token={TOKEN}")]
    said += keptn("update", "project", "shop", f"--git-remote-url={OTHER}", f"--git-token={TOKEN}", "--git-user=ann")
    said += [*keptn("get", "project", "shop", "-o", "yaml"), *keptn("get", "event", "--project=shop", "-o", "json")]
    said += [*keptn("get", "secret", "-o", "json")]

    def break_down(*_, **__):
        raise ZeroDivisionError("a bug")

    monkeypatch.setattr(world.config_repo, "check_remote", break_down)
    said += keptn("update", "project", "shop", f"--git-token={TOKEN}", ok=False)
    kept = [world.store.get(name).data for name in world.store.list("").names]
    logged = [
        str(commit) for branch in world.config_repo.branches("shop") for commit in world.config_repo.log("shop", branch)
    ]
    everything = repr((said, kept, logged, [str(event) for event in world.sink.events], caplog.text))
    assert "shop" in everything and TOKEN not in everything
    assert login(world, OTHER) == f"ann:{TOKEN}"
