"""How long a hold goes on, whenever it is looked at."""

from datetime import UTC, datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from keptn.quality.hold import Hold

START = datetime(2026, 1, 31, 12, tzinfo=UTC)
SECONDS = st.floats(min_value=0.001, max_value=1e5).map(lambda seconds: timedelta(seconds=seconds))
HOLDS = st.tuples(SECONDS, st.floats(min_value=1, max_value=50)).map(
    lambda given: Hold(start=START, timeframe=given[0], longest=given[0] * given[1], min_requests=1)
)
MOMENTS = st.floats(min_value=-1e5, max_value=1e7).map(lambda seconds: START + timedelta(seconds=seconds))


@settings(deadline=None)
@given(hold=HOLDS, moments=st.tuples(MOMENTS, MOMENTS))
def test_a_hold_ends(hold: Hold, moments: tuple[datetime, datetime]) -> None:
    """Whole timeframes from the same start, at least one, never beyond the longest, never shorter later."""
    earlier, later = (hold.window(moment) for moment in sorted(moments))
    for found in (earlier, later):
        assert found.start == START
        assert (found.end - START) % hold.timeframe == timedelta()
        assert START + hold.timeframe <= found.end <= START + hold.longest
    assert earlier.end <= later.end
    assert later.end <= max(*moments, START + hold.timeframe)


@settings(deadline=None)
@given(hold=HOLDS)
def test_who_looks_at_each_end_comes_to_the_last(hold: Hold) -> None:
    """A timer at the next end finds a longer window there, until there is no next end."""
    window, looks = hold.window(START), 1
    while until := hold.next_end(window):
        assert until == window.end + hold.timeframe
        window, looks = hold.window(until), looks + 1
        assert window.end == until
    assert looks == hold.longest // hold.timeframe
    assert hold.window(START + 100 * hold.longest) == window
