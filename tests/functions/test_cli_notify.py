"""`keptn notify --dry-run`: what would be posted, without posting it."""

import json
from pathlib import Path

import pytest

from keptn.adapters.http.httpx_client import OutgoingHttp
from keptn.adapters.http.memory import MemoryHttp
from keptn.adapters.http.reach import Reach

EVENT = {
    "type": "sh.keptn.event.prod.delivery.finished",
    "data": {"project": "sockshop", "stage": "prod", "service": "carts", "result": "fail", "message": '"slow"'},
}
NOTIFY = """
notifications:
- {name: own, channel: webhook, secret: desk, body: {text: "{{ title }}: {{ why }}"}}
- {name: chat, channel: slack, secret: chat, stages: [dev]}
"""


@pytest.fixture
def tried(world, keptn):
    """Run it on an event and the project's file; secrets are there, and nobody may be called."""
    world.context._given["http"] = world.http = MemoryHttp()
    world.secrets.put("desk", {"url": "https://key:hush@desk.example:8443/in?token=hush", "token": "hush"})
    world.secrets.put("chat", {"url": "https://chat.example/hush"})

    def run(*arguments, event=EVENT, notify=NOTIFY, ok=True):
        world.config_repo.commit("sockshop", "main", lambda _: {"notify.yaml": notify.encode()}, message="notify")
        Path("event.json").write_text(json.dumps(event))
        out, err = keptn("notify", "--dry-run", "-f", "event.json", *arguments, ok=ok)[1:]
        assert not world.http.calls
        assert not world.store.list("approvals/").names + world.store.list("sent/").names
        assert "hush" not in out + err
        return out if ok else out + err

    return run


def test_it_shows_what_would_be_posted(tried):
    """Method, host, headers without secrets, body; and who hears nothing, with the reason."""
    out = tried()
    for line in (
        "# own (webhook): would post 1",
        "POST desk.example:8443",
        "content-type: application/json",
        "Authorization: (of the secret desk)",
        '  "text": "Delivery of carts in prod failed: \\"slow\\""',
        "# chat (slack): its events, results, stages or services leave this one out",
    ):
        assert line in out.splitlines(), out


def test_a_file_of_ones_own_is_tried_before_it_is_added(tried):
    """As a document for programs, too."""
    Path("mine.yaml").write_text("notifications: [{name: mine, channel: teams, secret: chat}]")
    (one,) = json.loads(tried("--resource=mine.yaml", "-o", "json"))["notifications"]
    assert (one["name"], one["calls"][0]["host"]) == ("mine", "chat.example")


def test_the_buttons_of_an_approval_answer_nothing(tried):
    """No question is made, and the links are none."""
    asked = {"type": "sh.keptn.event.approval.triggered", "data": EVENT["data"]}
    out = tried("-o", "json", event=asked, notify="notifications: [{name: n, channel: slack, secret: chat}]")
    blocks = json.loads(out)["notifications"][0]["calls"][0]["body"]["blocks"]
    (actions,) = [block for block in blocks if block["type"] == "actions"]
    assert [button["url"].rpartition("/v1/answer/")[2] for button in actions["elements"]] == ["…/pass", "…/fail"]


@pytest.mark.parametrize(
    ("event", "notify", "says"),
    [
        (EVENT, "notifications: [{name: n, channel: slack, secret: nowhere}]", "secret 'nowhere' has no 'url'"),
        (EVENT, "notifications: [{name: n, channel: slack, secret: chat, body: {a: '{{ b }}'}}]", "'b' is undefined"),
        (EVENT, "notifications: 7", "notify.yaml:1: must have `notifications`"),
        ({"data": EVENT["data"]}, NOTIFY, "the event lacks type"),
        ({**EVENT, "data": []}, NOTIFY, "names no project"),
        ([], NOTIFY, "event.json: the event must be a JSON object"),
    ],
)
def test_what_would_go_wrong_is_said(tried, event, notify, says):
    """And the exit code is 1, or 2 for what was not understood."""
    assert says in tried(event=event, notify=notify, ok=False)


def test_a_host_that_may_not_be_called_is_said(tried, world):
    """By the rules by which it would be called."""
    world.context._given["http"] = world.http = OutgoingHttp(reach=Reach(hosts=["*.test"]))
    world.http.calls = []
    said = tried(ok=False)
    assert "# own (webhook): host 'desk.example' is not among those that may be called" in said


def test_another_project_s_secret_is_not_read(tried, world):
    """As `notify` would not read it."""
    world.secrets.put("chat.shop", {"url": "https://shop.example/hush"})
    said = tried(notify="notifications: [{name: n, channel: slack, secret: chat.shop}]", ok=False)
    assert "chat.shop" in said and "shop.example" not in said


def test_without_dry_run_nothing_is_sent(keptn):
    """An event that happened is told by itself."""
    Path("event.json").write_text(json.dumps(EVENT))
    assert "add --dry-run" in keptn("notify", "-f", "event.json", ok=False)[2]


def test_a_task_s_trigger_is_told_to_nobody(tried):
    """`notify` does not hear it."""
    event = {**EVENT, "type": "sh.keptn.event.deployment.triggered"}
    assert tried(event=event).count("sh.keptn.event.deployment.triggered is told to nobody") == 2
