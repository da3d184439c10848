"""The demo asks the api as a user's script does."""

import httpx
import pytest

from examples.sockshop.demo.api import Api, Unknown

UNKNOWN = httpx.Response(404, json={"error": "there is none (yet)"})


def api_that_answers(folder, *answers):
    waiting = iter(answers)
    api = Api(folder)
    api._http = httpx.Client(base_url="http://api", transport=httpx.MockTransport(lambda _: next(waiting)))
    return api


def test_of_a_context_that_was_just_begun_there_are_no_events_yet(tmp_path):
    """A push is answered before its first event is in the audit log."""
    recorded = httpx.Response(200, json={"events": [{"id": "1"}], "nextPageKey": ""})
    api = api_that_answers(tmp_path, UNKNOWN, recorded)
    assert api.events(keptnContext="c") == []
    assert api.events(keptnContext="c") == [{"id": "1"}]


def test_a_project_that_is_not_there_is_told(tmp_path):
    with pytest.raises(Unknown, match="there is none"):
        api_that_answers(tmp_path, UNKNOWN).events(project="nosuch")
