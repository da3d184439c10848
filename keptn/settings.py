"""Settings: the environment, read once into one frozen object. Nobody else reads `os.environ`."""

from __future__ import annotations

import math
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from urllib.parse import urlsplit

from keptn import names
from keptn.errors import Refused


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """All that can be set. Adapter names are looked up in `context.py`; an unknown one is an error."""

    sink: str = ""
    """`K_SINK`: the URL events are posted to, the Broker's ingress."""
    sink_timeout_s: float = 60.0
    """`KEPTN_SINK_TIMEOUT_S`: how long the Broker may take to accept an event, seconds."""
    state_dir: Path = Path("~/.keptn/local")
    """`KEPTN_STATE_DIR`: folder of the embedded adapters."""
    store: str = "sqlite"
    """`KEPTN_STORE`: object store."""
    bucket: str = ""
    """`KEPTN_BUCKET`: the bucket of the store `gcs`, its name alone."""
    bucket_prefix: str = ""
    """`KEPTN_BUCKET_PREFIX`: folder in the bucket, for a bucket that holds other things too; empty: all of it."""
    config_repo: str = "folder"
    """`KEPTN_CONFIG_REPO`: where projects' Git repositories are."""
    git_url: str = ""
    """`KEPTN_GIT_URL`: URL of a project's repository, `{project}` in it; for the config repo `remote`."""
    insecure_git_hosts: str = ""
    """`KEPTN_INSECURE_GIT_HOSTS`: hosts that projects' own repositories may be on though they speak plain HTTP or are
    this machine: globs, with spaces."""
    git_most_mib: int = 256
    """`KEPTN_GIT_MOST_MIB`: how much a Git server may send at once, and that may be when it is unpacked, MiB."""
    platform: str = "process"
    """`KEPTN_PLATFORM`: what runs the workloads."""
    router: str = "envoy"
    """`KEPTN_ROUTER`: what routes user traffic."""
    gateway: str = "keptn/keptn"
    """`KEPTN_GATEWAY`: the Gateway that routes hang on, `namespace/name` or `namespace/name/listener`."""
    gateway_address: str = ""
    """`KEPTN_GATEWAY_ADDRESS`: `http(s)://host:port` of that Gateway as keptn reaches it; empty: as its status says."""
    hostname: str = "{service}.{project}-{stage}.localhost"
    """`KEPTN_HOSTNAME`: where users find a service whose values name no host. Envoy on a laptop goes by its port."""
    registry: str = "folder"
    """`KEPTN_REGISTRY`: what resolves tags."""
    insecure_registries: str = ""
    """`KEPTN_INSECURE_REGISTRIES`: registries that may speak plain HTTP, beside this machine's: globs, with spaces."""
    registry_aliases: str = ""
    """`KEPTN_REGISTRY_ALIASES`: what registries call themselves where images call them otherwise: `told=image's …`."""
    pubsub_audience: str = ""
    """`KEPTN_PUBSUB_AUDIENCE`: for whom the tokens of Google Pub/Sub's pushes are, as the subscription says it."""
    pubsub_service_accounts: str = ""
    """`KEPTN_PUBSUB_SERVICE_ACCOUNTS`: as whom Pub/Sub may push: e-mail addresses, with spaces; empty: as nobody."""
    webhook_mappings: str = ""
    """`KEPTN_WEBHOOK_MAPPINGS`: folder of mapping files for registries and monitors of one's own; empty: none."""
    problem_labels: str = ""
    """`KEPTN_PROBLEM_LABELS`: labels of monitors that say what a problem is about, before the usual ones: of project,
    stage, service, namespace, with spaces (`stage=env,tier service=component`)."""
    secrets: str = "folder"
    """`KEPTN_SECRETS`: where secrets are read."""
    secrets_namespace: str = "keptn-secrets"
    """`KEPTN_SECRETS_NAMESPACE`: of the secrets `kubernetes`, and of nothing else."""
    logs: str = "folder"
    """`KEPTN_LOGS`: where the lines are that functions wrote."""
    wake_up: str = "store"
    """`KEPTN_WAKE_UP`: what makes the clock tick while timers exist."""
    sli_provider: str = "envoy"
    """`KEPTN_SLI_PROVIDER`: who answers the indicators for which a gate names no source."""
    prometheus_url: str = ""
    """`KEPTN_PROMETHEUS_URL`: base URL of Prometheus; empty: none."""
    sli_hosts: str = ""
    """`KEPTN_SLI_HOSTS`: hosts that projects' files may have an evaluation ask: globs, with spaces; empty: any."""
    outgoing_refused: str = "loopback"
    """`KEPTN_OUTGOING_REFUSED`: addresses that chats, tickets, webhooks and gates' sources may not lead to, beside
    those of the machine's link, metadata and multicast: `loopback`, `private`, with a space, or `none`."""
    outgoing_hosts: str = ""
    """`KEPTN_OUTGOING_HOSTS`: hosts that chats, tickets and webhooks may lead to: globs, with spaces; empty: any."""
    inside_hosts: str = ""
    """`KEPTN_INSIDE_HOSTS`: hosts that may be called whatever their address is: globs, with spaces."""
    public_url: str = "http://127.0.0.1:8080"
    """`KEPTN_PUBLIC_URL`: where people and registries reach the HTTP functions: with `{function}` in it, as Knative's
    own addresses have it (`http://{function}.keptn.example.com`), or the base of `<base>/functions/<name>`."""
    wait_s: float = 20.0
    """`KEPTN_WAIT_S`: how long a request waits for the world before it sets a timer, seconds."""
    event_path: Path = Path("/etc/jobsink-event")
    """`K_EVENT_PATH`: folder in which a JobSink's Job finds its event (the JobSink sets it)."""
    test_timeout_s: float = 1800.0
    """`KEPTN_TEST_TIMEOUT_S`: the longest test run, seconds; a longer one is stopped and has failed."""
    requests_per_minute: int = 3000
    """`KEPTN_REQUESTS_PER_MINUTE`: of one token, or of one address without a good one, to one pod; 0: no limit."""
    failures_per_minute: int = 600
    """`KEPTN_FAILURES_PER_MINUTE`: wrong and missing tokens of one address, to one pod; 0: no limit."""
    trusted_proxies: str = ""
    """`KEPTN_TRUSTED_PROXIES`: networks, with spaces, of what stands before the functions and appends to
    X-Forwarded-For whom it was called by: ingress and activator; empty: the nearest of them is who calls."""
    max_hops: int = 255
    """`KEPTN_MAX_HOPS`: longest chain of events; a longer one ends as errored."""
    retention_days: int = 90
    """`KEPTN_RETENTION_DAYS`: how long events, deliveries, dead letters and logs are kept, days."""
    evaluation_retention_days: int = 360
    """`KEPTN_EVALUATION_RETENTION_DAYS`: how long evaluations are kept, days; a service's last passes always are."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "state_dir", self.state_dir.expanduser())

    def function_url(self, name: str) -> str:
        """The address of an HTTP function, without a slash at its end: what `keptn auth --endpoint` takes for `api`."""
        url = self.public_url.rstrip("/")
        return url.replace(_FUNCTION, name) if _FUNCTION in url else f"{url}/functions/{name}"

    def registry_host(self, told: str) -> str:
        """The host that images name, of a registry that tells of itself by another."""
        return dict(pair.split("=") for pair in self.registry_aliases.split()).get(told, told)

    @property
    def test_job_s(self) -> float:
        """How long the Job of a test has, and so its task: also for being scheduled, pulled and repeated."""
        return self.test_timeout_s + 600.0


_FUNCTION = "{function}"
_KNATIVE = {"sink": "K_SINK", "event_path": "K_EVENT_PATH"}
"""Keys that Knative or an overlay of ours sets; all others are `KEPTN_…`."""
_LEAST = {
    "sink_timeout_s": 1.0,
    "test_timeout_s": 1.0,
    "git_most_mib": 1,
    "max_hops": 1,
    "retention_days": 1,
    "evaluation_retention_days": 1,
}
"""The smallest value that works; of all other numbers 0."""
_URLS = frozenset({"sink", "gateway_address", "prometheus_url", "public_url"})
_SERVICE_ACCOUNT = re.compile(r"[a-z0-9.-]+@([a-z0-9-]+\.)*gserviceaccount\.com")
_BUCKET = re.compile(r"[a-z0-9][a-z0-9._-]{1,220}[a-z0-9]")


def read(environ: Mapping[str, str]) -> Settings:
    """Settings from an environment. Raises Refused with the key, the value and what is expected."""
    values: dict[str, object] = {}
    for name in Settings.__dataclass_fields__:
        if text := environ.get(key_of(name)):
            values[name] = _cast(name, text, like=getattr(Settings(), name))
    return _checked(Settings(**values))  # type: ignore[arg-type]


def _checked(read: Settings) -> Settings:
    """What would fail only when the first service is deployed fails at the start. Raises Refused."""
    try:
        names.check_gateway(read.gateway)
    except Refused as refused:
        raise Refused(f"KEPTN_GATEWAY: {refused}") from refused
    try:
        names.host_name(read.hostname, project="project", stage="stage", service="service")
    except Refused as refused:
        raise Refused(f"KEPTN_HOSTNAME: {refused}") from refused
    if not names.is_label(read.secrets_namespace):
        raise Refused(f"KEPTN_SECRETS_NAMESPACE={read.secrets_namespace!r} is no name of a namespace; correct it")
    if wrong := [pair for pair in read.registry_aliases.split() if not re.fullmatch(r"[^=/]+=[^=/]+", pair)]:
        raise Refused(f"KEPTN_REGISTRY_ALIASES={wrong[0]!r} is no pair of hosts such as localhost:5001=registry:5000")
    if wrong := sorted(set(read.outgoing_refused.split()) - {"loopback", "private", "none"}):
        raise Refused(f"KEPTN_OUTGOING_REFUSED={wrong[0]!r} is none of loopback, private, none; correct it")
    if read.bucket and not _BUCKET.fullmatch(read.bucket):
        raise Refused(f"KEPTN_BUCKET={read.bucket!r} is no bucket's name; write it alone, without gs:// and folder")
    if read.trusted_proxies:
        _check_networks(read.trusted_proxies.split())
    _check_labels(read.problem_labels)
    _check_pubsub(read.pubsub_audience, read.pubsub_service_accounts.split())
    return read


def _check_labels(pairs: str) -> None:
    known = ("project", "stage", "service", "namespace")
    for pair in pairs.split():
        part, _, labels = pair.partition("=")
        if part not in known or not all(labels.split(",")):
            raise Refused(
                f"KEPTN_PROBLEM_LABELS={pair!r} is not such as stage=env,tier; before the =: {', '.join(known)}"
            )


def _check_networks(networks: list[str]) -> None:
    from ipaddress import ip_network  # noqa: PLC0415 - where there are some

    for network in networks:
        try:
            ip_network(network)
        except ValueError as exc:
            raise Refused(f"KEPTN_TRUSTED_PROXIES: {exc}; write networks such as 10.0.0.0/8 with spaces") from exc


def _check_pubsub(audience: str, accounts: list[str]) -> None:
    """A token for anybody, or of anybody, would open every service."""
    if bool(audience) != bool(accounts):
        raise Refused("KEPTN_PUBSUB_AUDIENCE and KEPTN_PUBSUB_SERVICE_ACCOUNTS belong together; set both or none")
    if audience and audience.split() != [audience]:
        raise Refused(f"KEPTN_PUBSUB_AUDIENCE={audience!r} is no audience; write one, without spaces")
    if wrong := [account for account in accounts if not _SERVICE_ACCOUNT.fullmatch(account)]:
        raise Refused(
            f"KEPTN_PUBSUB_SERVICE_ACCOUNTS={wrong[0]!r} is no service account such as "
            "keptn-push@my-project.iam.gserviceaccount.com; write their addresses with spaces between them"
        )


def key_of(name: str) -> str:
    """A setting's key in the environment."""
    return _KNATIVE.get(name, f"KEPTN_{name.upper()}")


def _cast(name: str, text: str, *, like: object) -> object:
    if isinstance(like, Path):
        return Path(text)
    if isinstance(like, int | float):
        return _number(name, text, type(like))
    if name in _URLS:
        _check_url(name, text)
    return text


def _number(name: str, text: str, kind: type[int] | type[float]) -> float:
    try:
        number = kind(text)
    except ValueError as exc:
        what = "a whole number" if kind is int else "a number"
        raise Refused(f"{key_of(name)}={text!r} is not {what}; correct it in the settings") from exc
    least = _LEAST.get(name, 0)
    if not (math.isfinite(number) and number >= least):
        raise Refused(f"{key_of(name)}={text!r} must be {least:g} or more; correct it in the settings")
    return number


def _check_url(name: str, text: str) -> None:
    try:
        parts = urlsplit(text)
        fine = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0
        fine = fine and not set("{}") & set(text.replace(_FUNCTION, ""))
    except ValueError:  # a port that is no number, an address in brackets that is none
        fine = False
    if not fine:
        raise Refused(
            f"{key_of(name)}={names.shown_url(text)!r} is no URL such as http://host/path; correct it in the settings"
        )


@cache
def current() -> Settings:
    """The settings of this process."""
    return read(os.environ)
