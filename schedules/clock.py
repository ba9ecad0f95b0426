"""The clock: a handful of fixed jobs, whatever the number of people."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime

import structlog
from apscheduler.schedulers.asyncio import AsyncIOScheduler

from bot.domain.instants import Now

log = structlog.get_logger()


@dataclass(frozen=True, kw_only=True, slots=True)
class Job:
    """Something done every so many seconds; `work` returns when it is done."""

    name: str
    seconds: float
    work: Callable[[], Awaitable[object]]


class Clock:
    """Runs the jobs; one run of a job at a time, late runs fall together. Remembers when each last worked."""

    def __init__(self, jobs: list[Job], *, now: Now) -> None:
        """Take the jobs; nothing runs yet."""
        self.jobs = {job.name: job for job in jobs}
        self.worked: dict[str, datetime] = {}
        self._now = now
        self._scheduler = AsyncIOScheduler(timezone="UTC")
        self._running: set[asyncio.Task[None]] = set()

    def start(self) -> None:
        """Start all jobs, each at once for the first time."""
        for job in self.jobs.values():
            self._scheduler.add_job(
                self._run,
                "interval",
                args=[job],
                id=job.name,
                seconds=job.seconds,
                max_instances=1,
                coalesce=True,
                misfire_grace_time=None,
            )
        self._scheduler.start()
        for name in self.jobs:
            self.soon(name)

    def soon(self, name: str) -> None:
        """Run a job as soon as the loop gets to it, unless it is running."""
        job = self.jobs.get(name)
        if job is None or any(task.get_name() == name for task in self._running):
            return
        task = asyncio.create_task(self._run(job), name=name)
        self._running.add(task)
        task.add_done_callback(self._running.discard)

    async def stop(self) -> None:
        """Start nothing more and wait for what runs."""
        if self._scheduler.running:
            self._scheduler.shutdown(wait=False)
        if self._running:
            await asyncio.wait(self._running, timeout=2.0)

    def ticking(self, within: float) -> bool:
        """Tell whether every job has worked within its time and `within` seconds more."""
        now = self._now()
        return all(
            name in self.worked and (now - self.worked[name]).total_seconds() <= job.seconds + within
            for name, job in self.jobs.items()
        )

    async def _run(self, job: Job) -> None:
        try:
            await job.work()
        except Exception as error:
            log.error("job_failed", job=job.name, error=type(error).__name__)
        else:
            self.worked[job.name] = self._now()
