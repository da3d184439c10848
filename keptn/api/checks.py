"""Is a file that a user sends right? The one place where the API meets the validation of files."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from keptn import documents, names, validation
from keptn.api import known
from keptn.context import Context
from keptn.documents import Document, Path
from keptn.errors import InvalidFile, Refused
from keptn.notification.subscriptions import NotifyFile
from keptn.projects import stages
from keptn.projects.values import parse
from keptn.shipyard import parse as parse_shipyard
from keptn.validation import kinds


def file(path: str, content: bytes, *, called: str = "") -> None:
    """Raises InvalidFile with lines and reasons if the file of that name is wrong; other files may hold anything.

    called: how its sender calls it.
    """
    validation.check(path, content, file=called)


def warnings(path: str, content: bytes, *, project: str, ctx: Context) -> Sequence[str]:
    """What is legal in a file that `file` let pass, but surely not meant in this project."""
    kind = kinds.of_resource(path)
    if kind is None:
        return ()
    found = validation.parse(content, file=path, kind=kind)
    said = validation.warnings(content, file=path, kind=kind)
    if not isinstance(found, NotifyFile):
        return said
    try:
        there = parse_shipyard(stages.shipyard(ctx.config_repo, project), name=project)
        return (*said, *found.strangers(there, services=known.all_services(project, ctx)))
    except InvalidFile as broken:
        return (*said, f"nobody can tell whether its stages are there: {broken}")


def shipyard(text: str, ctx: Context, *, project: str, called: str = "") -> None:
    """Raises InvalidFile; also where a stage's name is none for a namespace of the project, or as `pins` does."""
    file("shipyard.yaml", text.encode(), called=called)
    document = documents.read(text, file=called or "shipyard.yaml", kind="shipyard")
    for position, stage in enumerate(stages.in_shipyard(document)):
        try:
            names.check_stage(stage, project=project)
        except Refused as refused:
            raise document.error(str(refused), "stages", position) from refused
    pins(document, ctx)


def pins(document: Document, ctx: Context) -> None:
    """Raises InvalidFile where a shipyard, right as it is, pins requests by what this installation's router cannot."""
    for path, pin in _pins(document.data, ()):
        for key in pin:
            try:
                names.check_pin({key}, can=ctx.router.pins)
            except Refused as refused:
                raise document.error(str(refused), *path, key) from refused


def _pins(value: object, path: Path) -> Iterator[tuple[Path, Mapping[str, object]]]:
    """Every `pin` of a canary, or of a deployment that is written by hand."""
    if isinstance(value, Mapping):
        for key, item in value.items():
            if key == "pin" and path[-1:] in (("canary",), ("properties",)) and isinstance(item, Mapping):
                yield (*path, key), item
            yield from _pins(item, (*path, key))
    elif isinstance(value, list):
        for place, item in enumerate(value):
            yield from _pins(item, (*path, place))


def with_name(values: str, *, named: str) -> str:
    """A values file that names no service, as those of Helm's charts, with that name in it; any other as it is."""
    try:
        data = documents.read(values, file="values.yaml", kind="values").data
    except InvalidFile:  # it is told under its sender's name
        return values
    if not isinstance(data, Mapping) or {"service", "name", "metadata"} & data.keys():
        return values
    named_too = f"name: {named}\n{values}"
    return named_too if not values.lstrip().startswith(("{", "---", "%")) else values


def service_of(values: str, *, named: str, called: str = "") -> str:
    """The service's name from its values file; `named` may say it too. Raises InvalidFile."""
    called = called or "values.yaml"
    file("values.yaml", values.encode(), called=called)
    name = parse(values, file=called).service
    if not named and with_name(values, named=name) != values:  # the sender's folder may have any name
        raise InvalidFile("names no service; say it: keptn onboard service NAME --values=FILE", file=called)
    if named not in ("", name):
        raise InvalidFile(f"the file is for service {name!r}, not {named!r}; correct one", file=called)
    return name
