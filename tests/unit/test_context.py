"""The context: what a request shares with its process, and what is its own."""

from keptn.adapters.config_repo.memory import MemoryConfigRepo
from keptn.adapters.store.memory import MemoryStore
from keptn.context import Context
from keptn.settings import Settings


class CountingRepo(MemoryConfigRepo):
    """Counts what is asked of it."""

    def __init__(self) -> None:
        super().__init__()
        self.asked: list[str] = []

    def tree(self, project: str, branch: str, *, commit: str = ""):
        self.asked.append(commit[:4] or branch)
        return super().tree(project, branch, commit=commit)


def project() -> tuple[CountingRepo, Context]:
    repo = CountingRepo()
    repo.create("sockshop", {"main": {"a": b"0"}, "dev": {"a": b"0"}}, message="m")
    return repo, Context(Settings(), config_repo=repo)


def test_a_request_asks_a_branch_for_its_head_once() -> None:
    """However often it reads; the next request asks again."""
    repo, ctx = project()
    for _ in range(2):
        request = ctx.for_request()
        for branch in ("main", "dev", "main", "dev"):
            request.config_repo.tree("sockshop", branch)
    assert repo.asked == ["main", "dev", "main", "dev"]


def test_a_request_sees_one_state_of_a_branch() -> None:
    """What others commit meanwhile is the next request's; its own commit it sees."""
    _, ctx = project()
    request, other = ctx.for_request().config_repo, ctx.for_request().config_repo
    before = request.tree("sockshop", "dev")
    other.commit("sockshop", "dev", lambda _: {"a": b"1"}, message="other")
    assert request.tree("sockshop", "dev").read("a") == b"0"
    request.commit("sockshop", "dev", lambda tree: {"b": tree.read("a")}, message="own")
    after = request.tree("sockshop", "dev")
    assert (after.read("a"), after.read("b")) == (b"1", b"1")
    assert request.tree("sockshop", "dev", commit=before.commit).read("a") == b"0"


def test_the_head_is_also_known_by_its_id() -> None:
    """A pinned read at the head that was asked for costs nothing."""
    repo, ctx = project()
    request = ctx.for_request().config_repo
    head = request.tree("sockshop", "dev")
    assert request.tree("sockshop", "dev", commit=head.commit) is head
    assert repo.asked == ["dev"]


def test_a_deleted_project_is_gone_at_once() -> None:
    """Also for the request that deletes it."""
    _, ctx = project()
    request = ctx.for_request().config_repo
    request.tree("sockshop", "dev")
    request.delete("sockshop")
    request.create("sockshop", {"dev": {"a": b"2"}}, message="again")
    assert request.tree("sockshop", "dev").read("a") == b"2"
    assert [commit.message for commit in request.log("sockshop", "dev")] == ["again"]
    assert request.projects() == ["sockshop"]


def test_everything_else_is_the_process_s() -> None:
    """Adapters that keep connections are made once, also when a request asks first."""
    ctx = Context(Settings(store="memory"))
    assert isinstance(ctx.for_request().store, MemoryStore)
    assert ctx.for_request().store is ctx.store
    assert ctx.for_request().settings is ctx.settings
