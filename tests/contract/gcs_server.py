"""Cloud Storage as far as fake-gcs-server is it, behind a proxy on loopback.

The proxy does what the fake leaves out (the precondition of a delete), keeps what was asked, and fails when told to.
"""

from __future__ import annotations

import json
import subprocess
import urllib.request
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler
from urllib.parse import parse_qs, urlsplit

from tests.contract.connections import CountingServer
from tests.waiting import DEADLINE_S, until

BUCKET = "keptn-state"
_HOP = {"connection", "transfer-encoding", "content-length", "host"}
Answer = tuple[int, Mapping[str, str], bytes]


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What was asked. query: one value per key. headers: names in lower case."""

    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes


class GcsHandler(BaseHTTPRequestHandler):
    """faults: taken one per request; each answers in the fake's place, or lets it answer."""

    fake: int
    requests: list[Request]
    faults: deque[Callable[[GcsHandler, Request], Answer | None]]
    protocol_version = "HTTP/1.1"
    wbufsize = -1  # head and body leave together

    def handle_any(self) -> None:
        url = urlsplit(self.path)
        query = {key: values[0] for key, values in parse_qs(url.query).items()}
        headers = {name.lower(): value for name, value in self.headers.items()}
        body = self.rfile.read(int(headers.get("content-length", 0)))
        request = Request(method=self.command, path=url.path, query=query, headers=headers, body=body)
        self.requests.append(request)
        answer = self.faults.popleft()(self, request) if self.faults else self.answered(request)
        if answer is None:
            self.close_connection = True
            return
        status, headers, body = answer
        self.send_response(status)
        for name, value in headers.items():
            if name.lower() not in _HOP:
                self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_GET = do_POST = do_PUT = do_DELETE = handle_any  # noqa: N815 - BaseHTTPRequestHandler's names

    def answered(self, request: Request) -> Answer:
        """By the fake, with the precondition that it does not know."""
        expected = request.query.get("ifGenerationMatch")
        if request.method == "DELETE" and expected is not None:
            status, _, body = self._fake("GET", request.path, {}, b"")
            if status == 200 and json.loads(body)["generation"] != expected:
                return error(412, "At least one of the pre-conditions you specified did not hold.")
        return self._fake(request.method, self.path, request.headers, request.body)

    def _fake(self, method: str, path: str, headers: Mapping[str, str], body: bytes) -> Answer:
        connection = HTTPConnection("127.0.0.1", self.fake, timeout=DEADLINE_S)
        try:
            connection.request(method, path, body or None, {k: v for k, v in headers.items() if k not in _HOP})
            response = connection.getresponse()
            return response.status, dict(response.getheaders()), response.read()
        finally:
            connection.close()

    def log_message(self, *_arguments: object) -> None:
        """Tests are quiet."""


def error(status: int, message: str, **headers: str) -> Answer:
    """As the JSON API answers."""
    return status, {"Content-Type": "application/json", **headers}, json.dumps({"error": {"message": message}}).encode()


def answers(status: int, message: str, **headers: str) -> Callable[[GcsHandler, Request], Answer]:
    return lambda _handler, _request: error(status, message, **headers)


def plain(status: int, message: str) -> Callable[[GcsHandler, Request], Answer]:
    """As a download is answered."""
    return lambda _handler, _request: (status, {"Content-Type": "text/html"}, message.encode())


def torn(_handler: GcsHandler, _request: Request) -> None:
    """The connection ends before anything was done."""


def lost(handler: GcsHandler, request: Request) -> None:
    """It was done, and the connection ends before the answer."""
    handler.answered(request)


@dataclass(slots=True)
class Gcs:
    """The proxy of one test. folder: what the test's objects are in. faults: what becomes of the next requests."""

    server: CountingServer
    folder: str
    faults: deque[Callable[[GcsHandler, Request], Answer | None]] = field(default_factory=deque)

    @property
    def requests(self) -> list[Request]:
        return self.server.handler.requests


@contextmanager
def proxy(fake: int, *, folder: str) -> Iterator[Gcs]:
    handler = type("Handler", (GcsHandler,), {"fake": fake, "requests": [], "faults": deque()})
    with CountingServer(handler) as server:
        yield Gcs(server=server, folder=folder, faults=server.handler.faults)


@contextmanager
def fake(binary: str, *, port: int) -> Iterator[int]:
    """The fake in memory, with the bucket; its port."""
    flags = {"scheme": "http", "host": "127.0.0.1", "port": port, "backend": "memory", "log-level": "error"}
    process = subprocess.Popen([binary, *(f"-{name}={value}" for name, value in flags.items())])
    try:
        until(lambda: _is_up(port) or process.poll() is not None, what="the start of fake-gcs-server")
        made = json.dumps({"name": BUCKET}).encode()
        url, kind = f"http://127.0.0.1:{port}/storage/v1/b", {"content-type": "application/json"}
        urllib.request.urlopen(urllib.request.Request(url, data=made, headers=kind)).close()
        yield port
    finally:
        process.terminate()
        process.wait(DEADLINE_S)


def _is_up(port: int) -> bool:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/_internal/healthcheck"):
            return True
    except OSError:
        return False
