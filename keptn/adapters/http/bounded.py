"""Reading an answer to its end, but not further than anybody needs: a body may be endless, or grow when unpacked."""

from __future__ import annotations

import time
import zlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import httpx

MOST_BYTES = 32 * 1024 * 1024
LONGEST_S = 60.0
"""How long a body may drip in."""
ACCEPTED = {"accept-encoding": "gzip"}
"""What a request says, for this is what can be unpacked here."""
_ZLIB_OR_GZIP = 47


class TooLargeError(Exception):
    """The body is larger than `MOST_BYTES`, and the rest of it was not read."""


def body(response: httpx.Response) -> bytes:
    """The body of a streamed answer, unpacked. Raises TooLargeError and httpx's own errors.

    httpx unpacks without an end, and does not say so while it does.
    """
    import httpx

    packed, began = bytearray(), time.monotonic()
    for chunk in response.iter_raw():
        packed += chunk
        if len(packed) > MOST_BYTES:
            raise TooLargeError
        if time.monotonic() - began > LONGEST_S:
            raise httpx.ReadTimeout(f"the answer took longer than {LONGEST_S:g} s")
    if response.headers.get("content-encoding", "").lower() not in ("gzip", "deflate"):
        return bytes(packed)
    try:
        unpacked = zlib.decompressobj(_ZLIB_OR_GZIP).decompress(bytes(packed), MOST_BYTES + 1)
    except zlib.error as exc:
        raise httpx.DecodingError(str(exc)) from exc
    if len(unpacked) > MOST_BYTES:
        raise TooLargeError
    return unpacked


def in_words() -> str:
    return f"more than {MOST_BYTES // 1024**2} MiB"
