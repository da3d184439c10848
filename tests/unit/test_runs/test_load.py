"""k6's export, read."""

from keptn.test_runs import load


def test_an_export_with_a_rate_threshold():
    """A crossed rate threshold shows its value."""
    metrics = {
        "http_reqs": {"count": 10, "rate": 5},
        "http_req_failed": {"value": 0.3, "passes": 3, "fails": 7, "thresholds": {"rate<0.01": True}},
        "checks": {"passes": 8, "fails": 2, "value": 0.8},
    }
    report = load.report({"metrics": metrics}, exit_code=99, stderr="")
    assert report.reasons == ["threshold http_req_failed: rate<0.01 was crossed (rate was 0.3)"]
    assert (report.summary["checks_failed"], report.summary["failed_rate"]) == (2, 0.3)


def test_a_crossed_threshold_that_the_export_lacks_still_fails():
    """k6's exit code counts even where its summary is silent."""
    export = {"metrics": {"http_reqs": {"count": 1}}}
    said = "time=x level=error msg=\"thresholds on metrics 'mine' have been crossed\""
    assert load.report(export, exit_code=99, stderr=said).reasons == ["thresholds on metrics 'mine' have been crossed"]


def test_an_empty_export_has_not_passed():
    """No summary, no pass."""
    assert not load.report({}, exit_code=0, stderr="").passed


def test_the_last_error_is_what_k6_said():
    """Warnings after the error do not hide it; silence is said."""
    assert load.last_line('level=error msg="boom"\nlevel=warning msg="bye"') == "boom"
    assert load.last_line("") == "it said nothing"
