"""What every secret store does: values by name and key, for their owner alone; read by all, administered by few."""

from __future__ import annotations

import re
import stat
from pathlib import Path

import pytest

from keptn.adapters.secrets.folder import FolderSecrets
from keptn.adapters.secrets.memory import MemorySecrets
from keptn.context import Context
from keptn.errors import Refused, Unavailable
from keptn.settings import Settings

ADMINISTRATORS = {"api/secrets.py", "cli/local.py", "context.py", "projects/project.py", "projects/service.py"}
"""Modules that may write secrets: what `api`, `onboard_service` and `create_project` call, and a laptop's start."""


@pytest.fixture(params=["memory", "folder"])
def secrets(request, tmp_path):
    return MemorySecrets() if request.param == "memory" else FolderSecrets(tmp_path / "state" / "secrets")


def test_nothing_at_first(secrets):
    """A new store has no secrets; reading one is None, deleting one is fine."""
    assert list(secrets.names()) == []
    assert secrets.get("chat", "url") is None
    secrets.delete("chat")


def test_what_was_put_is_there(secrets):
    """Values come back as they were, every key for itself."""
    secrets.put("chat", {"url": "http://x", "token": "é\n two lines\n"})
    assert secrets.get("chat", "url") == "http://x"
    assert secrets.get("chat", "token") == "é\n two lines\n"
    assert secrets.get("chat", "user") is None
    assert list(secrets.names()) == ["chat"]


def test_a_secret_is_replaced_whole(secrets):
    """Keys that the new values do not have are gone."""
    secrets.put("chat", {"url": "1", "token": "2"})
    secrets.put("chat", {"url": "3"})
    assert (secrets.get("chat", "url"), secrets.get("chat", "token")) == ("3", None)


def test_deleted_is_gone(secrets):
    """A deleted secret has no values and no name; others stay."""
    secrets.put("b", {"k": "1"})
    secrets.put("a", {"k": "2"})
    secrets.delete("b")
    assert (secrets.get("b", "k"), list(secrets.names())) == (None, ["a"])


@pytest.mark.parametrize("name", ["../chat", "a/b", "", ".hidden", "..", "a b", "x" * 254])
def test_names_do_not_lead_out(secrets, name):
    """A name or key that is none is refused on writing and unknown on reading; the value is in no sentence."""
    for write in (lambda: secrets.put(name, {"k": "hush"}), lambda: secrets.put("chat", {name: "hush"})):
        with pytest.raises(Refused, match="cannot name a") as error:
            write()
        assert "hush" not in str(error.value)
    assert secrets.get(name, "k") is None
    assert secrets.get("chat", name) is None
    secrets.delete(name)
    assert list(secrets.names()) == []


@pytest.mark.parametrize("name", ["memory", "folder"])
def test_what_one_port_put_the_other_reads(name, tmp_path):
    """Reading and administering are two ports of the same store."""
    ctx = Context(Settings(secrets=name, state_dir=tmp_path))
    ctx.secret_admin.put("chat", {"url": "http://x"})
    assert ctx.secrets.get("chat", "url") == "http://x"


def test_only_few_administer():
    """A step that reads secrets needs no right to write them."""
    package = Path("keptn")
    users = {
        str(path.relative_to(package))
        for path in package.rglob("*.py")
        if re.search(r"\bsecret_admin\b", path.read_text())
    }
    assert users == ADMINISTRATORS


def test_files_are_for_their_owner_alone(tmp_path):
    """Files have mode 0600, folders 0700, and nothing else is left lying about."""
    FolderSecrets(tmp_path / "secrets").put("chat", {"url": "1"})
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in (tmp_path / "secrets").rglob("*")}
    assert modes == {"chat": 0o700, "url": 0o600}
    assert stat.S_IMODE((tmp_path / "secrets").stat().st_mode) == 0o700


def test_a_folder_that_cannot_be_written_is_unavailable(tmp_path):
    """A broken place gives a sentence that names it, and not the value."""
    (tmp_path / "secrets").write_text("")
    with pytest.raises(Unavailable, match="secret 'chat' cannot be written") as error:
        FolderSecrets(tmp_path / "secrets").put("chat", {"url": "hush"})
    assert "hush" not in str(error.value)
