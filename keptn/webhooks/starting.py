"""The delivery of one image in one project: its digest asked for, its event made and posted."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from keptn import events, names
from keptn.context import Context
from keptn.errors import Refused, Unavailable
from keptn.events import Event, Scope
from keptn.projects import artifacts, stages
from keptn.projects.artifacts import Artifact, Owner
from keptn.projects.tag_rules import TagRules
from keptn.webhooks import newest, one_delivery, recording
from keptn.webhooks.digests import Digests
from keptn.webhooks.recording import Outcome, Same, Waiting
from keptn.webhooks.senders.registries import Ignored, Push

SOURCE = "keptn/receive-artifact"
MOST_BESIDE = 20
"""Further tags of a notification that are looked at: whether they are of the same image."""


def done(
    push: Push, owner: Owner, digests: Digests, ctx: Context, *, rules: TagRules, beside: Sequence[Push] = ()
) -> Outcome:
    """Post the delivery, or say why there is none. beside: what came with it; of the same image it is named.

    Raises Unavailable if the Broker or the store is away.
    """
    beside = beside[:MOST_BESIDE]
    try:
        event = _prepared(push, owner, digests, ctx, beside=beside)
    except Refused as refused:
        return Ignored(what=str(push), why=str(refused))
    except Unavailable as unavailable:
        return Waiting(owner=owner, push=push, why=str(unavailable), beside=beside)
    if rules.newest and (newer := newest.overtaken_by(push.tag, owner, ctx)):
        why = f"{newer} came before and is newer, and image.tags.newest of {owner.project}/{owner.service} is set"
        return Ignored(what=str(push), why=why)
    tags = recording.tags_of(event, push)
    leader = one_delivery.led(event, tags, ctx)
    ctx.sink.post(leader)
    return event if leader.id == event.id else Same(event=leader, tags=tags)


def _prepared(push: Push, owner: Owner, digests: Digests, ctx: Context, *, beside: Sequence[Push]) -> Event:
    """The event that starts it. Its ids follow from the notification, so that a repetition is the same delivery and a
    second push another.

    Raises Refused for what will never be one, Unavailable for what may be one later.
    """
    if push.digest:
        names.check_digest(push.digest)
    digest = digests.of(push)
    same = [one.tag for one in beside if one.repository == push.repository and digests.is_that_of(one, digest)]
    artifact = Artifact(
        repository=push.repository,
        tag=push.tag,
        digest=digest,
        registry_event=push.event_id,
        tags=[push.tag, *same] if same else (),
    )
    first_stage = stages.of_project(ctx.config_repo, owner.project)[0]
    scope = Scope(project=owner.project, stage=first_stage, service=owner.service)
    cause = (push.repository, push.tag, push.digest or digest, owner.project, owner.service)
    event_id = events.derived_id(push.event_id, *cause)
    event = artifacts.delivery_triggered(artifact, scope, event_id=event_id, source=SOURCE, now=ctx.clock.now())
    return replace(event, extensions={"keptnsendertime": push.sent_at}) if push.sent_at else event
