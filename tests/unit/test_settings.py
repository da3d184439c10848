"""Settings: every key is read, and a wrong value names itself."""

import re
from dataclasses import replace
from pathlib import Path

import pytest

from keptn import adapters, context, settings
from keptn.adapters.kubernetes.in_cluster import MOUNT
from keptn.context import ADAPTERS, ON_DISK, Context
from keptn.errors import Refused
from keptn.settings import Settings


def test_the_environment_is_read_once_into_values() -> None:
    """Text becomes the field's type."""
    read = settings.read({"K_SINK": "http://b", "KEPTN_WAIT_S": "1.5", "KEPTN_MAX_HOPS": "7", "KEPTN_STATE_DIR": "/x"})
    assert (read.sink, read.wait_s, read.max_hops, read.state_dir) == ("http://b", 1.5, 7, Path("/x"))


@pytest.mark.parametrize(
    ("public_url", "address"),
    [
        ("http://127.0.0.1:8080/", "http://127.0.0.1:8080/functions/api"),
        ("http://{function}.keptn.127.0.0.1.sslip.io:8080", "http://api.keptn.127.0.0.1.sslip.io:8080"),
        ("https://keptn.example.com/{function}/", "https://keptn.example.com/api"),
    ],
)
def test_the_address_of_a_function(public_url: str, address: str) -> None:
    """As Knative has it, a host of its own; on a laptop a path."""
    assert settings.read({"KEPTN_PUBLIC_URL": public_url}).function_url("api") == address


@pytest.mark.parametrize(("key", "value"), [("KEPTN_WAIT_S", "soon"), ("KEPTN_MAX_HOPS", "1.5")])
def test_a_wrong_value_names_key_and_value(key: str, value: str) -> None:
    """The error says which setting, what it was, and what is expected."""
    with pytest.raises(Refused, match=rf"{key}='{re.escape(value)}' is not a (whole )?number"):
        settings.read({key: value})


@pytest.mark.parametrize(
    ("key", "value", "reason"),
    [
        ("KEPTN_HOSTNAME", "{team}.example.org", "gives '{team}.example.org', which is no host name"),
        ("KEPTN_HOSTNAME", "https://{service}", "which is no host name"),
        ("KEPTN_GATEWAY", "keptn", "names no gateway; write namespace/name"),
        ("KEPTN_GATEWAY", "a/b/c/d", "names no gateway"),
    ],
)
def test_what_would_fail_at_the_first_deployment_fails_at_the_start(key: str, value: str, reason: str) -> None:
    """A host name or gateway that is none."""
    with pytest.raises(Refused, match=f"{key}: .*{re.escape(reason)}"):
        settings.read({key: value})


@pytest.mark.parametrize(
    ("key", "value", "says"),
    [
        ("KEPTN_WAIT_S", "nan", "must be 0 or more"),
        ("KEPTN_WAIT_S", "inf", "must be 0 or more"),
        ("KEPTN_WAIT_S", "-1", "must be 0 or more"),
        ("KEPTN_TEST_TIMEOUT_S", "0", "must be 1 or more"),
        ("KEPTN_SINK_TIMEOUT_S", "0", "must be 1 or more"),
        ("KEPTN_RETENTION_DAYS", "0", "must be 1 or more"),
        ("KEPTN_MAX_HOPS", "-3", "must be 1 or more"),
        ("KEPTN_REQUESTS_PER_MINUTE", "-1", "must be 0 or more"),
        ("K_SINK", "broker-ingress", "is no URL such as"),
        ("K_SINK", "ftp://broker/keptn", "is no URL such as"),
        ("KEPTN_PROMETHEUS_URL", "http://", "is no URL such as"),
        ("KEPTN_PUBLIC_URL", "http://host:port", "is no URL such as"),
        ("KEPTN_PUBLIC_URL", "http://{name}.keptn.example.com", "is no URL such as"),
        ("KEPTN_BUCKET", "gs://keptn-state", "is no bucket's name; write it alone"),
        ("KEPTN_BUCKET", "Keptn", "is no bucket's name"),
        ("KEPTN_REGISTRY_ALIASES", "localhost:5001", "is no pair of hosts such as"),
        ("KEPTN_OUTGOING_REFUSED", "world", "is none of loopback, private, none"),
        ("KEPTN_SECRETS_NAMESPACE", "keptn/secrets", "is no name of a namespace"),
    ],
)
def test_a_value_that_cannot_work_is_refused(key: str, value: str, says: str) -> None:
    """Key, value, and what is expected, before anything uses it."""
    with pytest.raises(Refused, match=f"{key}='{re.escape(value)}' {says}"):
        settings.read({key: value})


@pytest.mark.parametrize("said", ["10.0.0.1/8", "ingress", "10.0.0.0/8,10.1.0.0/16"])
def test_a_proxy_is_a_network(said: str) -> None:
    """What nobody can be compared with would trust nobody, or the wrong ones."""
    assert settings.read({"KEPTN_TRUSTED_PROXIES": "10.0.0.0/8 fd00::/8"}).trusted_proxies
    with pytest.raises(Refused, match=r"KEPTN_TRUSTED_PROXIES: .*; write networks such as 10.0.0.0/8 with spaces"):
        settings.read({"KEPTN_TRUSTED_PROXIES": said})


