"""Texts through Twilio: out, looked up when in doubt, and fetched in case a webhook never came."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from bot.channels.base import Channel, LookUp, Outgoing, Sent
from bot.channels.twilio_account import Account, look_back, told
from bot.domain.messages import ChannelName

VALIDITY = (1, 36_000)  # seconds Twilio lets a text wait, at least and at most
PAGE = 50  # texts a look-up reads a page, newest first
INBOUND = 500  # the most one safety poll fetches


class Sms(Channel):
    """Text from one number or one messaging service (`MG…`).

    Buttons are left out: a text that is to be answered says how in words. `tokens` are the auth tokens,
    newest first; `api_url` is None for the official server; `timeout` bounds a call, in seconds.
    """

    name = ChannelName.SMS

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
        """Build the client inside the running loop; nothing is sent yet."""
        self._account = Account(sid=account_sid, tokens=tokens, api_url=api_url, timeout=timeout)
        self._outbox = self._account.address("Messages")
        self._sender = sender
        self._callback = f"{public_url.rstrip('/')}/webhooks/twilio/status"

    @property
    def _is_service(self) -> bool:
        return self._sender.startswith("MG")

    async def send(self, outgoing: Outgoing) -> Sent:
        """Send one text; its receipts come to the status webhook. Raises SendError."""
        wanted = {
            "To": outgoing.address,
            "Body": outgoing.text,
            "StatusCallback": f"{self._callback}?m={outgoing.message_id}",
            "MessagingServiceSid" if self._is_service else "From": self._sender,
        }
        if outgoing.valid_for is not None:
            seconds = int(outgoing.valid_for.total_seconds())
            wanted["ValidityPeriod"] = str(min(max(seconds, VALIDITY[0]), VALIDITY[1]))
        return Sent(provider_id=await self._account.create(self._outbox, wanted))

    async def find(self, outgoing: Outgoing) -> LookUp:
        """Look for the text among the newest to this number. Raises SendError."""
        newest = self._account.client.messages.page_async(to=outgoing.address, page_size=PAGE)
        found, message = await look_back(newest, outgoing.claimed_at, lambda one: _same(one, outgoing))
        if message is None:
            return LookUp(found=found)
        delivered = message.status in ("delivered", "read")
        return LookUp(found=found, sent=Sent(provider_id=message.sid, delivered=delivered))

    async def fetch(self, provider_id: str) -> dict[str, str]:
        """Return how a text stands, as the fields of the status webhook. Raises SendError."""
        message = await told(self._account.client.messages(provider_id).fetch_async())
        fields = {
            "MessageSid": message.sid,
            "MessageStatus": message.status,
            "ErrorCode": message.error_code,
        }
        return {name: str(value) for name, value in fields.items() if value is not None}

    async def list_inbound(self, since: datetime) -> list[dict[str, str]]:
        """Return what came in since then, oldest first, as the fields of the inbound webhook.

        What kind of media came is not among them. At most the newest 500. Raises SendError.
        """
        wanted: dict[str, Any] = {"date_sent_after": since.astimezone(UTC)}
        if not self._is_service:
            wanted["to"] = self._sender
        listing = self._account.client.messages.list_async(**wanted, limit=INBOUND, page_size=INBOUND)
        messages = await told(listing)
        ours = [m for m in messages if m.direction == "inbound" and self._came_to_us(m)]
        return [_as_form(m) for m in reversed(ours)]

    async def check(self) -> str:
        """Ask Twilio whether the account may send. Raises SendError."""
        account = await self._account.check()
        through = "a messaging service" if self._is_service else "one number"
        return f"{account}; texts leave through {through}"

    async def close(self) -> None:
        """Close connections; once closed, closing again does nothing."""
        await self._account.close()

    def _came_to_us(self, message: Any) -> bool:
        return not self._is_service or message.messaging_service_sid in (None, self._sender)


def _same(message: Any, outgoing: Outgoing) -> bool:
    outward = str(message.direction).startswith("outbound")
    return outward and message.to == outgoing.address and str(message.body).strip() == outgoing.text.strip()


def _as_form(message: Any) -> dict[str, str]:
    fields = {
        "MessageSid": message.sid,
        "AccountSid": message.account_sid,
        "MessagingServiceSid": message.messaging_service_sid,
        "From": message.from_,
        "To": message.to,
        "Body": message.body or "",
        "NumMedia": message.num_media,
        "NumSegments": message.num_segments,
    }
    return {name: str(value) for name, value in fields.items() if value is not None}
