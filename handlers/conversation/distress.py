"""Distress: a human is told first, and the person is answered at once, truthfully."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from bot.actions.alerts import Raised, raise_alert
from bot.actions.assessments import keep_answer_verdict
from bot.actions.conversations import said_lately
from bot.actions.specialists import tell_specialist
from bot.domain.answers import AnswerSpec, FreeText
from bot.domain.checkins import Answer
from bot.domain.consent import ConsentState
from bot.domain.messages import ChannelName, Kind, Lane
from bot.domain.triage.answers import assess_answer
from bot.domain.triage.assess import Level
from bot.store.database import Tx
from handlers.conversation.hearing import Heard, answer

AGAIN_AFTER = timedelta(minutes=10)  # one automated reply is support, ten are noise
KEYS = ("crisis", "crisis_unreached", "crisis_unknown", "overdose", "urgent", "urgent_unreached")


async def hear(tx: Tx, heard: Heard, *, opted_out_now: bool) -> bool:
    """Raise an alert and answer the person; return True if an answer was enqueued.

    Whoever opted out before is not texted: staff are told all the same.
    """
    raised = await raise_alert(tx, heard.who, heard.message_id, heard.assessment.level)
    if not _may_answer(heard, opted_out_now=opted_out_now):
        return False
    if not raised.news and await _answered_lately(tx, heard):
        return True
    kind = Kind.PARTING if opted_out_now else Kind.CRISIS
    lines = heard.lines
    await answer(
        tx,
        heard,
        _key(heard, raised),
        kind=kind,
        lane=Lane.ALERT,
        lines=lines.lines,
        emergency=lines.emergency,
    )
    return True


async def answered(tx: Tx, heard: Heard, spec: AnswerSpec, value: Answer, question: str) -> bool:
    """Act on an answer that says more than its words, such as "no" to "are you safe?"; True if it did.

    The lowest mood is no alarm: their specialist is told to look, and the person is answered as ever.
    """
    if isinstance(spec, FreeText) or heard.who.participant is None:
        return False  # free text has been read as a text already
    verdict = assess_answer(spec, value, question=question, language=heard.who.language)
    if verdict.flagged:
        about = heard.who.participant.id
        await tell_specialist(tx, about, "look_at", dedupe=f"answer:{heard.message_id}")
    if verdict.level.rank <= heard.assessment.level.rank:
        return False
    await keep_answer_verdict(tx, heard.who, heard.message_id, verdict)
    return await hear(tx, replace(heard, assessment=verdict), opted_out_now=False)


def _may_answer(heard: Heard, *, opted_out_now: bool) -> bool:
    if opted_out_now:
        # On the carrier's own words the provider blocks us at once; a sentence it lets through.
        return not (heard.consent.carrier and heard.inbound.channel is ChannelName.SMS)
    return heard.who.contact.consent is not ConsentState.OPTED_OUT


async def _answered_lately(tx: Tx, heard: Heard) -> bool:
    for key in KEYS:
        if await said_lately(tx, heard.who, f"{key}:", AGAIN_AFTER):
            return True
    return False


def _key(heard: Heard, raised: Raised) -> str:
    crisis = heard.assessment.level is Level.CRISIS
    if not raised.told:
        return "crisis_unreached" if crisis else "urgent_unreached"
    if any(signal.concept.startswith("overdose") for signal in heard.assessment.signals):
        return "overdose"
    if heard.who.participant is None:
        return "crisis_unknown"
    return "crisis" if crisis else "urgent"
