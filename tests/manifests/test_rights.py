"""Least privilege, in the manifests: what is granted is what the table in knative/README.md says, and why."""

from __future__ import annotations

from typing import Any

import pytest

from tests import rights
from tests.kubectl import built

NO_FUNCTIONS = {"extensions"}
JOB = "the Job of `test`"


@pytest.fixture(scope="module")
def documents() -> list[dict[str, Any]]:
    return built(rights.ROOT / "knative/base")


def test_the_table_says_what_is_granted(documents: list[dict[str, Any]]) -> None:
    """Every verb on every resource, both ways; `as keptn-deployer` stands after what it repeats."""
    assert sorted(rights.granted(documents) - rights.table()) == []
    assert sorted(rights.table() - rights.granted(documents)) == []


def test_every_step_has_the_account_of_the_table(documents: list[dict[str, Any]]) -> None:
    """And every account is somebody's."""
    found: dict[str, set[str]] = {}
    for one in documents:
        if one["apiVersion"].startswith("serving.knative.dev"):
            account = one["spec"]["template"]["spec"]["serviceAccountName"]
            found.setdefault(account, set()).add(one["metadata"]["name"])
        elif one["kind"] == "JobSink":
            found.setdefault(one["spec"]["job"]["spec"]["template"]["spec"]["serviceAccountName"], set()).add(JOB)
    assert {account: names - NO_FUNCTIONS for account, names in rights.steps().items()} == found
    assert {d["metadata"]["name"] for d in documents if d["kind"] == "ServiceAccount"} == set(found)


def test_nothing_is_granted_on_everything(documents: list[dict[str, Any]]) -> None:
    """No wildcard; nobody acts as another, runs commands in pods, or deletes in one go."""
    rules = [rule for one in documents if one["kind"].endswith("Role") for rule in one["rules"]]
    assert rules and all("*" not in [*rule["apiGroups"], *rule["resources"], *rule["verbs"]] for rule in rules)
    granted = rights.granted(documents)
    assert not {one.verb for one in granted} & {"impersonate", "escalate", "deletecollection"}
    assert not {one.what for one in granted} & {"pods/exec", "serviceaccounts/token"}


def test_nobody_deploys_cluster_wide(documents: list[dict[str, Any]]) -> None:
    """What is granted cluster-wide reads addresses, or makes stages; the roles of stages are bound in stages."""
    bound = {d["roleRef"]["name"] for d in documents if d["kind"] == "ClusterRoleBinding"}
    assert not bound & set(rights.IN_STAGES)
    writing = {
        one for one in rights.granted(documents) if one.where == rights.CLUSTER and one.verb not in ("get", "list")
    }
    assert {one.account for one in writing} == {"keptn-create-project"}
    assert {one.name for one in writing if one.verb == "bind"} == set(rights.IN_STAGES)


def test_few_write_secrets_and_one_lists_them(documents: list[dict[str, Any]]) -> None:
    """Who makes and deletes projects and services, and the api; none but in their own namespace."""
    found = {one for one in rights.granted(documents) if one.what == "secrets"}
    assert {one.where for one in found} == {"keptn-secrets"}
    assert {one.account for one in found if one.verb == "list"} == {"keptn-api"}
    any_name = {one.account for one in found if one.verb in ("create", "update") and not one.name}
    assert any_name == {"keptn-api", "keptn-onboard-service"}
    by_name = {(one.account, one.name) for one in found if one.verb in ("create", "update") and one.name}
    assert by_name == {("keptn-create-project", "git")}
    deleting = {one.account for one in found if one.verb == "delete"}
    assert deleting == {"keptn-api", "keptn-onboard-service", "keptn-create-project"}


def test_who_needs_nothing_has_no_token(documents: list[dict[str, Any]]) -> None:
    """And who has rights does have one."""
    accounts = {d["metadata"]["name"]: d for d in documents if d["kind"] == "ServiceAccount"}
    silent = {name for name, account in accounts.items() if account.get("automountServiceAccountToken") is False}
    assert silent == set(accounts) - {one.account for one in rights.granted(documents)} == {"keptn-step"}


def test_every_namespace_is_restricted(documents: list[dict[str, Any]]) -> None:
    """And none of them is a stage's, which create-project could touch."""
    labels = {d["metadata"]["name"]: d["metadata"]["labels"] for d in documents if d["kind"] == "Namespace"}
    assert set(labels) == {"keptn", "keptn-secrets"}
    for found in labels.values():
        assert found["pod-security.kubernetes.io/enforce"] == "restricted"
        assert "app.kubernetes.io/managed-by" not in found
