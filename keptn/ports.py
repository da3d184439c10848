"""The ports: what the steps need from the world, as small Protocols. Adapters live in `keptn/adapters/`.

Every adapter of a port passes the same contract tests (`tests/contract/`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, ClassVar, Protocol

from keptn.events import Event, Scope


# --- object store ------------------------------------------------------------------------------------------------
@dataclass(frozen=True, slots=True, kw_only=True)
class StoredObject:
    """One object. generation: grows with every write of the name, never 0."""

    name: str
    data: bytes
    generation: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """One page of names in ascending order. next_token: pass it on for the next page; empty at the end."""

    names: Sequence[str]
    next_token: str = ""


class ObjectStore(Protocol):
    """Objects under names, with the preconditions of Google Cloud Storage (ifGenerationMatch)."""

    @property
    def reads_at_once(self) -> int:
        """As many as are together faster than one after another: 1 where threads would only wait for each other."""

    def get(self, name: str) -> StoredObject | None: ...

    def put(self, name: str, data: bytes, *, if_generation: int | None = None) -> int:
        """Write and return the new generation.

        if_generation: 0 creates only, n replaces only generation n, None always writes. Raises LostRace.
        """

    def delete(self, name: str, *, if_generation: int | None = None) -> None:
        """Delete; a name that is not there is fine. Raises LostRace if it is there in another generation."""

    def list(
        self, prefix: str, *, start_offset: str = "", end_offset: str = "", limit: int = 1000, token: str = ""
    ) -> Page:
        """Names with the prefix, in byte order. start_offset is included, end_offset is not (both are whole names)."""


# --- configuration repository --------------------------------------------------------------------------------------
class Tree(Protocol):
    """The files of one commit of one branch."""

    @property
    def commit(self) -> str: ...

    def read(self, path: str) -> bytes | None: ...

    def list(self, folder: str = "") -> Sequence[str]:
        """Paths of all files below the folder, sorted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Commit:
    """One line of a branch's log, newest first. files: the paths it changed, sorted."""

    id: str
    message: str
    author: str
    time: datetime
    files: Sequence[str]


Change = Callable[[Tree], Mapping[str, bytes | None]]
"""From what is there to what shall be written: path to new content, None deletes. May run again after a lost race.

In a project that moves, a commit that lost was perhaps taken along: then it runs on what it has written.
"""


class ConfigRepo(Protocol):
    """One Git repository per project, one branch per stage; the shipyard is on `main`."""

    def create(
        self, project: str, branches: Mapping[str, Mapping[str, bytes]], *, message: str, remote: str = ""
    ) -> None:
        """Make the repository with these branches and files, or nothing at all. Repeating the same call is fine.

        remote: URL of one of the project's own; empty: where the installation keeps them. Raises Refused if a different
        repository of that name exists, or if files or branches are there that are not keptn's.
        """

    def remote(self, project: str) -> str:
        """URL of the project's own repository; empty where the installation keeps it. Raises Unknown."""

    def check_remote(self, project: str, remote: str, *, login: str, mirrored: bool = False) -> None:
        """Whether the project, there or not yet, could have its repository at the URL; changes nothing.

        login: `user:token`, or empty. mirrored: as of `move`. Raises Refused or Unavailable, with what is in the way.
        """

    def move(self, project: str, remote: str, *, mirrored: bool = False) -> None:
        """Take every branch and tag to another repository, and go on there. The old one is left as it is.

        mirrored: all of it is there already, and the old one need not answer.
        What is committed meanwhile comes along, or is Unavailable for a moment. Repeating is fine. Raises Refused or
        Unavailable, and then the project is where it was.
        """

    def delete(self, project: str) -> None: ...

    def projects(self) -> Sequence[str]: ...

    def branches(self, project: str) -> Sequence[str]:
        """Names of its branches, sorted: `main`, its stages, and what people made. Raises Unknown."""

    def add_branch(self, project: str, branch: str, files: Mapping[str, bytes], *, message: str) -> None:
        """Make the branch with these files. One that is there stays as it is."""

    def tree(self, project: str, branch: str, *, commit: str = "") -> Tree:
        """The head of the branch, or the commit of it that is named.

        Raises Unknown for a project, branch or commit that does not exist.
        """

    def commit(self, project: str, branch: str, change: Change, *, message: str) -> str:
        """Commit what `change` returns on top of the branch's head; return the commit id.

        No commit is made when nothing would change: the head is returned. A lost push race reads and repeats;
        Unavailable when that goes on. Refused, with its reason, if the server takes no such commit. Author is keptn.
        """

    def log(self, project: str, branch: str, *, limit: int = 100) -> Sequence[Commit]: ...


