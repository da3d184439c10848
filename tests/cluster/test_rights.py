"""Least privilege, on a cluster: what each account may is what the table in knative/README.md says, and it is tried.

A copy of the installation's rights, policies included, under a name of its own: nothing here touches another one.
"""

from __future__ import annotations

import json
import subprocess
import time
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import yaml

from keptn.events import Scope
from tests import committed, needs, rights
from tests.kubectl import built, kubectl, tried
from tests.world import digest_of

pytestmark = pytest.mark.cluster
DEADLINE_S = 60.0
KINDS = ("Namespace", "ServiceAccount", "Role", "RoleBinding", "ClusterRole", "ClusterRoleBinding")
POLICIES = ("ValidatingAdmissionPolicy", "ValidatingAdmissionPolicyBinding")
ACCOUNTS = sorted(rights.steps())
EXAMPLES = sorted(Path("shipyard-schemas/examples").glob("values*.yaml"))
FORBIDDEN, CONFINED = "is forbidden: User", "denied request"


@dataclass(frozen=True, kw_only=True)
class Installation:
    """name: stands where the manifests say `keptn`. anonymous: a kubeconfig without anybody's credentials."""

    name: str
    anonymous: Path
    tokens: dict[str, str] = field(default_factory=dict)

    @property
    def places(self) -> dict[str, str]:
        """Namespace by what the table calls it. `other`: one of somebody else's."""
        stage, other = f"{self.name}-shop-dev", f"{self.name}-other"
        return {"keptn": self.name, "keptn-secrets": f"{self.name}-secrets", rights.STAGE: stage, "other": other}

    def renamed(self, manifests: object) -> str:
        return json.dumps(manifests).replace("keptn", self.name)

    def as_account(self, account: str, *command: str, stdin: str = "") -> subprocess.CompletedProcess[str]:
        """With a token of the account, as its pod has one."""
        own = account.replace("keptn", self.name)
        if account not in self.tokens:
            self.tokens[account] = kubectl("create", "token", own, f"--namespace={self.name}").strip()
        who = (f"--kubeconfig={self.anonymous}", f"--token={self.tokens[account]}")
        return tried("--request-timeout=20s", *who, *command, stdin=stdin)


def namespace(name: str, **labels: str) -> str:
    return json.dumps({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name, "labels": labels}})


def stage(installation: Installation, name: str, enforce: str = "restricted") -> str:
    """As create-project makes it."""
    labels = {"app.kubernetes.io/managed-by": installation.name, "pod-security.kubernetes.io/enforce": enforce}
    return namespace(name, **labels)


def binding(place: str, role: str, *subjects: str, accounts_in: str, kind: str = "RoleBinding") -> str:
    metadata = {"name": role, **({"namespace": place} if kind == "RoleBinding" else {})}
    return json.dumps(
        {
            "apiVersion": "rbac.authorization.k8s.io/v1",
            "kind": kind,
            "metadata": metadata,
            "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": role},
            "subjects": [{"kind": "ServiceAccount", "name": name, "namespace": accounts_in} for name in subjects],
        }
    )


