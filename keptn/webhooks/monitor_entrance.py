"""A monitor at the door: who sends, whether it is so, and what it tells. As `entrance.py` for registries.

The URL may say what the labels do not: `?project=sockshop&stage=prod&service=carts`.
"""

from __future__ import annotations

from collections.abc import Mapping

from keptn.context import Context
from keptn.web import Request
from keptn.webhooks import authentication
from keptn.webhooks.authentication import ANY_TOKEN, GRAFANA, GRAFANA_TIMED, MONITORS, Check
from keptn.webhooks.senders import monitors
from keptn.webhooks.senders.monitors import SENDERS, Notification

_BY_URL = ("project", "stage", "service")


def told(request: Request, ctx: Context) -> tuple[str, Notification]:
    """The secret that the sender proves to know, and what it tells.

    Raises HttpError 401 and 404, Undecodable for another sender's body.
    """
    name = request.path.strip("/")
    if name and name not in SENDERS:
        return _mapped(name, request, ctx)
    checks: tuple[Check, ...] = (ANY_TOKEN,)
    if name in ("", "grafana"):
        checks = (GRAFANA_TIMED if GRAFANA_TIMED.timestamp in request.headers else GRAFANA, ANY_TOKEN)
    opened = authentication.opened(request, checks, MONITORS, ctx)
    return opened, monitors.read(request.json(), request.headers, name=name)


def _mapped(name: str, request: Request, ctx: Context) -> tuple[str, Notification]:
    from keptn.webhooks.mappings import shelf  # noqa: PLC0415 - only who uses a mapping
    from keptn.webhooks.senders import mapped_monitor  # noqa: PLC0415

    mapping = shelf.required("monitor", name, folder=ctx.settings.webhook_mappings, beside=SENDERS)
    opened = authentication.opened(request, mapping.checks, MONITORS, ctx)
    return opened, mapped_monitor.read(mapping, request.json(), request.headers)


def by_url(request: Request) -> Mapping[str, str]:
    """The parts of a slot that the URL says."""
    return {part: value for part in _BY_URL if (value := request.query.get(part, "").strip())}
