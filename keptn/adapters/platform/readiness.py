"""Whether a workload is ready for traffic: its health path answers, or its port accepts."""

from __future__ import annotations

import http.client
import socket

from keptn.ports import Endpoint

TIMEOUT_S = 1.0


def is_ready(endpoint: Endpoint, *, health: str) -> bool:
    """health: path that must answer 2xx or 3xx; empty: the port must accept a connection."""
    return _answers(endpoint, health) if health else _accepts(endpoint)


def _accepts(endpoint: Endpoint) -> bool:
    try:
        with socket.create_connection((endpoint.host, endpoint.port), timeout=TIMEOUT_S):
            return True
    except OSError:
        return False


def _answers(endpoint: Endpoint, path: str) -> bool:
    connection = http.client.HTTPConnection(endpoint.host, endpoint.port, timeout=TIMEOUT_S)
    try:
        connection.request("GET", path if path.startswith("/") else f"/{path}", headers={"User-Agent": "keptn-probe"})
        return 200 <= connection.getresponse().status < 400
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
