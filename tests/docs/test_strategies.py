"""docs/strategies.md has every strategy with its picture, and what it says of a canary is so."""

import re
from pathlib import Path
from xml.etree import ElementTree

import pytest

from keptn import shipyard
from keptn.deployment.strategy import Strategy
from keptn.validation import schemas

DOCS = Path("docs")
PAGE = (DOCS / "strategies.md").read_text()
PICTURES = sorted((DOCS / "images").glob("*.svg"))
SVG = "{http://www.w3.org/2000/svg}"


@pytest.mark.parametrize("strategy", Strategy)
def test_every_strategy_has_its_section_and_its_picture(strategy):
    """And its rows in both tables, and what becomes of a first version."""
    (section,) = re.findall(rf"^## {strategy}\n(.*?)(?=^## |\Z)", PAGE, re.DOTALL | re.MULTILINE)
    assert re.search(rf"!\[{strategy}: [^\]]+\]\(images/{strategy}\.svg\)", section)
    assert all(f"- **{what}" in section for what in ("Costs", "Use it", "When it fails", "The first version"))
    assert f"| [`{strategy}`](#{strategy}) |" in PAGE and f"| `{strategy}` |" in PAGE


@pytest.mark.parametrize("file", PICTURES, ids=lambda file: file.name)
def test_a_picture_can_be_read(file):
    """Well-formed, of any size, with words for those who cannot see it; nothing in it runs or is fetched."""
    root = ElementTree.parse(file).getroot()
    assert root.tag == f"{SVG}svg" and root.get("viewBox") and root.get("role") == "img"
    assert all(root.findtext(f"{SVG}{part}") for part in ("title", "desc"))
    assert {element.tag.removeprefix(SVG) for element in root.iter()} <= {
        *("svg", "title", "desc", "style", "g", "rect", "circle", "path", "text")
    }
    assert file.name in PAGE


def test_the_pictures_are_of_one_language():
    """The same colours, in light and in dark."""
    (style,) = {ElementTree.parse(file).getroot().findtext(f"{SVG}style") for file in PICTURES}
    assert "prefers-color-scheme: dark" in str(style)


def test_what_a_canary_is_compiled_into_is_shown():
    """The product's form on the page is the talk's form on the page, and a task of one's own."""
    talk, product = (
        shipyard.parse(text).stage("prod") for text in re.findall(r"```yaml file=\S+\n(.*?)```", PAGE, re.DOTALL)
    )
    written = [task for task in product.sequence("delivery").tasks if task.name != "look-closer"]
    assert written == list(talk.sequence("delivery").tasks)
    assert len(written) + 1 == len(product.sequence("delivery").tasks)
    assert product.sequence("rollback") == talk.sequence("rollback")


def test_every_key_of_a_canary_is_explained():
    """The table names what the schema knows, and the example has it."""
    rules = schemas.load("shipyard-0.1")["$defs"]
    keys = {*rules["canary"]["properties"], *rules["canaryStep"]["else"]["properties"], *rules["pin"]["properties"]}
    table, example = PAGE.partition("### All its keys")[2].partition("### ")[0].split("| key |")[::-1]
    named = " ".join(row.split("|")[1] for row in table.splitlines() if row.startswith("| `"))
    for key in (*keys, "approval"):
        assert key == "pin" or re.search(rf"\b{key}\b", named), key
        assert f"{key}:" in example
