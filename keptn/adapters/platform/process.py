"""Workloads as processes of this machine: the platform of the embedded runtime.

A workload outlives the function that started it, and the runtime. Any process that opens the same state folder finds it
again, by pid and start time, or by a mark in its environment if its starter died before it wrote the pid down. The
runtime calls `reconcile` each second; it restarts what died.
"""

from __future__ import annotations

import hashlib
import json
import logging
import os
import sys
import time
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import ClassVar

from keptn.adapters.machine import detached_process, locked_json
from keptn.adapters.machine.detached_process import DetachedProcess
from keptn.adapters.machine.port_book import HOST, PortBook
from keptn.adapters.platform import runnable, workload_record, workload_secrets
from keptn.adapters.platform.readiness import is_ready
from keptn.adapters.platform.runnable import Runnable
from keptn.adapters.platform.workload_record import ScopeRecord, WorkloadRecord
from keptn.adapters.registry import image_folder
from keptn.errors import KeptnError, Late, Refused
from keptn.events import Scope
from keptn.ports import Endpoint, Manifest
from keptn.settings import Settings

STOP_S = 10.0
"""How long a workload may take to end after SIGTERM."""
RAN_WELL_S = 60.0
"""A workload that ran this long starts its back-off anew."""
LONGEST_PAUSE_S = 60.0
GIVEN_UP_AFTER = 3
"""So many restarts without ever being ready, and it cannot come up."""
LARGEST_LOG_BYTES = 10_000_000
PASSED_ON = ("HOME", "LANG", "LC_ALL", "TMPDIR", "TZ", "USER")
"""What a workload gets of our environment; nothing else, for it may hold secrets."""

log = logging.getLogger("keptn")


@dataclass(frozen=True, slots=True)
class _Held:
    """The record of a scope while its lock is held."""

    file: Path
    lock: int
    record: ScopeRecord


