"""JobSinks: one Job per event, run as a subprocess, started again after a failure or a restart of the runtime.

As Knative's JobSink: the Job's name is a hash of (sink, source, id), so a duplicate starts no second Job; the event
lies as structured JSON in the file `event` of the folder `K_EVENT_PATH`; a Job is repeated `backoffLimit` times, and
its runs together have `activeDeadlineSeconds`. One that has failed for good tells nobody: its task ends by its timeout.
"""

from __future__ import annotations

import asyncio
import hashlib
import logging
import os
import shutil
import signal
import sys
from asyncio.subprocess import DEVNULL
from collections.abc import Mapping
from pathlib import Path

from keptn.adapters.machine import disk
from keptn.errors import KeptnError, Refused
from keptn.local import envelope, log_file
from keptn.local.complaints import Complaints
from keptn.local.envelope import Envelope
from keptn.local.environment import Environment
from keptn.local.host import signal_group
from keptn.local.job_table import Job, JobTable
from keptn.local.places import Places
from keptn.local.wiring import JobSink

FIRST_REPEAT_S = 1.0
LONGEST_REPEAT_S = 360.0
"""Waits between repeats: 1 s, 2 s, 4 s … Kubernetes begins with 10 s; whoever sits before a laptop does not wait so."""
PAUSE_S = 5.0
"""After a failure that is not the Job's, seconds."""
log = logging.getLogger("keptn.local")


class Jobs:
    """Runs the Jobs of all JobSinks."""

    def __init__(
        self,
        sinks: Mapping[str, JobSink],
        table: JobTable,
        *,
        places: Places,
        environment: Environment,
        first_repeat_s: float = FIRST_REPEAT_S,
    ) -> None:
        self._sinks, self._table, self._places, self._environment = sinks, table, places, environment
        self._first_repeat_s, self._complaints = first_repeat_s, Complaints()
        self._tasks: set[asyncio.Task[None]] = set()

    def start(self, sink: str, event: Envelope) -> None:
        """Start a Job for the event, once. Raises Refused if there is no such JobSink."""
        if sink not in self._sinks:
            raise Refused(f"there is no JobSink {sink!r}; there are: {', '.join(sorted(self._sinks)) or 'none'}")
        name = job_name(sink, event)
        if job := self._table.create(name, sink=sink, event=envelope.structured(event)):
            self._follow(job)

    def resume(self) -> None:
        """Start again what an earlier process left unfinished."""
        for job in self._table.unfinished():
            self._follow(job)

    async def stop(self) -> None:
        """Stop all Jobs; they stay unfinished in the table."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _follow(self, job: Job) -> None:
        task = asyncio.get_running_loop().create_task(self._carry(job))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _carry(self, job: Job) -> None:
        """Run it to its end; where there is no room for that, wait for it."""
        while True:
            try:
                await self._run(job)
                return
            except (KeptnError, OSError) as exc:
                self._complaints.say(f"Job {job.name} waits: {exc}")
                await asyncio.sleep(PAUSE_S)

    async def _run(self, job: Job) -> None:
        sink = self._sinks.get(job.sink)
        if sink is None:
            log.error("Job %s is dropped: JobSink %s is in no manifest any more", job.name, job.sink)
            self._table.end(job.name)
            return
        try:
            async with asyncio.timeout(sink.deadline_s):
                succeeded = await self._repeated(job, sink)
        except TimeoutError:
            log.warning("Job %s has reached its deadline, activeDeadlineSeconds %g", job.name, sink.deadline_s)
            succeeded = False
        if not succeeded:
            log.error("Job %s has failed for good; see %s. The task ends by its timeout", job.name, self._log(sink))
        self._table.end(job.name)
        shutil.rmtree(self._folder(job), ignore_errors=True)

    async def _repeated(self, job: Job, sink: JobSink) -> bool:
        """Run it until it succeeds; False when it may not be repeated any more."""
        for failed in range(job.failed, sink.backoff_limit + 1):
            code = await self._once(job, sink)
            if code == 0:
                return True
            self._table.count_failure(job.name)
            log.warning("Job %s ended with %s (failure %d of %d)", job.name, code, failed + 1, sink.backoff_limit + 1)
            if failed < sink.backoff_limit:
                await asyncio.sleep(min(self._first_repeat_s * 2**failed, LONGEST_REPEAT_S))
        return False

    async def _once(self, job: Job, sink: JobSink) -> int:
        """Run it; its exit code."""
        folder = self._folder(job)
        folder.mkdir(parents=True, exist_ok=True)
        with disk.named(folder):
            (folder / "event").write_bytes(job.event)
        with log_file.opened(self._log(sink)) as output:
            process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-m", "keptn.local.launch", str(os.getpid()), "command", *_command(sink)),
                env=self._environment.of(sink.env, sink=sink.sink, K_EVENT_PATH=str(folder)),
                cwd=self._places.root,
                stdin=DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
            )
        try:
            return await process.wait()
        finally:
            if process.returncode is None:
                signal_group(process.pid, signal.SIGKILL)
                await process.wait()

    def _folder(self, job: Job) -> Path:
        return self._places.state_dir / "jobs" / job.name

    def _log(self, sink: JobSink) -> Path:
        return self._places.logs / f"{sink.name}.log"


def job_name(sink: str, event: Envelope) -> str:
    """The same for every duplicate. Source: knative eventing, pkg/jobsink (hash of sink, source and id)."""
    identity = "\x1f".join((sink, event.attributes["source"], event.attributes["id"]))
    return f"{sink}-{hashlib.sha256(identity.encode()).hexdigest()[:32]}"


def _command(sink: JobSink) -> list[str]:
    """The container's command with this Python for the image's."""
    first, *arguments = sink.command
    return [sys.executable if first in ("python", "python3") else first, *arguments]
