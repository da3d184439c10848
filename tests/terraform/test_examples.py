"""Each `terraform.tfvars.example` is one: with its values, everything of its example can be planned."""

from pathlib import Path

import pytest

from tests.terraform.checkout import FOLDERS, Checkout

EXAMPLES = [folder for folder in FOLDERS if "/examples/" in folder]
MOCK = """
mock_provider "kustomization" {
  mock_data "kustomization_overlay" {
    defaults = {
      ids       = ["a", "b", "c"]
      ids_prio  = [["a"], ["b"], ["c"]]
      manifests = { a = "{}", b = "{}", c = "{}" }
    }
  }
}

run "all" {
  command = plan
}
"""
MOCK_GOOGLE = """
mock_provider "google" {
  mock_resource "google_certificate_manager_dns_authorization" {
    defaults = { dns_resource_record = [{ name = "_acme-challenge.", type = "CNAME", data = "authorize." }] }
  }
}

run "google_cloud" {
  plan_options {
    target = [module.google]
  }
}
"""
"""The first of the two steps that its README says."""


@pytest.mark.parametrize("folder", EXAMPLES)
def test_the_example_is_one(folder: str, twin: Checkout):
    """With its values all is planned: none is missing, unknown, of another type or refused."""
    example = twin.root / folder
    (example / "kubeconfig").touch()
    (example / "terraform.tfvars.example").rename(example / "terraform.tfvars")
    code = "".join(file.read_text() for file in example.glob("*.tf"))
    (example / "twin.tftest.hcl").write_text((MOCK_GOOGLE if 'provider "google"' in code else "") + MOCK)
    _allow_to_destroy(twin.root / "terraform/modules")
    assert not twin.init(folder)
    done = twin.run(folder, "test", *(["-var=kubeconfig=kubeconfig"] if 'variable "kubeconfig"' in code else []))
    assert done.returncode == 0, done.stdout


def _allow_to_destroy(modules: Path) -> None:
    """At its end terraform destroys what a test has made; nothing was."""
    for file in modules.rglob("*.tf"):
        file.write_text(file.read_text().replace("prevent_destroy = true", "prevent_destroy = false"))
