"""Who is signed in: an issued token or the root token, and what asking costs."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from keptn.adapters.store.memory import MemoryStore
from keptn.api.tokens import principal
from keptn.context import Context
from keptn.errors import Unavailable
from keptn.records import tokens
from keptn.records.tokens import Role
from keptn.settings import Settings
from keptn.web import HttpError, Request

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)


class World(MemoryStore):
    """Store, secrets and clock of an api, and how often anybody looked at what."""

    def __init__(self, root: str | None = "secret old") -> None:
        super().__init__()
        self.root, self.reads, self.moment, self.away = root, [], NOW, ""

    def get(self, name, key=""):
        self.reads.append(name)
        if self.away and name.startswith(self.away):
            raise Unavailable("the store is away")
        if key:
            return self.root if (name, key) == ("api", "token") else None
        return super().get(name)

    def now(self):
        return self.moment

    def context(self):
        return Context(Settings(), store=self, secrets=self, clock=self)


def issued(world, *, role=Role.DELIVER, project="", lasts=None):
    given = {"name": "ci", "made_by": "root", "now": NOW}
    return tokens.issue(world, role=role, project=project, lasts=lasts, **given)


def signed_in(text, ctx):
    return principal(Request(headers={"x-token": text}), ctx)


@pytest.mark.parametrize("text", ["secret", "old"])
def test_the_root_token_has_no_role(text):
    """It makes others; one read of a secret, and no other."""
    world = World()
    found = signed_in(text, world.context())
    assert (found.name, found.role, found.project, world.reads) == ("root", None, "", ["api"])


def test_an_issued_token_names_itself():
    """Its id is who it is in the audit log, with its role and project."""
    world = World()
    made, text = issued(world, project="shop")
    found = signed_in(text, world.context())
    assert (found.name, found.role, found.project) == (made.id, Role.DELIVER, "shop")


@pytest.mark.parametrize("wrong", ["wrong", "keptn_ci-00000000_x", "api.x", "../x.y", ".", "keptn_", "é"])
def test_a_wrong_token_is_one_read(wrong):
    """What has not the form of an issued one could only be the root's."""
    world = World()
    with pytest.raises(HttpError, match="the token is wrong; run `keptn auth") as refused:
        signed_in(wrong, world.context())
    assert (refused.value.status, world.reads) == (401, ["api"])


@pytest.mark.parametrize("change", ["ci-00000000", "secret part"])
def test_a_token_that_nobody_issued_is_one_read(change):
    """An id that is not there, or a secret part that is not its own; the last use is not written."""
    world = World()
    made, text = issued(world)
    wrong = text.replace(made.id, change) if change.startswith("ci") else text[:-1] + ("0" if text[-1] != "0" else "1")
    with pytest.raises(HttpError, match="the token is wrong, or revoked; run `keptn auth") as refused:
        signed_in(wrong, world.context())
    assert refused.value.status == 401
    assert len(world.reads) == 1 and not world.list("token-use/").names


def test_a_missing_token_costs_no_read():
    """Whoever sends none makes nobody work."""
    world = World()
    with pytest.raises(HttpError, match="a token is missing"):
        signed_in(" ", world.context())
    assert world.reads == []


def test_before_setup_the_api_is_closed():
    """No root token exists yet: it may work later."""
    with pytest.raises(Unavailable, match="create the secret `api`"):
        signed_in("x", World(root=None).context())


def test_a_token_ends_when_it_was_told_to():
    """At its moment, with a sentence that says since when."""
    world = World()
    _, text = issued(world, lasts=timedelta(days=90))
    world.moment = NOW + timedelta(days=90) - timedelta(seconds=1)
    assert signed_in(text, world.context())
    world.moment += timedelta(seconds=1)
    with pytest.raises(HttpError, match="is over since 2027-02-22 12:00:00Z") as refused:
        signed_in(text, world.context())
    assert refused.value.status == 401


def test_a_revoked_token_is_over_at_once():
    """Nobody remembers it: every request reads it."""
    world = World()
    made, text = issued(world)
    ctx = world.context()
    signed_in(text, ctx)
    tokens.revoke(world, made.id)
    with pytest.raises(HttpError, match="revoked"):
        signed_in(text, ctx)
    assert not world.list("token").names


def test_the_last_use_is_written_once_an_hour():
    """By this process and by another, which first looks what is known."""
    world, writes = World(), []
    made, text = issued(world)
    name = f"token-use/{made.id}"
    for ctx, minutes in ((world.context(), (0, 1, 59, 60, 90)), (world.context(), (100, 120))):
        for minute in minutes:
            world.moment = NOW + timedelta(minutes=minute)
            signed_in(text, ctx)
            writes.append(world.get(name).data)
    assert [at[11:16] for at in writes] == [b"12:00"] * 3 + [b"13:00"] * 3 + [b"14:00"]
    assert tokens.every(world)[0][1] == NOW + timedelta(hours=2)


def test_a_store_that_cannot_note_a_use_keeps_nobody_out(caplog):
    """What is only for looking at is not worth a refusal; the log has it."""
    world = World()
    _, text = issued(world)
    world.away = "token-use/"
    assert signed_in(text, world.context()).role is Role.DELIVER
    assert "is not noted: the store is away" in caplog.text


@given(text=st.text(max_size=300) | st.from_regex(r"keptn_[a-z-]{0,60}_?[0-9a-f]{0,70}", fullmatch=True))
def test_any_text_is_one_sentence_and_one_read(text):
    """Whatever stands there, nothing but the two places of tokens is looked at."""
    world = World()
    issued(world)
    world.reads.clear()
    with pytest.raises(HttpError, match="keptn auth") as refused:
        signed_in(text, world.context())
    assert refused.value.status == 401
    assert len(world.reads) <= 1 and all(name == "api" or name.startswith("tokens/") for name in world.reads)


@pytest.mark.parametrize("needed", list(Role))
@pytest.mark.parametrize("role", [None, *Role])
def test_each_role_may_what_those_before_it_may(role, needed):
    """And the root token nothing of it."""
    world = World()
    found = signed_in(issued(world, role=role)[1] if role else "secret", world.context())
    ranks = [None, *Role]
    if role and ranks.index(role) >= ranks.index(needed):
        found.check_role(needed)
    else:
        with pytest.raises(HttpError, match="keptn create token") as refused:
            found.check_role(needed)
        assert refused.value.status == 403
