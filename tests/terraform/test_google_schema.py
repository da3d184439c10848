"""The schema that is read out of the generated package is the provider's."""

from tests.terraform.google_schema import Attribute, Schemas
from tests.terraform.google_values import Fault, faults


def test_arguments_and_results_have_their_types(schemas: Schemas):
    """What must be said, what may be, and what can only be read."""
    bucket = schemas.resources["google_storage_bucket"].attributes
    assert bucket["location"] == Attribute(type="string", required=True)
    assert bucket["force_destroy"] == Attribute(type="bool", optional=True)
    assert bucket["labels"] == Attribute(type=["map", "string"], optional=True)
    assert bucket["project"] == Attribute(type="string", optional=True, computed=True)
    assert bucket["url"] == Attribute(type="string", computed=True)


def test_blocks_are_there_as_often_as_they_may(schemas: Schemas):
    """One, any number, or at least one; in an order, or in none."""
    blocks = schemas.resources["google_storage_bucket"].blocks
    rule = blocks["lifecycle_rule"].block.blocks
    seen = {name: (block.nesting, block.at_least, block.at_most) for name, block in (blocks | rule).items()}
    assert seen["versioning"] == ("list", 0, 1)
    assert seen["lifecycle_rule"] == ("list", 0, 0)
    assert seen["action"] == ("set", 1, 1)
    assert seen["timeouts"] == ("single", 0, 0)


def test_a_value_is_one_that_the_provider_takes(schemas: Schemas):
    """Where the provider says which there are; what is not known yet is left alone."""
    topic = schemas.resources["google_pubsub_topic"]
    said = {"name": "twin", "id": object(), "schema_settings": [{"schema": "twin", "encoding": "XML"}]}
    detail = 'encoding is "XML", which is none of ENCODING_UNSPECIFIED, JSON, BINARY.'
    assert [*faults(topic, said)] == [
        Fault(path=("schema_settings", 0, "encoding"), summary="Unknown value", detail=detail)
    ]
    assert not [*faults(topic, {"name": "twin", "schema_settings": object()})]
