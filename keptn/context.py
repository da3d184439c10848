"""From settings to adapters: one table, each adapter made when it is first used, and imported only then."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cache, cached_property
from importlib import import_module
from inspect import signature
from pathlib import Path
from typing import Any, cast

from keptn import ports, settings
from keptn.adapters.config_repo.one_head import OneHead
from keptn.adapters.kubernetes.in_cluster import MOUNT
from keptn.adapters.secrets.of_project import SecretsOfProject
from keptn.errors import Refused
from keptn.settings import Settings

ADAPTERS: Mapping[str, Mapping[str, str]] = {
    "store": {
        "sqlite": "store.sqlite:SqliteStore",
        "gcs": "store.gcs:GcsStore",
        "memory": "store.memory:MemoryStore",
    },
    "config_repo": {
        "folder": "config_repo.own_remotes:FolderAndRemotes",
        "remote": "config_repo.remote:RemoteConfigRepo",
        "memory": "config_repo.memory:MemoryConfigRepo",
    },
    "platform": {
        "process": "platform.process:ProcessPlatform",
        "kubernetes": "platform.kubernetes:KubernetesPlatform",
        "memory": "platform.memory:MemoryPlatform",
    },
    "router": {
        "envoy": "router.envoy:EnvoyRouter",
        "gateway_api": "router.gateway_api:GatewayApiRouter",
        "memory": "router.memory:MemoryRouter",
    },
    "registry": {
        "folder": "registry.folder:FolderRegistry",
        "oci": "registry.oci:OciRegistry",
        "memory": "registry.memory:MemoryRegistry",
    },
    "secrets": {
        "folder": "secrets.folder:FolderSecrets",
        "kubernetes": "secrets.kubernetes:KubernetesSecrets",
        "memory": "secrets.memory:MemorySecrets",
    },
    "logs": {"folder": "logs.folder:FolderLogs", "kubernetes": "logs.kubernetes:KubernetesLogs"},
    "wake_up": {"pingsource": "timers.ping_source:PingSourceWakeUp", "store": "timers.store_wake_up:StoreWakeUp"},
    "test_strategy": {"functional": "test_runner.http_checks:HttpChecks", "performance": "test_runner.k6:K6Runner"},
    "sli": {
        "dynatrace": "sli.dynatrace:DynatraceSli",
        "envoy": "sli.envoy:EnvoySli",
        "http": "sli.http:HttpSli",
        "prometheus": "sli.prometheus:PrometheusSli",
    },
}
"""Port, name in the settings, `module:class` below `keptn.adapters`.

Every class has an `open` that names what it needs of this context (settings, secrets, store, clock, http …).
"""

_BY_NAME = {"sli", "test_strategy"}
"""Ports of which one process may use several adapters; tests give them as a mapping."""


ON_DISK = {
    "store": "sqlite",
    "config_repo": "folder",
    "platform": "process",
    "router": "envoy",
    "registry": "folder",
    "secrets": "folder",
}
"""Settings and the adapters that keep their state in `KEPTN_STATE_DIR`."""
IN_CLUSTER = {"secrets": "kubernetes", "wake_up": "pingsource"}
"""Settings and the adapters that need a pod's service account."""


def check(values: Settings) -> None:
    """Raises Refused, before anything runs, for settings that nothing can work with. Imports and opens no adapter."""
    for port in ADAPTERS.keys() & Settings.__dataclass_fields__.keys():
        _target(port, getattr(values, port))
    _target("sli", values.sli_provider)
    if values.config_repo == "remote" and "{project}" not in values.git_url:
        raise Refused("KEPTN_CONFIG_REPO=remote needs KEPTN_GIT_URL with {project} in it: a project's repository")
    if values.store == "gcs" and not values.bucket:
        raise Refused("KEPTN_STORE=gcs needs KEPTN_BUCKET: the name of the bucket that keptn keeps its state in")
    if (on_disk := _named(ON_DISK, values)) and (reason := _unwritable(values.state_dir)):
        raise Refused(
            f"{on_disk}: each needs a writable KEPTN_STATE_DIR, and {values.state_dir} {reason}; "
            "name adapters that keep nothing on this disk, or another folder"
        )
    if (in_cluster := _named(IN_CLUSTER, values)) and not MOUNT.is_dir():
        raise Refused(
            f"{in_cluster}: each needs the token of a pod's ServiceAccount, and there is no {MOUNT}; "
            "leave automountServiceAccountToken on, and outside of a cluster name other adapters"
        )
    if values.webhook_mappings:
        from keptn.webhooks.mappings import shelf  # noqa: PLC0415 - only where there are some

        shelf.check(values.webhook_mappings)


def _named(adapters: Mapping[str, str], values: Settings) -> str:
    """Those of the adapters that the settings name, as they name them."""
    ports = [port for port, name in adapters.items() if getattr(values, port) == name]
    return ", ".join(f"{settings.key_of(port)}={adapters[port]}" for port in ports)


def _unwritable(folder: Path) -> str:
    """Why nothing can be written there; empty if it can. Makes the folder, as every adapter does."""
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError as exc:
        return f"cannot be made ({exc.strerror})"
    return "" if os.access(folder, os.W_OK | os.X_OK) else "cannot be written"


def _target(port: str, name: str) -> str:
    """Where the adapter of that name is. Raises Refused."""
    known = ADAPTERS[port]
    if name not in known:
        raise Refused(f"there is no {port.replace('_', ' ')} {name!r}; known: {', '.join(sorted(known))}")
    return known[name]


