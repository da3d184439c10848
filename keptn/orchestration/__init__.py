"""What `orchestrate` does with an event: find its slot, gather the facts, run the transition.

Called by functions/orchestrate, `keptn simulate` and the tests. The rules are in keptn/sequence; nothing here decides.
"""

from __future__ import annotations

from dataclasses import replace
from functools import partial

from keptn import events
from keptn.context import Context
from keptn.errors import Refused, Undecodable
from keptn.events import SLOT_ALARM, Control, Event, Phase, Result, Scope, Status, TypeParts
from keptn.orchestration import controls, posting, retiring, snapshots, stray, transition
from keptn.projects import new_stages, stages
from keptn.records import deliveries, objects, retention
from keptn.sequence import codec, engine, kind
from keptn.sequence.admission import refused
from keptn.sequence.aggregate import Outcome
from keptn.sequence.ending import SNAPSHOT
from keptn.sequence.slot import Rejection, Slot, State
from keptn.sequence.turn import SOURCE, Facts
from keptn.shipyard import Shipyard

_RETIRED = {events.PROJECT_DELETE: events.PROJECT_RETIRED, events.SERVICE_DELETE: events.SERVICE_RETIRED}


def handle(event: Event, ctx: Context) -> None:
    """Take in one event. Raises Unavailable (deliver again), Undecodable (nothing can be made of it)."""
    parts = events.parse_type(event.type)
    try:
        if event.type == SLOT_ALARM:
            transition.run(event.scope, event, ctx, partial(_facts, ctx=ctx))
        elif control := events.control_of(event.type):
            _control(event, control, ctx)
        elif event.type in _RETIRED:
            _retire(event, ctx)
        elif event.type == events.PROBLEM_RESOLVED and _is_whole(event.scope):
            transition.run(event.scope, event, ctx, partial(_facts, ctx=ctx))
        elif parts and parts.stage and parts.stage not in events.RESERVED_STAGES:
            if parts.phase is Phase.TRIGGERED:
                _sequence(_completed(event, parts), parts, ctx)
        elif parts and not parts.stage and parts.phase is not Phase.TRIGGERED:
            _answer(event, ctx)
    except Refused as why:
        raise Undecodable(str(why)) from why


def _retire(event: Event, ctx: Context) -> None:
    """End what runs in the slots of the project, or of its one service; then let the rest of it go.

    As many slots as it has, not its history.
    """
    told = {**event.data, "reason": f"{event.type.removeprefix(events.PREFIX).split('.')[0]} deleted"}
    order = replace(event, type=events.control_type(Control.RETIRE), data=told)
    for scope in [slot.scope for slot in deliveries.slots(ctx.store, event.scope.project)]:
        if event.scope.service not in {"", scope.service}:
            continue
        transition.run(scope, order, ctx, partial(_facts, ctx=ctx))
        while not retiring.bury(ctx.store, scope):
            transition.run(scope, order, ctx, partial(_facts, ctx=ctx))
    retired = _RETIRED[event.type]
    now = ctx.clock.now()
    ctx.sink.post(events.caused(event, type=retired, source=SOURCE, data=event.data, now=now, triggered_id=event.id))


def _control(event: Event, control: Control, ctx: Context) -> None:
    if not _is_whole(event.scope):
        controls.spread(event, control, ctx)
        return
    transition.run(event.scope, event, ctx, partial(control_facts, event=event, ctx=ctx))


def _completed(event: Event, parts: TypeParts) -> Event:
    """With a context, and the stage that the type names."""
    data = {**event.data, "stage": event.scope.stage or parts.stage}
    return replace(event, data=data, context=event.context or events.derived_id(event.source, event.id, "context"))


def _sequence(event: Event, parts: TypeParts, ctx: Context) -> None:
    """A sequence that shall begin. One that is known is repeated, whatever has become of its shipyard since."""
    name = objects.execution(event.context, stage=parts.stage, sequence=parts.name, execution_id=event.id)
    if known := deliveries.read(ctx.store, name):
        if known["turned_away"]:
            posting.post_all(_turned_away(event, parts, known, ctx).pending, ctx)
        else:
            facts = partial(_facts, ctx=ctx, known=True)
            transition.run(event.scope, event, ctx, facts)
        return
    try:
        sha = _snapshot(event, parts, ctx)
    except Refused as why:
        posting.leave(engine.turned_away(event, parts, refused(str(why)), ctx.clock.now()), ctx)
        return
    _admit(event, sha, ctx)


def _turned_away(event: Event, parts: TypeParts, known: dict[str, str], ctx: Context) -> Slot:
    """What it left behind when it was not let in, once more."""
    outcome = Outcome(result=Result(known["result"]), status=Status(known["status"]), message=known["message"])
    return engine.turned_away(event, parts, outcome, ctx.clock.now(), state=State(known["state"]))


