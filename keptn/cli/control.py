"""Control of what runs: `keptn pause|resume|promote|abort|rerun`, `approve|reject`, `unpin`, `redeliver`."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Any, TypeVar

import click

from keptn.cli import following, output, progress
from keptn.cli.client import segment
from keptn.cli.examples import example
from keptn.cli.session import Session, pass_session
from keptn.errors import KeptnError

F = TypeVar("F", bound=Callable[..., Any])
_ATTEMPTS, _PAUSE_S = 100, 0.3
"""How often it is looked whether an order is obeyed: `orchestrate` may have to start."""
_ID = "6f1d0e0a-7d5e-5b0e-9a55-3f6f5a3c2b11"

_reason_option = click.option("--reason", default="", help="Why; it is recorded.")


_delivery_argument: Callable[[F], F] = click.argument("delivery")
_stage_option: Callable[[F], F] = click.option(
    "--stage", default="", help="Only in this stage.  [default: wherever it is]"
)


def _delivery(verb: str, *, done: str, help_text: str) -> click.Command:
    """A verb that brings a delivery into another state."""

    @click.command(verb, help=help_text, epilog=example(f"keptn {verb} {_ID} --stage=prod"))
    @_delivery_argument
    @_stage_option
    @_reason_option
    @pass_session
    def command(session: Session, *, delivery: str, stage: str, reason: str) -> None:
        _order(session, delivery, {"state": verb, "stage": stage, **_told(reason)})
        if verb in _SEEN:
            _await(session, delivery, stage, seen=_SEEN[verb])
        _say(session, delivery, f"{delivery}: {done}")

    return command


def _say(session: Session, context: str, told: str, **more: str) -> None:
    """What was done; to a program also how the delivery is now."""
    state = {} if output.is_for_people() else following.state_of(session.client, context)
    output.done(f"{told}; keptn status {context} follows it", **more, **state)


def _order(session: Session, delivery: str, wanted: dict[str, str]) -> None:
    session.client.post(f"/delivery/{segment(delivery)}/control", _filled(wanted))


_SEEN: dict[str, Callable[[set[str]], bool]] = {
    "pause": lambda states: "paused" in states and "started" not in states,
    "resume": lambda states: "paused" not in states,
    "abort": lambda states: "aborted" in states,
}
"""When an order is obeyed: from the states of the delivery's sequences."""


def _looks() -> Iterator[None]:
    """One after the other, with a pause between."""
    for number in range(_ATTEMPTS):
        if number:
            time.sleep(_PAUSE_S)
        yield


def _await(session: Session, delivery: str, stage: str, *, seen: Callable[[set[str]], bool]) -> None:
    """Until what was ordered has happened; a stage that it has not come to will be told. Raises KeptnError."""
    for _ in _looks():
        view = session.client.get(f"/delivery/{segment(delivery)}")
        stages = [one for one in view["stages"] if stage in ("", one["stage"])]
        states = {str(sequence["state"]) for one in stages for sequence in one["sequences"]}
        if not stages or seen(states):
            return
        if progress.is_over(view):
            raise KeptnError(f"{delivery} was over before that: {progress.summary(view)}")
    raise KeptnError(f"the order was taken, but nothing of it is to be seen yet; see keptn status {delivery}")


pause_command = _delivery(
    "pause", done="held before its next task", help_text="Hold a delivery (a keptn context) before its next task."
)
resume_command = _delivery("resume", done="goes on", help_text="Let a paused delivery (a keptn context) go on.")
promote_command = _delivery(
    "promote",
    done="goes to its release; what was not evaluated yet counts as a warning",
    help_text="Release what a delivery (a keptn context) has deployed, without what is left to do before.",
)
abort_command = _delivery(
    "abort", done="was ended", help_text="End a delivery (a keptn context); what has finished stays."
)


