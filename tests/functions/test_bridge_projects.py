"""`bridge`, the first page: what failed last, until it is mended."""

from __future__ import annotations


def failed_last(page, project):
    """Contexts and texts of the links in that cell of the project's row."""
    row = page.html.partition(f'/project/{project}">')[2].partition("</tr>")[0]
    cell = row.partition('data-label="Failed last"')[2]
    return [
        (where.rpartition("/")[2], " ".join(text.split())) for where, text in page.links if f'href="{where}"' in cell
    ]


def test_what_failed_last_is_told_until_it_is_mended(made):
    """Whatever went well elsewhere since; then quietly, and it is not among what failed any more."""
    browser = made.signed_in()
    (failed,) = [
        one["context"]
        for one in made.call("GET", "/v1/delivery?project=sockshop")["deliveries"]
        if one["image"].endswith("1.2.0")
    ]
    for _ in range(3):  # so that it is not among the newest
        made.call("POST", "/v1/project/sockshop/stage/prod/service/carts/evaluation", {"timeframe": "1m"})
        made.go_on(600)
    page = browser.open("/?show=failed")
    ((context, text),) = failed_last(page, "sockshop")
    assert context == failed and text.startswith("carts 1.2.0 dev")
    assert "1000 is beyond upperSevere 600" in page.text

    made.push("1.3.0")
    made.rest()
    page = browser.open("/")
    ((context, text),) = failed_last(page, "sockshop")
    assert context == failed and text.endswith(", well since"), text
    assert failed_last(browser.open("/?show=failed"), "sockshop") == []
