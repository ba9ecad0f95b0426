"""Staff write to a participant through the bot, and read what they write back.

Words go to nobody by accident: a talk begins only with a ref in front (`K7 hello`), with a reply to a message
about them on Telegram, or with TO and the person's ref. After that plain words go on in it, as long as there
is only one.
"""

from __future__ import annotations

import re

from bot.actions.acknowledgements import alert_by_ref, take_alert
from bot.actions.conversations import message_answered
from bot.actions.notices import name_of
from bot.actions.people import own_participant
from bot.actions.staffing import load_roster
from bot.actions.talks import (
    BACK,
    QUICK,
    QUICK_REPLIES,
    end_talk,
    say_to_participant,
    say_to_staff,
    talk_of,
    talks_of_staff,
)
from bot.domain.replies import say
from bot.store.alerts import Alert, AlertState
from bot.store.database import Tx
from bot.store.desk import Talk
from bot.store.people import Participant, Staff
from handlers.conversation.desk import tell
from handlers.conversation.hearing import Heard

# "K7 hello": a ref, then words that are not only a number.
ADDRESSED = re.compile(r"^\W*(?:ref\W*)?(?P<ref>[a-z]\d{1,5})\W+(?P<words>\S.*)$", re.IGNORECASE | re.DOTALL)
TO = re.compile(
    r"^\W*(?:to|para)\s+(?P<ref>[A-Za-z0-9_.-]{1,64})\W+(?P<words>\S.*)$", re.IGNORECASE | re.DOTALL
)
LONGEST = 600  # characters of one message: longer ones cost many texts


async def hear(tx: Tx, heard: Heard, staff: Staff) -> bool:
    """Pass a staff member's words on to whom they are for; return False when they are for nobody."""
    text = heard.text.strip()
    if match := ADDRESSED.match(text):
        alert = await alert_by_ref(tx, staff.programme_id, match["ref"].upper())
        if alert is not None:
            await _about_alert(tx, heard, staff, alert, match["words"])
            return True
        participant = await own_participant(tx, staff, match["ref"])
        if participant is not None:
            await _say(tx, heard, staff, participant, match["words"], alert=None)
            return True
    if match := TO.match(text):
        participant = await own_participant(tx, staff, match["ref"])
        if participant is not None:
            await _say(tx, heard, staff, participant, match["words"], alert=None)
            return True
    answered = await message_answered(tx, heard.who, heard.inbound.reply_to)
    if answered is not None and (talk := await _talk_answered(tx, answered.dedupe_key, staff)) is not None:
        await _on(tx, heard, staff, talk, text)
        return True
    if answered is not None and answered.alert_id is not None:
        await _about_alert(tx, heard, staff, await tx.session.get_one(Alert, answered.alert_id), text)
        return True
    # A reply to something outside their talks may be meant for somebody else than the talk is with.
    return await _plain(tx, heard, staff, text, sure=answered is None)


async def back(tx: Tx, heard: Heard, staff: Staff, ref: str | None) -> None:
    """Let the bot come back in the talk that is meant."""
    talks = [talk for talk in await talks_of_staff(tx, staff.id) if ref is None or talk.ref.upper() == ref]
    if len(talks) == 1:
        await end_talk(tx, talks[0])
    elif talks:
        refs = ", ".join(talk.ref for talk in talks)
        await tell(tx, heard, "desk_which", refs=refs, word="BACK", ref=talks[0].ref)
    else:
        await tell(tx, heard, "talk_none")


async def tapped(tx: Tx, heard: Heard, staff: Staff, verb: str, rest: str) -> str | None:
    """Send a quick reply, or let the bot come back, by button."""
    talk_id, _, number = rest.partition(":")
    talk = next((talk for talk in await talks_of_staff(tx, staff.id) if talk.id == talk_id), None)
    if talk is None:
        await tell(tx, heard, "talk_none")
        return None
    if verb == BACK:
        await end_talk(tx, talk)
        return talk.ref
    if verb == QUICK and number.isdecimal() and int(number) in QUICK_REPLIES:
        participant = await tx.session.get_one(Participant, talk.participant_id)
        await _on(tx, heard, staff, talk, say(f"quick_{number}", participant.language))
    return talk.ref


