"""TCP ports on loopback, allocated once per purpose and remembered: `<state_dir>/ports.json`.

Used for workloads and for Envoy's listeners, so that neither takes the other's, and addresses survive restarts.
"""

from __future__ import annotations

import random
import socket
from dataclasses import dataclass
from pathlib import Path

from keptn.adapters.machine import locked_json
from keptn.errors import Unavailable

HOST = "127.0.0.1"
LOWEST = 10_240
EPHEMERAL = Path("/proc/sys/net/ipv4/ip_local_port_range")
ATTEMPTS = 200


@dataclass(frozen=True, slots=True)
class PortBook:
    """The book of one state folder."""

    state_dir: Path

    def port(self, purpose: str, *, must_be_free: bool = False) -> int:
        """The port of this purpose. must_be_free: give it another one if somebody else listens on it by now."""
        with locked_json.locked(self._file):
            book = locked_json.read(self._file)
            known = book.get(purpose)
            if known is None or (must_be_free and not is_free(known)):
                book[purpose] = known = _pick(set(book.values()))
                locked_json.write(self._file, book)
            return int(known)

    def forget(self, prefix: str) -> None:
        """Give back the ports of all purposes that begin so."""
        with locked_json.locked(self._file):
            book = locked_json.read(self._file)
            locked_json.write(self._file, {name: port for name, port in book.items() if not name.startswith(prefix)})

    @property
    def _file(self) -> Path:
        return self.state_dir / "ports.json"


def is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
    return True


def _pick(taken: set[int]) -> int:
    """A free port below those that the kernel gives to outgoing connections; random, for others pick there too."""
    for _ in range(ATTEMPTS):
        port = random.randrange(LOWEST, _first_ephemeral())  # noqa: S311 - no secret
        if port not in taken and is_free(port):
            return port
    raise Unavailable(f"no free TCP port found on {HOST} in {ATTEMPTS} attempts; stop something that listens")


def _first_ephemeral() -> int:
    try:
        first = int(EPHEMERAL.read_text().split()[0])
    except (OSError, ValueError, IndexError):
        first = 32_768
    return first if first > LOWEST + ATTEMPTS else 65_536
