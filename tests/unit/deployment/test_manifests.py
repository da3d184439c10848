"""The Kubernetes objects of a desired state: what values say, what orders them, and how traffic flows."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from keptn.deployment import manifests
from keptn.deployment.manifests import Exposure
from keptn.deployment.state import DesiredState
from keptn.deployment.strategy import Plan, Version, deploy, release, rollback, strategy_named, traffic
from keptn.errors import InvalidFile, Refused
from keptn.events import Scope
from keptn.ports import NO_PIN, Endpoint, Pin, Route
from keptn.projects import values
from tests.world import digest_of

SCOPE = Scope(project="sockshop", stage="prod", service="carts")
ENDS = {"blue": Endpoint(host="h", port=1)}
PIN = Pin(header="X-Canary", value="always", cookie="carts-version")


def version(more: str = "", tag: str = "0.1") -> Version:
    workload = values.parse(f"service: carts\nimage: carts\n{more}").workload
    return Version(image=f"127.0.0.1:5000/sockshop/carts:{tag}", digest=digest_of(tag), workload=workload)


def live(more: str = "") -> DesiredState:
    plan = Plan(versions={"blue": version(more)}, live="blue", weights={"blue": 100})
    return DesiredState(plan=plan, revision=7, epoch=3)


def rendered(state: DesiredState, name: str = "blue", **exposure: str) -> list[dict]:
    files = manifests.render(state, scope=SCOPE, exposure=Exposure(**exposure))
    return list(manifests.parse(files[manifests.path(SCOPE, name)] or b"", file=name))


def with_pin(more: str = "", how: str = "canary", pin: Pin = PIN) -> DesiredState:
    """Live, and beside it a candidate with the pin."""
    plan = deploy(live(more).plan, strategy=strategy_named(how), version=version(more, tag="0.2"))
    plan = traffic(plan, weight_percent=10) if plan.candidate else plan
    return replace(live(), plan=replace(plan, pin=pin))


def routed(state: DesiredState) -> Route:
    text = manifests.render(state, scope=SCOPE, exposure=Exposure())[manifests.path(SCOPE, "route")] or b""
    return manifests.route(text, scope=SCOPE, endpoints=ENDS)


def container(state: DesiredState) -> dict:
    return rendered(state)[0]["spec"]["template"]["spec"]["containers"][0]


def test_revision_and_epoch_stand_in_the_objects_own_annotations() -> None:
    """In a pod's template, every release would restart the pods of both colours."""
    state = live("autoscaling: {minReplicas: 1, maxReplicas: 3, targetCPUUtilizationPercentage: 50}\n" + CPU)
    for one in (*rendered(state), *rendered(state, "route")):
        notes = one["metadata"]["annotations"]
        assert (notes["keptn.sh/revision"], notes["keptn.sh/epoch"]) == ("7", "3")
    later = replace(state, revision=8, epoch=4)
    assert [one["spec"] for one in rendered(later)] == [one["spec"] for one in rendered(state)]


CPU = "resources: {requests: {cpu: 100m}}\n"


def test_an_image_is_pinned_and_its_tag_stands_beside_it() -> None:
    """The digest decides; the tag is for people and for platforms that need it."""
    assert container(live())["image"] == f"127.0.0.1:5000/sockshop/carts@{digest_of('0.1')}"
    notes = rendered(live())[0]["metadata"]["annotations"]
    assert notes["keptn.sh/image"] == "127.0.0.1:5000/sockshop/carts:0.1"


def test_the_first_port_is_where_users_go() -> None:
    """PORT, the Service and the probe follow the values, not a number of ours."""
    state = live("health: /ready\nports: [{name: web, containerPort: 3000}, {name: admin, containerPort: 3001}]\n")
    assert container(state)["env"][0] == {"name": "PORT", "value": "3000"}
    assert container(state)["readinessProbe"] == {"httpGet": {"port": "web", "path": "/ready"}}
    assert rendered(state)[1]["spec"]["ports"] == [
        {"name": "web", "port": 80, "targetPort": "web"},
        {"name": "admin", "port": 3001, "targetPort": "admin"},
    ]


def test_nothing_said_of_readiness_means_that_the_port_accepts() -> None:
    """And nobody's port is 8080 but by default."""
    assert container(live())["readinessProbe"] == {"tcpSocket": {"port": "http"}}
    assert container(live())["ports"] == [{"name": "http", "containerPort": 8080}]


