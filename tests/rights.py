"""Who may do what: as the manifests grant it, and as the table in knative/README.md says it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

ROOT = Path(__file__).parent.parent
README = ROOT / "knative/README.md"
CLUSTER, STAGE = "cluster", "each stage"
IN_STAGES = {
    "keptn-deployer": ("keptn-deployer", "keptn-onboard-service", "keptn-create-project"),
    "keptn-logs": ("keptn-api",),
}
"""ClusterRole to the accounts that create-project gives it in the namespace of each stage."""


class Right(NamedTuple):
    """where: a namespace, `cluster` or `each stage`. what: as `deployments.apps`. name: of one object, or empty."""

    account: str
    where: str
    what: str
    name: str
    verb: str


def granted(documents: Sequence[Mapping[str, Any]]) -> set[Right]:
    """By the bindings of the manifests, and by those that create-project makes."""
    roles = {(d["kind"], d["metadata"]["name"], d["metadata"].get("namespace", "")): d for d in documents}
    found: set[Right] = set()
    for binding in (d for d in documents if d["kind"].endswith("RoleBinding")):
        kind, name = binding["roleRef"]["kind"], binding["roleRef"]["name"]
        role = roles[kind, name, binding["metadata"]["namespace"] if kind == "Role" else ""]
        where = binding["metadata"].get("namespace", CLUSTER)
        for subject in binding["subjects"]:
            found |= set(_rights(subject["name"], where, role["rules"]))
    for name, accounts in IN_STAGES.items():
        for account in accounts:
            found |= set(_rights(account, STAGE, roles["ClusterRole", name, ""]["rules"]))
    return found


def of_rules(rules: Iterable[Mapping[str, Any]]) -> Iterator[tuple[str, str, str]]:
    """What, name and verb of each."""
    for rule in rules:
        for group in rule["apiGroups"]:
            for resource in rule["resources"]:
                for name in rule.get("resourceNames") or [""]:
                    yield from ((f"{resource}.{group}".rstrip("."), name, verb) for verb in rule["verbs"])


def _rights(account: str, where: str, rules: Iterable[Mapping[str, Any]]) -> Iterator[Right]:
    return (Right(account, where, *one) for one in of_rules(rules))


def table() -> set[Right]:
    """As README.md says it; `as <account>` stands for all that this one may in each stage."""
    found: set[Right] = set()
    for account, _, where, what, verbs, _ in _rows():
        if alike := re.fullmatch(r"as `(.*)`", what):
            found |= {one._replace(account=account) for one in found if one[:2] == (alike[1], where)}
        elif what:
            resource, _, name = what.partition(" ")
            found |= {Right(account, where.strip("`"), resource, name.strip("`"), verb) for verb in verbs.split(", ")}
    return found


def steps() -> dict[str, set[str]]:
    """Account to who has it, as README.md says it."""
    return {account: set(steps.split(", ")) for account, steps, *_ in _rows() if steps}


def _rows() -> Iterator[list[str]]:
    """An account's further rows leave its name out."""
    _, _, text = README.read_text().partition("| account | of |")
    account = ""
    for line in text.partition("\n\n")[0].splitlines()[2:]:
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        account = cells[0].strip("`") or account
        yield [account, *cells[1:]]
