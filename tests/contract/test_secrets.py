"""What every secret store does: values by name and key, for their owner alone; read by all, administered by few."""

from __future__ import annotations

import json
import re
import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from keptn.adapters.secrets.folder import FolderSecrets
from keptn.adapters.secrets.kubernetes import KubernetesSecrets, object_name
from keptn.adapters.secrets.memory import MemorySecrets
from keptn.context import Context
from keptn.errors import Refused, Unavailable
from keptn.settings import Settings

ADMINISTRATORS = {
    "api/git_credentials.py",
    "api/projects.py",
    "api/secrets.py",
    "cli/local.py",
    "context.py",
    "projects/project.py",
    "projects/remotes.py",
    "projects/service.py",
}
"""Modules that may write secrets: what `api`, `onboard_service` and `create_project` call, and a laptop's start."""


CLUSTER = pytest.param("kubernetes", marks=pytest.mark.cluster)
ADMINISTER = [{"apiGroups": [""], "resources": ["secrets"], "verbs": ["get", "list", "create", "update", "delete"]}]


@pytest.fixture(params=["memory", "folder", CLUSTER])
def secrets(request, tmp_path):
    if request.param == "kubernetes":
        return request.getfixturevalue("kubernetes")
    return MemorySecrets() if request.param == "memory" else FolderSecrets(tmp_path / "state" / "secrets")


@pytest.fixture
def kubernetes(pod):
    """A namespace without secrets, and the rights of those who administer them."""
    pod.allow(ADMINISTER)
    pod.kubectl("delete", "secrets", "--all")
    return KubernetesSecrets(pod.api, pod.namespace)


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


def test_keys_are_written_beside_others(secrets):
    """Those that are not named stay, but for those that begin as it is said; made with the first key."""
    secrets.merge("git", {"shop.1": "a"})
    secrets.merge("git", {"user": "ann", "shop.2": "b", "shopping.1": "c"})
    assert [secrets.get("git", key) for key in ("shop.1", "user", "shop.2")] == ["a", "ann", "b"]
    secrets.merge("git", {"shop.3": "d"}, instead_of="shop.")
    assert [secrets.get("git", key) for key in ("shop.1", "shop.2", "shop.3", "shopping.1")] == [None, None, "d", "c"]
    secrets.merge("git", {}, instead_of="shop.")
    assert [secrets.get("git", key) for key in ("shop.3", "user")] == [None, "ann"]


def test_nothing_beside_nothing_makes_no_secret(secrets):
    """What is taken away of a secret that is not there is gone already; a bad key is told without its value."""
    secrets.merge("git", {}, instead_of="shop.")
    assert list(secrets.names()) == []
    with pytest.raises(Refused, match="cannot name a key") as error:
        secrets.merge("git", {"a b": "hush"})
    assert "hush" not in str(error.value)


def test_of_those_who_write_keys_at_once_none_loses(secrets):
    """Each has read what is there before the others wrote."""
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda number: secrets.merge("git", {f"p{number}.x": "1"}), range(12)))
    assert [secrets.get("git", f"p{number}.x") for number in range(12)] == ["1"] * 12


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


@pytest.mark.parametrize("name", ["Git_Token", "git_token", "-x", "_", "a..b", "hook-a.b", "A" * 253, "9.-"])
def test_every_name_of_ours_is_kept(secrets, name):
    """Whatever the technology calls it: it is read, listed and deleted by its name, and is no other's."""
    secrets.put(name, {name: "1"})
    secrets.put("git-token", {name: "2"})
    assert (secrets.get(name, name), secrets.get("git-token", name)) == ("1", "2")
    assert list(secrets.names()) == sorted([name, "git-token"])
    secrets.delete(name)
    assert list(secrets.names()) == ["git-token"]


@pytest.mark.cluster
def test_two_that_put_at_once_leave_one_of_both(kubernetes):
    """Also when it was not there before: never a mixture, and nobody fails."""

    def put(number: int) -> None:
        kubernetes.put("chat", {str(number): "x", "who": str(number)})

    for _ in range(3):
        with ThreadPoolExecutor(4) as pool:
            list(pool.map(put, range(8)))
        who = kubernetes.get("chat", "who")
        assert [n for n in range(8) if kubernetes.get("chat", str(n))] == [int(who)]
        kubernetes.delete("chat")


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
    assert modes == {"chat": 0o700, "url": 0o600, ".lock": 0o600}
    assert stat.S_IMODE((tmp_path / "secrets").stat().st_mode) == 0o700


