"""keptn itself: may it be installed, is it, and is all of it ready."""

from __future__ import annotations

import json
from collections.abc import Iterator

from keptn.installation import readiness
from keptn.installation.doctor.finding import DOCS, Finding, Level, Patient
from keptn.installation.kubectl import Kubectl


def rights(patient: Patient) -> Iterator[Finding]:
    """Of whoever asks, to install: one question for each kind that an installation has."""
    kinds = ("namespaces", "clusterroles.rbac.authorization.k8s.io", "clusterrolebindings.rbac.authorization.k8s.io")
    more = ("validatingadmissionpolicies.admissionregistration.k8s.io", "secrets", "services.serving.knative.dev")
    refused = [kind for kind in (*kinds, *more) if not _may(patient.kubectl, "create", kind)]
    if refused:
        what = f"you may not create {', '.join(refused)}, so keptn install would be refused"
        yield Finding(level=Level.WARNING, what=what, mend="ask for a user with the rights of cluster-admin")
    else:
        yield Finding(level=Level.OK, what="you may install keptn")


def _may(kubectl: Kubectl, verb: str, kind: str) -> bool:
    name, _, group = kind.partition(".")
    asked = {
        "apiVersion": "authorization.k8s.io/v1",
        "kind": "SelfSubjectAccessReview",
        "spec": {"resourceAttributes": {"verb": verb, "resource": name, "group": group, "namespace": ""}},
    }
    answer = json.loads(kubectl.run("create", "-f", "-", "-o", "json", stdin=json.dumps(asked)))
    return bool(answer["status"]["allowed"])


def keptn(patient: Patient) -> Iterator[Finding]:
    if not patient.api:
        yield Finding(level=Level.WARNING, what="keptn is not installed here", mend="keptn install")
        return
    found = patient.kubectl.objects("-n", "keptn", "get", readiness.KINDS)
    left = readiness.missing(found)
    for sentence in left:
        yield Finding(level=Level.MISSING, what=sentence, mend=f"kubectl -n keptn get ksvc,pods ({DOCS}, Trouble)")
    if not left:
        yield Finding(level=Level.OK, what=f"keptn is installed, and all {len(found)} parts of it are ready")
        url = patient.settings.function_url("bridge")
        yield Finding(level=Level.OK, what=f"its pages are at {url}; keptn bridge prints a link that signs in")
    if not patient.kubectl.one("-n", patient.settings.secrets_namespace, "get", "secret", "api"):
        yield Finding(level=Level.MISSING, what="the api has no root token", mend="keptn install makes one")
