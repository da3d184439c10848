"""The store on Cloud Storage alone: what is sent, what becomes of each answer, and of an answer that is lost."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import google.auth.exceptions
import google.cloud.exceptions
import google.cloud.storage.exceptions
import pytest
import requests.exceptions

from keptn.adapters.store.gcs import GcsStore
from keptn.errors import KeptnError, LostRace, Refused, Unavailable
from keptn.settings import Settings
from tests.contract.connections import CountingServer
from tests.contract.gcs_server import BUCKET, Answer, Gcs, GcsHandler, Request, answers, lost, plain, torn
from tests.waiting import DEADLINE_S


@pytest.fixture
def store(gcs: Gcs) -> GcsStore:
    return opened(gcs.folder)


def opened(prefix: str = "") -> GcsStore:
    return GcsStore.open(settings=Settings(bucket=BUCKET, bucket_prefix=prefix))


OPERATIONS = {
    "read": lambda store: store.get("slots/a"),
    "written": lambda store: store.put("slots/a", b"1"),
    "deleted": lambda store: store.delete("slots/a"),
    "listed": lambda store: store.list("slots/"),
}
every_operation = pytest.mark.parametrize("operation", OPERATIONS.values(), ids=OPERATIONS)


# --- what is sent ---------------------------------------------------------------------------------------------------
def test_preconditions_are_sent(store: GcsStore, gcs: Gcs) -> None:
    """With an upload as with a delete, and only if there is one."""
    generation = store.put("a", b"1", if_generation=0)
    store.put("a", b"2")
    store.delete("a")
    store.delete("a", if_generation=generation)
    sent = [(request.method, request.query.get("ifGenerationMatch")) for request in gcs.requests]
    assert sent == [("POST", "0"), ("POST", None), ("DELETE", None), ("DELETE", str(generation))]


def test_a_read_is_one_request(store: GcsStore, gcs: Gcs) -> None:
    """Data and generation are of one answer, so that nothing can come between."""
    generation = store.put("a", b"1")
    gcs.requests.clear()
    assert store.get("a").generation == generation
    assert len(gcs.requests) == 1


def test_folders_of_a_bucket_do_not_meet(store: GcsStore, gcs: Gcs) -> None:
    """What is written below a prefix is listed there, and has the whole name in the bucket."""
    store.put("slots/a", b"1")
    assert opened(f"{gcs.folder}/slots").get("a").data == b"1"
    assert opened().get(f"{gcs.folder}/slots/a").data == b"1"
    assert opened(f"{gcs.folder}-2").list("").names == []
    assert opened(f"{gcs.folder}/slots").list("", start_offset="a", end_offset="b").names == ["a"]


def test_the_prefix_counts_in_a_name(store: GcsStore) -> None:
    """The bucket takes 1024 bytes, its folder included."""
    with pytest.raises(Refused, match="object name"):
        store.put("x" * 1000, b"")


def test_connections_are_kept(store: GcsStore, gcs: Gcs) -> None:
    """Threads share one client; each request finds a connection that is open, also if a page asks for all."""
    many = store.reads_at_once
    meeting = threading.Barrier(many, timeout=DEADLINE_S)

    def held(handler: GcsHandler, request: Request) -> Answer:
        meeting.wait()
        return handler.answered(request)

    with ThreadPoolExecutor(many) as pool:
        for _ in range(3):
            gcs.faults.extend([held] * many)
            list(pool.map(lambda number: store.get(f"n/{number}"), range(many)))
    assert gcs.server.connections == many


# --- lost answers and broken connections ----------------------------------------------------------------------------
@pytest.mark.parametrize("exists", [False, True])
def test_a_write_that_lost_against_itself_has_won(store: GcsStore, gcs: Gcs, exists: bool) -> None:
    """Its answer was lost, its repeat is told 412: it reads back whose write is there."""
    before = store.put("a", b"0") if exists else 0
    gcs.faults.append(lost)
    generation = store.put("a", b"1", if_generation=before)
    found = store.get("a")
    assert (found.data, found.generation) == (b"1", generation)
    assert [request.method for request in gcs.requests[-4:]] == ["POST", "POST", "GET", "GET"]


def test_the_same_bytes_of_another_are_a_lost_race(store: GcsStore) -> None:
    """Two that count from 5 to 6 have not both done so."""
    store.put("n", b"6", if_generation=0)
    with pytest.raises(LostRace):
        store.put("n", b"6", if_generation=0)


def test_a_write_that_was_replaced_since_is_a_lost_race(store: GcsStore, gcs: Gcs) -> None:
    """It had won, but what is there now is another's: who reads again sees it."""

    def replaced(handler, request):
        handler.answered(request)
        gcs.faults.appendleft(lambda handler, request: handler.answered(request))
        opened(gcs.folder).put("a", b"2")

    gcs.faults.append(replaced)
    with pytest.raises(LostRace):
        store.put("a", b"1", if_generation=0)
    assert store.get("a").data == b"2"


@every_operation
def test_a_broken_connection_is_tried_once_more(store: GcsStore, gcs: Gcs, operation) -> None:
    """A kept connection that the other side has closed shows only in its use."""
    store.put("slots/a", b"0")
    gcs.requests.clear()
    gcs.faults.append(torn)
    operation(store)
    assert len(gcs.requests) == 2