# --- workloads and traffic -----------------------------------------------------------------------------------------
Manifest = Mapping[str, Any]
"""One Kubernetes object, as it is committed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint:
    """Where a workload listens: `host:port`."""

    host: str
    port: int


class Platform(Protocol):
    """Runs workloads. All calls are idempotent and fenced: Late if the scope has seen a higher revision.

    revision: number of the desired state that a call belongs to; it grows with every epoch and every step of one.
    """

    poll_s: ClassVar[float]
    """How often `endpoint` is worth asking while one waits, seconds."""

    def prepare(self, project: str, stage: str) -> None:
        """Make the place of a stage's workloads, once per stage. Refused if it is somebody else's."""

    def apply(self, scope: Scope, colour: str, *, manifests: Sequence[Manifest], revision: int) -> None:
        """Make the committed objects of a colour be, replacing what differs; not until it is ready. Raises Refused."""

    def warnings(self, manifests: Sequence[Manifest]) -> Sequence[str]:
        """What this platform does not do of the objects, each a sentence; asked before and besides `apply`."""

    def endpoint(self, scope: Scope, colour: str) -> Endpoint | None:
        """Its address once it is ready for traffic, else None, or NotYet where it is known what it waits for.

        Refused if it cannot come up (exited, no image).
        """

    def remove(self, scope: Scope, colour: str, *, revision: int) -> None:
        """Let it finish what it is doing (bounded), then stop it. One that is not there is fine."""

    def remove_all(self, project: str, *, service: str = "") -> None:
        """Stop everything of the project (of one service of it) and forget its revisions."""

    def logs(self, scope: Scope, colour: str, *, lines: int = 100) -> Sequence[str]: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Pin:
    """Whose requests the weights do not scatter.

    header, value: requests that carry it, exactly, all reach the candidate. cookie: its name; a user who has it stays
    with the version he got while the weights stand, and one who got the candidate stays with it as its weight grows.
    """

    header: str = ""
    value: str = ""
    cookie: str = ""


NO_PIN = Pin()


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """How a service's traffic flows in one stage: what the committed `route.yaml` says. manifest: the object itself.

    weights: colour to percent of user requests, sum 100; none at all: no version is live, users get a 5xx.
    mirror: colour that gets a copy, its answers are dropped. endpoints: colour to address, of the colours that are
    ready (each also gets an address of its own). revision: as of Platform. pin: as of Pin; candidate: the colour that
    the header leads to, empty if there is none.
    """

    scope: Scope
    revision: int
    endpoints: Mapping[str, Endpoint]
    weights: Mapping[str, int]
    mirror: str = ""
    pin: Pin = NO_PIN
    candidate: str = ""
    manifest: Manifest = field(default_factory=dict)


class Router(Protocol):
    """Routes user traffic. Idempotent and fenced: Late if the last route of the scope carries a higher revision."""

    pins: ClassVar[frozenset[str]]
    """What of a Pin this router can do: `header`, `cookie`."""
    poll_s: ClassVar[float]
    """How often `apply` and `in_force` are worth repeating while one waits, seconds."""

    def apply(self, route: Route) -> None:
        """Set the route; it may take a while until it counts. A colour without an endpoint keeps the one it had.

        Never waits. Raises NotYet where something comes first: call again. Raises Unavailable.
        """

    def in_force(self, route: Route) -> bool:
        """Whether the applied route counts everywhere, and a colour that lost its user requests may be stopped.

        It may when it has answered those it had, or after a bounded time. Never waits. Raises Unavailable; NotYet for
        a no with a reason; Refused where nothing but a person makes it count.
        """

    def public_url(self, scope: Scope) -> str:
        """Where users reach the service; stable over all deployments."""

    def own_url(self, scope: Scope, colour: str) -> str:
        """Where one colour is reached by itself, from where tests run."""

    def remove(self, scope: Scope) -> None:
        """Forget the service in this stage: its route, its addresses, its revisions."""


# --- artifacts, metrics, tests --------------------------------------------------------------------------------------
class Registry(Protocol):
    """Resolves tags to digests, and says what an image is for."""

    def digest(self, image: str) -> str:
        """`sha256:…` of `repository:tag`. Raises Unknown (no such image) or Unavailable."""

    def platforms(self, image: str) -> frozenset[str]:
        """`os/architecture` or `os/architecture/variant` of all it holds; none where it says nothing.

        image: `repository:tag`, or with `@sha256:…` what had that digest. Raises Unknown, Unavailable, and Refused for
        what is no image.
        """


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """A span of time; start is included, end is not."""

    start: datetime
    end: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class SliQuery:
    """One indicator to fetch. colour: `blue`, `green` or empty for the whole service; query: provider's language.

    samples: the raw observations are wanted too, where they cost another request. filters: of an SLO file.
    """

    indicator: str
    query: str | Mapping[str, Any]
    scope: Scope
    colour: str
    window: Window
    labels: Mapping[str, str] = field(default_factory=dict)
    filters: Mapping[str, str] = field(default_factory=dict)
    samples: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class SliValue:
    """What a provider answered. values: entity (empty if there is one only) to number; none and a reason if it failed.

    samples: the raw observations behind the value, where the provider has them, for statistics. failed: the provider
    could not answer, as opposed to having no data. nothing: it knows that nothing happened, as opposed to not knowing.
    """

    indicator: str
    query: str
    values: Mapping[str, float] = field(default_factory=dict)
    samples: Sequence[float] = ()
    reason: str = ""
    failed: bool = False
    nothing: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class TestRun:
    """One run of a test against a URL.

    file: the script's path in the config repo; files: all files of its folder by their path there, itself included.
    timeout_s: a run that takes longer is stopped, and has failed.
    """

    __test__: ClassVar[bool] = False  # pytest collects what is called Test…

    file: str
    files: Mapping[str, bytes]
    url: str
    timeout_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class TestReport:
    """What came out. reasons: one sentence per failure, none if the test passed. summary: numbers for the event."""

    __test__: ClassVar[bool] = False

    passed: bool
    reasons: Sequence[str] = ()
    summary: Mapping[str, Any] = field(default_factory=dict)


class TestRunner(Protocol):
    """Runs the tests of one test strategy. file: where its script lies in a service's folder."""

    __test__: ClassVar[bool] = False

    file: ClassVar[str]

    def run(self, run: TestRun) -> TestReport:
        """Run to the end. Raises InvalidFile if the script is wrong: that says nothing about the service."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SliSite:
    """Whose SLIs a provider answers, and where it asks. url: of the project's own file; empty: the installation's."""

    project: str = ""
    url: str = ""


class SliProvider(Protocol):
    """Answers one query. A failure is a value without numbers but with a reason; NotYet if data is still coming."""

    def fetch(self, query: SliQuery) -> SliValue: ...


# --- the rest of the world --------------------------------------------------------------------------------------------
class EventSink(Protocol):
    """Where events are posted: the Broker."""

    def post(self, event: Event) -> None:
        """Return after a 2xx.

        Raises Refused where sending it again cannot help (the Broker's 400, 413, 431), Unavailable for all else.
        """


class Timers(Protocol):
    """Wake-up calls through the clock: at `due`, `function` hears `sh.keptn.timer.<function>.due` with the event."""

    def set(self, *, function: str, event: Event, due: datetime, key: str = "") -> str:
        """Store the timer, tell the clock (`sh.keptn.timer.set`), and return the timer's name.

        The same event, function and key is the same timer: set again, it is moved.
        """

    def is_set(self, name: str) -> bool:
        """Whether the timer was set and not cancelled since."""

    def cancel(self, name: str) -> None: ...


class DueTimers(Protocol):
    """The clock's side of the timers."""

    def upcoming(self) -> Iterator[tuple[datetime, str]]:
        """When each timer is due, and its name; earliest first, read page by page, by name."""

    def rung(self, name: str) -> Event | None:
        """The `…due` event of the timer; None if it was cancelled."""

    def next_due(self) -> datetime | None:
        """When the earliest timer is due; None if there is none."""


class WakeUp(Protocol):
    """The source of the clock's ticks (a PingSource), which exists only while timers do. `clock` alone calls it."""

    def earliest(self, moment: datetime) -> None:
        """Tick at the moment, unless an earlier tick is coming."""

    def follow(self, next_tick: Callable[[], datetime | None]) -> None:
        """Tick next when `next_tick` says, and never again if it says None.

        A tick that is still to come is never put off: not one that somebody wanted while `next_tick` was asked, either.
        """


class Secrets(Protocol):
    """Named secrets with keys: what a step may read. Values never appear in events, logs or answers."""

    def get(self, name: str, key: str) -> str | None: ...


class SecretAdmin(Protocol):
    """Makes and removes secrets. Only `api`, what makes and deletes projects and services, and a laptop's start do.

    What was put may take a while to be read (a mounted secret of Kubernetes: 90 s).
    """

    def put(self, name: str, values: Mapping[str, str]) -> None:
        """Replace the secret as a whole. Raises Refused for a name or key that is none."""

    def merge(self, name: str, values: Mapping[str, str], *, instead_of: str = "") -> None:
        """Write these keys of the secret; the others stay, but for those that begin with `instead_of`, if it is given.

        Of those who write at once none loses. A secret that is not there is made, if there is anything to write.
        """

    def names(self) -> Sequence[str]: ...

    def delete(self, name: str) -> None:
        """One that is not there is fine."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpAnswer:
    """What the other side answered. headers: names in lower case."""

    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""

    @property
    def text(self) -> str:
        return self.body.decode(errors="replace")


class Http(Protocol):
    """Outgoing calls to chat, ticketing and other endpoints. Errors name the host only: a chat's URL is a secret."""

    def request(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        body: bytes = b"",
        timeout_s: float = 10.0,
    ) -> HttpAnswer:
        """One exchange, without redirects or retries, whatever the status.

        Raises Unavailable if nobody answers, Refused for what cannot be asked and for an answer without end.
        """

    def check(self, url: str) -> None:
        """Raises Refused for what would not be asked, as far as that is known before. Asks nothing."""


class IdTokens(Protocol):
    """Tokens by which a service that others run says who calls (OpenID Connect)."""

    def claims(self, token: str) -> Mapping[str, object]:
        """What the token says, whose signature, beginning and end were verified; for whom it is, the caller checks.

        Raises Refused, with the reason and without the token; Unavailable where the keys cannot be had now.
        """


class Clock(Protocol):
    def now(self) -> datetime: ...

    def sleep(self, seconds: float) -> None: ...


class LogSource(Protocol):
    """What functions wrote; the newest lines last."""

    def lines(self, function: str, *, limit: int = 100) -> Iterator[str]: ...
