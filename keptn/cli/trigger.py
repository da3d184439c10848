"""`keptn trigger`: a delivery, an evaluation, any other sequence."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

import click

from keptn.cli import follow, labels, send, starting
from keptn.cli.client import segment
from keptn.cli.examples import example
from keptn.cli.session import Session, pass_session
from keptn.web import json_value

F = TypeVar("F", bound=Callable[..., Any])

_DELIVERY = "keptn trigger delivery --image=carts:0.2 --project=sockshop --service=carts"
_EVALUATION = "keptn trigger evaluation --project=sockshop --stage=prod --service=carts --timeframe=5m"
_SEQUENCE = "keptn trigger sequence rollback --project=sockshop --stage=prod --service=carts"


@click.group(epilog=example(_DELIVERY, _EVALUATION))
def command() -> None:
    """Start a delivery, an evaluation or another sequence."""


@command.command(epilog=example(_DELIVERY))
@click.option("--image", required=True, help="The image, with its tag or with --tag.")
@click.option("--stage", default="", help="The stage.  [default: the first stage]")
@click.option("--values", "values", multiple=True, metavar="KEY=VALUE", help="For executors of your own; see below.")
@send.artifact_options
@pass_session
def delivery(session: Session, /, **given: Any) -> int:  # noqa: ANN401 - click's options
    """Start the delivery of an image.

    --values travel in the event (`configurationChange.values`), where executors of your own find them; what the
    built-in deployment runs with stands in the service's values.yaml.
    """
    return send.start(session, **{**given, "values": labels.parse(given["values"], what="value")})


def _slot_options(function: F) -> F:
    options = (
        click.option("-p", "--project", required=True, help="The project."),
        click.option("--stage", required=True, help="The stage."),
        click.option("--service", required=True, help="The service."),
        labels.labels_option,
        follow.no_wait_option,
        follow.timeout_option,
    )
    for option in reversed(options):
        function = option(function)
    return function


@command.command(epilog=example(_EVALUATION))
@_slot_options
@click.option("--timeframe", default="", help="How far back from now, or from --start on: 8s, 5m, 1h.")
@click.option("--start", default="", help="Begin of the window, RFC 3339.")
@click.option("--end", default="", help="End of the window, RFC 3339.")
@pass_session
def evaluation(session: Session, /, *, timeframe: str, start: str, end: str, **given: Any) -> int:  # noqa: ANN401
    """Evaluate what runs in a stage now, without delivering anything."""
    window = {"timeframe": timeframe, "start": start, "end": end}
    body = {name: text for name, text in window.items() if text}
    return _start(session, "evaluation", body, given)


@command.command(epilog=example(_SEQUENCE))
@click.argument("name")
@_slot_options
@click.option("--data", default="{}", help="More data for its tasks, a JSON object.")
@pass_session
def sequence(session: Session, /, *, name: str, data: str, **given: Any) -> int:  # noqa: ANN401 - click's options
    """Start the sequence NAME of a stage."""
    try:
        body = {"data": json_value(data)}
    except ValueError as exc:
        raise click.UsageError(f"--data is no JSON: {exc}.") from exc
    return _start(session, f"sequence/{segment(name)}", body, given)


def _start(session: Session, what: str, body: Mapping[str, object], given: Mapping[str, Any]) -> int:
    slot = "".join(f"/{kind}/{segment(given[kind])}" for kind in ("project", "stage", "service"))
    posted = session.client.post(f"{slot}/{what}", {**body, "labels": labels.parse(given["labels"])})
    return starting.begun(session, posted, no_wait=given["no_wait"], timeout_s=given["timeout_s"])
