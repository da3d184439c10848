"""Projects and their stages: made and deleted by an event, shown from the config repo."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from keptn import events, names
from keptn.api import checks, git_credentials, known, stage_view
from keptn.api.call import Call, file_text
from keptn.api.posting import new_event, posted
from keptn.context import Context
from keptn.errors import InvalidFile, Refused, Unavailable
from keptn.projects import remotes, stages
from keptn.projects.project import SECRETS, is_made_from
from keptn.records import secret_names
from keptn.web import Answer, HttpError, json_answer

MOST_LETTERS = 64 * 1024
"""Of the names of a project's secrets, all together."""


def create(call: Call) -> Answer:
    """Check name and shipyard, then have the project made."""
    name = call.text("name", "project")
    names.check_project(name)
    shipyard = file_text(call.text("shipyard"))
    checks.shipyard(shipyard, call.ctx, project=name, called=call.optional("file"))
    there = name in known.projects(call.ctx)
    if there and not is_made_from(shipyard, name, call.ctx):
        what = f"project {name!r} exists with another shipyard"
        raise HttpError(f"{what}; choose another name, or change that: keptn add-resource", status=409)
    git = git_credentials.given(call)
    if there and git.url not in ("", call.ctx.config_repo.remote(name)):
        what = f"project {name!r} exists with another repository"
        raise HttpError(f"{what}; choose another name, or change that: keptn update project", status=409)
    if git.login and not git.url:
        raise HttpError("a login for which repository? give its URL: --git-remote-url", status=400)
    data = {"project": name, "shipyard": shipyard}
    if git.url:
        git.tried_for(name, call).kept_for(name, call)
        data |= {remotes.URL: git.url}
    return posted(new_event(events.PROJECT_CREATE, data, call), call.ctx)


def update(call: Call) -> Answer:
    """Have the project in another repository, or reach its own with another login; both are tried before."""
    name = known.project(call.path.get("project") or call.text("name", "projectName"), call.ctx)
    if call.body.get("shipyard"):
        raise HttpError("a shipyard changes with keptn add-resource --resource=shipyard.yaml", status=400)
    git, present = git_credentials.given(call), call.ctx.config_repo.remote(name)
    if not git.login and git.url in ("", present):
        raise HttpError("nothing to update: give a --git-remote-url, or a --git-token", status=400)
    if not (git.url or present):
        kept = f"project {name} is where the installation keeps repositories, whose login is the secret git"
        raise HttpError(f"{kept} (keptn update secret git); --git-remote-url gives it one of its own", status=400)
    mirrored = call.body.get(remotes.MIRRORED) is True
    moved = replace(git, url=git.url or present).tried_for(name, call, mirrored=mirrored)
    moved.kept_for(name, call)
    data = {"project": name, remotes.URL: moved.url, **({remotes.MIRRORED: True} if mirrored else {})}
    return posted(new_event(events.PROJECT_UPDATE, data, call), call.ctx)


def delete(call: Call) -> Answer:
    """Have the project deleted, and by name its secrets: nobody but the api may list them."""
    name = known.project(call.path["project"], call.ctx)
    secrets = [secret for secret in call.ctx.secret_admin.names() if secret_names.project_of(secret) == name]
    if sum(map(len, secrets)) > MOST_LETTERS:
        what = f"project {name!r} has {len(secrets)} secrets, more than an event can name"
        raise HttpError(f"{what}; delete some of them first: keptn delete secret", status=409)
    return posted(new_event(events.PROJECT_DELETE, {"project": name, SECRETS: secrets}, call), call.ctx)


def index(call: Call) -> Answer:
    """Those that the token is for."""
    there = [name for name in known.projects(call.ctx) if call.sees(name)]
    page = [name for name in there if name > call.page_token][: call.page_size]
    following = page[-1] if page and page[-1] != there[-1] else ""
    shown = [{"projectName": name, **_named(name, call), **_repository(name, call.ctx)} for name in page]
    return json_answer({"projects": shown, "nextPageKey": following, "totalCount": len(there)})


def show(call: Call) -> Answer:
    return json_answer(about(call.path["project"], call.ctx))


def about(project: str, ctx: Context, *, gates: bool = True) -> Mapping[str, object]:
    """All that is told of a project. gates: also of every service in every stage. Raises Unknown."""
    name = known.project(project, ctx)
    text = stages.shipyard(ctx.config_repo, name).decode(errors="replace")
    told = {**_stages(name, ctx, gates=gates), **_repository(name, ctx)}
    return {"projectName": name, **told, "shipyard": text}


def stage_index(call: Call) -> Answer:
    return json_answer(_stages(known.project(call.path["project"], call.ctx), call.ctx))


def stage(call: Call) -> Answer:
    project = call.path["project"]
    (found,) = stage_view.described(project, [known.stage(project, call.path["stage"], call.ctx)], call.ctx)
    return json_answer(found)


def _repository(project: str, ctx: Context) -> dict[str, object]:
    """Where the project's own repository is, without its login; nothing where the installation keeps it."""
    url = ctx.config_repo.remote(project)
    return {"gitCredentials": {"remoteURL": url}} if url else {}


def _named(project: str, call: Call) -> dict[str, object]:
    """The project's stages; where its shipyard cannot be read, those that have a branch, and what is wrong with it.

    A repository of its own that is away hides no other project.
    """
    try:
        return {"stages": list(known.stage_names(project, call.ctx))}
    except InvalidFile as problem:
        return {"stages": list(known.stages_there(project, call.ctx)), "problem": str(problem)}
    except (Refused, Unavailable) as problem:
        return {"stages": [], "problem": str(problem)}


def _stages(project: str, ctx: Context, *, gates: bool = True) -> dict[str, object]:
    """The same with the services of each; a branch that is no stage any more is told, too."""
    there, problem = known.stages_there(project, ctx), ""
    try:
        named = known.stage_names(project, ctx)
        if left := [stage for stage in there if stage not in named]:
            problem = f"the shipyard names {', '.join(left)} no more, whose branch is there"
    except Refused as broken:
        named, problem = there, str(broken)
    return {
        "stages": stage_view.described(project, named, ctx, gates=gates),
        **({"problem": problem} if problem else {}),
    }