def test_an_autoscaler_alone_counts_replicas() -> None:
    """A Deployment that names a number would take back what the autoscaler did, with every commit."""
    scaling = "autoscaling: {minReplicas: 2, maxReplicas: 5, targetCPUUtilizationPercentage: 60}\n" + CPU
    deployment, _service, scaler = rendered(live(scaling))
    assert "replicas" not in deployment["spec"]
    assert (scaler["spec"]["minReplicas"], scaler["spec"]["maxReplicas"]) == (2, 5)
    assert scaler["spec"]["metrics"][0]["resource"] == {
        "name": "cpu",
        "target": {"type": "Utilization", "averageUtilization": 60},
    }
    assert [one["kind"] for one in rendered(live("replicas: 4"))] == ["Deployment", "Service"]
    assert rendered(live("replicas: 4"))[0]["spec"]["replicas"] == 4


def test_secrets_volumes_and_accounts() -> None:
    """Named, never copied: they lie in the namespace of the stage."""
    state = live(
        "env: {A: b, DB: {secret: carts-db, key: password}}\nserviceAccountName: carts\nimagePullSecrets: [r]\n"
        "volumes: [{name: tls, mountPath: /tls, secret: carts-tls, readOnly: true}]\nlabels: {team: shop}\n"
    )
    pod = rendered(state)[0]["spec"]["template"]
    assert container(state)["env"][1:] == [
        {"name": "A", "value": "b"},
        {"name": "DB", "valueFrom": {"secretKeyRef": {"name": "carts-db", "key": "password"}}},
    ]
    assert container(state)["volumeMounts"] == [{"name": "tls", "mountPath": "/tls", "readOnly": True}]
    assert pod["spec"]["volumes"] == [{"name": "tls", "secret": {"secretName": "carts-tls"}}]
    assert (pod["spec"]["serviceAccountName"], pod["spec"]["imagePullSecrets"]) == ("carts", [{"name": "r"}])
    assert pod["metadata"]["labels"]["team"] == "shop"
    assert "team" not in rendered(state)[0]["spec"]["selector"]["matchLabels"]


def test_a_patch_says_what_values_have_no_word_for() -> None:
    """On every colour that carries it, and on the route."""
    state = live(
        "patches:\n- target: Deployment\n  patch: [{op: add, path: /spec/minReadySeconds, value: 5}]\n"
        "- target: HTTPRoute\n  patch: [{op: add, path: /spec/rules/0/timeouts, value: {request: 5s}}]\n"
    )
    assert rendered(state)[0]["spec"]["minReadySeconds"] == 5
    assert rendered(state, "route")[0]["spec"]["rules"][0]["timeouts"] == {"request": "5s"}


def test_a_route_hangs_where_the_settings_say() -> None:
    """Host names of the values come first; never a name of ours."""
    (found,) = rendered(live(), "route", gateway="infra/public/https", hostname="{service}-{stage}.shop.example.net")
    assert found["spec"]["parentRefs"] == [{"name": "public", "namespace": "infra", "sectionName": "https"}]
    assert found["spec"]["hostnames"] == ["carts-prod.shop.example.net"]
    (own,) = rendered(live("hostnames: ['{service}.example.org', shop.example.org]"), "route")
    assert own["spec"]["hostnames"] == ["carts.example.org", "shop.example.org"]
    assert rendered(live(), "route")[0]["spec"]["hostnames"] == ["carts.sockshop-prod.localhost"]


@pytest.mark.parametrize("how", ["direct", "dark", "shadow", "blue_green", "canary"])
def test_what_the_router_gets_is_what_the_file_says(how: str) -> None:
    """Weights, mirror and revision come out of the committed route as they went in."""
    plan = deploy(live().plan, strategy=strategy_named(how), version=version(tag="0.2"), trial_weight_percent=25)
    state = replace(live(), plan=plan, revision=8)
    route = routed(state)
    assert (route.weights, route.mirror, route.revision, route.endpoints) == (plan.weights, plan.mirror, 8, ENDS)
    assert (route.pin, route.candidate) == (NO_PIN, plan.candidate)


