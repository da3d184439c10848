"""Placeholders in queries become what the evaluation is about."""

from datetime import UTC, datetime, timedelta

import pytest

from keptn.errors import Refused
from keptn.events import Scope
from keptn.ports import SliQuery, Window
from keptn.quality import placeholders

START = datetime(2026, 1, 31, 12, tzinfo=UTC)
QUERY = SliQuery(
    indicator="rt",
    query="",
    scope=Scope(project="sockshop", stage="staging", service="carts"),
    colour="green",
    window=Window(start=START, end=START + timedelta(seconds=90.5)),
    labels={"build": "42", "evil": '"} or up'},
)


@pytest.mark.parametrize(
    ("text", "becomes"),
    [
        ("x{p='$PROJECT',s='$STAGE',v='$SERVICE',d='$DEPLOYMENT'}", "x{p='sockshop',s='staging',v='carts',d='green'}"),
        ("rate(x{job='carts-$ENVIRONMENT'}[$DURATION_MINUTESm])", "rate(x{job='carts-sockshop-staging'}[2m])"),
        ("rate(x[$DURATION_SECONDS])", "rate(x[91s])"),
        ("x{build='$LABEL.build'}", "x{build='42'}"),
        ("x=~'a$|$OTHER'", "x=~'a$|$OTHER'"),
    ],
)
def test_a_placeholder_is_replaced(text: str, becomes: str) -> None:
    """The product's and the talk's placeholders are known; other dollars are left alone."""
    assert placeholders.filled(text, QUERY) == becomes


@pytest.mark.parametrize(("text", "says"), [("$LABEL.other", "no label 'other'"), ("$LABEL.evil", "not put into")])
def test_a_label_that_cannot_be_used(text: str, says: str) -> None:
    """A label that is missing, or that would rewrite the query, is refused."""
    with pytest.raises(Refused, match=says):
        placeholders.filled(text, QUERY)
