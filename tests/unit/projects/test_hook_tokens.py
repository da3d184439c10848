"""Tokens of the webhooks: whose they are, and what asking costs."""

import pytest

from keptn.errors import Refused
from keptn.projects import hook_tokens
from keptn.projects.hook_tokens import check_values, covers, covers_problems, opened_by, opened_by_monitor
from keptn.web import HttpError, Request


class CountingSecrets:
    """Five hundred services' hooks, two projects' monitors, and how often anybody looked."""

    def __init__(self) -> None:
        self.reads = 0
        self.tokens = {f"hook-p.s{number}": f"p.s{number}.x" for number in range(500)}
        self.tokens |= {"hooks": "all old", "hook-problems": "trouble"}
        self.tokens |= {"hook-problems-p": "p.x", "hook-problems-q": "q.x", "hook-problems.p": "problems.p.x"}

    def get(self, name: str, key: str) -> str | None:
        self.reads += 1
        return self.tokens.get(name) if key == "token" else None


def asked(opened_by_, token):
    """Which secret the token opens (empty: none), and what it cost."""
    secrets = CountingSecrets()
    try:
        return opened_by_(Request(headers={"x-token": token}), secrets), secrets.reads
    except HttpError as refused:
        assert refused.status == 401
        return "", secrets.reads


@pytest.mark.parametrize(
    ("token", "opened", "reads"),
    [
        ("all", "hooks", 1),
        ("old", "hooks", 1),
        ("p.s7.x", "hook-p.s7", 1),
        ("problems.p.x", "hook-problems.p", 1),
        ("p.s7.y", "", 1),
        ("p.s999.x", "", 1),
        ("p.x", "", 1),
        ("../..x.y.z", "", 1),
        ("", "", 0),
        (" ", "", 0),
    ],
)
def test_a_request_costs_one_read_however_many_hooks_there_are(token, opened, reads):
    """A token's form names its secret, right or wrong; one that is missing costs nothing."""
    assert asked(opened_by, token) == (opened, reads)


@pytest.mark.parametrize(
    ("token", "opened", "reads"),
    [("trouble", "hook-problems", 1), ("p.x", "hook-problems-p", 1), ("q.x", "hook-problems-q", 1), ("p.y", "", 1)],
)
def test_a_monitors_token_costs_one_read_too(token, opened, reads):
    """One for all projects, or the project's own."""
    assert asked(opened_by_monitor, token) == (opened, reads)
    assert asked(opened_by_monitor, "") == ("", 0)


def test_a_token_opens_what_it_is_for():
    """A service's for the service, a project's for the project, the installation's for all."""
    assert covers("hooks", "p", "s7")
    assert covers("hook-p.s7", "p", "s7")
    assert not covers("hook-p.s7", "p", "s8")
    assert covers_problems("hook-problems", "p")
    assert covers_problems("hook-problems-p", "p")
    assert not covers_problems("hook-problems-p", "q")


@pytest.mark.parametrize(
    ("secret", "token", "owner"),
    [("hook-p.s", "x", "p.s"), ("hook-p.s", "p.s.a p.x", "p.s"), ("hook-p.s", "p.s.", "p.s"),
     ("hook-problems-my-shop", "my.shop.x", "my-shop")],
)  # fmt: skip
def test_a_token_that_could_never_open_is_refused(secret, token, owner):
    """Whoever makes a hook's token by hand hears at once how it must begin; the token is in no sentence."""
    with pytest.raises(Refused, match=f"must begin with '{owner}' and a dot"):
        check_values(secret, token)


@pytest.mark.parametrize(
    ("secret", "token", "other"),
    [("hooks", "fine p.s.x", "hook-p.s"), ("hook-problems", "p.x", "hook-problems-p")],
)
def test_a_token_of_all_has_not_the_form_of_one_of_somebody(secret, token, other):
    """It would be looked for in another secret only, and open nothing."""
    with pytest.raises(Refused, match=f"must not have the form of one that is of {other}"):
        check_values(secret, token)


@pytest.mark.parametrize(
    ("secret", "token"),
    [("hook-p.s", "p.s.a p.s.b"), ("hook-problems-my-shop", "my-shop.x"), ("hooks", "x"), ("hook-problems", "x"),
     ("hook-chat", "x"), ("chat", "x")],
)  # fmt: skip
def test_other_tokens_are_free(secret, token):
    """What is for everybody, and what is no hook's, may be anything."""
    check_values(secret, token)


def test_a_new_token_opens_its_own_hook():
    """What onboarding makes is what the hook takes."""
    token = hook_tokens.new_token("p", "s7", random="0a")
    check_values(hook_tokens.secret_name("p", "s7"), token)
