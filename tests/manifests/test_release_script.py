"""`make release`: the last commit, the same bytes each time, with checksums that are right."""

from __future__ import annotations

import hashlib
import tarfile
from pathlib import Path

import pytest

import release
from keptn import __version__
from keptn.errors import KeptnError
from tests import needs


@pytest.fixture
def made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A dist of its own, without images, of whatever is committed."""
    needs.program("kubectl")
    pytest.importorskip("setuptools", minversion="77", reason="setuptools is too old; make install brings it")
    said = release.output
    monkeypatch.setattr(release, "output", lambda *words: "" if "status" in words else said(*words))
    monkeypatch.setattr(release, "works", lambda _: False)
    monkeypatch.setattr(release, "DIST", tmp_path / "dist")
    return tmp_path / "dist"


def test_a_release_is_whole_and_the_same_again(made: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Wheel, sdist, manifests of both overlays; what cannot be made is said."""
    release.main()
    first = {file.name: file.read_bytes() for file in made.iterdir()}
    sums = dict(reversed(line.split("  ")) for line in first["SHA256SUMS"].decode().splitlines())
    assert sums == {name: hashlib.sha256(data).hexdigest() for name, data in first.items() if name != "SHA256SUMS"}
    assert sums.keys() == {
        f"keptn_knative-{__version__}-py3-none-any.whl",
        f"keptn_knative-{__version__}.tar.gz",
        f"keptn-{__version__}-kind.yaml",
        f"keptn-{__version__}-production.yaml",
    }
    assert "No image archives: " in capsys.readouterr().out
    with tarfile.open(made / f"keptn_knative-{__version__}.tar.gz") as sdist:
        inside = {name.partition("/")[2] for name in sdist.getnames()}
    assert {"setup.py", "knative/base/api.yaml", "functions/api/main.py", "requirements-cli.txt", "LICENSE"} <= inside
    release.main()
    assert {file.name: file.read_bytes() for file in made.iterdir()} == first


def test_what_is_not_committed_is_not_released(monkeypatch: pytest.MonkeyPatch) -> None:
    """Else nobody could tell what is in it."""
    monkeypatch.setattr(release, "output", lambda *_: " M keptn/names.py")
    with pytest.raises(KeptnError, match=r"not committed: M keptn/names\.py; .*commit it first"):
        release.main()
