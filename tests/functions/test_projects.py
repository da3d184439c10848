"""`create_project` and `onboard_service`: nothing half-made, repeats are fine, every mistake has its sentence."""

import json
from datetime import UTC, datetime

import pytest

from keptn import context, events, orchestration
from keptn.adapters.config_repo.memory import MemoryConfigRepo
from keptn.adapters.platform.memory import MemoryPlatform
from keptn.adapters.platform.process import ProcessPlatform
from keptn.adapters.registry.memory import MemoryRegistry
from keptn.adapters.router.memory import MemoryRouter
from keptn.adapters.secrets.memory import MemorySecrets
from keptn.context import Context
from keptn.errors import Unavailable
from keptn.events import Event, Scope
from keptn.orchestration import retiring
from keptn.ports import Endpoint, Route
from keptn.projects import artifacts
from keptn.projects.service import follow
from keptn.records import objects, tokens
from keptn.sequence import codec
from keptn.sequence.slot import Slot
from keptn.settings import Settings
from keptn.simulation.world import Collector
from tests import committed
from tests.world import SHIPYARD, VALUES, TickingClock, World, digest_of, issue

SHIPYARD_TEXT, VALUES_TEXT = SHIPYARD.decode(), VALUES.decode()
STAGES = ("dev", "staging", "prod")
REPOSITORY = "keptn/carts"


class Installation(World):
    """Everything in memory, platform and router included."""

    def __init__(self):
        super().__init__()
        self.config_repo, self.secrets = MemoryConfigRepo(), MemorySecrets()
        self.platform, self.router = MemoryPlatform(), MemoryRouter()
        self.context = Context(
            Settings(public_url="http://keptn.local/"),
            store=self.store,
            config_repo=self.config_repo,
            secrets=self.secrets,
            platform=self.platform,
            router=self.router,
            registry=MemoryRegistry(),
            clock=TickingClock(),
            sink=Collector(),
        )

    def send(self, function, what, data, *, event_id="1"):
        """Post the event and return the reply, if it is one, and the status."""
        event = Event(
            type=f"sh.keptn.event.{what}.triggered",
            id=event_id,
            source="test",
            time=datetime(2026, 1, 1, tzinfo=UTC),
            context="delivery-1",
            data=data,
        )
        if what.endswith(".delete"):  # heard by orchestrate, which retires the slots first
            orchestration.handle(event, self.context)
            event = self.context.sink.posted.pop()
        headers, body = events.encode(event)
        response = self.client(function).post("/", data=body, headers=headers)
        assert response.status_code == 200, response.get_data(as_text=True)
        reply = events.decode(dict(response.headers), response.get_data())
        assert (reply.type, reply.triggered_id) == (f"sh.keptn.event.{what}.finished", event_id)
        return reply

    def create(self, project="sockshop", shipyard=SHIPYARD_TEXT, **options):
        return self.send("create_project", "project.create", {"project": project, "shipyard": shipyard}, **options)

    def onboard(self, values=VALUES_TEXT, *, project="sockshop", event_id="2", **data):
        data = {"project": project, "values": values, **data}
        return self.send("onboard_service", "service.create", data, event_id=event_id)


@pytest.fixture
def world():
    world = Installation()
    with context.using(world.context):
        yield world


def refused(reply):
    assert (reply.status, reply.result) == ("errored", "fail")
    return reply.message


# --- create project --------------------------------------------------------------------------------------------------
def test_a_project_has_a_branch_per_stage(world):
    """A shipyard becomes a config repo with the shipyard on main and a branch per stage, and the commit says why."""
    reply = world.create()
    assert (reply.result, reply.data["stages"], reply.data["project"]) == ("pass", list(STAGES), "sockshop")
    assert world.config_repo.tree("sockshop", "main").read("shipyard.yaml") == SHIPYARD
    for stage in STAGES:
        assert (
            world.config_repo.tree("sockshop", stage).read("stage.yaml")
            == f"project: sockshop\nstage: {stage}\n".encode()
        )
    (commit,) = world.config_repo.log("sockshop", "prod")
    assert commit.message.startswith("Create project sockshop\n\nKeptn-Delivery: delivery-1\nKeptn-Event: 1\n")


