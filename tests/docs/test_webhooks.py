"""docs/webhooks.md has every sender, and its commands are commands."""

import re
import subprocess
from pathlib import Path

import pytest
import yaml

from keptn import settings
from keptn.webhooks import slots
from keptn.webhooks.mappings import expressions, file, shelf
from keptn.webhooks.senders import monitors, registries
from tests import google

PAGE = Path("docs/webhooks.md").read_text()
BLOCKS = re.findall(r"```(\w+)\n(.*?)```", PAGE, re.DOTALL)


def section(title):
    """The text below that heading."""
    found = re.search(rf"^### {re.escape(title)}\n(.*?)(?=^##)", PAGE, re.DOTALL | re.MULTILINE)
    assert found, f"docs/webhooks.md has no section {title!r}"
    return found[1]


def registries_with_setup():
    """Name in the URL, name for people, fields."""
    for name, title in registries.SENDERS.items():
        yield name, title, registries.sender(name).SETUP
    for name in shelf.known("registry", folder=""):
        mapping = shelf.named("registry", name, folder="")
        yield name, mapping.title, mapping.setup


def monitors_with_setup():
    """As above."""
    for name, title in monitors.SENDERS.items():
        yield name, title, monitors.sender(name).SETUP
    for name in shelf.known("monitor", folder=""):
        mapping = shelf.named("monitor", name, folder="")
        yield name, mapping.title, mapping.setup


@pytest.mark.parametrize("part", slots.DEFAULTS)
def test_every_label_that_is_looked_for_is_told(part):
    """In the order in which they count."""
    assert ", ".join(f"`{name}`" for name in slots.DEFAULTS[part]) in PAGE


@pytest.mark.parametrize(("name", "title", "setup"), [*registries_with_setup(), *monitors_with_setup()])
def test_every_sender_has_its_section(name, title, setup):
    """By the name that the code has for it, in the table and below, with each field that is to be filled in."""
    link = title.lower().replace(" ", "-")
    assert f"| `{name}` | [{title}](#{link}) |" in PAGE
    text = section(title)
    missing = [field for field in setup if field not in text]
    assert not missing, f"docs/webhooks.md, {title}: does not say what to enter in {missing}"


def test_the_mapping_file_that_is_shown_is_one():
    """And shows every key."""
    shown = [text for kind, text in BLOCKS if kind == "yaml" and text.startswith("mapping:")]
    mappings = [file.parse(one, file="shown.yaml") for one in shown]
    assert [mapping.kind for mapping in mappings] == ["registry", "monitor"]
    assert all(set(mapping.fields) == set(file.FIELDS[mapping.kind]) for mapping in mappings)
    assert all(f"\n{key}:" in f"\n{shown[0]}" for key in file.KEYS)
    text = section("Mapping files")
    assert all(key in text for key in (*file.HMAC, *expressions.FORMS))


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