class Context:
    """The adapters of one process. Tests give their own with `Context(settings, store=…)`."""

    def __init__(self, values: Settings, **given: Any) -> None:  # noqa: ANN401 - one adapter per port, by its name
        self.settings = values
        self._given = given

    @cached_property
    def store(self) -> ports.ObjectStore:
        return cast(ports.ObjectStore, self._open("store", self.settings.store))

    @cached_property
    def config_repo(self) -> ports.ConfigRepo:
        return cast(ports.ConfigRepo, self._open("config_repo", self.settings.config_repo))

    @cached_property
    def platform(self) -> ports.Platform:
        return cast(ports.Platform, self._open("platform", self.settings.platform))

    @cached_property
    def router(self) -> ports.Router:
        return cast(ports.Router, self._open("router", self.settings.router))

    @cached_property
    def registry(self) -> ports.Registry:
        return cast(ports.Registry, self._open("registry", self.settings.registry))

    @cached_property
    def secrets(self) -> ports.Secrets:
        return cast(ports.Secrets, self._open("secrets", self.settings.secrets))

    @cached_property
    def secret_admin(self) -> ports.SecretAdmin:
        """The same adapter from its other side: every one implements both ports."""
        return cast(ports.SecretAdmin, self.secrets)

    @cached_property
    def wake_up(self) -> ports.WakeUp:
        return cast(ports.WakeUp, self._open("wake_up", self.settings.wake_up))

    @cached_property
    def sink(self) -> ports.EventSink:
        return cast(ports.EventSink, self._given.get("sink") or self._made("http.sink:HttpSink"))

    @cached_property
    def http(self) -> ports.Http:
        return cast(ports.Http, self._given.get("http") or self._made("http.httpx_client:HttpxHttp"))

    @cached_property
    def outgoing(self) -> ports.Http:
        """For addresses that stand in people's files and secrets: as far as the operator lets them lead."""
        return cast(ports.Http, self._given.get("http") or self._made("http.httpx_client:OutgoingHttp"))

    @cached_property
    def id_tokens(self) -> ports.IdTokens:
        return cast(ports.IdTokens, self._given.get("id_tokens") or self._made("id_tokens.google:GoogleIdTokens"))

    @cached_property
    def timers(self) -> ports.Timers:
        return cast(ports.Timers, self._given.get("timers") or self._made("timers.store_timers:StoreTimers"))

    @cached_property
    def due_timers(self) -> ports.DueTimers:
        return cast(ports.DueTimers, self.timers)

    @cached_property
    def clock(self) -> ports.Clock:
        return cast(ports.Clock, self._given.get("clock") or self._made("machine.system_clock:SystemClock"))

    @cached_property
    def logs(self) -> ports.LogSource:
        return cast(ports.LogSource, self._open("logs", self.settings.logs))

    def sli_provider(self, name: str, *, site: ports.SliSite) -> ports.SliProvider:
        """The provider that a gate names, in any capitalisation (`Prometheus:` as on the talk's slides)."""
        given, own = self._given.get("sli", {}), SecretsOfProject(self.secrets, project=site.project)
        made = given.get(name.lower()) or self._open("sli", name.lower(), site=site, secrets=own)
        return cast(ports.SliProvider, made)

    def test_runner(self, strategy: str) -> ports.TestRunner:
        """What runs the tests of a test strategy."""
        given = self._given.get("test_strategy", {})
        return cast(ports.TestRunner, given.get(strategy) or self._open("test_strategy", strategy))

    @cached_property
    def memory(self) -> dict[str, Any]:
        """What this process remembers from request to request, by the name of the module that bounds it."""
        return {}

    def for_request(self, *, project: str = "") -> Context:
        """The same adapters for one request, in which a branch of a config repo is asked for its head once.

        project: whose event it is: what it reads of secrets is its own and the installation's.
        """
        return cast(Context, _ForRequest(self, project))

    def _open(self, port: str, name: str, **more: object) -> object:
        if port in self._given and port not in _BY_NAME:
            return self._given[port]
        return self._made(_target(port, name), **more)

    def _made(self, target: str, **more: object) -> object:
        """The adapter, given what its `open` asks for by name, and nothing else. more: what is not the process's."""
        module, _, name = target.partition(":")
        opened = getattr(import_module(f"keptn.adapters.{module}"), name).open
        return opened(**{need: more.get(need) or getattr(self, need) for need in signature(opened).parameters})


class _ForRequest:
    """A context whose config repo is its own; everything else is the process's, made there when it is first used."""

    def __init__(self, process: Context, project: str) -> None:
        self._process, self._project = process, project

    @cached_property
    def config_repo(self) -> ports.ConfigRepo:
        return OneHead(self._process.config_repo)

    @cached_property
    def secrets(self) -> ports.Secrets:
        secrets = self._process.secrets
        return SecretsOfProject(secrets, project=self._project) if self._project else secrets

    def __getattr__(self, name: str) -> object:
        return getattr(self._process, name)


_given: list[Context] = []


def current() -> Context:
    """The context of this process: from its environment, unless `using` gave one."""
    return _given[-1] if _given else _from_environment()


@contextmanager
def using(context: Context) -> Iterator[Context]:
    """Run the functions of this process on the given context: how tests bring memory adapters."""
    _given.append(context)
    try:
        yield context
    finally:
        _given.pop()


@cache
def _from_environment() -> Context:
    return Context(settings.current())
