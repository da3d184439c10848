"""Where a function starts: on the embedded adapters, on Cloud Storage, or on all that a cluster has.

Each makes what the function finds of a recorded state folder, anew for every start.
"""

from __future__ import annotations

import base64
import shutil
import socket
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import httpx

from keptn.context import Context
from keptn.records import objects
from keptn.settings import Settings
from tests.bench import api_server
from tests.bench.api_server import Standin
from tests.contract import gcs_server, git_hosting
from tests.world import ROOT

IN_MEMORY = {"KEPTN_PLATFORM": "memory", "KEPTN_ROUTER": "memory"}
LAUNCH = ("-m", "keptn.local.launch")


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """opened: makes the place of a state folder and gives a function's settings. launch: what Python is told to run.

    budget: of a cold start, against a hello-world.
    """

    name: str
    budget: float
    opened: Callable[[Path], AbstractContextManager[Mapping[str, str]]]
    launch: Sequence[str] = LAUNCH


EMBEDDED = Place(name="", budget=1.6, opened=lambda state: nullcontext(IN_MEMORY))


@contextmanager
def in_a_cluster(folder: Path) -> Iterator[Sequence[Place]]:
    """With Cloud Storage alone, and with the rest; none where this machine lacks fake-gcs-server or openssl."""
    fake = shutil.which("fake-gcs-server")
    if not (fake and shutil.which("openssl")):
        print("cold starts with Cloud Storage need fake-gcs-server and openssl on the PATH", file=sys.stderr)
        yield ()
        return
    (mount := folder / "mount").mkdir()
    with api_server.standing_in(mount) as standin, git_hosting.serve(folder / "hosting", port=_free_port()) as git:

        @contextmanager
        def with_all(state: Path) -> Iterator[Mapping[str, str]]:
            shutil.rmtree(git.folder, ignore_errors=True)
            shutil.copytree(state / "repos", git.folder)
            url = f"http://127.0.0.1:{git.port}/{{project}}.git"
            known = [objects.project(one.stem) for one in git.folder.iterdir()]
            with _bucket(fake, state, known) as settings:
                yield {**settings, **_in_cluster(state, standin), "KEPTN_CONFIG_REPO": "remote", "KEPTN_GIT_URL": url}

        pod = (str(Path(__file__).parent / "as_pod.py"), standin.url, str(mount))
        yield (
            Place(name=", Cloud Storage", budget=2.2, opened=partial(_bucket, fake)),
            Place(name=", Cloud Storage, Git server, Kubernetes", budget=3.2, opened=with_all, launch=pod),
        )


@contextmanager
def _bucket(fake: str, state: Path, more: Sequence[str] = ()) -> Iterator[Mapping[str, str]]:
    """A server with what the embedded store holds; more: names of further objects."""
    store = Context(Settings(state_dir=state)).store
    with gcs_server.fake(fake, port=_free_port()) as port:
        at, bucket = f"http://127.0.0.1:{port}", gcs_server.BUCKET
        with httpx.Client(base_url=at, trust_env=False) as client:
            for name in (*store.list("", limit=100_000).names, *more):
                found, query = store.get(name), {"uploadType": "media", "name": name}
                data = found.data if found else b"{}"
                client.post(f"/upload/storage/v1/b/{bucket}/o", params=query, content=data).raise_for_status()
        yield {**IN_MEMORY, "KEPTN_STORE": "gcs", "KEPTN_BUCKET": bucket, "STORAGE_EMULATOR_HOST": at}


def _in_cluster(state: Path, standin: Standin) -> Mapping[str, str]:
    """The folder's secrets, a Gateway, and nothing else."""
    standin.objects.clear()
    secrets = {
        folder.name: {file.name: file.read_text() for file in folder.iterdir()}
        for folder in (state / "secrets").iterdir()
    }
    for name, values in {**secrets, "git": git_hosting.LOGIN}.items():
        data = {key: base64.b64encode(value.encode()).decode() for key, value in values.items()}
        standin.keep(f"/api/v1/namespaces/keptn-secrets/secrets/{name}", {"metadata": {"name": name}, "data": data})
    source = {"clock-source.yaml": (ROOT / "knative/base/clock-source.yaml").read_text()}
    named = {"metadata": {"name": "keptn-clock-source"}, "data": source}
    standin.keep("/api/v1/namespaces/keptn/configmaps/keptn-clock-source", named)
    listener = {"name": "http", "protocol": "HTTP", "port": 80, "allowedRoutes": {"namespaces": {"from": "All"}}}
    gateway = {"metadata": {"name": "keptn", "namespace": "keptn"}, "spec": {"listeners": [listener]}}
    standin.keep("/apis/gateway.networking.k8s.io/v1/namespaces/keptn/gateways/keptn", gateway)
    names = dict.fromkeys(("PLATFORM", "SECRETS", "LOGS"), "kubernetes") | {
        "ROUTER": "gateway_api",
        "WAKE_UP": "pingsource",
    }
    chosen = {f"KEPTN_{port}": name for port, name in names.items()}
    return {**chosen, "KEPTN_GATEWAY_ADDRESS": standin.gateway}


def _free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])
