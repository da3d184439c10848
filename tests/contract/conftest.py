"""A real HTTP server on loopback for the contract tests of what calls out."""

from __future__ import annotations

import contextlib
import json
import os
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from tests import needs
from tests.contract import gcs_server
from tests.contract import pod as pods
from tests.contract.git_server import serve


class Endpoint:
    """Answers by path: `/status/503`, `/slow`, `/json`, else an echo. `calls` holds (method, path, headers, body)."""

    def __init__(self) -> None:
        self.calls: list[tuple[str, str, dict[str, str], bytes]] = []
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self.server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.server.server_port}"

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        calls = self.calls

        class Handler(BaseHTTPRequestHandler):
            def answer(self) -> None:
                body = self.rfile.read(int(self.headers.get("content-length") or 0))
                calls.append((self.command, self.path, {k.lower(): v for k, v in self.headers.items()}, body))
                if self.path == "/slow":
                    time.sleep(0.5)
                status = int(self.path.rpartition("/")[2]) if self.path.startswith("/status/") else 200
                content = json.dumps({"items": [], "id": 7}).encode() if self.path == "/json" else body or b"hello"
                self.send_response(status)
                self.send_header("content-length", str(len(content)))
                self.end_headers()
                if self.command != "HEAD":
                    with contextlib.suppress(ConnectionError):  # somebody did not wait for it
                        self.wfile.write(content)

            do_GET = do_POST = do_PUT = do_DELETE = do_HEAD = answer  # noqa: N815 - BaseHTTPRequestHandler's names

            def log_message(self, *_args: object) -> None:
                """Say nothing."""

        return Handler


@pytest.fixture
def endpoint() -> Iterator[Endpoint]:
    served = Endpoint()
    thread = threading.Thread(target=served.server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    yield served
    served.server.shutdown()
    served.server.server_close()
    thread.join()


@pytest.fixture(scope="session")
def free_port() -> Callable[[], int]:
    """Gives a port on which nobody listens."""

    def port() -> int:
        server = ThreadingHTTPServer(("127.0.0.1", 0), BaseHTTPRequestHandler)
        server.server_close()
        return server.server_port

    return port


@pytest.fixture
def free_url(free_port: Callable[[], int]) -> str:
    """Where nobody listens."""
    return f"http://127.0.0.1:{free_port()}"


@pytest.fixture
def git_server(tmp_path):
    """A Git server for the repositories in `tmp_path`."""
    with serve(tmp_path) as server:
        yield server


@pytest.fixture(scope="session")
def fake_gcs(free_port: Callable[[], int]) -> Iterator[int]:
    """The port of a fake-gcs-server."""
    with gcs_server.fake(needs.program("fake-gcs-server"), port=free_port()) as port:
        yield port


@pytest.fixture
def gcs(fake_gcs: int) -> Iterator[gcs_server.Gcs]:
    """Cloud Storage with a folder of the test's own; the library finds it in the environment."""
    with gcs_server.proxy(fake_gcs, folder=str(uuid.uuid4())) as served:
        os.environ["STORAGE_EMULATOR_HOST"] = served.server.url
        yield served


@pytest.fixture(scope="module")
def pod(tmp_path_factory) -> Iterator[pods.Pod]:
    """A pod in the cluster, without rights."""
    with pods.running(tmp_path_factory.mktemp("serviceaccount")) as running:
        yield running
