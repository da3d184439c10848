"""How often and how fast a Broker tries again."""

import pytest

from keptn.errors import Refused
from keptn.local import delivery_spec
from keptn.local.delivery_spec import Destination


def test_the_default_waits_add_up_as_in_the_multi_tenant_broker():
    """Exponential from 0.2 s, ten repeats: 204.6 s."""
    spec = delivery_spec.read({"retry": 10}, owner="t")
    assert spec and sum(spec.wait_s(failed) for failed in range(1, 11)) == pytest.approx(204.6)


def test_the_first_linear_repeat_comes_at_once():
    """Linear back-off multiplies by the number of repeats so far."""
    spec = delivery_spec.read({"retry": 3, "backoffPolicy": "linear", "backoffDelay": "PT2S"}, owner="t")
    assert spec and [spec.wait_s(failed) for failed in (1, 2, 3)] == [0, 2, 4]


@pytest.mark.parametrize("status", [404, 408, 409, 429, 500, 503, None])
def test_these_failures_are_tried_again(status: int | None):
    """No answer counts as a failure that may pass."""
    assert delivery_spec.is_retried(status)


@pytest.mark.parametrize("status", [301, 400, 401, 403, 413, 422])
def test_these_failures_are_final(status: int):
    """What the subscriber refuses goes to the dead-letter sink at once."""
    assert not delivery_spec.is_retried(status)


@pytest.mark.parametrize(("text", "seconds"), [("PT0.2S", 0.2), ("PT1M30S", 90), ("PT10M", 600), ("P1DT1H", 90000)])
def test_durations_are_iso_8601(text: str, seconds: float):
    """Days and less."""
    assert delivery_spec.duration_s(text, owner="t") == pytest.approx(seconds)


@pytest.mark.parametrize("text", ["5s", "P", "PT", "", 5, "P1M"])
def test_a_wrong_duration_is_refused(text: object):
    """Kubernetes' own spelling is not allowed there."""
    with pytest.raises(Refused, match="ISO 8601"):
        delivery_spec.duration_s(text, owner="Trigger t")


def test_a_destination_is_a_ref_with_a_path_or_a_url():
    """`ref` with a relative `uri` is resolved against the Service's address."""
    ref = {"kind": "Service", "name": "dead-letter"}
    assert delivery_spec.destination({"ref": ref, "uri": "/task"}, owner="t") == Destination(
        kind="Service", name="dead-letter", path="/task"
    )
    assert delivery_spec.destination({"uri": "http://h/x"}, owner="t") == Destination(url="http://h/x")


@pytest.mark.parametrize("spec", [{}, {"uri": "/x"}, {"ref": {"kind": "Channel", "name": "c"}}])
def test_a_destination_that_cannot_be_reached_is_refused(spec: dict):
    """Other kinds of refs exist in a cluster only."""
    with pytest.raises(Refused, match="Service or JobSink"):
        delivery_spec.destination(spec, owner="Trigger t")


@pytest.mark.parametrize(
    ("destination", "address"),
    [
        (Destination(kind="Service", name="record"), "http://record.keptn.svc.cluster.local"),
        (Destination(kind="Service", name="a", path="/x"), "http://a.keptn.svc.cluster.local/x"),
        (Destination(kind="JobSink", name="test"), "http://job-sink.knative-eventing.svc.cluster.local/keptn/test"),
        (Destination(url="http://h/x"), "http://h/x"),
    ],
)
def test_an_address_is_spelled_as_in_a_cluster(destination: Destination, address: str):
    """A dead letter names who did not take it by the subscriber's URL."""
    assert destination.address("keptn") == address
