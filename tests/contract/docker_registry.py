"""Docker's registry on loopback, in memory: open, behind a password, or behind tokens of a server of our own."""

from __future__ import annotations

import base64
import hashlib
import json
import os
import subprocess
import time
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from tests.contract.connections import CountingServer
from tests.waiting import DEADLINE_S, until

USER, PASSWORD = "keptn", "right-password"
_HTPASSWD = f"{USER}:$2b$05$9ECOInJUZPZMO/4KsYmvdeoAklcIWhrBJ4KC2K0.58UV64Pb2mA.u\n"
LOGIN = "Basic " + base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode()
SERVICE = "registry-of-the-test"
OCI_MANIFEST = "application/vnd.oci.image.manifest.v1+json"
OCI_INDEX = "application/vnd.oci.image.index.v1+json"
DOCKER_MANIFEST = "application/vnd.docker.distribution.manifest.v2+json"
DOCKER_LIST = "application/vnd.docker.distribution.manifest.list.v2+json"
_PARTS = {
    OCI_MANIFEST: ("application/vnd.oci.image.config.v1+json", "application/vnd.oci.image.layer.v1.tar+gzip"),
    DOCKER_MANIFEST: (
        "application/vnd.docker.container.image.v1+json",
        "application/vnd.docker.image.rootfs.diff.tar.gzip",
    ),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class DockerRegistry:
    """host: with its port. tokens: gives them, where the registry wants some."""

    host: str
    tokens: TokenServer | None = None

    def push(self, image: str, content: bytes, *, kind: str = DOCKER_MANIFEST, platform: str = "linux/amd64") -> str:
        """Push an image with one layer, as a client does, blobs first; its digest."""
        repository, _, tag = image.rpartition(":")
        config, layer = _PARTS[kind]
        said = json.dumps(dict(zip(("os", "architecture", "variant"), platform.split("/"), strict=False))).encode()
        parts = [self._blob(repository, config, said), self._blob(repository, layer, content)]
        manifest = {"schemaVersion": 2, "mediaType": kind, "config": parts[0], "layers": parts[1:]}
        return self.push_manifest(repository, tag, manifest)

    def push_index(self, image: str, contents: Mapping[str, bytes], *, kind: str) -> str:
        """Push an image of several architectures under one tag; the digest of the whole."""
        repository, _, tag = image.rpartition(":")
        of_each = OCI_MANIFEST if kind == OCI_INDEX else DOCKER_MANIFEST
        entries = []
        for architecture, content in contents.items():
            of_it = f"{repository}:{tag}-{architecture}"
            digest = self.push(of_it, content, kind=of_each, platform=f"linux/{architecture}")
            size = int(self._sent("HEAD", f"{repository}/manifests/{digest}", accept=of_each).headers["content-length"])
            platform = {"architecture": architecture, "os": "linux"}
            entries.append({"mediaType": of_each, "digest": digest, "size": size, "platform": platform})
        return self.push_manifest(repository, tag, {"schemaVersion": 2, "mediaType": kind, "manifests": entries})

    def push_manifest(self, repository: str, tag: str, manifest: Mapping[str, Any]) -> str:
        body = json.dumps(manifest).encode()
        self._sent("PUT", f"{repository}/manifests/{tag}", body, **{"content-type": manifest["mediaType"]})
        return f"sha256:{hashlib.sha256(body).hexdigest()}"

    def _blob(self, repository: str, kind: str, content: bytes) -> dict[str, Any]:
        digest = f"sha256:{hashlib.sha256(content).hexdigest()}"
        begun = self._sent("POST", f"{repository}/blobs/uploads/").headers["location"]
        octets = {"content-type": "application/octet-stream"}
        self._sent("PUT", f"{begun}&digest={digest}", content, repository=repository, **octets)
        return {"mediaType": kind, "digest": digest, "size": len(content)}

    def _sent(
        self, method: str, path: str, body: bytes = b"", *, repository: str = "", **headers: str
    ) -> httpx.Response:
        repository = repository or path.split("/manifests/", maxsplit=1)[0].split("/blobs/", maxsplit=1)[0]
        url = path if path.startswith("http") else f"http://{self.host}/v2/{path}"
        login = f"Bearer {self.tokens.token(repository, ['pull', 'push'])}" if self.tokens else LOGIN
        answer = httpx.request(method, url, content=body, headers={"authorization": login, **headers}, trust_env=False)
        answer.raise_for_status()
        return answer


class TokenServer(CountingServer):
    """A token server that the registry trusts. Without a login it gives tokens for repositories below `public/` alone.

    asked: the queries that came. bundle: the certificate by which the registry knows its tokens.
    """

    def __init__(self, folder: Path) -> None:
        super().__init__(type("Handler", (_TokenHandler,), {"server_of": self}))
        self.asked: list[Mapping[str, list[str]]] = []
        self.bundle = folder / "tokens.pem"
        self._key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        self._certificate = _self_signed(self._key)
        self.bundle.write_bytes(self._certificate.public_bytes(serialization.Encoding.PEM))

    def answer(self, path: str, login: str | None) -> tuple[int, Mapping[str, str]]:
        query = parse_qs(urlsplit(path).query)
        self.asked.append(query)
        if login not in (None, LOGIN):
            return 401, {"details": "incorrect username or password"}
        kind, _, rest = query["scope"][0].partition(":")
        repository, _, actions = rest.rpartition(":")
        allowed = actions.split(",") if kind == "repository" and (login or repository.startswith("public/")) else []
        return 200, {"token": self.token(repository, allowed)}

    def token(self, repository: str, actions: list[str]) -> str:
        """Source: distribution, "Token Authentication Implementation"."""
        now = int(time.time())
        certificate = base64.b64encode(self._certificate.public_bytes(serialization.Encoding.DER)).decode()
        head = {"typ": "JWT", "alg": "RS256", "x5c": [certificate]}
        access = [{"type": "repository", "name": repository, "actions": actions}] if actions else []
        times = {"iat": now - 60, "nbf": now - 60, "exp": now + 600}
        claims = {"iss": SERVICE, "aud": SERVICE, "sub": USER, "jti": str(uuid.uuid4()), "access": access, **times}
        signed = f"{_base64(json.dumps(head).encode())}.{_base64(json.dumps(claims).encode())}"
        return f"{signed}.{_base64(self._key.sign(signed.encode(), padding.PKCS1v15(), hashes.SHA256()))}"


class _TokenHandler(BaseHTTPRequestHandler):
    server_of: TokenServer

    def do_GET(self) -> None:
        status, found = self.server_of.answer(self.path, self.headers.get("authorization"))
        body = json.dumps(found).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_arguments: object) -> None:
        """Tests are quiet."""


