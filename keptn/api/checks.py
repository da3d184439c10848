"""Is a file that a user sends right? The one place where the API meets the validation of files."""

from __future__ import annotations

from keptn import documents
from keptn.errors import InvalidFile
from keptn.values import parse


def file(path: str, content: bytes) -> None:
    """Raises InvalidFile with line and reason if the file of that name is wrong; other files may hold anything."""
    name = path.rsplit("/", 1)[-1]
    if name == "shipyard.yaml":
        document = documents.load(content, file=path)
        if not isinstance(document.data, dict):
            raise InvalidFile("a shipyard must be a mapping with stages", file=name, line=1)
    elif name.endswith((".yaml", ".yml", ".json")):
        documents.load(content, file=path)


def service_of(values: str, *, named: str) -> str:
    """The service's name from its values file; `named` may say it too. Raises InvalidFile."""
    name = parse(values).service
    if named not in ("", name):
        raise InvalidFile(f"the file is for service {name!r}, not {named!r}; correct one", file="values.yaml")
    return name
