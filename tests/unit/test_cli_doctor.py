"""`handrail doctor`: each fault has its line and its mend, and no secret is printed."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from pydantic import ValidationError
from starlette.applications import Starlette
from starlette.responses import Response
from starlette.routing import Route

from bot.channels.sms import Sms
from bot.channels.telegram import Telegram
from bot.commands.check_providers import check_public_url, check_telegram, check_twilio
from bot.commands.check_settings import check_crisis_lines, check_settings
from bot.commands.checks import State
from bot.domain.replies import crisis_lines_due
from bot.settings import Settings
from bot.store.vault import new_ring_key
from tests.fakes.serving import running
from tests.fakes.telegram_server import TOKEN, telegram_server
from tests.fakes.twilio_server import ACCOUNT, AUTH_TOKEN, NUMBER, PUBLIC_URL, SERVICE, twilio_server
from tests.unit.cli import EXAMPLE, Shell

NOW = datetime(2026, 11, 23, 15, 0, tzinfo=UTC)


def findings(shell: Shell) -> tuple[int, dict[str, list[dict[str, Any]]]]:
    """Run doctor; return its exit code and findings by what was checked."""
    ended = shell("doctor", "--json")
    found: dict[str, list[dict[str, Any]]] = {}
    for one in json.loads(ended.out):
        found.setdefault(one["check"], []).append(one)
    return ended.code, found


def test_without_keys_there_is_a_fault(shell: Shell) -> None:
    """The missing key ring is named with its mend; doctor ends with 1."""
    code, found = findings(shell)
    assert code == 1
    assert found["HANDRAIL_KEYS"][0]["state"] == "fault"
    assert "handrail keys new" in found["HANDRAIL_KEYS"][0]["mend"]


def test_a_fresh_installation_has_no_fault(keyed: Shell) -> None:
    """With keys alone doctor ends with 0, and says what is still to come."""
    code, found = findings(keyed)
    assert code == 0
    assert found["database"][0]["state"] == "info"
    assert found["channels"][0]["state"] == "warn"


def test_every_wrong_setting_is_named(keyed: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two wrong settings are two findings; a misspelt one is guessed at."""
    monkeypatch.setenv("HANDRAIL_SMS_RATE", "fast")
    monkeypatch.setenv("HANDRAIL_PUBLIC_URL", "bot.example.org")
    monkeypatch.setenv("HANDRAIL_TELEGRAM_TOKN", "1:x")
    code, found = findings(keyed)
    assert code == 1
    assert found["HANDRAIL_SMS_RATE"][0]["state"] == "fault"
    assert found["HANDRAIL_PUBLIC_URL"][0]["state"] == "fault"
    assert "did you mean HANDRAIL_TELEGRAM_TOKEN?" in [each["mend"] for each in found["settings"]]