def test_the_same_event_again_is_the_same_answer(world):
    """A repeat gives the same reply, even if the first one's reply was never kept."""
    first = world.create()
    assert world.create() == first
    world.store.delete("replies/1/create-project")
    assert world.create().result == "pass"


def test_a_project_that_exists_is_refused(world):
    """Another shipyard for the name is refused; nothing changes."""
    world.create()
    other = world.create(shipyard="stages: [{name: other}]", event_id="9")
    assert "project sockshop exists already" in refused(other)
    assert world.config_repo.tree("sockshop", "main").read("shipyard.yaml") == SHIPYARD


def test_what_a_project_lost_is_made_anew(world):
    """Who creates it once more, with its own shipyard, has the places of its stages again, and is told so."""
    world.create()
    world.platform.prepared.clear()
    (commit,) = world.config_repo.log("sockshop", "main")
    again = world.create(event_id="8")
    assert (again.result, again.data["stages"]) == ("pass", list(STAGES))
    assert "project sockshop was there already" in again.data["warnings"][0]
    assert world.platform.prepared == [("sockshop", stage) for stage in STAGES]
    assert world.config_repo.log("sockshop", "main") == [commit]


def test_a_wait_that_nothing_is_kept_for_is_refused(world):
    """What a task waits with would be gone before its time comes."""
    shipyard = "stages: [{name: dev, deployment_strategy: dark, remediation: {triggered_after: 3000h}}]"
    assert "raise KEPTN_RETENTION_DAYS=90" in refused(world.create(shipyard=shipyard))
    assert world.config_repo.projects() == []


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        ({"project": "Sock Shop"}, "'Sock Shop' is no project name; use lower-case letters"),
        ({"project": "../sockshop"}, "is no project name"),
        ({"project": ""}, "names no project"),
        ({"shipyard": ""}, "names no shipyard"),
        ({"shipyard": {"stages": []}}, "names no shipyard"),
        ({"shipyard": "stages: []"}, "shipyard.yaml"),
        ({"shipyard": "stages:\n- name: dev\n- name: dev"}, "'dev'"),
        ({"shipyard": "stages:\n- name: dev\n- name: service"}, "shipyard.yaml:3: "),
        ({"shipyard": "stages:\n- name: dev\n- name: main"}, "shipyard.yaml:3: "),
        ({"shipyard": "stages:\n- name: Dev"}, "shipyard.yaml:2: "),
        ({"shipyard": "stages: [\n"}, "shipyard.yaml:2: not valid YAML"),
    ],
)
def test_a_bad_project_leaves_nothing(world, data, sentence):
    """A wrong name or shipyard is one sentence in the reply, and no project."""
    reply = world.send("create_project", "project.create", {"project": "p", "shipyard": "stages: [{name: a}]", **data})
    assert sentence in refused(reply)
    assert list(world.config_repo.projects()) == []


# --- onboard service -------------------------------------------------------------------------------------------------
def test_a_service_is_in_every_stage(world):
    """The values file is in each stage's branch, as given; the reply says where the registry shall post."""
    world.create()
    reply = world.onboard()
    assert (reply.result, reply.data["service"], reply.data["stages"]) == ("pass", "carts", list(STAGES))
    assert reply.data["hook"] == {
        "url": "http://keptn.local/functions/receive-artifact",
        "secret": "hook-sockshop.carts",
        "repository": REPOSITORY,
    }
    for stage in STAGES:
        assert world.config_repo.tree("sockshop", stage).read("carts/values.yaml") == VALUES
        message = world.config_repo.log("sockshop", stage)[0].message
        assert message.startswith("Onboard carts\n")
        assert f"Keptn-Stage: {stage}\nKeptn-Service: carts\n" in message
    assert [str(owner.service) for owner in artifacts.owners(world.store, REPOSITORY)] == ["carts"]


