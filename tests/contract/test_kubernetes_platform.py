"""What only a cluster does with workloads, and all that goes wrong there, each a sentence in minutes."""

import random
import re
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from typing import Any

import pytest

from keptn.adapters.kubernetes.kubeconfig import Kubeconfig
from keptn.adapters.kubernetes.objects import (
    AUTOSCALER,
    DEPLOYMENT,
    NAMESPACE,
    ROLE_BINDING,
    SERVICE,
    Objects,
    Resource,
)
from keptn.adapters.logs.kubernetes import KubernetesLogs
from keptn.adapters.machine.system_clock import SystemClock
from keptn.adapters.platform.kubernetes import KubernetesPlatform
from keptn.deployment.pods import CONTAINER_SECURITY, POD_SECURITY
from keptn.errors import Late, LostRace, Refused, Unavailable, Unknown
from keptn.ports import Manifest
from tests.contract import cluster_workloads
from tests.contract.cluster_workloads import SERVER, Cluster, until

pytestmark = pytest.mark.cluster
_ADMISSION, _RBAC = "admissionregistration.k8s.io/v1", "rbac.authorization.k8s.io/v1"
SCALED = """
autoscaling: {minReplicas: 2, maxReplicas: 4, targetCPUUtilizationPercentage: 50}
resources: {requests: {cpu: 10m}}
"""


class Impersonating(Kubeconfig):
    """Of a user who has no rights but those that are given here."""

    def __init__(self, user: str) -> None:
        self._user = user

    def _credentials(self) -> Mapping[str, str]:
        return {**super()._credentials(), "impersonate-user": self._user}


@pytest.fixture
def cluster() -> Iterator[Cluster]:
    with cluster_workloads.project() as made:
        yield made


def test_a_stage_is_a_restricted_namespace_of_its_own(cluster: Cluster) -> None:
    """With the rights of those who work in it; made again, it is the same."""
    cluster.platform.prepare(cluster.project, "dev")
    labels = cluster.objects.get(NAMESPACE, "", cluster.namespace)["metadata"]["labels"]
    assert labels["pod-security.kubernetes.io/enforce"] == "restricted"
    assert labels["app.kubernetes.io/part-of"] == cluster.project
    binding = cluster.objects.get(ROLE_BINDING, cluster.namespace, "keptn-deployer")
    assert binding["roleRef"]["name"] == "keptn-deployer"
    assert {"kind": "ServiceAccount", "name": "keptn-deployer", "namespace": "keptn"} in binding["subjects"]


def test_a_namespace_of_somebody_else_is_not_taken(cluster: Cluster) -> None:
    """Until it is labelled; then it is used, and stays when the project goes. The cluster's own never are."""
    with pytest.raises(Refused, match="kube-system would be one of the cluster's own"):
        cluster.platform.prepare("kube", "system")
    name = f"{cluster.project}-prod"
    theirs = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}}
    cluster.objects.create(NAMESPACE, theirs)
    try:
        with pytest.raises(Refused, match=f"kubectl label namespace {name} app.kubernetes.io/managed-by=keptn") as no:
            cluster.platform.prepare(cluster.project, "prod")
        labels = dict(re.findall(r"(\S+)=(\S+)", str(no.value)))
        cluster.objects.apply(NAMESPACE, {**theirs, "metadata": {"name": name, "labels": labels}})
        cluster.platform.prepare(cluster.project, "prod")
        with pytest.raises(Refused, match=f"{name} is of stage prod of project {cluster.project}; choose other names"):
            cluster.platform.prepare(*name.rsplit("-", 2)[:1], name.split("-", 2)[2])
        cluster.platform.remove_all(cluster.project)
        assert not cluster.objects.get(NAMESPACE, "", name)["metadata"].get("deletionTimestamp")
    finally:
        cluster.objects.delete(NAMESPACE, "", name)


def test_a_namespace_that_is_going(cluster: Cluster) -> None:
    """Neither a stage nor a workload can be made there, nor is one that ran there ready any more."""
    cluster.apply(script='trap "" TERM; echo up; python3 -m http.server $PORT & while :; do wait; done')
    cluster.ready()
    cluster.objects.delete(NAMESPACE, "", cluster.namespace)
    with pytest.raises(Refused, match=f"namespace {cluster.namespace} is still being deleted; wait until it is gone"):
        cluster.platform.prepare(cluster.project, "dev")
    with pytest.raises(Refused, match=r"because it is being terminated; when it is gone, keptn create project, with"):
        cluster.apply(colour="green")


