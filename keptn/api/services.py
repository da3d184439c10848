"""Services: onboarded and deleted by an event, shown from the config repo and their slots."""

from __future__ import annotations

from collections.abc import Mapping

from keptn import events
from keptn.api import checks, known
from keptn.api.call import Call, file_text
from keptn.api.posting import new_event, posted
from keptn.errors import KeptnError, Unknown
from keptn.events import Scope
from keptn.projects import artifacts, hook_tokens
from keptn.records import slots
from keptn.sequence import codec
from keptn.sequence.slot import Slot
from keptn.web import Answer, HttpError, json_answer

_SHOWN = ("live", "candidate", "pin", "repairs", "epoch", "rejected")
"""Parts of a slot that people ask for."""


def create(call: Call) -> Answer:
    """Check project, values and name, then have the service onboarded in every stage.

    Without values it has a name and no image, which is enough for quality gates.
    """
    project = known.project(call.path["project"], call.ctx)
    named, called = call.optional("serviceName", "service"), call.optional("file")
    values = _values(call, named=named)
    name = checks.service_of(values, named=named, called=called)
    values = checks.with_name(values, named=name)
    there = known.all_services(project, call.ctx)
    if name in there:
        raise HttpError(f"project {project} has the service {name!r} already; change it with add-resource", status=409)
    data = {"project": project, "service": name, "values": values}
    return posted(new_event(events.SERVICE_CREATE, data, call), call.ctx)


def _values(call: Call, *, named: str) -> str:
    """The file, with the name in it that only the call says."""
    if not call.body.get("values"):
        return f"service: {named or call.text('serviceName')}\n"
    values = file_text(call.text("values"))
    return checks.with_name(values, named=named) if named else values


def delete(call: Call) -> Answer:
    project = known.project(call.path["project"], call.ctx)
    name = known.service(project, call.path["service"], call.ctx)
    return posted(new_event(events.SERVICE_DELETE, {"project": project, "service": name}, call), call.ctx)


def index(call: Call) -> Answer:
    project = known.project(call.path["project"], call.ctx)
    if "stage" in call.path:
        there = known.services(project, known.stage(project, call.path["stage"], call.ctx), call.ctx)
    else:
        there = known.all_services(project, call.ctx)
    return json_answer({"services": [{"serviceName": name} for name in there]})


def show(call: Call) -> Answer:
    """The service in each of its stages."""
    project = known.project(call.path["project"], call.ctx)
    name = known.service(project, call.path["service"], call.ctx)
    stages = [
        stage for stage in known.stage_names(project, call.ctx) if name in known.services(project, stage, call.ctx)
    ]
    return json_answer({"serviceName": name, "stages": [_slot(project, stage, name, call) for stage in stages]})


def slot(call: Call) -> Answer:
    project = known.project(call.path["project"], call.ctx)
    stage = known.stage(project, call.path["stage"], call.ctx)
    return json_answer(_slot(project, stage, known.service_in(project, stage, call.path["service"], call.ctx), call))


def hook(call: Call) -> Answer:
    """Where a registry posts, and with which header; with `registry`, what to enter where at that one."""
    project = known.project(call.path["project"], call.ctx)
    name = known.service(project, call.path["service"], call.ctx)
    if not any(artifacts.owner_objects(call.ctx.store, project, name)):
        raise Unknown(
            f"{project}/{name} has no image, so no push to a registry starts a delivery; name one in its values.yaml "
            f"(keptn add-resource), or deliver by hand: keptn trigger delivery --image=…"
        )
    token = call.ctx.secrets.get(hook_tokens.secret_name(project, name), "token")
    if token is None:
        secret = hook_tokens.secret_name(project, name)
        raise Unknown(
            f"{project}/{name} has no hook token; make one: keptn create secret {secret} --from-literal=token=…"
        )
    url, first = hook_tokens.hook_url(call.ctx.settings), token.split()[0]
    told: dict[str, object] = {"url": url, "header": f"Authorization: Bearer {first}", "token": first}
    if registry := call.query("registry"):
        from keptn.webhooks import setup  # noqa: PLC0415 - only who asks for it

        folder = call.ctx.settings.webhook_mappings
        hook_of = f"{project}.{name}"
        told |= setup.of_registry(registry, url=url, token=first, hook=hook_of, folder=folder)
    return json_answer(told)


def problems_hook(call: Call) -> Answer:
    """Where a monitor posts the problems of a project; with `monitor`, what to enter where at that one."""
    project = known.project(call.path["project"], call.ctx)
    secret = hook_tokens.problems_secret(project)
    token = call.ctx.secrets.get(secret, "token")
    if token is None:
        raise Unknown(
            f"{project} has no token for monitors; make one: keptn create secret {secret} "
            f"--from-literal=token={project}.$(openssl rand -hex 32)"
        )
    settings, first = call.ctx.settings, token.split()[0]
    url = settings.function_url("receive-problem")
    told: dict[str, object] = {"url": url, "header": f"Authorization: Bearer {first}", "token": first}
    if monitor := call.query("monitor"):
        from keptn.webhooks import setup  # noqa: PLC0415 - only who asks for it

        told |= setup.of_monitor(monitor, url=url, token=first, hook=project, folder=settings.webhook_mappings)
    return json_answer(told)


def _slot(project: str, stage: str, service: str, call: Call) -> Mapping[str, object]:
    slot = slots.read(call.ctx.store, Scope(project=project, stage=stage, service=service))
    state = codec.plain(slot) if slot else {}
    shown = {key: state[key] for key in _SHOWN if state.get(key)}
    return {"stageName": stage, "serviceName": service, **shown, **(_address(slot, call) if slot and slot.live else {})}


def _address(slot: Slot, call: Call) -> Mapping[str, str]:
    """Where users reach what is live; or why nobody can say."""
    try:
        return {"publicUrl": call.ctx.router.public_url(slot.scope)}
    except KeptnError as problem:
        return {"publicUrlProblem": str(problem)}
