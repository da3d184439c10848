"""What docs/cluster.md says without a cluster; tests/cluster/test_docs.py follows it on one."""

import re
import subprocess
from dataclasses import fields
from pathlib import Path

import pytest
import yaml

from examples.sockshop.demo.cluster import Addresses
from tests.cluster.test_docs import blocks
from tests.kubectl import kubectl
from tests.manifests.test_overlays import ROOT

PAGE = Path("docs/cluster.md").read_text()
BLOCKS = list(blocks())
KINDS = {("sh", ""), ("sh", "kind"), ("sh", "cert-manager"), ("text", "")}


@pytest.mark.parametrize("block", BLOCKS, ids=lambda block: f"line-{block.line}")
def test_a_block_is_a_script_or_a_file(block):
    """No block is left out by a slip of the pen, and bash can read what no test of ours runs."""
    if block.option.startswith("file="):
        assert block.kind == "yaml" and yaml.safe_load(block.text)
        return
    assert (block.kind, block.option) in KINDS
    assert (block.option == "kind") == block.text.startswith("# kind")
    if block.kind == "sh":
        done = subprocess.run(["bash", "-n", "-c", block.text], capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr


def test_only_blocks_of_kind_speak_to_kind_and_docker():
    """All else is run."""
    others = "\n".join(block.text for block in BLOCKS if block.runs)
    assert not re.search(r"^\s*(docker|kind|helm) ", others, re.MULTILINE)


def test_an_overlay_of_ones_own_builds(tmp_path):
    """As it is shown, beside a checkout's `knative`."""
    (shown,) = [block for block in BLOCKS if block.option.startswith("file=")]
    (tmp_path / "knative").symlink_to(ROOT / "knative")
    file = tmp_path / shown.option.removeprefix("file=")
    file.parent.mkdir()
    file.write_text(shown.text)
    made = kubectl("kustomize", str(file.parent))
    assert "dev.local/keptn:dev2" in made and "dev.local/keptn-test:dev2" in made
    assert 'KEPTN_RETENTION_DAYS: "30"' in made


def test_every_address_of_the_story_is_explained():
    """And given for kind."""
    given = "\n".join(block.text for block in BLOCKS if block.option == "kind")
    for field in fields(Addresses):
        name = f"DEMO_{field.name.upper()}"
        assert f"| `{name}` |" in PAGE and f"{name}=" in given


def test_what_a_trouble_says_is_what_the_code_says():
    """Each sentence of the tables, up to where it tells of something in particular."""
    code = "".join(path.read_text() for path in sorted(ROOT.glob("keptn/**/*.py")))
    code = re.sub(r'"\s*\n\s*f?"', "", code).replace("{ROLE}", "roles/storage.objectUser")
    rows = re.findall(r"^\| (.*?) \| ", PAGE.partition("## Trouble")[2].partition("\n## ")[0], re.MULTILINE)
    said = [text for row in rows if not row.startswith("kubectl") for text in re.findall(r"`([^`]+)`", row)]
    said += re.findall(r"`((?:revision|epoch|keptn does not|… has no pod)[^`]+)`", PAGE)
    assert len(said) > 20
    parts = {part.strip(" ();:") for text in said for part in re.split(r"…|keptn-\w+|\bkeptn now|\(\d+\)", text)}
    missing = sorted(part for part in parts if len(part) > 3 and part not in code)
    assert not missing
