"""`keptn install` and `keptn uninstall`: repeatable, ended anywhere, and nobody else's things are touched."""

from __future__ import annotations

import pytest

from keptn.errors import KeptnError, Refused
from keptn.installation import kubectl as kubectls
from keptn.installation import lifecycle, manifests
from keptn.installation.manifests import OURS
from tests.unit.installation.cluster import Cluster, an_object

NO_KIND = 'error: x: no matches for kind "Service" in version "serving.knative.dev/v1"\nensure CRDs are installed first'


def wanted(cluster: Cluster, overlay: str = "kind", **chosen: str) -> manifests.Installation:
    return manifests.rendered(cluster, folder=manifests.overlay(overlay), chosen=chosen)


def installed(cluster: Cluster, **options: bool) -> str:
    made = wanted(cluster)
    lifecycle.apply(cluster, made, adopt=options.get("adopt", False))
    token = lifecycle.token(cluster, made)
    lifecycle.wait(cluster, made, timeout_s=0, tell=lambda _: None)
    return token


def test_everything_is_applied_and_a_repeat_changes_nothing():
    """Also the token stays."""
    cluster = Cluster()
    token = installed(cluster)
    there = dict(cluster.objects_there)
    assert len(token) > 30 and len(there) > 60
    assert all(OURS.items() <= one["metadata"]["labels"].items() for one in there.values())
    assert installed(cluster) == token
    assert cluster.objects_there.keys() == there.keys()


def test_uninstall_takes_what_install_made_and_nothing_else():
    """A namespace of others, their cluster role and a stage stay; a second time there is nothing to do."""
    cluster = Cluster()
    mine = [
        an_object("Namespace", "shop-dev"),
        an_object("ClusterRole", "admin", api="rbac.authorization.k8s.io/v1"),
        an_object("Deployment", "carts", "shop-dev", api="apps/v1"),
    ]
    for one in mine:
        cluster.put(one)
    installed(cluster)
    assert "namespace keptn deleted" in lifecycle.remove(cluster)
    assert list(cluster.objects_there.values()) == mine
    assert lifecycle.remove(cluster) == []


def test_services_go_first():
    """With their pods: a namespace that has some takes minutes."""
    cluster = Cluster()
    installed(cluster)
    lifecycle.remove(cluster)
    deletes = [words for words in cluster.calls if "delete" in words]
    assert "services.serving.knative.dev" in deletes[0] and "--cascade=foreground" in deletes[0]


def test_a_namespace_with_a_step_of_others_stays():
    """An extension is theirs; what keptn install made there goes nevertheless."""
    cluster = Cluster()
    installed(cluster)
    cluster.put(an_object("Service", "security-check", "keptn", api="serving.knative.dev/v1"))
    told = lifecycle.remove(cluster)
    stays = "namespace keptn stays: it has Service security-check, which keptn install did not make"
    assert stays in told
    left = {key for key in cluster.objects_there if key[1] == "keptn"}
    assert left == {("services.serving", "keptn", "security-check")}


def test_what_is_there_already_is_not_taken_over_unless_one_says_so():
    """It would go with keptn uninstall."""
    cluster = Cluster()
    cluster.put(an_object("Namespace", "keptn"))
    with pytest.raises(KeptnError, match=r"there is Namespace keptn already.*--adopt"):
        installed(cluster)
    assert len(cluster.objects_there) == 1
    assert installed(cluster, adopt=True)


def test_a_cluster_without_knative_is_told_so_before_anything_is_made():
    """All that is missing, at once."""
    cluster = Cluster(groups_there={"apps"})
    with pytest.raises(KeptnError, match=r"the cluster has no Knative Eventing, no Knative Eventing 1\.15") as told:
        installed(cluster)
    assert "no Knative Serving" in str(told.value) and not cluster.objects_there


def test_half_an_installation_is_gone_on_with():
    """The namespaces came, and then the line broke."""
    cluster = Cluster()
    made = wanted(cluster)
    for one in [one for one in made.objects if one["kind"] == "Namespace"]:
        cluster.put(one)
    assert installed(cluster)


def test_not_ready_says_what_and_why():
    """In Knative's words."""
    cluster = Cluster(condition={"status": "False", "message": "keptn does not start:\n KEPTN_GATEWAY"})
    with pytest.raises(KeptnError, match=r"not ready after 0 s: .*Service api: keptn does not start: KEPTN_GATEWAY"):
        installed(cluster)


def test_it_waits_until_all_is_ready():
    """And says how far it is, once for each change."""
    cluster = Cluster(condition={"status": "Unknown"})
    made = wanted(cluster)
    lifecycle.apply(cluster, made, adopt=False)

    def controllers(_: float) -> None:
        for one in cluster.objects_there.values():
            for condition in one["status"]["conditions"]:
                condition["status"] = "True"

    told: list[str] = []
    lifecycle.wait(cluster, made, timeout_s=60, tell=told.append, sleep=controllers)
    assert len(told) == 1 and told[0].startswith("0 of ")


