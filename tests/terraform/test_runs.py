"""`terraform test` of every module that has tests, and what these are worth."""

import pytest

from tests.terraform.checkout import FOLDERS, ROOT, Checkout

TESTED = [folder for folder in FOLDERS if [*(ROOT / folder).glob("tests/*.tftest.hcl")]]
GOOGLE = "terraform/modules/google"


@pytest.mark.parametrize("folder", TESTED)
def test_a_module_does_what_its_tests_say(folder: str, checkout: Checkout):
    """Planned on a mock of Google Cloud, with the manifests that the real provider builds."""
    assert not checkout.init(folder)
    done = checkout.run(folder, "test")
    assert done.returncode == 0, done.stdout


def test_every_module_has_tests():
    """Examples are modules put together: they are validated, and applied on a cluster."""
    assert [folder for folder in FOLDERS if "/modules/" in folder] == TESTED


def test_a_wrong_value_is_caught(twin: Checkout):
    """By the sentence that the variable's validation has for it."""
    said = _planned(twin, 'variables {\n    region = "europe-west3-a"\n  }')
    assert "region is a region such as europe-west3, not a zone" in said


def test_a_plan_that_is_not_as_it_should_be_is_caught(twin: Checkout):
    """By the sentence of the test."""
    said = _planned(
        twin, 'assert {\n    condition = var.region == "nowhere"\n    error_message = "Region is nowhere."\n  }'
    )
    assert "Region is nowhere." in said


def test_the_stand_in_says_that_it_is_one(twin: Checkout):
    """Whoever plans without a mock is not left alone with a protocol's error."""
    (twin.root / GOOGLE / "twin.tf").write_text('resource "google_pubsub_topic" "twin" {\n  name = "twin"\n}\n')
    assert not twin.init(GOOGLE)
    done = twin.run(GOOGLE, "plan", "-var=project_id=my-project", "-var=region=europe-west3")
    assert done.returncode == 1 and "This google provider only validates" in done.stdout


def _planned(twin: Checkout, more: str) -> str:
    """What terraform says of the module of Google Cloud, planned with something more, that must be wrong."""
    test = twin.root / GOOGLE / "twin.tftest.hcl"
    test.write_text(
        'mock_provider "google" {}\n\nvariables {\n  project_id = "my-project"\n  region = "europe-west3"\n}\n\n'
        f'run "twin" {{\n  command = plan\n  {more}\n}}\n'
    )
    assert not twin.init(GOOGLE)
    done = twin.run(GOOGLE, "test", f"-filter={test.name}")
    assert done.returncode == 1
    return " ".join(done.stdout.replace("│", " ").split())
