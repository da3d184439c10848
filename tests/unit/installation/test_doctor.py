"""`keptn doctor`: each thing that is missing is one line with its mend, and the rest is looked at all the same."""

from __future__ import annotations

from typing import Any

import pytest

from keptn.errors import KeptnError
from keptn.installation.doctor.examination import examined
from keptn.installation.doctor.finding import Finding, Level
from tests.unit.installation.cluster import Cluster, an_object, encoded
from tests.unit.installation.test_lifecycle import installed

READY = {"status": {"observedGeneration": 1, "updatedReplicas": 1, "availableReplicas": 1,
                    "conditions": [{"type": "Available", "status": "True"}]}}  # fmt: skip


NO_LOGIN = "the login of the Git server is not there: Secret git in keptn-secrets lacks token and user"


def well() -> Cluster:
    """All that overlays/kind asks for, and keptn in it."""
    cluster = Cluster()
    for name, space in (
        ("controller", "knative-serving"),
        ("eventing-controller", "knative-eventing"),
        ("3scale-kourier-gateway", "kourier-system"),
    ):
        one = an_object("Deployment", name, space, api="apps/v1", spec={"replicas": 1}, **READY)
        one["metadata"]["labels"] = {"app.kubernetes.io/version": "1.23.0"}
        cluster.put(one)
    put = cluster.put
    ingress = {"ingress-class": "kourier.ingress.networking.knative.dev"}
    put(an_object("ConfigMap", "config-network", "knative-serving", data=ingress))
    brokers = {"default-br-config": "clusterDefault:\n  brokerClass: MTChannelBasedBroker"}
    put(an_object("ConfigMap", "config-br-defaults", "knative-eventing", data=brokers))
    listener = {"name": "http", "allowedRoutes": {"namespaces": {"from": "All"}}}
    accepted = {"conditions": [{"type": "Accepted", "status": "True"}]}
    put(an_object("Gateway", "contour", "projectcontour", spec={"listeners": [listener]}, status=accepted))
    for service, space in (("storage", "keptn"), ("git", "keptn"), ("prometheus", "monitoring")):
        ends = an_object("EndpointSlice", service, space, endpoints=[{"conditions": {"ready": True}}])
        ends["metadata"]["labels"] = {"kubernetes.io/service-name": service}
        put(ends)
    put(an_object("Namespace", "keptn-secrets"))
    put(an_object("Secret", "git", "keptn-secrets", data=encoded({"user": "x", "token": "y"})))
    installed(cluster, adopt=True)
    return cluster


def found(cluster: Cluster) -> dict[str, Finding]:
    """By what each says."""
    pairs = ("KEPTN_PUBLIC_URL=http://127.0.0.1:8080", "KEPTN_INSECURE_REGISTRIES=")
    if config := cluster.objects_there.get(("configmaps", "keptn", "keptn-settings")):
        config["data"].update(pair.split("=", 1) for pair in pairs)
        pairs = ()
    told = examined(cluster, overlay="kind", pairs=pairs)
    assert all(one.mend for one in told if one.level is Level.MISSING)
    return {one.what: one for one in told}


def test_a_cluster_that_is_well():
    """Only the Broker in memory is a warning."""
    told = found(well())
    assert [one.what.split(":")[0] for one in told.values() if one.level is not Level.OK] == [
        "the Broker is of class MTChannelBasedBroker"
    ]
    assert any("all" in what and "parts of it are ready" in what for what in told)


def broken(cluster: Cluster, what: str) -> None:
    gone: dict[str, Any] = {
        "gateway": ("gateways", "projectcontour", "contour"),
        "git secret": ("secrets", "keptn-secrets", "git"),
        "token": ("secrets", "keptn-secrets", "api"),
        "store": ("endpointslices", "keptn", "storage"),
        "prometheus": ("endpointslices", "monitoring", "prometheus"),
        "ingress": ("deployments", "kourier-system", "3scale-kourier-gateway"),
    }
    del cluster.objects_there[gone[what]]


@pytest.mark.parametrize(
    ("what", "level", "sentence"),
    [
        ("gateway", Level.MISSING, "there is no Gateway contour in projectcontour"),
        ("git secret", Level.MISSING, NO_LOGIN),
        ("token", Level.MISSING, "the api has no root token"),
        ("store", Level.MISSING, "the store is to be Service storage in keptn, and no pod serves it"),
        ("prometheus", Level.WARNING, "Prometheus is to be Service prometheus in monitoring, and no pod serves it"),
    ],
)
def test_what_is_missing_is_said(what, level, sentence):
    """One line for one thing."""
    cluster = well()
    broken(cluster, what)
    told = found(cluster)
    assert told[sentence].level is level
    others = [one for one in told.values() if one.level is Level.MISSING and one.what != sentence]
    assert not others


def test_a_listener_that_serves_nobody():
    """That users are to come to: it is not there, or has no certificate. Beside another that works it is a warning."""
    cluster = well()
    settings = cluster.objects_there["configmaps", "keptn", "keptn-settings"]["data"]
    gateway = cluster.objects_there["gateways", "projectcontour", "contour"]
    settings["KEPTN_GATEWAY"] = "projectcontour/contour/https"
    assert found(cluster)["the Gateway projectcontour/contour has no listener https"].level is Level.MISSING
    gateway["spec"]["listeners"].append({**gateway["spec"]["listeners"][0], "name": "https"})
    gateway["metadata"]["generation"] = 2
    said = {"type": "Programmed", "status": "False", "reason": "Invalid", "message": "no certificate"}
    gateway["status"]["listeners"] = [{"name": "https", "conditions": [{**said, "observedGeneration": 2}]}]
    sentence = "the Gateway projectcontour/contour: its listener https does not work: no certificate (Invalid)"
    assert found(cluster)[sentence].level is Level.MISSING
    settings["KEPTN_GATEWAY"] = "projectcontour/contour"
    assert found(cluster)[sentence].level is Level.WARNING


def test_https_that_the_settings_do_not_know():
    """What hooks and links say would be redirected."""
    cluster = well()
    api = cluster.objects_there["services.serving", "keptn", "api"]
    api["status"] = {**api.get("status", {}), "url": "http://127.0.0.1:8080/functions/api"}
    assert "and KEPTN_PUBLIC_URL says http" not in " ".join(found(cluster))
    api["status"]["url"] = "https://127.0.0.1:8080/functions/api"
    (told,) = [one for one in found(cluster).values() if "and KEPTN_PUBLIC_URL says http" in one.what]
    assert told.level is Level.WARNING and "--set KEPTN_PUBLIC_URL=https://127.0.0.1:8080" in told.mend


def test_before_anything_is_there():
    """Nothing but Kubernetes: everything that is to be installed first, and that keptn is not."""
    told = found(Cluster(groups_there={"apps"}, may=False))
    assert {"there is no Knative Serving", "there is no Knative Eventing", "keptn is not installed here"} <= told.keys()
    assert any(what.startswith("you may not create namespaces, clusterroles") for what in told)
    assert told["the store comes with keptn install"].level is Level.OK


def test_what_cannot_be_asked_stops_no_other_check(monkeypatch):
    """It is a warning with the reason."""
    cluster = well()
    ask = Cluster.run

    def refuse(self: Cluster, *words: str, stdin: str = "") -> str:
        if "gateways.gateway.networking.k8s.io" in words:
            raise KeptnError("the cluster does not allow it")
        return ask(self, *words, stdin=stdin)

    monkeypatch.setattr(Cluster, "run", refuse)
    told = found(cluster)
    assert told["gateway cannot be looked at: the cluster does not allow it"].level is Level.WARNING
    assert "you may install keptn" in told
