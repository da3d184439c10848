"""`keptn get`: what there is, as a table, JSON or YAML."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar

import click

from keptn.cli import evaluations, listings, progress
from keptn.cli.client import segment
from keptn.cli.examples import example
from keptn.cli.output import show
from keptn.cli.session import Session, pass_session
from keptn.cli.tables import fields, table, wrapped

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
@pass_session
def project(session: Session, *, name: str | None) -> None:
    """Show all projects, or the project NAME."""
    if name:
        one = session.client.get(f"/project/{segment(name)}")
        show(one, table=lambda: listings.stages(one["stages"], problem=one.get("problem"), repository=_repository(one)))
        return
    found = session.client.listed("/project", "projects", limit=_ALL)
    own = ("REPOSITORY",) if any(map(_repository, found)) else ()
    rows = [
        (item["projectName"], item["stages"], item.get("problem"), *(_repository(item) for _ in own)) for item in found
    ]
    empty = "There are no projects yet: keptn create project NAME SHIPYARD"
    columns = ("PROJECT", "STAGES", "NOTE", *own)
    show(found, table=lambda: table(rows, columns=columns, empty=empty))


@command.command(epilog=example("keptn get stage --project=sockshop", "keptn get stage prod --project=sockshop"))
@click.argument("name", required=False)
@_project_option
@pass_session
def stage(session: Session, *, name: str | None, project: str) -> None:
    """Show the stages of a project, or the stage NAME: how it deploys and tests, its gates, whether it asks."""
    found = session.client.get(f"/project/{segment(project)}/stage" + (f"/{segment(name)}" if name else ""))
    stages = [found] if name else found["stages"]
    show(stages, table=lambda: listings.stages(stages, problem=found.get("problem")))


@command.command(epilog=example("keptn get service --project=sockshop", "keptn get service carts --project=sockshop"))
@click.argument("name", required=False)
@_project_option
@click.option("--stage", default="", help="Only this stage.")
@pass_session
def service(session: Session, *, name: str | None, project: str, stage: str) -> None:
    """Show the services of a project: what is live of them in each stage, and where users reach it."""
    base = f"/project/{segment(project)}" + (f"/stage/{segment(stage)}" if stage else "")
    names = [name] if name else [item["serviceName"] for item in session.client.get(f"{base}/service")["services"]]
    shown = [session.client.get(f"{base}/service/{segment(one)}") for one in names]
    slots = shown if stage else [slot for one in shown for slot in one["stages"]]
    show(slots, table=lambda: listings.slots(slots, project=project))


@command.command(
    epilog=example("keptn get delivery --project=sockshop", "keptn get delivery --older-than=1h --unfinished")
)
@click.argument("context", required=False)
@click.option("-p", "--project", default="", help="Only this project.")
@click.option("--service", default="", help="Only this service.")
@click.option("--older-than", default="", help="Only what began longer ago: 30m, 1h.")
@click.option("--unfinished", is_flag=True, help="Only what is not over.")
@_limit_option
@pass_session
def delivery(session: Session, /, *, context: str | None, limit: int, **wanted: Any) -> None:  # noqa: ANN401
    """Show the newest deliveries, or the delivery with the keptn context CONTEXT step by step."""
    if context:
        one = session.client.get(f"/delivery/{segment(context)}")
        show(one, table=lambda: _steps(one))
        return
    query = {"project": wanted["project"], "service": wanted["service"], "olderThan": wanted["older_than"]}
    unfinished = "true" if wanted["unfinished"] else ""
    found = session.client.listed("/delivery", "deliveries", limit=limit, **query, unfinished=unfinished)
    show(found, table=lambda: listings.deliveries(found))


@command.command(epilog=example("keptn get artifact", "keptn get artifact --project=sockshop --service=carts"))
@click.option("-p", "--project", default="", help="Only this project.")
@click.option("--service", default="", help="Only this service.")
@_limit_option
@pass_session
def artifact(session: Session, *, project: str, service: str, limit: int) -> None:
    """Show the newest images that registries told of: what was delivered, what waits, what not and why."""
    found = session.client.listed("/artifact", "artifacts", limit=limit, project=project, service=service)
    show(found, table=lambda: listings.artifacts(found))


_EVALUATION = "keptn get evaluation --project=sockshop --service=carts --stage=staging"


@command.command(epilog=example(_EVALUATION, f"{_EVALUATION} --chart=carts.svg"))
@_project_option
@click.option("--stage", default="", help="Only this stage.")
@click.option("--service", default="", help="Only this service.")
@click.option("--chart", type=click.Path(path_type=Path, dir_okay=False), help="Draw each objective's history: an SVG.")
@_limit_option
@pass_session
def evaluation(session: Session, /, *, project: str, limit: int, chart: Path | None, **slot: str) -> None:
    """Show the newest evaluations with their scores; of one service in one stage, the newest with its objectives."""
    found = session.client.get(f"/evaluation/{segment(project)}", **slot, pageSize=limit)["evaluations"]
    if chart is not None:
        evaluations.draw(found, file=chart, title=" ".join(filter(None, (project, *slot.values()))))
    show(found, table=lambda: evaluations.table_of(found, one_slot=all(slot.values())))


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
@click.option("--by", default="", help="Only what this person did: a token's id, or its name.")
@_limit_option
@pass_session
def event(session: Session, /, *, event_type: str, limit: int, **wanted: str) -> None:
    """Show recorded events of a project or of one delivery."""
    if not (wanted["project"] or wanted["context"]):
        raise click.UsageError("Give --project or --context.")
    query = {name: text for name, text in wanted.items() if name != "context"}
    context = wanted["context"]
    found = session.client.listed("/event", "events", limit=limit, keptnContext=context, type=event_type, **query)
    show(found, table=lambda: listings.events(found))


@command.command("dead-letter", epilog=example("keptn get dead-letter", "keptn get dead-letter ID -o yaml"))
@click.argument("letter", required=False)
@_limit_option
@pass_session
def dead_letter(session: Session, *, letter: str | None, limit: int) -> None:
    """Show events that nobody took, and why, or the one LETTER; `keptn redeliver ID` sends one again."""
    if letter:
        one = session.client.get(f"/dead-letter/{segment(letter)}")
        show(one, table=lambda: listings.letter(one))
        return
    found = session.client.get("/dead-letter", pageSize=limit)["deadLetters"]
    show(found, table=lambda: listings.letters(found))


@command.command(epilog=example("keptn get approval", "keptn get approval --project=sockshop"))
@click.option("-p", "--project", default="", help="Only this project.")
@pass_session
def approval(session: Session, *, project: str) -> None:
    """Show what waits for a person; `keptn approve ID` or `keptn reject ID` answers."""
    found = session.client.get("/approval", project=project)["approvals"]
    show(found, table=lambda: listings.approvals(found))


@command.command(epilog=example("keptn get secret"))
@pass_session
def secret(session: Session) -> None:
    """Show the names of all secrets; their values cannot be read."""
    found = session.client.get("/secret")["secrets"]
    rows = [(item["name"],) for item in found]
    show(found, table=lambda: table(rows, columns=("SECRET",), empty="There are no secrets yet."))


@command.command(epilog=example("keptn get token"))
@pass_session
def token(session: Session) -> None:
    """Show all tokens, what each may do, and when it was last used. It takes the root token."""
    found = session.client.get("/token")["tokens"]
    show(found, table=lambda: listings.tokens(found))


@command.command(
    epilog=example(
        "keptn get hook --project=sockshop --service=carts",
        "keptn get hook --project=sockshop --service=carts --registry=harbor",
        "keptn get hook --project=sockshop --problems=dynatrace",
    )
)
@_project_option
@click.option("--service", default="", help="The service, for a registry.")
@click.option("--registry", default="", metavar="NAME", help="What to enter where at harbor, ghcr, quay …")
@click.option(
    "--problems", default="", metavar="NAME", help="What to enter where at alertmanager, dynatrace, datadog …"
)
@pass_session
def hook(session: Session, *, project: str, service: str, registry: str, problems: str) -> None:
    """Show where a registry posts its pushes of a service, and with which header; or what to enter where.

    With --problems it is where a monitor posts the problems of a project.
    """
    if bool(problems) == bool(service or registry):
        raise click.UsageError("say --service=NAME for a registry, or --problems=NAME for a monitor")
    path = f"/project/{segment(project)}"
    if problems:
        found = session.client.get(f"{path}/hook", monitor=problems)
    else:
        found = session.client.get(f"{path}/service/{segment(service)}/hook", registry=registry)
    show(found, table=lambda: _hook(found))


def _hook(found: Found) -> str:
    if "fields" not in found:
        return fields({"URL": found["url"], "Header": found["header"]})
    entered = fields({one["field"]: one["enter"] for one in found["fields"]})
    return "\n".join((f"{found['sender']} (docs/webhooks.md):", entered))


def _repository(project: Found) -> str:
    """URL of the project's own; empty where the installation keeps it."""
    return str((project.get("gitCredentials") or {}).get("remoteURL", ""))


def _steps(view: Found) -> str:
    now = None if progress.is_over(view) else datetime.now(UTC)
    lines = (progress.summary(view, reasons=False), *(line for _, line in progress.lines(view, now=now)))
    return "\n".join(wrapped(line, indent=progress.INDENT) for line in lines)
