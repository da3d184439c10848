"""Starting the delivery of an image: shared by `keptn trigger delivery` and `keptn send event new-artifact`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from keptn.cli import output
from keptn.cli.exit_codes import ExitCode
from keptn.cli.following import follow, links
from keptn.cli.session import Session


def deliver(session: Session, *, wanted: Mapping[str, object], no_wait: bool, timeout_s: float) -> int:
    """Post what is wanted (`POST /v1/delivery`, empty values left out), say what it became, follow it."""
    posted = session.client.post("/delivery", {name: value for name, value in wanted.items() if value})
    return begun(session, posted, no_wait=no_wait, timeout_s=timeout_s)


def begun(session: Session, posted: Mapping[str, Any], *, no_wait: bool, timeout_s: float) -> int:
    """Say the context of what was started, and follow it unless the user does not want to wait."""
    context = posted["keptnContext"]
    told = f"{posted['project']}/{posted['service']} in {posted['stage']}: keptn context {context}"
    output.know(context=context, **{key: posted[key] for key in ("id", "type", "project", "stage", "service")})
    if warnings := posted.get("warnings"):
        output.know(warnings=warnings)
        output.say("\n".join(f"Warning: {warning}" for warning in warnings))
    if no_wait:
        output.done(told, state="triggered", result="", links=links(session.client, context))
        return ExitCode.PASS
    output.say(told)
    return follow(session.client, context, timeout_s=timeout_s)
