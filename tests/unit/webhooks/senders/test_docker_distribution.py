"""Docker Distribution's notifications."""

import copy
import json
from pathlib import Path

import pytest

from keptn.errors import Undecodable
from keptn.webhooks.senders import registries
from keptn.webhooks.senders.registries import Ignored, Push

PAYLOAD = Path(__file__).parents[3] / "payloads/registry/docker_distribution_v1_push_oci.json"


def payload(**target):
    body = json.loads(PAYLOAD.read_bytes())
    body["events"][0]["target"].update(target)
    return body


def test_a_captured_push_is_read():
    """What a real registry sent is read with its id, host, repository, tag and digest."""
    assert registries.read(payload(), {}) == [
        Push(
            event_id="0914579b-c43a-488e-b788-82c2c084ddc4",
            host="127.0.0.1:15000",
            repository="keptn/carts",
            tag="1.0.0",
            digest="sha256:629256392e95113f82c5a7a100a1eb4f56039103b496874f7d95cc72c962e1a5",
            sent_at="2026-11-23T16:33:58.342972Z",
        )
    ]


@pytest.mark.parametrize(
    "media_type",
    [
        "application/vnd.docker.distribution.manifest.v2+json",
        "application/vnd.docker.distribution.manifest.list.v2+json",
        "application/vnd.oci.image.index.v1+json",
    ],
)
def test_every_kind_of_manifest_is_an_image(media_type):
    """Single and multi-platform images of both formats count."""
    assert isinstance(registries.read(payload(mediaType=media_type), {})[0], Push)


@pytest.mark.parametrize(
    ("target", "why"),
    [
        ({"mediaType": "application/octet-stream"}, "is a layer"),
        ({"mediaType": None}, "has no media type"),
        ({"tag": ""}, "has no tag"),
        ({"tag": None}, "has no tag"),
        ({"repository": ""}, "lacks a repository"),
    ],
)
def test_what_is_no_tagged_image_is_ignored(target, why):
    """Layers, untagged manifests and nameless ones start nothing, and the reason is said."""
    (entry,) = registries.read(payload(**target), {})
    assert isinstance(entry, Ignored)
    assert why in entry.why


@pytest.mark.parametrize("action", ["pull", "mount", "delete", "", None])
def test_only_a_push_counts(action):
    """Pulls, mounts and deletions are ignored."""
    body = payload()
    body["events"][0]["action"] = action
    assert "not 'push'" in registries.read(body, {})[0].why


def test_several_events_are_told_apart():
    """One request may carry several unrelated events, broken ones among them."""
    body = payload()
    pull = {**copy.deepcopy(body["events"][0]), "action": "pull"}
    body["events"] += [pull, "nonsense", {}, {"target": 3}]
    kinds = [type(entry) for entry in registries.read(body, {})]
    assert kinds == [Push, Ignored, Ignored, Ignored, Ignored]


def test_an_unknown_shape_is_one_sentence():
    """A body of no known registry names the known ones."""
    with pytest.raises(Undecodable, match="no notification of a known registry") as refused:
        registries.read({"hello": "world"}, {})
    assert all(title in str(refused.value) for title in registries.SENDERS.values())
