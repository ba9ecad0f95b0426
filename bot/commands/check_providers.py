"""Checks of what is outside: Telegram, Twilio, and whether the outside reaches us."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from datetime import datetime, timedelta

import httpx

from bot.channels.base import SendError
from bot.channels.sms import Sms
from bot.channels.telegram import Telegram, Webhook
from bot.commands.checks import Check, fault, info, ok, warn
from bot.settings import Settings

PATIENCE = 15.0  # seconds for one provider
TOLL_FREE = tuple(f"+1{code}" for code in (800, 833, 844, 855, 866, 877, 888))
MANY = 100  # updates that wait
LATELY = timedelta(hours=1)


async def check_telegram(telegram: Telegram, settings: Settings, now: datetime) -> list[Check]:
    """Ask Telegram who we are, and compare its webhook with our mode."""
    found = [await _asked("Telegram", telegram.check(), "check HANDRAIL_TELEGRAM_TOKEN with @BotFather")]
    try:
        async with asyncio.timeout(PATIENCE):
            webhook = await telegram.webhook()
    except (SendError, TimeoutError):
        return found  # the line above says why
    return [*found, *_webhook(webhook, settings, now)]


async def check_twilio(sms: Sms, settings: Settings) -> list[Check]:
    """Ask Twilio about the account, and say what its kind of sender needs."""
    mend = "compare HANDRAIL_TWILIO_ACCOUNT_SID and HANDRAIL_TWILIO_AUTH_TOKEN with the Twilio console"
    return [await _asked("Twilio", sms.check(), mend), *_sender(settings.sms_from or "")]


async def check_public_url(url: str) -> list[Check]:
    """Ask our own public address, as a provider would."""
    name = "HANDRAIL_PUBLIC_URL"
    try:
        async with httpx.AsyncClient(timeout=5.0, follow_redirects=False) as client:
            health = (await client.get(f"{url}/healthz")).status_code
            door = (await client.get(f"{url}/webhooks/telegram")).status_code
    except (httpx.HTTPError, httpx.InvalidURL, OSError) as error:
        return [
            info(
                name,
                f"nobody answers there ({type(error).__name__})",
                "is `handrail run` running, and its proxy?",
            )
        ]
    if 421 in (health, door):
        return [
            fault(
                name,
                "what answers there expects another address",
                "let the proxy hand on the Host header unchanged, and compare the setting with the address",
            )
        ]
    # A GET where only POST is served: the web server of ours says 405, whatever a proxy hides.
    if health == 200 or door == 405:
        return [ok(name, "the outside reaches us")]
    return [
        warn(
            name,
            f"something answers there ({health}), but not Handrail",
            "start `handrail run`, and point the proxy at it",
        )
    ]


async def _asked(name: str, question: Awaitable[str], mend: str) -> Check:
    try:
        async with asyncio.timeout(PATIENCE):
            return ok(name, await question)
    except SendError as error:
        if error.channel_off or error.permanent:
            return fault(name, f"it refuses our account ({error.code})", mend)
        return fault(
            name, f"it can't be asked ({error.code})", "check the network, and the address if you set one"
        )
    except TimeoutError:
        return fault(name, f"no answer in {PATIENCE:.0f} seconds", "check the network and the firewall")


def _webhook(webhook: Webhook, settings: Settings, now: datetime) -> list[Check]:
    name = "Telegram webhook"
    if settings.telegram_mode == "polling":
        if webhook.url is None:
            return [ok(name, "none, as polling needs it")]
        return [info(name, "one is set, and polling is on", "`handrail run` removes it at its start")]
    found = []
    if webhook.url != f"{settings.public_url}/webhooks/telegram":
        found.append(info(name, "it does not lead here yet", "`handrail run` sets it at its start"))
    if webhook.failed_at is not None and now - webhook.failed_at < LATELY:
        found.append(
            warn(
                name,
                f"the last delivery failed: {webhook.cause}",
                "check the public address, and that we run",
            )
        )
    if webhook.waiting > MANY:
        found.append(warn(name, f"{webhook.waiting} updates wait", "check that `handrail run` runs"))
    return found or [ok(name, "it leads here")]


def _sender(sender: str) -> list[Check]:
    name = "SMS sender"
    opt_out = info(
        name,
        "Twilio answers STOP, START and HELP itself unless told otherwise",
        "with Advanced Opt-Out, write its replies to match your programme's",
    )
    if sender.startswith("MG"):
        return [info(name, "a messaging service", "every number in it must be registered"), opt_out]
    if sender.startswith(TOLL_FREE):
        return [info(name, "a toll-free number", "it must be verified in the Twilio console"), opt_out]
    if sender.startswith("+1") and len(sender) == 12:
        return [
            info(
                name,
                "a US or Canadian long code",
                "US carriers block it (30034) until it is registered for A2P 10DLC in the Twilio console",
            ),
            opt_out,
        ]
    return [opt_out]
