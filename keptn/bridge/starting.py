"""What a person starts from a form: a delivery, an evaluation, any sequence of a stage. What is wrong is told there."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from keptn import shipyard
from keptn.bridge.visit import Visit
from keptn.errors import KeptnError, Refused
from keptn.records import deliveries, objects
from keptn.web import Answer, HttpError, json_value, status_of


def show(visit: Visit) -> Answer:
    """The forms; the query fills them in, so that a link may lead to one."""
    return _forms(visit, dict(visit.request.query))


def delivery(visit: Visit) -> Answer:
    """Of an image; what is left empty keptn finds out: the service by the image, the first stage."""
    forced = {"force": True, "reason": visit.form.get("reason", "").strip()} if visit.form.get("force") else {}
    body = {"project": visit.path["project"], **visit.given("image", "service", "stage"), **forced}
    return _started(visit, lambda: visit.post("delivery", body=body))


def evaluation(visit: Visit) -> Answer:
    """Of what runs, over a timeframe back from now, or between two times."""
    body = visit.given("timeframe", "start", "end")
    return _started(visit, lambda: visit.post(*_slot(visit, visit.form.get("stage", "")), "evaluation", body=body))


def sequence(visit: Visit) -> Answer:
    """The form names stage and sequence as one; `data` is what the sequence is given."""
    stage, _, name = visit.form.get("sequence", "").partition("/")
    return _started(visit, lambda: visit.post(*_slot(visit, stage), "sequence", name, body={"data": _data(visit.form)}))


def begun(visit: Visit) -> Answer:
    """Its page, as soon as its first task is there: an event is on its way for a moment."""
    project, context = visit.path["project"], visit.path["context"]
    visit.principal.check_project(project)
    if not next(deliveries.names(visit.ctx.store, objects.executions(context), at_once=1), ""):
        return visit.page("begun.html", project=project, context=context)
    where = visit.link("delivery", context)
    if visit.request.headers.get("hx-request"):
        return Answer(headers=(("HX-Redirect", where),), content_type="text/html")
    return visit.redirect(where)


def _started(visit: Visit, start: Callable[[], Mapping[str, Any]]) -> Answer:
    """What has begun; or the forms as they were filled in, with what is wrong."""
    try:
        found = start()
    except KeptnError as why:
        return _forms(visit, dict(visit.form), problem=str(why), status=status_of(why))
    return visit.redirect(visit.link("project", visit.path["project"], "begun", str(found["keptnContext"])))


def _forms(visit: Visit, filled: Mapping[str, str], *, problem: str = "", status: int = 200) -> Answer:
    project = visit.path["project"]
    found = visit.project(project)
    stages = found["stages"]
    return visit.page(
        "start.html",
        status=status,
        project=project,
        problem=problem,
        filled=filled,
        asked=visit.request.path.rpartition("/")[2],
        stages=[str(one["stageName"]) for one in stages],
        services=sorted({name for one in stages for name in one["services"]}),
        sequences=_sequences(found, project),
    )


def _sequences(found: Mapping[str, Any], project: str) -> Mapping[str, list[str]]:
    """By stage; none while the shipyard is broken, which the start then says."""
    try:
        read = shipyard.parse(found["shipyard"].encode(), file=f"{project}/shipyard.yaml", name=project)
    except Refused:
        return {}
    return {stage.name: [one.name for one in stage.sequences] for stage in read.stages}


def _slot(visit: Visit, stage: str) -> tuple[str, ...]:
    """Raises HttpError 400 for a form without its places: an empty part would be another address of the api."""
    service = visit.form.get("service", "")
    if not (stage and service):
        raise HttpError("choose a stage and a service; keptn onboard service makes one", status=400)
    return "project", visit.path["project"], "stage", stage, "service", service


def _data(form: Mapping[str, str]) -> object:
    try:
        return json_value(form.get("data", "").strip() or "{}")
    except ValueError as exc:
        raise HttpError(
            f'the data are no JSON ({exc}); an object as in {{"labels": {{"build": "7"}}}}', status=400
        ) from exc
