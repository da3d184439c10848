"""Tables for a terminal of any width, and for a pipe."""

import sys
from datetime import UTC, datetime, timedelta

import pytest
from rich.cells import cell_len

from keptn.cli import listings, tables
from keptn.cli.tables import Forms, image, table, when
from keptn.events import rfc3339

ID = "5165c44e-0395-540b-99a1-19395c2b2807"
LONG = "a-service-with-a-name-of-sixty-letters-which-is-still-allowed"
REASON = "the first line says little\nthe second says 日本語のとても長い説明が続きます\nand the third has the cause"


@pytest.fixture
def terminal(monkeypatch):
    def of(columns: int) -> None:
        monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
        monkeypatch.setenv("COLUMNS", str(columns))

    return of


def delivery(**given):
    stages = [{"stage": "production-in-the-north-of-europe-and-everywhere-else-too"}]
    base = {"context": ID, "time": "2026-11-24T12:00:00.000000Z", "project": LONG, "service": LONG, "stages": stages}
    return {
        **base,
        "image": f"registry.example.com/team/{LONG}:2026.11.24",
        "state": "finished",
        "result": "fail",
    } | given


EVENT = {
    "id": ID,
    "time": "2026-11-24T12:00:00.000000Z",
    "type": "sh.keptn.event.production-in-the-north.delivery.triggered",
    "data": {"project": LONG, "stage": "production-in-the-north", "service": "日本語サービス", "result": "warning"},
}
STAGE = {
    "stageName": "production",
    "services": [LONG, "carts"],
    "deploymentStrategy": "blue_green",
    "testStrategy": "performance",
    "gates": [
        {"service": LONG, "file": f"{LONG}/slo.yaml", "limits": "≥90% (warning ≥75%)"},
        {"service": "carts", "problem": REASON},
    ],
}
SLOT = {
    "stageName": "production",
    "serviceName": LONG,
    "live": {"image": f"registry.example.com/{LONG}:1.0", "digest": "sha256:abc", "colour": "green", "since": ""},
    "pin": {"by": "ann-0a0a0a0a", "reason": REASON},
    "publicUrl": "http://carts.shop-production.example.com",
}
APPROVAL = {**delivery(), "id": ID, "stage": "prod", "since": rfc3339(datetime.now(UTC)), "until": "", "why": REASON}
LISTED = {
    "deliveries": (listings.deliveries, [delivery(), delivery(image="", result="", state="waitingForApproval")], ID),
    "events": (listings.events, [EVENT], ID),
    "letters": (listings.letters, [{"id": ID, "time": "", "event": EVENT, "reason": REASON}], ID),
    "approvals": (listings.approvals, [APPROVAL], ID),
    "stages": (lambda found: listings.stages(found, problem=None), [STAGE], "production"),
    "slots": (lambda found: listings.slots(found, project="p"), [SLOT], SLOT["publicUrl"]),
}


@pytest.mark.parametrize("columns", [60, 80, 100, 140, 250])
@pytest.mark.parametrize("name", LISTED)
def test_every_list_fits_its_terminal(terminal, name, columns):
    """Whatever stands in it; a row is a line, and what a person copies is whole in it."""
    terminal(columns)
    listed, rows, copied = LISTED[name]
    lines = listed(rows).splitlines()
    assert max(map(cell_len, lines)) <= columns, lines
    assert all(copied in line for line in lines[1 : len(rows) + 1]), lines


@pytest.mark.parametrize("name", LISTED)
def test_a_pipe_gets_whole_values(name):
    """A line per row, nothing cut, nothing left out."""
    listed, rows, copied = LISTED[name]
    shown = listed(rows)
    assert len(shown.splitlines()) == len(rows) + 1
    assert "…" not in shown
    assert copied in shown
    assert LONG in shown or name == "letters"


def test_what_was_cut_says_how_the_whole_is_seen(terminal):
    """And what was left out is named; what fits says nothing."""
    terminal(80)
    shown = listings.letters([{"id": ID, "time": "2026-11-24T12:00:00Z", "event": EVENT, "reason": REASON}])
    assert shown.splitlines()[-1] == "(… cut to fit; the whole: keptn get dead-letter ID)"
    listed = listings.deliveries([delivery()]).splitlines()
    assert listed[-1] == "(… cut and without PROJECT to fit; the whole: keptn get delivery CONTEXT)"
    assert "to fit" not in table([("a", "b")], columns=("A", "B"), empty="")


def test_a_cell_is_a_line_without_control_characters():
    """What a log or a file holds moves nobody's cursor."""
    row = ("a\tb\n\x1b[31mc", None, 1.50, ["x", "y"])
    shown = table([row], columns=("A", "B", "C", "D"), empty="").splitlines()
    assert shown == ["A          B  C    D", "a b [31mc     1.5  x, y"]


def test_wide_signs_are_aligned(terminal):
    """A Chinese sign takes two columns, and is not cut in half."""
    terminal(20)
    shown = table([("日本語のとても長い", "x"), ("abc", "y")], columns=("NAME", "B"), empty="").splitlines()
    assert shown[1:3] == ["日本語のとても長…  x", f"{'abc':17}  y"]


@pytest.mark.parametrize(
    ("columns", "shown"),
    [(60, "registry.example.com/shop/carts:0.2"), (32, "shop/carts:0.2"), (26, "carts:0.2"), (22, ":0.2")],
)
def test_the_longest_form_that_fits_is_shown(terminal, columns, shown):
    """An image loses its registry, its folders, its name, and its tag last."""
    terminal(columns)
    rows = [("x" * 14, image("registry.example.com/shop/carts:0.2"))]
    assert table(rows, columns=("ID", "IMAGE"), empty="", ids=("ID",)).splitlines()[1].split()[1] == shown


def test_a_value_is_shortened_before_another_is_cut(terminal):
    """As long as all have room in their shortest form."""
    terminal(24)
    rows = [(Forms(("shop/dev/orders", "dev/orders")), "twelve-signs")]
    assert table(rows, columns=("A", "B"), empty="").splitlines()[1] == "dev/orders  twelve-signs"


@pytest.mark.parametrize(
    ("text", "forms"),
    [
        ("carts:0.2", ("carts:0.2", ":0.2")),
        ("localhost:5000/carts:0.2", ("localhost:5000/carts:0.2", "carts:0.2", ":0.2")),
        ("team/carts", ("team/carts", "carts")),
        ("carts@sha256:ab", ("carts@sha256:ab", "carts")),
        ("-", ("-",)),
        (None, ("",)),
    ],
)
def test_an_image_has_shorter_forms(text, forms):
    """Never an empty one."""
    assert image(text) == Forms(forms)


def test_times_are_relative_where_a_person_reads_them(terminal):
    """In a pipe they have their zone."""
    moment = datetime.now(UTC) - timedelta(minutes=3, seconds=20)
    assert when(rfc3339(moment)) == f"{moment:%Y-%m-%d %H:%M:%S}Z"
    terminal(80)
    assert (when(rfc3339(moment)), when(""), when(None)) == ("3m ago", "", "")


def test_the_width_is_asked_when_it_is_needed(terminal):
    """A terminal may be made larger."""
    assert tables.room() is None
    terminal(99)
    assert tables.room() == 99
