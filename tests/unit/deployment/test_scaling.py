"""More replicas than the values say: laid over the manifests, whatever else has changed them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from keptn.deployment import scaling
from keptn.deployment.scaling import Bounds, Scaling

AMOUNTS = st.one_of(st.just(""), st.integers(1, 1000).map(str), st.integers(1, 1000).map("+{}".format))
SCALINGS = st.dictionaries(st.text(max_size=3), st.builds(Scaling, context=st.just("c"), least=AMOUNTS, most=AMOUNTS))


def colour(replicas: int | None = 1, *, autoscaler: tuple[int, int] | None = None) -> list[dict]:
    """As a version is rendered."""
    spec = {"selector": {}} | ({} if replicas is None else {"replicas": replicas})
    found = [{"kind": "Deployment", "spec": spec}, {"kind": "Service", "spec": {}}]
    if autoscaler:
        least, most = autoscaler
        found.append({"kind": "HorizontalPodAutoscaler", "spec": {"minReplicas": least, "maxReplicas": most}})
    return found


def asked(*amounts: tuple[str, str]) -> dict[str, Scaling]:
    return {str(place): Scaling(context="c", least=one, most=two) for place, (one, two) in enumerate(amounts)}


@pytest.mark.parametrize(
    ("own", "amounts", "now"),
    [
        (colour(1), [("+2", "+2")], Bounds(least=3)),
        (colour(3), [("2", "")], Bounds(least=3)),  # never fewer
        (colour(1), [("+2", ""), ("5", "")], Bounds(least=5)),  # two problems: the most, not the sum
        (colour(999), [("+2", "")], Bounds(least=1000)),
        (colour(1), [("", "9")], Bounds(least=1)),  # there is no upper bound to raise
        (colour(None, autoscaler=(2, 5)), [("4", "")], Bounds(least=4, most=5)),
        (colour(None, autoscaler=(2, 5)), [("8", "")], Bounds(least=8, most=8)),
        (colour(None, autoscaler=(2, 5)), [("+2", "+2")], Bounds(least=4, most=7)),
        (colour(None, autoscaler=(2, 5)), [("", "20")], Bounds(least=2, most=20)),
        (colour(None), [("5", "")], None),  # a patch took the number out: somebody else scales
    ],
)
def test_how_many_there_are(own, amounts, now):
    """Besides what the values say."""
    assert scaling.bounds(scaling.scaled(own, asked(*amounts))) == now


@given(st.integers(1, 1000), SCALINGS)
def test_it_is_never_less_and_the_order_says_nothing(replicas, scalings):
    """Neither of the problems nor of their ends: without the last of them it is what the values say."""
    own = colour(replicas)
    found = scaling.bounds(scaling.scaled(own, scalings))
    assert replicas <= found.least <= 1000
    assert scaling.bounds(scaling.scaled(own, dict(reversed(scalings.items())))) == found
    assert scaling.scaled(own, {}) == own


@given(SCALINGS)
def test_it_is_written_down_and_read_again(scalings):
    """As `deployment.yaml` has it."""
    assert {key: scaling.read(scaling.data(one)) for key, one in scalings.items()} == scalings


def test_somebodys_word_is_no_amount():
    """A file that was edited by hand."""
    for wrong in ("many", "0", "-1", "+", "1e3"):
        with pytest.raises(ValueError, match="no number of replicas"):
            scaling.read({"delivery": "c", "replicas": wrong})


def test_words():
    """As a commit says it."""
    assert [str(one) for one in (Bounds(least=1), Bounds(least=2, most=2), Bounds(least=2, most=5))] == [
        "1 replica",
        "2 replicas",
        "2 to 5 replicas",
    ]
