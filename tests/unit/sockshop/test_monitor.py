"""The example's monitor raises one alert that keptn understands, and takes it back."""

import json
import os
import subprocess
import sys
import threading
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from examples.sockshop.demo.api import SOCKSHOP
from keptn.webhooks.senders import monitors
from tests.waiting import until


@pytest.fixture
def receiver():
    """An endpoint that keeps what it is sent."""
    received = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            received.append(json.loads(self.rfile.read(int(self.headers["content-length"]))))
            self.send_response(202)
            self.send_header("content-length", "0")
            self.end_headers()

        def log_message(self, *_):
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}", received
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def log(receiver, tmp_path):
    """An access log that the monitor is watching."""
    file = tmp_path / "access.log"
    file.touch()
    command = [sys.executable, str(SOCKSHOP / "monitor.py"), "--log", str(file), "--url", receiver[0]]
    command += ["--project", "sockshop", "--stage", "prod", "--service", "carts"]
    with subprocess.Popen(command, env={**os.environ, "MONITOR_TOKEN": "t"}, stdout=subprocess.DEVNULL) as monitor:
        yield file
        monitor.terminate()


def orders(log, status, *, route="public"):
    now = datetime.now(UTC).isoformat()
    entry = {"time": now, "project": "sockshop", "stage": "prod", "service": "carts", "route": route}
    line = json.dumps({**entry, "method": "POST", "path": "/orders", "status": status}) + "\n"
    with log.open("a") as stream:
        stream.write(line * 5)


def until_posted(log, status, received, count):
    """Orders keep coming until the monitor says something: it begins at the log's end, whenever it looks first."""

    def posted():
        orders(log, status)
        orders(log, 201 if status == 500 else 500, route="own")  # what is no user's request does not count
        return len(received) >= count

    until(posted, what="an alert")


def test_alert_and_its_end(log, receiver):
    """Orders that fail for users open one problem of the service; orders that succeed again resolve the same one."""
    _, received = receiver
    until_posted(log, 500, received, 1)
    until_posted(log, 201, received, 2)
    (opened,), (resolved,) = (monitors.read(body, {}) for body in received[:2])
    assert opened.type == "ConversionRateDropped"
    assert [opened.labels[part] for part in ("project", "stage", "service")] == ["sockshop", "prod", "carts"]
    assert opened.is_open
    assert not resolved.is_open
    assert opened.id == resolved.id


def test_a_log_that_is_set_aside_is_followed(log, receiver):
    """What Envoy writes to the next file is read as well."""
    _, received = receiver
    until_posted(log, 500, received, 1)
    log.rename(log.with_name("access.log.1"))
    log.touch()
    until_posted(log, 201, received, 2)
    assert [monitors.read(body, {})[0].is_open for body in received[:2]] == [True, False]
