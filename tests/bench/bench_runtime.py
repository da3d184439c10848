"""The local runtime: how many events its Broker carries, and what it costs when nothing happens."""

from __future__ import annotations

import os
import tempfile
import time
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx

from tests.bench.row import Row
from tests.local_runtime import LocalRuntime
from tests.subscriber import listening
from tests.waiting import until

EVENTS = 400
SENDERS = 4
IDLE_S = float(os.environ.get("KEPTN_BENCH_IDLE_S", "60"))
BROKER = "apiVersion: eventing.knative.dev/v1\nkind: Broker\nmetadata: {name: default}\n"
TRIGGER = """---
apiVersion: eventing.knative.dev/v1
kind: Trigger
metadata: {name: NAME}
spec: {broker: default, subscriber: {uri: URL/NAME}}
"""


def rows() -> Iterator[Row]:
    yield from _throughput()
    with tempfile.TemporaryDirectory() as folder, _runtime(Path(folder), BROKER, workloads=True) as runtime:
        assert runtime.process
        time.sleep(2)  # the start is not idleness
        before, begin = _cpu_s(runtime.process.pid), time.monotonic()
        time.sleep(IDLE_S)
        share = (_cpu_s(runtime.process.pid) - before) / (time.monotonic() - begin)
        yield Row(
            what=f"idle for {IDLE_S:g} s, Envoy apart, percent of a core", measured=share * 100, was=0.35, budget=0.5
        )


def _throughput() -> Iterator[Row]:
    """Durable, one event to three Triggers. The subscriber and the senders share the cores with the Broker."""
    with listening() as (subscriber, url), tempfile.TemporaryDirectory() as folder:
        direct_s = _send_all(f"{url}/direct")
        wiring = BROKER + "".join(TRIGGER.replace("NAME", name).replace("URL", url) for name in ("a", "b", "c"))
        with _runtime(Path(folder), wiring) as runtime:
            begin = time.perf_counter()
            accepted_s = _send_all(runtime.broker_url)
            until(lambda: len(subscriber.heard) >= EVENTS * 4, what="all deliveries", deadline_s=120)
            delivered_s = time.perf_counter() - begin
    yield Row(what="Broker: events accepted per second", measured=EVENTS / accepted_s)
    yield Row(what="Broker: events delivered to three Triggers per second", measured=EVENTS / delivered_s)
    yield Row(what="Broker: one delivery against one direct request, ratio", measured=delivered_s / 3 / direct_s)


def _send_all(url: str) -> float:
    def send(number: int) -> None:
        core = {"specversion": "1.0", "id": str(uuid.uuid4()), "source": "bench", "type": f"bench.{number}"}
        headers = {f"ce-{name}": value for name, value in core.items()} | {"content-type": "application/json"}
        client.post(url, headers=headers, content=b'{"a": 1}').raise_for_status()

    with httpx.Client(trust_env=False, timeout=30) as client, ThreadPoolExecutor(SENDERS) as pool:
        begin = time.perf_counter()
        list(pool.map(send, range(EVENTS)))
        return time.perf_counter() - begin


def _runtime(root: Path, wiring: str, *, workloads: bool = False) -> LocalRuntime:
    (root / "knative" / "base").mkdir(parents=True)
    (root / "knative" / "base" / "all.yaml").write_text(wiring)
    return LocalRuntime(root, workloads=workloads)


def _cpu_s(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
