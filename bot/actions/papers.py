"""Give staff a paper to read: in words where the programme allows it, else by a link that opens once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from bot.actions.links import make_link
from bot.actions.notices import staff_contact
from bot.actions.staffing import Roster
from bot.domain.escalation import Person
from bot.domain.messages import ChannelName, Kind, Lane
from bot.domain.papers import Paper, chat_texts
from bot.domain.replies import say
from bot.outbox.enqueue import Draft, To, enqueue
from bot.store.database import Tx
from bot.store.desk import LinkKind
from bot.store.people import Participant, Programme, Staff

AFTER_EACH_OTHER = timedelta(microseconds=1)  # the outbox goes by time alone


@dataclass(frozen=True, kw_only=True, slots=True)
class Reader:
    """Who reads, and where it goes; `from_when` is the beginning of their duty, where they have to wait."""

    staff: Staff
    to: To
    from_when: datetime | None = None


async def reader_for(
    tx: Tx, roster: Roster, staff_id: str, *, from_when: datetime | None = None
) -> Reader | None:
    """Return somebody as reader, by their first way that works and carries a text; None where none does."""
    person = Person(staff_id=staff_id, routes=roster.routes(staff_id))
    routes = [route for route in roster.usable(person) if route.channel is not ChannelName.VOICE]
    if not routes or not roster.is_active(staff_id):
        return None
    to = await staff_contact(tx, routes[0], staff_id)
    return Reader(staff=roster.staff[staff_id], to=to, from_when=from_when)


def in_words(programme: Programme, to: To) -> bool:
    """Tell whether what people wrote may stand in a chat message to somebody of the staff."""
    return to.channel is ChannelName.TELEGRAM and programme.telegram_details


async def hand_words(
    tx: Tx,
    reader: Reader,
    paper: Paper,
    people: Sequence[Participant],
    key: str,
    *,
    header: bool = False,
) -> None:
    """Send a paper as chat messages; each article is sealed under the key of the person it is about.

    `people` are whom the articles are about, in their order: erasing one takes the words about them along.
    With `header` its title and what it covers, which name nobody, go before them.
    """
    await tx.vault.load(tx.session, {person.key_id for person in people})
    texts = [(f"{key}:0", reader.to, f"{paper.title}\n{paper.about}")] if header else []
    for article, person in zip(paper.articles, people, strict=True):
        to = replace(reader.to, key_id=person.key_id)
        shown = chat_texts(article, "" if header else paper.about)
        texts += [(f"{key}:{person.id}:{number}", to, text) for number, text in enumerate(shown)]
    drafts = [
        Draft(
            to=to,
            kind=Kind.STAFF,
            lane=Lane.REPLY,
            text=text,
            dedupe_key=dedupe,
            not_before=(reader.from_when or tx.now) - place * AFTER_EACH_OTHER,
        )
        for place, (dedupe, to, text) in enumerate(reversed(texts))
    ]
    await enqueue(tx, drafts)


async def hand_link(
    tx: Tx,
    reader: Reader,
    programme: Programme,
    *,
    kind: LinkKind,
    say_key: str,
    key: str,
    participant: Participant | None = None,
    about: Staff | None = None,
    **values: object,
) -> None:
    """Send a link to the paper's page; without a public address, the plain truth that it can't be shown."""
    link = await make_link(
        tx,
        reader.staff.id,
        participant_id=participant.id if participant is not None else None,
        kind=kind,
        about_id=about.id if about is not None else None,
        read_from=reader.from_when,
    )
    language = str(programme.languages[0])
    ref = participant.ref if participant is not None else about.ref if about is not None else ""
    text = (
        say(say_key, language, ref=ref, link=link, **values)
        if link is not None
        else say("view_nowhere", language, ref=ref)
    )
    draft = Draft(
        to=reader.to, kind=Kind.STAFF, lane=Lane.REPLY, text=text, dedupe_key=key, not_before=reader.from_when
    )
    await enqueue(tx, [draft])