@pytest.mark.parametrize("pin", [PIN, replace(PIN, cookie=""), Pin(cookie="carts-version"), NO_PIN], ids=str)
@pytest.mark.parametrize("how", ["dark", "shadow", "blue_green", "canary"])
def test_a_pin_comes_out_as_it_went_in(how: str, pin: Pin) -> None:
    """Beside weights and mirror, which it leaves as they are."""
    without = routed(with_pin(how=how, pin=NO_PIN))
    route = routed(with_pin(how=how, pin=pin))
    assert (route.pin, route.candidate) == (pin, "green")
    assert replace(route, pin=NO_PIN, manifest={}) == replace(without, manifest={})


def test_a_pinned_header_is_a_rule_after_that_of_the_weights() -> None:
    """Gateway API prefers it wherever it stands; a patch finds the weights where they always were."""
    patch = "patches: [{target: HTTPRoute, patch: [{op: add, path: /spec/rules/0/timeouts, value: {request: 5s}}]}]\n"
    (found,) = rendered(with_pin(patch), "route")
    weights, pinned, _probe = found["spec"]["rules"]
    assert (weights["timeouts"], [ref["weight"] for ref in weights["backendRefs"]]) == ({"request": "5s"}, [90, 10])
    assert pinned == {
        "matches": [{"headers": [{"type": "Exact", "name": "X-Canary", "value": "always"}]}],
        "backendRefs": [{"name": "carts-green", "port": 80}],
    }
    notes = {name: value for name, value in found["metadata"]["annotations"].items() if "pin" in name}
    assert notes == {
        "keptn.sh/pin-header": "X-Canary",
        "keptn.sh/pin-value": "always",
        "keptn.sh/pin-cookie": "carts-version",
    }


@pytest.mark.parametrize("after", [release, rollback])
def test_without_a_candidate_nothing_is_pinned_to_it(after: Callable[[Plan], Plan]) -> None:
    """Nor is anything with a cookie alone: Gateway API has no word for that."""
    state = with_pin()
    assert len(rendered(state, "route")[0]["spec"]["rules"]) == 3
    for ended in (replace(state, plan=after(state.plan)), with_pin(pin=Pin(cookie="carts-version"))):
        assert len(rendered(ended, "route")[0]["spec"]["rules"]) == 2
    assert routed(replace(state, plan=after(state.plan))).candidate == ""


def test_a_stage_without_a_live_version_routes_nowhere() -> None:
    """Users get a 5xx of a gateway, for a backend without weight; and the router knows that there is none."""
    for plan in (deploy(Plan(), strategy=strategy_named("dark"), version=version()), Plan()):
        state = replace(live(), plan=plan)
        assert routed(state).weights == {}
        (backend,) = rendered(state, "route")[0]["spec"]["rules"][0]["backendRefs"]
        assert backend == {"name": "carts-blue", "port": 80, "weight": 0}


def test_a_gateway_says_itself_which_revision_it_has() -> None:
    """Last of the rules, and no workload is asked: the answer is a redirect that names it."""
    *_, probe = rendered(with_pin(), "route")[0]["spec"]["rules"]
    header = {"type": "Exact", "name": "x-keptn-probe", "value": "sockshop-prod.carts"}
    assert probe == {
        "matches": [{"path": {"type": "Exact", "value": "/keptn-probe"}, "headers": [header]}],
        "filters": [
            {
                "type": "RequestRedirect",
                "requestRedirect": {"hostname": "revision-7.keptn.invalid", "statusCode": 302},
            }
        ],
    }


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"- a\n",
        b"kind: HTTPRoute\n",
        b"kind: HTTPRoute\nmetadata: {}\n",
        b"kind: HTTPRoute\nmetadata: {annotations: {keptn.sh/revision: '1'}}\n"
        b"spec: {rules: [{backendRefs: [{name: orders-blue, weight: 100}]}]}\n",
        b"kind: HTTPRoute\nmetadata: {annotations: {keptn.sh/revision: x}}\nspec: {rules: [{backendRefs: []}]}\n",
    ],
)
def test_a_route_that_somebody_broke(text: bytes) -> None:
    """Its file is named."""
    with pytest.raises(InvalidFile, match=r"carts/manifests/route\.yaml"):
        manifests.route(text, scope=SCOPE, endpoints={})


def test_a_host_name_that_does_not_fit() -> None:
    """Said when it is rendered, for only then the names are known."""
    with pytest.raises(Refused, match="which is no host name"):
        rendered(live(), "route", hostname=f"{'x' * 60}-{{service}}.example.org")