@every_operation
def test_a_connection_that_breaks_twice_is_unavailable(store: GcsStore, gcs: Gcs, operation) -> None:
    """The Broker calls again, later."""
    gcs.faults.extend([torn, torn])
    with pytest.raises(Unavailable, match=f"in bucket {BUCKET} cannot be .* now"):
        operation(store)
    assert len(gcs.requests) == 2


@every_operation
def test_nobody_there_is_unavailable(free_url: str, operation) -> None:
    """The bucket is named."""
    os.environ["STORAGE_EMULATOR_HOST"] = free_url
    with pytest.raises(Unavailable, match=f"in bucket {BUCKET} cannot be"):
        operation(opened())


def test_a_delete_that_was_done_already_is_fine(store: GcsStore, gcs: Gcs) -> None:
    """Its answer was lost: the repeat finds nothing, or, so does Cloud Storage at times, no such generation."""
    generation = store.put("a", b"1")
    gcs.faults.append(lost)
    store.delete("a", if_generation=generation)
    gcs.faults.append(answers(412, "At least one of the pre-conditions you specified did not hold."))
    store.delete("a", if_generation=generation)


# --- answers --------------------------------------------------------------------------------------------------------
RATE = "The object keptn-state/slots/a exceeded the rate limit for object mutation operations."


@pytest.mark.parametrize(
    ("status", "said", "error", "says"),
    [
        (400, "Invalid argument.", Refused, "400, Invalid argument"),
        (408, "", Unavailable, "408"),
        (429, RATE, Unavailable, "one write per second; try again later .*exceeded the rate limit"),
        (500, "Backend Error", Unavailable, "500, Backend Error"),
        (502, "", Unavailable, "502"),
        (503, "Slow down", Unavailable, "503, Slow down"),
        (504, "", Unavailable, "504"),
        (404, "The specified bucket does not exist.", Unavailable, "no such bucket; make it, or correct KEPTN_BUCKET"),
        (302, "", Unavailable, "302"),
    ],
)
@every_operation
def test_every_answer_is_an_error_of_ours(store, gcs: Gcs, operation, status, said, error, says) -> None:
    """After one request: what may pass is tried again by the Broker, with its back-off, and not in here."""
    gcs.faults.append(answers(status, said, **{"Retry-After": "60"}))
    with pytest.raises(error, match=rf"in bucket {BUCKET} .*{says}"):
        operation(store)
    assert len(gcs.requests) == 1


@pytest.mark.parametrize(
    ("done", "right"), [("read", "get"), ("written", "create"), ("deleted", "delete"), ("listed", "list")]
)
def test_a_missing_right_is_named(store: GcsStore, gcs: Gcs, done: str, right: str) -> None:
    """Which right, on which bucket, and the role that has it."""
    said = "keptn@example.iam.gserviceaccount.com does not have access to the Google Cloud Storage bucket."
    gcs.faults.append(answers(403, said))
    with pytest.raises(Unavailable) as caught:
        OPERATIONS[done](store)
    for part in (BUCKET, f"storage.objects.{right}", "roles/storage.objectUser", said):
        assert part in str(caught.value)


def test_no_object_and_no_bucket_are_told_apart(store: GcsStore, gcs: Gcs) -> None:
    """A slot that cannot be read is not one that does not exist. Downloads are answered in plain text."""
    gcs.faults.append(plain(404, f"No such object: {BUCKET}/The specified bucket does not exist"))
    assert store.get("The specified bucket does not exist") is None
    gcs.faults.append(plain(404, "The specified bucket does not exist."))
    with pytest.raises(Unavailable, match="KEPTN_BUCKET"):
        store.get("a")


def test_damaged_data_is_unavailable(store: GcsStore, gcs: Gcs) -> None:
    """The checksum of the answer is compared."""
    hashed = {"X-Goog-Hash": "crc32c=AAAAAA==", "X-Goog-Generation": "7"}
    gcs.faults.append(lambda _handler, _request: (200, hashed, b"damaged"))
    with pytest.raises(Unavailable, match="Checksum mismatch"):
        store.get("a")


def test_an_answer_of_something_else_is_unavailable(store: GcsStore, gcs: Gcs) -> None:
    """A page of a proxy is no object, and has no generation."""
    for operation in (OPERATIONS["read"], OPERATIONS["written"], OPERATIONS["listed"]):
        gcs.faults.append(plain(200, "<html>log in</html>"))
        with pytest.raises(Unavailable):
            operation(store)


def test_an_empty_page_is_not_the_end(store: GcsStore, gcs: Gcs) -> None:
    """Cloud Storage may answer with fewer names than it was asked for, and a token."""
    store.put("p/1", b"")
    gcs.requests.clear()
    nothing = json.dumps({"nextPageToken": f"{gcs.folder}/p/1"}).encode()
    gcs.faults.append(lambda _handler, _request: (200, {"Content-Type": "application/json"}, nothing))
    assert store.list("p/", limit=7).names == ["p/1"]
    assert [request.query["maxResults"] for request in gcs.requests] == ["7", "7"]


