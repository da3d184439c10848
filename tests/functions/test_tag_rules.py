"""A service takes some of the tags that are pushed."""

from keptn.events import Scope
from keptn.projects import service
from tests.functions.test_artifacts import told
from tests.functions.test_receive_artifact import deliveries, notification, post, pushes


def ruled(world, rule: str) -> None:
    """As `keptn add-resource` does it."""
    file = f"service: carts\nimage: {{repository: keptn/carts, tags: {rule}}}\n".encode()
    world.config_repo.commit("sockshop", "dev", lambda _: {"carts/values.yaml": file}, message="rule")
    service.follow("sockshop", "carts", world.context)


def push(world, tag):
    world.registry.push(f"keptn/carts:{tag}", tag.encode())
    return post(world, pushes(tag)).json


def test_a_tag_that_is_not_wanted_starts_nothing_and_says_why(world, api):
    """To the sender, and to people."""
    ruled(world, "{semver: '>=2'}")
    (ignored,) = post(world).json["ignored"]
    assert ignored["why"] == "the version is not in image.tags.semver '>=2' of sockshop/carts"
    (arrival,) = told(api)
    assert (arrival["outcome"], arrival["why"]) == ("ignored", ignored["why"])
    assert not deliveries(world)


def test_of_several_tags_those_that_are_wanted_count(world, api):
    """The newest of them is delivered, whatever else came."""
    ruled(world, "{semver: 1.x}")
    answer = post(world, pushes("2.0.0", "1.0.0", "latest")).json
    (event,) = deliveries(world)
    assert event.scope == Scope(project="sockshop", stage="dev", service="carts")
    assert event.data["artifact"]["tag"] == "1.0.0"
    assert len(answer["ignored"]) == 2
    (arrival,) = told(api)
    assert [one["tag"] for one in arrival["others"]] == ["2.0.0", "latest"]


def test_each_service_has_its_own_rule(world):
    """What one does not take, another may."""
    world.with_sockshop("other")
    ruled(world, "{glob: 'release-*'}")
    post(world)
    assert [event.scope.project for event in deliveries(world)] == ["other"]


def test_nothing_older_than_what_came_before(world):
    """Where the service wants the newest alone: a late patch of an old line is not delivered, the same version is."""
    ruled(world, "{semver: '*', newest: true}")
    assert push(world, "1.3.0")["accepted"]
    (ignored,) = push(world, "1.2.9")["ignored"]
    assert ignored["why"].startswith("1.3.0 came before and is newer, and image.tags.newest of sockshop/carts is set")
    assert push(world, "1.3.0")["accepted"]
    assert push(world, "1.10.0")["accepted"]


def test_a_rule_that_was_taken_back_counts_no_more(world):
    """As soon as the file says so."""
    ruled(world, "{glob: none}")
    ruled(world, "{glob: '*'}")
    assert post(world, notification()).json["accepted"]
