"""What a project, a stage and a service may be called."""

import pytest

from keptn import names
from keptn.errors import Refused


@pytest.mark.parametrize("name", ["a", "sockshop", "sock-shop-2", "x" * 43])
def test_good_names(name):
    """Letters, digits and hyphens are fine everywhere."""
    names.check_project(name)
    names.check_stage(name)
    names.check_service(name)


@pytest.mark.parametrize("name", ["", "A", "1a", "-a", "a-", "a_b", "a.b", "a/b", "ä", "a\n", "../a", None, 3])
def test_bad_names(name):
    """Anything else is refused, with the name and the rule."""
    for check in (names.check_project, names.check_stage, names.check_service):
        with pytest.raises(Refused, match="use lower-case letters, digits and hyphens"):
            check(name)


@pytest.mark.parametrize("name", ["project", "service", "main", "master", "head"])
def test_reserved_stages(name):
    """A stage cannot have a name that is an event's or a branch's already."""
    with pytest.raises(Refused, match="reserved"):
        names.check_stage(name)


def test_limits():
    """A service has at most 43 characters, a project and a stage together fit a Kubernetes namespace."""
    with pytest.raises(Refused, match="44 characters; at most 43"):
        names.check_service("x" * 44)
    with pytest.raises(Refused, match="at most 54"):
        names.check_stage("x" * 55, project="sockshop")
    names.check_stage("x" * 54, project="sockshop")


@pytest.mark.parametrize(
    "name", ["carts", "keptn/carts", "127.0.0.1:5000/sockshop/carts", "ghcr.io/a/b-c_d.e", "localhost:5000/a"]
)
def test_repositories(name):
    """A host with or without a port, then parts in lower case."""
    assert names.is_repository(name)


@pytest.mark.parametrize(
    "name",
    ["", "../../etc", "/etc", "a//b", "https://ghcr.io/a", "a/..", "Carts", "a b", "a@b", "a:1", "a/", "x" * 256, "ä"],
)
def test_no_repositories(name):
    """What leads out of a folder, an address, a digest."""
    assert not names.is_repository(name)


def test_tags():
    """Letters, digits, dots, hyphens and underscores; a letter, digit or underscore first."""
    assert all(names.is_tag(tag) for tag in ("0.1", "v1.0.0-rc.1", "latest", "_x", "A" * 128))
    assert not any(names.is_tag(tag) for tag in ("", "..", ".x", "-x", "a/b", "a:b", "a b", "A" * 129))


def test_digests():
    """Only a whole SHA-256 is one; the sentence says what was given."""
    good = "sha256:" + "0a" * 32
    assert names.check_digest(good) == good
    for bad in ("", "sha256:0.1", good.upper(), good + "\n", "../" + good, None, 3):
        with pytest.raises(Refused, match="is no digest"):
            names.check_digest(bad)


def test_images():
    """With a tag or without; nothing that leads out of a folder or is an address."""
    for image in ("carts", "carts:0.1", "127.0.0.1:5000/sockshop/carts:0.1", "127.0.0.1:5000/carts"):
        assert names.check_image(image) == image
    for bad in ("", ":1", "../../etc:1", "https://ghcr.io/a:1", "carts:../x", "a b:1"):
        with pytest.raises(Refused, match=r"is no image; write repository:tag"):
            names.check_image(bad)


def test_host_names():
    """A template with the three words; what it gives must fit into DNS."""
    scope = {"project": "sockshop", "stage": "prod", "service": "carts"}
    assert names.host_name("{service}.{project}-{stage}.localhost", **scope) == "carts.sockshop-prod.localhost"
    assert names.host_name("*.example.org", **scope) == "*.example.org"
    for bad in ("{team}.org", "", "a..b", "A.org", "-a.org", "x" * 64 + ".org", ".".join(["x" * 60] * 5), "a.org:80"):
        with pytest.raises(Refused, match="which is no host name"):
            names.host_name(bad, **scope)


def test_gateways():
    """Namespace, name, and perhaps the listener."""
    assert [names.check_gateway(text) for text in ("a/b", "a/b/https")] == ["a/b", "a/b/https"]
    for bad in ("", "a", "a/", "a/b/c/d", "A/b", "a b/c"):
        with pytest.raises(Refused, match="names no gateway"):
            names.check_gateway(bad)


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("https://host:1/path", "https://host:1/path"),
        ("https://key:hush@host/path?token=hush#hush", "https://host/path"),
        ("https://key:hu/sh@host", "https://host"),
        ("hush@host?hush", "host"),
        ("", ""),
    ],
)
def test_what_is_shown_of_a_url(url, shown):
    """Neither its login nor what stands behind its path, whether it is one or not."""
    assert names.shown_url(url) == shown
