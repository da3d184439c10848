"""Of several tags, which one is the newest."""

import pytest

from keptn.webhooks.newest import newest, version
from keptn.webhooks.senders.registries import Push


def pushed(*tags):
    return [Push(event_id=str(n), host="", repository="carts", tag=tag) for n, tag in enumerate(tags)]


def test_versions_sort_as_semver_says():
    """Semantic Versioning 2.0, item 11, and the two numbers that the talk uses."""
    rising = ["0.1", "v0.2", "0.10", "1.0.0-alpha", "1.0.0-alpha.1", "1.0.0-alpha.beta", "1.0.0-beta.2",
              "1.0.0-beta.11", "1.0.0-rc.1", "1.0.0", "1.0.1", "2.0"]  # fmt: skip
    assert sorted(sorted(rising), key=version) == rising


@pytest.mark.parametrize("tag", ["latest", "main-3f2a", "1", "1.2.3.4", "20261127", "", "1.x"])
def test_other_tags_are_no_versions(tag):
    """Nothing is guessed: a number alone may be a build, a date or a commit."""
    assert version(tag) is None


@pytest.mark.parametrize(
    ("tags", "expected"),
    [
        (["0.2", "0.10", "0.9"], "1"),
        (["0.2", "latest"], "1"),
        (["latest", "0.2"], "1"),
        (["1.0", "v1.0.0"], "1"),
        (["x"], "0"),
    ],
)
def test_the_newest_is_the_highest_version_or_the_last(tags, expected):
    """If one tag is no version, the order of the notification decides; also between equals."""
    assert newest(pushed(*tags)).event_id == expected
