"""Which slot a problem's labels mean."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from keptn.errors import Refused
from keptn.events import Scope
from keptn.webhooks import slots

CARTS = Scope(project="sockshop", stage="prod", service="carts")


def scopes(labels, otherwise=(), own=""):
    return [*slots.wanted(labels, otherwise=dict(otherwise), own=slots.read_setting(own)).scopes()]


@pytest.mark.parametrize(
    "labels",
    [
        {"project": "sockshop", "stage": "prod", "service": "carts"},
        {"keptn_project": "sockshop", "keptn_stage": "prod", "keptn_service": "carts", "service": "prometheus"},
        {"namespace": "sockshop-prod", "app.kubernetes.io/name": "carts"},
        {"namespace": "sockshop-prod", "app_kubernetes_io_instance": "carts"},
        {"namespace": "sockshop-prod", "label_app_kubernetes_io_name": "carts"},
        {"namespace_name": "sockshop-prod", "service": "carts"},
        {"kube_namespace": "sockshop-prod", "kube_service": "carts"},
        {"project": "sockshop", "namespace": "sockshop-prod", "service": "carts"},
        {"stage": "sockshop-prod", "namespace": "sockshop-prod", "service": "carts"},
    ],
)
def test_labels_that_people_have(labels):
    """Each of them names the same slot."""
    assert scopes(labels) == [CARTS]


def test_a_namespace_is_taken_apart_at_each_dash():
    """Which of them there is, only the projects can say."""
    found = scopes({"namespace": "a-b-c", "service": "carts"})
    assert [(scope.project, scope.stage) for scope in found] == [("a", "b-c"), ("a-b", "c")]


def test_what_the_url_says_comes_last_and_what_the_setting_says_first():
    """Labels go before the URL."""
    labels = {"team": "sockshop", "project": "other", "service": "carts"}
    assert scopes(labels, {"stage": "prod", "service": "orders"}, own="project=team") == [CARTS]


@pytest.mark.parametrize(
    ("labels", "said"),
    [
        ({}, "its labels lack project, stage, service; looked for keptn_project, project, keptn_stage"),
        ({"namespace": "nodash", "service": "carts"}, "its namespace 'nodash' is not <project>-<stage>"),
        ({"namespace": "sockshop-prod"}, "its labels lack service"),
        ({"stage": "prod", "team": "x"}, "found stage, team"),
    ],
)
def test_what_was_looked_for_and_found(labels, said):
    """One sentence that says both."""
    with pytest.raises(Refused) as refused:
        scopes(labels)
    assert said in str(refused.value)


def test_flat_tags():
    """Of Dynatrace and Datadog, with a context before them or none; the first of a name counts."""
    found = slots.tags(["[Kubernetes]namespace:a-b", " env = prod ", "plain", {"x": 1, "y": None}, "env:dev", 7])
    assert found == {"namespace": "a-b", "env": "prod", "x": "1"}


@given(st.lists(st.text() | st.dictionaries(st.text(), st.text() | st.none())), st.dictionaries(st.text(), st.text()))
def test_any_labels_are_slots_or_a_sentence(values, labels):
    """Nothing else is raised."""
    try:
        assert scopes({**slots.tags(values), **labels})
    except Refused as refused:
        assert "looked for" in str(refused)
