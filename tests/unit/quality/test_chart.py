"""Evaluations drawn: as a table with bars, and as a chart of their history."""

import xml.etree.ElementTree as ET

import pytest

from keptn.quality import chart, table


def record(value: float | None, status: str, *, name: str = "rt <p95>") -> dict:
    measured = {"metric": name, "value": value, "success": value is not None, "message": 'it is "so" & so'}
    target = {"criteria": "<600", "targetValue": 600, "violated": False}
    indicator = {
        "displayName": name,
        "status": status,
        "value": measured,
        "passTargets": [target],
        "score": 1,
        "maxScore": 1,
    }
    return {
        "timeEnd": "2026-01-31T12:00:00Z",
        "result": status,
        "score": 50,
        "max_score": 100,
        "message": "m",
        "indicatorResults": [indicator],
    }


def test_the_chart_shows_every_evaluation_and_limit() -> None:
    """A dot each, a ring for a missing value, and the limit as a dashed line; whatever the names are, it is an SVG."""
    drawn = chart.svg([record(500, "pass"), record(None, "fail"), record(-5, "warning")], title="carts & co")
    root = ET.fromstring(drawn)
    space = "{http://www.w3.org/2000/svg}"
    dots = root.findall(f".//{space}circle")
    assert [dot.get("fill") for dot in dots] == ["#ef6c00", "#fff", "#2e7d32"]
    assert len(root.findall(f".//{space}polyline")) == 2
    assert "rt <p95>" in [text.text for text in root.iter(f"{space}text")]


@pytest.mark.parametrize(
    "evaluations", [[], [{}], [{"indicatorResults": []}], [record(0, "pass")], [record(None, "fail")]]
)
def test_whatever_there_is_can_be_drawn(evaluations: list) -> None:
    """Nothing at all, nothing but zeros, nothing but gaps."""
    assert ET.fromstring(chart.svg(evaluations, title="t")) is not None


@pytest.mark.parametrize(
    ("value", "limit", "filled"),
    [(0, 100, 0), (50, 100, 8), (100, 100, 15), (1e9, 100, 20), (5, 0, 20), (0, 0, 0), (-5, 9, 0)],
)
def test_a_bar_is_full_up_to_its_mark_at_the_limit(value: float, limit: float, filled: int) -> None:
    """The mark stands at three quarters."""
    drawn = table.bar(value, limit)
    assert (drawn.count("█"), drawn[15], len(drawn)) == (filled, "│", 21)


def test_the_table_has_a_line_per_objective() -> None:
    """And the verdict below, with its points once."""
    shown = table.of_record(record(500, "pass")).splitlines()
    assert shown[0].startswith("✓ rt <p95>  500")
    assert shown[1] == "pass  50 of 100  m"
    told = {**record(500, "pass"), "message": "50 of 100 points"}
    assert table.of_record(told).splitlines()[1] == "pass  50 of 100 points"