class ProcessPlatform:
    """state_dir: folder of the embedded adapters; images are in it."""

    poll_s: ClassVar[float] = 0.05

    def __init__(self, state_dir: Path) -> None:
        self._state_dir = state_dir.resolve()
        self._ports = PortBook(self._state_dir)

    @classmethod
    def open(cls, *, settings: Settings) -> ProcessPlatform:
        return cls(settings.state_dir)

    def prepare(self, project: str, stage: str) -> None:
        """Nothing: folders are made when they are needed."""

    def apply(self, scope: Scope, colour: str, *, manifests: Sequence[Manifest], revision: int) -> None:
        """Raises Late; Refused: no such image, other content than announced, a secret that is not there."""
        with self._held(scope, revision=revision) as held:
            wanted, known = runnable.read(manifests), held.record.colours.get(colour)
            if known and known.runs(wanted) and known.process.alive:
                return
            content = image_folder.unpack(self._state_dir, wanted.image, wanted.digest)
            image_folder.web_command(content, wanted.image)
            record = known if known and known.runs(wanted) else self._fresh(scope, colour, wanted)
            self._environment(record)
            if known and not known.runs(wanted):
                detached_process.stop(known.process, timeout_s=STOP_S)
            self._start(held, colour, record)
        self._forget_old_images()

    def warnings(self, manifests: Sequence[Manifest]) -> Sequence[str]:
        """One sentence with all that a process of this machine runs without."""
        missing = runnable.left_out(manifests)
        where = "as a process of this machine it runs without"
        return [f"{where} {', '.join(missing)} (docs/services.md)"] if missing else []

    def endpoint(self, scope: Scope, colour: str) -> Endpoint | None:
        known = workload_record.read(workload_record.file(self._state_dir, scope), scope).colours.get(colour)
        if known is None:
            return None
        if not known.ready and (known.restarts >= GIVEN_UP_AFTER or not known.process.alive):
            raise Refused(f"{known.image} exited before it was ready in {scope}; {self._last_words(scope, colour)}")
        endpoint = Endpoint(host=HOST, port=known.port)
        if not known.process.alive or not is_ready(endpoint, health=known.health):
            return None
        if not known.ready:
            self._mark_ready(scope, colour, known)
        return endpoint

    def remove(self, scope: Scope, colour: str, *, revision: int) -> None:
        with self._held(scope, revision=revision) as held:
            self._stop(held.record, colour)
            _write(held, {name: record for name, record in held.record.colours.items() if name != colour})

    def remove_all(self, project: str, *, service: str = "") -> None:
        for path, record in list(workload_record.all_files(self._state_dir)):
            scope = record.scope
            if scope.project == project and service in ("", scope.service):
                with locked_json.locked(path):
                    for colour in workload_record.read(path, scope).colours:
                        self._stop(record, colour)
                    path.unlink(missing_ok=True)
                self._ports.forget(f"workload/{scope}/")

    def logs(self, scope: Scope, colour: str, *, lines: int = 100) -> Sequence[str]:
        try:
            with workload_record.log_file(self._state_dir, scope, colour).open(errors="replace") as file:
                return [line.rstrip("\n") for line in deque(file, maxlen=lines)]
        except FileNotFoundError:
            return []

    def reconcile(self) -> None:
        """Start again what died, each time after a longer pause. Cheap when nothing died; never waits for a lock."""
        for path, seen in workload_record.all_files(self._state_dir):
            if all(record.process.alive for record in seen.colours.values()):
                continue
            with locked_json.locked_if_free(path) as lock:
                if lock is not None:
                    self._revive(_Held(path, lock, workload_record.read(path, seen.scope)))

    def stop_all(self) -> None:
        """Stop every workload; the next `reconcile` (of a new runtime) starts them again."""
        for path, seen in list(workload_record.all_files(self._state_dir)):
            try:
                self._stop_scope(path, seen.scope)
            except KeptnError as exc:  # no room to write it down, say: it is stopped, and so are the others
                log.warning("it is not written down that %s was stopped: %s", seen.scope, exc)

    def _stop_scope(self, path: Path, scope: Scope) -> None:
        with locked_json.locked(path) as lock:
            held = _Held(path, lock, workload_record.read(path, scope))
            for colour in held.record.colours:
                self._stop(held.record, colour)
            stopped = {c: replace(r, pid=0, started="", restarts=0, since=0.0) for c, r in held.record.colours.items()}
            _write(held, stopped)

    @contextmanager
    def _held(self, scope: Scope, *, revision: int) -> Iterator[_Held]:
        """The lock of a scope, after the fence. The revision counts from here on, whatever becomes of the call."""
        path = workload_record.file(self._state_dir, scope)
        with locked_json.locked(path) as lock:
            record = workload_record.read(path, scope)
            if revision < record.revision:
                raise Late(
                    f"revision {revision} of {scope} is older than revision {record.revision}, which runs; "
                    "nothing was done"
                )
            if revision > record.revision:
                record = replace(record, revision=revision)
                workload_record.write(path, record)
            yield _Held(path, lock, record)

    def _forget_old_images(self) -> None:
        records = [record for _, record in workload_record.all_files(self._state_dir)]
        in_use = {workload.digest for record in records for workload in record.colours.values()}
        image_folder.forget_oldest(self._state_dir, in_use=in_use)

    def _fresh(self, scope: Scope, colour: str, wanted: Runnable) -> WorkloadRecord:
        return WorkloadRecord(
            image=wanted.image,
            digest=wanted.digest,
            env=dict(wanted.env),
            secrets=dict(wanted.secrets),
            namespace=wanted.namespace,
            health=wanted.health,
            port=self._ports.port(f"workload/{scope}/{colour}", must_be_free=True),
        )

    def _start(self, held: _Held, colour: str, record: WorkloadRecord) -> None:
        """Write down what shall run, adopt or start it, write down its process."""
        scope = held.record.scope
        _write(held, {**held.record.colours, colour: replace(record, pid=0, started="")})
        mark = _mark(self._state_dir, scope, colour, record)
        process = self._adopted(scope, colour, mark) or self._spawn(held, colour, record, mark)
        running = replace(record, pid=process.pid, started=process.started, since=time.time())
        _write(held, {**held.record.colours, colour: running})

    def _adopted(self, scope: Scope, colour: str, mark: str) -> DetachedProcess | None:
        """The process of this very version if there is one; any other of the colour is stopped."""
        adopted = None
        for process, found in detached_process.marked(_mark_of_colour(self._state_dir, scope, colour)).items():
            if found == mark and adopted is None:
                adopted = process
            else:
                detached_process.stop(process, timeout_s=STOP_S)
        return adopted

    def _spawn(self, held: _Held, colour: str, record: WorkloadRecord, mark: str) -> DetachedProcess:
        content = image_folder.unpack(self._state_dir, record.image, record.digest)
        output = workload_record.log_file(self._state_dir, held.record.scope, colour)
        if output.exists() and output.stat().st_size > LARGEST_LOG_BYTES:
            output.replace(output.with_suffix(".log.1"))
        return detached_process.start(
            ["/bin/sh", "-c", image_folder.web_command(content, record.image)],
            mark=mark,
            env=self._environment(record),
            cwd=content,
            log=output,
            lock=held.lock,
        )

    def _environment(self, record: WorkloadRecord) -> dict[str, str]:
        """PATH begins with this interpreter's folder, so that `python` in a Procfile is a Python that is there.

        Raises Refused: a secret is not there.
        """
        ours = {name: os.environ[name] for name in PASSED_ON if name in os.environ}
        path = os.pathsep.join((str(Path(sys.executable).parent), os.environ.get("PATH", os.defpath)))
        secrets = workload_secrets.read(self._state_dir, record.namespace, record.secrets)
        return {**ours, "PATH": path, **record.env, **secrets, "PORT": str(record.port)}

    def _stop(self, record: ScopeRecord, colour: str) -> None:
        """Stop the recorded process, and one whose starter died before it was recorded."""
        if known := record.colours.get(colour):
            detached_process.stop(known.process, timeout_s=STOP_S)
            if not known.started:
                self._adopted(record.scope, colour, "")

    def _revive(self, held: _Held) -> None:
        for colour, record in held.record.colours.items():
            if record.process.alive or time.time() < record.since + _pause_s(record):
                continue
            restarted = replace(record, restarts=_restarts(record), since=time.time())
            now = replace(held, record=workload_record.read(held.file, held.record.scope))
            try:
                self._start(now, colour, restarted)
            except KeptnError as exc:  # the others shall start all the same
                log.warning("%s %s cannot be started again: %s", held.record.scope, colour, exc)

    def _mark_ready(self, scope: Scope, colour: str, seen: WorkloadRecord) -> None:
        path = workload_record.file(self._state_dir, scope)
        with locked_json.locked(path) as lock:
            held = _Held(path, lock, workload_record.read(path, scope))
            if held.record.colours.get(colour) == seen:
                _write(held, {**held.record.colours, colour: replace(seen, ready=True)})

    def _last_words(self, scope: Scope, colour: str) -> str:
        lines = self.logs(scope, colour, lines=1)
        return f"its log ends with: {lines[0][:200]}" if lines else "its log is empty"


def _write(held: _Held, colours: Mapping[str, WorkloadRecord]) -> None:
    workload_record.write(held.file, replace(held.record, colours=colours))


def _restarts(record: WorkloadRecord) -> int:
    """How many there have been, this one included; one that was stopped on purpose counts as none."""
    if not record.since:
        return 0
    return 1 if time.time() - record.since > RAN_WELL_S else record.restarts + 1


def _pause_s(record: WorkloadRecord) -> float:
    """Before the next restart; none before the first."""
    return min(float(2**record.restarts), LONGEST_PAUSE_S) if record.restarts else 0.0


def _mark_of_colour(state_dir: Path, scope: Scope, colour: str) -> str:
    whose = hashlib.sha256(json.dumps([str(state_dir), str(scope), colour]).encode()).hexdigest()
    return f"workload-{whose[:24]}-"


def _mark(state_dir: Path, scope: Scope, colour: str, record: WorkloadRecord) -> str:
    env = sorted({**record.env, **record.secrets}.items())
    what = json.dumps([record.image, record.digest, env, record.health, record.port])
    return _mark_of_colour(state_dir, scope, colour) + hashlib.sha256(what.encode()).hexdigest()[:24]