@click.command("rerun", epilog=example(f"keptn rerun {_ID}", f"keptn rerun {_ID} --force --reason='limit was wrong'"))
@_delivery_argument
@_stage_option
@click.option("--force", is_flag=True, help="Over a rejection, a pin or a freeze; needs --reason.")
@_reason_option
@pass_session
def rerun_command(session: Session, *, delivery: str, stage: str, force: bool, reason: str) -> None:
    """Run a failed delivery (a keptn context) again from its failed task."""
    if force and not reason:
        raise click.UsageError("--force needs --reason: it is recorded who did it and why.")
    _order(session, delivery, {"state": "rerun", "stage": stage, "force": "yes" if force else "", **_told(reason)})
    _say(session, delivery, f"{delivery}: runs again")


def _approval(verb: str, *, result: str, help_text: str) -> click.Command:
    @click.command(verb, help=help_text, epilog=example(f"keptn {verb} {_ID} --reason='looked at the dashboards'"))
    @click.argument("approval")
    @_reason_option
    @pass_session
    def command(session: Session, *, approval: str, reason: str) -> None:
        answer(session, approval, result=result, reason=reason)

    return command


def answer(session: Session, approval: str, *, result: str, reason: str) -> None:
    """Answer an approval, and say so."""
    taken = session.client.post(f"/approval/{segment(approval)}", _filled({"result": result, **_told(reason)}))
    told = f"{approval}: answered with {result}"
    _say(session, taken["keptnContext"], told, approval=approval, answer=result)


approve_command = _approval(
    "approve",
    result="pass",
    help_text="Let a delivery go on that waits for this APPROVAL (keptn get approval shows its id).",
)
reject_command = _approval("reject", result="fail", help_text="End a delivery that waits for this APPROVAL.")


@click.command("pin", epilog=example("keptn pin -p sockshop --stage=prod --service=carts --reason='the fair is on'"))
@click.option("-p", "--project", required=True, help="The project.")
@click.option("--stage", required=True, help="The stage.")
@click.option("--service", required=True, help="The service.")
@click.option("--reason", required=True, help="Why; it is recorded with who did it.")
@pass_session
def pin_command(session: Session, *, project: str, stage: str, service: str, reason: str) -> None:
    """Hold a service in a stage as it is: deliveries wait until keptn unpin; problems are repaired all the same."""
    place = f"/project/{segment(project)}/stage/{segment(stage)}/service/{segment(service)}"
    session.client.post(f"{place}/pin", _told(reason))
    if not any(session.client.get(place).get("pin") for _ in _looks()):
        raise KeptnError(f"the order was taken, but {project}/{stage}/{service} is not pinned yet; keptn get service")
    told = f"{project}/{stage}/{service}: pinned; keptn unpin lifts it"
    output.done(told, project=project, stage=stage, service=service)


@click.command("unpin", epilog=example("keptn unpin --project=sockshop --stage=prod --service=carts"))
@click.option("-p", "--project", required=True, help="The project.")
@click.option("--stage", required=True, help="The stage.")
@click.option("--service", required=True, help="The service.")
@_reason_option
@pass_session
def unpin_command(session: Session, *, project: str, stage: str, service: str, reason: str) -> None:
    """Let deliveries into a stage again that keptn pin, or a manual rollback, has pinned."""
    place = f"/project/{segment(project)}/stage/{segment(stage)}/service/{segment(service)}"
    session.client.post(f"{place}/unpin", _filled(_told(reason)))
    if all(session.client.get(place).get("pin") for _ in _looks()):
        raise KeptnError(f"the order was taken, but {project}/{stage}/{service} is pinned still; see keptn get service")
    told = f"{project}/{stage}/{service}: the pin is lifted"
    output.done(told, project=project, stage=stage, service=service)


@click.command("redeliver", epilog=example(f"keptn redeliver {_ID}"))
@click.argument("letter")
@pass_session
def redeliver_command(session: Session, *, letter: str) -> None:
    """Send the event of a dead LETTER again (keptn get dead-letter lists them)."""
    sent = session.client.post(f"/dead-letter/{segment(letter)}/redeliver", {})
    context = sent["keptnContext"]
    links = following.links(session.client, context)
    told = f"{sent['type']} {sent['id']} was sent again"
    output.done(told, id=sent["id"], type=sent["type"], context=context, links=links)


def _told(reason: str) -> dict[str, str]:
    return {"reason": reason}


def _filled(given: dict[str, str]) -> dict[str, object]:
    return {name: value for name, value in given.items() if value}