async def heard_from(tx: Tx, heard: Heard) -> bool:
    """Pass a participant's words on to the staff they talk with; return False when nobody talks with them."""
    participant = heard.who.participant
    talk = await talk_of(tx, participant) if participant is not None else None
    if participant is None or talk is None:
        return False
    words = heard.text if heard.text.strip() else say("sent_media", heard.who.language)
    return await say_to_staff(tx, talk, participant, heard.message_id, words)


async def _plain(tx: Tx, heard: Heard, staff: Staff, text: str, *, sure: bool) -> bool:
    talks = await talks_of_staff(tx, staff.id)
    if len(talks) == 1 and sure:
        await _on(tx, heard, staff, talks[0], text)
    elif talks:
        refs = ", ".join(talk.ref for talk in talks)
        await tell(tx, heard, "talk_which", refs=refs, ref=talks[0].ref)
    return bool(talks)


async def _about_alert(tx: Tx, heard: Heard, staff: Staff, alert: Alert, text: str) -> None:
    """Talk with the person an alert is about; whoever writes to them has it."""
    if alert.participant_id is None:
        await tell(tx, heard, "note_nobody", ref=alert.ref)
        return
    if alert.state is AlertState.OPEN:
        await take_alert(tx, alert, staff)
    other = alert.state is AlertState.ACKNOWLEDGED and alert.acknowledged_by != staff.id
    if other and "supervisor" not in staff.roles:
        await tell(tx, heard, "taken_by_other", ref=alert.ref, name=await name_of(tx, alert.acknowledged_by))
        return
    participant = await tx.session.get_one(Participant, alert.participant_id)
    if alert.state is AlertState.CLOSED and not await _still_theirs(tx, heard, staff, participant, alert):
        await tell(tx, heard, "talk_closed", ref=alert.ref)
        return
    await _say(tx, heard, staff, participant, text, alert=alert)


async def _still_theirs(tx: Tx, heard: Heard, staff: Staff, participant: Participant, alert: Alert) -> bool:
    """Tell whether somebody may still write about an alert that is over.

    The person's own specialist may, who had or closed it, and a supervisor who is on duty. Whoever was only
    told of it that night has no more to do with the person than anybody.
    """
    if staff.id in {participant.specialist_id, alert.acknowledged_by, alert.closed_by}:
        return True
    talks = await talks_of_staff(tx, staff.id)
    if any(talk.participant_id == participant.id for talk in talks):
        return True  # they are talking already
    return "supervisor" in staff.roles and (await load_roster(tx, heard.who.programme)).on_duty(staff.id)


async def _on(tx: Tx, heard: Heard, staff: Staff, talk: Talk, text: str) -> None:
    participant = await tx.session.get_one(Participant, talk.participant_id)
    alert = await tx.session.get(Alert, talk.alert_id) if talk.alert_id is not None else None
    await _say(tx, heard, staff, participant, text, alert=alert)


async def _say(
    tx: Tx, heard: Heard, staff: Staff, participant: Participant, text: str, *, alert: Alert | None
) -> None:
    if len(text) > LONGEST:
        await tell(tx, heard, "talk_long", most=LONGEST)
        return
    said = await say_to_participant(tx, participant, staff, heard.who.contact, text, alert=alert)
    if not said.delivered:
        await tell(tx, heard, "talk_stopped", person=participant.ref)
    elif said.opened:
        await tell(tx, heard, "talk_begun", alert=alert, person=participant.ref, ref=said.talk.ref)


async def _talk_answered(tx: Tx, dedupe_key: str | None, staff: Staff) -> Talk | None:
    kind, _, rest = (dedupe_key or "").partition(":")
    if kind != "talk":
        return None
    talk_id = rest.partition(":")[0]
    return next((talk for talk in await talks_of_staff(tx, staff.id) if talk.id == talk_id), None)
