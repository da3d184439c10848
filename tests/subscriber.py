"""A subscriber that does what a test tells it, and remembers what it heard."""

import threading
import time
from collections import defaultdict
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from tests.waiting import until


@dataclass(frozen=True)
class Heard:
    path: str
    headers: Mapping[str, str]
    body: bytes

    @property
    def id(self) -> str:
        return self.headers.get("ce-id", "")


@dataclass(frozen=True)
class Reaction:
    """status 0: close the connection without an answer."""

    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    after_s: float = 0.0


class Subscriber:
    """Reacts to the n-th request for (path, event id) with the n-th reaction; after the last one with an empty 200."""

    def __init__(self) -> None:
        self.heard: list[Heard] = []
        self.reactions: dict[tuple[str, str], list[Reaction]] = defaultdict(list)
        self._lock = threading.Lock()
        self.url = ""

    def react(self, path: str, event_id: str, *reactions: Reaction) -> None:
        self.reactions[path, event_id] = list(reactions)

    def at(self, path: str, event_id: str) -> list[Heard]:
        with self._lock:
            return [one for one in self.heard if (one.path, one.id) == (path, event_id)]

    def wait(self, path: str, event_id: str, *, count: int = 1) -> list[Heard]:
        """What was heard there, once it is that much."""
        until(lambda: len(self.at(path, event_id)) >= count, what=f"{count} × {event_id} at {path}")
        return self.at(path, event_id)

    def take(self, heard: Heard) -> Reaction:
        with self._lock:
            self.heard.append(heard)
            planned = self.reactions[heard.path, heard.id]
            return planned.pop(0) if planned else Reaction()


@contextmanager
def listening(port: int = 0) -> Iterator[tuple[Subscriber, str]]:
    """A subscriber and its URL."""
    subscriber = Subscriber()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("content-length") or 0))
            headers = {name.lower(): value for name, value in self.headers.items()}
            reaction = subscriber.take(Heard(self.path, headers, body))
            time.sleep(reaction.after_s)
            if reaction.status:
                self._answer(reaction)
            self.close_connection = True

        def _answer(self, reaction: Reaction) -> None:
            self.send_response(reaction.status)
            for name, value in reaction.headers.items():
                self.send_header(name, value)
            self.send_header("content-length", str(len(reaction.body)))
            self.end_headers()
            self.wfile.write(reaction.body)

        def log_message(self, *_: object) -> None:
            return

    with ThreadingHTTPServer(("127.0.0.1" if port == 0 else "0.0.0.0", port), Handler) as server:
        server.daemon_threads = True
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        try:
            yield subscriber, f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()
