"""`keptn get`: what there is, as a table, JSON or YAML."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar

import click

from keptn.cli import evaluations, progress
from keptn.cli.client import segment
from keptn.cli.examples import example
from keptn.cli.output import fields, output_option, short_time, show, table
from keptn.cli.session import Session, pass_session

F = TypeVar("F", bound=Callable[..., Any])
Found = Mapping[str, Any]

_ALL = 10_000
_project_option: Callable[[F], F] = click.option("-p", "--project", required=True, help="The project.")
_limit_option: Callable[[F], F] = click.option(
    "--limit",
    "--num-of-results",
    "limit",
    type=click.IntRange(1, 100),
    default=20,
    help="How many at most.  [default: 20]",
)


@click.group(epilog=example("keptn get project", "keptn get delivery --project=sockshop -o json"))
def command() -> None:
    """Show what there is."""


@command.command(epilog=example("keptn get project", "keptn get project sockshop -o yaml"))
@click.argument("name", required=False)
@output_option
@pass_session
def project(session: Session, *, name: str | None, output: str) -> None:
    """Show all projects, or the project NAME."""
    if name:
        one = session.client.get(f"/project/{segment(name)}")
        stages = one["stages"]
        show(one, output=output, table=lambda: _stages(stages, problem=one.get("problem"), repository=_repository(one)))
        return
    found = session.client.listed("/project", "projects", limit=_ALL)
    own = ("REPOSITORY",) if any(map(_repository, found)) else ()
    rows = [
        (item["projectName"], item["stages"], item.get("problem"), *(_repository(item) for _ in own)) for item in found
    ]
    empty = "There are no projects yet: keptn create project NAME SHIPYARD"
    columns = ("PROJECT", "STAGES", "NOTE", *own)
    show(found, output=output, table=lambda: table(rows, columns=columns, empty=empty))


@command.command(epilog=example("keptn get stage --project=sockshop", "keptn get stage prod --project=sockshop"))
@click.argument("name", required=False)
@_project_option
@output_option
@pass_session
def stage(session: Session, *, name: str | None, project: str, output: str) -> None:
    """Show the stages of a project, or the stage NAME."""
    found = session.client.get(f"/project/{segment(project)}/stage" + (f"/{segment(name)}" if name else ""))
    stages = [found] if name else found["stages"]
    show(stages, output=output, table=lambda: _stages(stages, problem=found.get("problem")))


@command.command(epilog=example("keptn get service --project=sockshop", "keptn get service carts --project=sockshop"))
@click.argument("name", required=False)
@_project_option
@click.option("--stage", default="", help="Only this stage.")
@output_option
@pass_session
def service(session: Session, *, name: str | None, project: str, stage: str, output: str) -> None:
    """Show the services of a project, and what is live of them in each stage."""
    base = f"/project/{segment(project)}" + (f"/stage/{segment(stage)}" if stage else "")
    names = [name] if name else [item["serviceName"] for item in session.client.get(f"{base}/service")["services"]]
    shown = [session.client.get(f"{base}/service/{segment(one)}") for one in names]
    slots = shown if stage else [slot for one in shown for slot in one["stages"]]
    rows = [(slot["serviceName"], slot["stageName"], *_live(slot)) for slot in slots]
    columns = ("SERVICE", "STAGE", "IMAGE", "DIGEST", "COLOUR", "NOTE")
    empty = f"There are no services yet: keptn onboard service --project={project} --values=FILE"
    show(slots, output=output, table=lambda: table(rows, columns=columns, empty=empty))


@command.command(
    epilog=example("keptn get delivery --project=sockshop", "keptn get delivery --older-than=1h --unfinished")
)
@click.argument("context", required=False)
@click.option("-p", "--project", default="", help="Only this project.")
@click.option("--service", default="", help="Only this service.")
@click.option("--older-than", default="", help="Only what began longer ago: 30m, 1h.")
@click.option("--unfinished", is_flag=True, help="Only what is not over.")
@_limit_option
@output_option
@pass_session
def delivery(session: Session, /, *, context: str | None, output: str, limit: int, **wanted: Any) -> None:  # noqa: ANN401
    """Show the newest deliveries, or the delivery with the keptn context CONTEXT step by step."""
    if context:
        one = session.client.get(f"/delivery/{segment(context)}")
        show(one, output=output, table=lambda: _steps(one))
        return
    query = {"project": wanted["project"], "service": wanted["service"], "olderThan": wanted["older_than"]}
    unfinished = "true" if wanted["unfinished"] else ""
    found = session.client.listed("/delivery", "deliveries", limit=limit, **query, unfinished=unfinished)
    show(found, output=output, table=lambda: _deliveries(found))


_EVALUATION = "keptn get evaluation --project=sockshop --service=carts --stage=staging"


@command.command(epilog=example(_EVALUATION, f"{_EVALUATION} --chart=carts.svg"))
@_project_option
@click.option("--stage", default="", help="Only this stage.")
@click.option("--service", default="", help="Only this service.")
@click.option("--chart", type=click.Path(path_type=Path, dir_okay=False), help="Draw each objective's history: an SVG.")
@_limit_option
@output_option
@pass_session
def evaluation(session: Session, /, *, project: str, limit: int, output: str, chart: Path | None, **slot: str) -> None:
    """Show the newest evaluations with their scores; of one service in one stage, the newest with its objectives."""
    found = session.client.get(f"/evaluation/{segment(project)}", **slot, pageSize=limit)["evaluations"]
    if chart is not None:
        evaluations.draw(found, file=chart, title=" ".join(filter(None, (project, *slot.values()))))
    show(found, output=output, table=lambda: evaluations.table_of(found, one_slot=all(slot.values())))


@command.command(
    epilog=example(
        "keptn get event evaluation.finished --project=sockshop", "keptn get event --context=CONTEXT -o json"
    )
)
@click.argument("event_type", metavar="[TYPE]", required=False, default="")
@click.option("-p", "--project", default="", help="Of this project, newest first.")
@click.option("--context", "--keptn-context", "context", default="", help="Of this delivery, oldest first.")
@click.option("--stage", default="", help="Only this stage.")
@click.option("--service", default="", help="Only this service.")
@_limit_option
@output_option
@pass_session
def event(session: Session, /, *, event_type: str, output: str, limit: int, **wanted: str) -> None:
    """Show recorded events of a project or of one delivery."""
    if not (wanted["project"] or wanted["context"]):
        raise click.UsageError("Give --project or --context.")
    query = {name: text for name, text in wanted.items() if name != "context"}
    context = wanted["context"]
    found = session.client.listed("/event", "events", limit=limit, keptnContext=context, type=event_type, **query)
    rows = [(short_time(e["time"]), e["type"], _scope(e), e["data"].get("result"), e["id"]) for e in found]
    columns = ("TIME", "TYPE", "SLOT", "RESULT", "ID")
    show(found, output=output, table=lambda: table(rows, columns=columns, empty="There are no such events."))


@command.command("dead-letter", epilog=example("keptn get dead-letter"))
@_limit_option
@output_option
@pass_session
def dead_letter(session: Session, *, limit: int, output: str) -> None:
    """Show events that nobody took, and why; `keptn redeliver ID` sends one again."""
    found = session.client.get("/dead-letter", pageSize=limit)["deadLetters"]
    rows = [(short_time(item["time"]), item["event"]["type"], item["reason"], item["id"]) for item in found]
    columns = ("TIME", "TYPE", "REASON", "ID")
    show(found, output=output, table=lambda: table(rows, columns=columns, empty="There are no dead letters."))


@command.command(epilog=example("keptn get secret"))
@output_option
@pass_session
def secret(session: Session, *, output: str) -> None:
    """Show the names of all secrets; their values cannot be read."""
    found = session.client.get("/secret")["secrets"]
    rows = [(item["name"],) for item in found]
    show(found, output=output, table=lambda: table(rows, columns=("SECRET",), empty="There are no secrets yet."))


@command.command(epilog=example("keptn get hook --project=sockshop --service=carts"))
@_project_option
@click.option("--service", required=True, help="The service.")
@output_option
@pass_session
def hook(session: Session, *, project: str, service: str, output: str) -> None:
    """Show where a registry posts its pushes of a service, and with which header."""
    found = session.client.get(f"/project/{segment(project)}/service/{segment(service)}/hook")
    show(found, output=output, table=lambda: fields({"URL": found["url"], "Header": found["header"]}))


def _repository(project: Found) -> str:
    """URL of the project's own; empty where the installation keeps it."""
    return str((project.get("gitCredentials") or {}).get("remoteURL", ""))


