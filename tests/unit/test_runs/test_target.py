"""Which URL a test goes to."""

import pytest

from keptn.test_runs import target

URLS = {"deploymentURIsLocal": ["http://own/"], "deploymentURIsPublic": ["http://public"]}
BOTH = {"live": {"colour": "blue"}, "candidate": {"colour": "green"}}
FIRST = {"live": {"colour": "green"}, "candidate": {"colour": "green"}}


@pytest.mark.parametrize(
    ("strategy", "versions", "url"),
    [
        ("shadow", BOTH, "http://public"),
        ("blue_green", BOTH, "http://public"),
        ("canary", BOTH, "http://own"),
        ("dark", BOTH, "http://own"),
        ("direct", {"live": {"colour": "blue"}, "candidate": None}, "http://own"),
        ("shadow", FIRST, "http://own"),
        ("shadow", {"live": None, "candidate": {"colour": "blue"}}, "http://own"),
    ],
)
def test_public_only_where_two_versions_share_the_traffic(strategy, versions, url):
    """Both versions must see the same requests to be comparable; a dark one is only reached by its own address."""
    assert target.url({**URLS, **versions, "deploymentstrategy": strategy}) == url


def test_the_only_url_there_is():
    """An executor of another system may name just the public URL, or none."""
    assert target.url({"deploymentURIsPublic": ["http://public"]}) == "http://public"
    assert target.url({}) == ""


def test_a_canary_shares_once_a_step_was_taken():
    """Before its first step users do not reach it; from then on tests see what they see."""
    assert target.url({**URLS, **BOTH, "deploymentstrategy": "canary"}, shared=True) == "http://public"
