"""What Twilio posts about calls, and the TwiML it is answered with."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime

from twilio.twiml.voice_response import VoiceResponse  # type: ignore[import-untyped]  # it ships no types

from bot.domain.calls import Speech
from bot.domain.errors import InboundError
from bot.domain.messages import ChannelName, MessageState, StatusEvent, storable

Form = Mapping[str, object]

# What each status of a call moves its notice to; None moves nothing, as does one that is new to us.
# Somebody who picked up and pressed nothing has been told: delivered, and the chain goes on.
STATES: dict[str, MessageState | None] = {
    "queued": None,
    "initiated": None,
    "ringing": None,
    "in-progress": MessageState.SENT,
    "completed": MessageState.DELIVERED,
    "busy": MessageState.FAILED,
    "no-answer": MessageState.FAILED,
    "failed": MessageState.FAILED,
    "canceled": MessageState.FAILED,
}
# "unknown" is not among them: it may be a person who says nothing.
MACHINES = re.compile("machine_[a-z_]{1,24}|fax")
LISTENS = 10  # seconds a key is waited for once all has been said

_SID = re.compile(r"[A-Za-z0-9_-]{2,64}")
_STATUS = re.compile(r"[a-z_-]{2,32}")
_OUR_ID = re.compile(r"[0-9a-f]{1,64}")


def read_call(form: Form, m: str | None, now: datetime) -> StatusEvent:
    """Read what Twilio says of a call. `m` is the query parameter in which we had put our own message id.

    Raises InboundError naming the field that is missing or unreadable.
    """
    status = _required(form, _STATUS, "CallStatus")
    by = form.get("AnsweredBy")
    machine = by if isinstance(by, str) and MACHINES.fullmatch(by) else None
    return StatusEvent(
        channel=ChannelName.VOICE,
        provider_id=_required(form, _SID, "CallSid"),
        status=status,
        state=MessageState.FAILED if machine is not None else STATES.get(status),
        at=now,
        message_id=m if m and _OUR_ID.fullmatch(m) else None,
        error_code=machine,
        raw={storable(name): storable(value) for name, value in form.items() if isinstance(value, str)},
    )


def read_key(form: Form) -> str:
    """Return the key that was pressed, "" for none."""
    key = form.get("Digits")
    return key if isinstance(key, str) and re.fullmatch("[0-9*#]", key) else ""


def speak(speech: Speech | None, key_url: str) -> str:
    """Return the TwiML that says it, twice while a key is waited for; None hangs up."""
    response = VoiceResponse()
    if speech is None:
        response.hangup()
        return str(response)
    if speech.otherwise is None:
        response.say(speech.text, language=speech.voice)
        return str(response)
    gather = response.gather(num_digits=1, action=key_url, method="POST", timeout=LISTENS)
    gather.say(speech.text, language=speech.voice)
    gather.pause(length=1)
    gather.say(speech.text, language=speech.voice)
    response.say(speech.otherwise, language=speech.voice)
    return str(response)


def _required(form: Form, shape: re.Pattern[str], name: str) -> str:
    value = form.get(name)
    if isinstance(value, str) and shape.fullmatch(value):
        return value
    wrong = "no" if value is None else "an unreadable"
    raise InboundError(f"Twilio's request has {wrong} {name}; nothing was stored.")
