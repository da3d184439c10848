"""keptn's command lines in our words."""

import click
import pytest

from keptn.cli import forms


@pytest.mark.parametrize(
    ("given", "ours"),
    [
        ("get projects", "get project"),
        ("get services -p x", "get service -p x"),
        ("delete secrets a", "delete secret a"),
        ("abort sequence --project=p --keptn-context=c", "abort c"),
        ("pause sequence -p p --stage dev --keptn-context c", "pause c --stage dev"),
        ("send event start-evaluation --project=p", "trigger evaluation --project=p"),
        ("configure bridge --open", "bridge --open"),
        ("create project p s.yaml -y", "create project p s.yaml"),
        ("abort sequences", "abort sequences"),
        ("get", "get"),
        ("delete project p -y", "delete project p -y"),
        ("", ""),
    ],
)
def test_a_form_becomes_ours(given, ours):
    """Ours stay as they are."""
    assert forms.translated(given.split()) == ours.split()


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ("upgrade", "There is no `keptn upgrade`: keptn install is an upgrade"),
        ("create project p --git-private-key k", "`keptn create project` takes no --git-private-key: a project's own"),
        ("update project p --shipyard s", "`keptn update project` takes no --shipyard: the shipyard of a project"),
        ("onboard services s --chart=c", "`keptn onboard service` takes no --chart: the templates of a chart"),
    ],
)
def test_what_has_no_place_gets_a_sentence(given, sentence):
    """It names our way."""
    with pytest.raises(click.UsageError) as caught:
        forms.translated(given.split())
    assert str(caught.value).startswith(sentence)
