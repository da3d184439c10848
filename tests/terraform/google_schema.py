"""The schema of the google provider, read out of a Python package that was generated from it.

The provider itself cannot be had from a package registry; `cdktf-cdktf-provider-google` can. Its wheel holds an npm
package with a folder per resource and data source. JavaScript there names each argument and block, with its type;
TypeScript declares which may be left out, and says of many which values they take. What is not in there: which optional
arguments get a value of the provider's, which are sensitive, and which exclude each other.
"""

from __future__ import annotations

import json
import re
import tarfile
import zipfile
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

Type = str | list[Any]
"""As Terraform spells it in JSON: "string", ["list", "string"], ["object", {"name": "string"}]."""
_TYPES: dict[str, Type] = {
    "string": "string",
    "number": "number",
    "boolean": "bool",
    "list": ["list", "string"],
    "stringlist": ["list", "string"],
    "numberlist": ["list", "number"],
    "stringmap": ["map", "string"],
    "stringmaplist": ["list", ["map", "string"]],
}
_OF_PROVIDER = {"id", "project", "region", "zone"}
"""Optional arguments that are known to get a value of the provider's where they are left out."""

_PARTS = re.compile(r"^(?:function (\w+)ToHclTerraform\(|class (\w+) extends )", re.MULTILINE)
_ARGUMENT = re.compile(
    r"^\s+(\w+): \{\n\s+value: .*\n\s+isBlock: (\w+),\n\s+type: \"(\w+)\",\n\s+storageClassType: \"(\w+)\"",
    re.MULTILINE,
)
_GETTER = re.compile(r"(tolist\()?this\.get(\w*)Attribute\('(\w+)'\)")
_MEMBER = re.compile(r" = new (?:\w+\.)?(\w+)\(this, \"(\w+)\"(?:, (true|false))?\)")
_INTERFACE = re.compile(r"^export interface (\w+) .*?\{\n(.*?)^\}", re.MULTILINE | re.DOTALL)
_FIELD = re.compile(
    r"/\*\*((?:(?!\*/).)*)\{@link \S+#(\w+) \S+\}(?:(?!\*/).)*\*/\s+readonly \w+(\??): ([^;]+);", re.DOTALL
)
_ONE_OF = re.compile(r"Possible values: (\[\"[^]]*\"\])")


@dataclass(frozen=True, slots=True, kw_only=True)
class Attribute:
    type: Type
    required: bool = False
    optional: bool = False
    computed: bool = False
    write_only: bool = False
    one_of: tuple[str, ...] = ()
    """The values that it takes, or its items; empty where that is not known."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Nested:
    """A block in a block. nesting: single, list or set; at_most 0: any number."""

    block: Block
    nesting: str
    at_least: int
    at_most: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    attributes: dict[str, Attribute] = field(default_factory=dict)
    blocks: dict[str, Nested] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Schemas:
    version: str
    provider: Block
    resources: dict[str, Block]
    data_sources: dict[str, Block]


def read(wheel: Path, *, resources: Collection[str], data_sources: Collection[str]) -> Schemas:
    """The provider's schema and those of the named types; a type that it does not have is left out."""
    of_resource = {name.removeprefix("google_").replace("_", "-"): name for name in resources}
    of_data_source = {f"data-{name.replace('_', '-')}": name for name in data_sources}
    sources = _sources(wheel, {"provider", *of_resource, *of_data_source})
    return Schemas(
        version=re.findall(r"providerVersion: '([\d.]+)'", "".join(sources.values()))[0],
        provider=_Source(sources["provider"]).block(),
        resources={name: _Source(sources[folder]).block() for folder, name in of_resource.items() if folder in sources},
        data_sources={
            name: _Source(sources[folder]).block() for folder, name in of_data_source.items() if folder in sources
        },
    )