@contextmanager
def serving(binary: str, folder: Path, *, port: int, auth: str = "") -> Iterator[DockerRegistry]:
    """auth: nothing, `password` or `token`."""
    if auth != "token":
        (folder / "htpasswd").write_text(_HTPASSWD)
        method = {"htpasswd": {"realm": "keptn", "path": str(folder / "htpasswd")}} if auth else {}
        with _running(binary, folder, port, method):
            yield DockerRegistry(host=f"127.0.0.1:{port}")
        return
    with TokenServer(folder) as tokens:
        bundle = {"rootcertbundle": str(tokens.bundle)}
        method = {"token": {"realm": f"{tokens.url}/token", "service": SERVICE, "issuer": SERVICE, **bundle}}
        with _running(binary, folder, port, method):
            yield DockerRegistry(host=f"127.0.0.1:{port}", tokens=tokens)


@contextmanager
def _running(binary: str, folder: Path, port: int, auth: Mapping[str, Any]) -> Iterator[None]:
    config = {
        "version": 0.1,
        "log": {"level": "error", "accesslog": {"disabled": True}},
        "storage": {"inmemory": {}, "maintenance": {"uploadpurging": {"enabled": False}}},
        "http": {"addr": f"127.0.0.1:{port}", "secret": "of-the-test"},
        **({"auth": auth} if auth else {}),
    }
    (folder / "config.yml").write_text(json.dumps(config))
    environment = {**os.environ, "OTEL_TRACES_EXPORTER": "none"}
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(
            [binary, "serve", str(folder / "config.yml")], env=environment, stdout=log, stderr=log
        )
    try:
        until(lambda: _answers(port) or process.poll() is not None, what="the start of docker-registry")
        assert process.poll() is None, (folder / "log").read_text()
        yield
    finally:
        process.terminate()
        process.wait(DEADLINE_S)


def _answers(port: int) -> bool:
    try:
        return httpx.get(f"http://127.0.0.1:{port}/v2/", trust_env=False).status_code in (200, 401)
    except httpx.TransportError:
        return False


def _self_signed(key: rsa.RSAPrivateKey) -> x509.Certificate:
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "tokens of the test")])
    now = datetime.now(UTC)
    made = x509.CertificateBuilder(issuer_name=name, subject_name=name, public_key=key.public_key())
    made = made.serial_number(x509.random_serial_number())
    made = made.not_valid_before(now - timedelta(hours=1)).not_valid_after(now + timedelta(days=1))
    made = made.add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
    return made.sign(key, hashes.SHA256())


def _base64(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()
