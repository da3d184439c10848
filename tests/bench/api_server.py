"""A stand-in for a cluster's API server and gateway: it keeps objects, and says of each that it is as it should be.

So a cold start pays for the clients, their requests and TLS, and not for what a workload takes to start. Objects are
not checked, and an apply is a merge.
"""

from __future__ import annotations

import json
import ssl
import subprocess
import threading
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import count
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

from keptn import events
from keptn.deployment import manifests

Object = dict[str, Any]
TRUE = {"status": "True", "reason": "Accepted", "message": ""}


@dataclass(slots=True)
class Standin:
    """url: of the API server. gateway: of the gateway. mount: what the kubelet puts into a pod.

    objects: by their paths.
    """

    mount: Path
    url: str = ""
    gateway: str = ""
    objects: dict[str, Object] = field(default_factory=dict)
    _versions: Iterator[int] = field(default_factory=lambda: count(1))

    def keep(self, path: str, found: Object, *, manager: str = "", operation: str = "Update") -> Object:
        """As written by this manager, and seen to by controllers."""
        meta = found["metadata"]
        entries = {(one.get("manager", ""), one["operation"]): one for one in meta.get("managedFields", ())}
        now = events.rfc3339(datetime.now(UTC))
        entries[manager, operation] = {"manager": manager, "operation": operation, "time": now}
        version = next(self._versions)
        meta |= {"managedFields": list(entries.values()), "generation": version, "resourceVersion": str(version)}
        if found.get("kind") == "Deployment":
            counts = dict.fromkeys(
                ("replicas", "updatedReplicas", "availableReplicas"), found["spec"].get("replicas", 1)
            )
            found["status"] = {"observedGeneration": version, **counts}
        if found.get("kind") == "HTTPRoute":
            said = [{"type": kind, "observedGeneration": version, **TRUE} for kind in ("Accepted", "ResolvedRefs")]
            parents = found["spec"].get("parentRefs", ())
            found["status"] = {"parents": [{"parentRef": one, "conditions": said} for one in parents]}
        self.objects[path] = found
        return found

    def probed(self, value: str) -> str:
        """The host that the gateway redirects a probe to; empty if a backend would answer."""
        rules = [
            rule for one in self.objects.values() if one.get("kind") == "HTTPRoute" for rule in one["spec"]["rules"]
        ]
        for rule in rules:
            headers = [one["value"] for match in rule.get("matches", ()) for one in match.get("headers", ())]
            if value in headers and rule.get("filters"):
                return str(rule["filters"][0]["requestRedirect"]["hostname"])
        return ""


class _Handler(BaseHTTPRequestHandler):
    standin: Standin
    protocol_version = "HTTP/1.1"
    wbufsize, disable_nagle_algorithm = -1, True  # head and body leave together, at once

    def log_message(self, *_: object) -> None:
        """Benches are quiet."""

    def answer(self, status: int, found: Mapping[str, Any], **headers: str) -> None:
        body = json.dumps(found).encode()
        self.send_response(status)
        for name, value in {"Content-Type": "application/json", "Content-Length": str(len(body)), **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)


class _Gateway(_Handler):
    def do_GET(self) -> None:
        host = self.standin.probed(self.headers[manifests.PROBE_HEADER])
        self.answer(302 if host else 200, {}, **({"Location": f"http://{host}/"} if host else {}))


class _Api(_Handler):
    def handle_any(self) -> None:
        url = urlsplit(self.path)
        body: Object = json.loads(self.rfile.read(int(self.headers.get("content-length") or 0)) or b"{}")
        found = self.standin.objects.get(url.path)
        within = url.path.split("/")[3 if url.path.startswith("/api/") else 4 :]
        if self.command == "POST":
            path = f"{url.path}/{body['metadata']['name']}"
            self.answer(*((409, {}) if path in self.standin.objects else (201, self._kept(path, body, url.query))))
        elif self.command == "GET" and len(within) % 2:
            self.answer(
                200, {"items": [one for path, one in self.standin.objects.items() if path.startswith(f"{url.path}/")]}
            )
        elif found is None and not (self.command == "PATCH" and "apply" in self.headers["content-type"]):
            self.answer(404, {"message": "not found", "details": {}})
        elif self.command == "DELETE":
            self.answer(200, self.standin.objects.pop(url.path))
        elif self.command == "GET":
            self.answer(200, found or {})
        else:
            self.answer(200, self._kept(url.path, _merged(found or {}, body), url.query))

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = handle_any  # noqa: N815 - BaseHTTPRequestHandler's names

    def _kept(self, path: str, found: Object, query: str) -> Object:
        operation = "Apply" if "apply" in self.headers["content-type"] else "Update"
        manager = parse_qs(query).get("fieldManager", [""])[0]
        return self.standin.keep(path, found, manager=manager, operation=operation)


def _merged(found: Object, change: Object) -> Object:
    """RFC 7386."""
    merged = {**found}
    for key, value in change.items():
        if value is None:
            merged.pop(key, None)
        else:
            merged[key] = _merged(merged.get(key) or {}, value) if isinstance(value, dict) else value
    return merged


@contextmanager
def standing_in(mount: Path) -> Iterator[Standin]:
    """mount: an empty folder."""
    made = Standin(mount)
    key, certificate = mount / "key.pem", mount / "ca.crt"
    ask = [
        "openssl",
        "req",
        "-x509",
        "-newkey",
        "ec",
        "-pkeyopt",
        "ec_paramgen_curve:prime256v1",
        "-nodes",
        "-days",
        "2",
    ]
    who = [
        "-subj",
        "/CN=standin",
        "-addext",
        "subjectAltName=IP:127.0.0.1",
        "-keyout",
        str(key),
        "-out",
        str(certificate),
    ]
    subprocess.run([*ask, *who], check=True, capture_output=True)
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(certificate, key)
    with ExitStack() as stack:
        made.url = stack.enter_context(_serving(_Api, made, tls))
        made.gateway = stack.enter_context(_serving(_Gateway, made))
        (mount / "token").write_text("any")
        (mount / "namespace").write_text("keptn")
        yield made


@contextmanager
def _serving(handler: type[_Handler], standin: Standin, tls: ssl.SSLContext | None = None) -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), type("Handler", (handler,), {"standin": standin})) as server:
        if tls:
            server.socket = tls.wrap_socket(server.socket, server_side=True)
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
        yield f"http{'s' if tls else ''}://127.0.0.1:{server.server_port}"
        server.shutdown()
