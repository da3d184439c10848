"""The installations that the CLI knows, each under a name: `config.json` in `$KEPTN_HOME` or `~/.keptn`, mode 0600.

`keptn auth` and `keptn local` write it, `keptn config` chooses among them, every command reads it. A context here is
what kubectl calls one; the keptn context of a delivery is something else.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from urllib.parse import urlsplit

from keptn.adapters.machine.file_lock import locked
from keptn.errors import KeptnError

DEFAULT_HOME = Path("~/.keptn")


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """One installation. endpoint: URL of the function `api`. token: what it asks for.

    host: the name that its ingress knows it by, where the endpoint is an address of another name.
    """

    endpoint: str
    token: str
    host: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Contexts:
    """current: the name of the one that commands speak to; empty if none was chosen."""

    current: str = ""
    by_name: Mapping[str, Config] = field(default_factory=dict)

    def at(self, url: str) -> Config | None:
        """The one with this endpoint, or at this address of a local runtime."""
        wanted = url.rstrip("/")
        places = (one for one in self.by_name.values() if wanted in (one.endpoint, _server(one)))
        return next(places, None)

    def chosen(self, name: str) -> Contexts:
        """Raises KeptnError for a name that is not known."""
        self._check(name)
        return replace(self, current=name)

    def with_one(self, name: str, config: Config) -> Contexts:
        """Another one at the same place is gone: nobody else can be there."""
        place = (config.endpoint, config.host)
        others = {key: one for key, one in self.by_name.items() if (one.endpoint, one.host) != place}
        return replace(self, by_name={**others, name: config})

    def in_its_place(self, config: Config) -> Contexts:
        """Instead of the one at the same place, under its name, and chosen."""
        place = (config.endpoint, config.host)
        names = (name for name, one in self.by_name.items() if (one.endpoint, one.host) == place)
        name = next(names, name_of(config))
        return self.with_one(name, config).chosen(name)

    def without(self, name: str) -> Contexts:
        """Raises KeptnError for a name that is not known."""
        self._check(name)
        left = {key: one for key, one in self.by_name.items() if key != name}
        return Contexts(current="" if self.current == name else self.current, by_name=left)

    def _check(self, name: str) -> None:
        if name not in self.by_name:
            known = ", ".join(sorted(self.by_name)) or "none; keptn local and keptn auth make them"
            raise KeptnError(f"there is no context {name!r}; there are: {known}")


def path(home: Path) -> Path:
    return home.expanduser() / "config.json"


def read(home: Path) -> Contexts:
    """What was written; empty if nothing was. Raises KeptnError for a file that cannot be read."""
    file = path(home)
    try:
        found = json.loads(file.read_bytes())
        if "contexts" not in found:  # as it was when it held one installation
            one = _config(found)
            return Contexts().with_one(name_of(one), one).chosen(name_of(one))
        by_name = {str(name): _config(one) for name, one in found["contexts"].items()}
        return Contexts(current=str(found["current"]), by_name=by_name)
    except FileNotFoundError:
        return Contexts()
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as exc:
        hint = "delete it, then write it again with keptn auth"
        raise KeptnError(f"{file} cannot be read ({type(exc).__name__}); {hint}") from exc


def change(home: Path, changed: Callable[[Contexts], Contexts]) -> Contexts:
    """Replace the file in one step, by nobody else meanwhile; what it holds now. Raises KeptnError."""
    file = path(home)
    try:
        file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        with locked(file.with_suffix(".lock")):
            contexts = changed(read(home))
            _write(file, contexts)
    except OSError as exc:
        raise KeptnError(f"{file} cannot be written: {exc.strerror}; name another folder with --home") from exc
    return contexts


def name_of(config: Config) -> str:
    """The name of an installation that was given none."""
    return config.host or urlsplit(config.endpoint).netloc or config.endpoint


def _write(file: Path, contexts: Contexts) -> None:
    content = {
        "current": contexts.current,
        "contexts": {
            name: {key: value for key, value in asdict(one).items() if value} for name, one in contexts.by_name.items()
        },
    }
    partial = file.with_suffix(f".{os.getpid()}")
    with open(os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as stream:  # noqa: PTH123 - the mode
        json.dump(content, stream, indent=1)
    partial.replace(file)


def _config(found: Mapping[str, object]) -> Config:
    endpoint = str(found["endpoint"]).rstrip("/")
    return Config(endpoint=endpoint, token=str(found["token"]), host=str(found.get("host", "")))


def _server(config: Config) -> str:
    """What `keptn local` says it runs at."""
    return config.endpoint.removesuffix("/functions/api")
