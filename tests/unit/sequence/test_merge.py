"""What flows from task to task: the later value wins, and what is said anew each time does not add up."""

from keptn.sequence.merge import merged


def test_lists_are_added_up() -> None:
    """Newer items first; an echo of what was there is not doubled."""
    assert merged({"a": {"l": [1]}}, {"a": {"l": [2]}}) == {"a": {"l": [2, 1]}}
    assert merged({"l": [1]}, {"l": [2, 1]}) == {"l": [2, 1]}


def test_an_evaluation_s_lists_are_its_own() -> None:
    """Over ten stages a delivery would carry the values of all of them in every event."""
    data = {}
    for stage in range(10):
        evaluation = {"indicatorResults": [{"score": stage}], "comparedEvents": [str(stage)]}
        data = merged(data, {"evaluation": evaluation})
    assert data == {"evaluation": {"indicatorResults": [{"score": 9}], "comparedEvents": ["9"]}}
    assert merged(data, {"evaluation": {"indicatorResults": []}})["evaluation"]["indicatorResults"] == []
