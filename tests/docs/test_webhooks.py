"""docs/webhooks.md has every sender, and its commands are commands."""

import re
import subprocess
from pathlib import Path

from keptn.webhooks.senders import registries

PAGE = Path("docs/webhooks.md").read_text()
BLOCKS = re.findall(r"```(\w+)\n(.*?)```", PAGE, re.DOTALL)


def test_every_registry_has_its_section():
    """By the name that the code has for it."""
    assert re.findall(r"^### (.+)$", PAGE, re.MULTILINE)[: len(registries.SENDERS)] == list(registries.SENDERS)


def test_the_commands_can_be_read_by_a_shell():
    """No line break that continues nothing, no quote that does not end."""
    for kind, text in BLOCKS:
        if kind == "sh":
            done = subprocess.run(["bash", "-n", "-c", text], capture_output=True, text=True, check=False)
            assert done.returncode == 0, done.stderr