@pytest.fixture(scope="module")
def installation(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    """Rights and policies as they are applied, and a stage that create-project made with its own token."""
    needs.cluster()
    anonymous = tmp_path_factory.mktemp("anonymous") / "kubeconfig"
    found = Installation(name=f"t-rights-{uuid.uuid4().hex[:6]}", anonymous=anonymous)
    known = yaml.safe_load(kubectl("config", "view", "--raw", "--minify", "--flatten"))
    known["users"] = [{**user, "user": {}} for user in known["users"]]
    anonymous.write_text(yaml.safe_dump(known))
    objects = [one for one in built(rights.ROOT / "knative/base") if one["kind"] in (*KINDS, *POLICIES)]
    items = found.renamed({"apiVersion": "v1", "kind": "List", "items": objects})
    try:
        kubectl("apply", "--server-side", "-f", "-", stdin=items)
        kubectl("create", "namespace", found.places["other"])
        make_secrets(found)
        policies_count(found)
        make_stage(found)
        yield found
    finally:
        tried("delete", "--wait=false", "--ignore-not-found", "-f", "-", stdin=items)
        tried("delete", "namespace", "--wait=false", "--ignore-not-found", *found.places.values())


def make_secrets(installation: Installation) -> None:
    place = installation.places["keptn-secrets"]
    for name in ("git", "api", "hooks", "hook-shop.carts", "chat"):
        kubectl("create", "secret", "generic", name, f"--namespace={place}", "--from-literal=token=t")


def policies_count(installation: Installation) -> None:
    """An API server takes a moment to heed a new policy."""
    tried = [
        ("keptn-create-project", "namespaces", namespace(f"{installation.name}-early")),
        ("keptn-onboard-service", "secrets", secret(installation, "early")),
    ]
    end = time.monotonic() + DEADLINE_S
    for account, what, manifest in tried:
        command = ("create", "--dry-run=server", "-f", "-")
        while CONFINED not in installation.as_account(account, *command, stdin=manifest).stderr:
            assert time.monotonic() < end, f"the policy on {what} is not in force after {DEADLINE_S} s"
            time.sleep(0.2)


def make_stage(installation: Installation) -> None:
    place, own = installation.places[rights.STAGE], installation.name
    wanted = [(("create",), stage(installation, place))]
    for role, accounts in rights.IN_STAGES.items():
        bound, *named = (one.replace("keptn", own) for one in (role, *accounts))
        wanted.append((("apply", "--server-side"), binding(place, bound, *named, accounts_in=own)))
    for command, manifest in wanted:
        done = installation.as_account("keptn-create-project", *command, "-f", "-", stdin=manifest)
        assert done.returncode == 0, done.stderr


def secret(installation: Installation, name: str) -> str:
    metadata = {"name": name, "namespace": installation.places["keptn-secrets"]}
    return json.dumps({"apiVersion": "v1", "kind": "Secret", "metadata": metadata})


def reviewed(account: str, place: str) -> set[tuple[str, str, str]]:
    """What, name and verb: all that the API server grants there, `kubectl auth can-i --list`."""
    review = {"apiVersion": "authorization.k8s.io/v1", "kind": "SelfSubjectRulesReview", "spec": {"namespace": place}}
    text = kubectl("create", "--as", account, "--validate=false", "-o", "json", "-f", "-", stdin=json.dumps(review))
    return set(rights.of_rules(json.loads(text)["status"]["resourceRules"]))


@pytest.mark.parametrize("account", ACCOUNTS)
def test_each_may_what_the_table_says_and_nothing_else(installation: Installation, account: str) -> None:
    """Asked of the API server in four namespaces: keptn's, that of secrets, a stage's, and somebody else's."""
    user = f"system:serviceaccount:{installation.name}:{account.replace('keptn', installation.name)}"
    everybody = reviewed(f"system:serviceaccount:{installation.places['other']}:default", installation.places["other"])
    for where, place in installation.places.items():
        wanted = {
            (one.what, one.name.replace("keptn", installation.name), one.verb)
            for one in rights.table()
            if one.account == account and one.where in (where, rights.CLUSTER)
        }
        assert reviewed(user, place) - everybody == wanted, where


DEPLOYMENT = ("create", "deployment", "evil", "--image=evil", "--namespace")
TRIES = [
    ("keptn-deployer", "deploys in somebody's namespace", (*DEPLOYMENT, "{other}"), FORBIDDEN),
    ("keptn-deployer", "deploys beside keptn", (*DEPLOYMENT, "{keptn}"), FORBIDDEN),
    ("keptn-deployer", "deploys where the secrets are", (*DEPLOYMENT, "{secrets}"), FORBIDDEN),
    ("keptn-deployer", "looks for secrets of a stage", ("get", "secrets", "--namespace", "{stage}"), FORBIDDEN),
    ("keptn-deployer", "runs a command", ("exec", "pod", "--namespace", "{stage}", "--", "sh"), FORBIDDEN),
    ("keptn-deployer", "takes a token", ("create", "token", "{name}-api", "--namespace", "{keptn}"), "is forbidden"),
    ("keptn-deployer", "writes a secret", ("delete", "secret", "chat", "--namespace", "{secrets}"), FORBIDDEN),
    ("keptn-create-project", "deploys", (*DEPLOYMENT, "{other}"), FORBIDDEN),
    ("keptn-create-project", "deletes kube-system", ("delete", "namespace", "kube-system"), "forbidden"),
    ("keptn-create-project", "deletes somebody's namespace", ("delete", "namespace", "{other}"), CONFINED),
    ("keptn-create-project", "deletes keptn's", ("delete", "namespace", "{secrets}"), CONFINED),
    ("keptn-create-project", "labels somebody's", ("label", "namespace", "{other}", "a=b"), FORBIDDEN),
    ("keptn-create-project", "reads tokens", ("get", "secret", "api", "--namespace", "{secrets}"), FORBIDDEN),
    ("keptn-create-project", "deletes Git's", ("delete", "secret", "git", "--namespace", "{secrets}"), CONFINED),
    ("keptn-onboard-service", "deletes Git's", ("delete", "secret", "git", "--namespace", "{secrets}"), CONFINED),
    ("keptn-onboard-service", "lists secrets", ("get", "secrets", "--namespace", "{secrets}"), FORBIDDEN),
    ("keptn-onboard-service", "deploys", (*DEPLOYMENT, "{other}"), FORBIDDEN),
    ("keptn-api", "takes its own token away", ("delete", "secret", "api", "--namespace", "{secrets}"), CONFINED),
    ("keptn-api", "deploys in a stage", (*DEPLOYMENT, "{stage}"), FORBIDDEN),
    ("keptn-api", "reads somebody's logs", ("logs", "deployment/evil", "--namespace", "{other}"), FORBIDDEN),
    ("keptn-orchestrate", "reads tokens", ("get", "secret", "api", "--namespace", "{secrets}"), FORBIDDEN),
    ("keptn-test", "reads tokens", ("get", "secret", "api", "--namespace", "{secrets}"), FORBIDDEN),
    ("keptn-reader", "lists secrets", ("get", "secrets", "--namespace", "{secrets}"), FORBIDDEN),
    ("keptn-reader", "writes one", ("delete", "secret", "chat", "--namespace", "{secrets}"), FORBIDDEN),
    ("keptn-clock", "deletes another's source", ("delete", "pingsource", "x", "--namespace", "{keptn}"), FORBIDDEN),
    ("keptn-clock", "reads Git's", ("get", "secret", "git", "--namespace", "{secrets}"), FORBIDDEN),
    ("keptn-step", "reads Git's", ("get", "secret", "git", "--namespace", "{secrets}"), FORBIDDEN),
    ("keptn-step", "sees pods", ("get", "pods", "--namespace", "{keptn}"), FORBIDDEN),
]


@pytest.mark.parametrize(("account", "what", "command", "told"), TRIES, ids=lambda one: str(one)[:40])
def test_what_an_account_must_not_do_it_cannot(
    installation: Installation, account: str, what: str, command: tuple[str, ...], told: str
) -> None:
    """Tried with its token, not asked."""
    places = {"name": installation.name, "stage": installation.places[rights.STAGE]}
    places |= {"keptn": installation.name, "secrets": installation.places["keptn-secrets"]}
    done = installation.as_account(
        account, *(part.format(**places, other=installation.places["other"]) for part in command)
    )
    assert done.returncode, (what, done.stdout)
    assert told in done.stderr, (what, done.stderr)


def test_who_may_does(installation: Installation) -> None:
    """The same accounts, where they work: otherwise a refusal above would prove nothing."""
    secrets, place = installation.places["keptn-secrets"], installation.places[rights.STAGE]
    for account, command in [
        ("keptn-orchestrate", ("get", "secret", "git", "--namespace", secrets)),
        ("keptn-reader", ("get", "secret", "hooks", "--namespace", secrets)),
        ("keptn-api", ("get", "secrets", "--namespace", secrets)),
        ("keptn-onboard-service", ("create", "secret", "generic", "hook-shop.orders", "--namespace", secrets)),
        ("keptn-create-project", ("delete", "secret", "hook-shop.orders", "--namespace", secrets)),
        ("keptn-create-project", ("get", "secret", "git", "--namespace", secrets)),
        ("keptn-api", ("create", "secret", "generic", "tickets", "--namespace", secrets)),
        ("keptn-deployer", ("create", "deployment", "fine", "--image=fine", "--namespace", place)),
        ("keptn-api", ("get", "pods", "--namespace", place)),
        ("keptn-onboard-service", ("delete", "deployment", "fine", "--namespace", place)),
    ]:
        done = installation.as_account(account, *command)
        assert done.returncode == 0, (account, command, done.stderr)


def test_create_project_changes_the_logins_of_git_and_no_other_secret(installation: Installation) -> None:
    """The login of a project's own repository goes with the project."""
    changed = installation.as_account("keptn-create-project", "replace", "-f", "-", stdin=secret(installation, "git"))
    assert changed.returncode == 0, changed.stderr
    other = installation.as_account("keptn-create-project", "replace", "-f", "-", stdin=secret(installation, "chat"))
    assert other.returncode and FORBIDDEN in other.stderr, other.stderr


def test_create_project_is_confined(installation: Installation) -> None:
    """It makes restricted namespaces with its label, and binds two roles, there, to accounts of its own namespace."""
    name, place, other = installation.name, installation.places[rights.STAGE], installation.places["other"]
    for manifest, told in [
        (stage(installation, f"{name}-shop-prod", "privileged"), CONFINED),
        (namespace(f"{name}-shop-prod"), CONFINED),
        (binding(other, f"{name}-deployer", f"{name}-deployer", accounts_in=name), CONFINED),
        (binding("kube-system", f"{name}-deployer", f"{name}-deployer", accounts_in=name), CONFINED),
        (binding(installation.places["keptn-secrets"], f"{name}-deployer", f"{name}-step", accounts_in=name), CONFINED),
        (binding(place, f"{name}-deployer", "default", accounts_in=other), CONFINED),
        (binding(place, "cluster-admin", f"{name}-deployer", accounts_in=name), "not currently held"),
        (binding(place, "admin", f"{name}-create-project", accounts_in=name), "not currently held"),
        (binding("", f"{name}-deployer", f"{name}-deployer", accounts_in=name, kind="ClusterRoleBinding"), FORBIDDEN),
    ]:
        done = installation.as_account("keptn-create-project", "create", "-f", "-", stdin=manifest)
        assert done.returncode, (manifest, done.stdout)
        assert told in done.stderr, (manifest, done.stderr)


def test_a_route_is_deleted_in_stages_alone(installation: Installation) -> None:
    """Also where the namespace has gone: a repeat of the deletion is fine, not forbidden."""
    route = {
        "apiVersion": "gateway.networking.k8s.io/v1",
        "kind": "HTTPRoute",
        "metadata": {"name": "carts"},
        "spec": {},
    }
    for place in (installation.places["other"], installation.places[rights.STAGE]):
        kubectl("create", "--namespace", place, "-f", "-", stdin=json.dumps(route))
    delete = ("delete", "httproute", "carts", "--namespace")
    refused = installation.as_account("keptn-create-project", *delete, installation.places["other"])
    assert CONFINED in refused.stderr
    done = installation.as_account("keptn-create-project", *delete, installation.places[rights.STAGE])
    assert done.returncode == 0, done.stderr
    gone = installation.as_account("keptn-create-project", *delete, f"{installation.name}-gone")
    assert "not found" in gone.stderr and "orbidden" not in gone.stderr


def admitted(place: str, spec: dict[str, Any]) -> subprocess.CompletedProcess[str]:
    """A pod, asked of the API server and not made."""
    manifest = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "tried", "namespace": place}, "spec": spec}
    return tried("create", "--dry-run=server", "-o", "json", "-f", "-", stdin=json.dumps(manifest))


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda path: path.name)
def test_what_keptn_renders_is_admitted_in_a_stage(installation: Installation, example: Path) -> None:
    """Pod Security refuses there what does not restrict itself, and takes every example of a values file."""
    place = installation.places[rights.STAGE]
    assert "violates PodSecurity" in admitted(place, {"containers": [{"name": "c", "image": "i"}]}).stderr
    found = yaml.safe_load(example.read_text())
    rest = {key: value for key, value in found.items() if key not in ("service", "image")}
    more = yaml.safe_dump(rest) if rest else ""
    scope = Scope(project="shop", stage="dev", service=str(found["service"]))
    (deployment, *_) = committed.objects(scope, "blue", image="a/b:1", digest=digest_of("1"), more=more)
    spec = dict(deployment["spec"]["template"]["spec"])
    spec.pop("serviceAccountName", None)  # it is the stage's own, and not there
    done = admitted(place, spec)
    assert done.returncode == 0 and "PodSecurity" not in done.stderr, done.stderr


