"""What Envoy says about itself on its admin port: is it up, which version of its files is in force, what is open.

Used by `envoy.py`, `envoy_process.py` and the SLI provider. Nothing of a route is changed through it.
"""

from __future__ import annotations

import http.client
import re
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import quote

from keptn.adapters.machine.port_book import HOST
from keptn.errors import Unavailable

TIMEOUT_S = 2.0


@dataclass(frozen=True, slots=True)
class EnvoyAdmin:
    """port: of the admin listener."""

    port: int

    def ready(self) -> bool:
        try:
            return self._get("/ready")[0] == 200
        except Unavailable:
            return False

    def version(self, name: str) -> str:
        """The version in force of the file that `<name>.version_text` reports; empty if none is."""
        return self._stats(f"{name}.version_text", kind="TextReadouts").get(f"{name}.version_text", "").strip('"')

    def open_to_cluster(self, cluster: str) -> int:
        """Requests that Envoy has sent there and that are not answered yet."""
        return self._gauge(f"cluster.{cluster}.upstream_rq_active")

    def open_at_listener(self, listener: str) -> int:
        """Requests that have come in there and are not logged yet: their end is counted after it is logged.

        1 where Envoy does not know the listener: nothing is sure then.
        """
        return self._gauge(f"http.{listener}.downstream_rq_active", unknown=1)

    def unwritten_bytes(self) -> int:
        """What of the access log is still in memory; 0: every request that was logged is in the file."""
        return self._gauge("filesystem.write_total_buffered")

    def reopen_logs(self) -> None:
        """Have the access log's name looked up again: its file was set aside."""
        status, body = self._get("/reopen_logs", method="POST")
        if status != 200:
            raise Unavailable(f"Envoy's admin port {self.port} answered {status} to /reopen_logs: {body[:200]}")

    def _gauge(self, name: str, *, unknown: int = 0) -> int:
        return int(self._stats(name, kind="Gauges").get(name, unknown))

    def _stats(self, name: str, *, kind: str) -> Mapping[str, str]:
        wanted = quote(f"^{re.escape(name)}$", safe="")
        status, body = self._get(f"/stats?type={kind}&filter={wanted}")
        if status != 200:
            raise Unavailable(f"Envoy's admin port {self.port} answered {status} to a question about {name}")
        lines = (line.partition(": ") for line in body.splitlines())
        return {key: value for key, _, value in lines}

    def _get(self, path: str, *, method: str = "GET") -> tuple[int, str]:
        connection = http.client.HTTPConnection(HOST, self.port, timeout=TIMEOUT_S)
        try:
            connection.request(method, path)
            answer = connection.getresponse()
            return answer.status, answer.read().decode(errors="replace")
        except (OSError, http.client.HTTPException) as exc:
            raise Unavailable(
                f"Envoy does not answer on its admin port {self.port}: {exc or type(exc).__name__}"
            ) from exc
        finally:
            connection.close()
