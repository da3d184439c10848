"""The bridge behind the cluster's ingress, used as a browser without scripts does it: from no pod to signed out."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from http.cookies import SimpleCookie
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest

from examples.sockshop.demo.api import Api, wait_for
from examples.sockshop.demo.cluster import forget_project, kubectl, log_in, secret
from tests import needs
from tests.browser import Form, Page

pytestmark = pytest.mark.cluster
MINE, THEIRS = "bridge-mine", "bridge-theirs"
SHIPYARD = "stages:\n- {name: dev, deployment_strategy: direct, evaluation: none}\n"
COLD_S, TO_ZERO_S = 60.0, 150.0


@dataclass(frozen=True, kw_only=True)
class Place:
    """host: the bridge's name at the ingress. token: looks at MINE, and no more. opened: closed with the last test."""

    api: Api
    ingress: str
    host: str
    token: str
    opened: ExitStack

    def browser(self) -> httpx.Client:
        headers = {"host": self.host, "accept": "text/html"}
        made = httpx.Client(base_url=self.ingress, headers=headers, follow_redirects=True, timeout=COLD_S)
        return self.opened.enter_context(made)


@pytest.fixture(scope="module")
def place(installation: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    folder, ingress = tmp_path_factory.mktemp("bridge"), needs.on_cluster("DEMO_INGRESS")
    api = Api(folder / "home", patience_s=60)
    log_in(api, ingress=ingress)
    try:
        _make_projects(api, folder)
        root = ("--api-token", secret("api", "token").split()[0])
        made = api.keptn(
            *root, "create", "token", "eve", "--role=view", f"--project={MINE}", "--expires=1h", "-o", "json"
        )
        url = kubectl("-n", "keptn", "get", "ksvc", "bridge", "-o", "jsonpath={.status.url}")
        with ExitStack() as opened:
            token, host = json.loads(made)["token"], urlsplit(url).netloc
            yield Place(api=api, ingress=ingress, host=host, token=token, opened=opened)
    finally:
        for project in (MINE, THEIRS):
            forget_project(api, project)
        api.hang_up()


def _make_projects(api: Api, folder: Path) -> None:
    (folder / "shipyard.yaml").write_text(SHIPYARD)
    (folder / "values.yaml").write_text("service: carts\nimage: registry.example/carts\n")
    for project in (MINE, THEIRS):
        api.keptn("create", "project", project, str(folder / "shipyard.yaml"))
    api.keptn("onboard", "service", f"--project={MINE}", f"--values={folder / 'values.yaml'}")


def seen(answer: httpx.Response) -> Page:
    return Page(answer, str(answer.url))


def sent(browser: httpx.Client, form: Form, **fields: str) -> httpx.Response:
    return browser.post(form.action, data={**form.fields, **fields})


def signed_in(place: Place) -> httpx.Client:
    browser = place.browser()
    page = seen(sent(browser, seen(browser.get("/")).form("Sign in"), token=place.token))
    assert page.status == 200 and "Sign out" in page.buttons
    return browser


def pods() -> str:
    return kubectl("-n", "keptn", "get", "pods", "-l", "serving.knative.dev/service=bridge", "-o", "name")


def test_it_is_there_from_no_pod_at_all(place: Place) -> None:
    """Whoever opens it waits for one cold start, and is asked who he is; a deep link is not forgotten."""
    wait_for(lambda: not pods(), what="the end of the bridge's pods", timeout_s=TO_ZERO_S, every_s=1.0)
    page = seen(place.browser().get(f"/project/{MINE}/audit"))
    assert page.status == 200 and page.form("Sign in").fields["next"] == f"/project/{MINE}/audit"
    assert pods()


def test_a_wrong_token_is_told(place: Place) -> None:
    browser = place.browser()
    answer = sent(browser, seen(browser.get("/")).form("Sign in"), token=place.token[:-1] + "x")
    assert answer.status_code == 401 and "keptn create token" in answer.text and not browser.cookies


def test_the_cookie_is_the_browsers_alone(place: Place) -> None:
    """Nothing that a caller says of himself makes it anything else: whether there is TLS, the settings say."""
    browser = place.browser()
    form = seen(browser.get("/")).form("Sign in")
    claims = {"x-forwarded-proto": "https", "x-forwarded-host": "evil.example"}
    answer = browser.post(
        form.action, data={**form.fields, "token": place.token}, headers=claims, follow_redirects=False
    )
    kept = SimpleCookie(answer.headers["set-cookie"])["keptn-session"]
    assert (answer.status_code, answer.headers["location"]) == (303, "/")
    assert (kept["httponly"], kept["samesite"], kept["path"], kept["domain"]) == (True, "Lax", "/", "")
    settings = json.loads(kubectl("-n", "keptn", "get", "configmap", "keptn-settings", "-o", "json"))["data"]
    assert bool(kept["secure"]) == settings["KEPTN_PUBLIC_URL"].startswith("https:")
    assert place.token.rpartition("_")[2] not in kept.value


def test_who_looks_at_one_project_sees_that_one(place: Place) -> None:
    """The other's name is nowhere, and its address is told what is missing."""
    browser = signed_in(place)
    page = seen(browser.get("/"))
    assert any(where == f"/project/{MINE}" for where, _ in page.links) and THEIRS not in page.html
    assert "carts" in seen(browser.get(f"/project/{MINE}")).text
    for path in (f"/project/{THEIRS}", f"/project/{THEIRS}/audit", f"/approvals?project={THEIRS}"):
        refused = browser.get(path)
        assert refused.status_code == 403 and f"is for project {MINE}" in refused.text, path


def test_who_may_look_may_not_order(place: Place) -> None:
    """There is no button; and who sends the form all the same is told which role it takes."""
    browser = signed_in(place)
    page = seen(browser.get(f"/project/{MINE}/start"))
    assert page.buttons.isdisjoint({"Start", "Deliver", "Evaluate"})
    token = {"form-token": page.form("Sign out").fields["form-token"]}
    slot = {"service": "carts", "stage": "dev"}
    told = browser.post(f"/project/{MINE}/start/evaluation", data={**token, **slot, "timeframe": "1m"})
    assert told.status_code == 403 and "takes the role deliver" in told.text
    forged = browser.post(f"/project/{MINE}/start/evaluation", data=slot)
    assert forged.status_code == 403 and "earlier sign-in" in forged.text


def test_who_signs_out_is_out(place: Place) -> None:
    """Also where the cookie was copied."""
    browser = signed_in(place)
    copied = browser.cookies["keptn-session"]
    sent(browser, seen(browser.get("/")).form("Sign out"))
    other = place.browser()
    other.cookies.set("keptn-session", copied)
    for one in (browser, other):
        assert "Sign in" in seen(one.get("/")).buttons


def test_the_command_line_signs_in_by_a_link(place: Place) -> None:
    """`keptn bridge`, once: the api makes it, another function takes it."""
    link = urlsplit(json.loads(place.api.keptn("bridge", "-o", "json"))["link"])
    assert "Sign out" in seen(place.browser().get(f"{link.path}?{link.query}")).buttons
    late = place.browser().get(f"{link.path}?{link.query}")
    assert late.status_code == 401 and "has been used" in late.text
