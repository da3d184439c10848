"""`-o json|yaml` on every command: standard output is one document, whatever the command does and however it ends."""

import json

import click
import pytest
import yaml

from keptn import events
from keptn.records import dead_letters
from tests.docs.test_cli_help import commands
from tests.functions.conftest import ENDPOINT
from tests.world import SHIPYARD, VALUES

SLOT = "--project=sockshop --stage=prod --service=carts"
FILES = {
    "shipyard.yaml": SHIPYARD.decode(),
    "values.yaml": VALUES.decode().replace("service: carts", "service: orders").replace("keptn/carts", "keptn/orders"),
    "slo.yaml": "total_score: {pass: 90}\nobjectives: [{sli: rt, pass: [{criteria: ['<600']}]}]",
    "measured.json": '{"rt": 500}',
    "samples.json": '{"rt": [1, 2, 3]}',
    "judge.json": '{"metrics": [{"name": "rt"}]}',
    "load.js": "export default 1",
    "event.json": '{"type": "sh.keptn.event.approval.finished", "source": "x", "data": {}}',
    "other.json": '{"type": "com.example.happened", "source": "x", "data": {}}',
}
ASKING = SHIPYARD + b"  approval_strategy: {pass: manual, warning: manual}\n"
CALLS = {
    "abort": "abort {open} --reason=late",
    "add-resource": "add-resource --project=sockshop --service=carts --resource=load.js",
    "approve": "approve {approval}",
    "auth": "auth",
    "bridge": "bridge",
    "compare": "compare --judge=judge.json --baseline=samples.json --candidate=samples.json",
    "completion": "completion bash",
    "config delete-context": "config delete-context keptn.test",
    "config get-contexts": "config get-contexts",
    "config use-context": "config use-context keptn.test",
    "configure monitoring": "configure monitoring prometheus --project=sockshop --service=carts",
    "create project": "create project shop shipyard.yaml",
    "create secret": "create secret chat --from-literal=url=x --scope=y",
    "create token": "create token --role=view",
    "create service": "create service gates --project=sockshop",
    "delete project": "delete project sockshop --yes",
    "delete resource": "delete resource --project=sockshop --stage=dev --service=carts --resourceUri=slo.yaml --yes",
    "delete secret": "delete secret hooks --yes",
    "delete service": "delete service carts --project=sockshop --yes",
    "delete token": "delete token ci-00000000 --yes",
    "doctor": "doctor --kubeconfig=nowhere",
    "evaluate": "evaluate --slo=slo.yaml --values=measured.json",
    "get approval": "get approval",
    "get artifact": "get artifact --project=sockshop",
    "get dead-letter": "get dead-letter {letter}",
    "get delivery": "get delivery {over}",
    "get evaluation": "get evaluation --project=sockshop",
    "get event": "get event --project=sockshop",
    "get hook": "get hook --project=sockshop --service=carts",
    "get project": "get project sockshop",
    "get secret": "get secret",
    "get service": "get service --project=sockshop",
    "get stage": "get stage --project=sockshop",
    "local": "local --faults=nonsense",
    "get token": "get token",
    "install": "install --kubeconfig=nowhere",
    "logs": "logs deploy",
    "notify": "notify --dry-run -f event.json --project=sockshop",
    "onboard service": "onboard service --project=sockshop --values=values.yaml",
    "pause": "pause {open}",
    "pin": f"pin {SLOT} --reason=fair",
    "promote": "promote {open}",
    "redeliver": "redeliver {letter}",
    "reject": "reject {approval} --reason=no",
    "rerun": "rerun {failed}",
    "resume": "resume {open}",
    "send event": "send event -f other.json",
    "send event approval.finished": "send event approval.finished --id={approval} --result=pass",
    "send event new-artifact": "send event new-artifact keptn/carts:0.2 --timeout=0",
    "send event newartifact": "send event newartifact keptn/carts:0.2 --no-wait",
    "simulate": "simulate shipyard.yaml",
    "status": "status {over} --timeout=0",
    "trigger delivery": "trigger delivery --image=keptn/carts:0.2 --timeout=0",
    "trigger evaluation": f"trigger evaluation {SLOT} --timeframe=1s --timeout=0",
    "trigger sequence": f"trigger sequence rollback {SLOT} --timeout=0",
    "uninstall": "uninstall --kubeconfig=nowhere --yes",
    "unpin": f"unpin {SLOT}",
    "update project": "update project sockshop --git-remote-url=http://git.example.org/shop.git --git-token=x",
    "update secret": "update secret hooks --from-literal=token=x",
    "validate": "validate shipyard.yaml",
    "version": "version",
}
"""Every command with a call of it. What it ends with does not matter here: an error is a document, too."""
IN_YAML = ("get stage", "send event newartifact", "approve", "configure monitoring", "local")
LEAVES = {
    " ".join(path): command
    for path, command in commands()
    if not isinstance(command, click.Group) or command.invoke_without_command
}
LEAVES.pop("", None)


