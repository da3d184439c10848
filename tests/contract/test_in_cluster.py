"""The Kubernetes API over HTTP: what its answers are to a step, and how it says who is there."""

from __future__ import annotations

import shutil

import certifi
import pytest

from keptn.adapters.kubernetes.in_cluster import InCluster
from keptn.adapters.kubernetes.refusals import Forbidden
from keptn.errors import LostRace, Refused, Unavailable


@pytest.fixture
def mount(tmp_path):
    """What the kubelet puts into a pod; the certificates are any."""
    shutil.copy(certifi.where(), tmp_path / "ca.crt")
    (tmp_path / "token").write_text("hush-1\n")
    return tmp_path


@pytest.mark.parametrize(
    ("status", "kind"),
    [(401, Unavailable), (403, Forbidden), (409, LostRace), (422, Refused), (429, Unavailable), (500, Unavailable)],
)
def test_trouble_is_a_sentence(endpoint, mount, status, kind):
    """What was asked, and what it said; never the token."""
    with pytest.raises(kind, match=f"the cluster did not do GET /status/{status}: ") as error:
        InCluster(endpoint.url, mount).ask("GET", f"/status/{status}")
    assert type(error.value) is kind
    assert "hush" not in str(error.value)


def test_what_is_not_there_is_none(endpoint, mount):
    """But a place where nothing can be made is trouble."""
    api = InCluster(endpoint.url, mount)
    assert api.ask("GET", "/status/404") is None
    with pytest.raises(Refused, match="did not do POST /status/404"):
        api.ask("POST", "/status/404", {})


def test_an_answer_that_is_none_is_not_told(endpoint, mount):
    """Half a secret is still one."""
    with pytest.raises(Unavailable, match="is no object") as error:
        InCluster(endpoint.url, mount).ask("GET", "/")
    assert "hello" not in str(error.value)


def test_nobody_there_is_unavailable(mount, free_url):
    """The host, and why."""
    with pytest.raises(Unavailable, match=r"127\.0\.0\.1:\d+ cannot be reached: .*refused"):
        InCluster(free_url, mount).ask("GET", "/")


def test_the_token_is_read_each_time(endpoint, mount):
    """The kubelet renews it."""
    api = InCluster(endpoint.url, mount)
    for token in ("hush-1", "hush-2"):
        (mount / "token").write_text(token)
        assert api.ask("GET", "/json") == {"items": [], "id": 7}
        assert endpoint.calls[-1][2]["authorization"] == f"Bearer {token}"


def test_a_mount_that_lacks_something_says_so(endpoint, mount):
    """Which file, and what may be the matter; without a certificate nobody is trusted."""
    (mount / "ca.crt").unlink()
    with pytest.raises(Unavailable, match=r"cannot be reached: .*No such file"):
        InCluster(endpoint.url.replace("http:", "https:"), mount).ask("GET", "/json")
    (mount / "token").unlink()
    with pytest.raises(Unavailable, match="token cannot be read"):
        InCluster(endpoint.url, mount).ask("GET", "/json")
