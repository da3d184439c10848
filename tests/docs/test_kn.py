"""docs/kn.md shows what with-kn.sh says."""

import re
from pathlib import Path

import pytest

from tests import kn
from tests.manifests.test_with_kn import LEFT

PAGE = Path("docs/kn.md").read_text()
SHOWN = re.findall(
    r"^kn (?:.*\\\n)*.*$", "\n".join(re.findall(r"```sh printed\n(.*?)```", PAGE, re.DOTALL)), re.MULTILINE
)


@pytest.mark.parametrize("command", SHOWN, ids=lambda command: " ".join(command.split()[1:4]))
def test_a_command_is_one_that_is_printed(command: str):
    assert f"\n{command}\n" in kn.with_kn("--print", "knative/overlays/production")


def test_the_triggers_that_are_left_are_named():
    """With why."""
    assert len(SHOWN) > 3
    assert set(re.findall(r"^\| `([a-z-]+)` \|", PAGE, re.MULTILINE)) == LEFT