@pytest.fixture
def there(world, tmp_path, keptn):
    """What the calls name: a delivery that is over, one that goes on, one that failed, an approval, a dead letter."""
    for name, text in FILES.items():
        (tmp_path / name).write_text(text)
    world.config_repo.commit("sockshop", "dev", lambda _: {"carts/slo.yaml": FILES["slo.yaml"].encode()}, message="x\n")
    world.sink.executors = {"deployment": {}, "test": {}, "evaluation": {}, "release": {}, "rollback": {}}

    def begun(*more):
        return json.loads(keptn("send", "event", "newartifact", "carts:0.2", "--no-wait", "-o", "json", *more)[1])

    found = {"over": begun()["context"]}
    world.config_repo.commit("sockshop", "main", lambda _: {"shipyard.yaml": ASKING}, message="by hand\n")
    begun()
    (asked,) = [event for event in world.sink.events if event.type == "sh.keptn.event.approval.triggered"]
    headers, body = events.encode(asked)
    assert world.client("approve").post("/", data=body, headers=headers).status_code == 200
    world.sink.executors["evaluation"] = {"result": "fail", "evaluation": {"noData": True}}
    found["failed"] = begun()["context"]
    del world.sink.executors["test"]
    found["open"] = begun()["context"]
    world.sink.executors |= {"test": {}, "evaluation": {}}
    dead_letters.keep_refused(world.sink.events[0], "too large", world.context)
    (letter,) = dead_letters.page(world.store).letters
    return {**found, "letter": letter["id"], "approval": asked.id}


def test_every_command_is_called_here():
    """A new command comes with a call."""
    assert set(CALLS) == set(LEAVES)


@pytest.mark.parametrize("name", LEAVES)
def test_every_command_takes_the_option(name):
    """In the same words."""
    (option,) = [param for param in LEAVES[name].params if "--output" in param.opts]
    assert option.opts == ["-o", "--output"]
    assert list(option.type.choices) == ["table", "json", "yaml"]


@pytest.mark.parametrize(("name", "form"), [(name, "json") for name in CALLS] + [(name, "yaml") for name in IN_YAML])
def test_standard_output_is_one_document(keptn, there, name, form):
    """What else is to be said goes to standard error; an error is its sentence."""
    code, out, err = keptn(*CALLS[name].format(**there).split(), "-o", form, ok=None)
    found = json.loads(out) if form == "json" else yaml.safe_load(out)
    assert isinstance(found, dict | list), out
    assert code != 2, err
    if isinstance(found, dict) and "error" in found:
        assert f"Error: {found['error']}" in err


class TestADelivery:
    """What a CI job reads of what it began: context, state, result, links."""

    @pytest.fixture(autouse=True)
    def _executors(self, world):
        world.sink.executors = {"deployment": {}, "test": {}, "evaluation": {}, "release": {}, "rollback": {}}

    def test_followed_to_its_end(self, keptn):
        """The steps are told beside it."""
        _, out, err = keptn("send", "event", "newartifact", "carts:0.2", "-o", "json")
        sent = json.loads(out)
        assert (sent["state"], sent["result"], sent["message"]) == (
            "finished",
            "pass",
            "keptn/carts:0.2 sockshop carts: finished with result pass",
        )
        assert sent["links"] == {"delivery": f"{ENDPOINT}/v1/delivery/{sent['context']}"}
        assert "prod       delivery     release pass" in err
        followed = json.loads(keptn("status", "-o", "json")[1])
        same = ("context", "state", "result", "links", "stages", "project", "service", "image", "message")
        assert {key: followed[key] for key in same} == {key: sent[key] for key in same}

    def test_not_waited_for(self, keptn):
        """Its context is known at once."""
        sent = json.loads(keptn("trigger", "delivery", "--image=carts:0.2", "--no-wait", "-o", "json")[1])
        assert (sent["state"], sent["result"], sent["stage"]) == ("triggered", "", "dev")
        assert json.loads(keptn("get", "delivery", sent["context"], "-o", "json")[1])["context"] == sent["context"]

    def test_that_fails(self, keptn, world):
        """The reason is in the document; the exit code is the result."""
        world.sink.executors["evaluation"] = {"result": "fail", "message": "too slow"}
        code, out, _ = keptn("trigger", "delivery", "--image=carts:0.2", "-o", "json", ok=False)
        sent = json.loads(out)
        assert (code, sent["result"], "too slow" in sent["message"]) == (4, "fail", True)

    def test_not_over_in_time(self, keptn, world):
        """An error keeps what was known: the delivery goes on, and can be followed."""
        del world.sink.executors["test"]
        _, out, _ = keptn("trigger", "delivery", "--image=carts:0.2", "--timeout=0", "-o", "json", ok=False)
        sent = json.loads(out)
        assert (sent["state"], "not over after 0 s" in sent["error"]) == ("started", True)
        held = json.loads(keptn("pause", sent["context"], "-o", "json")[1])
        assert (held["context"], held["state"], held["links"]) == (sent["context"], "paused", sent["links"])