def test_the_token_is_made_once_and_never_told(world):
    """The hook's token is long, stays over repeats, and is in no event."""
    world.secrets.put("api", {"token": "key"})
    world.create()
    reply = world.onboard()
    token = world.secrets.get("hook-sockshop.carts", "token")
    assert token.startswith("sockshop.carts.")
    assert len(token) == len("sockshop.carts.") + 64
    assert token not in json.dumps(events.to_dict(reply))
    world.store.delete("replies/2/onboard-service")
    world.onboard()
    assert world.secrets.get("hook-sockshop.carts", "token") == token
    world.secrets.delete("hook-sockshop.carts")
    world.store.delete("replies/2/onboard-service")
    world.onboard()
    assert world.secrets.get("hook-sockshop.carts", "token") == token  # what a duplicate at the same moment makes


def test_onboarding_says_what_the_platform_cannot_do(world):
    """In the message and the data, with the result pass: a warning stops nobody."""
    world.create()
    world.platform.cannot = ("it runs without volumes",)
    reply = world.onboard()
    assert (reply.result, reply.data["warnings"]) == ("pass", ["it runs without volumes"])
    assert reply.message == "service carts is in dev, staging, prod; it runs without volumes"


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ("", None),
        ("hostnames: [carts.example.org]\n", "HTTPRoute"),
        ("patches: [{target: HTTPRoute, patch: [{op: add, path: /metadata/labels/a, value: b}]}]\n", "HTTPRoute"),
        ("replicas: 3\n", "3 replicas"),
    ],
)
def test_a_plain_service_runs_on_a_laptop_without_a_warning(world, tmp_path, more, said):
    """Of a route only what the file asks for is left out there: Envoy does the rest."""
    world.create()
    world.context.platform = ProcessPlatform(tmp_path)
    reply = world.onboard(VALUES_TEXT + more)
    expected = said and [f"as a process of this machine it runs without {said} (docs/services.md)"]
    assert reply.data.get("warnings") == expected


def test_a_patch_that_does_not_apply_is_refused_with_its_line(world):
    """Before anything is written."""
    world.create()
    patch = "patches:\n- target: Deployment\n  patch:\n  - {op: remove, path: /spec/paused}\n"
    message = refused(world.onboard(VALUES_TEXT + patch))
    assert message.startswith("values.yaml:7: remove /spec/paused does not apply to the Deployment")
    assert world.config_repo.tree("sockshop", "dev").read("carts/values.yaml") is None


def test_an_interrupted_onboarding_is_completed(world):
    """A run that died between two stages is completed by its repetition, with one commit per stage."""
    world.create()
    commit, calls = world.config_repo.commit, []

    def dies_second_time(*args, **options):
        calls.append(args)
        if len(calls) == 2:
            raise Unavailable("the repo is away")
        return commit(*args, **options)

    world.config_repo.commit = dies_second_time
    with pytest.raises(AssertionError, match="the repo is away"):
        world.onboard()
    assert list(artifacts.owners(world.store, REPOSITORY)) == []
    assert world.onboard().result == "pass"
    assert [len(world.config_repo.log("sockshop", stage)) for stage in STAGES] == [2, 2, 2]


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        ({"values": ""}, "names no values"),
        ({"values": "service: carts\nimage: 5"}, "values.yaml:2: image must be a repository"),
        ({"project": "nothing"}, "there is no project 'nothing'; projects: sockshop"),
        ({"service": "orders"}, "for service 'carts', but the event is for 'orders'"),
    ],
)
def test_a_bad_service_leaves_nothing(world, data, sentence):
    """A wrong values file or project is one sentence in the reply, and no commit, token or hook."""
    world.create()
    assert sentence in refused(world.onboard(**{"values": VALUES_TEXT, **data}))
    assert [len(world.config_repo.log("sockshop", stage)) for stage in STAGES] == [1, 1, 1]
    assert list(world.secrets.names()) == []
    assert list(artifacts.owners(world.store, REPOSITORY)) == []


