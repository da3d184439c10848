"""Settings: every key is read, and a wrong value names itself."""

import re
from pathlib import Path

import pytest

from keptn import settings
from keptn.context import ADAPTERS, Context
from keptn.errors import Refused
from keptn.settings import Settings


def test_the_environment_is_read_once_into_values() -> None:
    """Text becomes the field's type."""
    read = settings.read({"K_SINK": "http://b", "KEPTN_WAIT_S": "1.5", "KEPTN_MAX_HOPS": "7", "KEPTN_STATE_DIR": "/x"})
    assert (read.sink, read.wait_s, read.max_hops, read.state_dir) == ("http://b", 1.5, 7, Path("/x"))


@pytest.mark.parametrize(("key", "value"), [("KEPTN_WAIT_S", "soon"), ("KEPTN_MAX_HOPS", "1.5")])
def test_a_wrong_value_names_key_and_value(key: str, value: str) -> None:
    """The error says which setting, what it was, and what is expected."""
    with pytest.raises(Refused, match=rf"{key}='{re.escape(value)}' is not a (whole )?number"):
        settings.read({key: value})


@pytest.mark.parametrize(
    ("key", "value", "reason"),
    [
        ("KEPTN_HOSTNAME", "{team}.example.org", "gives '{team}.example.org', which is no host name"),
        ("KEPTN_HOSTNAME", "https://{service}", "which is no host name"),
        ("KEPTN_GATEWAY", "keptn", "names no gateway; write namespace/name"),
        ("KEPTN_GATEWAY", "a/b/c/d", "names no gateway"),
    ],
)
def test_what_would_fail_at_the_first_deployment_fails_at_the_start(key: str, value: str, reason: str) -> None:
    """A host name or gateway that is none."""
    with pytest.raises(Refused, match=f"{key}: .*{re.escape(reason)}"):
        settings.read({key: value})


def test_an_unknown_adapter_lists_the_known() -> None:
    """A misspelt adapter is an error, never a default."""
    with pytest.raises(Refused, match="there is no store 'sqllite'; known: memory, sqlite"):
        _ = Context(Settings(store="sqllite")).store


@pytest.mark.parametrize("setting", [port for port in ADAPTERS if port in Settings.__dataclass_fields__])
def test_every_default_is_an_adapter(setting: str) -> None:
    """The default of each port is in its table."""
    assert getattr(Settings(), setting) in ADAPTERS[setting]
