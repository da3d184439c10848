"""What an image is for, as registries of OCI's API say it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from keptn.adapters.http.httpx_client import HttpxHttp
from keptn.adapters.http.memory import MemoryHttp
from keptn.adapters.registry import manifest_platforms
from keptn.adapters.registry.oci import OciRegistry
from keptn.errors import Refused, Unavailable, Unknown
from keptn.ports import HttpAnswer
from tests import needs
from tests.contract import docker_registry
from tests.contract.connections import CountingServer
from tests.contract.docker_registry import DOCKER_LIST, DOCKER_MANIFEST, OCI_INDEX, OCI_MANIFEST, DockerRegistry
from tests.contract.test_oci import secrets


def digest_of(content: bytes) -> str:
    return f"sha256:{hashlib.sha256(content).hexdigest()}"


# --- Docker's registry ------------------------------------------------------------------------------------------------
@pytest.fixture
def served(tmp_path: Path, free_port: Callable[[], int]) -> Iterator[DockerRegistry]:
    with docker_registry.serving(needs.program("docker-registry"), tmp_path, port=free_port(), auth="token") as served:
        yield served


def test_every_kind_of_manifest_says_what_it_is_for(served: DockerRegistry) -> None:
    """Docker's and OCI's: an index by its entries, without attestations; one image by its configuration."""
    registry = OciRegistry(HttpxHttp(), secrets(served.host))
    for kind, platform in ((DOCKER_MANIFEST, "linux/arm/v7"), (OCI_MANIFEST, "linux/s390x")):
        served.push("carts:0.1", b"layer", kind=kind, platform=platform)
        assert registry.platforms(f"{served.host}/carts:0.1") == {platform}
    for kind in (DOCKER_LIST, OCI_INDEX):
        served.push_index("carts:0.2", {"amd64": b"a", "arm64": b"b", "unknown": b"c"}, kind=kind)
        assert registry.platforms(f"{served.host}/carts:0.2") == {"linux/amd64", "linux/arm64"}


def test_what_a_tag_held_is_asked_for_by_its_digest(served: DockerRegistry) -> None:
    """Whatever it was pushed again with meanwhile."""
    registry = OciRegistry(HttpxHttp(), secrets(served.host))
    first = served.push("carts:0.1", b"a", platform="linux/arm64")
    served.push("carts:0.1", b"b", platform="linux/amd64")
    assert registry.platforms(f"{served.host}/carts:0.1@{first}") == {"linux/arm64"}
    with pytest.raises(Unknown, match=r"no image carts:0\.1"):
        registry.platforms(f"{served.host}/carts:0.1@{digest_of(b'another')}")


# --- storage elsewhere ------------------------------------------------------------------------------------------------
CONFIG = json.dumps({"os": "linux", "architecture": "arm64", "variant": "v8"}).encode()
MANIFEST = json.dumps({"schemaVersion": 2, "mediaType": OCI_MANIFEST, "config": {"digest": digest_of(CONFIG)}}).encode()


class Server(CountingServer):
    """A registry that wants a login and sends on for blobs; or the storage. asked: paths and logins that came."""

    def __init__(self, answers: dict[str, tuple[int, dict[str, str], bytes]]) -> None:
        super().__init__(type("Handler", (_Handler,), {"server_of": self}))
        self.answers, self.asked = answers, list[tuple[str, str | None]]()

    @property
    def host(self) -> str:
        return self.url.removeprefix("http://")


class _Handler(BaseHTTPRequestHandler):
    server_of: Server

    def do_GET(self) -> None:
        login = self.headers.get("authorization")
        self.server_of.asked.append((self.path, login))
        status, headers, body = self.server_of.answers.get(self.path, (404, {}, b""))
        if self.path.startswith("/v2/") and not login:
            status, headers, body = 401, {"www-authenticate": 'Basic realm="test"'}, b""
        self.send_response(status)
        for name, value in {**headers, "content-length": str(len(body))}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_arguments: object) -> None:
        """Tests are quiet."""


def sent_on(location: str) -> dict[str, tuple[int, dict[str, str], bytes]]:
    return {
        "/v2/carts/manifests/0.1": (200, {"content-type": OCI_MANIFEST}, MANIFEST),
        f"/v2/carts/blobs/{digest_of(CONFIG)}": (307, {"location": location}, b""),
    }


def test_a_registry_may_send_one_on_for_its_blobs() -> None:
    """Once, and the login does not come along: S3 refuses a request with two (open-policy-agent/opa#6580)."""
    with (
        Server({"/b?signed=hush": (200, {}, CONFIG)}) as storage,
        Server(sent_on(f"{storage.url}/b?signed=hush")) as reg,
    ):
        found = OciRegistry(HttpxHttp(), secrets(reg.host)).platforms(f"{reg.host}/carts:0.1")
        assert found == {"linux/arm64/v8"}
        assert storage.asked == [("/b?signed=hush", None)]


def test_to_the_same_host_too() -> None:
    """A place may be relative (RFC 9110, 10.2.2)."""
    with Server({**sent_on("/downloads/1"), "/downloads/1": (200, {}, CONFIG)}) as reg:
        assert OciRegistry(HttpxHttp(), secrets(reg.host)).platforms(f"{reg.host}/carts:0.1") == {"linux/arm64/v8"}
        assert reg.asked[-1] == ("/downloads/1", None)


@pytest.mark.parametrize(
    ("answer", "says"),
    [
        ((307, {"location": "/c"}, b""), r"answered 307 when it was asked for the configuration of carts:0\.1"),
        ((403, {}, b""), "answered 403"),
        ((200, {}, b"{}"), "has not its digest"),
    ],
)
def test_a_second_redirect_is_not_followed_nor_other_bytes_believed(answer, says) -> None:
    """The sentence names both places, and not the URL, which lets in who has it."""
    with Server({"/b?signed=hush": answer}) as storage, Server(sent_on(f"{storage.url}/b?signed=hush")) as reg:
        with pytest.raises(Unavailable, match=says) as caught:
            OciRegistry(HttpxHttp(), secrets(reg.host)).platforms(f"{reg.host}/carts:0.1")
        assert storage.host in str(caught.value)
        assert f"the registry {reg.host}" in str(caught.value)
        assert "hush" not in str(caught.value)
        assert len(storage.asked) == 1


# --- other answers ----------------------------------------------------------------------------------------------------
URL = "https://reg.example.org/v2/carts"
KINDS = {"content-type": OCI_MANIFEST}
HERE = HttpAnswer(status=200, headers=KINDS, body=MANIFEST)


def asked(manifest: HttpAnswer, blob: HttpAnswer | None = None, also: dict[str, Any] | None = None) -> frozenset[str]:
    answers = {f"{URL}/manifests/0.1": manifest, f"{URL}/blobs/{digest_of(CONFIG)}": blob or HttpAnswer(status=404)}
    return OciRegistry(MemoryHttp({**answers, **(also or {})}), secrets()).platforms("reg.example.org/carts:0.1")


@pytest.mark.parametrize(
    "location", ["http://storage.example.org/b", "http://127.0.0.1:9000/b", "ftp://x/b", "http://[::1", "file:///etc/x"]
)
def test_over_https_one_is_sent_on_to_https_alone(location: str) -> None:
    """Not even to this machine, for a registry of the world."""
    with pytest.raises(Refused, match="no https URL"):
        asked(HERE, HttpAnswer(status=302, headers={"location": f"{location}?signed=hush"}))


def test_storage_that_is_away_may_come_back() -> None:
    moved = HttpAnswer(status=307, headers={"location": "https://s3.example.org/b"})
    with pytest.raises(Unavailable, match=r"the registry reg\.example\.org stores carts:0\.1 elsewhere, and "):
        asked(HERE, moved, {"https://s3.example.org/b": HttpAnswer(status=0)})


@pytest.mark.parametrize(
    ("answer", "error", "says"),
    [
        (HttpAnswer(status=404), Unknown, r"no image carts:0\.1"),
        (HttpAnswer(status=401), Unavailable, "does not let keptn read"),
        (HttpAnswer(status=307, headers={"location": "https://b.example.org/"}), Refused, "name that registry"),
        (HttpAnswer(status=429), Unavailable, "too often"),
        (HttpAnswer(status=503), Unavailable, "answered 503"),
        (HttpAnswer(status=0), Unavailable, "cannot be looked up"),
        (HttpAnswer(status=200, headers={"content-type": "text/html"}), Refused, "no manifest that can be run"),
        (HttpAnswer(status=200, headers=KINDS, body=b"[]"), Refused, "is no digest"),
        (HttpAnswer(status=200, headers=KINDS, body=b'{"config": {"digest": "../x"}}'), Refused, "is no digest"),
        (HERE, Unavailable, "answered 404 when it was asked for the configuration"),
    ],
)
def test_a_manifest_that_cannot_be_had_is_said_as_for_the_digest(answer, error, says) -> None:
    """And what has no configuration is no image."""
    with pytest.raises(error, match=says):
        asked(answer, also={f"{URL}/tags/list?n=1000": HttpAnswer(status=404)})


def test_a_configuration_that_nobody_may_read_says_so() -> None:
    with pytest.raises(Unavailable, match="does not let keptn read"):
        asked(HERE, HttpAnswer(status=403))


def test_what_a_digest_names_has_that_digest() -> None:
    """A registry that answers with something else is not believed."""
    wanted = digest_of(b"another")
    http = MemoryHttp({f"{URL}/manifests/{wanted}": HERE})
    with pytest.raises(Unavailable, match="has not the digest"):
        OciRegistry(http, secrets()).platforms(f"reg.example.org/carts:0.1@{wanted}")


# --- an index whose entries do not say it -----------------------------------------------------------------------------
def entry(content: bytes, *, kind: str = OCI_MANIFEST, **more: Any) -> dict[str, Any]:
    return {"mediaType": kind, "digest": digest_of(content), "size": len(content), **more}


def index(*entries: Any) -> bytes:
    return json.dumps({"schemaVersion": 2, "mediaType": OCI_INDEX, "manifests": entries}).encode()


def image(platform: str) -> tuple[bytes, dict[str, HttpAnswer]]:
    """Its manifest, and what a registry answers for it by digest."""
    config = json.dumps(dict(zip(("os", "architecture"), platform.split("/"), strict=True))).encode()
    manifest = json.dumps({"schemaVersion": 2, "config": {"digest": digest_of(config)}}).encode()
    blob = {f"{URL}/blobs/{digest_of(config)}": HttpAnswer(status=200, body=config)}
    return manifest, {**by_digest(manifest, OCI_MANIFEST), **blob}


def by_digest(content: bytes, kind: str) -> dict[str, HttpAnswer]:
    found = HttpAnswer(status=200, headers={"content-type": kind}, body=content)
    return {f"{URL}/manifests/{digest_of(content)}": found}


def named(content: bytes, there: dict[str, HttpAnswer]) -> frozenset[str]:
    return asked(HttpAnswer(status=200, headers={"content-type": OCI_INDEX}, body=content), also=there)


AMD64 = {"os": "linux", "architecture": "amd64"}


def test_an_entry_without_a_platform_is_read() -> None:
    """By its configuration, also in an index within the index; an attestation and an artifact are no platform."""
    (arm, one), (s390x, other) = image("linux/arm64"), image("linux/s390x")
    inner = index(entry(s390x))
    gone = {f"{URL}/manifests/{digest_of(b'gone')}": HttpAnswer(status=404)}
    there = {**one, **other, **by_digest(inner, OCI_INDEX), **gone}
    nothing = [
        entry(b"a", platform={"os": "unknown", "architecture": "unknown"}),
        entry(b"b", artifactType="application/vnd.example"),
        entry(b"c", kind="application/vnd.oci.empty.v1+json"),
        entry(b"gone"),
    ]
    outer = index(entry(b"d", platform=AMD64), entry(arm), entry(inner, kind=OCI_INDEX), *nothing)
    assert named(outer, there) == {"linux/amd64", "linux/arm64", "linux/s390x"}
    assert named(index(entry(b"d", platform=AMD64)), {}) == {"linux/amd64"}


def test_so_many_are_read_and_no_more() -> None:
    """Whoever builds such an index is told what to do; what is nested counts, too."""
    arm, there = image("linux/arm64")
    assert named(index(*[entry(arm)] * 4), there) == {"linux/arm64"}
    inner = index(*[entry(arm)] * 4)
    for content in (index(*[entry(arm)] * 5), index(entry(inner, kind=OCI_INDEX))):
        with pytest.raises(Refused, match="more than 4 entries that name no platform; let what builds it name them"):
            named(content, {**there, **by_digest(inner, OCI_INDEX)})


def test_an_entry_is_what_its_digest_names() -> None:
    arm, there = image("linux/arm64")
    wrong = {url: replace(answer, body=answer.body + b" ") for url, answer in there.items()}
    with pytest.raises(Unavailable, match="has not the digest"):
        named(index(entry(arm)), wrong)
    with pytest.raises(Refused, match="is no digest"):
        named(index({**entry(arm), "digest": "../x"}), there)


ANY = st.recursive(
    st.none() | st.integers() | st.text(max_size=5), lambda part: st.lists(part, max_size=3), max_leaves=5
)
PLATFORM = st.dictionaries(st.sampled_from(["os", "architecture", "variant"]), ANY) | ANY
KIND = st.just(OCI_MANIFEST) | ANY
ENTRY = st.fixed_dictionaries({"platform": PLATFORM}) | st.fixed_dictionaries({"mediaType": KIND, "digest": ANY})
ENTRIES = st.lists(ENTRY | ANY, max_size=4)


@given(st.dictionaries(st.just("manifests"), ENTRIES | ANY), PLATFORM)
def test_whatever_an_index_holds_is_read(index, config) -> None:
    """It was written by others."""
    found = manifest_platforms.of_index(index) | manifest_platforms.of_config(
        config if isinstance(config, dict) else {}
    )
    manifest_platforms.unsaid(index, kinds=(OCI_MANIFEST,))
    assert all("/" in platform for platform in found)


def test_an_attestation_is_no_platform() -> None:
    entries = [
        {"platform": {"os": "unknown", "architecture": "unknown"}},
        {"platform": {"os": "linux", "architecture": "amd64"}},
        {},
    ]
    assert manifest_platforms.of_index({"manifests": entries}) == {"linux/amd64"}
