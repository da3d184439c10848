"""What an API server says no with: answers that a Kubernetes 1.35 gave, and what they mean for a task."""

import json

import pytest

from keptn.adapters.kubernetes.refusals import Forbidden, refusal
from keptn.errors import LostRace, Refused, Unavailable

QUOTA = 'deployments.apps "carts-blue" is forbidden: exceeded quota: small, requested: count/deployments.apps=1'
TERMINATING = "unable to create new content in namespace shop-dev because it is being terminated"
WEBHOOK = 'admission webhook "validate.policy.example" denied the request: images must be signed'
RBAC = 'deployments.apps is forbidden: User "system:serviceaccount:keptn:keptn-deployer" cannot create resource'


def body(message: str, **details: object) -> str:
    return json.dumps({"kind": "Status", "status": "Failure", "message": message, "details": details})


@pytest.mark.parametrize(
    ("status", "text", "error", "says"),
    [
        (403, body(QUOTA, name="carts-blue"), Refused, "raise the namespace's ResourceQuota"),
        (
            403,
            body(TERMINATING, causes=[{"reason": "NamespaceTerminating"}]),
            Refused,
            "when it is gone, keptn create project",
        ),
        (400, body(WEBHOOK), Refused, "images must be signed; change the service's values file"),
        (403, body(RBAC, kind="deployments"), Forbidden, "cannot create resource; give that right"),
        (401, body("Unauthorized"), Unavailable, "credentials of this service account"),
        (404, body('namespaces "shop-dev" not found', name="shop-dev"), Refused, "make it again"),
        (404, "404 page not found\n", Refused, "no such kind of object"),
        (409, body("the object has been modified"), LostRace, "has been modified"),
        (422, body("spec.replicas: Invalid value: -1"), Refused, "Invalid value: -1"),
        (429, body("too many requests"), Unavailable, "tried again"),
        (500, body('failed calling webhook "x": connection refused'), Unavailable, "tried again"),
        (503, "", Unavailable, "status 503; it is tried again"),
        (502, "[]", Unavailable, "tried again"),
    ],
)
def test_each_answer_has_its_error_and_sentence(status, text, error, says):
    found = refusal(status, text, doing="apply Deployment carts-blue in shop-dev")
    assert type(found) is error
    assert str(found).startswith("the cluster did not apply Deployment carts-blue in shop-dev: ")
    assert says in str(found)
