"""`keptn send event`: a new artifact in the talk's or the product's form, or any CloudEvent from a file."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from keptn import durations
from keptn.cli import approval_finished, files, follow, labels, output, starting
from keptn.cli.client import segment
from keptn.cli.examples import example
from keptn.cli.exit_codes import ExitCode
from keptn.cli.session import Session, pass_session
from keptn.errors import KeptnError

F = TypeVar("F", bound=Callable[..., Any])
_PRODUCT = "keptn send event new-artifact --project=sockshop --service=carts --image=carts --tag=0.2"


@click.group(epilog=example("keptn send event newartifact carts:0.2", "keptn send event -f event.json"))
def command() -> None:
    """Send an event."""


@command.group(
    invoke_without_command=True,
    epilog=example("keptn send event newartifact carts:0.2 staging", _PRODUCT, "keptn send event -f event.json"),
)
@click.option("-f", "--file", "file", type=click.Path(path_type=Path), help="A CloudEvent as JSON.")
@follow.no_wait_option
@follow.timeout_option
@click.pass_context
def event(ctx: click.Context, *, file: Path | None, no_wait: bool, timeout_s: float) -> int | None:
    """Send an event: `new-artifact`, or any CloudEvent from a file."""
    if ctx.invoked_subcommand:
        if file:
            raise click.UsageError("Give either --file or the event's name.")
        return None
    if file is None:
        raise click.UsageError("Missing option '-f' / '--file', or an event's name: new-artifact.")
    return _send(ctx.ensure_object(Session), file, no_wait=no_wait, timeout_s=timeout_s)


def _send(session: Session, file: Path, *, no_wait: bool, timeout_s: float) -> int:
    """Only an event that starts a sequence is followed: everything else is done when it was taken."""
    body = files.event_to_send(file)
    posted = session.client.post("/event", body)
    if taken_at := posted.get("takenAt"):
        event = f"this event (source {body.get('source') or 'left out'}, id {body.get('id')})"
        known = f"{event} was taken on {durations.moment(taken_at)}"
        output.say(f"{known}; nothing new was started. Give it another id, or none, to send it as a new one.")
    starts = posted["type"].endswith(".triggered") and len(posted["type"].split(".")) == 6
    if starts and {"project", "stage", "service"} <= set(posted):
        return starting.begun(session, posted, no_wait=no_wait, timeout_s=timeout_s)
    context = posted["keptnContext"]
    output.know(id=posted["id"], type=posted["type"], context=context)
    if unheard := posted.get("unheard"):
        raise KeptnError(f"{posted['type']} {posted['id']} was recorded, but {unheard}")
    of = f"; keptn context {context}" if context else ""
    foreign = "" if posted["type"].startswith("sh.keptn.") else "; keptn starts nothing on this type, your Triggers may"
    link = {"events": session.client.link(f"/event?keptnContext={segment(context)}")} if context else {}
    output.done(f"{posted['type']} {posted['id']} was taken{of}{foreign}", links=link)
    return ExitCode.PASS


def artifact_options(function: F) -> F:
    """What `new-artifact` and `trigger delivery` have in common."""
    options = (
        click.option("-p", "--project", default="", help="The project; needed only if several have the service."),
        click.option("--service", default="", help="The service; without, the one that runs this image."),
        click.option("--tag", default="", help="The tag, if the image has none."),
        click.option("--sequence", default="", help="The sequence.  [default: delivery]"),
        click.option("--force", is_flag=True, help="Over a rejection, a pin or a freeze; needs --reason."),
        click.option("--reason", default="", help="Why; recorded with --force."),
        labels.labels_option,
        follow.no_wait_option,
        follow.timeout_option,
    )
    for option in options:
        function = option(function)
    return function


@event.command("new-artifact", epilog=example("keptn send event new-artifact carts:0.2 staging", _PRODUCT))
@click.argument("artifact", metavar="[IMAGE]", required=False, default="")
@click.argument("stage_argument", metavar="[STAGE]", required=False, default="")
@click.option("--image", default="", help="The same as IMAGE.")
@click.option("--stage", default="", help="The same as STAGE.  [default: the first stage]")
@artifact_options
@pass_session
def new_artifact(session: Session, /, **given: Any) -> int:  # noqa: ANN401 - click's options
    """Start the delivery of IMAGE (`carts:0.2`), as a push to the registry would."""
    return start(session, **given)


def start(session: Session, *, artifact: str = "", stage_argument: str = "", **given: Any) -> int:  # noqa: ANN401
    """From the options to the delivery. Raises UsageError without an image."""
    image = given["image"] or artifact
    if not image:
        raise click.UsageError("Missing argument 'IMAGE': repository:tag, as in carts:0.2.")
    if given["force"] and not given["reason"]:
        raise click.UsageError("--force needs --reason: it is recorded who did it and why.")
    wanted = {name: given[name] for name in ("project", "service", "tag", "sequence", "force", "reason")}
    wanted |= {
        "image": image,
        "stage": given["stage"] or stage_argument,
        "labels": labels.parse(given["labels"]),
        "values": given.get("values", {}),
    }
    return starting.deliver(session, wanted=wanted, no_wait=given["no_wait"], timeout_s=given["timeout_s"])


event.add_command(new_artifact, "newartifact")
event.add_command(approval_finished.command)
