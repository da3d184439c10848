"""Tokens: made, listed and revoked by the root token. The text of one is in the answer that makes it, nowhere else."""

from __future__ import annotations

import logging
from datetime import timedelta

from keptn.api import known
from keptn.api.call import Call
from keptn.events import rfc3339
from keptn.records import tokens
from keptn.records.tokens import Role
from keptn.web import Answer, HttpError, json_answer

log = logging.getLogger("keptn")


def create(call: Call) -> Answer:
    """A token of `role`, for `project` or all, with `name` (else its role's), until `expires` from now (`90d`)."""
    role = _role(call.text("role"))
    project = call.optional("project")
    if project:
        known.project(project, call.ctx)
    store, now = call.ctx.store, call.ctx.clock.now()
    made, text = tokens.issue(
        store,
        name=call.optional("name") or str(role),
        role=role,
        project=project,
        made_by=call.by,
        now=now,
        lasts=tokens.lasting(call.optional("expires")),
    )
    tokens.forget_over(store, before=now - timedelta(days=call.ctx.settings.retention_days))
    log.info("the token %s of role %s in %s is made by %s", made.id, role, project or "all projects", call.by)
    return json_answer({**made.described(), "token": text}, status=201)


def index(call: Call) -> Answer:
    now = call.ctx.clock.now()
    found = [
        {**token.described(), "lastUsed": rfc3339(used) if used else "", "over": token.is_over(now)}
        for token, used in tokens.every(call.ctx.store)
    ]
    return json_answer({"tokens": found})


def revoke(call: Call) -> Answer:
    tokens.revoke(call.ctx.store, call.path["token"])
    log.info("the token %s is revoked by %s", call.path["token"], call.by)
    return json_answer({"id": call.path["token"]})


def _role(text: str) -> Role:
    if text not in set(Role):
        raise HttpError(f"role {text[:80]!r} must be one of {', '.join(Role)}", status=400)
    return Role(text)
