"""Where the CLI finds its installation: `config.json` in `$KEPTN_HOME` or `~/.keptn`, readable by its owner only.

`keptn auth` and `keptn local` write it, every command reads it.
"""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path

from keptn.errors import KeptnError

DEFAULT_HOME = Path("~/.keptn")


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """endpoint: URL of the function `api`. token: what it asks for.

    host: the name that its ingress knows it by, where the endpoint is an address of another name.
    """

    endpoint: str
    token: str
    host: str = ""


def path(home: Path) -> Path:
    return home.expanduser() / "config.json"


def read(home: Path) -> Config | None:
    """What was written, or None. Raises KeptnError for a file that cannot be read."""
    file = path(home)
    try:
        found = json.loads(file.read_bytes())
        endpoint, token = str(found["endpoint"]).rstrip("/"), str(found["token"])
        return Config(endpoint=endpoint, token=token, host=str(found.get("host", "")))
    except FileNotFoundError:
        return None
    except (OSError, ValueError, KeyError, TypeError) as exc:
        raise KeptnError(f"{file} cannot be read ({type(exc).__name__}); write it again with keptn auth") from exc


def write(home: Path, config: Config) -> Path:
    """Replace the file in one step, mode 0600; return its path."""
    file = path(home)
    file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    partial = file.with_suffix(f".{os.getpid()}")
    with open(os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as stream:  # noqa: PTH123 - the mode
        json.dump({key: value for key, value in asdict(config).items() if value}, stream)
    return partial.replace(file)
