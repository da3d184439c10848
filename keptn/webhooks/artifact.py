"""What becomes of a registry's notification: one delivery for every service that runs the image, or a reason why not.

`receive_artifact` calls it. The body is a hint: the digest is what the registry answers when it is asked. Of several
tags for one service the newest is delivered; the others would only be superseded by it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from keptn import events, names
from keptn.context import Context
from keptn.errors import Refused, Unavailable
from keptn.events import Event, Scope
from keptn.projects import artifacts, hook_tokens, stages
from keptn.projects.artifacts import Artifact, Owner
from keptn.webhooks import outcome
from keptn.webhooks.deadline import Deadline
from keptn.webhooks.digests import Digests
from keptn.webhooks.newest import newest
from keptn.webhooks.senders.registries import Ignored, Notification, Push

SOURCE = "keptn/receive-artifact"


def accept(notification: Notification, *, opened: str, ctx: Context, deadline: Deadline) -> Mapping[str, object]:
    """Post what the notification starts; say what was accepted and what was ignored and why.

    Raises Unavailable if that takes longer, or an image is not there yet: what could be started was, and the same
    notification again is the same events.
    """
    digests, away = Digests(deadline, ctx), list[Unavailable]()
    outcomes: list[Event | Ignored] = [entry for entry in notification if isinstance(entry, Ignored)]
    by_owner: dict[Owner, list[Push]] = {}
    for entry in _with_repositories([entry for entry in notification if isinstance(entry, Push)], ctx):
        if isinstance(entry, Ignored):
            outcomes.append(entry)
        else:
            by_owner.setdefault(entry[0], []).append(entry[1])
    for owner, pushes in by_owner.items():
        deadline.check(f"the delivery of {pushes[-1]} in {owner.project}/{owner.service}")
        try:
            outcomes += _started(owner, pushes, opened, digests, ctx)
        except Unavailable as unavailable:
            away.append(unavailable)
    if away:
        raise away[0]
    started = [_accepted(one) for one in outcomes if isinstance(one, Event)]
    return outcome.answer(started, [one for one in outcomes if isinstance(one, Ignored)])


def _with_repositories(pushes: Sequence[Push], ctx: Context) -> Iterator[tuple[Owner, Push] | Ignored]:
    """Every push with every service that runs its repository: onboarded with its registry's host or without."""
    known: dict[str, Sequence[Owner]] = {}
    for push in pushes:
        whole, short = f"{ctx.settings.registry_host(push.host)}/{push.repository}", push.repository
        for repository in (whole, short):
            if repository not in known:
                known[repository] = artifacts.owners(ctx.store, repository)
        repository = whole if known[whole] else short
        if not known[repository]:
            why = f"no service was onboarded with the image repository {short} or {whole}; see keptn onboard service"
            yield Ignored(what=str(push), why=why)
        for owner in known[repository]:
            yield owner, replace(push, repository=repository)


def _started(
    owner: Owner, pushes: Sequence[Push], opened: str, digests: Digests, ctx: Context
) -> Iterator[Event | Ignored]:
    chosen, name = newest(pushes), f"{owner.project}/{owner.service}"
    if not hook_tokens.covers(opened, owner.project, owner.service):
        yield Ignored(what=str(chosen), why=f"the token is not that of {name}; see keptn get hook")
        return
    for push in pushes:
        if push is not chosen:
            why = f"{chosen.tag} is the newest of {len(pushes)} tags that were pushed for {name} together"
            yield Ignored(what=str(push), why=f"{why}; only that one is delivered")
    try:
        event = _delivery(chosen, owner, digests, ctx)
    except Refused as refused:
        yield Ignored(what=str(chosen), why=str(refused))
        return
    ctx.sink.post(event)
    yield event


def _delivery(push: Push, owner: Owner, digests: Digests, ctx: Context) -> Event:
    """Its ids follow from the notification, so that a repetition is the same delivery and a second push another."""
    if push.digest:
        names.check_digest(push.digest)
    digest = digests.of(push)
    artifact = Artifact(repository=push.repository, tag=push.tag, digest=digest, registry_event=push.event_id)
    first_stage = stages.of_project(ctx.config_repo, owner.project)[0]
    scope = Scope(project=owner.project, stage=first_stage, service=owner.service)
    cause = (push.repository, push.tag, push.digest or digest, owner.project, owner.service)
    event_id = events.derived_id(push.event_id, *cause)
    event = artifacts.delivery_triggered(artifact, scope, event_id=event_id, source=SOURCE, now=ctx.clock.now())
    return replace(event, extensions={"keptnsendertime": push.sent_at}) if push.sent_at else event


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
