"""Trouble a stand-in provider makes when a test asks for it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass

from starlette.requests import Request

from tests.fakes.serving import DROP


@dataclass(frozen=True, kw_only=True)
class Trouble:
    """What becomes of one send instead of a plain answer.

    `stored`: the provider kept the message before things went wrong. `hangs`: no answer until the
    client gives up. `drops`: the connection is cut. Otherwise `status` (and `code`) is the answer.
    """

    status: int = 500
    code: int = 0
    retry_after: int | None = None
    stored: bool = False
    hangs: bool = False
    drops: bool = False
    migrated_to: int | None = None


def rate_limited(seconds: int) -> Trouble:
    """Answer 429 and ask for a pause."""
    return Trouble(status=429, code=20429, retry_after=seconds)


def broken(*, stored: bool = False, status: int = 500) -> Trouble:
    """Answer 5xx, having kept the message or not."""
    return Trouble(status=status, stored=stored)


def hung(*, stored: bool = False) -> Trouble:
    """Never answer."""
    return Trouble(hangs=True, stored=stored)


def dropped(*, stored: bool = False) -> Trouble:
    """Cut the connection after the request was read."""
    return Trouble(drops=True, stored=stored)


def refused(status: int, code: int) -> Trouble:
    """Answer with a provider's error."""
    return Trouble(status=status, code=code)


async def suffer(request: Request, trouble: Trouble) -> None:
    """Play out a trouble that gives no answer; return when the connection is gone."""
    if trouble.hangs:
        while (await request.receive())["type"] != "http.disconnect":
            pass
        return
    drop: Callable[[], None] = request.scope[DROP]
    drop()
    await asyncio.sleep(0)
