"""A broken twin of each kind of mistake is caught: what the checks of terraform/ are worth."""

import re
from pathlib import Path
from typing import Any

import pytest

from tests.terraform.checkout import FOLDERS, Checkout
from tests.terraform.hcl import undescribed

WHOLE = "terraform/examples/google"
"""It has all providers and all modules."""
TWINS = sorted(Path(__file__).parent.glob("twins/*.tf"))
_OPENS_BLOCK = re.compile(r'^( *)(?:\w+|(?:resource|data|provider) "\w+".*) \{$')
_OF_TERRAFORM = {"lifecycle", "precondition", "postcondition"}


@pytest.mark.parametrize("mistake", TWINS, ids=lambda file: file.stem)
def test_a_mistake_is_caught(mistake: Path, twin: Checkout):
    """Added to what is without fault, it is found with the sentence that its first line says, and nothing else is."""
    text = mistake.read_text()
    (twin.root / WHOLE / "twin.tf").write_text(text)
    found = twin.problems(WHOLE)
    sentence = text.splitlines()[0].removeprefix("# ")
    assert {problem["range"]["filename"] for problem in found} == {"twin.tf"}
    assert any(sentence in " ".join(problem["detail"].split()) for problem in found), found


@pytest.mark.parametrize("folder", FOLDERS)
def test_every_block_is_looked_at(folder: str, twin: Checkout):
    """An argument that nobody knows is found in each resource, data source and provider, and in each block in these.

    What depends on what is wrong is not looked at; so what was found is taken away, until nothing is found.
    """
    files = {file.name: file for file in (twin.root / folder).glob("*.tf")}
    hidden = {(name, line) for name, file in files.items() for line in _add_nobody(file)}
    while found := {_place(problem) for problem in twin.problems(folder) if '"nobody"' in problem["detail"]}:
        assert found <= hidden
        hidden -= found
        for name, line in found:
            lines = files[name].read_text().splitlines()
            lines[line - 1] = ""
            files[name].write_text("\n".join(lines) + "\n")
    assert not hidden


def _place(problem: dict[str, Any]) -> tuple[str, int]:
    return problem["range"]["filename"], problem["range"]["start"]["line"]


def _add_nobody(file: Path) -> list[int]:
    """Write an argument into each block, and return the lines that it is in."""
    lines, added, inside = [], [], ""
    for line in file.read_text().splitlines():
        lines.append(line)
        opened = _OPENS_BLOCK.match(line)
        if not line.startswith((" ", "}")):
            inside = line.partition(" ")[0]
        if opened and inside in {"resource", "data", "provider"} and line.split()[0] not in _OF_TERRAFORM:
            lines.append(f"{opened[1]}  nobody = 1")
            added.append(len(lines))
    file.write_text("\n".join(lines) + "\n")
    return added


def test_a_file_that_is_not_formatted_is_caught(twin: Checkout):
    """Spaces and order are those of `terraform fmt`."""
    (twin.root / WHOLE / "twin.tf").write_text("locals{twin=1}\n")
    done = twin.run("terraform", "fmt", "-check", "-recursive")
    assert done.returncode == 3 and "examples/google/twin.tf\n" in done.stdout


def test_what_is_not_described_is_caught(tmp_path: Path):
    """A variable needs a type too."""
    (tmp_path / "twin.tf").write_text(
        'variable "a" {\n  type = string\n}\n\nvariable "b" {}\n\noutput "c" {\n  value = 1\n}\n'
    )
    assert [*undescribed(tmp_path)] == [
        "twin.tf:1: variable a has no description",
        "twin.tf:5: variable b has no description",
        "twin.tf:5: variable b has no type",
        "twin.tf:7: output c has no description",
    ]
