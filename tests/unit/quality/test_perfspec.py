"""Reading perfspec.json: what it may say, and the sentence for what it may not."""

import json

import pytest

from keptn.errors import InvalidFile
from keptn.quality import perfspec
from keptn.quality.direction import Direction


def spec(*indicators: dict, objectives: object = None) -> perfspec.PerfSpec:
    return perfspec.parse(json.dumps({"indicators": indicators, "objectives": objectives or {"pass": 1}}))


def indicator(**other: object) -> dict:
    return {"id": "rt", "source": "Envoy", "query": "response_time_p95", "metricScore": 50} | other


def test_the_full_form_is_read() -> None:
    """Thresholds, points and metadata of the original form arrive as they were written."""
    grading = {
        "type": "Threshold",
        "thresholds": {"upperSevere": 0, "lowerWarning": 3},
        "metricScore": 7,
        "ignoreEmpty": True,
        "metadata": {"a": 1},
    }
    (read,) = spec({"id": "x", "source": "Prometheus", "query": "up", "grading": grading}).indicators
    assert read.thresholds == perfspec.Thresholds(upper_severe=0.0, lower_warning=3.0)
    assert (read.source, read.query, read.points, read.ignore_empty) == ("prometheus", "up", 7, True)
    assert read.metadata == {"a": 1}


def test_the_short_form_of_the_slides_is_read() -> None:
    """An id names its source, the points stand beside it, and `objective` is as good as `objectives`."""
    text = '{"indicators": [{"id": "Prometheus:go_memstats_alloc", "metricScore": 20}], "objective": {"pass": 90}}'
    read = perfspec.parse(text)
    (only,) = read.indicators
    assert (only.source, only.query, only.points) == ("prometheus", "go_memstats_alloc", 20)
    assert (only.thresholds, only.direction) == (None, Direction.INCREASE)
    assert (read.pass_limit, read.warning_limit, read.in_percent) == (90, 90, True)


def test_objectives_within_the_points_are_points() -> None:
    """Only objectives above the sum of all points are percentages."""
    assert not spec(indicator(), objectives={"pass": 50, "warning": 40}).in_percent
    assert spec(indicator(), objectives={"pass": 51, "warning": 40}).in_percent


@pytest.mark.parametrize(
    ("entry", "says"),
    [
        ({"source": "Prometeus"}, "known: dynatrace, envoy"),
        ({"source": 7}, "source 7 is not known"),
        ({"id": "Librato:x", "source": None}, "is not known"),
        ({"id": ""}, "`id`"),
        ({"metricScore": "many"}, "must be a number"),
        ({"metricScore": True}, "must be a number"),
        ({"metricScore": -1}, "between 0"),
        ({"metricScore": 10**400}, "must be a number"),
        ({"metricScore": 0}, "no indicator earns points"),
        ({"query": []}, "`query`"),
        ({"thresholds": {"uperSevere": 1}}, "did you mean `upperSevere`?"),
        ({"thresholds": {"upperSevere": "1"}}, "must be a number"),
        ({"thresholds": [1]}, "object"),
        ({"direction": "sideways"}, "known: decrease, either, increase"),
        ({"ignoreEmpty": "yes"}, "true or false"),
        ({"grading": []}, "object"),
        ({"grading": {"type": "Magic", "metricScore": 1}}, "grading type 'Magic'"),
        ({"grading": {"metricscore": 1}}, "did you mean `metricScore`?"),
    ],
)
def test_a_wrong_indicator_is_one_sentence(entry: dict, says: str) -> None:
    """What cannot be meant is refused with the file and the line."""
    with pytest.raises(InvalidFile, match=r"^perfspec\.json:\d+: ") as caught:
        spec(indicator(**entry))
    assert says in str(caught.value)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("[]", "must be an object"),
        ("{}", "`indicators`"),
        ('{"indicators": []}', "at least one"),
        ('{"indicators": [{"id": "Envoy:count", "metricScore": 1}]}', "`objectives`"),
        (
            '{"indicators": [{"id": "Envoy:count", "metricScore": 1}], "objectives": {"pass": "90%"}}',
            "must be a number",
        ),
        ('{"indicators": [{"id": "Envoy:count"}], "objectives": {"pass": 1}}', "no `metricScore`"),
        ("{", "not valid"),
    ],
)
def test_a_wrong_file_is_one_sentence(text: str, says: str) -> None:
    """A file that is no perfspec is refused with a reason."""
    with pytest.raises(InvalidFile) as caught:
        perfspec.parse(text)
    assert says in str(caught.value)


def test_ids_must_differ() -> None:
    """A second indicator of the same id would hide the first."""
    with pytest.raises(InvalidFile, match="'rt' stands twice"):
        spec(indicator(), indicator())
