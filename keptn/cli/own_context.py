"""The context of one `keptn local`: it makes the server known to the CLI, without taking the CLI away from another."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from keptn.cli import contexts
from keptn.cli.client import Client
from keptn.cli.contexts import Config
from keptn.settings import Settings


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnContext:
    """name: of this server's context. stays_with: the context of another server, which lives and keeps the CLI."""

    home: Path
    name: str
    stays_with: str

    @classmethod
    def find(cls, home: Path, state_dir: Path) -> OwnContext:
        """Before the server is there: what answers now is another one. Raises KeptnError for a file that is damaged."""
        name = "local" if state_dir == Settings().state_dir.resolve() else str(state_dir)
        known = contexts.read(home)
        other = known.by_name.get(known.current) if known.current != name else None
        lives = other is not None and Client(other.endpoint, other.token, host=other.host).lives()
        return cls(home=home, name=name, stays_with=known.current if lives else "")

    def announce(self, config: Config) -> str:
        """Write it; say with whom the CLI is."""
        known = contexts.change(self.home, lambda known: self._added(known, config))
        if known.current == self.name:
            return f"The CLI is with it ({contexts.path(self.home)})."
        return (
            f"The CLI stays with {known.current} ({known.by_name[known.current].endpoint}), which runs as well; "
            f"this turns it to the one here:\n  keptn config use-context {self.name}"
        )

    def withdraw(self, config: Config) -> str:
        """Take back what was announced; say with whom the CLI is then, or how to choose. Empty: there is no other."""
        mine = self.name, config
        known = contexts.change(
            self.home, lambda known: known.without(self.name) if mine in known.by_name.items() else known
        )
        if known.current:
            return f"The CLI is with {known.current} ({known.by_name[known.current].endpoint})."
        if known.by_name:
            ways = "\n".join(f"  keptn config use-context {name}" for name in sorted(known.by_name))
            return f"The CLI is with none now; this turns it to another:\n{ways}"
        return ""

    def _added(self, known: contexts.Contexts, config: Config) -> contexts.Contexts:
        added = known.with_one(self.name, config)
        return added if self.stays_with and added.current == self.stays_with else added.chosen(self.name)