def test_a_service_that_exists_is_refused(world):
    """Other values for a service that is there are refused: files are changed with add-resource."""
    world.create()
    world.onboard()
    message = refused(world.onboard(VALUES_TEXT + "replicas: 2\n", event_id="3"))
    assert "has the service 'carts' already; change its files with keptn add-resource" in message
    assert world.config_repo.tree("sockshop", "dev").read("carts/values.yaml") == VALUES


# --- delete ----------------------------------------------------------------------------------------------------------
def running(world, project="sockshop", service="carts"):
    """As if the service had been delivered to every stage."""
    for stage in STAGES:
        scope = Scope(project=project, stage=stage, service=service)
        found = committed.objects(scope, "blue", image="a:1", digest=digest_of("a"))
        world.platform.apply(scope, "blue", manifests=found, revision=1)
        end = world.platform.endpoint(scope, "blue") or Endpoint(host="h", port=1)
        world.router.apply(Route(scope=scope, revision=1, endpoints={"blue": end}, weights={"blue": 100}))
        world.store.put(objects.slot(scope), codec.encode(Slot(scope=scope, epoch=3, revision=7)))
        world.store.put(objects.rejected(scope, "sha256:a"), b"{}")


def left(world, project="sockshop"):
    """What is kept of the project, but for its tombstone."""
    names = [name for name in world.store.list("").names if f"/{project}/" in name or f"/{project}." in name]
    return [name for name in names if not name.startswith("retired/")]


def test_a_deleted_project_leaves_nothing_running(world):
    """Deleting a project takes its workloads, slots, hooks and repo; another project keeps its own; again is fine."""
    for project, number in (("sockshop", "1"), ("other", "11")):
        world.create(project, event_id=number)
        world.onboard(project=project, event_id=number + "2")
        running(world, project)
        world.secrets.put(f"hook-problems-{project}", {"token": f"{project}.x"})
    kept = left(world, "other")
    for event_id in ("5", "6"):
        assert (
            world.send("create_project", "project.delete", {"project": "sockshop"}, event_id=event_id).result == "pass"
        )
        assert list(world.config_repo.projects()) == ["other"]
        assert left(world) == []
        assert list(world.secrets.names()) == ["hook-other.carts", "hook-problems-other"]
        assert world.platform.endpoint(Scope(project="sockshop", stage="dev", service="carts"), "blue") is None
    assert left(world, "other") == kept
    assert world.platform.endpoint(Scope(project="other", stage="dev", service="carts"), "blue") is not None
    assert world.create(event_id="7").result == "pass"


def test_a_deleted_project_takes_its_tokens_along(world):
    """They would open its namesake; those of others and of all stay."""
    world.create()
    for project in ("sockshop", "sockshop-2"):
        issue(world.store, f"keptn_{project}-00000000_{'0' * 64}", project=project)
    world.send("create_project", "project.delete", {"project": "sockshop"}, event_id="5")
    assert world.store.list("tokens/").names == ["tokens/ann-0a0a0a0a", "tokens/sockshop-2-00000000"]


class Died(BaseException):
    """A process that was killed. No handler may catch it."""


def dies(*_):
    raise Died


SECRETS = ("chat.sockshop", "prometheus-sockshop", "hook-sockshop.gone", "hook-problems-sockshop")
OTHERS = ("chat.other", "chat", "registry-sockshop", "hook-problems-sockshop-2", "api")


