"""What every intent is given: who spoke, what they said, and a way to answer."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from bot.actions.people import Correspondent, first_name, specialist_of
from bot.domain.consent import ConsentReading
from bot.domain.messages import Button, Inbound, Kind, Lane
from bot.domain.replies import Lines, crisis_lines, say
from bot.domain.triage.assess import Assessment
from bot.outbox.enqueue import About, Draft, enqueue
from bot.store.database import Tx

RETURN_TO_USE = "return_to_use"  # as triage calls it
AFTER_EACH_OTHER = timedelta(milliseconds=1)
STALE = timedelta(hours=2)  # an answer later than this answers nothing


@dataclass(frozen=True, kw_only=True, slots=True)
class Heard:
    """One inbound message, kept and assessed."""

    who: Correspondent
    inbound: Inbound
    message_id: str
    assessment: Assessment
    consent: ConsentReading

    @property
    def text(self) -> str:
        """Return what was written."""
        return self.inbound.text

    @property
    def says_return_to_use(self) -> bool:
        """Tell whether they say that they have used or drunk again."""
        return any(signal.concept == RETURN_TO_USE for signal in self.assessment.signals)

    @property
    def lines(self) -> Lines:
        """Return the crisis lines of their country and language."""
        return crisis_lines(self.who.programme.country, self.who.language)


async def answer(
    tx: Tx,
    heard: Heard,
    key: str,
    /,
    *,
    kind: Kind = Kind.REPLY,
    lane: Lane = Lane.REPLY,
    **values: object,
) -> None:
    """Enqueue one of Handrail's own replies to what was just heard; at most once a message and key."""
    await answer_with(tx, heard, key, say(key, heard.who.language, **values), kind=kind, lane=lane)


async def answer_with(
    tx: Tx,
    heard: Heard,
    key: str,
    text: str,
    *,
    kind: Kind = Kind.REPLY,
    lane: Lane = Lane.REPLY,
    buttons: tuple[Button, ...] = (),
    alert_id: str | None = None,
    place: int = 0,
) -> None:
    """Enqueue a reply that is worded already. With `alert_id`, an answer to it is about that alert.

    Of several to one message, `place` is which goes first.
    """
    lasting = lane is Lane.ALERT or kind is Kind.PARTING
    draft = Draft(
        to=heard.who.to,
        kind=kind,
        lane=lane,
        text=text,
        buttons=buttons,
        about=About(alert_id=alert_id),
        # The outbox goes by time alone; negative places are before what is said with none.
        not_before=tx.now + place * AFTER_EACH_OTHER if place else None,
        dedupe_key=f"{key}:{heard.message_id}",
        expires_at=None if lasting else tx.now + STALE,
    )
    await enqueue(tx, [draft])


async def specialist_name(tx: Tx, heard: Heard) -> str:
    """Return the first name of their specialist, or the words for one."""
    specialist = await specialist_of(tx, heard.who.participant)
    return await first_name(tx, specialist) or say("your_specialist", heard.who.language)