def test_settings_and_images_are_set():
    """Everywhere where the image is used; that of the test's Job is named after it."""
    made = wanted(Cluster(), image="r.example.org:5000/keptn:9", KEPTN_RETENTION_DAYS="7")
    images = {one["image"] for one in manifests._containers(list(made.objects))}
    keptns = {image for image in images if "r.example.org" in image}
    assert keptns == {"r.example.org:5000/keptn:9", "r.example.org:5000/keptn-test:9"}
    assert not [image for image in images if image.startswith("dev.local/keptn")]
    assert made.settings["KEPTN_RETENTION_DAYS"] == "7"


def test_other_settings_are_another_revision():
    """Else pods that are there keep the old ones, and one that failed on them is not tried again."""

    def revision(**chosen: str) -> str:
        made = wanted(Cluster(), **chosen).objects
        (api,) = [one for one in made if one["kind"] == "Service" and one["metadata"]["name"] == "api"]
        return api["spec"]["template"]["metadata"]["annotations"]["keptn.sh/settings"]

    assert revision() == revision() != revision(KEPTN_RETENTION_DAYS="7")


@pytest.mark.parametrize(
    ("overlay", "chosen", "sentence"),
    [
        ("kind", {"KEPTN_BUKET": "x"}, "--set KEPTN_BUKET: there is no such setting"),
        ("kind", {"KEPTN_RETENTION_DAYS": "x"}, "KEPTN_RETENTION_DAYS='x' is not a whole number"),
        ("kind", {"image": "keptn"}, "names no tag"),
        ("production", {}, r"give --set KEPTN_BUCKET=… .*--set KEPTN_PUBLIC_URL=… --set image=…"),
        ("nowhere", {}, "there is no overlay nowhere; it is kind, production or a folder"),
    ],
)
def test_what_cannot_be_installed_is_one_sentence(overlay, chosen, sentence):
    """Before a cluster is asked."""
    with pytest.raises(KeptnError, match=sentence):
        wanted(Cluster(), overlay, **chosen)
    with pytest.raises(Refused, match="is no key=value"):
        manifests.parsed(["x"])


@pytest.mark.parametrize(
    ("stderr", "sentence"),
    [
        (NO_KIND, "the cluster has no Service of serving.knative.dev/v1; "),
        ("Error from server (Forbidden): namespaces is forbidden: User x", "does not allow it: .*cluster-admin"),
        ("E1128 08:00:00 memcache.go:265] x\nThe connection to the server x:1 was refused", "cannot be reached: The"),
        ("error: You must be logged in to the server (Unauthorized)", "does not know this user"),
        ("Warning: old\nerror: strange\nmore", r"^kubectl: strange \(and 1 more\)$"),
    ],
)
def test_what_kubectl_says_becomes_one_sentence(stderr, sentence):
    """With what to do."""
    told = kubectls.trouble(stderr)
    assert "\n" not in str(told)
    with pytest.raises(KeptnError, match=sentence):
        raise told


def test_no_kubectl_and_no_kubeconfig_are_sentences(monkeypatch, tmp_path):
    """How to get the one, and which file the other was to be."""
    with pytest.raises(KeptnError, match=r"there is no file .*gone; give --kubeconfig"):
        kubectls.Kubectl(kubeconfig=str(tmp_path / "gone")).run("version")
    monkeypatch.setattr("shutil.which", lambda *_, **__: None)
    with pytest.raises(KeptnError, match=r"there is no kubectl on the PATH; .*keptn-knative\[cluster\]"):
        kubectls.Kubectl().run("version")


def test_no_cluster_is_asked_where_none_is_named(monkeypatch, tmp_path):
    """Not whoever listens on port 8080, as kubectl would: that is `keptn local`."""
    for name in ("KUBECONFIG", "KUBERNETES_SERVICE_HOST"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    with pytest.raises(KeptnError, match="no cluster is named: give --kubeconfig, or set KUBECONFIG"):
        kubectls.Kubectl().groups()


def test_a_cluster_that_does_not_answer_is_a_sentence(tmp_path):
    """Of the real kubectl."""
    file = tmp_path / "config"
    cluster = {"name": "c", "cluster": {"server": "http://127.0.0.1:1"}}
    context = {"name": "c", "context": {"cluster": "c", "user": "u"}}
    import json

    whole = {"clusters": [cluster], "contexts": [context], "current-context": "c", "users": [{"name": "u", "user": {}}]}
    file.write_text(json.dumps({"apiVersion": "v1", "kind": "Config", **whole}))
    with pytest.raises(KeptnError, match=r"the cluster cannot be reached: .*--kube-context"):
        kubectls.Kubectl(kubeconfig=str(file)).groups()
