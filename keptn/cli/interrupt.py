"""Ctrl-C before a program has begun anything: it ends without a word, with exit code 130. Imports nothing heavy."""

from __future__ import annotations

import os
import signal

CODE = 130
"""What a shell says of a program that Ctrl-C ended: 128 and the number of SIGINT."""


def silent() -> None:
    """From here on Ctrl-C just ends the process: called first, for imports take their time."""
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:  # a shell's background job is deaf to it
        signal.signal(signal.SIGINT, _end)


def raised() -> None:
    """From here on Ctrl-C is a KeyboardInterrupt, if `silent` was in force."""
    if signal.getsignal(signal.SIGINT) is _end:
        signal.signal(signal.SIGINT, signal.default_int_handler)


def _end(*_: object) -> None:
    os._exit(CODE)
