"""What was pushed is what reaches users: the digest travels through all stages, whatever becomes of its tag."""

import pytest

from tests.bench.installation import Installation
from tests.world import digest_of

STAGES = ("dev", "staging", "prod")


@pytest.fixture
def moved():
    """A delivery through all stages, under way while somebody pushes other content under its tag and nobody tells."""
    installation = Installation.with_a_live_version()
    with installation.running():
        installation.push("1.1.0")
        installation.world.registry.push("keptn/carts:1.1.0", b"something else")
        installation.rest()
    return installation


def test_a_tag_that_moves_changes_no_stage(moved):
    """Every stage has the image that was there when it was told of."""
    live = {slot.scope.stage: slot.live.digest for slot in moved.slots()}
    assert live == dict.fromkeys(STAGES, digest_of("1.1.0"))


def test_what_is_committed_names_the_digest(moved):
    """In Git too, and so on every node: no manifest leaves it to the tag what is pulled."""
    for stage in STAGES:
        tree = moved.world.config_repo.tree("sockshop", stage)
        lines = [line for path in tree.list("carts/manifests") for line in tree.read(path).decode().splitlines()]
        images = [line.split()[-1] for line in lines if " image: " in line]
        assert any(digest_of("1.1.0") in image for image in images), (stage, images)
        assert all("@sha256:" in image for image in images)
        assert not any(digest_of("something else") in line for line in lines)


def test_every_event_of_the_delivery_carries_it(moved):
    """Executors of other people's are told the digest, not only the tag."""
    names = moved.store.inner.list("executions/", limit=1000).names
    documents = [moved.store.inner.get(name).data.decode() for name in names]
    assert not any(digest_of("something else") in document for document in documents)
    assert sum(digest_of("1.1.0") in document for document in documents) == len(STAGES)
