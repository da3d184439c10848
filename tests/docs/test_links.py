"""Links between the pages lead somewhere."""

import re
from pathlib import Path

import pytest

PAGES = [Path("README.md"), Path("ARCHITECTURE.md"), *sorted(Path("docs").glob("*.md"))]
LINK = re.compile(r"\]\((?!https?://)([^)#\s]*)#?([^)\s]*)\)")


@pytest.mark.parametrize("page", PAGES, ids=str)
def test_a_link_leads_to_a_file_and_a_heading(page):
    """Of pages here; what is elsewhere is not asked."""
    for file, heading in LINK.findall(page.read_text()):
        target = page.parent / file if file else page
        assert target.exists(), file
        assert not heading or heading in _headings(target), heading


@pytest.mark.parametrize("page", [page for page in PAGES if page.parent.name], ids=str)
def test_a_page_is_found_from_the_readme(page):
    """No page that nobody finds."""
    assert f"({page})" in Path("README.md").read_text()


def _headings(page):
    titles = re.findall(r"^#+ (.+)$", page.read_text(), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", title).strip().lower().replace(" ", "-") for title in titles}
