"""Manifests that cannot be carried out are refused with a sentence, before anything runs."""

from pathlib import Path

import pytest

from keptn.errors import InvalidFile, KeptnError, Refused
from keptn.local import wiring

BROKER = "apiVersion: eventing.knative.dev/v1\nkind: Broker\nmetadata: {name: default}\n---\n"


def trigger(**spec: str) -> str:
    given = {"broker": "default", "subscriber": "{uri: 'http://h/'}", **spec}
    lines = "".join(f"  {key}: {value}\n" for key, value in given.items())
    return f"apiVersion: eventing.knative.dev/v1\nkind: Trigger\nmetadata: {{name: t}}\nspec:\n{lines}"


def read(tmp_path: Path, text: str) -> wiring.Wiring:
    (tmp_path / "all.yaml").write_text(text)
    return wiring.read([tmp_path])


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (BROKER + trigger(broker="other"), "there is no Broker keptn/other; there are: keptn/default"),
        (BROKER + trigger(subscriber="{ref: {kind: Service, name: x}}"), "points at Service x"),
        (BROKER + trigger(filters="[{cesql: \"type = 'x'\"}]"), "cesql"),
        (BROKER + trigger(delivery="{backoffDelay: 5s}"), "ISO 8601"),
        (BROKER + trigger(delivery="{backoffPolicy: random}"), "neither linear nor exponential"),
    ],
)
def test_wrong_wiring_is_refused(tmp_path: Path, text: str, says: str):
    """The sentence names the object."""
    with pytest.raises(Refused, match=says):
        read(tmp_path, text)


def test_broken_yaml_names_its_file(tmp_path: Path):
    """A person must find the place."""
    with pytest.raises(InvalidFile, match=r"all\.yaml"):
        read(tmp_path, "a: [")


def test_a_missing_folder_is_said(tmp_path: Path):
    """As given with --manifests."""
    with pytest.raises(KeptnError, match="--manifests"):
        wiring.read([tmp_path / "nowhere"])


def test_a_triggers_delivery_replaces_its_brokers_as_a_whole(tmp_path: Path):
    """No merge: a Trigger that sets only retry loses the Broker's dead-letter sink."""
    broker = BROKER.replace("---", "spec: {delivery: {retry: 5, deadLetterSink: {uri: 'http://dls/'}}}\n---")
    own = read(tmp_path, broker + trigger(delivery="{retry: 1}")).triggers["t"].delivery
    inherited = read(tmp_path, broker + trigger()).triggers["t"].delivery
    assert (own.retry, own.dead_letter_sink) == (1, None)
    assert inherited.retry == 5 and inherited.dead_letter_sink
    assert read(tmp_path, broker + trigger(delivery="{}")).triggers["t"].delivery.retry == 0


@pytest.mark.parametrize(("env_from", "sink"), [("keptn-settings", "keptn/default"), ("other", "")])
def test_who_takes_the_settings_gets_a_sink(tmp_path: Path, env_from: str, sink: str):
    """K_SINK is one of them in every overlay, and nothing else brings it."""
    maps = "".join(
        f"apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: {name}}}\n---\n" for name in ("keptn-settings", "other")
    )
    env = "[{name: FUNCTION_SOURCE, value: x.py}, {name: FUNCTION_TARGET, value: handle}]"
    container = f"{{env: {env}, envFrom: [{{configMapRef: {{name: {env_from}}}}}]}}"
    service = "apiVersion: serving.knative.dev/v1\nkind: Service\nmetadata: {name: step}\n"
    service += f"spec: {{template: {{spec: {{containers: [{container}]}}}}}}\n"
    assert read(tmp_path, BROKER + maps + service).functions["step"].sink == sink


SERVICE = """
apiVersion: serving.knative.dev/v1
kind: Service
metadata: {name: greet}
spec: {template: {spec: {containers: [{env: ENV}]}}}
"""


def test_a_service_without_a_function_is_what_its_procfile_starts(tmp_path: Path):
    """Any program in any language, as any container is on a cluster."""
    (tmp_path / "Procfile").write_text("web: node server.mjs\n")
    function = read(tmp_path, SERVICE.replace("ENV", "[]")).functions["greet"]
    assert (function.source, function.command, function.folder) == ("", "exec env node server.mjs", tmp_path)


@pytest.mark.parametrize(
    ("env", "says"),
    [
        ("[]", "lacks FUNCTION_SOURCE and FUNCTION_TARGET, and no Procfile beside it has a line 'web: COMMAND'"),
        ("[{name: FUNCTION_SOURCE, value: main.py}]", "lacks FUNCTION_TARGET$"),
    ],
)
def test_a_service_that_cannot_be_started_is_refused(tmp_path: Path, env: str, says: str):
    """Before anything runs."""
    with pytest.raises(Refused, match=says):
        read(tmp_path, SERVICE.replace("ENV", env))


def test_a_secret_is_known_by_its_name_and_key(tmp_path: Path):
    """It is read when the function starts, for it may come later."""
    (tmp_path / "Procfile").write_text("web: any")
    env = "[{name: TOKEN, valueFrom: {secretKeyRef: {name: greet, key: token}}}, {name: A, value: b}]"
    function = read(tmp_path, SERVICE.replace("ENV", env)).functions["greet"]
    assert (function.secrets, function.env) == ({"TOKEN": "greet/token"}, {"A": "b"})
