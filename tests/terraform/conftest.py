"""terraform, with all that it needs."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests import needs
from tests.terraform import google_schema, stand_in
from tests.terraform.checkout import FOLDERS, ROOT, Checkout
from tests.terraform.hcl import blocks

WHEEL = "cdktf_cdktf_provider_google-16.12.1-py3-none-any.whl"
OF_TWINS = {"google_pubsub_topic", "google_storage_bucket"}
"""What the broken twins are made of."""


@pytest.fixture(scope="session")
def schemas() -> google_schema.Schemas:
    """Of every type of the google provider that terraform/ names."""
    named = {(block.kind, block.labels[0]) for folder in FOLDERS for block in blocks(ROOT / folder) if block.labels}
    google = {(kind, type_) for kind, type_ in named if type_.startswith("google_")}
    return google_schema.read(
        needs.terraform_tool(WHEEL),
        resources={type_ for kind, type_ in google if kind == "resource"} | OF_TWINS,
        data_sources={type_ for kind, type_ in google if kind == "data"},
    )


@pytest.fixture(scope="session")
def checkout(schemas: google_schema.Schemas, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Checkout]:
    """A copy of the repository's, for those who change nothing in it."""
    with stand_in.serving(schemas) as environment:
        yield Checkout(root=Path(), environment=environment).copy(tmp_path_factory.mktemp("checkout"))


@pytest.fixture
def twin(checkout: Checkout, tmp_path: Path) -> Checkout:
    """A copy to break."""
    return checkout.copy(tmp_path)
