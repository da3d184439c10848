"""Onboarding a service: shared by `keptn onboard service` and `keptn create service`."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from keptn.cli import files, follow
from keptn.cli.client import segment
from keptn.cli.output import say
from keptn.cli.session import Session
from keptn.errors import Unknown


def onboard(session: Session, *, project: str, values: Path | None, name: str, no_wait: bool) -> int:
    """Post the values, follow it, and print how to install the registry hook. values: None for a name alone."""
    body = {"serviceName": name}
    if values is not None:
        body |= {"values": files.text_to_send(values), "file": str(values)}
    posted = session.client.post(f"/project/{segment(project)}/service", body)
    service = posted["service"]
    hook: dict[str, Any] = {}

    def more() -> Mapping[str, Any]:
        hook.update(_hook(session, project, service))
        return {"hook": hook} if hook else {}

    told = f"Service {service} is onboarded into every stage of {project}."
    code = follow.administration(session.client, posted, told=told, no_wait=no_wait, more=more)
    if hook:
        say("Registry hook (install it at the registry, then every push is delivered):")
        say(f"  URL:    {hook['url']}\n  Header: {hook['header']}")
    return code


def _hook(session: Session, project: str, service: str) -> Mapping[str, Any]:
    try:
        found = session.client.get(f"/project/{segment(project)}/service/{segment(service)}/hook")
    except Unknown:  # it has no image, as a warning said already
        return {}
    return {key: found[key] for key in ("url", "header")}