@pytest.mark.parametrize(
    ("audience", "accounts", "says"),
    [
        ("https://a.example.com", "", "belong together; set both or none"),
        ("", "push@p.iam.gserviceaccount.com", "belong together; set both or none"),
        ("https://a.example.com", " ", "belong together; set both or none"),
        ("https://a https://b", "push@p.iam.gserviceaccount.com", "KEPTN_PUBSUB_AUDIENCE='https://a https://b' is no"),
        ("https://a.example.com", "ann@example.com", "='ann@example.com' is no service account such as"),
        ("https://a.example.com", "*@p.iam.gserviceaccount.com", "is no service account such as"),
        ("https://a.example.com", "push@evilgserviceaccount.com", "is no service account such as"),
        ("https://a.example.com", "a@p.iam.gserviceaccount.com,b@p.iam.gserviceaccount.com", "with spaces between"),
    ],
)
def test_who_may_push_through_pubsub_is_said_exactly(audience: str, accounts: str, says: str) -> None:
    """Half of it, a person, a glob or another domain would let in whom nobody meant."""
    given = {"KEPTN_PUBSUB_AUDIENCE": audience, "KEPTN_PUBSUB_SERVICE_ACCOUNTS": accounts}
    with pytest.raises(Refused, match=re.escape(says)):
        settings.read(given)


@pytest.mark.parametrize(
    "account",
    [
        "keptn-push@acme-prod.iam.gserviceaccount.com",
        "push@acme.example.com.iam.gserviceaccount.com",
        "113774264463-compute@developer.gserviceaccount.com",
        "gae-gcp@appspot.gserviceaccount.com",
    ],
)
def test_every_kind_of_service_account_may_push(account: str) -> None:
    """Source: Google Cloud, IAM, "Types of service accounts"."""
    given = {"KEPTN_PUBSUB_AUDIENCE": "keptn", "KEPTN_PUBSUB_SERVICE_ACCOUNTS": f"{account}\n{account}"}
    assert settings.read(given).pubsub_service_accounts.split() == [account] * 2


@pytest.mark.parametrize(
    ("values", "says"),
    [
        ({"store": "s3"}, "there is no store 's3'; known: gcs, memory, sqlite"),
        ({"store": "gcs"}, "KEPTN_STORE=gcs needs KEPTN_BUCKET"),
        ({"sli_provider": "grafana"}, "there is no sli 'grafana'"),
        ({"config_repo": "remote", "git_url": "https://git/x"}, "KEPTN_GIT_URL with {project}"),
        (
            {"state_dir": Path("/proc/keptn")},
            "KEPTN_STORE=sqlite, .*writable KEPTN_STATE_DIR, and /proc/keptn cannot be",
        ),
        ({"state_dir": Path(__file__) / "x"}, r"cannot be made \(Not a directory\)"),
    ],
)
def test_settings_that_cannot_work_are_found_before_the_start(tmp_path: Path, values: dict, says: str) -> None:
    """Without opening an adapter: which setting, and what to do."""
    with pytest.raises(Refused, match=says):
        context.check(replace(Settings(state_dir=tmp_path), **values))


@pytest.mark.skipif(MOUNT.exists(), reason="this is a pod, where they can work")
def test_adapters_that_need_a_pod_stop_the_start_elsewhere(tmp_path: Path) -> None:
    """What they need, and where it should be."""
    values = Settings(state_dir=tmp_path, secrets="kubernetes", wake_up="pingsource")
    says = "KEPTN_SECRETS=kubernetes, KEPTN_WAKE_UP=pingsource: each needs the token of a pod's ServiceAccount"
    with pytest.raises(Refused, match=says):
        context.check(values)


def test_settings_that_work_pass(tmp_path: Path) -> None:
    """A folder that is not there yet can be made; without adapters on this disk none is needed."""
    context.check(Settings(state_dir=tmp_path / "deep" / "er"))
    nothing = dict.fromkeys(ON_DISK, "memory")
    context.check(Settings(state_dir=Path("/proc/keptn"), **nothing))


def test_every_adapter_that_writes_the_state_folder_is_checked() -> None:
    """A new one must say so, or a read-only pod would answer 503 to everything."""
    folder = Path(adapters.__file__).parent
    for port in ON_DISK:
        for name, target in ADAPTERS[port].items():
            source = folder.joinpath(*target.partition(":")[0].split(".")).with_suffix(".py").read_text()
            assert ("settings.state_dir" in source) == (ON_DISK[port] == name), target


def test_an_unknown_adapter_lists_the_known() -> None:
    """A misspelt adapter is an error, never a default."""
    with pytest.raises(Refused, match="there is no store 'sqllite'; known: gcs, memory, sqlite"):
        _ = Context(Settings(store="sqllite")).store


@pytest.mark.parametrize("setting", [port for port in ADAPTERS if port in Settings.__dataclass_fields__])
def test_every_default_is_an_adapter(setting: str) -> None:
    """The default of each port is in its table."""
    assert getattr(Settings(), setting) in ADAPTERS[setting]
