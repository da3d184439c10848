"""Which projects there are on Git servers, and where each is: written in the object store, for no server can be asked.

A project is where the installation keeps all of them, or in a repository of its own.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from keptn.adapters.config_repo import remote_url, rules
from keptn.adapters.config_repo.server import GitServer
from keptn.adapters.secrets.given import GivenSecret
from keptn.errors import LostRace, Unavailable
from keptn.names import is_name
from keptn.ports import ObjectStore, Secrets
from keptn.records import objects, repository
from keptn.records.repository import Repository

_MOST_SERVERS = 64
"""Repositories of projects' own whose connections one process keeps."""


class Places:
    """home: the installation's. named: hosts of projects' own repositories, as of `remote_url.check_host`.

    most_bytes: as of `GitServer`.
    """

    def __init__(
        self, home: GitServer, *, store: ObjectStore, secrets: Secrets, named: Sequence[str], most_bytes: int
    ) -> None:
        self._most_bytes = most_bytes
        self.home, self._store, self._secrets, self._named = home, store, secrets, named
        self._own: dict[tuple[str, str], GitServer] = {}

    def projects(self) -> Sequence[str]:
        found, page = list[str](), self._store.list(objects.PROJECTS)
        while True:
            found += [name.removeprefix(objects.PROJECTS) for name in page.names]
            if not page.next_token:
                return found
            page = self._store.list(objects.PROJECTS, token=page.next_token)

    def known(self, project: str) -> tuple[Repository, GitServer]:
        """Where it is. Raises Unknown."""
        record, _ = self.written(project)
        return record, self.server(project, record.url)

    def settled(self, project: str) -> tuple[Repository, GitServer]:
        """Where to write. Raises Unavailable while the project moves."""
        record, server = self.known(project)
        if record.moving:
            raise Unavailable(f"project {project} is moving to {record.moving}; trying again later")
        return record, server

    def check_still(self, project: str, record: Repository) -> None:
        """Raises LostRace if the project has begun to move since the record was read: then nobody takes the push along.

        Who moves it writes that first and looks for pushes after it, so one that comes before this question goes along.
        """
        if self.written(project)[0] != record:
            raise LostRace(f"project {project} has moved meanwhile")

    def written(self, project: str) -> tuple[Repository, int]:
        """What is written of the project, and its generation. Raises Unknown."""
        if (found := self.found(project)) is None:
            raise rules.no_project(project, self.projects())
        return found

    def found(self, project: str) -> tuple[Repository, int] | None:
        """The same; None for a project that is not there."""
        stored = self._store.get(objects.project(project)) if is_name(project) else None
        return (Repository.decoded(stored.data), stored.generation) if stored else None

    def write(self, project: str, record: Repository, *, generation: int | None) -> int:
        """generation: of what was read, 0 for what was not there, None for whatever is there. Raises LostRace."""
        return self._store.put(objects.project(project), record.encoded, if_generation=generation)

    def forget(self, project: str) -> None:
        self._store.delete(objects.project(project))

    def server(self, project: str, url: str) -> GitServer:
        if not url:
            return self.home
        server = self._own.pop((project, url), None) or GitServer(
            url,
            secrets=self._secrets,
            login_key=repository.login_key(project, url),
            most_bytes=self._most_bytes,
        )
        self._own[project, url] = server  # what was used last stays longest
        for oldest in list(self._own)[:-_MOST_SERVERS]:
            self._own.pop(oldest, None)
        return server

    def tried(self, project: str, url: str, *, login: str) -> tuple[GitServer, Mapping[bytes, bytes]]:
        """The server and its refs, if they can be read and written with the login. Raises Refused or Unavailable."""
        self.check_url(url)
        key = repository.login_key(project, url)
        server = GitServer(url, secrets=GivenSecret(login), login_key=key, once=True, most_bytes=self._most_bytes)
        return server, server.writable_refs(project)

    def check_url(self, url: str) -> None:
        """Raises Refused for a URL that no project may have its repository at."""
        remote_url.check_form(url)
        remote_url.check_host(url, named=self._named)