def _admit(event: Event, sha: str, ctx: Context) -> None:
    """A stage's order is asked twice: what is remembered while this is decided finds no document to be sent to."""
    paused, aborted = controls.held(event, event.scope.stage, ctx)
    facts = Facts(
        shipyard=sha,
        rejection=_rejected(event.scope, kind.digest(event.data), ctx),
        paused=paused,
        aborted=aborted,
        max_hops=ctx.settings.max_hops,
    )

    def facts_for(slot: Slot) -> Facts:
        return replace(facts, shipyards=_shipyards(slot, sha, ctx))

    decision = transition.decide(event.scope, event, ctx, facts_for)
    if late := controls.given_since(event, facts, ctx):
        transition.run(event.scope, late, ctx, partial(_facts, ctx=ctx))
        decision = transition.decide(event.scope, event, ctx, partial(_facts, ctx=ctx, known=True))
    transition.finish(decision, ctx)


def _snapshot(event: Event, parts: TypeParts, ctx: Context) -> str:
    """The shipyard that counts for this sequence. Raises Refused: the sequence cannot be."""
    scope = event.scope
    if not _is_whole(scope):
        missing = " and ".join(key for key in ("project", "stage", "service") if not getattr(scope, key))
        raise Refused(f"{event.type} lacks {missing} in its data; send all three")
    if scope.stage != parts.stage:
        raise Refused(f"{event.type} is about stage {parts.stage!r}, but its data says {scope.stage!r}; correct one")
    sha = event.extensions.get(SNAPSHOT, "") if event.source == SOURCE else ""
    is_new = False
    if not sha:
        sha, is_new = snapshots.current(ctx.store, ctx.config_repo, scope.project)
    shipyard = snapshots.load(ctx.store, scope.project, sha)
    if is_new:
        _have_stages_made(scope.project, shipyard, ctx)
    shipyard.stage(parts.stage).sequence(parts.name)
    retention.check_waits(shipyard, retention_days=ctx.settings.retention_days)
    return sha


def _have_stages_made(project: str, shipyard: Shipyard, ctx: Context) -> None:
    """Somebody changed the shipyard with Git: what it has in addition is made while the delivery is on its way there.

    Should this be lost, `api` makes the branch when it comes to it.
    """
    if lacking := new_stages.lacking_of(project, shipyard.stage_names, ctx):
        text = stages.shipyard(ctx.config_repo, project).decode()
        ctx.sink.post(new_stages.to_be_made(project, text, lacking, source=SOURCE, ctx=ctx))


def _rejected(scope: Scope, digest: str, ctx: Context) -> Rejection | None:
    found = deliveries.read(ctx.store, objects.rejected(scope, digest)) if digest else None
    return codec.rejection(found) if found else None


def _answer(event: Event, ctx: Context) -> None:
    """An executor's word. One that names another slot than its task's ends the task as errored."""
    facts_for = partial(_facts, ctx=ctx)
    if _is_whole(event.scope):
        decision = transition.decide(event.scope, event, ctx, facts_for)
        transition.finish(decision, ctx)
        if decision.changed or event.triggered_id in decision.slot.tasks:
            return
    if misled := stray.corrected(event, ctx):
        transition.run(misled.scope, misled, ctx, facts_for)


def _facts(slot: Slot, *, ctx: Context, known: bool = False) -> Facts:
    return Facts(
        shipyards=_shipyards(slot, "", ctx),
        known=known,
        max_hops=ctx.settings.max_hops,
        finish_timeouts={"test": ctx.settings.test_job_s},
    )


def control_facts(slot: Slot, *, event: Event, ctx: Context) -> Facts:
    """What the engine asks about an order for one slot."""
    facts = _facts(slot, ctx=ctx)
    if not event.data.get("execution"):
        return facts
    place = {"stage": event.scope.stage, "sequence": str(event.data.get("sequence"))}
    subject = deliveries.read(
        ctx.store, objects.execution(event.context, **place, execution_id=str(event.data["execution"]))
    )
    if subject is None:
        return facts
    again = objects.execution(
        event.context, **place, execution_id=events.derived_id(event.id, "rerun", str(subject["id"]))
    )
    return replace(
        facts,
        subject=subject,
        rejection=_rejected(event.scope, str(subject["digest"]), ctx),
        known=ctx.store.get(again) is not None,
        shipyards=_shipyards(slot, str(subject["shipyard"]), ctx),
    )


def _shipyards(slot: Slot, sha: str, ctx: Context) -> dict[str, Shipyard]:
    wanted = {e.shipyard for e in slot.open} | {r.shipyard for r in slot.repairs} | ({sha} if sha else set())
    return {one: snapshots.load(ctx.store, slot.scope.project, one) for one in wanted}


def _is_whole(scope: Scope) -> bool:
    return bool(scope.project and scope.stage and scope.service)
