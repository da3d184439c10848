"""Is a file that a user sends right? The one place where the API meets the validation of files."""

from __future__ import annotations

from keptn import validation
from keptn.errors import InvalidFile
from keptn.values import parse


def file(path: str, content: bytes) -> None:
    """Raises InvalidFile with lines and reasons if the file of that name is wrong; other files may hold anything."""
    validation.check(path, content)


def service_of(values: str, *, named: str) -> str:
    """The service's name from its values file; `named` may say it too. Raises InvalidFile."""
    file("values.yaml", values.encode())
    name = parse(values).service
    if named not in ("", name):
        raise InvalidFile(f"the file is for service {name!r}, not {named!r}; correct one", file="values.yaml")
    return name