def test_the_pods_of_functions_are_admitted(installation: Installation) -> None:
    """As Knative makes them, with its queue-proxy; who needs no token has none. And so is the Job of `test`."""
    documents = built(rights.ROOT / "knative/base")
    (job,) = [d["spec"]["job"]["spec"]["template"]["spec"] for d in documents if d["kind"] == "JobSink"]
    done = admitted(installation.name, json.loads(installation.renamed(job)))
    assert done.returncode == 0, done.stderr
    (record,) = [d for d in documents if d["apiVersion"].startswith("serving.") and d["metadata"]["name"] == "record"]
    template = record["spec"]["template"]["spec"]
    template["containers"][0] |= {"image": "dev.local/record:1", "envFrom": []}  # it need not start
    template["timeoutSeconds"] = 1  # which is how long a pod may take to end
    template["serviceAccountName"] = f"{installation.name}-step"
    record["metadata"]["namespace"] = installation.name
    kubectl("create", "-f", "-", stdin=json.dumps(record))
    (pod,) = waited_for(installation.name, "serving.knative.dev/service=record")["items"]
    assert {one["name"] for one in pod["spec"]["containers"]} == {"user-container", "queue-proxy"}
    mounts = [mount["mountPath"] for one in pod["spec"]["containers"] for mount in one.get("volumeMounts", ())]
    assert mounts == ["/tmp"]  # and no token


