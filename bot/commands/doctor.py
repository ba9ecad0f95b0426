"""`handrail doctor`: what is missing or wrong, one line each with its mend. Changes nothing."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import asdict

from pydantic import SecretStr

from bot.app import App, make_app
from bot.commands.check_database import check_locks, check_reachable
from bot.commands.check_programme import check_programmes
from bot.commands.check_providers import check_public_url, check_telegram, check_twilio
from bot.commands.check_settings import check_crisis_lines, check_settings, read_settings
from bot.commands.checks import Check, State
from bot.commands.logs import log_errors
from bot.domain.instants import system_now
from bot.settings import Settings
from bot.store.vault import new_ring_key


def doctor(*, as_json: bool) -> None:
    """Print every finding; exit 1 when there is a fault."""
    log_errors()
    found = asyncio.run(_examine(as_json=as_json))
    if as_json:
        print(json.dumps([asdict(check) for check in found], ensure_ascii=False, indent=2))
    if any(check.state is State.FAULT for check in found):
        raise SystemExit(1)


async def _examine(*, as_json: bool) -> list[Check]:
    found = []
    async for check in examine():
        found.append(check)
        if not as_json:
            print(check, flush=True)
    return found


async def examine() -> AsyncIterator[Check]:
    """Yield the findings as they come."""
    settings, found = read_settings()
    for check in found:
        yield check
    yield check_crisis_lines(system_now().date())
    if settings is None:
        return
    told = list(check_settings(settings))
    for check in told:
        yield check
    locked = any(check.check == "HANDRAIL_KEYS" and check.state is State.FAULT for check in told)
    reachable = await check_reachable(settings)
    for check in reachable:
        yield check
    app = make_app(settings.model_copy(update={"keys": SecretStr(new_ring_key())}) if locked else settings)
    try:
        if not locked and all(check.state is State.OK for check in reachable):
            for check in [*await check_locks(app.database), *await check_programmes(app.database, settings)]:
                yield check
        for check in await _outside(app, settings):
            yield check
    finally:
        await _close(app)


async def _outside(app: App, settings: Settings) -> list[Check]:
    """Ask everybody outside at the same time: the slowest sets the pace."""
    questions = []
    if app.telegram is not None:
        questions.append(check_telegram(app.telegram, settings, system_now()))
    if app.sms is not None:
        questions.append(check_twilio(app.sms, settings))
    if settings.public_url is not None:
        questions.append(check_public_url(settings.public_url))
    return [check for found in await asyncio.gather(*questions) for check in found]


async def _close(app: App) -> None:
    for channel in (app.telegram, app.sms, app.voice):
        if channel is not None:
            await channel.close()
    await app.database.close()
