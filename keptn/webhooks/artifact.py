"""What becomes of a registry's notification: one delivery for every service that runs the image, or a reason why not.

`receive_artifact` calls it. The body is a hint: the digest is what the registry answers when it is asked. Of several
tags for one service the newest is delivered; the others are the same image, or would only be superseded by it. What
cannot be delivered yet is not the sender's care: `waiting.py`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from keptn.context import Context
from keptn.events import Event, rfc3339
from keptn.projects import artifacts, hook_tokens
from keptn.projects.artifacts import Owner
from keptn.webhooks import outcome, recording, starting, waiting
from keptn.webhooks.deadline import Deadline
from keptn.webhooks.digests import Digests
from keptn.webhooks.newest import newest
from keptn.webhooks.recording import Outcome, Same, Waiting
from keptn.webhooks.senders.registries import Ignored, Notification, Push

_NEWER = "a newer one came with it"


def accept(notification: Notification, *, opened: str, ctx: Context, deadline: Deadline) -> Mapping[str, object]:
    """Post what the notification starts; say what was accepted, what has to wait and what was ignored, and why.

    Raises Unavailable if the Broker or the store is away: the same notification again is the same events.
    """
    digests = Digests(deadline, ctx)
    outcomes: list[Outcome] = [entry for entry in notification if isinstance(entry, Ignored)]
    by_owner: dict[Owner, list[Push]] = {}
    for entry in _with_repositories([entry for entry in notification if isinstance(entry, Push)], ctx):
        if isinstance(entry, Ignored):
            outcomes.append(entry)
        else:
            by_owner.setdefault(entry[0], []).append(entry[1])
    arrived = ctx.clock.now()
    for owner, pushes in by_owner.items():
        outcomes += _became(owner, pushes, opened, digests, ctx, arrived=arrived)
    return outcome.answer(
        [_accepted(one) for one in outcomes if isinstance(one, Event | Same)],
        [one for one in outcomes if isinstance(one, Ignored)],
        waiting=_asked_later([one for one in outcomes if isinstance(one, Waiting)], ctx, arrived),
    )


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


def _became(
    owner: Owner, pushes: Sequence[Push], opened: str, digests: Digests, ctx: Context, *, arrived: datetime
) -> Sequence[Outcome]:
    """What becomes of a service's images: done, and recorded."""
    name = f"{owner.project}/{owner.service}"
    if not hook_tokens.covers(opened, owner.project, owner.service):
        return [Ignored(what=str(newest(pushes)), why=f"the token is not that of {name}; see keptn get hook")]
    rules = artifacts.rules(ctx.store, pushes[-1].repository, owner)
    unwanted = {push: why for push in pushes if (why := rules.tags.why_not(push.tag))}
    wanted = [push for push in pushes if push not in unwanted]
    chosen = newest(wanted or pushes)
    beside = [push for push in wanted if push is not chosen]
    if wanted:
        done = starting.done(chosen, owner, digests, ctx, rules=rules, beside=beside)
    else:
        done = Ignored(what=str(chosen), why=f"{unwanted.pop(chosen)} of {name}")
    if isinstance(done, Waiting):
        arrived = waiting.since(chosen, ctx, arrived)
    same = recording.tags_of(done, chosen)
    older = [push for push in beside if push.tag not in same]
    others = {**{push.tag: _NEWER for push in older}, **{push.tag: why for push, why in unwanted.items()}}
    recording.keep(ctx.store, owner, chosen, done, others=others, arrived=arrived)
    why = f"{chosen.tag} is the newest of {len(wanted)} tags that were pushed for {name} together"
    return [
        *(Ignored(what=str(push), why=f"{why}; only that one is delivered") for push in older),
        *(Ignored(what=str(push), why=f"{why} of {name}") for push, why in unwanted.items()),
        done,
    ]


def _asked_later(found: Sequence[Waiting], ctx: Context, arrived: datetime) -> Sequence[Mapping[str, str]]:
    """What the sender hears of it."""
    if not found:
        return []
    until = waiting.ask_later(found, ctx, arrived)
    return [
        {"project": one.owner.project, "service": one.owner.service, "image": str(one.push),
         "why": f"{one.why}; keptn asks again by itself", "until": rfc3339(until[one.push])}
        for one in found
    ]  # fmt: skip


def _accepted(done: Event | Same) -> Mapping[str, object]:
    event = done.event if isinstance(done, Same) else done
    scope, artifact = event.scope, event.data["artifact"]
    same = {"why": done.why} if isinstance(done, Same) else {}
    return {
        "project": scope.project,
        "stage": scope.stage,
        "service": scope.service,
        "image": artifact["image"],
        **({"tags": artifact["tags"]} if "tags" in artifact else {}),
        "digest": artifact["digest"],
        "keptnContext": event.context,
        "id": event.id,
        **same,
    }
