"""The history of objectives as points, limits and places."""

from hypothesis import given
from hypothesis import strategies as st

from keptn.quality import series
from keptn.quality.series import Scale


def record(value: float | None, *, name: str = "rt", limits: tuple = (), warnings: tuple = ()) -> dict:
    def targets(numbers: tuple) -> list[dict]:
        return [{"criteria": "", "targetValue": number} for number in numbers]

    measured = {"metric": name, "value": value, "success": value is not None}
    indicator = {"displayName": name, "status": "pass", "value": measured}
    both = {"passTargets": targets(limits), "warningTargets": targets(warnings)}
    return {"timeEnd": "2026-01-31T12:00:00Z", "indicatorResults": [{**indicator, **both}]}


def test_an_objective_that_came_later_has_a_gap_before() -> None:
    """Newest first in, oldest first out."""
    found = series.of([record(2, name="new"), record(1, name="rt")])
    assert list(found) == ["rt", "new"]
    assert [point and point.value for point in found["new"]] == [None, 2]


def test_each_limit_is_a_line() -> None:
    """Where an evaluation had fewer, its line has a gap; what was not applied is no limit."""
    records = [record(1, limits=(600, 440)), record(1, limits=(600, None), warnings=(800,))]
    points = series.of(records)["rt"]
    assert series.lines(points, "limits") == [[(0, 600), (1, 600)], [(1, 440)]]
    assert series.lines(points, "warnings") == [[(0, 800)]]


NUMBERS = st.one_of(st.none(), st.floats(-1e12, 1e12))


@given(st.lists(st.tuples(NUMBERS, st.lists(NUMBERS, max_size=3)), min_size=1, max_size=20))
def test_everything_is_drawn_inside(given_: list) -> None:
    """Whatever was measured and whatever the limits are."""
    points = series.of([record(value, limits=tuple(limits)) for value, limits in given_])["rt"]
    low, high = series.ends(points)
    scale = Scale(low=low, high=high, left=5, top=7, width=100, height=50, count=len(points))
    assert low < high and low <= 0
    for place, point in enumerate(points):
        assert 5 <= scale.x(place) <= 105
        for one in (point.value, *point.limits):
            assert one is None or 7 - 1e-6 <= scale.y(one) <= 57 + 1e-6
