"""kubectl, as tests call it: on the cluster that KUBECONFIG names, or, to build an overlay, on none."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Any

import yaml

from tests import needs

COMMAND_S = 120


def tried(*words: str, stdin: str = "") -> subprocess.CompletedProcess[str]:
    """However it goes."""
    command = [needs.program("kubectl"), *words]
    return subprocess.run(command, input=stdin, capture_output=True, text=True, check=False, timeout=COMMAND_S)


def kubectl(*words: str, stdin: str = "") -> str:
    """What it prints; a failure fails the test."""
    done = tried(*words, stdin=stdin)
    assert done.returncode == 0, f"kubectl {' '.join(words)}: {done.stderr}"
    return done.stdout


def built(folder: Path) -> list[dict[str, Any]]:
    """The objects of a kustomization."""
    return list(yaml.safe_load_all(kubectl("kustomize", str(folder))))
