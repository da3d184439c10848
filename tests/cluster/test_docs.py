"""docs/cluster.md is followed from top to bottom, on a cluster without keptn; it leaves one behind.

What its blocks `sh kind` make there is, here, in the environment: `.ci/cluster` has it. Its block `sh cert-manager`
wants one: without it Knative's controller would never start again.
"""

from __future__ import annotations

import os
import re
import shlex
import signal
import subprocess
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from fnmatch import fnmatchcase
from itertools import pairwise
from pathlib import Path

import pytest

from examples.sockshop.demo.cluster import Addresses
from tests import needs
from tests.kubectl import tried

pytestmark = pytest.mark.cluster
ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs/cluster.md"
LONGEST_S = 2400.0
ELSEWHERE = {"kind", "cert-manager"}
_BLOCK = re.compile(r"^```(\w+)(?: (\S+))?\n(.*?)^```$", re.DOTALL | re.MULTILINE)


@dataclass(frozen=True, kw_only=True)
class Block:
    """kind: `sh`, `text` (what the block before it prints, `…` for the rest), … option: `kind`, `file=…`."""

    line: int
    section: str
    kind: str
    option: str
    text: str

    @property
    def runs(self) -> bool:
        return self.kind == "sh" and self.option not in ELSEWHERE


def blocks() -> Iterator[Block]:
    page = PAGE.read_text()
    for found in _BLOCK.finditer(page):
        before = page[: found.start()]
        section = re.findall(r"^## (.+)$", before, re.MULTILINE)[-1]
        yield Block(line=before.count("\n") + 1, section=section, kind=found[1], option=found[2] or "", text=found[3])


class Shell:
    """One shell for all blocks of a run, in a folder that looks like a checkout."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        for name in ("examples", "knative"):
            (folder / name).symlink_to(ROOT / name)
        keptn = folder / "bin/keptn"
        keptn.parent.mkdir()
        keptn.write_text(f'#!/bin/sh\nexec {shlex.quote(sys.executable)} -m keptn "$@"\n')
        keptn.chmod(0o755)
        path = f"{keptn.parent}:{Path(needs.program('kubectl')).parent}:{os.environ['PATH']}"
        self._env = {**os.environ, "PATH": path, "PYTHONPATH": str(ROOT), "KEPTN_HOME": str(folder / "home")}

    def run(self, chosen: Iterable[Block]) -> dict[int, str]:
        """By line of the page, what each block printed. A command that fails fails the test, with all that was said."""
        script = ["set -euo pipefail", "line=0", f"trap 'echo \"{PAGE.name}:$line: $BASH_COMMAND\"' ERR"]
        for block in chosen:
            script += [f"line={block.line}; echo '@@{block.line}@@'", block.text]
        with (self._folder / "output").open("w+") as output:
            shell = subprocess.Popen(
                ["bash", "-c", "\n".join(script)],
                cwd=self._folder,
                env=self._env,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
            try:
                code = shell.wait(LONGEST_S)
            finally:
                with_children(shell, signal.SIGTERM)
            output.seek(0)
            said = output.read()
        assert code == 0, said
        parts = re.split(r"^@@(\d+)@@\n", said, flags=re.MULTILINE)
        return {int(line): text for line, text in zip(parts[1::2], parts[2::2], strict=True)}


def with_children(process: subprocess.Popen[bytes], number: int) -> None:
    try:
        os.killpg(process.pid, number)
    except ProcessLookupError:
        return


def test_the_page_is_followed_from_top_to_bottom(tmp_path):
    """Install, deliver, upgrade, back up, restore, take away; whoever types it sees what is printed here."""
    needs.cluster()
    needs.on_cluster("KEPTN_OVERLAY")
    Addresses.read(os.environ)
    page = list(blocks())
    installing = [block for block in page if block.section == "Install" and block.runs]
    leaving = [block for block in page if block.section == "Taking it away" and block.runs]
    shell = Shell(tmp_path)
    for block in page:
        if block.option.startswith("file="):
            file = tmp_path / block.option.removeprefix("file=")
            file.parent.mkdir(exist_ok=True)
            file.write_text(block.text)
    if tried("get", "namespace", "keptn").returncode == 0:
        # an earlier run's, or a person's; whatever projects there are
        shell.run(block for block in leaving if "keptn delete project" not in block.text)
    said = shell.run(block for block in page if block.runs)
    shell.run(installing)  # for the tests that come after it
    for command, output in pairs(page):
        for wanted in output.text.splitlines():
            found = any(fnmatchcase(line, pattern(wanted)) for line in said[command.line].splitlines())
            assert found, f"{wanted!r} is not in:\n{said[command.line]}"


def pairs(page: list[Block]) -> Iterator[tuple[Block, Block]]:
    """Each output with the block that prints it."""
    for command, output in pairwise(page):
        if output.kind == "text":
            yield command, output


def pattern(line: str) -> str:
    return re.sub(r"([*?\[])", r"[\1]", line).replace("…", "*")
