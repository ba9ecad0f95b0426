"""The program as its user starts it: `python -m bot …` in a process of its own, in real time."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import socket
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

HOUSE = Path(__file__).parent.parent.parent
PATIENCE = 20.0  # seconds a loaded machine may take to start Python and everything it imports
LOOK = 0.05  # seconds between looks at something that does not tell


class Program:
    """Runs commands in one directory with one set of settings."""

    def __init__(self, directory: Path, settings: Mapping[str, str]) -> None:
        """Take where to run and with which HANDRAIL_ settings."""
        self._directory = directory
        kept = {name: value for name, value in os.environ.items() if not name.startswith("HANDRAIL_")}
        self._environment = {**kept, **settings, "PYTHONPATH": str(HOUSE)}

    async def does(self, *arguments: str) -> str:
        """Run a command to its end; return what it printed. It must succeed."""
        process = await self._start(*arguments)
        async with asyncio.timeout(PATIENCE):
            out, err = await process.communicate()
        assert process.returncode == 0, err.decode()
        return out.decode()

    async def runs(self, port: int) -> Running:
        """Start `run` and return when it listens."""
        running = Running(await self._start("run", "--port", str(port)))
        await running.logs('"listening"')
        return running

    async def _start(self, *arguments: str) -> asyncio.subprocess.Process:
        return await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "bot",
            *arguments,
            cwd=self._directory,
            env=self._environment,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )


class Running:
    """One running program and its log."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        """Begin to read its log."""
        self.log: list[str] = []
        self._process = process
        self._news = asyncio.Event()
        self._reading = asyncio.create_task(self._read())

    async def logs(self, part: str) -> None:
        """Wait for a line of the log that holds `part`."""
        async with asyncio.timeout(PATIENCE):
            while not any(part in line for line in self.log):
                self._news.clear()
                assert self._process.returncode is None, "".join(self.log)
                await self._news.wait()

    async def killed(self) -> None:
        """Kill it outright, as a power cut does."""
        self._process.kill()
        await self._ended()

    async def told_to_end(self) -> int:
        """Send SIGTERM; return the exit code. Raises TimeoutError after five seconds."""
        self._process.send_signal(signal.SIGTERM)
        async with asyncio.timeout(5):
            return await self._process.wait()

    async def close(self) -> None:
        """Leave nothing running behind."""
        with contextlib.suppress(ProcessLookupError):
            self._process.kill()
        await self._ended()

    async def _ended(self) -> None:
        await self._process.wait()
        await self._reading

    async def _read(self) -> None:
        assert self._process.stderr is not None
        async for line in self._process.stderr:
            self.log.append(line.decode())
            self._news.set()
        self._news.set()


def free_port() -> int:
    """Return a port of this machine that nobody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        return int(taken.getsockname()[1])


async def until(happened: Callable[[], bool], *, within: float = 10.0) -> None:
    """Wait until something that gives no sign has happened. Raises TimeoutError."""
    async with asyncio.timeout(within):
        while not happened():  # noqa: ASYNC110 - another process did it; there is no event
            await asyncio.sleep(LOOK)
