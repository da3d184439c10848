"""What people install: one version, pins that agree, and a wheel that has all it needs."""

import re
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest

import keptn
from tests.manifests.test_requirements import ROOT, imported

FILES = sorted(ROOT.glob("requirements*.txt"))


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> zipfile.ZipFile:
    """Built as pip does, of what is committed and what is not yet."""
    pytest.importorskip(
        "setuptools", minversion="77", reason="setuptools is missing or too old; make install brings it"
    )
    folder = tmp_path_factory.mktemp("wheel")
    build = ["-c", "import setuptools.build_meta as b, sys; b.build_wheel(sys.argv[1])", str(folder)]
    copy = folder / "source"
    kept = subprocess.run(["git", "ls-files", "-co", "--exclude-standard"], cwd=ROOT, check=True, capture_output=True)
    for name in kept.stdout.decode().split():
        if (ROOT / name).is_file() and not name.startswith(("tests/", ".ci/")):
            (copy / name).parent.mkdir(parents=True, exist_ok=True)
            (copy / name).write_bytes((ROOT / name).read_bytes())
    done = subprocess.run([sys.executable, *build], cwd=copy, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    (made,) = folder.glob("*.whl")
    return zipfile.ZipFile(made)


def metadata(wheel: zipfile.ZipFile) -> str:
    (name,) = [name for name in wheel.namelist() if name.endswith(".dist-info/METADATA")]
    return wheel.read(name).decode()


def pins(file: Path) -> dict[str, str]:
    return dict(line.split("==") for line in file.read_text().split() if "==" in line)


def test_a_package_has_one_pin():
    """Whoever needs it."""
    seen: dict[str, set[str]] = {}
    for file in FILES:
        for name, version in pins(file).items():
            seen.setdefault(name, set()).add(version)
    assert {name: versions for name, versions in seen.items() if len(versions) > 1} == {}


def test_the_version_stands_in_one_place():
    """In the package; the overlay to copy and the changelog name the same."""
    overlay = (ROOT / "knative/overlays/production/kustomization.yaml").read_text()
    assert set(re.findall(r"newTag: (\S+)", overlay)) == {keptn.__version__}
    newest = re.search(r"^## \[([^\]]+)\] - ", (ROOT / "CHANGELOG.md").read_text(), re.MULTILINE)
    assert newest and newest[1] in (keptn.__version__, "Unreleased")
    assert tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["dynamic"][0] == "version"


def test_the_wheel_needs_what_the_command_line_needs(wheel):
    """And says by which extra the rest comes."""
    said = metadata(wheel)
    assert f"\nVersion: {keptn.__version__}\n" in said
    always = set(re.findall(r"^Requires-Dist: ([\w-]+)==[^;\n]*$", said, re.MULTILINE))
    assert always == set(pins(ROOT / "requirements-cli.txt"))
    for extra, files in {
        "local": ("requirements.txt", "requirements-local.txt", "requirements-load.txt"),
        "cluster": ("requirements.txt", "requirements-cluster.txt"),
    }.items():
        found = set(re.findall(rf'^Requires-Dist: ([\w-]+)==.*extra == "{extra}"$', said, re.MULTILINE))
        assert found == set().union(*(pins(ROOT / file) for file in files))


def test_the_wheel_holds_what_is_no_module(wheel):
    """Every manifest, function and schema, as it is in the checkout, and nothing of the tests."""
    inside = set(wheel.namelist())
    for folder in ("functions", "knative", "shipyard-schemas"):
        for file in (ROOT / folder).rglob("*"):
            if file.is_file() and "__pycache__" not in file.parts:
                name = f"keptn/share/{file.relative_to(ROOT)}"
                assert name in inside and wheel.read(name) == file.read_bytes()
    pages = {file for folder in ("templates", "static") for file in (ROOT / "keptn/bridge" / folder).iterdir()}
    assert {str(file.relative_to(ROOT)) for file in pages} <= inside
    mappings = {str(file.relative_to(ROOT)) for file in ROOT.glob("keptn/webhooks/mappings/*/*.yaml")}
    assert mappings and mappings <= inside
    assert {name.split("/")[0] for name in inside} == {"keptn", f"keptn_knative-{keptn.__version__}.dist-info"}


def test_the_command_line_works_without_the_rest(wheel, tmp_path):
    """In an empty folder, from the wheel, with no package but its own: help of all verbs, files checked and tried."""
    wheel.extractall(tmp_path / "site")
    foreign = {"functions_framework", "flask", "kubernetes", "google", "dulwich", "urllib3", "starlette", "uvicorn"}
    script = f"""
import sys
sys.path[:0] = [{str(tmp_path / "site")!r}]
for name in {foreign!r}:
    sys.modules[name] = None  # not installed
import keptn
assert keptn.__file__.startswith({str(tmp_path)!r}), keptn.__file__
from keptn.cli import main
for verb in main.VERBS:
    assert main.main([verb, "--help"]) == 0, verb
    assert verb == "local" or main.cli.get_command(None, verb), verb
shipyard = keptn.__path__[0] + "/share/shipyard-schemas/examples/shipyard.yaml"
assert main.main(["validate", shipyard]) == 0
assert main.main(["simulate", shipyard]) == 0
sys.exit(main.main(["local", "--port", "0", "--state-dir", {str(tmp_path / "state")!r}]))
"""
    run = [sys.executable, "-S", "-c", f"import sys; sys.path = {[p for p in sys.path if p != str(ROOT)]!r}\n{script}"]
    done = subprocess.run(run, cwd=tmp_path, capture_output=True, text=True, check=False, timeout=100)
    assert "a valid shipyard file" in done.stdout, done.stderr
    assert done.returncode == 1 and done.stderr.count("\n") == 1, done.stderr
    assert "pip install 'keptn-knative[local]'" in done.stderr


def test_no_offline_command_imports_more_than_the_cli_has():
    """What its modules import themselves is declared for it."""
    cli = set(pins(ROOT / "requirements-cli.txt"))
    for file in ROOT.glob("keptn/cli/*.py"):
        if file.name != "local.py":
            assert imported(file) <= cli, file
