"""What keeps going wrong is said once on the runtime's terminal, and again when it is something else."""

from __future__ import annotations

import logging
import time

AGAIN_S = 60.0
log = logging.getLogger("keptn.local")


class Complaints:
    """Of one part of the runtime, which tries again and again."""

    def __init__(self) -> None:
        self._said, self._at = "", 0.0

    def say(self, sentence: str) -> None:
        if sentence != self._said or time.monotonic() > self._at + AGAIN_S:
            self._said, self._at = sentence, time.monotonic()
            log.warning("%s", sentence)
