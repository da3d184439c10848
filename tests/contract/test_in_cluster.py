"""The Kubernetes API over HTTP: what its answers are to a step, and how it says who is there."""

from __future__ import annotations

import shutil

import certifi
import pytest

from keptn.adapters.kubernetes.in_cluster import InCluster
from keptn.errors import LostRace, Refused, Unavailable


@pytest.fixture
def mount(tmp_path):
    """What the kubelet puts into a pod; the certificates are any."""
    shutil.copy(certifi.where(), tmp_path / "ca.crt")
    (tmp_path / "token").write_text("hush-1\n")
    return tmp_path


@pytest.mark.parametrize(
    ("status", "kind", "says"),
    [
        (400, Refused, "does not take it"),
        (401, Unavailable, "does not know the token in"),
        (403, Unavailable, "refuses .403.: .* needs a Role there"),
        (409, LostRace, "the Kubernetes API at 127"),
        (422, Refused, "does not take it .422."),
        (429, Unavailable, "answered 429"),
        (500, Unavailable, "answered 500: without a reason"),
        (503, Unavailable, "answered 503"),
    ],
)
def test_trouble_is_a_sentence(endpoint, mount, status, kind, says):
    """Which API, and what it said; never the token."""
    with pytest.raises(kind, match=says) as error:
        InCluster(endpoint.url, mount).ask("GET", f"/status/{status}")
    assert type(error.value) is kind
    assert "hush" not in str(error.value)


def test_what_is_not_there_is_none(endpoint, mount):
    """But a place where nothing can be made is trouble."""
    api = InCluster(endpoint.url, mount)
    assert api.ask("GET", "/status/404") is None
    with pytest.raises(Unavailable, match="answered 404"):
        api.ask("POST", "/status/404", {})


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


@pytest.mark.parametrize("file", ["token", "ca.crt"])
def test_a_mount_that_lacks_something_says_so(endpoint, mount, file):
    """Which file, and what may be the matter."""
    (mount / file).unlink()
    with pytest.raises(Unavailable, match=f"{file} cannot be"):
        InCluster(endpoint.url, mount).ask("GET", "/json")
