"""Docker Hub: `{"push_data": {"tag", "pushed_at"}, "repository": {"repo_name"}, "callback_url"}`, one tag a request.

There is no other event than a push, no digest, no id, no signature and no header: the token stands in the URL. A push
is known by its repository, tag and second. The callback URL is nobody's to call: it comes from outside.
Source: Docker, "Docker Hub", "Webhooks", "Example webhook payload".
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from keptn.webhooks.senders.registries import Ignored, Notification, Push, id_of, text, time_of, why_no_image, within

HOST = "docker.io"
SETUP = {
    "Where": "the repository → Webhooks",
    "Webhook name": "keptn",
    "Webhook URL": "{url}?token={token}",
}


def recognises(body: Mapping[str, Any], _headers: Mapping[str, str]) -> bool:
    return isinstance(body.get("push_data"), dict)


def read(body: Mapping[str, Any], _headers: Mapping[str, str]) -> Notification:
    pushed, repository = within(body, "push_data"), text(within(body, "repository").get("repo_name"))
    tag, at = text(pushed.get("tag")), pushed.get("pushed_at")
    if why := why_no_image(repository, tag):
        return [Ignored(what=repository or "a push", why=why)]
    event_id = id_of(HOST, repository, tag, at)
    return [Push(event_id=event_id, host=HOST, repository=repository, tag=tag, sent_at=time_of(at))]
