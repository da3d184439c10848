"""`webhook.yaml`: what is read, and what is refused with its line."""

import pytest

from keptn.errors import InvalidFile
from keptn.webhook_task import file
from keptn.webhook_task.file import FromSecret


def test_an_entry_is_read():
    """Headers of both kinds, templates as they are."""
    text = """
webhooks:
- name: smoke
  secret: s
  method: PUT
  headers: {X-A: "{{ project }}", X-Api-Key: {key: k}}
  body: ["{{ stage }}"]
"""
    smoke = file.parse(text)["smoke"]
    assert (smoke.method, smoke.body) == ("PUT", ["{{ stage }}"])
    assert smoke.headers == {"X-A": "{{ project }}", "X-Api-Key": FromSecret(key="k")}


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("{}", "webhook.yaml:1: must have `webhooks`, a list"),
        ("webhooks:\n- smoke", "webhook.yaml:2: a webhook is a mapping"),
        ("webhooks:\n- {secret: s}", "webhook.yaml:2: a webhook has a name"),
        ("webhooks:\n- {name: a}", "webhook.yaml:2: secret None must be the name"),
        ("webhooks:\n- {name: a, secret: s, url: x}", "webhook.yaml:2: 'url' is not known here; the URL belongs into"),
        ("webhooks:\n- {name: a, secret: s, method: TRACE}", "webhook.yaml:2: method 'TRACE' is none of POST, PUT"),
        ("webhooks:\n- {name: a, secret: s}\n- {name: a, secret: s}", "webhook.yaml:3: the name 'a' stands twice"),
        (
            "webhooks:\n- name: a\n  secret: s\n  headers:\n    Authorization: Bearer x",
            "webhook.yaml:5: the header Authorization belongs into the secret",
        ),
        ("webhooks:\n- {name: a, secret: s, headers: {Host: x}}", "webhook.yaml:2: the header Host is keptn's own"),
        ("webhooks:\n- {name: a, secret: s, headers: {'a b': x}}", "webhook.yaml:2: 'a b' is no name of a header"),
        (
            "webhooks:\n- {name: a, secret: s, headers: {X: {secret: api, key: token}}}",
            "webhook.yaml:2: the header X is a text, or {key: KEY} of the secret",
        ),
        ("webhooks:\n- {name: a, secret: s, headers: {X: 7}}", "webhook.yaml:2: the header X is a text, or"),
        (
            "webhooks:\n- name: a\n  secret: s\n  answer:\n    result: '{{ answer.'",
            "webhook.yaml:5: the template 0.answer.result cannot be filled, line 1:",
        ),
        (
            "webhooks:\n- name: a\n  secret: s\n  body:\n    limits: [.inf]",
            "webhook.yaml:5: webhooks[0].body.limits[0] inf must be a number that JSON has",
        ),
        (
            "webhooks:\n- name: a\n  secret: s\n  answer: {data: {score: .nan}}",
            "webhook.yaml:4: webhooks[0].answer.data.score nan must be a number that JSON has",
        ),
        ("webhooks:\n- {name: a, secret: s, answer: {score: x}}", "webhook.yaml:2: 'score' is not known here"),
    ],
)
def test_a_wrong_file_names_the_line(text, error):
    """One sentence with file, line and what to do."""
    with pytest.raises(InvalidFile) as caught:
        file.parse(text)
    assert str(caught.value).startswith(error)
