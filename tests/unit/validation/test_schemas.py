"""`shipyard-schemas/`: every example validates, and no broken twin of it does."""

import json
import re
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from keptn import documents, validation
from keptn.validation import kinds, schemas
from tests.unit.validation.twins import nodes, twins

SOCKSHOP = Path("examples/sockshop")
OURS = sorted(Path("shipyard-schemas/examples").iterdir())
WRITTEN = [*SOCKSHOP.glob("*.yaml"), *SOCKSHOP.glob("*.json"), SOCKSHOP / "tests/functional.yaml"]
SCHEMAS = sorted(file.name.removesuffix(".schema.json") for file in Path("shipyard-schemas").glob("*.json"))
JARGON = re.compile(r"is not valid|does not match|required property|Additional properties|not of type|\bNone\b")


def read(file):
    return documents.load(file.read_bytes(), file=file.name)


def schema_of(document):
    kind = kinds.of_document(document)
    assert kind, f"nobody knows what {document.file} is"
    return kinds.schema_of(kind, document.data)


@pytest.mark.parametrize("file", [*OURS, *WRITTEN], ids=str)
def test_every_example_validates(file):
    """Whoever copies an example gets one that works, without a warning."""
    assert validation.problems(file.read_bytes(), file=file.name) == []
    assert not validation.warnings(file.read_bytes(), file=file.name)


@pytest.mark.parametrize("name", SCHEMAS)
def test_every_schema_is_one(name):
    """The schemas are JSON Schemas of 2020-12 with a title, and each is named after its file."""
    schema = schemas.load(name)
    Draft202012Validator.check_schema(schema)
    assert schema["$schema"].endswith("2020-12/schema")
    assert schema["$id"] == f"{name}.schema.json"
    assert schema["title"]


@pytest.mark.parametrize("name", SCHEMAS)
def test_every_key_is_shown(name):
    """An example has every key that its schema knows, so that each is broken once below."""
    documents_of = [document for document in map(read, OURS) if schema_of(document) == name]
    found = [node for document in documents_of for node in nodes(document.data, schema=name)]
    for node in found:
        for rule in node.rules:
            shown = {
                key for other in found if rule in other.rules and isinstance(other.value, dict) for key in other.value
            }
            assert not set(rule.get("properties", {})) - shown, f"no example of {name} shows them"


@pytest.mark.parametrize("file", OURS, ids=lambda file: file.name)
def test_every_broken_twin_is_rejected(file):
    """A key less, a key more, a wrong type, an unknown word: one plain sentence with the line, each time."""
    document = read(file)
    broken = list(twins(document.data, schema=schema_of(document)))
    assert len(broken) > 5
    for twin in broken:
        json_file = file.suffix == ".json"
        text = json.dumps(twin.data, indent=2) if json_file else documents.dump(twin.data)
        found = validation.problems(text, file=file.name)
        assert found, f"{twin.name} is accepted"
        assert all(problem.line and problem.file == file.name for problem in found), twin.name
        assert not any(JARGON.search(problem.reason) for problem in found), f"{twin.name}: {found}"
        here = documents.load(text, file=file.name).line(twin.path)
        assert here in {problem.line for problem in found}, f"{twin.name}: line {here} in {found}"


@pytest.mark.parametrize("name", SCHEMAS)
def test_every_object_is_closed_or_says_why(name):
    """A misspelt key is found everywhere but where a user's own keys are expected."""
    free = {"taskProperties", "metadata", "labels", "fields", "query", "additionalProperties", "body"}
    for where, schema in objects(schemas.load(name), ""):
        closed = "additionalProperties" in schema or {"then", "else"} & set(schema)
        assert closed or where.rsplit("/", 1)[-1] in free, f"{name}{where} is open"


def objects(schema, where):
    if isinstance(schema, dict):
        if isinstance(schema.get("type"), str | list) and "object" in schema["type"]:
            yield where, schema
        for key, item in schema.items():
            yield from objects(item, f"{where}/{key}")


@pytest.mark.parametrize("file", [file for file in (*OURS, *WRITTEN) if file.name.startswith("shipyard")], ids=str)
def test_what_a_shipyard_becomes_validates_too(file):
    """The talk's form is compiled into a valid file of the product's form."""
    compiled = validation.parse(file.read_bytes(), file=file.name).to_dict()
    text = documents.dump(compiled)
    assert validation.problems(text, file="shipyard-0.2.yaml") == []
    assert validation.parse(text, file="shipyard-0.2.yaml").to_dict() == compiled
