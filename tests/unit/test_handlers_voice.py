"""What Twilio says of a call is read right, and what we answer is TwiML it understands."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from datetime import UTC, datetime

import pytest
from twilio.twiml.voice_response import Gather, VoiceResponse  # type: ignore[import-untyped]

from bot.domain.calls import Speech
from bot.domain.errors import InboundError
from bot.domain.messages import ChannelName, MessageState
from handlers.voice import STATES, read_call, read_key, speak

NOW = datetime(2026, 11, 23, 15, 0, tzinfo=UTC)
OURS = "0123456789abcdef0123456789abcdef"
KEY_URL = f"https://bot.example.org/webhooks/twilio/voice/key?m={OURS}"


def form(**fields: str) -> dict[str, str]:
    """Return a callback with these fields changed."""
    return {"CallSid": "CA" + "0" * 32, "CallStatus": "completed", "AccountSid": "AC1"} | fields


@pytest.mark.parametrize(("status", "state"), STATES.items())
def test_every_status_is_known(status: str, state: MessageState | None) -> None:
    """What ended without a person is failed, what was answered is delivered, ringing is nothing."""
    event = read_call(form(CallStatus=status), OURS, NOW)
    assert (event.channel, event.status, event.state) == (ChannelName.VOICE, status, state)
    assert (event.message_id, event.provider_id, event.at) == (OURS, "CA" + "0" * 32, NOW)


def test_the_ends_of_a_call() -> None:
    """Nobody reached is a failure; a call that somebody answered is not."""
    failed = {status for status, state in STATES.items() if state is MessageState.FAILED}
    assert failed == {"busy", "no-answer", "failed", "canceled"}
    assert STATES["completed"] is MessageState.DELIVERED


@pytest.mark.parametrize("by", ["machine_start", "machine_end_beep", "machine_end_silence", "fax"])
@pytest.mark.parametrize("status", ["in-progress", "completed"])
def test_a_machine_is_a_failure(by: str, status: str) -> None:
    """Whatever the call's status says, voicemail and fax took nothing."""
    event = read_call(form(CallStatus=status, AnsweredBy=by), OURS, NOW)
    assert (event.state, event.error_code) == (MessageState.FAILED, by)


@pytest.mark.parametrize("by", ["human", "unknown", "", "machinery", "MACHINE_START"])
def test_who_may_be_a_person_is_one(by: str) -> None:
    """A person, and anything Twilio is not sure of, is spoken to."""
    event = read_call(form(CallStatus="in-progress", AnsweredBy=by), OURS, NOW)
    assert (event.state, event.error_code) == (MessageState.SENT, None)


def test_a_new_status_moves_nothing() -> None:
    """What Twilio thinks of next year is kept and changes nothing."""
    assert read_call(form(CallStatus="answered-by-robot"), OURS, NOW).state is None


@pytest.mark.parametrize("m", [None, "", "x", "0" * 65, "../etc", "%00"])
def test_an_id_that_is_not_ours_is_dropped(m: str | None) -> None:
    """Then the call's own id finds the message."""
    assert read_call(form(), m, NOW).message_id is None


@pytest.mark.parametrize("name", ["CallSid", "CallStatus"])
@pytest.mark.parametrize("value", [None, "", "a b", "é", "x" * 80])
def test_what_is_missing_is_named(name: str, value: str | None) -> None:
    """The field is named, its value is not."""
    fields = form()
    del fields[name]
    if value is not None:
        fields[name] = value
    with pytest.raises(InboundError, match=name):
        read_call(fields, OURS, NOW)


@pytest.mark.parametrize(
    ("digits", "key"),
    [("1", "1"), ("0", "0"), ("#", "#"), ("", ""), (None, ""), ("11", ""), ("one", ""), ("١", "")],
)
def test_a_key_is_one_key(digits: str | None, key: str) -> None:
    """One key of a phone, or none; another script's one is none."""
    assert read_key({} if digits is None else {"Digits": digits}) == key


@pytest.mark.parametrize("voice", ["en-US", "es-MX"])
def test_a_question_is_said_twice_and_waits_for_one_key(voice: str) -> None:
    """As the official library writes it: gather one key, say it twice, and what follows when none comes."""
    gather = Gather(num_digits=1, action=KEY_URL, method="POST", timeout=10)
    gather.say("Press 1 & <go>", language=voice)
    gather.pause(length=1)
    gather.say("Press 1 & <go>", language=voice)
    wanted = VoiceResponse()
    wanted.append(gather)
    wanted.say("It goes on", language=voice)
    said = speak(Speech(text="Press 1 & <go>", voice=voice, otherwise="It goes on"), KEY_URL)
    assert canonical(said) == canonical(str(wanted))


def test_an_answer_is_said_once() -> None:
    """Nothing is waited for when there is nothing to press."""
    wanted = VoiceResponse()
    wanted.say("You have it.", language="en-US")
    assert canonical(speak(Speech(text="You have it.", voice="en-US"), KEY_URL)) == canonical(str(wanted))


def test_a_machine_hears_nothing() -> None:
    """Hanging up is the whole answer."""
    wanted = VoiceResponse()
    wanted.hangup()
    assert canonical(speak(None, KEY_URL)) == canonical(str(wanted))


def canonical(twiml: str) -> str:
    """Return TwiML in the one form that two equal documents share."""
    ET.fromstring(twiml)  # noqa: S314 - our own; it must parse
    return str(ET.canonicalize(twiml))
