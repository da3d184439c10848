"""Where functions are found, and what children inherit."""

from pathlib import Path

import pytest

from keptn.adapters.secrets.folder import FolderSecrets
from keptn.errors import Refused
from keptn.local import environment, log_file
from keptn.local.environment import Environment
from keptn.local.places import Places


def made(path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch()
    return path


def test_an_extension_is_found_in_its_own_folder(tmp_path: Path):
    """`functions/greet/main.py` may lie in any folder given with --functions, or above its manifest."""
    places = Places(root=tmp_path / "root", state_dir=tmp_path, functions=[tmp_path / "mine"])
    flat = made(tmp_path / "mine" / "greet" / "main.py")
    near = made(tmp_path / "team" / "functions" / "other" / "main.py")
    assert places.source("functions/greet/main.py", near=tmp_path) == flat
    assert places.source("functions/other/main.py", near=tmp_path / "team" / "knative") == near


def test_a_missing_function_is_said(tmp_path: Path):
    """Before anything starts."""
    with pytest.raises(Refused, match="--functions"):
        Places(root=tmp_path, state_dir=tmp_path).source("functions/greet/main.py", near=tmp_path)


def test_children_get_the_manifests_values_on_embedded_adapters(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """A ConfigMap's value counts, the user's setting counts more, and the adapters are the embedded ones."""
    monkeypatch.setenv("KEPTN_API_TOKEN", "secret")
    monkeypatch.setenv("PYTHONDONTWRITEBYTECODE", "1")
    own = environment.own_settings({"KEPTN_WAIT_S": "3", "KEPTN_HOME": "/x", "PATH": "/bin"})
    given = Environment(root=tmp_path, state_dir=tmp_path / "state", url="http://h:1", own=own)
    child = given.of({"KEPTN_WAIT_S": "20", "KEPTN_MAX_HOPS": "9", "KEPTN_STORE": "gcs"}, sink="keptn/default")
    assert (child["KEPTN_WAIT_S"], child["KEPTN_MAX_HOPS"], child["KEPTN_STORE"]) == ("3", "9", "sqlite")
    assert child["K_SINK"] == "http://h:1/keptn/default" and child["KEPTN_STATE_DIR"] == str(tmp_path / "state")
    assert "KEPTN_API_TOKEN" not in child and "PYTHONDONTWRITEBYTECODE" not in child
    assert "K_SINK" not in given.of({}, sink="")


def test_secrets_and_the_api_are_those_that_are_here(tmp_path: Path):
    """A manifest's secret is the laptop's, and where it says the api is, the laptop's is put."""
    given = Environment(root=tmp_path, state_dir=tmp_path, url="http://h:1")
    asked = {"sink": "", "secrets": {"TOKEN": "greet/token"}}
    with pytest.raises(Refused, match="keptn create secret greet --from-literal=token="):
        given.of({}, **asked)
    FolderSecrets(tmp_path / "secrets").put("greet", {"token": "abc"})
    assert given.of({}, **asked)["TOKEN"] == "abc"
    assert given.of({"KEPTN_ENDPOINT": "http://api"}, sink="")["KEPTN_ENDPOINT"] == "http://h:1/functions/api"
    assert "KEPTN_ENDPOINT" not in given.of({}, sink="")


def test_a_wrong_setting_is_refused():
    """With its key and value, before anything starts."""
    with pytest.raises(Refused, match="KEPTN_WAIT_S='soon'"):
        environment.own_settings({"KEPTN_WAIT_S": "soon"})


def test_a_log_does_not_grow_without_bound(tmp_path: Path):
    """A file that is too long is moved aside; a child that has it open writes on at its beginning."""
    file = tmp_path / "step.log"
    with file.open("ab", buffering=0) as child:
        child.write(b"x" * 100)
        log_file.bound(file, max_bytes=50)
        child.write(b"new")
    assert file.read_bytes() == b"new"
    assert (tmp_path / "step.log.1").read_bytes() == b"x" * 50


def test_mapping_files_lie_beside_the_state(tmp_path):
    """If there are some, and the person names no other folder."""
    assert environment.with_mappings({"A": "1"}, state_dir=tmp_path) == {"A": "1"}
    (tmp_path / "webhook-mappings").mkdir()
    found = environment.with_mappings({"A": "1"}, state_dir=tmp_path)
    assert environment.own_settings(found) == {"KEPTN_WEBHOOK_MAPPINGS": str(tmp_path / "webhook-mappings")}
    named = environment.with_mappings({"KEPTN_WEBHOOK_MAPPINGS": "/other"}, state_dir=tmp_path)
    assert named == {"KEPTN_WEBHOOK_MAPPINGS": "/other"}


def test_a_laptop_may_call_itself(tmp_path):
    """A chat or monitor of a person's own listens there; the person may say otherwise."""
    of = Environment(root=tmp_path, state_dir=tmp_path, url="http://h:1").of
    assert of({"KEPTN_OUTGOING_REFUSED": "loopback"}, sink="")["KEPTN_OUTGOING_REFUSED"] == "none"
    own = Environment(root=tmp_path, state_dir=tmp_path, url="http://h:1", own={"KEPTN_OUTGOING_REFUSED": "private"})
    assert own.of({}, sink="")["KEPTN_OUTGOING_REFUSED"] == "private"
