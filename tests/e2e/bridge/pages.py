"""Every kind of page that the bridge has, and an installation with something to show on each."""

from __future__ import annotations

from datetime import timedelta

from keptn.events import Scope
from keptn.records.tokens import Role
from tests import evaluation_history
from tests.bridge_world import Shop, shop
from tests.functions.test_bridge_dead_letters import dead
from tests.world import issue

VIEWER = f"keptn_eve-0e0e0e0e_{'e' * 64}"
"""May look at sockshop, and do nothing."""
HISTORY = Scope(project="webshop", stage="staging", service="frontend")
EVALUATION = "/project/webshop/stage/staging/service/frontend/evaluation"
RUNBOOK = b"""\
apiVersion: spec.keptn.sh/0.1.4
kind: Remediation
metadata: {name: carts}
spec:
  remediations:
  - problemType: Checkout is slow
    actionsOnOpen:
    - {name: One more, action: scale, value: {more: 1}}
  - problemType: default
    actionsOnOpen:
    - {name: Back to the version before, action: rollback}
"""
KINDS = {
    "projects": "/",
    "environment": "/project/webshop",
    "environment with a pin": "/project/sockshop",
    "deliveries": "/project/webshop/deliveries",
    "delivery that runs": "/delivery/{running}",
    "delivery that waits": "/delivery/{waiting}",
    "delivery that failed": "/delivery/{failed}",
    "delivery that passed": "/delivery/{passed}",
    "delivery that repairs": "/delivery/{repair}",
    "event": "/delivery/{failed}/event?id={event}",
    "approvals": "/approvals",
    "evaluations": "/project/webshop/evaluations",
    "evaluation": EVALUATION + "?id=evaluation-24",
    "evaluation, none yet": "/project/young/stage/dev/service/carts/evaluation",
    "problems": "/project/sockshop/problems",
    "problems, none yet": "/project/webshop/problems",
    "dead letters": "/dead-letters",
    "dead letter": "/dead-letter/{letter}",
    "audit log": "/project/webshop/audit",
    "audit log of a person": "/project/webshop/audit?by=ann-0a0a0a0a",
    "shipyard": "/project/webshop/shipyard",
    "start": "/project/webshop/start",
    "begun": "/project/webshop/begun/0b0b0b0b",
    "sign in": "/sign-in",
    "not there": "/project/nope",
    "not for you": "/project/webshop",
}
"""Their addresses; `{names}` are in `Shop.named`."""
OF_A_VIEWER = {"not for you"}


def full_shop() -> Shop:
    """A shop with a history of evaluations, dead letters, problems, and a project in which nothing ran."""
    made = shop()
    with made.running():
        store = made.world.store
        issue(store, VIEWER, role=Role.VIEW, project="sockshop")
        made.world.with_sockshop("young")
        evaluation_history.keep(store, HISTORY, count=25, begun=made.clock.now() - timedelta(days=1))
        for service, why in (("basket", "the registry is away"), ("catalogue", "the bucket asks for patience")):
            dead(made, service=service, why=why)
        files = {"carts/remediation.yaml": RUNBOOK}
        made.world.config_repo.commit("sockshop", "prod", lambda _: files, message="a runbook")
        for pod, rule, lasts_s in (("pod-1", "Checkout is slow", 620), ("pod-2", "Carts are lost", 30)):
            made.alert(pod, rule=rule)
            made.go_on(lasts_s)
        made.named = _named(made)
    return made


def address(made: Shop, kind: str) -> str:
    return made.at + KINDS[kind].format(**made.named)


def _named(made: Shop) -> dict[str, str]:
    def newest(project: str, service: str, tag: str) -> str:
        told = made.call("GET", f"/v1/delivery?project={project}&service={service}")["deliveries"]
        return next(one["context"] for one in told if one["image"].partition("@")[0].endswith(f":{tag}"))

    failed = newest("sockshop", "carts", "1.2.0")
    return {
        "running": newest("webshop", "basket", "2.1.0"),
        "waiting": newest("webshop", "catalogue", "2.1.0"),
        "failed": failed,
        "passed": newest("webshop", "frontend", "2.0.0"),
        "repair": made.call("GET", "/v1/event?project=sockshop&type=prod.remediation.triggered")["events"][0][
            "shkeptncontext"
        ],
        "event": made.call("GET", f"/v1/event?keptnContext={failed}&type=evaluation.finished")["events"][0]["id"],
        "letter": made.call("GET", "/v1/dead-letter")["deadLetters"][0]["id"],
    }
