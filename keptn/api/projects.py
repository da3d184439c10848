"""Projects and their stages: made and deleted by an event, shown from the config repo."""

from __future__ import annotations

from keptn import events, names
from keptn.api import checks, known, stage_view
from keptn.api.call import Call, file_text
from keptn.api.posting import new_event, posted
from keptn.errors import Refused
from keptn.projects import stages
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
    shown = [{"projectName": name, **_named(name, call)} for name in page]
    return json_answer({"projects": shown, "nextPageKey": following, "totalCount": len(there)})


def show(call: Call) -> Answer:
    name = known.project(call.path["project"], call.ctx)
    text = stages.shipyard(call.ctx.config_repo, name).decode(errors="replace")
    return json_answer({"projectName": name, **_stages(name, call), "shipyard": text})


def stage_index(call: Call) -> Answer:
    return json_answer(_stages(known.project(call.path["project"], call.ctx), call))


def stage(call: Call) -> Answer:
    project = call.path["project"]
    return json_answer(stage_view.described(project, known.stage(project, call.path["stage"], call.ctx), call.ctx))


def _named(project: str, call: Call) -> dict[str, object]:
    """The project's stages; where its shipyard cannot be read, those that have a branch, and what is wrong with it."""
    try:
        return {"stages": list(known.stage_names(project, call.ctx))}
    except Refused as problem:
        return {"stages": list(known.stages_there(project, call.ctx)), "problem": str(problem)}


def _stages(project: str, call: Call) -> dict[str, object]:
    """The same with the services of each; a branch that is no stage any more is told, too."""
    there, problem = known.stages_there(project, call.ctx), ""
    try:
        named = known.stage_names(project, call.ctx)
        if left := [stage for stage in there if stage not in named]:
            problem = f"the shipyard names {', '.join(left)} no more, whose branch is there"
    except Refused as broken:
        named, problem = there, str(broken)
    shown = [stage_view.described(project, name, call.ctx) for name in named]
    return {"stages": shown, **({"problem": problem} if problem else {})}
