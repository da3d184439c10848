"""What every image registry does: a tag is resolved to the digest of what it holds."""

from __future__ import annotations

import re
import shutil

import pytest

from keptn.adapters.http.httpx_client import HttpxHttp
from keptn.adapters.registry import image_folder
from keptn.adapters.registry.folder import FolderRegistry
from keptn.adapters.registry.memory import MemoryRegistry
from keptn.adapters.registry.oci import OciRegistry
from keptn.adapters.secrets.memory import MemorySecrets
from keptn.errors import Refused, Unknown
from tests import needs
from tests.contract import docker_registry
from tests.contract.docker_registry import PASSWORD, USER


class PushableFolder(FolderRegistry):
    """The folder registry, pushed to as a person does: by copying."""

    def push(self, image, content):
        name, _, tag = image.rpartition(":")
        folder = self._state_dir / "images" / name / tag
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "app.py").write_bytes(content)


class PushableOci(OciRegistry):
    """A registry of Docker's, pushed to over HTTP. Images of the tests have no host."""

    def __init__(self, served):
        secrets = MemorySecrets()
        secrets.put(f"registry-{served.host.replace(':', '-')}", {"user": USER, "password": PASSWORD})
        super().__init__(HttpxHttp(), secrets)
        self._served, self.push = served, served.push

    def digest(self, image):
        return super().digest(f"{self._served.host}/{image}")

    def platforms(self, image):
        return super().platforms(f"{self._served.host}/{image}")


@pytest.fixture(params=["memory", "folder", "oci", "oci-password", "oci-token"])
def registry(request, tmp_path):
    kind, _, auth = request.param.partition("-")
    if kind != "oci":
        yield MemoryRegistry() if kind == "memory" else PushableFolder(tmp_path)
        return
    port = request.getfixturevalue("free_port")()
    with docker_registry.serving(needs.program("docker-registry"), tmp_path, port=port, auth=auth) as served:
        yield PushableOci(served)


def test_the_same_content_has_the_same_digest(registry):
    """Digests tell contents apart, and nothing else."""
    for image, content in (("keptn/carts:0.1", b"a"), ("keptn/carts:0.2", b"b"), ("other:0.1", b"a")):
        registry.push(image, content)
    first = registry.digest("keptn/carts:0.1")
    assert first.startswith("sha256:")
    assert len(first) == 71
    assert first == registry.digest("keptn/carts:0.1") == registry.digest("other:0.1")
    assert first != registry.digest("keptn/carts:0.2")


def test_a_second_push_of_a_tag_has_another_digest(registry):
    """A tag means what was pushed last."""
    registry.push("carts:0.1", b"a")
    first = registry.digest("carts:0.1")
    registry.push("carts:0.1", b"b")
    assert registry.digest("carts:0.1") != first


def test_an_unknown_tag_lists_the_known_ones(registry):
    """A wrong tag is answered with the tags there are, a wrong repository with the advice to push."""
    registry.push("keptn/carts:0.1", b"a")
    registry.push("keptn/carts:0.2", b"b")
    with pytest.raises(Unknown, match=r"no image keptn/carts:0\.3 .*; tags: 0\.1, 0\.2"):
        registry.digest("keptn/carts:0.3")
    with pytest.raises(Unknown, match=r"no image orders:0\.1 .*push it first"):
        registry.digest("orders:0.1")


def test_an_image_says_what_it_is_for(registry):
    """By its tag, and by its digest beside it; an image that is not there says nothing."""
    registry.push("keptn/carts:0.1", b"a")
    (platform,) = registry.platforms("keptn/carts:0.1")
    assert re.fullmatch(r"[a-z]+/[a-z0-9_]+(/[a-z0-9]+)?", platform)
    pinned = f"keptn/carts:0.1@{registry.digest('keptn/carts:0.1')}"
    assert registry.platforms(pinned) == {platform}
    with pytest.raises(Unknown, match=r"no image keptn/carts:0\.3"):
        registry.platforms("keptn/carts:0.3")


# --- the folder alone ------------------------------------------------------------------------------------------------
@pytest.fixture
def content(tmp_path):
    folder = tmp_path / "images" / "carts" / "0.1"
    (folder / "lib").mkdir(parents=True)
    (folder / "Procfile").write_text("web: python app.py\n")
    (folder / "lib" / "a.py").write_text("1")
    return folder


def test_a_copy_has_the_same_digest(tmp_path, content):
    """The order and time of writing, and compiled bytecode, are no content."""
    registry = FolderRegistry(tmp_path)
    first = registry.digest("carts:0.1")
    copy = tmp_path / "images" / "carts" / "0.2"
    (copy / "lib" / "__pycache__").mkdir(parents=True)
    (copy / "lib" / "__pycache__" / "a.pyc").write_bytes(b"x")
    (copy / "lib" / "a.py").write_text("1")
    (copy / "Procfile").write_text("web: python app.py\n")
    assert registry.digest("carts:0.2") == first


@pytest.mark.parametrize(
    "change",
    [
        lambda folder: (folder / "lib" / "a.py").rename(folder / "lib" / "b.py"),
        lambda folder: (folder / "lib" / "a.py").chmod(0o755),
        lambda folder: (folder / "lib" / "a.py").write_text("2"),
        lambda folder: (folder / ".env").write_text(""),
        lambda folder: shutil.move(folder / "lib" / "a.py", folder / "a.py"),
    ],
)
def test_every_change_changes_the_digest(tmp_path, content, change):
    """Names, places, executable bits and bytes are content; a hidden file is, too."""
    before = FolderRegistry(tmp_path).digest("carts:0.1")
    change(content)
    assert FolderRegistry(tmp_path).digest("carts:0.1") != before


def test_the_host_is_no_part_of_the_folder(tmp_path, content):
    """An image is found under its name with the registry's host and without."""
    registry = FolderRegistry(tmp_path)
    assert registry.digest("127.0.0.1:5000/carts:0.1") == registry.digest("carts:0.1")


def test_a_folder_is_for_the_machine_that_it_lies_on(tmp_path, content, monkeypatch):
    """In Go's words."""
    monkeypatch.setattr("platform.system", lambda: "Darwin")
    monkeypatch.setattr("platform.machine", lambda: "aarch64")
    assert FolderRegistry(tmp_path).platforms("carts:0.1") == {"darwin/arm64"}


@pytest.mark.parametrize("image", ["../../etc:0.1", "carts:..", "", ":", "/carts:0.1"])
def test_names_do_not_lead_out(tmp_path, image):
    """A name that would lead out of the folder is refused."""
    with pytest.raises(Refused):
        FolderRegistry(tmp_path).digest(image)


def test_a_digest_does_not_lead_out(tmp_path, content):
    """A folder that is there is no image because a digest points to it."""
    (tmp_path / "evil").mkdir()
    (tmp_path / "evil" / "Procfile").write_text("web: python evil.py\n")
    for digest in ("../../evil", "", "sha256:../../evil"):
        with pytest.raises(Refused, match="is no digest"):
            image_folder.unpack(tmp_path, "carts:0.1", digest)
