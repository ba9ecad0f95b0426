"""Calls through Twilio: a phone rings, and what is said when somebody answers comes from our own webhook."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from typing import Any

from bot.channels.base import Channel, LookUp, Outgoing, Sent
from bot.channels.twilio_account import Account, look_back, told
from bot.domain.messages import ChannelName

PATH = "/webhooks/twilio/voice"
RING = 25  # seconds; most voicemail takes over after that, and the next way is waiting
LISTEN = (
    10  # seconds to tell a person from a machine; then it is spoken to, as nothing said gives anybody away
)
PAGE = 50  # calls a look-up reads a page, newest first
REMEMBERED = 1000  # calls we know the message of


class Voice(Channel):
    """Call from one number. The text of an `Outgoing` stays here: it is spoken by `/voice/answer`.

    `tokens` are the auth tokens, newest first; `api_url` is None for the official server; `timeout` bounds
    a request, in seconds.
    """

    name = ChannelName.VOICE

    def __init__(
        self,
        *,
        account_sid: str,
        tokens: Sequence[str],
        sender: str,
        public_url: str,
        api_url: str | None = None,
        timeout: float = 14.0,
    ) -> None:
        """Build the client inside the running loop; nobody is called yet."""
        self._account = Account(sid=account_sid, tokens=tokens, api_url=api_url, timeout=timeout)
        self._exchange = self._account.address("Calls")
        self._sender = sender
        self._ours = f"{public_url.rstrip('/')}{PATH}"
        self._messages: OrderedDict[str, str] = OrderedDict()  # by Twilio's id of the call

    async def send(self, outgoing: Outgoing) -> Sent:
        """Let a phone ring; who answers, and what became of it, comes to our webhooks. Raises SendError."""
        answer = f"{self._ours}/answer?m={outgoing.message_id}"
        wanted = {
            "To": outgoing.address,
            "From": self._sender,
            "Url": answer,
            "FallbackUrl": answer,  # asked once more when our first answer failed: somebody is on the line
            "StatusCallback": f"{self._ours}/status?m={outgoing.message_id}",
            "MachineDetection": "Enable",
            "MachineDetectionTimeout": str(LISTEN),
            "Timeout": str(RING),
        }
        return self._remembered(await self._account.create(self._exchange, wanted), outgoing)

    async def find(self, outgoing: Outgoing) -> LookUp:
        """Look for a call to this number since then that is no other message's.

        A call does not say what it is about. One of an earlier life may be taken for this one: whoever
        records the answer knows them all. Raises SendError.
        """

        def is_it(call: Any) -> bool:
            outward = str(call.direction).startswith("outbound") and call.to == outgoing.address
            return outward and self._messages.get(call.sid, outgoing.message_id) == outgoing.message_id

        newest = self._account.client.calls.page_async(to=outgoing.address, page_size=PAGE)
        found, call = await look_back(newest, outgoing.claimed_at, is_it)
        return LookUp(found=found, sent=self._remembered(call.sid, outgoing) if call is not None else None)

    async def fetch(self, provider_id: str) -> dict[str, str]:
        """Return how a call stands, as the fields of the status webhook. Raises SendError."""
        call = await told(self._account.client.calls(provider_id).fetch_async())
        fields = {"CallSid": call.sid, "CallStatus": call.status, "AnsweredBy": call.answered_by}
        return {name: str(value) for name, value in fields.items() if value is not None}

    async def check(self) -> str:
        """Ask Twilio whether the account may call. Raises SendError."""
        return f"{await self._account.check()}; calls leave from one number"

    async def close(self) -> None:
        """Close connections; once closed, closing again does nothing."""
        await self._account.close()

    def _remembered(self, sid: str, outgoing: Outgoing) -> Sent:
        self._messages[sid] = outgoing.message_id
        if len(self._messages) > REMEMBERED:
            self._messages.popitem(last=False)
        return Sent(provider_id=sid)
