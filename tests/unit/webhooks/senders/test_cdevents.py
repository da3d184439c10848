"""CDEvents: which image a package URL names, and the forms that an event comes in."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from keptn.webhooks.senders import cdevents, registries
from keptn.webhooks.senders.registries import Ignored

EVENT = json.loads((Path(__file__).parents[3] / "payloads/registry/cdevents_artifact_published.json").read_bytes())
DIGEST = "sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"
QUOTED = DIGEST.replace(":", "%3A")


def read(purl, kind="dev.cdevents.artifact.published.0.3.0"):
    event = {"context": {**EVENT["context"], "type": kind}, "subject": {**EVENT["subject"], "id": purl}}
    return cdevents.read(event, {})[0]


@pytest.mark.parametrize(
    ("purl", "image", "digest"),
    [
        (f"pkg:oci/carts@{QUOTED}?repository_url=ghcr.io/acme/carts&tag=1.4", "ghcr.io/acme/carts:1.4", DIGEST),
        (f"pkg:oci/carts@{DIGEST}?tag=1.4&repository_url=https://r.io:5000/carts", "r.io:5000/carts:1.4", DIGEST),
        ("pkg:oci/carts?tag=1.4", "/carts:1.4", ""),
        ("pkg:docker/acme/carts@1.4", "docker.io/acme/carts:1.4", ""),
        (f"pkg:docker/acme/carts@{QUOTED}?repository_url=gcr.io&tag=1.4", "gcr.io/acme/carts:1.4", DIGEST),
        ("pkg:docker/Carts@1.4?repository_url=gcr.io/acme#sub", "gcr.io/acme/carts:1.4", ""),
        ("PKG://OCI/carts@1.4", "/carts:1.4", ""),
    ],
)
def test_the_image_that_a_package_url_names(purl, image, digest):
    """Source: package-url, type definitions of oci and docker, their examples among them."""
    push = read(purl)
    assert (f"{push.host}/{push}", push.digest) == (image, digest)


@pytest.mark.parametrize(
    "kind", ["dev.cdevents.artifact.published.0.1.0", "dev.cdevents.artifact.published.0.3.0-draft"]
)
def test_every_version_counts(kind):
    """The version is a part of the type."""
    assert str(read("pkg:oci/carts?tag=1", kind)) == "carts:1"


def test_bare_and_in_both_modes_of_cloudevents():
    """The same event is the same push."""
    bare = registries.read(EVENT, {})
    binary = registries.read(EVENT, {"ce-type": EVENT["context"]["type"], "ce-id": "1", "ce-specversion": "1.0"})
    whole = {"specversion": "1.0", "id": "1", "source": "x", "type": EVENT["context"]["type"], "data": EVENT}
    assert bare == binary == registries.read(whole, {})
    assert bare[0].event_id == EVENT["context"]["id"]


@given(
    purl=st.text(alphabet="pkg:ocidkr/@%3A?&=#tagrepository_url.1\ud7ff ", max_size=60).map("pkg:oci/{}".format)
    | st.text()
)
def test_whatever_stands_there_is_an_image_or_a_reason(purl):
    """Never a traceback."""
    found = read(purl)
    assert found.why if isinstance(found, Ignored) else (found.repository and found.tag)
