"""Every router passes these; Envoy passes more, with real requests, as a cluster's Gateway does elsewhere."""

import contextlib
import http.server
import json
import os
import shutil
import statistics
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from http.cookies import SimpleCookie
from pathlib import Path
from typing import Any

import httpx
import pytest

from keptn.adapters.machine.port_book import PortBook
from keptn.adapters.machine.system_clock import SystemClock
from keptn.adapters.router import envoy as router_module
from keptn.adapters.router import envoy_log, envoy_process
from keptn.adapters.router.envoy import EnvoyRouter
from keptn.adapters.router.envoy_admin import EnvoyAdmin
from keptn.adapters.router.memory import MemoryRouter
from keptn.adapters.sli.envoy import FLUSH_S, EnvoySli
from keptn.errors import Late, NotYet, Refused, Unavailable
from keptn.events import Scope
from keptn.ports import Endpoint, Pin, Route, Router, SliQuery, SliValue, Window
from keptn.settings import Settings
from tests import crowd
from tests.contract.gateway import GatewayWorld
from tests.waiting import DEADLINE_S, until

SCOPE = Scope(project="sockshop", stage="prod", service="carts")
PIN = Pin(header="X-Canary", value="always", cookie="carts-version")
PINNED = {"x-canary": "always"}
"""A header's name is written in any case."""


class Server(http.server.ThreadingHTTPServer):
    """A workload that answers with its name, and a cookie of its own, and counts.

    begun: a request came. gate: closed, it gets no answer.
    """

    daemon_threads = True

    def __init__(self, name: str, delay_s: float = 0.0) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.name, self.delay_s, self.paths, self.cookies = name, delay_s, list[str](), list[str | None]()
        self.begun, self.gate = threading.Event(), threading.Event()
        self.gate.set()
        self.thread = threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.02})
        self.thread.start()

    @property
    def endpoint(self) -> Endpoint:
        return Endpoint(host="127.0.0.1", port=self.server_port)

    def stop(self) -> None:
        self.shutdown()
        self.thread.join()
        self.server_close()


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: Server

    def do_GET(self) -> None:
        self.server.begun.set()
        self.server.gate.wait()
        time.sleep(self.server.delay_s)
        self.server.paths.append(self.path)
        self.server.cookies.append(self.headers["Cookie"])
        body = self.server.name.encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Set-Cookie", "basket=7")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args: object) -> None: ...


@dataclass
class World:
    router: Router
    state_dir: Path
    servers: dict[str, Server] = field(default_factory=dict)
    scope: Scope = SCOPE

    def serve(self, colour: str, delay_s: float = 0.0) -> None:
        self.servers[colour] = Server(colour, delay_s)

    def routed(self, revision: int, weights: dict[str, int], **more: Any) -> Route:
        endpoints = {colour: server.endpoint for colour, server in self.servers.items()}
        return Route(scope=SCOPE, revision=revision, endpoints=endpoints, weights=weights, **more)

    def route(self, revision: int, weights: dict[str, int], **more: Any) -> None:
        route = self.routed(revision, weights, **more)
        self.router.apply(route)
        until(lambda: self.router.in_force(route))

    def get(self, path: str = "/", headers: dict[str, str] | None = None) -> httpx.Response:
        return httpx.get(self.router.public_url(SCOPE) + path, headers=headers, timeout=DEADLINE_S)

    def visits(self, cookies: Iterable[str]) -> list[httpx.Response]:
        """One by each user, over few connections. Who has no cookie yet is told apart by nothing that he sends."""
        url, found = self.router.public_url(SCOPE), list[httpx.Response]()
        with contextlib.ExitStack() as stack:
            connections = [stack.enter_context(httpx.Client(timeout=DEADLINE_S)) for _ in range(3)]
            for number, cookie in enumerate(cookies):
                client = connections[number % len(connections)]
                client.cookies.clear()
                found.append(
                    client.get(url, headers={"X-Request-Id": "mine", **({"Cookie": cookie} if cookie else {})})
                )
        return found

    @contextlib.contextmanager
    def load(self, *users: dict[str, str]) -> Iterator[list[list[str]]]:
        """Users, by the headers they send, who ask again and again, keep their cookies and note each answer."""
        answers = [list[str]() for _ in users]
        with crowd.asking(users, lambda: self.router.public_url(SCOPE), [seen.append for seen in answers]):
            yield answers

    def log(self) -> list[dict]:
        file = self.state_dir / "envoy/access.log"
        return [json.loads(line) for line in file.read_bytes().splitlines()] if file.exists() else []


