"""What a deployment commits for one colour of a service: rendered from values, as the steps do it."""

from __future__ import annotations

from collections.abc import Sequence

from keptn.deployment import manifests
from keptn.deployment.state import DesiredState
from keptn.deployment.strategy import Plan, Version
from keptn.events import Scope
from keptn.ports import Manifest
from keptn.projects import values


def objects(
    scope: Scope, colour: str, *, image: str, digest: str, revision: int = 1, more: str = ""
) -> Sequence[Manifest]:
    """more: lines of the values file besides the service and its image."""
    workload = values.parse(f"service: {scope.service}\nimage: any/image\n{more}").workload
    version = Version(image=image, digest=digest, workload=workload)
    plan = Plan(versions={colour: version}, live=colour, weights={colour: 100})
    state = DesiredState(plan=plan, revision=revision, epoch=revision)
    files = manifests.render(state, scope=scope, exposure=manifests.Exposure())
    path = manifests.path(scope, colour)
    return manifests.parse(files[path] or b"", file=path)
