"""What every object store does: the preconditions, listing and races of Google Cloud Storage."""

from __future__ import annotations

import contextlib
import multiprocessing
import sqlite3
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import hypothesis
import pytest
from hypothesis import HealthCheck, given
from hypothesis import strategies as st

from keptn.adapters.store.gcs import GcsStore
from keptn.adapters.store.memory import MemoryStore
from keptn.adapters.store.sqlite import SqliteStore
from keptn.errors import LostRace, Refused, Unavailable
from keptn.settings import Settings
from tests.contract.gcs_server import BUCKET
from tests.waiting import DEADLINE_S


@pytest.fixture(params=["memory", "sqlite", "gcs"])
def store(request, tmp_path):
    if request.param == "gcs":
        folder = request.getfixturevalue("gcs").folder
        return GcsStore.open(settings=Settings(bucket=BUCKET, bucket_prefix=f"/{folder}/"))
    return MemoryStore() if request.param == "memory" else SqliteStore(tmp_path / "deep" / "store.sqlite")


def names(store, prefix="", **options):
    return list(store.list(prefix, **options).names)


def test_a_name_nobody_wrote_is_none(store):
    """Reading what is not there gives None."""
    assert store.get("slots/a") is None


def test_what_was_put_is_there(store):
    """An object comes back as it was written, with the generation that the write returned."""
    generation = store.put("slots/a", b"\0one")
    found = store.get("slots/a")
    assert (found.name, found.data, found.generation) == ("slots/a", b"\0one", generation)
    assert generation > 0


def test_generations_grow_over_deletion(store):
    """A name that is deleted and made again has a generation higher than ever before."""
    first = store.put("a", b"1")
    second = store.put("a", b"2")
    store.delete("a")
    assert first < second < store.put("a", b"3")


def test_zero_creates_only(store):
    """if_generation 0 writes a new name and loses against an existing one, which stays as it is."""
    store.put("a", b"1", if_generation=0)
    with pytest.raises(LostRace, match="generation"):
        store.put("a", b"2", if_generation=0)
    assert store.get("a").data == b"1"


def test_a_generation_replaces_only_itself(store):
    """if_generation n replaces generation n and nothing else, not even an absent object."""
    first = store.put("a", b"1")
    second = store.put("a", b"2", if_generation=first)
    with pytest.raises(LostRace):
        store.put("a", b"3", if_generation=first)
    store.delete("a")
    with pytest.raises(LostRace):
        store.put("a", b"3", if_generation=second)
    assert store.get("a") is None


def test_delete_checks_the_generation(store):
    """A delete of another generation loses; a delete of what is not there is fine."""
    generation = store.put("a", b"1")
    with pytest.raises(LostRace):
        store.delete("a", if_generation=generation + 1)
    assert store.get("a") is not None
    store.delete("a", if_generation=generation)
    store.delete("a", if_generation=generation)
    assert store.get("a") is None


def test_lists_by_prefix_in_byte_order(store):
    """Listing gives the names with the prefix, and no others, in byte order."""
    for name in ("b/2", "a/1", "b/1", "b/é", "b/~", "b", "c/1", "b0", "b/𝄞", "b/\uffff"):
        store.put(name, b"")
    assert names(store, "b/") == ["b/1", "b/2", "b/~", "b/é", "b/\uffff", "b/𝄞"]
    assert names(store, "B/") == []
    assert names(store, "b/%") == []


def test_offsets_bound_a_listing(store):
    """start_offset is included, end_offset is not."""
    for number in range(5):
        store.put(f"p/{number}", b"")
    assert names(store, "p/", start_offset="p/1", end_offset="p/3") == ["p/1", "p/2"]
    assert names(store, "p/", start_offset="a", end_offset="z") == [f"p/{n}" for n in range(5)]


def test_pages_join_to_the_whole(store):
    """Following next_token gives every name once; the last page has none."""
    expected = [f"p/{number:03}" for number in range(10)]
    for name in expected:
        store.put(name, b"")
    for limit in (1, 3, 5, 10, 11):
        found, token, pages = [], "", 0
        while pages == 0 or token:
            page = store.list("p/", limit=limit, token=token)
            found, token, pages = [*found, *page.names], page.next_token, pages + 1
        assert found == expected
        assert pages == -(-10 // limit)


@pytest.mark.parametrize("name", ["", "a\nb", "x" * 1025, "\ud800", ".", ".."])
def test_bad_names_are_refused(store, name):
    """A name that a bucket would not take is refused everywhere, in one sentence."""
    with pytest.raises(Refused, match="object name"):
        store.put(name, b"")


def test_threads_lose_no_increment(store):
    """Eight threads that increment one number by compare-and-swap lose nothing."""
    store.put("n", b"0")
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _: increment(store, 20), range(8)))
    assert store.get("n").data == b"160"


def test_one_creator_wins(store):
    """Of many threads that create the same name, one wins."""

    def create(number):
        try:
            return bool(store.put("n", b"%d" % number, if_generation=0))
        except LostRace:
            return False

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(create, range(16))) == 1


def increment(store, times):
    for _ in range(times):
        while True:
            found = store.get("n")
            try:
                store.put("n", b"%d" % (int(found.data) + 1), if_generation=found.generation)
                break
            except LostRace:
                continue


