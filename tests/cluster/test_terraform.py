"""terraform on a real cluster: applied, at rest, changed, upgraded under a delivery, and gone without rest.

It takes away what is installed, and leaves nothing: the last file of this folder.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from examples.sockshop.demo.cluster import kubectl
from tests import needs
from tests.cluster import installed
from tests.cluster import shop as shops
from tests.terraform.checkout import Checkout

pytestmark = pytest.mark.cluster
EXAMPLE = "terraform/examples/existing-cluster"
IMAGES = {"image": "dev.local/keptn:ci", "test_image": "dev.local/keptn-test:ci"}
EVERYWHERE = (
    "namespaces",
    "clusterroles",
    "clusterrolebindings",
    "persistentvolumes",
    "validatingadmissionpolicies",
    "validatingadmissionpolicybindings",
)
"""Kinds of which there may be objects outside of the namespaces."""


class Terraform:
    """The example, in a copy of the repository, on the overlay that this cluster gets."""

    def __init__(self, folder: Path) -> None:
        self._checkout = Checkout(root=Path(), environment={}).copy(folder)
        self._given: Mapping[str, str] = {
            "kubeconfig": str(needs.cluster()),
            "manifests": os.path.relpath(needs.on_cluster("KEPTN_OVERLAY"), folder / EXAMPLE),
            **IMAGES,
        }
        self._checkout.init(EXAMPLE)

    def apply(self, **other: str) -> str:
        self._given = {**self._given, **other}
        return self._run("apply", "-auto-approve")

    def changes(self, **other: str) -> dict[str, list[str]]:
        """What a plan would do to which objects; empty if nothing."""
        self._run("plan", "-out=plan", given={**self._given, **other})
        planned = json.loads(self._run("show", "-json", "plan", given={}))["resource_changes"]
        found = {one["index"]: one["change"]["actions"] for one in planned}
        return {name: actions for name, actions in found.items() if actions not in (["no-op"], ["read"])}

    def destroy(self) -> str:
        return self._run("destroy", "-auto-approve")

    def next(self) -> str:
        return self._run("output", "-raw", "next", given={})

    def _run(self, *words: str, given: Mapping[str, str] | None = None) -> str:
        chosen = self._given if given is None else given
        done = self._checkout.run(EXAMPLE, *words, *(f"-var={key}={value}" for key, value in chosen.items()))
        assert done.returncode == 0, done.stdout
        return done.stdout


@pytest.fixture(scope="module")
def terraform(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Terraform]:
    """Applied, ready, with a token; destroyed in the end, as its README says."""
    made = Terraform(tmp_path_factory.mktemp("terraform"))
    installed.take_away(needs.on_cluster("KEPTN_OVERLAY"))
    made.apply()
    installed.ready()
    installed.make_token()
    yield made
    installed.stop_functions()
    made.destroy()
    assert _left() == []


def test_a_plan_after_it_changes_nothing(terraform):
    assert terraform.changes() == {}
    assert terraform.next().splitlines()[1] == (
        f"kubectl -n keptn wait --for=condition=Ready ksvc,trigger,broker,jobsink --all --timeout={installed.READY_S}s"
    )


def test_a_setting_changes_the_settings_alone(terraform):
    setting = {"settings": json.dumps({"KEPTN_RETENTION_DAYS": "30"})}
    assert terraform.changes(**setting) == {"_/ConfigMap/keptn/keptn-settings": ["update"]}
    terraform.apply(**setting)
    assert terraform.changes() == {}
    path = "-o=jsonpath={.data.KEPTN_RETENTION_DAYS}"
    assert kubectl("-n", "keptn", "get", "configmap", "keptn-settings", path) == "30"


def test_an_image_is_upgraded_under_a_delivery(terraform, tmp_path):
    """Which ends as it would have."""
    (folder := tmp_path / "versions").mkdir()
    with shops.shop(tmp_path, shops.push_versions(folder)) as shop:
        context = shop.start("good")
        terraform.apply(image=os.environ["KEPTN_NEXT_IMAGE"])
        assert shop.follow(context, within_s=installed.READY_S).result == "pass"
        installed.ready()
        image = "-o=jsonpath={.spec.template.spec.containers[0].image}"
        assert kubectl("-n", "keptn", "get", "ksvc", "deploy", image) == os.environ["KEPTN_NEXT_IMAGE"]


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"image": "dev.local/keptn:latest"}, "image is latest, which may be another one tomorrow"),
        ({"image": "dev.local/keptn"}, "image is a repository with a tag or a digest"),
        ({"settings": '{"KEPTN-STORE": "gcs"}'}, "settings has a key that no function reads"),
        ({"kubeconfig": "/nowhere"}, "There is no such kubeconfig"),
    ],
)
def test_wrong_input_is_a_sentence(terraform, wrong, says):
    with pytest.raises(AssertionError) as failed:
        terraform.changes(**wrong)
    assert says in " ".join(str(failed.value).replace("│", "").split())


def _left() -> list[str]:
    """Of what is labelled as keptn's, anywhere."""
    return kubectl("get", ",".join(EVERYWHERE), "-l", "app.kubernetes.io/part-of=keptn", "-o", "name").split()