def _sources(wheel: Path, folders: Collection[str]) -> dict[str, str]:
    """By folder, all that is written in it: large resources have several files."""
    found: dict[str, str] = {}
    with zipfile.ZipFile(wheel) as outer:
        (inner,) = [name for name in outer.namelist() if name.endswith(".jsii.tgz")]
        with outer.open(inner) as stream, tarfile.open(fileobj=stream, mode="r|gz") as files:
            for member in files:
                folder, _, file = member.name.removeprefix("package/lib/").partition("/")
                content = files.extractfile(member) if folder in folders and file.endswith((".js", ".d.ts")) else None
                if content:
                    found[folder] = found.get(folder, "") + content.read().decode()
    return found


@dataclass(frozen=True, slots=True, kw_only=True)
class _Field:
    """What the declaration of an argument or a block says, beside its name and type."""

    required: bool
    many: bool
    one_of: tuple[str, ...]


def _one_of(text: str) -> tuple[str, ...]:
    said = _ONE_OF.search(text)
    return tuple(json.loads(said[1])) if said else ()


def _type(name: str, *, is_set: bool) -> Type:
    type_ = _TYPES[name.lower()]
    return ["set", type_[1]] if is_set else type_


class _Source:
    """One folder of the package."""

    def __init__(self, text: str) -> None:
        starts = [*_PARTS.finditer(text)]
        ends = [*(start.start() for start in starts[1:]), len(text)]
        parts = ((start[1] or start[2], text[start.start() : end]) for start, end in zip(starts, ends, strict=True))
        self.parts = dict(parts)
        self.fields = {
            interface: {
                name: _Field(required=mark == "", many="[]" in type_, one_of=_one_of(text))
                for text, name, mark, type_ in _FIELD.findall(body)
            }
            for interface, body in _INTERFACE.findall(text)
        }

    def block(self) -> Block:
        """Of the whole resource, data source or provider."""
        (config,) = [
            name for name in self.fields if name.endswith("Config") and name.removesuffix("Config") in self.parts
        ]
        main = config.removesuffix("Config")
        return self._block(config, self.parts[main], self.parts[main])

    def _block(self, interface: str, written: str, read: str) -> Block:
        """interface: who declares the arguments. written, read: the code that writes and that reads them."""
        attributes, blocks = {}, {}
        fields = self.fields[interface]
        for name, is_block, nesting, type_ in _ARGUMENT.findall(written):
            declared = fields[name]
            if is_block == "true":
                blocks[name] = self._nested(type_.removesuffix("List"), nesting, declared)
            else:
                attributes[name] = Attribute(
                    type=_type(type_, is_set=nesting == "set"),
                    required=declared.required,
                    optional=not declared.required,
                    computed=not declared.required and name in _OF_PROVIDER,
                    write_only=name.endswith("_wo"),
                    one_of=declared.one_of,
                )
        given = {
            name: Attribute(type=type_, computed=True)
            for name, type_ in self._readable(read)
            if name not in attributes and name not in blocks
        }
        return Block(attributes=attributes | given, blocks=blocks)

    def _nested(self, struct: str, nesting: str, declared: _Field) -> Nested:
        return Nested(
            block=self._block(
                struct,
                self.parts[struct[0].lower() + struct[1:]],
                self.parts.get(f"{struct}OutputReference", ""),  # of the provider's own blocks nothing is read
            ),
            nesting={"struct": "single", "set": "set"}.get(nesting, "list"),
            at_least=int(declared.required and nesting != "struct"),
            at_most=0 if declared.many or nesting == "struct" else 1,
        )

    def _readable(self, read: str) -> Iterator[tuple[str, Type]]:
        """Name and type of all that can be read of an object, arguments and blocks among it."""
        for is_set, type_, name in _GETTER.findall(read):
            yield name, _type(type_, is_set=bool(is_set))
        for class_, name, is_set in _MEMBER.findall(read):
            if class_.lower() in _TYPES:
                yield name, _type(class_, is_set=False)
            else:
                item = self.parts[f"{class_.removesuffix('List').removesuffix('OutputReference')}OutputReference"]
                yield name, ["set" if is_set == "true" else "list", ["object", dict(self._readable(item))]]
