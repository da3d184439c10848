"""The blocks of files that `terraform fmt` has written, and what each must say."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

_BLOCK = re.compile(r"^(\w+)((?: \"[^\"]+\")*) \{(?:\n(.*?)^)?\}", re.MULTILINE | re.DOTALL)
_MUST_SAY = {"variable": {"type", "description"}, "output": {"description"}}


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """A block at the top of a file. line: of its first."""

    kind: str
    labels: tuple[str, ...]
    body: str
    file: Path
    line: int


def blocks(folder: Path) -> Iterator[Block]:
    for file in sorted(folder.glob("*.tf")):
        text = file.read_text()
        for found in _BLOCK.finditer(text):
            labels = tuple(re.findall(r'"([^"]+)"', found[2]))
            line = text.count("\n", 0, found.start()) + 1
            yield Block(kind=found[1], labels=labels, body=found[3] or "", file=file, line=line)


def undescribed(folder: Path) -> Iterator[str]:
    """A sentence per variable without type or description, and per output without description."""
    for block in blocks(folder):
        said = re.findall(r"^  (\w+) +=", block.body, re.MULTILINE)
        for missing in sorted(_MUST_SAY.get(block.kind, set()).difference(said)):
            yield f"{block.file.name}:{block.line}: {block.kind} {block.labels[0]} has no {missing}"