def test_a_ring_without_the_right_key_is_a_fault(keyed: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    """Data that the ring does not open is found before somebody needs it."""
    keyed("import", str(EXAMPLE))
    monkeypatch.setenv("HANDRAIL_KEYS", new_ring_key())
    code, found = findings(keyed)
    assert (code, found["keys"][0]["state"]) == (1, "fault")


def test_gaps_in_the_programme_are_found(keyed: Shell) -> None:
    """Steps that nobody can take, participants nobody may text: by ref, never by name or number."""
    keyed("import", str(EXAMPLE))
    ended = keyed("doctor")
    assert "escalation: urgent, step 2: nobody can take it for p2" in ended.out
    assert "participants: p2 can't be texted yet" in ended.out
    assert not any(secret in ended.out for secret in ("Marisol", "Reyes", "5550", "800002"))


def settings(**given: object) -> Settings:
    """Return settings with nothing from outside."""
    return Settings(_env_file=None, **given)  # type: ignore[call-arg, arg-type]


async def test_telegram_says_who_we_are() -> None:
    """The bot's name and no webhook, as polling needs it, are in order."""
    async with telegram_server() as server:
        telegram = Telegram(token=TOKEN, api_url=server.url)
        found = await check_telegram(telegram, settings(), NOW)
        await telegram.close()
    assert [check.state for check in found] == [State.OK, State.OK]


async def test_a_webhook_in_polling_mode_is_told() -> None:
    """A webhook that is left over is said, with what becomes of it."""
    async with telegram_server() as server:
        telegram = Telegram(token=TOKEN, api_url=server.url)
        await telegram.set_webhook("https://bot.example.org/webhooks/telegram", "secret", ["message"])
        polling = await check_telegram(telegram, settings(), NOW)
        pushing = await check_telegram(
            telegram,
            settings(telegram_mode="webhook", public_url="https://bot.example.org"),
            NOW,
        )
        await telegram.close()
    assert polling[1].detail == "one is set, and polling is on"
    assert pushing[1].state is State.OK


async def test_a_refused_token_is_a_fault_and_stays_secret() -> None:
    """The finding names the setting to check, never its value."""
    async with telegram_server() as server:
        telegram = Telegram(token="1:sekrit", api_url=server.url)
        (check,) = await check_telegram(telegram, settings(), NOW)
        await telegram.close()
    assert check.state is State.FAULT
    assert "HANDRAIL_TELEGRAM_TOKEN" in check.mend
    assert "sekrit" not in str(check)


async def test_a_us_long_code_gets_its_hint() -> None:
    """What carriers ask of a sender is said before they block it; the number is not."""
    async with twilio_server() as server:
        sms = Sms(
            account_sid=ACCOUNT,
            tokens=(AUTH_TOKEN,),
            sender=NUMBER,
            public_url=PUBLIC_URL,
            api_url=server.url,
        )
        found = await check_twilio(sms, settings(sms_from="+12025550100"))
        await sms.close()
    assert found[0].state is State.OK
    assert "10DLC" in found[1].mend
    assert "5550100" not in "".join(map(str, found))


@pytest.mark.parametrize(
    ("health", "door", "state"),
    [(200, 405, State.OK), (404, 405, State.OK), (200, 421, State.FAULT), (404, 404, State.WARN)],
    ids=["open", "health hidden by a proxy", "proxy changes Host", "somebody else"],
)
async def test_the_public_address_is_tried_as_a_provider_would(health: int, door: int, state: State) -> None:
    """Ours answers a GET at a webhook with 405, whatever a proxy hides."""
    app = Starlette(
        routes=[
            Route("/healthz", lambda request: Response(status_code=health)),
            Route("/webhooks/telegram", lambda request: Response(status_code=door)),
        ]
    )
    async with running(app) as served:
        (check,) = await check_public_url(served.url)
    assert check.state is state


def test_crisis_lines_are_due_some_day() -> None:
    """The review date is good to the day itself; the day after, doctor warns."""
    due = crisis_lines_due()
    assert check_crisis_lines(due).state is State.OK
    assert check_crisis_lines(due.replace(year=due.year + 1)).state is State.WARN


@pytest.mark.parametrize(
    ("given", "state", "part"),
    [
        ({}, State.INFO, "Twilio is not set up"),
        ({"sms_from": "+12025550100"}, State.OK, "the number in HANDRAIL_SMS_FROM"),
        ({"sms_from": SERVICE}, State.INFO, "a messaging service makes no calls"),
        ({"sms_from": SERVICE, "voice_from": "+12025550104"}, State.OK, "the number in HANDRAIL_VOICE_FROM"),
    ],
)
def test_whether_staff_can_be_called_is_said(given: dict[str, str], state: State, part: str) -> None:
    """One line says from where calls leave, or what is missing; never the number."""
    account = {
        "twilio_account_sid": ACCOUNT,
        "twilio_auth_token": "t",
        "public_url": "https://bot.example.org",
    }
    (found,) = [
        one for one in check_settings(settings(**(account | given if given else {}))) if one.check == "voice"
    ]
    assert found.state is state
    assert part in found.detail
    assert "5550" not in found.detail


def test_calls_need_a_whole_number() -> None:
    """A messaging service, or words, can't call."""
    with pytest.raises(ValidationError, match="must be a number such as"):
        settings(voice_from=SERVICE)
