"""Whose a secret is."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from keptn import names
from keptn.adapters.secrets.memory import MemorySecrets
from keptn.adapters.secrets.of_project import SecretsOfProject
from keptn.errors import Refused
from keptn.projects import hook_tokens
from keptn.records.secret_names import project_of

PROJECT = st.from_regex(r"[a-z][a-z0-9-]{0,20}", fullmatch=True).filter(names.is_name)


@pytest.mark.parametrize(
    ("name", "project"),
    [
        ("chat.shop", "shop"),
        ("team.chat.shop", "shop"),
        ("hook-shop.carts", "shop"),
        ("hook-problems-shop", "shop"),
        ("hook-problems-shop.carts", "problems-shop"),
        ("prometheus-shop", "shop"),
        ("dynatrace-my-shop", "my-shop"),
        ("registry-ghcr.io", ""),
        ("registry-eu.gcr.io", ""),
        ("chat", ""),
        ("chat-shop", ""),
        ("hooks", ""),
        ("hook-problems", ""),
        ("git", ""),
        (".shop", ""),
        ("", ""),
    ],
)
def test_the_name_says_it(name, project):
    assert project_of(name) == project


@given(project=PROJECT, other=PROJECT.filter(lambda name: not name.startswith("hook-")), service=PROJECT)
def test_nobodys_can_be_taken_for_anothers(project, other, service):
    """Whatever projects and services are called."""
    for name in (
        hook_tokens.secret_name(project, service),
        hook_tokens.problems_secret(project),
        f"chat.{project}",
        f"{other}.{project}",
        f"prometheus-{project}",
    ):
        assert project_of(name) == project or name.startswith("registry-")


def test_a_project_reads_its_own_and_the_installations():
    """Another's is refused, with what to do, whether it is there or not."""
    kept = MemorySecrets()
    for name in ("chat", "chat.shop", "chat.other"):
        kept.put(name, {"url": name})
    secrets = SecretsOfProject(kept, project="shop")
    assert (secrets.get("chat", "url"), secrets.get("chat.shop", "url")) == ("chat", "chat.shop")
    assert secrets.get("nothing.shop", "url") is None
    for name in ("chat.other", "nothing.other", "hook-other.carts"):
        with pytest.raises(Refused, match=r"is project other's, not shop's; name one of its own, as in .*shop"):
            secrets.get(name, "url")
