"""What becomes of a registry's notification: a delivery for every service that runs the image, or a reason why not.

`receive_artifact` calls it. The body is a hint: the digest is what the registry answers when it is asked.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping

from keptn import events
from keptn.context import Context
from keptn.errors import Refused
from keptn.events import Event, Scope
from keptn.projects import artifacts, hook_tokens, stages
from keptn.projects.artifacts import Artifact, Owner
from keptn.webhooks.senders.registries import Ignored, Notification, Push

SOURCE = "keptn/receive-artifact"


def accept(notification: Notification, *, opened: str, ctx: Context) -> Mapping[str, object]:
    """Post what the notification starts; say what was accepted and what was ignored and why."""
    outcomes = [outcome for entry in notification for outcome in _outcomes(entry, opened, ctx)]
    return {
        "accepted": [_accepted(outcome) for outcome in outcomes if isinstance(outcome, Event)],
        "ignored": [{"what": outcome.what, "why": outcome.why} for outcome in outcomes if isinstance(outcome, Ignored)],
    }


def _outcomes(entry: Push | Ignored, opened: str, ctx: Context) -> Iterator[Event | Ignored]:
    if isinstance(entry, Ignored):
        yield entry
        return
    repository, owners = _owners(entry, ctx)
    if not owners:
        why = f"no service was onboarded with the image repository {repository}; see keptn onboard service"
        yield Ignored(what=str(entry), why=why)
    for owner in owners:
        yield _started(entry, repository, owner, opened, ctx)


def _owners(push: Push, ctx: Context) -> tuple[str, Collection[Owner]]:
    """A repository is onboarded with its registry's host or without."""
    for repository in (f"{push.host}/{push.repository}", push.repository):
        if owners := artifacts.owners(ctx.store, repository):
            return repository, owners
    return push.repository, ()


def _started(push: Push, repository: str, owner: Owner, opened: str, ctx: Context) -> Event | Ignored:
    if not hook_tokens.covers(opened, owner.project, owner.service):
        why = f"the token is not that of {owner.project}/{owner.service}; see keptn get hook"
        return Ignored(what=str(push), why=why)
    try:
        event = _delivery(push, repository, owner, ctx)
    except Refused as refused:
        return Ignored(what=str(push), why=str(refused))
    ctx.sink.post(event)
    return event


def _delivery(push: Push, repository: str, owner: Owner, ctx: Context) -> Event:
    """Its ids follow from the notification, so that a repetition is the same delivery and a second push another."""
    image = f"{repository}:{push.tag}"
    artifact = Artifact(
        repository=repository, tag=push.tag, digest=ctx.registry.digest(image), registry_event=push.event_id
    )
    first_stage = stages.of_project(ctx.config_repo, owner.project)[0]
    scope = Scope(project=owner.project, stage=first_stage, service=owner.service)
    cause = (push.repository, push.tag, push.digest or artifact.digest, owner.project, owner.service)
    event_id = events.derived_id(push.event_id, *cause)
    return artifacts.delivery_triggered(artifact, scope, event_id=event_id, source=SOURCE, now=ctx.clock.now())


def _accepted(event: Event) -> Mapping[str, str]:
    scope, artifact = event.scope, event.data["artifact"]
    return {
        "project": scope.project,
        "stage": scope.stage,
        "service": scope.service,
        "image": artifact["image"],
        "digest": artifact["digest"],
        "keptnContext": event.context,
        "id": event.id,
    }
