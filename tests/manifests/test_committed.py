"""What a deployment commits is what the API server takes: the route against Gateway API's own schema."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import jsonschema
import pytest

from keptn.deployment import manifests
from keptn.deployment.manifests import Exposure
from keptn.deployment.state import DesiredState
from keptn.deployment.strategy import Plan, Strategy, Version, deploy
from keptn.events import Scope
from keptn.ports import NO_PIN, Pin
from keptn.projects import values
from tests.manifests.test_overlays import closed, schemas
from tests.world import digest_of

SCOPE = Scope(project="sockshop", stage="prod", service="carts")
EXAMPLES = sorted(Path("shipyard-schemas/examples").glob("values*.yaml"))


@pytest.mark.parametrize("file", EXAMPLES, ids=lambda file: file.name)
@pytest.mark.parametrize("how", Strategy)
@pytest.mark.parametrize("pin", [NO_PIN, Pin(header="X-Canary", value="always", cookie="carts-version")], ids=str)
def test_a_route_is_one_of_gateway_api(file: Path, how: Strategy, pin: Pin) -> None:
    """Every strategy's, before the first release and after it, with a pin and without; the last rule is the probe's."""
    workload = values.parse(file.read_bytes()).workload
    old, new = (Version(image=f"carts:{tag}", digest=digest_of(tag), workload=workload) for tag in ("1", "2"))
    first = deploy(Plan(), strategy=how, version=old)
    second = deploy(Plan(versions={"blue": old}, live="blue", weights={"blue": 100}), strategy=how, version=new)
    for plan in (first, second):
        state = DesiredState(plan=replace(plan, pin=pin), revision=1)
        text = manifests.render(state, scope=SCOPE, exposure=Exposure())[manifests.path(SCOPE, "route")]
        (route,) = manifests.parse(text or b"", file="route.yaml")
        schema = schemas()[route["apiVersion"], route["kind"]]
        jsonschema.Draft202012Validator(closed(schema)).validate(route)
        assert len(route["spec"]["rules"]) == (3 if pin.header and plan.candidate else 2)
