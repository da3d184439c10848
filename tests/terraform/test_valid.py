"""What `make check` says of terraform/: it is formatted, valid and described."""

import re

import pytest

from tests.terraform.checkout import FOLDERS, ROOT, Checkout
from tests.terraform.google_schema import Schemas
from tests.terraform.hcl import blocks, undescribed


def test_it_is_formatted():
    """As `terraform fmt` writes it."""
    done = Checkout(root=ROOT, environment={}).run("terraform", "fmt", "-check", "-diff", "-recursive")
    assert done.returncode == 0, f"{done.stdout}\nSay `terraform fmt -recursive terraform`."


@pytest.mark.parametrize("folder", FOLDERS)
def test_every_folder_is_valid(folder: str, checkout: Checkout):
    """Each argument, block and reference is one that the providers know, and nothing is deprecated."""
    assert checkout.problems(folder) == []


@pytest.mark.parametrize("folder", FOLDERS)
def test_whoever_uses_it_is_told_what_is_what(folder: str):
    """A variable has a type and a description, an output a description."""
    assert not [*undescribed(ROOT / folder)]


@pytest.mark.parametrize("folder", FOLDERS)
def test_what_is_checked_is_what_will_run(folder: str, schemas: Schemas):
    """The google provider is pinned to the version that its schema is of."""
    terraform = [block.body for block in blocks(ROOT / folder) if block.kind == "terraform"]
    pinned = re.findall(r'"hashicorp/google"\s+version = "(.*)"', "".join(terraform))
    assert set(pinned) <= {f"~> {schemas.version.rpartition('.')[0]}", schemas.version}
