"""A copy of terraform/ and of the manifests that it applies: terraform runs there, and leaves the repository as it is.

What it says depends on nothing of a person's: no configuration, plug-ins, variables or state.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests import needs

ROOT = Path(__file__).parent.parent.parent
FOLDERS = sorted({str(file.parent.relative_to(ROOT)) for file in ROOT.glob("terraform/**/*.tf")})
"""With something for terraform in it, as `terraform/modules/google`."""
_OF_A_PERSON = shutil.ignore_patterns(".terraform*", "*.tfstate*", "terraform.tfvars", "*.auto.tfvars")


@dataclass(frozen=True, slots=True, kw_only=True)
class Checkout:
    root: Path
    environment: Mapping[str, str]
    """What tells terraform where the google provider is: `stand_in.py`."""

    def copy(self, to: Path) -> Checkout:
        """Another one, of what is in the repository."""
        for name in ("terraform", "knative"):
            shutil.copytree(ROOT / name, to / name, ignore=_OF_A_PERSON)
        return Checkout(root=to, environment=self.environment)

    def init(self, folder: str) -> list[dict[str, Any]]:
        """Find the modules and providers of a folder. Returns what is wrong with it already then."""
        done = self.run(folder, "init", "-json", f"-plugin-dir={needs.terraform_tool('plugins')}")
        said = [json.loads(line) for line in done.stdout.splitlines()]
        wrong = [line["diagnostic"] for line in said if line["@level"] == "error"]
        assert bool(done.returncode) == bool(wrong), done.stdout
        return wrong

    def problems(self, folder: str) -> list[dict[str, Any]]:
        """What terraform says against a folder, warnings too: its diagnostics."""
        return self.init(folder) or json.loads(self.run(folder, "validate", "-json").stdout)["diagnostics"]

    def run(self, folder: str, *arguments: str) -> subprocess.CompletedProcess[str]:
        nobodys = {name: value for name, value in os.environ.items() if not name.startswith("TF_")}
        ours = {"TF_CLI_CONFIG_FILE": os.devnull, "TF_IN_AUTOMATION": "1", "CHECKPOINT_DISABLE": "1"}
        return subprocess.run(
            [needs.program("terraform"), f"-chdir={self.root / folder}", *arguments, "-no-color"],
            env=nobodys | ours | self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=300,
            check=False,
        )
