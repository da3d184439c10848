"""Issued tokens: what is stored of one, and what nobody can make of it."""

import json
import re
from datetime import UTC, datetime, timedelta

import pytest

from keptn.adapters.store.memory import MemoryStore
from keptn.errors import Refused, Unknown
from keptn.records import tokens
from keptn.records.tokens import Role

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)


def issue(store, name="ci", *, project="", role=Role.VIEW, lasts=None):
    return tokens.issue(store, name=name, role=role, project=project, made_by="root", now=NOW, lasts=lasts)


def test_what_is_stored_opens_nothing():
    """The SHA-256 of 256 random bits, and neither they nor the token."""
    store = MemoryStore()
    made, text = issue(store)
    random = text.rpartition("_")[2]
    stored = store.get(f"tokens/{made.id}").data.decode()
    assert re.fullmatch(r"keptn_ci-[0-9a-f]{8}_[0-9a-f]{64}", text) and tokens.is_issued(text)
    assert random not in stored and len(json.loads(stored)["sha256"]) == 64
    assert tokens.find(store, f"keptn_{made.id}_{json.loads(stored)['sha256']}") is None


def test_what_is_read_is_what_was_made():
    """Name, role, project, maker, times."""
    store = MemoryStore()
    made, text = issue(store, project="shop", role=Role.OPERATE, lasts=timedelta(days=1))
    assert tokens.find(store, text) == made
    assert made.described() == {
        "id": made.id,
        "name": "ci",
        "role": "operate",
        "project": "shop",
        "madeBy": "root",
        "madeAt": "2026-11-24T12:00:00.000000Z",
        "expires": "2026-11-25T12:00:00.000000Z",
    }


def test_two_tokens_of_one_name_are_two():
    """Each is revoked alone."""
    store = MemoryStore()
    (first, text), (second, other) = issue(store), issue(store)
    assert first.id != second.id
    tokens.revoke(store, first.id)
    assert tokens.find(store, text) is None and tokens.find(store, other) == second


@pytest.mark.parametrize("token_id", ["ci-00000000", "ci", "../slots/x", "", "x" * 500])
def test_what_is_not_there_cannot_be_revoked(token_id):
    """One sentence, and no other object is touched."""
    with pytest.raises(Unknown, match="keptn get token lists them"):
        tokens.revoke(MemoryStore(), token_id)


def test_a_project_takes_its_tokens_along():
    """And leaves those of others, and of all."""
    store = MemoryStore()
    for project in ("", "shop", "shop", "shop-2"):
        issue(store, project=project)
    tokens.revoke_all(store, "shop")
    assert sorted(token.project for token, _ in tokens.every(store)) == ["", "shop-2"]


def test_what_is_long_over_is_forgotten():
    """Not what is over since yesterday: people ask why it opens nothing."""
    store = MemoryStore()
    kept = [issue(store, lasts=lasts)[0] for lasts in (None, timedelta(days=1), timedelta(days=9))]
    tokens.forget_over(store, before=NOW + timedelta(days=1))
    assert sorted(token.id for token, _ in tokens.every(store)) == sorted(one.id for one in (kept[0], kept[2]))


@pytest.mark.parametrize("name", ["", "Ann", "a_b", "-a", "a-", "a.b", "a" * 41, "ann\n", "../x"])
def test_a_name_becomes_a_part_of_the_token(name):
    """Nothing but lower-case letters, digits and hyphens."""
    with pytest.raises(Refused, match="is no name for a token"):
        issue(MemoryStore(), name)


@pytest.mark.parametrize(
    ("said", "lasts"),
    [("90d", timedelta(days=90)), ("12h", timedelta(hours=12)), ("1h30m", timedelta(minutes=90)), ("", None)],
)
def test_how_long_one_lasts(said, lasts):
    assert tokens.lasting(said) == lasts


@pytest.mark.parametrize("said", ["0d", "0s", "-1d", "d", "90", "90 days", "99999d", "tomorrow", "1e9h", "\u0661d"])
def test_what_is_no_time_is_refused(said):
    """A token that is over at once, or never by a slip, is none."""
    with pytest.raises(Refused, match="is no time that a token can last; write it like 90d"):
        tokens.lasting(said)
