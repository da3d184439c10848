"""What could not be delivered: seen, and sent again."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from keptn.api.call import Call
from keptn.records import dead_letters
from keptn.web import Answer, json_answer


def index(call: Call) -> Answer:
    """Newest first; a page of which others' are left out may be short: the next page key says whether it goes on."""
    page = dead_letters.page(call.ctx.store, limit=call.page_size, token=call.page_token)
    seen = [_shown(letter, call) for letter in page.letters if call.sees(dead_letters.project_of(letter))]
    return json_answer({"deadLetters": seen, "nextPageKey": page.next_token})


def show(call: Call) -> Answer:
    return json_answer(_shown(dead_letters.letter(call.ctx.store, call.path["letter"]), call))


def redeliver(call: Call) -> Answer:
    """Post the event again, as it first was."""
    event = dead_letters.redeliver(call.path["letter"], call.ctx)
    return json_answer({"keptnContext": event.context, "id": event.id, "type": event.type}, status=202)


def _shown(letter: Mapping[str, Any], call: Call) -> Mapping[str, Any]:
    return {**letter, "event": call.shown(letter["event"])}
