"""Images' names, as Docker reads them."""

from __future__ import annotations

import pytest

from keptn.adapters.registry import image_name
from keptn.errors import Refused

DIGEST = f"sha256:{'5a' * 32}"


@pytest.mark.parametrize(
    ("image", "expected"),
    [
        ("carts", ("docker.io", "library/carts", "latest")),
        ("carts:0.1", ("docker.io", "library/carts", "0.1")),
        ("keptn/carts:0.1", ("docker.io", "keptn/carts", "0.1")),
        ("docker.io/carts:0.1", ("docker.io", "library/carts", "0.1")),
        ("index.docker.io/keptn/carts", ("docker.io", "keptn/carts", "latest")),
        ("registry-1.docker.io/keptn/carts", ("docker.io", "keptn/carts", "latest")),
        ("ghcr.io/keptn/carts:0.1", ("ghcr.io", "keptn/carts", "0.1")),
        ("localhost/carts:0.1", ("localhost", "carts", "0.1")),
        ("localhost:5000/carts", ("localhost:5000", "carts", "latest")),
        ("registry:5000/a/b/c:x", ("registry:5000", "a/b/c", "x")),
        ("GHCR.io/keptn/carts", ("ghcr.io", "keptn/carts", "latest")),
        ("my_team/carts", ("docker.io", "my_team/carts", "latest")),
        (f"carts:0.1@{DIGEST}", ("docker.io", "library/carts", "0.1")),
    ],
)
def test_names_are_read_as_docker_reads_them(image: str, expected: tuple[str, str, str]) -> None:
    """The first part is a host if it looks like one."""
    name = image_name.parse(image)
    assert (name.host, name.repository, name.tag) == expected
    assert name.digest == (DIGEST if "@" in image else "")


@pytest.mark.parametrize(
    "image",
    ["", ":0.1", "Carts", "ghcr.io/", "a//b", "a/../b", "carts:0.1@", "carts@sha256:0", "carts:-x", "é", "http://a/b"],
)
def test_what_is_no_image_is_refused(image: str) -> None:
    """Before anybody is asked for it."""
    with pytest.raises(Refused):
        image_name.parse(image)