OPERATIONS = st.lists(
    st.tuples(
        st.sampled_from(["put", "create", "replace", "stale", "delete", "list"]),
        st.text("ab/é", min_size=1, max_size=3),
        st.binary(max_size=3),
    ),
    max_size=30,
)


@hypothesis.settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(operations=OPERATIONS)
def test_behaves_as_a_dictionary(store, operations):
    """Any series of operations has the outcome it has on a dictionary of name to data and generation."""
    for name in names(store):
        store.delete(name)
    model = {}
    for operation, name, data in operations:
        apply(store, model, operation, name, data)
        assert names(store) == sorted(model)
        found = store.get(name)
        assert (found and (found.data, found.generation)) == model.get(name)


def apply(store, model, operation, name, data):
    if operation == "list":
        assert names(store, name) == sorted(n for n in model if n.startswith(name))
    elif operation == "delete":
        store.delete(name)
        model.pop(name, None)
    else:
        current = model.get(name, (b"", 0))[1]
        condition = {"put": None, "create": 0, "replace": current, "stale": current + 1}[operation]
        if condition in (None, current):
            model[name] = (data, store.put(name, data, if_generation=condition))
        else:
            with pytest.raises(LostRace):
                store.put(name, data, if_generation=condition)


# --- the SQLite file alone -----------------------------------------------------------------------------------------
def test_processes_lose_no_increment(tmp_path):
    """Four processes that open the same new file and increment one number lose nothing."""
    path = tmp_path / "store.sqlite"
    spawn = multiprocessing.get_context("spawn")
    workers = [spawn.Process(target=increment_in_process, args=(path, 50)) for _ in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(DEADLINE_S)
    assert [worker.exitcode for worker in workers] == [0] * 4
    assert SqliteStore(path).get("n").data == b"200"


def increment_in_process(path: Path, times: int) -> None:
    store = SqliteStore(path)
    with contextlib.suppress(LostRace):
        store.put("n", b"0", if_generation=0)
    increment(store, times)


def test_a_store_survives_a_fork(tmp_path):
    """A process that inherited an open store reads and writes on a connection of its own."""
    store = SqliteStore(tmp_path / "store.sqlite")
    store.put("n", b"0")
    child = multiprocessing.get_context("fork").Process(target=increment, args=(store, 5))
    child.start()
    child.join(DEADLINE_S)
    assert child.exitcode == 0
    assert store.get("n").data == b"5"


def test_what_was_put_survives_the_process(tmp_path):
    """A second store on the same file sees what the first wrote."""
    SqliteStore(tmp_path / "store.sqlite").put("a", b"1")
    assert SqliteStore(tmp_path / "store.sqlite").get("a").data == b"1"


def test_a_busy_file_is_unavailable(tmp_path):
    """A write that another process keeps waiting may work later; a read does not wait at all."""
    store = SqliteStore(tmp_path / "store.sqlite", busy_timeout_s=0.05)
    store.put("a", b"1")
    other = sqlite3.connect(tmp_path / "store.sqlite", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(Unavailable, match="locked"):
        store.put("a", b"2")
    assert store.get("a").data == b"1"
    other.close()
    store.put("a", b"2")


def test_a_file_that_is_no_database_is_unavailable(tmp_path):
    """A broken file gives a sentence that names it."""
    (tmp_path / "store.sqlite").write_bytes(b"no database at all" * 100)
    with pytest.raises(Unavailable, match=r"store\.sqlite"):
        SqliteStore(tmp_path / "store.sqlite").get("a")


def test_a_folder_that_cannot_be_made_is_unavailable(tmp_path):
    """A state folder below a file gives a sentence that says where it is set."""
    (tmp_path / "file").write_text("")
    with pytest.raises(Unavailable, match="KEPTN_STATE_DIR"):
        SqliteStore(tmp_path / "file" / "state" / "store.sqlite").get("a")


# --- SQLite alone -----------------------------------------------------------------------------------------------------
def test_a_file_of_an_earlier_version_is_taken_over(tmp_path: Path):
    """It had no time of writing: what is there counts as written when it was opened."""
    path = tmp_path / "store.sqlite"
    with contextlib.closing(sqlite3.connect(path)) as db, db:
        db.execute(
            "CREATE TABLE objects (generation INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL UNIQUE,"
            " data BLOB NOT NULL)"
        )
        db.execute("INSERT INTO objects (name, data) VALUES ('slots/a', 'before')")
    begin = time.time()
    with ThreadPoolExecutor(8) as pool:  # functions that start together take it over together
        stores = [SqliteStore(path) for _ in range(8)]
        assert {found.data for found in pool.map(lambda store: store.get("slots/a"), stores)} == {"before"}
    stores[0].put("slots/b", b"after")
    first, second = stores[0].written()
    assert begin <= first.at <= second.at and (first.name, second.name) == ("slots/a", "slots/b")


def test_only_what_was_not_written_again_is_forgotten(tmp_path: Path):
    """A write since the look is another generation."""
    store = SqliteStore(tmp_path / "store.sqlite")
    old = [store.put("a", b"1"), store.put("b", b"1")]
    store.put("b", b"2")
    store.forget(old)
    assert [one.name for one in store.written()] == ["b"]
    assert store.written(after=store.written()[0].generation) == []
