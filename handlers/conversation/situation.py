"""Show a specialist somebody's situation: in the chat where the programme allows it, else behind a link."""

from __future__ import annotations

from bot.actions.context import Situation, load_situation
from bot.actions.links import make_link
from bot.actions.notices import note
from bot.domain.charts import draw_png
from bot.domain.messages import ChannelName, Kind, Lane
from bot.domain.papers import quote_around
from bot.domain.replies import say
from bot.domain.situations import LONGEST, day, facts, moment, plan_lines, trend_line, words
from bot.outbox.enqueue import About, Draft, To, enqueue
from bot.store.alerts import Alert
from bot.store.database import Tx
from bot.store.people import Participant, Staff
from handlers.conversation.hearing import Heard, answer_with


async def show_situation(
    tx: Tx, heard: Heard, staff: Staff, participant: Participant | None, alert: Alert | None
) -> None:
    """Answer VIEW: nothing of it goes by SMS, nor on Telegram where the programme does not allow details."""
    ref = alert.ref if alert is not None else participant.ref if participant is not None else ""
    if participant is None:
        await _say(tx, heard, "note_nobody", alert, ref=ref)
        return
    if heard.inbound.channel is ChannelName.TELEGRAM and heard.who.programme.telegram_details:
        if alert is not None:
            note(tx, alert, "viewed", staff_id=staff.id)
        situation = await load_situation(tx, participant, alert)
        await _tell(tx, heard, staff, participant, situation)
        return
    link = await make_link(
        tx, staff.id, participant_id=participant.id, alert_id=alert.id if alert is not None else None
    )
    if link is None:
        await _say(tx, heard, "view_nowhere", alert, ref=ref)
    else:
        await _say(tx, heard, "view_link", alert, ref=ref, link=link)


async def _tell(tx: Tx, heard: Heard, staff: Staff, participant: Participant, situation: Situation) -> None:
    language = heard.who.language
    zone = staff.timezone or heard.who.programme.timezone
    # Sealed under the participant's key: erasing them takes their words here with it.
    await tx.vault.load(tx.session, [participant.key_id])
    to = To(
        contact_id=heard.who.contact.id,
        key_id=participant.key_id,
        channel=heard.inbound.channel,
        staff_id=staff.id,
    )
    draft = Draft(
        to=to,
        kind=Kind.STAFF,
        lane=Lane.REPLY,
        text=in_words(situation, language, zone),
        dedupe_key=f"view:{heard.message_id}",
        about=About(),
    )
    drafts = [draft]
    ends = (day(situation.since, zone, language), day(situation.until, zone, language))
    for series in situation.trends:
        drafts.append(
            Draft(
                to=to,
                kind=Kind.STAFF,
                lane=Lane.REPLY,
                text=trend_line(series, language, zone),
                picture=draw_png(series, (situation.since, situation.until), ends),
                dedupe_key=f"view:{heard.message_id}:{series.title}",
            )
        )
    await enqueue(tx, drafts)


def in_words(situation: Situation, language: str, zone: str) -> str:
    """Return a situation as one chat message."""
    said = words(language)
    head = f"{situation.name} ({situation.person})"
    lines = [f"{head} Ref {situation.ref}" if situation.ref is not None else head]
    if situation.said:
        lines.append(f'"{quote_around(situation.words, situation.said)}"')
    lines += [
        f"{label}: {value}"
        for label, value in facts(
            language,
            zone,
            level=situation.level,
            why=situation.why,
            sign=situation.sign,
            said_at=situation.said_at,
            crisis_reply=situation.crisis_reply,
            next_backup=situation.next_backup,
        )
    ]
    lines += [
        f"{said['promised']}: {text} ({moment(due, zone, language)})" for due, text in situation.promises
    ]
    if situation.plan:
        lines.append(f"{said['plan']}:")
    lines += [
        f"{part}: {'; '.join(text[:120] for text in texts)}"
        for part, texts in plan_lines(situation.plan, language)
    ]
    if situation.lines:
        lines.append(f"{said['conversation']}:")
    lines += [
        f"{moment(line.at, zone, language)} {line.who or said['bot']}: {line.text[:200]}"
        for line in situation.lines
    ]
    return "\n".join(lines)[:LONGEST]


async def _say(tx: Tx, heard: Heard, key: str, alert: Alert | None, **values: object) -> None:
    text = say(key, heard.who.language, **values)
    alert_id = alert.id if alert is not None else None
    await answer_with(tx, heard, key, text, kind=Kind.STAFF, alert_id=alert_id)
