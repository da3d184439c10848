"""How a registry asks who is there."""

from __future__ import annotations

import pytest

from keptn.adapters.registry import challenge


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ("", {}),
        ("Negotiate", {"negotiate": {}}),
        ('Basic realm="a, b"', {"basic": {"realm": "a, b"}}),
        ('BEARER Realm="x" , Service = "y",scope=z', {"bearer": {"realm": "x", "service": "y", "scope": "z"}}),
        (
            'Bearer realm="x",scope="", Basic realm="y"',
            {"bearer": {"realm": "x", "scope": ""}, "basic": {"realm": "y"}},
        ),
        ('Basic realm="first", Basic realm="second"', {"basic": {"realm": "first"}}),
        (r'Basic realm="a\"b"', {"basic": {"realm": 'a"b'}}),
        ('Bearer realm="open', {"bearer": {"realm": ""}, "open": {}}),
    ],
)
def test_challenges_are_read(header: str, expected: dict) -> None:
    """One header may hold several, with commas between them and in them."""
    assert challenge.parse(header) == expected
