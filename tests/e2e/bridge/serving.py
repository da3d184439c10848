"""The bridge on loopback, and signing in there."""

from __future__ import annotations

import logging
import threading
from contextlib import contextmanager

from werkzeug.serving import make_server

from keptn.records import sessions, tokens
from tests.browser import BASE
from tests.world import TOKEN


@contextmanager
def served(found):
    """A shop that runs; `at`: the address of its bridge."""
    with found.running():
        server = make_server("127.0.0.1", 0, found.browser().client.application, threaded=True)
        logging.getLogger("werkzeug").disabled = True
        serving = threading.Thread(target=server.serve_forever, daemon=True)
        serving.start()
        found.at = f"http://127.0.0.1:{server.server_port}{BASE}"
        yield found
        server.shutdown()
        serving.join()
        server.server_close()


def signed_in(page, made, token: str = TOKEN):
    """By a link, as `keptn local` prints it."""
    found = tokens.find(made.world.store, token)
    page.goto(f"{made.at}/enter?ticket={sessions.ticket(made.world.store, found, now=made.clock.now()).text}")
    return page
