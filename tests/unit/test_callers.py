"""How often somebody may ask."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from keptn import callers
from keptn.callers import Callers, Rate, address
from keptn.web import TooMany

HERE, THERE = "203.0.113.9", "198.51.100.7"


def refused(asking, *who, now_s=0.0):
    """Seconds until it may ask again; 0 if it was let in."""
    try:
        asking.admit(*who, now_s=now_s)
    except TooMany as told:
        assert told.status == 429
        return told.retry_after_s
    return 0


def test_a_token_has_its_own_count():
    """Whoever used it before may use it as often again, whatever others do at the same address."""
    asking = Callers(requests=3, failures=2)
    for token in ("a", "b"):
        asking.answered(token, HERE, 200, now_s=0)
    assert [refused(asking, "a", HERE) for _ in range(4)] == [0, 0, 0, 20]
    assert [refused(asking, "b", HERE) for _ in range(4)] == [0, 0, 0, 20]
    assert [refused(asking, "new", HERE) for _ in range(4)] == [0, 0, 0, 20]
    assert refused(asking, "new", THERE) == 0
    assert refused(asking, "a", HERE, now_s=20) == 0


def test_who_tries_tokens_is_kept_out_and_nobody_else():
    """At his address; a token that is known there to be good is not asked to wait."""
    asking = Callers(requests=100, failures=2)
    asking.answered("good", HERE, 202, now_s=0)
    for wrong in ("x", ""):
        assert refused(asking, wrong, HERE) == 0
        asking.answered(wrong, HERE, 401, now_s=0)
    assert refused(asking, "y", HERE) == refused(asking, "", HERE) == 30
    assert refused(asking, "good", HERE) == refused(asking, "y", THERE) == 0
    assert refused(asking, "y", HERE, now_s=30) == 0


def test_a_token_that_was_good_is_not_for_ever():
    """Revoked, it is one of those that are tried."""
    asking = Callers(requests=100, failures=1)
    asking.answered("gone", HERE, 200, now_s=0)
    asking.answered("gone", HERE, 401, now_s=0)
    assert refused(asking, "gone", HERE) == 60


@pytest.mark.parametrize("status", [400, 404, 500, 503])
def test_only_a_good_answer_makes_a_token_known(status):
    """What is wrong in another way says nothing of the token: it counts with its address."""
    asking = Callers(requests=1, failures=1)
    asking.answered("x", HERE, status, now_s=0)
    assert [refused(asking, token, HERE) for token in ("x", "z")] == [0, 60]


def test_without_limits_nobody_waits():
    asking = Callers(requests=0, failures=0)
    asking.answered("", HERE, 401, now_s=0)
    assert not any(refused(asking, "x", HERE) for _ in range(5000))


def test_what_is_remembered_is_bounded(monkeypatch):
    """Who has not called for longest is forgotten, and may begin anew."""
    monkeypatch.setattr(callers, "MOST_REMEMBERED", 3)
    asking = Callers(requests=1, failures=1)
    for number in range(9):
        asking.answered(f"{number}", HERE, 200, now_s=0)
        assert refused(asking, f"{number}", HERE) == 0
    assert all(len(known) <= 3 for known in (asking._good, asking._requests._left, asking._failures._left))
    assert refused(asking, "8", HERE) == 60


@given(
    per_minute=st.integers(1, 100),
    gaps=st.lists(st.floats(0, 120, allow_nan=False), min_size=1, max_size=200),
)
def test_no_minute_has_more_than_twice_the_rate(per_minute, gaps):
    """A full bucket and what flows into it meanwhile; and who waits as long as he is told is let in."""
    rate, now_s, let_in = Rate(per_minute), 0.0, []
    for gap in gaps:
        now_s += gap
        if wait_s := rate.wait_s("x", now_s=now_s):
            assert wait_s <= 60 / per_minute
            assert rate.wait_s("x", now_s=now_s + wait_s + 1e-6) == 0
        else:
            rate.take("x", now_s=now_s)
            let_in.append(now_s)
    assert all(sum(begin <= at < begin + 60 for at in let_in) <= 2 * per_minute for begin in let_in)


@pytest.mark.parametrize(
    ("peer", "forwarded", "trusted", "who"),
    [
        (HERE, "", (), HERE),
        ("127.0.0.1", "", (), "127.0.0.1"),
        ("127.0.0.1", HERE, (), HERE),
        (HERE, THERE, (), HERE),
        ("127.0.0.1", f"{THERE}, {HERE}, 10.1.2.3", (), "10.1.2.3"),
        ("127.0.0.1", f"{THERE}, {HERE}, 10.1.2.3", ("10.0.0.0/8",), HERE),
        ("127.0.0.1", "10.1.2.3,10.1.2.4", ("10.0.0.0/8",), "127.0.0.1"),
        ("127.0.0.1", "x" * 5000, (), "unreadable"),
        ("127.0.0.1", ",,", (), "unreadable"),
        ("::1", "2001:db8:1:2:3:4:5:6", (), "2001:db8:1:2::/64"),
    ],
)
def test_who_calls_is_the_nearest_stranger(peer, forwarded, trusted, who):
    """What stands left of him he may have written himself."""
    assert address(peer, forwarded, trusted=trusted) == who


@given(forwarded=st.text(max_size=200), peer=st.sampled_from(["", "127.0.0.1", HERE, "fe80::1%eth0"]))
def test_any_header_names_somebody(forwarded, peer):
    """Never a traceback, and never a long name."""
    assert len(address(peer, forwarded, trusted=("10.0.0.0/8", "fd00::/8"))) < 60


def test_a_flood_of_refusals_leaves_lines_for_others():
    """Of one address six a minute, of all 60; the next line counts what had none."""
    told = callers.Told()
    assert [told.room(HERE, now_s=0) for _ in range(8)] == [0] * 6 + [None] * 2
    assert told.room(THERE, now_s=0) == 2
    assert sum(told.room(f"198.51.100.{last}", now_s=0) is not None for last in range(100)) == 60 - 7
    assert told.room(HERE, now_s=20) == 100 - 53
    assert told.room(HERE, now_s=20) == 0
    assert told.room(HERE, now_s=20) is None
