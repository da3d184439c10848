"""What a project's `notify.yaml`, or one that the caller has, would tell of an event. Nothing is sent."""

from __future__ import annotations

from keptn import events
from keptn.api import known
from keptn.api.call import Call
from keptn.errors import Undecodable, Unknown
from keptn.notification import preview, subscriptions
from keptn.web import Answer, HttpError, json_answer


def try_out(call: Call) -> Answer:
    """body: `event`, a CloudEvent; `notify`, a file's text, without it the project's. Raises InvalidFile, Unknown."""
    project = known.project(call.path["project"], call.ctx)
    given = call.body.get("event")
    try:
        event = events.from_dict({"id": "dry-run", "source": "dry-run", **given} if isinstance(given, dict) else {})
    except Undecodable as exc:
        raise HttpError(f"'event': {exc}", status=400) from exc
    event = events.with_data(event, {**event.data, "project": project})
    file = call.optional("notify") or call.ctx.config_repo.tree(project, "main").read(subscriptions.FILE)
    if not file:
        add = f"keptn add-resource --project={project} --resource=notify.yaml --resourceUri={subscriptions.FILE}"
        raise Unknown(f"project {project} has no {subscriptions.FILE}, so nobody is told anything; add one: {add}")
    found = subscriptions.parse(file).subscriptions
    ctx = call.ctx.for_request(project=project)  # with the secrets that notify would read, and no others
    return json_answer({"type": event.type, "notifications": list(preview.of(event, found, ctx))})
