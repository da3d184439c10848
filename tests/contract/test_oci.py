"""The registry's HTTP API: Docker's own registry, and whatever else may come back."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from keptn.adapters.http.httpx_client import HttpxHttp
from keptn.adapters.http.memory import MemoryHttp
from keptn.adapters.registry.oci import OciRegistry
from keptn.adapters.secrets.memory import MemorySecrets
from keptn.errors import KeptnError, Refused, Unavailable, Unknown
from keptn.ports import HttpAnswer
from tests import needs
from tests.contract import docker_registry
from tests.contract.docker_registry import (
    DOCKER_LIST,
    DOCKER_MANIFEST,
    OCI_INDEX,
    OCI_MANIFEST,
    PASSWORD,
    USER,
    DockerRegistry,
)

DIGEST = f"sha256:{'5a' * 32}"
FOUND = HttpAnswer(status=200, headers={"docker-content-digest": DIGEST})


def secrets(host: str = "", user: str = USER, password: str = PASSWORD) -> MemorySecrets:
    """A login for that host, if one is named."""
    made = MemorySecrets()
    if host:
        made.put(f"registry-{host.replace(':', '-')}", {"user": user, "password": password})
    return made


# --- Docker's registry ------------------------------------------------------------------------------------------------
@pytest.fixture
def served(tmp_path: Path, free_port: Callable[[], int], auth: str) -> Iterator[DockerRegistry]:
    with docker_registry.serving(needs.program("docker-registry"), tmp_path, port=free_port(), auth=auth) as served:
        yield served


anonymous = pytest.mark.parametrize("auth", [""], ids=["open"])
closed = pytest.mark.parametrize("auth", ["password", "token"])


@anonymous
def test_every_kind_of_manifest_has_its_own_digest(served: DockerRegistry) -> None:
    """Docker's and OCI's, of one architecture and of several: what was pushed, and no translation of it."""
    registry = OciRegistry(HttpxHttp(), secrets())
    for kind in (DOCKER_MANIFEST, OCI_MANIFEST):
        digest = served.push("carts:0.1", b"layer", kind=kind)
        assert registry.digest(f"{served.host}/carts:0.1") == digest
    for kind in (DOCKER_LIST, OCI_INDEX):
        digest = served.push_index("carts:0.2", {"amd64": b"a", "arm64": b"b"}, kind=kind)
        assert registry.digest(f"{served.host}/carts:0.2") == digest


@closed
def test_nobody_is_let_in_without_a_login(served: DockerRegistry) -> None:
    """The sentence names image, registry, and the secret to make."""
    served.push("carts:0.1", b"layer")
    says = f"the registry {served.host} does not let keptn read carts:0.1 .*create secret registry-127.0.0.1-"
    with pytest.raises(Unavailable, match=says):
        OciRegistry(HttpxHttp(), secrets()).digest(f"{served.host}/carts:0.1")


@closed
def test_a_wrong_password_is_said_and_not_shown(served: DockerRegistry) -> None:
    """It may have ended: who renews it need not send the artifact again."""
    served.push("carts:0.1", b"layer")
    with pytest.raises(Unavailable, match="renew user and password of the secret registry-") as caught:
        OciRegistry(HttpxHttp(), secrets(served.host, password="hush")).digest(f"{served.host}/carts:0.1")
    assert "hush" not in str(caught.value)


@pytest.mark.parametrize("auth", ["token"])
def test_a_public_image_needs_a_token_and_no_login(served: DockerRegistry) -> None:
    """As on Docker Hub. The token is for pulling that repository, and for nothing else."""
    digest = served.push("public/carts:0.1", b"layer")
    assert OciRegistry(HttpxHttp(), secrets()).digest(f"{served.host}/public/carts:0.1") == digest
    assert [query["scope"] for query in served.tokens.asked] == [["repository:public/carts:pull"]]


@closed
def test_what_is_not_there_is_unknown_behind_a_login_too(served: DockerRegistry) -> None:
    """One login serves for the question and for the list of tags."""
    served.push("carts:0.1", b"layer")
    with pytest.raises(Unknown, match=r"no image carts:0\.2 in the registry .*; tags: 0\.1"):
        OciRegistry(HttpxHttp(), secrets(served.host)).digest(f"{served.host}/carts:0.2")


# --- other answers ----------------------------------------------------------------------------------------------------
URL = "https://reg.example.org/v2/carts/manifests/0.1"


def asked(*answers: HttpAnswer, also: dict[str, HttpAnswer] | None = None, **login: str) -> tuple[str, MemoryHttp]:
    """The digest, from a registry that gives these answers for the manifest, one after the other."""
    left = iter(answers)
    http = MemoryHttp({URL: lambda _: next(left), **(also or {})})
    return OciRegistry(http, secrets(**login)).digest("reg.example.org/carts:0.1"), http


@pytest.mark.parametrize("first", [HttpAnswer(status=405), HttpAnswer(status=200)])
@pytest.mark.parametrize("digest", ["", "sha512:00", "sha256:../x"])
def test_a_digest_that_is_not_announced_is_counted(first: HttpAnswer, digest: str) -> None:
    """Over the bytes of the manifest, as they came."""
    headers = {"content-type": f"{OCI_MANIFEST}; charset=utf-8", "docker-content-digest": digest}
    manifest = b'{"schemaVersion":  2}\n'
    found, http = asked(first, HttpAnswer(status=200, headers=headers, body=manifest))
    assert found == f"sha256:{hashlib.sha256(manifest).hexdigest()}"
    assert [call.method for call in http.calls] == ["HEAD", "GET"]


@pytest.mark.parametrize("kind", ["", "text/html", "application/vnd.docker.distribution.manifest.v1+prettyjws"])
def test_what_is_no_manifest_is_not_counted(kind: str) -> None:
    """A page of a proxy; a manifest of schema 1, whose digest is not that of its bytes."""
    with pytest.raises(Refused, match="no manifest that can be run"):
        asked(HttpAnswer(status=200), HttpAnswer(status=200, headers={"content-type": kind}, body=b"<html>"))


@pytest.mark.parametrize(
    ("status", "headers", "error", "says"),
    [
        (400, {}, Refused, "does not take the name"),
        (401, {}, Unavailable, "does not let keptn read"),
        (401, {"www-authenticate": "Negotiate"}, Unavailable, "does not let keptn read"),
        (403, {}, Unavailable, "does not let keptn read"),
        (
            307,
            {"location": "https://b.example.org/?signed=hush"},
            Refused,
            "sends keptn to b.example.org for",
        ),
        (308, {"location": "https://[::1"}, Refused, "sends keptn to another place"),
        (429, {"retry-after": "60"}, Unavailable, r"too often \(429\)"),
        (500, {}, Unavailable, "answered 500"),
        (502, {}, Unavailable, "answered 502"),
        (503, {}, Unavailable, "answered 503"),
        (0, {}, Unavailable, "cannot be looked up in .*nobody answers"),
    ],
)
def test_every_answer_is_a_sentence(status: int, headers: dict, error: type[KeptnError], says: str) -> None:
    """It names the image and the registry, after one request."""
    with pytest.raises(error, match=says) as caught:
        asked(HttpAnswer(status=status, headers=headers))
    assert "carts:0.1" in str(caught.value)
    assert "the registry reg.example.org" in str(caught.value)
    assert "hush" not in str(caught.value)


TOKEN_URL = "https://auth.example.org/t?a=b&scope=repository%3Acarts%3Apull"
BEARER = HttpAnswer(status=401, headers={"www-authenticate": 'Bearer realm="https://auth.example.org/t?a=b"'})


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (HttpAnswer(status=200, body=b""), Unavailable),
        (HttpAnswer(status=200, body=b"[]"), Unavailable),
        (HttpAnswer(status=200, body=b'{"token": ""}'), Unavailable),
        (HttpAnswer(status=429), Unavailable),
        (HttpAnswer(status=503), Unavailable),
        (HttpAnswer(status=302), Refused),
        (HttpAnswer(status=0), Unavailable),
    ],
)
def test_no_token_is_a_sentence(answer: HttpAnswer, error: type[KeptnError]) -> None:
    """It names the image and the registry that wants one."""
    with pytest.raises(error, match=r"the registry reg\.example\.org") as caught:
        asked(BEARER, also={TOKEN_URL: answer})
    assert "carts:0.1" in str(caught.value)


def test_tags_that_nobody_may_list_are_left_out() -> None:
    """Whether the repository exists is not said then."""
    tags = "https://reg.example.org/v2/carts/tags/list?n=1000"
    with pytest.raises(Unknown, match=r"no image carts:0\.1 in the registry reg\.example\.org; push it first"):
        asked(HttpAnswer(status=404), also={tags: HttpAnswer(status=403)})


def test_a_pinned_image_is_not_asked_for() -> None:
    """Its digest is in its name."""
    http = MemoryHttp()
    assert OciRegistry(http, secrets()).digest(f"ghcr.io/keptn/carts:0.1@{DIGEST}") == DIGEST
    assert http.calls == []


# --- plain HTTP -------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("host", "plain"),
    [
        ("localhost:5000", True),
        ("127.0.0.1:5000", True),
        ("127.1.2.3", True),
        ("harbor.local", True),
        ("registry.registry.svc.cluster.local:5000", True),
        ("registry.localhost:5000", True),
        ("reg.lab:5000", True),
        ("other.lab:5000", False),
        ("10.0.0.7:5000", True),
        ("127.example.org", False),
        ("localhost.example.org", False),
        ("local", False),
        ("reg.lab:5001", False),
    ],
)
def test_plain_http_is_for_few(host: str, plain: bool) -> None:
    """Those that are here, and those that are named; and they, too, are asked over HTTPS first."""
    url = f"//{host}/v2/keptn/carts/manifests/0.1"
    http = MemoryHttp({f"https:{url}": HttpAnswer(status=0), f"http:{url}": FOUND})
    registry = OciRegistry(http, secrets(), insecure="Reg.lab:5000, 10.0.*")
    image = f"{host}/keptn/carts:0.1"
    if plain:
        assert registry.digest(image) == DIGEST
    else:
        with pytest.raises(KeptnError):
            registry.digest(image)
    assert any(call.url.startswith("http:") for call in http.calls) == plain
    assert http.calls[0].url.startswith("https:")


def test_https_is_kept_where_it_answers() -> None:
    """Also where plain HTTP would do."""
    http = MemoryHttp({"https://harbor.local/v2/carts/manifests/0.1": FOUND})
    assert OciRegistry(http, secrets()).digest("harbor.local/carts:0.1") == DIGEST
    assert len(http.calls) == 1


def test_the_reason_is_that_of_https() -> None:
    """A certificate that nobody knows, and not that plain HTTP is no HTTPS."""
    url = "//harbor.local/v2/carts/manifests/0.1"
    http = MemoryHttp({f"https:{url}": HttpAnswer(status=0), f"http:{url}": HttpAnswer(status=400)})
    with pytest.raises(Unavailable, match="nobody answers within"):
        OciRegistry(http, secrets()).digest("harbor.local/carts:0.1")


@pytest.mark.parametrize(
    "realm",
    [
        "http://auth.example.org/t",
        "http://127.0.0.1@evil.example.org/t",
        "",
        "ftp://localhost/t",
        "//localhost/t",
        "https",
    ],
)
def test_a_login_is_never_sent_in_the_clear(realm: str) -> None:
    """Nor is a token asked for at such a place."""
    wanted = HttpAnswer(status=401, headers={"www-authenticate": f'Bearer realm="{realm}"'})
    with pytest.raises(Refused, match="no https URL"):
        asked(wanted, host="reg.example.org")


def test_a_token_server_of_this_machine_may_be_plain() -> None:
    """For a registry that is here, too."""
    wanted = {"www-authenticate": 'Bearer realm="http://localhost:5001/t"'}
    left = iter([HttpAnswer(status=401, headers=wanted), FOUND])
    given = HttpAnswer(status=200, body=b'{"token": "T"}')
    tokens = "http://localhost:5001/t?scope=repository%3Acarts%3Apull"
    http = MemoryHttp({"https://localhost:5000/v2/carts/manifests/0.1": lambda _: next(left), tokens: given})
    assert OciRegistry(http, secrets()).digest("localhost:5000/carts:0.1") == DIGEST
