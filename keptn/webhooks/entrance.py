"""A registry at the door: who sends, whether it is so, and what it tells.

The URL's path may say who sends (`…/receive-artifact/harbor`): one of `registries.SENDERS` or a mapping file. Without
that the body's shape says it, among the senders that keptn knows by itself. Google Pub/Sub has a token of its own.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any
from urllib.parse import unquote_to_bytes

from keptn.context import Context
from keptn.projects import hook_tokens
from keptn.web import Request
from keptn.webhooks import authentication, pubsub
from keptn.webhooks.authentication import ANY_TOKEN, GITHUB, REGISTRIES
from keptn.webhooks.deadline import Deadline
from keptn.webhooks.senders import registries
from keptn.webhooks.senders.registries import SENDERS, Notification

_CHECKS = {"": (GITHUB, ANY_TOKEN), "ghcr": (GITHUB,)}
"""By the name in the URL: who can sign must, where the URL says who it is; all others have a token."""
_PAYLOAD = b"payload="


def told(request: Request, ctx: Context, deadline: Deadline) -> tuple[str, Notification]:
    """The secret that the sender proves to know, and what it tells.

    Raises HttpError 401 and 404, Undecodable for another sender's body, Unavailable, and Refused where the sender has
    to be set up otherwise.
    """
    opened, entries = _told(request.path.strip("/"), request, ctx, deadline)
    return opened, registries.sound(entries)


def _told(name: str, request: Request, ctx: Context, deadline: Deadline) -> tuple[str, Notification]:
    if name in ("", "artifact-registry") and pubsub.calls(request):
        return hook_tokens.EVERY_SERVICE, pubsub.told(request, ctx, deadline)
    if name and name not in SENDERS:
        return _mapped(name, request, ctx)
    opened = authentication.opened(request, _CHECKS.get(name, (ANY_TOKEN,)), REGISTRIES, ctx)
    return opened, registries.read(_json(request), request.headers, name=name)


def _mapped(name: str, request: Request, ctx: Context) -> tuple[str, Notification]:
    from keptn.webhooks.mappings import shelf  # noqa: PLC0415 - only who uses a mapping
    from keptn.webhooks.senders import mapped  # noqa: PLC0415

    mapping = shelf.required("registry", name, folder=ctx.settings.webhook_mappings, beside=SENDERS)
    opened = authentication.opened(request, mapping.checks, REGISTRIES, ctx)
    return opened, mapped.read(mapping, _json(request), request.headers)


def _json(request: Request) -> Mapping[str, Any]:
    """The body, or the field `payload` of a form, as GitHub sends it unless one chooses JSON. Raises HttpError 400."""
    is_form = request.headers.get("content-type", "").startswith("application/x-www-form-urlencoded")
    if not (is_form and request.body.startswith(_PAYLOAD)):
        return request.json()
    payload = unquote_to_bytes(request.body.removeprefix(_PAYLOAD).partition(b"&")[0].replace(b"+", b" "))
    return replace(request, body=payload).json()