def subclasses(kind: type[Exception]) -> Iterator[type[Exception]]:
    for sub in kind.__subclasses__():
        yield sub
        yield from subclasses(sub)


def test_every_error_of_the_library_is_one_of_ours(store: GcsStore) -> None:
    """The table knows them all; none has the same form as another, so each is made without its own `__init__`."""
    libraries = [google.cloud.exceptions.GoogleCloudError, google.auth.exceptions.GoogleAuthError]
    found = [kind for base in (*libraries, requests.exceptions.RequestException) for kind in subclasses(base)]
    assert len(found) > 60
    for kind in (*found, google.cloud.storage.exceptions.DataCorruption, ConnectionResetError, TimeoutError):
        made = kind.__new__(kind)
        Exception.__init__(made, "m")
        made.__dict__.update(response=None, message="m", _errors=[], _details=[], _response=None, _error_info=None)
        with pytest.raises(KeptnError), store._translated("a", "read"):
            raise made


# --- credentials ----------------------------------------------------------------------------------------------------
class Google(BaseHTTPRequestHandler):
    """What gives a pod its tokens: the metadata server, and the token service of a federation."""

    tokens: Iterator[str]
    protocol_version = "HTTP/1.1"
    wbufsize = -1

    def do_GET(self) -> None:
        self.rfile.read(int(self.headers.get("content-length") or 0))
        found = {"email": "default", "scopes": [], "aliases": []}
        if "token" in self.path:
            kind = {"token_type": "Bearer", "issued_token_type": "urn:ietf:params:oauth:token-type:access_token"}
            found = {"access_token": next(self.tokens), "expires_in": 3600, **kind}
        body = json.dumps(found).encode()
        self.send_response(404 if "universe" in self.path else 200)
        self.send_header("Metadata-Flavor", "Google")
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_POST = do_GET  # noqa: N815 - BaseHTTPRequestHandler's name

    def log_message(self, *_arguments: object) -> None:
        """Tests are quiet."""


@pytest.fixture
def google_tokens(gcs: Gcs) -> Iterator[str]:
    """Where Google gives tokens; Cloud Storage wants one."""
    os.environ["API_ENDPOINT_OVERRIDE"] = os.environ.pop("STORAGE_EMULATOR_HOST")
    with CountingServer(type("Handler", (Google,), {"tokens": iter(["one", "two", "three"])})) as server:
        yield server.url


def sent_tokens(gcs: Gcs) -> list[str]:
    return [request.headers["authorization"] for request in gcs.requests]


IN_A_POD = f"""
from keptn.adapters.store.gcs import GcsStore
from keptn.settings import Settings
GcsStore.open(settings=Settings(bucket={BUCKET!r})).put("pod", b"1")
"""


def test_a_pod_is_who_its_service_account_is(gcs: Gcs, google_tokens: str) -> None:
    """Workload identity: the metadata server gives the token, and nothing is configured."""
    host = google_tokens.removeprefix("http://")
    pod = {**os.environ, "GCE_METADATA_HOST": host, "GCE_METADATA_IP": host, "PYTHONPATH": os.pathsep.join(sys.path)}
    subprocess.run([sys.executable, "-c", IN_A_POD], check=True, env=pod)
    assert sent_tokens(gcs) == ["Bearer one"]


def test_a_cluster_elsewhere_trades_its_token(gcs: Gcs, google_tokens: str, tmp_path: Path) -> None:
    """Workload identity federation: the pod's own token is traded for Google's; a token that ended is renewed."""
    (tmp_path / "token").write_text("of the cluster")
    described = {
        "type": "external_account",
        "audience": "//iam.googleapis.com/projects/1/locations/global/workloadIdentityPools/p/providers/p",
        "subject_token_type": "urn:ietf:params:oauth:token-type:jwt",
        "token_url": f"{google_tokens}/v1/token",
        "credential_source": {"file": str(tmp_path / "token")},
    }
    (tmp_path / "credentials.json").write_text(json.dumps(described))
    os.environ["GOOGLE_APPLICATION_CREDENTIALS"] = str(tmp_path / "credentials.json")
    os.environ["GOOGLE_CLOUD_PROJECT"] = "named, so that nobody is asked for it"
    gcs.faults.append(answers(401, "Invalid Credentials"))
    opened().put("pod", b"1")
    assert sent_tokens(gcs) == ["Bearer one", "Bearer two"]


def test_no_credentials_are_a_sentence(gcs: Gcs, google_tokens: str) -> None:
    """It says where they come from."""
    os.environ["GOOGLE_APPLICATION_CREDENTIALS"] = "/nowhere.json"
    with pytest.raises(Unavailable, match=r"no credentials .*nowhere\.json.*workload identity"):
        opened()


def test_a_token_that_nobody_takes_is_unavailable(store: GcsStore, gcs: Gcs) -> None:
    """401, also after it was renewed."""
    gcs.faults.append(answers(401, "Anonymous caller does not have storage.objects.get access"))
    with pytest.raises(Unavailable, match="no credentials for Cloud Storage"):
        store.get("a")