def _stages(stages: list[Found], *, problem: str | None, repository: str = "") -> str:
    rows = [(item["stageName"], item["services"]) for item in stages]
    shown = table(rows, columns=("STAGE", "SERVICES"), empty="There are no stages.")
    return "\n".join((shown, *([f"Repository: {repository}"] if repository else []), *([problem] if problem else [])))


def _live(slot: Found) -> tuple[object, ...]:
    live, pin = slot.get("live") or {}, slot.get("pin") or {}
    note = f"pinned by {pin.get('by')}: {pin.get('reason')}" if pin else ""
    return (live.get("image", "-"), str(live.get("digest", ""))[:19], live.get("colour", ""), note)


def _deliveries(found: list[Found]) -> str:
    columns = ("BEGUN", "PROJECT", "SERVICE", "IMAGE", "STAGE", "STATE", "RESULT", "CONTEXT")
    rows = [(short_time(d["time"]), *_described(d), d["state"], d["result"], d["context"]) for d in found]
    return table(rows, columns=columns, empty="There are no such deliveries.")


def _described(delivery: Found) -> tuple[str, ...]:
    return (delivery["project"], delivery["service"], delivery["image"], delivery["stages"][-1]["stage"])


def _steps(view: Found) -> str:
    now = None if progress.is_over(view) else datetime.now(UTC)
    return "\n".join((progress.summary(view, reasons=False), *(line for _, line in progress.lines(view, now=now))))


def _scope(event: Found) -> str:
    return "/".join(str(event["data"][key]) for key in ("project", "stage", "service") if event["data"].get(key))
