"""From "accepted" to "done": waits for the `.finished` of what a command started, and says how it ended."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

import click

from keptn.cli import output
from keptn.cli.client import Client, segment
from keptn.cli.exit_codes import ExitCode
from keptn.cli.seconds import Seconds
from keptn.errors import KeptnError, Unknown

F = TypeVar("F", bound=Callable[..., Any])

no_wait_option: Callable[[F], F] = click.option("--no-wait", is_flag=True, help="Do not follow it to its end.")
timeout_option: Callable[[F], F] = click.option(
    "--timeout", "timeout_s", type=Seconds(), default=3600, help="Seconds to follow it.  [default: 3600]"
)

ADMIN_TIMEOUT_S = 120.0
"""How long making or deleting a project or service may take."""
_PAUSE_S = 0.3


def administration(
    client: Client,
    posted: Mapping[str, Any],
    *,
    no_wait: bool,
    told: str = "",
    more: Callable[[], Mapping[str, Any]] = dict,
) -> ExitCode:
    """Follow the making or deleting of a project or service.

    told: the sentence for success; empty: the step's own. more: of what was made.
    """
    context = posted["keptnContext"]
    links = {"events": client.link(f"/event?keptnContext={segment(context)}")}
    output.know(context=context, state="started", result="", **_place(posted), links=links)
    if no_wait:
        output.done(f"Accepted; its keptn context is {context}")
        return ExitCode.PASS
    finished = finish_of(client, posted, timeout_s=ADMIN_TIMEOUT_S)
    data = finished["data"]
    output.know(state="finished", result=data.get("result"))
    if data.get("result") != "pass":
        raise KeptnError(str(data.get("message") or f"{posted['type']} ended with result {data.get('result')!r}"))
    message, warnings = str(data.get("message")), list(data.get("warnings", ()))
    output.done(told or f"{message[:1].upper()}{message[1:]}.", warnings=warnings, **more())
    for warning in warnings:
        output.say(f"Warning: {warning}")
    return ExitCode.PASS


def _place(posted: Mapping[str, Any]) -> Mapping[str, Any]:
    return {key: posted[key] for key in ("project", "service") if posted.get(key)}


def finish_of(client: Client, posted: Mapping[str, Any], *, timeout_s: float) -> Mapping[str, Any]:
    """The `.finished` event that answers the posted one. Raises KeptnError when it does not come in time."""
    deadline = time.monotonic() + timeout_s
    while True:
        for event in _recorded(client, str(posted["keptnContext"])):
            if event.get("triggeredid") == posted["id"] and event["type"].endswith(".finished"):
                found: Mapping[str, Any] = event
                return found
        if time.monotonic() > deadline:
            look = f"keptn get event --context={posted['keptnContext']}"
            raise KeptnError(f"{posted['type']} was accepted but is not done after {timeout_s:g} s; see {look}")
        time.sleep(_PAUSE_S)


def _recorded(client: Client, context: str) -> list[Mapping[str, Any]]:
    """The events of the context: none while `record` has not come to the first."""
    try:
        found: list[Mapping[str, Any]] = client.get("/event", keptnContext=context, pageSize=100)["events"]
    except Unknown:
        return []
    return found
