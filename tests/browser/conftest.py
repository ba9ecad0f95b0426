"""A real browser on a real demo; skipped with the reason where there is no Chromium."""

from __future__ import annotations

import asyncio
import os
import queue
import shutil
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, BrowserContext, Error, Page, sync_playwright

from bot.commands.demo import run_demo

REQUIRED = "HANDRAIL_REQUIRE_BROWSER"
PATIENCE = 10_000  # milliseconds a loaded machine may take to show something


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    """Start Chromium. For this package only: while Playwright is on, no other test can run a loop."""
    path = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if path is None:
        _without("Chromium is not installed: apt-get install -y --no-install-recommends chromium")
    with sync_playwright() as playwright:
        try:
            browser = playwright.chromium.launch(executable_path=path)
        except Error as error:
            _without(f"Chromium does not start: {error.message.splitlines()[0]}")
        yield browser
        browser.close()


def _without(reason: str) -> None:
    if os.environ.get(REQUIRED) == "1":
        pytest.fail(f"{REQUIRED}=1, and {reason}")
    pytest.skip(f"{reason} ({REQUIRED}=1 makes this a failure)")


@pytest.fixture(scope="package")
def address(browser: Browser) -> Iterator[str]:
    """Serve the demo on a free port in a thread of its own; return its address."""
    told: queue.Queue[str] = queue.Queue()
    handles: queue.Queue[tuple[asyncio.AbstractEventLoop, asyncio.Event]] = queue.Queue()

    async def serve() -> None:
        ended = asyncio.Event()
        handles.put((asyncio.get_running_loop(), ended))
        await run_demo(0, tell=told.put, ended=ended)

    thread = threading.Thread(target=asyncio.run, args=(serve(),))
    thread.start()
    loop, ended = handles.get(timeout=30)
    try:
        yield told.get(timeout=30).split()[-1]
    finally:
        loop.call_soon_threadsafe(ended.set)
        thread.join(timeout=10)
    assert not thread.is_alive(), "the demo did not end"


@dataclass(kw_only=True)
class Complaints:
    """What must never happen while a page is open."""

    heard: list[str] = field(default_factory=list)

    def watch(self, page: Page) -> None:
        """Listen to the page's console, its errors and its requests."""
        page.on("console", lambda message: self._console(message.type, message.text))
        page.on("pageerror", lambda error: self.heard.append(f"page error: {error}"))
        page.on("request", lambda request: self._request(request.url))

    def _console(self, kind: str, text: str) -> None:
        if kind in ("error", "warning"):
            self.heard.append(f"console: {text}")

    def _request(self, url: str) -> None:
        if urlsplit(url).hostname not in ("127.0.0.1", None):
            self.heard.append(f"a request left this machine: {url}")


@pytest.fixture
def context(browser: Browser, address: str) -> Iterator[BrowserContext]:
    """Open a browser window of 1280 by 900 on a fresh world."""
    context = browser.new_context(viewport={"width": 1280, "height": 900}, color_scheme="light")
    context.set_default_timeout(PATIENCE)
    context.request.post(f"{address}/reset", data={})
    yield context
    context.close()


@pytest.fixture
def page(context: BrowserContext, address: str) -> Iterator[Page]:
    """Open the simulator; fail on policy violations, page errors and requests that leave the machine."""
    page = context.new_page()
    complaints = Complaints()
    complaints.watch(page)
    page.goto(address)
    page.wait_for_selector("#participant .shortcuts button")
    yield page
    assert complaints.heard == []
