"""A ticketing and a chat endpoint: real HTTP servers that keep what they are sent, as ServiceNow and Slack would.

As a program, in a pod: `endpoints.py NAME=PORT[:TOKEN]…`, on all addresses. Standard library only.
"""

from __future__ import annotations

import json
import sys
import threading
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass
class Endpoint:
    """One server; port 0: a free one. received: JSON bodies as they came; correlations: their X-Correlation-ID."""

    name: str
    token: str = ""
    host: str = "127.0.0.1"
    port: int = 0
    received: list[dict[str, Any]] = field(default_factory=list)
    correlations: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._server = ThreadingHTTPServer((self.host, self.port), _handler(self))
        threading.Thread(target=self._server.serve_forever, name=self.name, daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}/{self.name}"

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()


def _handler(endpoint: Endpoint) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("content-length") or 0))
            if endpoint.token and endpoint.token not in self.headers.get("authorization", ""):
                self._answer(401, {"error": "User Not Authenticated"})
                return
            endpoint.received.append(json.loads(body))
            endpoint.correlations.append(self.headers.get("x-correlation-id", ""))
            self._answer(201, {"result": {"number": f"INC{len(endpoint.received):07d}"}})

        def do_GET(self) -> None:
            self._answer(200, {"received": endpoint.received, "correlations": endpoint.correlations})

        def _answer(self, status: int, body: dict[str, Any]) -> None:
            data = json.dumps(body).encode()
            self.send_response(status)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name of the base class
            pass

    return Handler


def _serve(words: list[str]) -> None:
    for word in words:
        name, _, where = word.partition("=")
        port, _, token = where.partition(":")
        Endpoint(name=name, token=token, host="", port=int(port))
    threading.Event().wait()


if __name__ == "__main__":
    _serve(sys.argv[1:])