@pytest.fixture(params=["memory", "envoy", pytest.param("gateway", marks=pytest.mark.cluster)])
def world(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[World | GatewayWorld]:
    if request.param == "gateway":
        yield request.getfixturevalue("gateway")
        return
    with _memory(tmp_path) if request.param == "memory" else _envoy(tmp_path) as found:
        yield found


@pytest.fixture
def envoy(tmp_path: Path) -> Iterator[World]:
    with _envoy(tmp_path) as world:
        yield world


@contextlib.contextmanager
def _memory(folder: Path) -> Iterator[World]:
    world = World(MemoryRouter(), folder)
    yield world
    for server in world.servers.values():
        server.stop()


@contextlib.contextmanager
def _envoy(folder: Path) -> Iterator[World]:
    process = envoy_process.start(folder)
    world = World(EnvoyRouter(folder), folder)
    try:
        yield world
    finally:
        envoy_process.stop(folder)
        for server in world.servers.values():
            server.stop()
    assert not process.alive


def test_addresses_are_stable(world: World | GatewayWorld) -> None:
    """Over deployments, and each its own."""
    world.serve("blue")
    before = [world.router.public_url(world.scope), *(world.router.own_url(world.scope, c) for c in ("blue", "green"))]
    world.route(1, {"blue": 100})
    after = [world.router.public_url(world.scope), *(world.router.own_url(world.scope, c) for c in ("blue", "green"))]
    assert before == after
    assert len(set(after)) == 3


def test_an_older_route_is_refused(world: World | GatewayWorld) -> None:
    """The same again is fine."""
    world.serve("blue")
    world.route(5, {"blue": 100})
    world.route(5, {"blue": 100})
    with pytest.raises(Refused, match=f"revision 4 of the route of {world.scope} is older than revision 5"):
        world.route(4, {})


def test_a_removed_service_starts_afresh(world: World | GatewayWorld) -> None:
    """Its revisions are forgotten; removing it twice is fine."""
    world.serve("blue")
    world.route(5, {"blue": 100})
    world.router.remove(world.scope)
    world.router.remove(world.scope)
    world.route(1, {"blue": 100})


def test_only_the_last_applied_route_is_in_force(world: World | GatewayWorld) -> None:
    """Not one that was never applied, nor one that was replaced: that is refused, as `apply` refuses it."""
    world.serve("blue")
    first = world.routed(1, {"blue": 100})
    assert not world.router.in_force(first)
    world.route(1, {"blue": 100})
    assert world.router.in_force(first)
    assert not world.router.in_force(replace(first, revision=2))
    world.route(2, {})
    with pytest.raises(Late, match=f"revision 1 of the route of {world.scope} is older than revision 2"):
        world.router.in_force(first)
    world.router.remove(world.scope)
    assert not world.router.in_force(first)


def test_a_route_that_takes_a_while() -> None:
    """The twin in memory says no as often as it is told to, for each route anew."""
    router = MemoryRouter(slow_routes=2)
    for revision in (1, 2):
        route = Route(scope=SCOPE, revision=revision, endpoints={}, weights={})
        router.apply(route)
        assert [router.in_force(route) for _ in range(4)] == [False, False, True, True]


def test_a_colour_without_an_endpoint_keeps_the_one_it_had(envoy: World) -> None:
    """A live version that is not ready just now is still where it was: users get there as soon as it answers."""
    envoy.serve("blue")
    envoy.serve("green")
    envoy.route(1, {"blue": 100})
    only_green = {"green": envoy.servers["green"].endpoint}
    route = Route(scope=SCOPE, revision=2, endpoints=only_green, weights={"blue": 100})
    envoy.router.apply(route)
    until(lambda: envoy.router.in_force(route))
    assert envoy.get().text == "blue"


class Died(BaseException):
    """The process was killed."""


@dataclass
class Mortal(EnvoyRouter):
    """Dies at the n-th file that it writes."""

    state_dir: Path
    lives: int

    def __post_init__(self) -> None:
        super().__init__(self.state_dir)

    def _put(self, written: Any) -> None:
        self.lives -= 1
        if self.lives < 0:
            raise Died
        super()._put(written)


@pytest.mark.parametrize("lives", range(3))
def test_a_step_that_died_holds_up_nobody_else(envoy: World, lives: int) -> None:
    """Another service's new route, half written: this one's comes into force all the same, and brings it along."""
    envoy.serve("blue")
    envoy.route(1, {"blue": 100})
    other = Scope(project="sockshop", stage="prod", service="orders")
    ends = {"blue": envoy.servers["blue"].endpoint}
    with contextlib.suppress(Died):
        Mortal(envoy.state_dir, lives).apply(Route(scope=other, revision=1, endpoints=ends, weights={"blue": 100}))
    envoy.serve("green")
    envoy.route(2, {"green": 100})
    assert envoy.get().text == "green"
    assert httpx.get(envoy.router.public_url(other)).text == "blue"


def test_draining_ends(envoy: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """An open request of a colour that leaves holds the switch up, for a bounded time."""
    monkeypatch.setattr(router_module, "DRAIN_S", 0.5)
    envoy.serve("blue")
    envoy.serve("green")
    blue, green = envoy.servers["blue"], envoy.servers["green"]
    envoy.route(1, {"blue": 100})
    blue.gate.clear()
    with ThreadPoolExecutor() as pool:
        slow = pool.submit(envoy.get)
        assert blue.begun.wait(5)
        route = Route(scope=SCOPE, revision=2, endpoints={"green": green.endpoint}, weights={"green": 100})
        envoy.router.apply(route)
        assert not envoy.router.in_force(route)
        until(lambda: envoy.router.in_force(route))
        assert not slow.done()
        blue.gate.set()
        assert slow.result().text == "blue"


def test_users_reach_the_live_colour(envoy: World) -> None:
    """Once it is in force; without a live version users are told so."""
    envoy.serve("blue")
    envoy.serve("green")
    envoy.route(1, {})
    nobody = envoy.get()
    assert (nobody.status_code, nobody.text) == (503, "no version of carts is live in prod\n")
    for revision, colour in enumerate(["blue", "green"] * 5, start=2):
        envoy.route(revision, {colour: 100})
        assert envoy.get().text == colour
    assert httpx.get(envoy.router.own_url(SCOPE, "blue")).text == "blue"


def test_a_trial_gets_its_share(envoy: World) -> None:
    """A quarter of users, give or take."""
    envoy.serve("blue")
    envoy.serve("green")
    envoy.route(1, {"blue": 75, "green": 25})
    with httpx.Client() as client:
        seen = [client.get(envoy.router.public_url(SCOPE)).text for _ in range(300)]
    assert 40 <= seen.count("green") <= 115


def test_a_mirror_gets_a_copy_and_users_do_not_notice(envoy: World) -> None:
    """Every request reaches both; users see the live version's answers, even when the copy's workload is dead."""
    envoy.serve("blue")
    envoy.serve("green")
    envoy.route(1, {"blue": 100}, mirror="green")
    assert {envoy.get(f"/{n}").text for n in range(20)} == {"blue"}
    until(lambda: len(envoy.servers["green"].paths) == 20)
    envoy.servers.pop("green").stop()
    assert {envoy.get(f"/{n}").text for n in range(20)} == {"blue"}


def test_the_log_has_each_request_as_seen_by_users_and_by_each_colour(envoy: World) -> None:
    """One public line and one own line a request, the mirrored copy included, with durations in microseconds."""
    envoy.serve("blue", delay_s=0.05)
    envoy.serve("green")
    envoy.route(1, {"blue": 100}, mirror="green")
    envoy.get("/items?token=secret")
    lines = until(lambda: len(found := envoy.log()) == 3 and found)
    by_route = {(line["route"], line["colour"]): line for line in lines}
    public, blue, green = (by_route[key] for key in (("public", ""), ("own", "blue"), ("own", "green")))
    assert (public["served_by"], public["status"], public["path"], public["method"]) == ("blue", 200, "/items", "GET")
    assert public["duration_us"] >= blue["duration_us"] > 50_000 > green["duration_us"] > 0
    assert {(line["project"], line["stage"], line["service"]) for line in lines} == {("sockshop", "prod", "carts")}
    assert public["time"].endswith("Z")


def test_envoy_outlives_its_starter_and_keeps_the_routes(envoy: World) -> None:
    """A second start adopts it, even without the written pid; a new Envoy has the same addresses and routes."""
    envoy.serve("blue")
    envoy.serve("green")
    envoy.route(1, {"blue": 100}, pin=PIN, candidate="green")
    first = envoy_process.start(envoy.state_dir)
    (envoy.state_dir / "envoy/process.json").unlink()
    assert envoy_process.start(envoy.state_dir) == first
    url = envoy.router.public_url(SCOPE)
    envoy_process.stop(envoy.state_dir)
    with pytest.raises(Unavailable, match="Envoy does not answer"):
        envoy.route(2, {"blue": 100}, pin=PIN, candidate="green")
    assert envoy_process.start(envoy.state_dir) != first
    assert [httpx.get(url, headers=headers).text for headers in ({}, PINNED)] == ["blue", "green"]


def test_an_envoy_without_its_state_folder_is_replaced(tmp_path: Path) -> None:
    """Whoever empties the folder of a killed runtime starts anew, on ports that the old Envoy does not know."""
    try:
        first = envoy_process.start(tmp_path)
        shutil.rmtree(tmp_path)
        tmp_path.mkdir()
        second = envoy_process.start(tmp_path)
        assert (first.alive, second.alive) == (False, True)
    finally:
        envoy_process.stop(tmp_path)


def test_a_switch_fails_no_request(envoy: World) -> None:
    """Under load, the old colour stopped as soon as the new route is in force, its slow requests included."""
    envoy.serve("blue", delay_s=0.03)
    envoy.route(1, {"blue": 100})
    with envoy.load(*[{}] * 6) as answers:
        for revision in range(2, 12):
            old, new = ("blue", "green") if revision % 2 == 0 else ("green", "blue")
            envoy.serve(new, delay_s=0.03)
            envoy.route(revision, {old: 90, new: 10})
            leaving = envoy.servers.pop(old)
            envoy.route(revision, {new: 100})
            leaving.stop()
            _more(answers)
    assert set().union(*answers) == {"blue", "green"}


def _more(answers: list[list[str]]) -> None:
    """Wait until each user has been answered twice more: once at least by what is there now."""
    before = [len(seen) for seen in answers]
    until(lambda: all(len(seen) > count + 1 for seen, count in zip(answers, before, strict=True)))


def test_a_route_with_a_pin(world: World | GatewayWorld) -> None:
    """Every router takes what it says that it can, and takes it away again."""
    world.serve("blue")
    world.serve("green")
    pin = Pin(header=PIN.header, value=PIN.value, cookie=PIN.cookie if "cookie" in world.router.pins else "")
    world.route(1, {"blue": 95, "green": 5}, pin=pin, candidate="green")
    world.route(2, {"green": 100})


@pytest.mark.parametrize("weights", [{"blue": 100}, {"blue": 99, "green": 1}, {"blue": 100, "green": 0}, {}], ids=str)
def test_a_header_leads_to_the_candidate(envoy: World, weights: dict[str, int]) -> None:
    """Always, whatever the weights, seen by the candidate's own listener; another value does not."""
    envoy.serve("blue")
    envoy.serve("green")
    envoy.route(1, weights, pin=replace(PIN, cookie=""), candidate="green")

    def logged() -> list[tuple[str, str, str]]:
        lines = [line for line in envoy.log() if line["path"] == "/pinned"]
        return sorted((line["route"], line["colour"], line["served_by"]) for line in lines)

    assert [envoy.get("/pinned", PINNED).text for _ in range(20)] == ["green"] * 20
    others = {envoy.get("/other", {"X-Canary": value}).text for value in ("Always", "always-not", "") for _ in range(5)}
    assert "green" not in others or weights.get("green")
    assert until(lambda: len(found := logged()) == 40 and found) == [
        *[("own", "green", "green")] * 20,
        *[("public", "", "green")] * 20,
    ]


def test_a_header_leads_nowhere_without_a_candidate(envoy: World) -> None:
    """After a release or a rollback it is a header like any other."""
    envoy.serve("blue")
    envoy.serve("green")
    envoy.route(1, {"blue": 100}, pin=PIN)
    assert {envoy.get(headers=PINNED).text for _ in range(20)} == {"blue"}


def test_open_requests_of_a_pinned_candidate_hold_nothing_up(envoy: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without weight it still has users, so there is no end to wait for."""
    monkeypatch.setattr(router_module, "DRAIN_S", 2 * DEADLINE_S)
    envoy.serve("blue")
    envoy.serve("green")
    green = envoy.servers["green"]
    envoy.route(1, {"blue": 95, "green": 5}, pin=PIN, candidate="green")
    green.gate.clear()
    with ThreadPoolExecutor() as pool:
        slow = pool.submit(envoy.get, headers=PINNED)
        try:
            assert green.begun.wait(DEADLINE_S)
            envoy.route(2, {"blue": 100}, pin=PIN, candidate="green")
        finally:
            green.gate.set()
        assert slow.result().text == "green"


def test_new_users_are_split_by_weight_and_stay(envoy: World) -> None:
    """Each on its own, though they share connections, an address and a request id; who comes back gets the same.

    5 points of 100: by chance, 2,000 of them are off by 2.5 points once in millions of runs.
    """
    envoy.serve("blue")
    envoy.serve("green")
    envoy.route(1, {"blue": 95, "green": 5}, pin=PIN, candidate="green")
    first = envoy.visits([""] * 2000)
    assert 50 <= [one.text for one in first].count("green") <= 150
    given = [SimpleCookie(one.headers["set-cookie"].replace("basket=7, ", ""))[PIN.cookie] for one in first]
    assert len({cookie.value for cookie in given}) == 2000
    assert {(one["path"], one["httponly"], one["samesite"]) for one in given} == {("/", True, "Lax")}
    again = envoy.visits(f"{PIN.cookie}={cookie.value}" for cookie in given)
    assert [one.text for one in again] == [one.text for one in first]
    assert {one.headers["set-cookie"] for one in again} == {"basket=7"}


def test_nobody_loses_the_candidate_while_it_grows(envoy: World) -> None:
    """Its share of users is its weight at each step, and the users before are among them. Fixed users: no chance."""
    envoy.serve("blue")
    envoy.serve("green")
    users = [f"a=1; {PIN.cookie}=user-{number}; b=2" for number in range(1000)]
    before = set[str]()
    for revision, percent in enumerate((5, 25, 60, 100), start=1):
        weights = {"blue": 100 - percent, "green": percent} if percent < 100 else {"green": 100}
        in_any_order = dict(reversed(weights.items())) if revision % 2 else weights
        envoy.route(revision, in_any_order, pin=PIN, candidate="green")
        now = {user for user, answer in zip(users, envoy.visits(users), strict=True) if answer.text == "green"}
        assert abs(len(now) - 10 * percent) <= 25
        assert before <= now
        before = now


def test_a_header_wins_over_a_cookie(envoy: World) -> None:
    """Whoever has the live version by his cookie; and is given no cookie for it."""
    envoy.serve("blue")
    envoy.serve("green")
    envoy.route(1, {"blue": 95, "green": 5}, pin=PIN, candidate="green")
    users = [{"Cookie": f"{PIN.cookie}=user-{number}"} for number in range(20)]
    assert "blue" in {envoy.get(headers=user).text for user in users}
    assert {envoy.get(headers={**user, **PINNED}).text for user in users} == {"green"}
    assert envoy.get(headers=PINNED).headers["set-cookie"] == "basket=7"


def test_a_workload_does_not_notice_the_cookie(envoy: World) -> None:
    """It hears of none that the user did not send, and its own arrive. With one version, no user is given one."""
    envoy.serve("blue")
    envoy.serve("green")
    envoy.route(1, {"blue": 95, "green": 5}, pin=PIN, candidate="green")
    answer = envoy.get(headers={"Cookie": "basket=6"})
    names = [SimpleCookie(text).popitem()[0] for text in answer.headers.get_list("set-cookie")]
    assert names == ["basket", PIN.cookie]
    assert envoy.servers[answer.text].cookies == ["basket=6"]
    envoy.route(2, {"blue": 100}, pin=PIN, candidate="green")
    assert envoy.get().headers.get_list("set-cookie") == ["basket=7"]


def test_an_empty_cookie_is_none(envoy: World) -> None:
    """Its user is given one, and stays with what he got at first."""
    envoy.serve("blue")
    envoy.serve("green")
    envoy.route(1, {"blue": 50, "green": 50}, pin=PIN, candidate="green")
    with httpx.Client() as client:
        first = client.get(envoy.router.public_url(SCOPE), headers={"Cookie": f"{PIN.cookie}="})
        assert client.cookies[PIN.cookie]
        assert {client.get(envoy.router.public_url(SCOPE)).text for _ in range(20)} == {first.text}


def test_growing_weights_fail_no_request(envoy: World) -> None:
    """Under load up to the release; no user goes back, and those with the header see the candidate throughout."""
    envoy.serve("blue")
    envoy.serve("green")
    envoy.route(1, {"blue": 100}, pin=PIN, candidate="green")
    with envoy.load(*[{}] * 6, PINNED, PINNED) as answers:
        _more(answers)
        for revision, percent in enumerate((5, 25, 60), start=2):
            envoy.route(revision, {"blue": 100 - percent, "green": percent}, pin=PIN, candidate="green")
            _more(answers)
        for revision, candidate in ((5, "green"), (6, "")):
            envoy.route(revision, {"green": 100}, pin=PIN, candidate=candidate)
            _more(answers)
        envoy.servers.pop("blue").stop()
        _more(answers)
    *users, pinned, also_pinned = answers
    assert set(pinned) == set(also_pinned) == {"green"}
    for seen in users:
        assert set(seen) == {"blue", "green"}
        assert seen == sorted(seen)


def test_a_pinned_candidate_leaves_without_a_failed_request(envoy: World) -> None:
    """Under load, stopped as soon as the route without it is in force: those with the header are users like others."""
    envoy.serve("blue")
    envoy.serve("green", delay_s=0.03)
    envoy.route(1, {"blue": 100}, pin=PIN, candidate="green")
    with envoy.load({}, PINNED, PINNED) as (user, *pinned):
        _more(pinned)
        envoy.route(2, {"blue": 100}, pin=PIN)
        envoy.servers.pop("green").stop()
        _more([user, *pinned])
    assert set(user) == {"blue"}
    for seen in pinned:
        assert set(seen) == {"blue", "green"}
        assert seen == sorted(seen, reverse=True)


def test_a_folder_whose_name_begins_alike_has_another_envoy(tmp_path):
    """Envoy is known by its whole state folder: `/x/demo` is not `/x/demo-cluster`."""
    process = envoy_process.start(tmp_path / "demo-cluster")
    try:
        assert envoy_process.adopt(tmp_path / "demo") is None
        envoy_process.stop(tmp_path / "demo")
        assert envoy_process.adopt(tmp_path / "demo-cluster") == process
    finally:
        envoy_process.stop(tmp_path / "demo-cluster")


def asking(envoy: World, begin: datetime) -> Callable[[], SliValue | None]:
    """How many requests users have made from then to now, as an evaluation asks; None: not yet."""
    provider = EnvoySli.open(settings=Settings(state_dir=envoy.state_dir), clock=SystemClock())
    window = Window(start=begin, end=datetime.now(UTC))
    asked = SliQuery(indicator="count", query="count", scope=SCOPE, colour="", window=window)

    def answer() -> SliValue | None:
        with contextlib.suppress(NotYet):
            return provider.fetch(asked)
        return None

    return answer


def test_no_late_line_is_missed(envoy: World) -> None:
    """A window that ends now is read as soon as Envoy has written all of it: no line less, and no second later."""
    envoy.serve("blue")
    envoy.route(1, {"blue": 100})
    waited_s = []
    with httpx.Client(timeout=DEADLINE_S) as client:
        for count in range(12):
            begin = datetime.now(UTC)
            for _ in range(count):
                client.get(envoy.router.public_url(SCOPE))
            ended = time.monotonic()
            assert until(asking(envoy, begin)).values == ({"": float(count)} if count else {})
            waited_s.append(time.monotonic() - ended)
    assert statistics.median(waited_s) < FLUSH_S / 2, waited_s


def test_a_request_that_is_open_is_waited_for(envoy: World) -> None:
    """It began in the window, and its line comes when it ends."""
    envoy.serve("blue")
    envoy.route(1, {"blue": 100})
    blue, begin = envoy.servers["blue"], datetime.now(UTC)
    blue.gate.clear()
    with ThreadPoolExecutor() as pool:
        slow = pool.submit(envoy.get)
        assert blue.begun.wait(DEADLINE_S)
        answer = asking(envoy, begin)
        assert answer() is None
        blue.gate.set()
        assert until(answer).values == {"": 1.0}
        assert slow.result().text == "blue"


def test_the_log_is_set_aside_under_load(envoy: World) -> None:
    """While it is written to and no request is lost: an evaluation reads all parts."""
    envoy.serve("blue")
    envoy.route(1, {"blue": 100})
    log = envoy_log.file(envoy.state_dir)
    admin = EnvoyAdmin(PortBook(envoy.state_dir).port("envoy/admin"))
    begin = datetime.now(UTC)

    def is_set_aside() -> bool:
        envoy_log.bound(log, reopen=admin.reopen_logs, part_bytes=5_000)
        return len(envoy_log.parts(log)) >= 5

    with envoy.load({}, {}) as answers:
        until(is_set_aside)
    assert until(asking(envoy, begin)).values == {"": float(sum(map(len, answers)))}


def test_old_parts_of_the_log_are_forgotten(tmp_path: Path) -> None:
    """The many that are old, not those that an evaluation may ask for."""
    log = tmp_path / "access.log"
    for number in range(1, 15):
        part = log.with_name(f"access.log.{number}")
        part.touch()
        if number < 12:
            os.utime(part, (0, 0))
    log.write_text("x" * 11)
    envoy_log.bound(log, reopen=lambda: None, part_bytes=10)
    assert [envoy_log.number(part) for part in envoy_log.parts(log)] == [*range(5, 16)]
    assert (log.read_text(), log.with_name("access.log.15").read_text()) == ("", "x" * 11)