def test_a_namespace_that_is_gone(cluster: Cluster) -> None:
    """Whoever has rights in it alone has none any more; who may look for it can say why."""
    platform = KubernetesPlatform(Objects(Impersonating(cluster.project)), clock=SystemClock(), accounts_in="keptn")
    found = cluster.rendered()
    cluster.objects.delete(NAMESPACE, "", cluster.namespace)
    until(lambda: cluster.objects.get(NAMESPACE, "", cluster.namespace) is None, what="the end of the namespace")
    with pytest.raises(Refused, match=r"not found; make it again.*keptn create project"):
        cluster.apply()
    with pytest.raises(Unavailable, match=r"cannot get resource .*; give that right"):
        platform.apply(cluster.scope, "blue", manifests=found, revision=1)
    may_look = {"rules": [{"apiGroups": [""], "resources": ["namespaces"], "verbs": ["get"]}]}
    reference = {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": cluster.project}
    subject = {"apiGroup": "rbac.authorization.k8s.io", "kind": "User", "name": cluster.project}
    bound = {"roleRef": reference, "subjects": [subject]}
    with (
        made_for_all(cluster, _RBAC, "ClusterRole", may_look),
        made_for_all(cluster, _RBAC, "ClusterRoleBinding", bound),
    ):
        until(lambda: _is_gone(lambda: platform.apply(cluster.scope, "blue", manifests=found, revision=1)))
        assert _is_gone(lambda: platform.remove(cluster.scope, "blue", revision=1))
    cluster.platform.prepare(cluster.project, "dev")
    cluster.apply()
    cluster.ready()


def _is_gone(do: Callable[[], None]) -> bool:
    """A right takes a moment to count."""
    try:
        do()
    except Refused as refused:
        return "is gone; keptn create project, with the project's own shipyard, makes it anew" in str(refused)
    except Unavailable:
        return False
    return False


def test_the_same_again_restarts_nothing(cluster: Cluster) -> None:
    """Neither the same revision nor a higher one of the same version; another version rolls over."""
    cluster.apply()
    cluster.ready()
    before = cluster.pods()
    cluster.apply()
    cluster.apply(revision=2)
    for revision in range(3, 8):
        cluster.apply(revision=revision)
        assert cluster.platform.endpoint(cluster.scope, "blue"), "an annotation makes nobody wait"
    assert cluster.pods().keys() == before.keys()
    cluster.apply(tag="0.2", revision=8)
    cluster.ready()
    assert not cluster.pods().keys() & before.keys()
    assert any("serving 0.2" in line for line in cluster.platform.logs(cluster.scope, "blue"))


def test_what_a_version_has_no_more_goes(cluster: Cluster) -> None:
    """An autoscaler, a variable, a label: also when the objects were made by the version that had them."""
    cluster.apply(more=f"{SCALED}env: {{A: b}}\nlabels: {{team: shop}}\n")
    assert cluster.objects.get(AUTOSCALER, cluster.namespace, "carts-blue")
    cluster.apply(revision=2, more="replicas: 2\n")
    assert cluster.objects.get(AUTOSCALER, cluster.namespace, "carts-blue") is None
    live = cluster.objects.get(DEPLOYMENT, cluster.namespace, "carts-blue")
    assert live["spec"]["replicas"] == 2
    assert "team" not in live["metadata"]["labels"]
    assert {one["name"] for one in live["spec"]["template"]["spec"]["containers"][0]["env"]} == {"PORT", "VERSION"}


def test_an_autoscaler_takes_over_what_runs(cluster: Cluster) -> None:
    """Not one replica on the way."""
    cluster.apply(more="replicas: 3\n")
    cluster.apply(revision=2, more=SCALED)
    assert cluster.objects.get(DEPLOYMENT, cluster.namespace, "carts-blue")["spec"]["replicas"] == 3
    cluster.apply(revision=3, more=SCALED)
    assert cluster.objects.get(DEPLOYMENT, cluster.namespace, "carts-blue")["spec"]["replicas"] >= 2


def test_what_others_wrote_into_it_stays(cluster: Cluster) -> None:
    """A restart by hand, an injected annotation."""
    cluster.apply()
    cluster.objects.annotate(DEPLOYMENT, cluster.namespace, "carts-blue", {"example.org/injected": "yes"})
    cluster.apply(revision=2)
    live = cluster.objects.get(DEPLOYMENT, cluster.namespace, "carts-blue")
    assert live["metadata"]["annotations"]["example.org/injected"] == "yes"


def test_the_address_goes_after_those_who_answer_there(cluster: Cluster) -> None:
    """Pods have their grace period, and a late duplicate brings nothing back."""
    cluster.apply(revision=5)
    cluster.ready()
    cluster.platform.remove(cluster.scope, "blue", revision=6)
    assert cluster.objects.get(SERVICE, cluster.namespace, "carts-blue") is None
    for colour in ("blue", "green"):
        with pytest.raises(Late, match=r"revision 5 of .* is older than revision 6"):
            cluster.apply(colour=colour, revision=5)
    until(lambda: not cluster.pods())


def test_several_pods_are_one_log(cluster: Cluster) -> None:
    """Each line with its pod, the newest last."""
    cluster.apply(more="replicas: 2\n")
    cluster.ready()
    lines = cluster.platform.logs(cluster.scope, "blue", lines=5)
    assert sorted(re.sub("^carts-blue-[a-z0-9-]+", "POD", line) for line in lines) == ["POD: serving 0.1"] * 2


def test_an_image_that_is_not_there(cluster: Cluster) -> None:
    """Is refused at the first answer of the registry."""
    image = cluster.missing_image
    cluster.apply(image=image)
    assert re.match(
        rf"carts blue does not come up in {cluster.namespace}: image {re.escape(image)} cannot be pulled: "
        r"(ErrImagePull|ImagePullBackOff): .*not found",
        cluster.refusal(),
    )


def test_a_name_that_no_image_can_have(cluster: Cluster) -> None:
    cluster.apply(image="Carts:0.1")
    assert "image Carts:0.1 cannot be pulled: InvalidImageName" in cluster.refusal()


def test_a_registry_that_is_away_is_tried_for_a_while(cluster: Cluster) -> None:
    """And what it waits for is said meanwhile."""
    cluster.apply(image="nobody.invalid/carts:0.1")
    cluster.waits_for("cannot be pulled: ErrImagePull", "lookup nobody.invalid")


def test_a_crash_tells_its_last_words(cluster: Cluster) -> None:
    """After some restarts."""
    cluster.apply(script="echo starting; echo no database; exit 3")
    assert "exited with code 3, and was restarted" in cluster.waits_for("restarted")
    assert re.search(
        r"pod carts-blue-\S+ exited with code 3, and was restarted 4 times; its log ends with: no database$",
        cluster.refusal(),
    )


def test_a_crash_that_heals_is_none(cluster: Cluster) -> None:
    """A service that waits for another by exiting is given its time."""
    script = f"[ -f /state/seen ] || {{ : > /state/seen; exit 1; }}; {SERVER}"
    cluster.apply(more="volumes: [{name: state, mountPath: /state, emptyDir: {}}]\n", script=script)
    cluster.ready()


def test_too_much_memory_is_said(cluster: Cluster) -> None:
    eats = "x=xxxxxxxxxxxxxxxx; while :; do x=$x$x; done"
    cluster.apply(more="resources: {limits: {memory: 16Mi}}\n", script=eats)
    cluster.waits_for("took more memory than resources.limits.memory and was killed")


def test_a_secret_that_is_not_there(cluster: Cluster) -> None:
    """Nor a key of one."""
    cluster.apply(more="env: {PASSWORD: {secret: carts-db, key: password}}\n")
    assert (
        'container carts cannot be made: CreateContainerConfigError: secret "carts-db" not found' in cluster.refusal()
    )


def test_a_secret_that_comes_later_is_enough(cluster: Cluster) -> None:
    cluster.apply(more="env: {PASSWORD: {secret: carts-db, key: password}}\n")
    cluster.waits_for("carts-db")
    cluster.make("v1", "Secret", "secrets", "carts-db", stringData={"password": "hush"})
    cluster.ready()


def test_a_volume_that_is_not_there_is_said(cluster: Cluster) -> None:
    """It may still come, so the Deployment's own limit decides."""
    more = "volumes: [{name: conf, mountPath: /conf, configMap: carts-conf}]\n"
    cluster.apply(more=more)
    assert "carts-conf" in cluster.waits_for("carts-conf", "not found")


def test_a_quota_that_is_full(cluster: Cluster) -> None:
    """Of pods it is the ReplicaSet that hears it, of Deployments whoever applies."""
    hard = {"hard": {"pods": "0", "count/deployments.apps": "1"}}
    cluster.make("v1", "ResourceQuota", "resourcequotas", "small", spec=hard)
    cluster.apply()
    assert re.search("its pods are not let in: .*exceeded quota: small, requested: pods=1", cluster.refusal())
    until(lambda: _used(cluster) == "1")
    with pytest.raises(Refused, match=r"exceeded quota: small.*raise the namespace's ResourceQuota"):
        cluster.apply(colour="green")


def _used(cluster: Cluster) -> str:
    quotas = Resource(api_version="v1", kind="ResourceQuota", plural="resourcequotas")
    quota: Any = cluster.objects.get(quotas, cluster.namespace, "small")
    return str(quota.get("status", {}).get("used", {}).get("count/deployments.apps", ""))


def test_a_pod_that_pod_security_forbids(cluster: Cluster) -> None:
    cluster.apply(securityContext={"privileged": True})
    assert re.search('its pods are not let in: .*violates PodSecurity "restricted.*privileged', cluster.refusal())


def test_a_service_account_that_is_not_there(cluster: Cluster) -> None:
    cluster.apply(more="serviceAccountName: nobody\n")
    assert 'serviceaccount "nobody" not found' in cluster.refusal()


def test_an_admission_policy_that_says_no(cluster: Cluster) -> None:
    """Its own words, at once."""
    rules = [{"apiGroups": ["apps"], "apiVersions": ["v1"], "operations": ["CREATE"], "resources": ["deployments"]}]
    signed = {"expression": "has(object.metadata.annotations.signed)", "message": "images must be signed"}
    here = {"namespaceSelector": {"matchLabels": {"app.kubernetes.io/part-of": cluster.project}}}
    policy = {"spec": {"matchConstraints": {"resourceRules": rules}, "validations": [signed]}}
    binding = {"spec": {"policyName": cluster.project, "validationActions": ["Deny"], "matchResources": here}}
    kind = "ValidatingAdmissionPolic"
    with (
        made_for_all(cluster, _ADMISSION, f"{kind}y", policy, plural=f"{kind}ies"),
        made_for_all(cluster, _ADMISSION, f"{kind}yBinding", binding),
    ):
        assert "images must be signed; change the service's values file" in until(lambda: _denied(cluster))


@contextmanager
def made_for_all(cluster: Cluster, api_version: str, kind: str, content: Any, *, plural: str = "") -> Iterator[None]:
    """An object of no namespace, with the project's name."""
    plural = (plural or f"{kind}s").lower()
    resource = Resource(api_version=api_version, kind=kind, plural=plural, namespaced=False)
    metadata = {"name": cluster.project}
    manifest = {"apiVersion": resource.api_version, "kind": resource.kind, "metadata": metadata, **content}
    cluster.objects.create(resource, manifest)
    try:
        yield
    finally:
        cluster.objects.delete(resource, "", cluster.project)


def _denied(cluster: Cluster) -> str:
    """A policy takes a moment until it is in force; what got through before is taken away."""
    try:
        cluster.apply()
    except Refused as refused:
        return str(refused)
    cluster.platform.remove_all(cluster.project, service="carts")
    return ""


def test_no_node_is_waited_for(cluster: Cluster) -> None:
    """A cluster that grows needs minutes: the scheduler's words are told, until the Deployment's own limit."""
    huge = {"requests": {"cpu": "900"}}
    cluster.apply(resources=huge)
    assert "has no node: 0/" in cluster.waits_for("Insufficient cpu")
    found = cluster.rendered(revision=2, resources=huge)
    found[0]["spec"]["progressDeadlineSeconds"] = 2
    cluster.platform.apply(cluster.scope, "blue", manifests=found, revision=2)
    assert "Insufficient cpu" in cluster.refusal()


def test_only_the_newest_version_counts(cluster: Cluster) -> None:
    """A version that crashes is repaired by the next."""
    cluster.apply(script="exit 3")
    cluster.waits_for("exited with code 3")
    cluster.apply(tag="0.2", revision=2)
    cluster.ready()


def test_objects_that_are_not_of_the_colour(cluster: Cluster) -> None:
    """Somebody edited the committed files."""
    found = cluster.rendered()
    found[1]["metadata"]["namespace"] = "default"
    with pytest.raises(Refused, match=f"no Deployment that keptn wrote for {cluster.namespace}/carts-blue"):
        cluster.platform.apply(cluster.scope, "blue", manifests=found, revision=1)
    both = [*cluster.rendered(more="replicas: 2\n"), *cluster.rendered(more=SCALED)[2:]]
    (warning,) = cluster.platform.warnings(both)
    assert warning.startswith("2 replicas are set and scaled at once")


def test_a_probe_that_fails_is_said(cluster: Cluster) -> None:
    """It runs, and is not ready."""
    cluster.apply(more="health: /nowhere\n")
    cluster.waits_for("Readiness probe failed", "404")


class Overtaken(Objects):
    """Just before it makes a Deployment, somebody else has his way."""

    def __init__(self, others: Callable[[], None]) -> None:
        super().__init__()
        self.others = others

    def create(self, resource: Resource, manifest: Manifest) -> None:
        if resource is DEPLOYMENT:
            self.others()
        super().create(resource, manifest)


@pytest.mark.parametrize("others", ["remove", "apply"])
def test_a_slow_twin_makes_nothing_that_stays(cluster: Cluster, others: str) -> None:
    """It was let in, and then a higher revision took the colour away, or made it."""

    def overtake() -> None:
        if others == "remove":
            cluster.platform.remove(cluster.scope, "blue", revision=6)
        else:
            cluster.apply(tag="0.2", revision=6)

    slow = KubernetesPlatform(Overtaken(overtake), clock=SystemClock(), accounts_in="keptn")
    with pytest.raises(Late, match="older than revision 6"):
        slow.apply(cluster.scope, "blue", manifests=cluster.rendered(revision=5), revision=5)
    live = cluster.objects.get(DEPLOYMENT, cluster.namespace, "carts-blue")
    assert (live and live["metadata"]["annotations"]["keptn.sh/revision"]) == (None if others == "remove" else "6")


def test_of_many_at_once_the_highest_revision_stays(cluster: Cluster) -> None:
    """Whoever comes in whatever order: the others are late, or were there before it."""
    revisions = list(range(1, 9))
    random.Random(1).shuffle(revisions)

    def apply(revision: int) -> None:
        with suppress(Late, LostRace):
            cluster.apply(tag=f"0.{revision}", revision=revision)

    with ThreadPoolExecutor() as together:
        list(together.map(apply, revisions))
    cluster.apply(tag="0.8", revision=8)
    live = cluster.objects.get(DEPLOYMENT, cluster.namespace, "carts-blue")
    assert (live or {})["metadata"]["annotations"]["keptn.sh/image"].endswith(":0.8")


def test_a_look_costs_few_requests(cluster: Cluster) -> None:
    """It is taken every second while one waits."""
    counting = Counting()
    platform = KubernetesPlatform(counting, clock=SystemClock(), accounts_in="keptn")
    cluster.apply(image=cluster.missing_image)
    cluster.refusal()
    with pytest.raises(Refused):
        platform.endpoint(cluster.scope, "blue")
    assert counting.requests == 3
    cluster.apply(revision=2)
    cluster.ready()
    assert platform.endpoint(cluster.scope, "blue")
    assert counting.requests == 4


class Counting(Objects):
    requests = 0

    def _text(self, *args: Any, **more: Any) -> str:
        self.requests += 1
        return super()._text(*args, **more)


def test_logs_of_functions_come_from_their_pods(cluster: Cluster) -> None:
    """One at zero has none, and the sentence says so."""
    logs = KubernetesLogs(cluster.objects, namespace=cluster.namespace)
    with pytest.raises(Unknown, match=f"function 'deploy' has no pod in namespace {cluster.namespace} now"):
        logs.lines("deploy")
    with pytest.raises(Unknown, match="no pod"):
        logs.lines("../etc,a=b")
    restricted = {**CONTAINER_SECURITY, **POD_SECURITY}
    container = {"image": cluster.image, "command": ["/bin/sh", "-c", SERVER], "securityContext": restricted}
    template: Any = {"spec": {"containers": [container]}}
    cluster.make("serving.knative.dev/v1", "Service", "services", "deploy", spec={"template": template})
    job = {"containers": [{**container, "name": "test", "command": ["echo", "tested"]}], "restartPolicy": "Never"}
    template = {"metadata": {"labels": {"keptn.sh/function": "test"}}, "spec": job}
    cluster.make("batch/v1", "Job", "jobs", "some-hash", spec={"template": template})
    assert until(lambda: written(logs, "deploy")) == ["serving "]
    assert until(lambda: written(logs, "test")) == ["tested"]


def written(logs: KubernetesLogs, function: str) -> list[str]:
    try:
        return list(logs.lines(function))
    except Unknown:
        return []
