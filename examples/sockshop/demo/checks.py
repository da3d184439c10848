"""Did the story come out as told? Each check looks at what happened, by itself, and says what it saw."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from examples.sockshop.demo import steps, users
from examples.sockshop.demo.lanes import Delivery
from examples.sockshop.demo.users import Seen


@dataclass(frozen=True, slots=True, kw_only=True)
class Story:
    """All that was seen.

    problem: the remediation. staging_seen: what staging's users saw while 0.2 was delivered; switch_seen: prod's while
    0.3 was; pinned_seen: those of prod who are pinned, then; after: prod's after the repair. tickets, chat: bodies
    received. rejected: digests that prod remembers.
    """

    deliveries: Mapping[str, Delivery]
    problem: Delivery
    staging_seen: Sequence[Seen]
    switch_seen: Sequence[Seen]
    pinned_seen: Sequence[Seen]
    before_repair: Sequence[Seen]
    after: Sequence[Seen]
    tickets: Sequence[Mapping[str, Any]]
    chat: Sequence[Mapping[str, Any]]
    rejected: Sequence[Mapping[str, Any]]
    prod_log: Sequence[str]
    live_digest: str
    seconds: float


GOOD = ("pass", "warning")
Check = tuple[str, Callable[[Story], bool]]


def _result(story: Story, version: str, stage: str) -> str:
    lane = story.deliveries[version].lane(stage)
    return lane.result if lane else ""


def _digest(story: Story, version: str) -> str:
    for event in story.deliveries[version].events:
        if digest := (event["data"].get("artifact") or {}).get("digest"):
            return str(digest)
    return ""


def _reached_prod(version: str) -> Callable[[Story], bool]:
    return lambda story: all(_result(story, version, stage) in GOOD for stage in ("dev", "staging", "prod"))


def _stopped_in_staging(story: Story) -> bool:
    evaluation = story.deliveries["0.2"].finished("evaluation", "staging")
    return (
        _result(story, "0.2", "dev") in GOOD
        and evaluation.get("result") == "fail"
        and evaluation.get("status") == "succeeded"
        and story.deliveries["0.2"].lane("prod") is None
    )


def _staging_never_noticed(story: Story) -> bool:
    return (
        bool(story.staging_seen)
        and not users.errors(list(story.staging_seen))
        and set(users.versions(list(story.staging_seen))) == {"0.1"}
    )


def _switch_without_error(story: Story) -> bool:
    seen = list(story.switch_seen)
    return not users.errors(seen) and {"0.1", "0.3"} <= set(users.versions(seen))


def _released_is_evaluated(story: Story) -> bool:
    for version in ("0.1", "0.3", "0.4"):
        delivery = story.deliveries[version]
        live = (delivery.finished("release", "prod").get("release") or {}).get("live") or {}
        evaluated = (delivery.finished("evaluation", "prod").get("evaluation") or {}).get("digest")
        if not live.get("digest") or not live["digest"] == evaluated == _digest(story, version):
            return False
    return True


def _repaired(story: Story) -> bool:
    lane = story.problem.lane("prod", "remediation")
    return lane is not None and lane.result in GOOD and story.live_digest == _digest(story, "0.3")


def _users_are_well_again(story: Story) -> bool:
    seen = list(story.after)
    return bool(seen) and not users.errors(seen) and set(users.versions(seen)) == {"0.3"}


def _users_had_noticed(story: Story) -> bool:
    return users.errors(list(story.before_repair)) > 0 and users.versions(list(story.before_repair))["0.4"] > 0


def _one_ticket(story: Story) -> bool:
    return len({ticket.get("correlation_id") for ticket in story.tickets}) == 1


def _chat_heard(story: Story) -> bool:
    said = [str(message).lower() for message in story.chat]
    return all(
        any(word in message and stage in message for message in said)
        for word, stage in (("carts:0.2", "staging"), ("problem with carts", "prod"), ("remediation", "prod"))
    )


def _rejected(story: Story) -> bool:
    return _digest(story, "0.4") in [str(entry.get("digest")) for entry in story.rejected]


def _in_git(story: Story) -> bool:
    return bool(story.prod_log) and any("0.3" in line and "roll" in line for line in story.prod_log[:2])


def steps_of_switch(story: Story) -> list[steps.Step]:
    """What prod's users saw of the steps of 0.3; none where prod is no canary."""
    return steps.read(story.deliveries["0.3"], "prod", story.switch_seen)


def _share_grew(story: Story) -> bool:
    seen = steps_of_switch(story)
    grew = all(before.share_percent < after.share_percent for before, after in pairwise(seen))
    return len(seen) > 1 and grew and all(step.is_as_weighted for step in seen)


def _steps_in_git(story: Story) -> bool:
    subjects = [line.partition(" ")[2] for line in reversed(story.prod_log)]
    given = [subject for subject in subjects if subject.startswith("give carts 0.3 ")]
    return bool(given) and given == [
        f"give carts 0.3 {step.weight_percent} % of prod" for step in steps_of_switch(story)
    ]


def _pinned_kept_it(story: Story) -> bool:
    met: dict[int, list[str]] = {}
    for one in story.pinned_seen:
        met.setdefault(one.user, []).append(one.version)
    return bool(met) and all(versions == sorted(versions) for versions in met.values())


CHECKS: Sequence[Check] = (
    ("0.1 went from dev to prod", _reached_prod("0.1")),
    ("0.2 passed dev and was stopped by the evaluation in staging", _stopped_in_staging),
    ("staging's users never noticed 0.2", _staging_never_noticed),
    ("0.3 went from dev to prod", _reached_prod("0.3")),
    ("the switch from 0.1 to 0.3 cost no user request", _switch_without_error),
    ("0.4 passed everything", _reached_prod("0.4")),
    ("the released digest is the evaluated and the pushed one", _released_is_evaluated),
    ("0.4 broke under live traffic and users noticed", _users_had_noticed),
    ("the problem was repaired: prod is back on 0.3", _repaired),
    ("after the repair all users are well, on 0.3", _users_are_well_again),
    ("a commit on the branch prod went back to 0.3", _in_git),
    ("exactly one ticket was opened", _one_ticket),
    ("the chat heard of the failure and of the repair", _chat_heard),
    ("prod remembers 0.4's digest as rejected", _rejected),
)

CANARY_CHECKS: Sequence[Check] = (
    ("the share of 0.3 among prod's users grew step by step, as weighted", _share_grew),
    ("every step of 0.3 was a commit on the branch prod", _steps_in_git),
    ("no pinned user of prod was sent back from 0.3 to 0.1", _pinned_kept_it),
)


def checks_of(strategy: str) -> Sequence[Check]:
    """What must be true of the story with this strategy in prod."""
    return (*CHECKS, *CANARY_CHECKS) if strategy == "canary" else CHECKS
