"""Checks of what was set: every setting, the key ring, and the dates our own data must be reviewed by."""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import date
from difflib import get_close_matches
from pathlib import Path
from urllib.parse import urlsplit

from dotenv import dotenv_values
from pydantic import ValidationError

from bot.commands.checks import Check, fault, info, ok, warn
from bot.commands.failures import DEBUG
from bot.domain.errors import KeyringError
from bot.domain.replies import crisis_lines_due
from bot.settings import PREFIX, Settings
from bot.store.vault import KeyRing

ENV_FILE = Path(".env")


def read_settings() -> tuple[Settings | None, list[Check]]:
    """Return the settings (None when some are wrong) and what is to say of them, each problem by name."""
    unknown = list(_unknown())
    try:
        settings = Settings()
    except ValidationError as error:
        return None, [*(_wrong(one) for one in error.errors()), *unknown]
    if unknown:
        return settings, unknown
    return settings, [ok("settings", "each one reads well")]


def check_settings(settings: Settings) -> Iterator[Check]:
    """Check what settings mean together."""
    yield check_keys(settings)
    if settings.telegram_token is None and settings.twilio_account_sid is None:
        yield warn(
            "channels",
            "neither Telegram nor SMS is set up, so nobody can be texted",
            "set HANDRAIL_TELEGRAM_TOKEN or the HANDRAIL_TWILIO_ settings",
        )
    if settings.public_url is not None and urlsplit(settings.public_url).scheme == "http":
        yield warn(
            "HANDRAIL_PUBLIC_URL",
            "it is plain http, which providers do not deliver to",
            "put a proxy with TLS in front; on one machine, for trying out, it is fine",
        )
    yield _voice(settings)
    if settings.heartbeat_url is None:
        yield info(
            "HANDRAIL_HEARTBEAT_URL",
            "nobody is told when Handrail itself stands still",
            "set it to an address of your monitor",
        )


def _voice(settings: Settings) -> Check:
    if settings.voice_number is not None:
        source = "HANDRAIL_SMS_FROM" if settings.voice_from is None else "HANDRAIL_VOICE_FROM"
        return ok("voice", f"staff can be called, from the number in {source}")
    if settings.twilio_account_sid is not None:
        return info(
            "voice",
            "staff can't be called: a messaging service makes no calls",
            "set HANDRAIL_VOICE_FROM to a number of the account that can",
        )
    return info("voice", "staff can't be called: Twilio is not set up", "ways by voice are passed over")


def check_keys(settings: Settings) -> Check:
    """Check the key ring by itself."""
    name = "HANDRAIL_KEYS"
    if settings.keys is None:
        return fault(name, "it is missing", "put what `handrail keys new` prints into .env")
    try:
        ring = KeyRing.parse(settings.keys.get_secret_value())
    except KeyringError as error:
        return fault(name, str(error).removeprefix(f"{name}").lstrip(": "), "put your copy of the ring back")
    count = len(ring.keys)
    return ok(name, f"{count} {'key' if count == 1 else 'keys'}, {ring.newest} is the newest")


def check_crisis_lines(today: date) -> Check:
    """Check that somebody looked the crisis lines over lately."""
    due = crisis_lines_due()
    if due < today:
        return warn(
            "crisis lines",
            f"they were to be reviewed by {due}",
            "call each number, correct crisis_lines.yaml, and take the newest Handrail",
        )
    return ok("crisis lines", f"to be reviewed by {due}")


def _wrong(error: object) -> Check:
    data = error if isinstance(error, dict) else {}
    name = PREFIX + str(data["loc"][0]).upper() if data["loc"] else "settings"
    reason = str(data["msg"]).removeprefix("Value error, ")
    return fault(
        name, reason[:1].lower() + reason[1:] if name != "settings" else reason, "correct it in .env"
    )


def _unknown() -> Iterator[Check]:
    known = {PREFIX + field.upper() for field in Settings.model_fields}
    given = {*os.environ, *(dotenv_values(ENV_FILE) if ENV_FILE.is_file() else ())}
    for name in sorted(name for name in given if name.startswith(PREFIX)):
        if name not in known and name != DEBUG:
            near = get_close_matches(name, sorted(known), n=1)
            mend = f"did you mean {near[0]}?" if near else "remove it"
            yield warn("settings", f"{name} is no setting of this version", mend)