def test_a_value_that_is_no_text_is_said(tmp_path):
    """A key file in binary: a sentence, and nothing of it."""
    secrets = FolderSecrets(tmp_path)
    secrets.put("git", {"token": "x"})
    (tmp_path / "git" / "token").write_bytes(b"hush\xff")
    with pytest.raises(Refused, match="the key 'token' of the secret 'git' is no text") as error:
        secrets.get("git", "token")
    assert "hush" not in str(error.value)


def test_a_folder_that_cannot_be_written_is_unavailable(tmp_path):
    """A broken place gives a sentence that names it, and not the value."""
    (tmp_path / "secrets").write_text("")
    with pytest.raises(Unavailable, match="secret 'chat' cannot be written") as error:
        FolderSecrets(tmp_path / "secrets").put("chat", {"url": "hush"})
    assert "hush" not in str(error.value)


@given(st.from_regex(r"[A-Za-z0-9_-][A-Za-z0-9._-]{0,252}", fullmatch=True))
def test_every_name_is_the_name_of_an_object(name):
    """One that Kubernetes takes, its own if that is one."""
    made = object_name(name)
    label = "[a-z0-9]([-a-z0-9]*[a-z0-9])?"
    assert re.fullmatch(rf"{label}(\.{label})*", made)
    assert len(made) <= 253
    assert (made == name) == bool(re.fullmatch(rf"{label}(\.{label})*", name))


@pytest.mark.cluster
def test_what_a_person_makes_with_kubectl_is_there(pod, kubernetes):
    """Read and listed; a Secret of another type (a certificate) is read alone."""
    pod.kubectl("create", "secret", "generic", "git", "--from-literal=user=ann", "--from-literal=token=two words")
    basic = {"apiVersion": "v1", "kind": "Secret", "type": "kubernetes.io/basic-auth", "metadata": {"name": "basic"}}
    pod.kubectl("apply", "-f", "-", stdin=json.dumps({**basic, "stringData": {"username": "bob", "password": "x"}}))
    assert (kubernetes.get("git", "user"), kubernetes.get("git", "token")) == ("ann", "two words")
    assert kubernetes.get("basic", "username") == "bob"
    assert list(kubernetes.names()) == ["git"]
    with pytest.raises(Refused, match="field is immutable"):
        kubernetes.put("basic", {"username": "eve"})


@pytest.mark.cluster
def test_a_value_in_a_cluster_that_is_no_text_is_said(pod, kubernetes, tmp_path):
    """As in a folder."""
    (tmp_path / "key").write_bytes(b"hush\xff")
    pod.kubectl("create", "secret", "generic", "git", f"--from-file=key={tmp_path / 'key'}")
    with pytest.raises(Refused, match="the key 'key' of the secret 'git' is no text") as error:
        kubernetes.get("git", "key")
    assert "hush" not in str(error.value)


@pytest.mark.cluster
def test_a_secret_that_is_too_large_is_refused(kubernetes):
    """Kubernetes takes 1 MiB; the sentence has nothing of the value."""
    with pytest.raises(Refused, match="did not do P") as error:
        kubernetes.put("chat", {"url": "hush" * 300_000})
    assert "hush" not in str(error.value)


@pytest.mark.cluster
def test_a_right_that_is_missing_is_named(pod, kubernetes):
    """Who, what and where; never the token, nor what was to be written."""
    pod.allow([{"apiGroups": [""], "resources": ["secrets"], "verbs": ["get"]}])
    assert kubernetes.get("chat", "url") is None
    cannot = rf'User "system:serviceaccount:{pod.namespace}:step" cannot'
    for act, verb in (
        (lambda: kubernetes.put("chat", {"url": "hush"}), "update"),
        (lambda: kubernetes.delete("chat"), "delete"),
        (kubernetes.names, "list"),
    ):
        with pytest.raises(Unavailable, match=f"{cannot} {verb} .* in the namespace") as error:
            act()
        assert "hush" not in str(error.value)
        assert (pod.mount / "token").read_text() not in str(error.value)


@pytest.mark.cluster
def test_a_namespace_that_is_not_there_is_named(pod):
    """As what the account cannot do there, for it has no right in it."""
    elsewhere = KubernetesSecrets(pod.api, "t-secrets-nowhere")
    with pytest.raises(Unavailable, match='in the namespace "t-secrets-nowhere"'):
        elsewhere.get("chat", "url")