@pytest.mark.parametrize("after", ["revoke_all", "delete"])
def test_a_deleted_project_takes_its_secrets_along(world, monkeypatch, after):
    """Its namesake would inherit them. Those of others stay, whatever the event says; who dies goes on."""
    world.create()
    for name in (*SECRETS, *OTHERS):
        world.secrets.put(name, {"token": "x"})
    data = {"project": "sockshop", "secrets": [*SECRETS, *OTHERS, "chat.sockshop.other", "../sockshop", 1]}
    with monkeypatch.context() as patched:
        patched.setattr(tokens if after == "revoke_all" else world.secrets, after, dies)
        with pytest.raises(Died):
            world.send("create_project", "project.delete", data, event_id="5")
    assert world.config_repo.projects() == []
    for _ in range(2):
        assert world.send("create_project", "project.delete", data, event_id="5").result == "pass"
    assert list(world.secrets.names()) == sorted(OTHERS)


def test_a_project_that_is_made_again_is_fenced_against_its_earlier_life(world):
    """A tombstone keeps the epochs: what is still under way from before is late."""
    world.create()
    world.onboard()
    running(world)
    world.send("create_project", "project.delete", {"project": "sockshop"}, event_id="5")
    scope = Scope(project="sockshop", stage="dev", service="carts")
    assert world.store.get(objects.slot(scope)) is None
    assert (retiring.successor(world.store, scope).epoch, retiring.successor(world.store, scope).revision) == (3, 7)


def test_each_stage_has_its_place_before_the_project_is_there(world):
    """A place that somebody else has leaves no project behind."""
    world.platform.taken.add(("sockshop", "dev"))
    assert "sockshop-dev is somebody else's" in world.create().message
    assert world.config_repo.projects() == []
    world.platform.taken.clear()
    world.create(event_id="2")
    assert world.platform.prepared == [("sockshop", stage) for stage in STAGES]


def test_a_deleted_service_leaves_the_others(world):
    """Deleting a service takes its files, slots and hook out of every stage and leaves its neighbours alone."""
    world.create()
    world.onboard()
    world.onboard("service: carts-db\nimage: keptn/db\n", event_id="3")
    running(world)
    running(world, service="carts-db")
    for event_id in ("5", "6"):
        data = {"project": "sockshop", "service": "carts"}
        assert world.send("onboard_service", "service.delete", data, event_id=event_id).result == "pass"
        for stage in STAGES:
            assert list(world.config_repo.tree("sockshop", stage).list()) == ["carts-db/values.yaml", "stage.yaml"]
            assert world.platform.endpoint(Scope(project="sockshop", stage=stage, service="carts"), "blue") is None
        assert not [name for name in left(world) if "carts-db" not in name]
        assert list(world.secrets.names()) == ["hook-sockshop.carts-db"]
    assert len(left(world)) == 7
    assert len(world.config_repo.log("sockshop", "dev")) == 4


def test_a_new_repository_starts_deliveries_too(world):
    """A values file that names another repository is followed, and a deleted service is forgotten under both."""
    world.create()
    world.onboard()
    values = {"carts/values.yaml": b"service: carts\nimage: keptn/carts-next\n"}
    world.config_repo.commit("sockshop", "dev", lambda tree: values, message="move")
    follow("sockshop", "carts", world.context)
    assert [owner.service for owner in artifacts.owners(world.store, "keptn/carts-next")] == ["carts"]
    world.send("onboard_service", "service.delete", {"project": "sockshop", "service": "carts"}, event_id="3")
    assert left(world) == []


def test_a_project_with_a_broken_shipyard_can_go(world):
    """A shipyard that somebody broke by hand does not keep the project from being deleted."""
    world.create()
    world.config_repo.commit("sockshop", "main", lambda tree: {"shipyard.yaml": b"["}, message="by hand")
    assert world.send("create_project", "project.delete", {"project": "sockshop"}, event_id="2").result == "pass"
    assert list(world.config_repo.projects()) == []
