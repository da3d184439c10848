"""docs/webhooks.md has every sender, and its commands are commands."""

import re
import subprocess
from pathlib import Path

import yaml

from keptn import settings
from keptn.webhooks.senders import registries
from tests import google

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


def test_the_settings_are_such():
    """Those that are shown for Pub/Sub are read, and go with the commands above them."""
    (shown,) = [yaml.safe_load(text) for kind, text in BLOCKS if kind == "yaml" and text.startswith("KEPTN_")]
    read = settings.read(shown)
    assert (read.pubsub_audience, read.pubsub_service_accounts) == (google.AUDIENCE, google.ACCOUNT)
    (commands,) = [text for kind, text in BLOCKS if kind == "sh"]
    assert f"endpoint={google.AUDIENCE}" in commands and "project=acme-prod" in commands


def test_the_commented_settings_of_production_are_such():
    """Who takes the comment signs away has what works."""
    text = Path("knative/overlays/production/settings.yaml").read_text()
    shown = dict(re.findall(r"# (KEPTN_PUBSUB_\w+): (.+)", text))
    assert settings.read(shown).pubsub_audience == google.AUDIENCE
