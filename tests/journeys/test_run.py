"""`handrail run` as a process of its own: it starts, answers, and ends cleanly when it is told to."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from bot.store.vault import new_ring_key

ROOT = Path(__file__).parents[2]


class Process:
    """A running `handrail run` with its log."""

    def __init__(self, folder: Path, *words: str, **settings: str) -> None:
        """Start it in an empty folder."""
        environment = {**os.environ, "PYTHONPATH": str(ROOT), "HANDRAIL_KEYS": new_ring_key(), **settings}
        self.child = subprocess.Popen(
            [sys.executable, "-m", "bot", "run", *words],
            cwd=folder,
            env=environment,
            stderr=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self.log: list[dict[str, object]] = []

    def reaches(self, event: str) -> dict[str, object]:
        """Read the log up to an event; every line of it must be JSON."""
        assert self.child.stderr is not None
        for line in self.child.stderr:
            self.log.append(json.loads(line))
            if self.log[-1]["event"] == event:
                return self.log[-1]
        raise AssertionError(f"it ended without {event}")

    def ends(self, number: signal.Signals) -> tuple[int, float]:
        """Send a signal; return the exit code and the seconds it took."""
        began = time.monotonic()
        self.child.send_signal(number)
        self.child.communicate(timeout=20)
        return self.child.returncode, time.monotonic() - began


@pytest.fixture
def started(tmp_path: Path) -> Iterator[list[Process]]:
    """Return a list whose processes are ended at the end."""
    processes: list[Process] = []
    yield processes
    for process in processes:
        if process.child.poll() is None:
            process.child.kill()
            process.child.communicate()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_starts_answers_and_ends(tmp_path: Path, started: list[Process], number: signal.Signals) -> None:
    """On SQLite without any provider: healthy, ready, and gone within 5 seconds with exit code 0."""
    process = Process(tmp_path, "--port", "0")
    started.append(process)
    url = f"http://127.0.0.1:{process.reaches('listening')['port']}"
    assert any(line["event"] == "no_provider" for line in process.log)
    with httpx.Client(base_url=url, timeout=10, trust_env=False) as client:
        assert client.get("/healthz").text == "ok\n"
        ready = {}
        for _ in range(100):  # the first tick of each job
            ready = client.get("/readyz").json()
            if ready["ready"]:
                break
        assert ready["ready"], ready
        assert client.get("/healthz").headers.get("server") is None
        code, seconds = process.ends(number)  # with a connection still open
    assert code == 0
    assert seconds < 5


def test_a_worker_needs_no_port(tmp_path: Path, started: list[Process]) -> None:
    """A worker listens nowhere unless it is told to, so that many fit on one machine."""
    process = Process(tmp_path, "--role", "worker")
    started.append(process)
    process.reaches("started")
    assert not any(line["event"] == "listening" for line in process.log)
    assert process.ends(signal.SIGTERM)[0] == 0
