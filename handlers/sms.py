"""What Twilio posts: read texts and receipts, and refuse what Twilio did not sign."""

from __future__ import annotations

import base64
import hmac
import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from urllib.parse import parse_qs

from starlette.datastructures import FormData
from twilio.request_validator import RequestValidator  # type: ignore[import-untyped]  # it ships no types

from bot.channels.twilio_account import sort_refusal
from bot.domain.errors import InboundError, SignatureError
from bot.domain.messages import ChannelName, Inbound, Media, MessageState, StatusEvent, storable

Form = Mapping[str, object]

# What each status of Twilio's moves a message to; None moves nothing. One that is not here is new to us
# and moves nothing either. `sent` is the carrier's promise, `undelivered` its failure.
STATES: dict[str, MessageState | None] = {
    "accepted": None,
    "scheduled": None,
    "queued": None,
    "sending": None,
    "sent": MessageState.SENT,
    "delivered": MessageState.DELIVERED,
    "read": MessageState.DELIVERED,
    "undelivered": MessageState.FAILED,
    "failed": MessageState.FAILED,
    "canceled": MessageState.FAILED,
}

MOST_MEDIA = 10  # Twilio's limit for one text
_NUMBER = re.compile(r"\+[1-9][0-9]{6,14}")
_SID = re.compile(r"[A-Za-z0-9_-]{2,64}")
_OUR_ID = re.compile(r"[0-9a-f]{1,64}")
_OPT_OUT_TYPES = ("STOP", "START", "HELP")


def read_sms(form: Form, now: datetime) -> Inbound:
    """Read an inbound text, from the webhook or from `Sms.list_inbound`. Unknown fields are ignored.

    Raises InboundError naming the field that is missing or unreadable.
    """
    media = _media(form)
    body = _text(form, "Body")
    if body is None and not media:
        raise InboundError("Twilio's request has no Body; nothing was stored.")
    opt_out_type = (_text(form, "OptOutType") or "").upper()
    return Inbound(
        channel=ChannelName.SMS,
        provider_id=_required(form, _SID, "MessageSid", "SmsMessageSid", "SmsSid"),
        address=_required(form, _NUMBER, "From"),
        text=storable(body or ""),
        received_at=now,
        media=media,
        opt_out_type=opt_out_type if opt_out_type in _OPT_OUT_TYPES else None,
    )


def read_status(form: Form, m: str | None, now: datetime) -> StatusEvent:
    """Read a receipt. `m` is the query parameter in which we had put our own message id.

    Raises InboundError naming the field that is missing or unreadable.
    """
    status = _required(form, re.compile("[a-z_-]{2,32}"), "MessageStatus", "SmsStatus")
    error_code = _text(form, "ErrorCode") or ""
    refusal = sort_refusal(status=400, code=error_code)
    return StatusEvent(
        channel=ChannelName.SMS,
        provider_id=_required(form, _SID, "MessageSid", "SmsSid"),
        status=status,
        state=STATES.get(status),
        at=now,
        message_id=m if m and _OUR_ID.fullmatch(m) else None,
        error_code=error_code if re.fullmatch("[1-9][0-9]{0,9}", error_code) else None,
        opted_out=refusal.opted_out,
        unreachable=refusal.unreachable,
        raw={storable(name): storable(value) for name, value in form.items() if isinstance(value, str)},
    )


class Signatures:
    """Tell Twilio's requests from anybody else's.

    Twilio signs the address it was given, so the configured public URL counts and never the Host header,
    which the sender chooses. Every token is tried: two are valid while rotating. No token refuses all.
    """

    def __init__(self, tokens: Sequence[str], public_url: str) -> None:
        """Take the auth tokens and the address Twilio calls us by."""
        self._tokens = [token.encode() for token in tokens if token]
        self._validators = [RequestValidator(token) for token in tokens if token]
        self._public_url = public_url.rstrip("/")

    def check(self, path_with_query: str, form: FormData | str, header: str | None) -> None:
        """Raise SignatureError unless `header` (X-Twilio-Signature) signs this request.

        `path_with_query` is as it came over the wire, not decoded. `form` is the multi-value form, or the
        whole body of a JSON request, whose hash must then be in the query as bodySHA256.
        """
        if not header or not _signable(path_with_query, form):
            raise SignatureError
        url = self._public_url + path_with_query
        if not isinstance(form, str) and any(_signs(token, url, form, header) for token in self._tokens):
            return
        # The SDK also tries the address with and without its port, and knows signed JSON.
        # No token is no validator, and no validator is no pass.
        if not any(validator.validate(url, form, header) for validator in self._validators):
            raise SignatureError


def _signs(token: bytes, url: str, form: FormData, header: str) -> bool:
    """Tell whether `header` is the signature of just this address and form.

    Every text passes here, and this is a tenth of what the SDK's check takes.
    """
    pairs = sorted({(name, str(value)) for name, value in form.multi_items()})
    signed = hmac.digest(token, (url + "".join(map("".join, pairs))).encode(), "sha1")
    return hmac.compare_digest(base64.b64encode(signed), header.encode())


def _signable(path_with_query: str, form: FormData | str) -> bool:
    if not path_with_query.startswith("/"):
        return False
    if isinstance(form, str):
        return "bodySHA256" in parse_qs(path_with_query.partition("?")[2])
    return all(isinstance(value, str) for _, value in form.multi_items())


def _text(form: Form, name: str) -> str | None:
    value = form.get(name)
    if value is None or isinstance(value, str):
        return value
    raise InboundError(f"Twilio's request has a file for {name}; nothing was stored.")


def _required(form: Form, shape: re.Pattern[str], *names: str) -> str:
    for name in names:
        value = _text(form, name)
        if value is not None and shape.fullmatch(value):
            return value
        if value is not None:
            raise InboundError(f"Twilio's request has an unreadable {name}; nothing was stored.")
    raise InboundError(f"Twilio's request has no {names[0]}; nothing was stored.")


def _media(form: Form) -> tuple[Media, ...]:
    count = _text(form, "NumMedia") or "0"
    if not re.fullmatch("[0-9]{1,4}", count):
        raise InboundError("Twilio's request has an unreadable NumMedia; nothing was stored.")
    return tuple(
        _medium(_text(form, f"MediaContentType{index}") or "") for index in range(min(int(count), MOST_MEDIA))
    )


def _medium(content_type: str) -> Media:
    kind, _, detail = content_type.lower().partition("/")
    if kind == "image":
        return Media.PHOTO
    if kind == "audio":
        return Media.VOICE
    if kind in ("application", "text") and detail:
        return Media.FILE
    return Media.OTHER