def waited_for(place: str, labels: str) -> Any:
    end = time.monotonic() + DEADLINE_S
    while not (found := json.loads(kubectl("get", "pods", "-o", "json", f"--namespace={place}", "-l", labels)))[
        "items"
    ]:
        assert time.monotonic() < end, kubectl("get", "events", f"--namespace={place}")
        time.sleep(0.5)
    return found


def test_a_quota_works_as_documented(installation: Installation) -> None:
    """Pods that say nothing get what the LimitRange says; what is too much is refused with a sentence."""
    place, folder = installation.places[rights.STAGE], rights.ROOT / "knative/stage"
    for file in sorted(folder.glob("*.yaml")):
        kubectl("apply", "--namespace", place, "-f", str(file))
    scope = Scope(project="shop", stage="dev", service="carts")
    (deployment, *_) = committed.objects(scope, "blue", image="a/b:1", digest=digest_of("1"))
    spec = deployment["spec"]["template"]["spec"]
    made = json.loads(admitted(place, spec).stdout)["spec"]["containers"][0]
    assert made["resources"] == {"requests": {"cpu": "100m", "memory": "128Mi"}, "limits": {"memory": "256Mi"}}
    spec["containers"][0]["resources"] = {"requests": {"cpu": "5"}}
    assert "exceeded quota: stage" in admitted(place, spec).stderr
    kubectl("delete", "--namespace", place, "-f", str(folder / "quota.yaml"))
