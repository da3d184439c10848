"""What is final of what the objects of a Deployment say, and what gets its time."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from keptn.adapters.platform import rollout

NOW = datetime(2026, 1, 1, tzinfo=UTC)


def ago(seconds: float) -> str:
    return (NOW - timedelta(seconds=seconds)).isoformat().replace("+00:00", "Z")


def deployment(*, seen: int = 2, template: str = "2", progressing: str = "", **counts: int) -> Any:
    condition = {"type": "Progressing", "reason": progressing, "message": "timed out progressing."}
    return {
        "metadata": {"generation": 2, "annotations": {"deployment.kubernetes.io/revision": template}},
        "spec": {"replicas": 2, "template": {"metadata": {"labels": {"a": "b"}}, "spec": {}}},
        "status": {"observedGeneration": seen, "conditions": [condition], **counts},
    }


def pod(age_s: float, *, waiting: dict[str, str] | None = None, restarts: int = 0, ended: Any = None) -> Any:
    container = {
        "name": "carts",
        "image": "carts:1",
        "restartCount": restarts,
        "state": {"waiting": waiting} if waiting else {"terminated": ended},
    }
    metadata = {"name": "carts-blue-1", "creationTimestamp": ago(1000)}
    scheduled = {"type": "PodScheduled", "status": "True", "lastTransitionTime": ago(age_s)}
    return {"metadata": metadata, "status": {"containerStatuses": [container], "conditions": [scheduled]}}


@pytest.mark.parametrize(
    ("found", "complete"),
    [
        (deployment(replicas=2, updatedReplicas=2, availableReplicas=2), True),
        (deployment(replicas=2, updatedReplicas=2, availableReplicas=2, seen=1), False),
        (deployment(replicas=3, updatedReplicas=2, availableReplicas=2), False),
        (deployment(replicas=2, updatedReplicas=1, availableReplicas=2), False),
        (deployment(replicas=2, updatedReplicas=2, availableReplicas=1), False),
        (deployment(), False),
    ],
)
def test_a_rollout_is_complete_when_nothing_old_is_left(found, complete):
    """The controller has seen the change, and all that is there is new and available."""
    assert rollout.is_complete(found, list) is complete


def replica_set(image: str, *, replicas: int, available: int) -> Any:
    template = {"metadata": {"labels": {"a": "b", "pod-template-hash": "x"}}, "spec": {"image": image}}
    return {"spec": {"template": template}, "status": {"replicas": replicas, "availableReplicas": available}}


@pytest.mark.parametrize(
    ("replica_sets", "complete"),
    [
        ([replica_set("carts:2", replicas=2, available=2)], True),
        ([replica_set("carts:2", replicas=2, available=2), replica_set("carts:1", replicas=0, available=0)], True),
        ([replica_set("carts:1", replicas=2, available=2)], False),
        ([replica_set("carts:1", replicas=2, available=2), replica_set("carts:2", replicas=0, available=0)], False),
        ([replica_set("carts:1", replicas=1, available=1), replica_set("carts:2", replicas=2, available=2)], False),
        ([replica_set("carts:2", replicas=2, available=1)], False),
        ([replica_set("carts:2", replicas=1, available=1)], False),
        ([], False),
    ],
)
def test_a_change_of_no_pod_leaves_it_complete(replica_sets, complete):
    """Also before the controller has seen it: a release writes annotations, and nobody shall wait for that.

    What the controller said of the old pods does not count for the new: it makes their ReplicaSet first.
    """
    found = deployment(replicas=2, updatedReplicas=2, availableReplicas=2, seen=1)
    found["spec"]["template"]["spec"] = {"image": "carts:2"}
    assert rollout.is_complete(found, lambda: replica_sets) is complete


PULL = {"reason": "ErrImagePull", "message": "429 Too Many Requests"}
LOST = {"reason": "ImagePullBackOff", "message": 'Back-off pulling image "carts:1": carts:1: not found'}
RAISE = "; raise the namespace's ResourceQuota, or ask for less in the service's values file"
SECRET = {"reason": "CreateContainerConfigError", "message": 'secret "db" not found'}


@pytest.mark.parametrize(
    ("found", "says", "final"),
    [
        (pod(60, waiting=PULL), "image carts:1 cannot be pulled: ErrImagePull: 429", False),
        (pod(121, waiting=PULL), "429", True),
        (pod(1, waiting=LOST), "image carts:1 cannot be pulled: ImagePullBackOff: not found", True),
        (pod(1, waiting={"reason": "InvalidImageName"}), "InvalidImageName", True),
        (pod(19, waiting=SECRET), 'container carts cannot be made: CreateContainerConfigError: secret "db"', False),
        (pod(21, waiting=SECRET), "db", True),
        (
            pod(1, restarts=3, ended={"exitCode": 3}),
            "carts-blue-1 exited with code 3, and was restarted 3",
            False,
        ),
        (pod(1, restarts=4, ended={"exitCode": 0}), "exited with code 0", True),
        (pod(1, ended={"exitCode": 137, "reason": "OOMKilled"}), "more memory than resources.limits.memory", False),
    ],
)
def test_what_may_heal_has_its_time(found, says, final):
    """A registry two minutes, a secret twenty seconds, a crash four restarts; a mistake none."""
    (trouble,) = rollout.troubles(None, [found], now=NOW)
    assert says in trouble.reason
    assert trouble.final is final


@pytest.mark.parametrize(
    ("message", "age_s", "final", "to_do"),
    [
        ('exceeded quota: "small"', 5, False, RAISE),
        ('exceeded quota: "small"', 21, True, RAISE),
        ("failed calling webhook: connection refused", 21, False, ""),
        ("failed calling webhook: connection refused", 121, True, ""),
    ],
)
def test_pods_that_are_not_let_in(message, age_s, final, to_do):
    """A quota may be raised, a webhook may start."""
    failure = {"type": "ReplicaFailure", "status": "True", "message": message, "lastTransitionTime": ago(age_s)}
    (trouble,) = rollout.troubles({"status": {"conditions": [failure]}}, [], now=NOW)
    assert (trouble.reason, trouble.final) == (f"its pods are not let in: {message}{to_do}", final)


def test_init_containers_that_did_their_work_are_no_trouble():
    """They have ended, and as they should."""
    done = pod(1, ended={"exitCode": 0, "reason": "Completed"})
    assert rollout.troubles(None, [done], now=NOW) == []


def test_kubernetes_own_limit_is_final():
    """With what the pods say, if they say anything; not of a template before."""
    late = deployment(progressing="ProgressDeadlineExceeded")
    reason = rollout.Trouble(reason="pod carts-blue-1 has no node")
    assert rollout.verdict(late, [reason]) == rollout.Trouble(reason=reason.reason, final=True)
    assert rollout.verdict(late, []) == rollout.Trouble(reason="timed out progressing.", final=True)
    assert rollout.verdict(deployment(progressing="ProgressDeadlineExceeded", seen=1), []) is None
    assert rollout.verdict(deployment(), [reason, rollout.Trouble(reason="b", final=True)]).reason == "b"


def test_only_the_newest_template_counts():
    """And none before the controller has made it."""
    sets = [{"metadata": {"annotations": {"deployment.kubernetes.io/revision": str(number)}}} for number in (1, 2)]
    assert rollout.newest(deployment(), sets) is sets[1]
    assert rollout.newest(deployment(seen=1), sets) is None
    assert rollout.newest(deployment(template=""), sets) is None


def test_a_silent_pod_is_asked_through_its_events():
    """The newest warning counts."""
    assert rollout.silent([pod(5)], now=NOW) is None
    events = [{"lastTimestamp": ago(age), "message": f"{age} s ago", "metadata": {}} for age in (9, 3, 30)]
    assert rollout.silent([pod(11)], now=NOW) == pod(11)
    assert [one.reason for one in rollout.told(pod(11), events)] == ["pod carts-blue-1: 3 s ago"]
    assert rollout.told(pod(11), []) == []
