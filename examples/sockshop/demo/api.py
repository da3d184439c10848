"""An installation as a user has it: its CLI and its api, wherever it runs."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, TypeVar

import httpx

from keptn.cli.session import Session

SOCKSHOP = Path(__file__).resolve().parent.parent
ROOT = SOCKSHOP.parent.parent
KEPTN = (sys.executable, "-m", "keptn")
T = TypeVar("T")
ASKED_AGAIN_S = 0.5


class DemoError(Exception):
    """The demo cannot go on; its text says why."""


class Unknown(DemoError):
    """The api does not know what it is asked for (yet)."""


def wait_for(look: Callable[[], T], *, what: str, timeout_s: float, every_s: float = 0.2) -> T:
    """Look until something true is seen. Raises DemoError."""
    deadline = time.monotonic() + timeout_s
    while not (found := look()):
        if time.monotonic() > deadline:
            raise DemoError(f"{what} did not happen within {timeout_s:.0f} s")
        time.sleep(every_s)
    return found


class Api:
    """home: folder of the CLI's config.json, which says where the installation is. patience_s: how long a question is
    asked again whose answer was lost with the function that gave it, or which nobody could answer.
    """

    def __init__(self, home: Path, *, patience_s: float = 3.0) -> None:
        self.home, self.patience_s = home, patience_s
        self.environment = {**os.environ, "KEPTN_HOME": str(home)}
        self._http: httpx.Client | None = None

    def hang_up(self) -> None:
        if self._http:
            self._http.close()

    def keptn(self, *words: str) -> str:
        """One command of the CLI. Raises DemoError with what it said."""
        done = subprocess.run(
            [*KEPTN, *words], cwd=ROOT, env=self.environment, capture_output=True, text=True, check=False
        )
        if done.returncode:
            raise DemoError(f"keptn {' '.join(words)}: {done.stderr.strip() or done.stdout.strip()}")
        return done.stdout

    def keptn_side_by_side(self, *commands: Sequence[str]) -> None:
        """Commands that do not need each other: a script would say `&` and `wait`. Raises DemoError."""
        with ThreadPoolExecutor(max_workers=3) as pool:
            list(pool.map(lambda words: self.keptn(*words), commands))

    def get(self, path: str, **query: str) -> dict[str, Any]:
        """One question to the api. Raises DemoError, Unknown among them."""
        deadline = time.monotonic() + self.patience_s
        while True:
            try:
                answer = self._client().get(path, params=query)
                if answer.status_code == 200:
                    return dict(answer.json())
                if answer.status_code == 404:
                    raise Unknown(f"GET {path}: {answer.text}")
                final, what = answer.status_code not in {502, 503, 504}, f"{answer.status_code} {answer.text}"
            except httpx.TransportError as exc:
                final, what = False, str(exc) or type(exc).__name__
            if final or time.monotonic() > deadline:
                raise DemoError(f"GET {path}: {what}")
            time.sleep(ASKED_AGAIN_S)

    def events(self, **query: str) -> list[dict[str, Any]]:
        """Events of the audit log, all pages of one context or the newest of a project.

        None of a context that nothing was recorded of yet: what was pushed may be on its way.
        """
        found: list[dict[str, Any]] = []
        token = ""
        while True:
            try:
                page = self.get("v1/event", pageSize="100", nextPageKey=token, **query)
            except Unknown:
                if "keptnContext" in query:
                    return found
                raise
            found += page["events"]
            token = page["nextPageKey"]
            if not token or "project" in query:
                return found

    def _client(self) -> httpx.Client:
        if self._http is None:
            config = Session(home=self.home).config
            headers = {"authorization": f"Bearer {config.token}", **({"host": config.host} if config.host else {})}
            self._http = httpx.Client(base_url=config.endpoint, headers=headers, timeout=30, trust_env=False)
        return self._http
