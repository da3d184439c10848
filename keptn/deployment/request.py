"""From a task's event and the service's values file to the request that `order.py` decides on.

Called by `step.py`. The image and its digest come from the event; how it runs from the values file.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from keptn import names
from keptn.context import Context
from keptn.deployment.order import Request
from keptn.deployment.strategy import Phase, Strategy, Version, strategy_named
from keptn.errors import Refused, Unknown
from keptn.events import Event, Scope, section
from keptn.ports import NO_PIN, Pin, Tree
from keptn.projects import values


def read(task: Event, tree: Tree, ctx: Context, *, phase: Phase, to_previous: bool, live: Version | None) -> Request:
    """What the task asks for. live: the version that a deployment without an image deploys again. Raises Refused."""
    scope = scope_of(task)
    text = _values(tree, scope)
    deploying = phase is Phase.DEPLOY
    asked = section(task.data, "deployment")
    return Request(
        scope=scope,
        task=task.id,
        context=task.context,
        epoch=task.epoch,
        phase=phase,
        strategy=strategy_named(str(asked.get("deploymentstrategy") or "direct")) if deploying else Strategy.DIRECT,
        version=_version(task, text, ctx, live=live) if deploying else None,
        trial_weight_percent=_percent(asked.get("trial_weight_percent", 10), "trial_weight_percent"),
        weight_percent=_percent(section(task.data, "traffic").get("weight_percent"), "weight_percent")
        if phase is Phase.TRAFFIC
        else 0,
        pin=_pin(section(asked, "pin"), ctx) if deploying else NO_PIN,
        fast_rollback=int(asked.get("fast_rollback") or 0) if deploying else 0,
        to_previous=to_previous or section(task.data, "rollback").get("to") == "previous",
    )


def scope_of(task: Event) -> Scope:
    """The slot that the task is for. Raises Refused if its event does not say all of it."""
    scope = task.scope
    for part in ("project", "stage", "service"):
        if not getattr(scope, part):
            raise Refused(f"the event names no {part}; its data needs project, stage and service")
    return scope


def _values(tree: Tree, scope: Scope) -> bytes:
    """The values file of the stage: onboarding wrote it, anybody may have changed it since."""
    text = tree.read(f"{scope.service}/values.yaml")
    if text is None:
        raise Unknown(
            f"service {scope.service!r} is not in stage {scope.stage} of project {scope.project}; "
            f"onboard it: keptn onboard service --project={scope.project} --values=FILE"
        )
    return text


def _version(task: Event, text: bytes, ctx: Context, *, live: Version | None) -> Version:
    image, digest = _image(task)
    if not image:
        if live is None:
            raise Refused(f"the deployment of {task.scope} names no image; send the artifact with it")
        image, digest = live.image, live.digest
    file = values.parse(text, file=f"{task.scope.service}/values.yaml")
    return Version(
        image=names.check_image(image),
        digest=names.check_digest(digest or ctx.registry.digest(image)),
        workload=file.workload,
    )


def _image(task: Event) -> tuple[str, str]:
    """The image as pushed, and its digest if the event knows it."""
    artifact = section(task.data, "artifact")
    changed = section(section(task.data, "configurationChange"), "values").get("image")
    name, tag = str(artifact.get("image") or ""), str(artifact.get("tag") or "")
    if tag and ":" not in name.rpartition("/")[2]:
        name = f"{name}:{tag}"
    return str(changed or name), str(artifact.get("digest") or "")


def _percent(value: object, name: str) -> int:
    if isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= 100:
        return value
    raise Refused(f"{name} {value!r} is no whole number from 0 to 100; correct it in the shipyard")


def _pin(asked: Mapping[str, Any], ctx: Context) -> Pin:
    if asked:
        names.check_pin(asked, can=ctx.router.pins)
    return Pin(**{name: str(value) for name, value in asked.items()})
