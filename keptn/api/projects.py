"""Projects and their stages: made and deleted by an event, shown from the config repo."""

from __future__ import annotations

from keptn import events, names
from keptn.api import checks, known
from keptn.api.call import Call, file_text
from keptn.api.posting import new_event, posted
from keptn.projects.project import is_made_from
from keptn.web import Answer, HttpError, json_answer


def create(call: Call) -> Answer:
    """Check name and shipyard, then have the project made."""
    name = call.text("name", "project")
    names.check_project(name)
    shipyard = file_text(call.text("shipyard"))
    checks.shipyard(shipyard, call.ctx, project=name, called=call.optional("file"))
    if name in known.projects(call.ctx) and not is_made_from(shipyard, name, call.ctx):
        what = f"project {name!r} exists with another shipyard"
        raise HttpError(f"{what}; choose another name, or change that: keptn add-resource", status=409)
    return posted(new_event(events.PROJECT_CREATE, {"project": name, "shipyard": shipyard}, call), call.ctx)


def delete(call: Call) -> Answer:
    name = known.project(call.path["project"], call.ctx)
    return posted(new_event(events.PROJECT_DELETE, {"project": name}, call), call.ctx)


def index(call: Call) -> Answer:
    there = known.projects(call.ctx)
    page = [name for name in there if name > call.page_token][: call.page_size]
    following = page[-1] if page and page[-1] != there[-1] else ""
    shown = [{"projectName": name, "stages": list(known.stage_names(name, call.ctx))} for name in page]
    return json_answer({"projects": shown, "nextPageKey": following, "totalCount": len(there)})


def show(call: Call) -> Answer:
    name = known.project(call.path["project"], call.ctx)
    shipyard = call.ctx.config_repo.tree(name, "main").read("shipyard.yaml") or b""
    return json_answer({"projectName": name, "stages": _stages(name, call), "shipyard": shipyard.decode()})


def stage_index(call: Call) -> Answer:
    return json_answer({"stages": _stages(known.project(call.path["project"], call.ctx), call)})


def stage(call: Call) -> Answer:
    project = call.path["project"]
    return json_answer(_stage(project, known.stage(project, call.path["stage"], call.ctx), call))


def _stages(project: str, call: Call) -> list[dict[str, object]]:
    return [_stage(project, name, call) for name in known.stage_names(project, call.ctx)]


def _stage(project: str, name: str, call: Call) -> dict[str, object]:
    return {"stageName": name, "services": list(known.services(project, name, call.ctx))}
