"""Messages of Protocol Buffers, field by field: what is needed of them without the generated code of a protocol."""

from __future__ import annotations


def field(number: int, value: bytes | str | int) -> bytes:
    """One field of a message: a number, or bytes with their length before them. A field may be there several times."""
    if isinstance(value, int):
        return _varint(number << 3) + _varint(value)
    content = value.encode() if isinstance(value, str) else value
    return _varint(number << 3 | 2) + _varint(len(content)) + content


def fields(message: bytes) -> dict[int, bytes]:
    """The last of each number, of a message whose fields all have a length before them."""
    found = {}
    while message:
        tag, message = _read_varint(message)
        size, message = _read_varint(message)
        found[tag >> 3], message = message[:size], message[size:]
    return found


def _varint(value: int) -> bytes:
    more, low = value >> 7, value & 0x7F
    return bytes([low | 0x80]) + _varint(more) if more else bytes([low])


def _read_varint(message: bytes) -> tuple[int, bytes]:
    """The number at the beginning, and what comes after it."""
    if message[0] < 0x80:
        return message[0], message[1:]
    more, rest = _read_varint(message[1:])
    return more << 7 | message[0] & 0x7F, rest
