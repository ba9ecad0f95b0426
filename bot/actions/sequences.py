"""What follows from an answer: the next question, whoever should hear of it, and a score at the end."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import timedelta

import structlog
from sqlalchemy import select

from bot.actions.alerts import Raised, raise_alert
from bot.actions.checkins import new_checkin, open_checkins, run_of
from bot.actions.notices import tell_staff
from bot.actions.people import Correspondent, first_name, specialist_of
from bot.actions.prompts import RenderError, answer_buttons, fill_in
from bot.actions.specialists import tell_specialist
from bot.actions.staffing import load_roster
from bot.actions.versions import load_versions
from bot.domain.checkins import Answer, from_data
from bot.domain.instruments import InstrumentError, Score, held_instrument
from bot.domain.messages import ChannelName, Kind, Lane
from bot.domain.prompts import Prompt
from bot.domain.questions import FollowUp, Hears, Question, following, from_answer, from_score, number_of
from bot.domain.replies import say
from bot.domain.triage.levels import Level
from bot.outbox.enqueue import Draft, enqueue
from bot.store.database import Tx
from bot.store.ids import new_id
from bot.store.people import Participant
from bot.store.schedules import AnswerRow, Checkin, ScoreRow

log = structlog.get_logger()

ASK_WITHIN = timedelta(hours=2)  # a next question later than this is no conversation any more


@dataclass(frozen=True, kw_only=True, slots=True)
class Followed:
    """Who hears of an answer: those told when they are next on duty, and the alert it raised."""

    told: frozenset[Hears] = frozenset()
    raised: Raised | None = None


async def prompt_of(tx: Tx, checkin: Checkin) -> Prompt | None:
    """Return the prompt a question belongs to, as it was when it was asked."""
    if checkin.version_id is None:
        return None
    version = (await load_versions(tx, [checkin.version_id])).get(checkin.version_id)
    return version.prompts.get(checkin.prompt_key) if version is not None else None


async def ask_next(
    tx: Tx, who: Correspondent, checkin: Checkin, prompt: Prompt, answer: Answer | None
) -> bool:
    """Ask the question that follows (`answer` None: skipped); False when that was the last.

    A question that can't be worded ends the sequence: no text that comes in may fail because of it.
    """
    question = following(prompt.asked(), checkin.question_key or "", answer)
    if question is None or who.participant is None:
        return False
    message_id, language = new_id(), who.language
    try:
        text = await _worded(tx, who, question)
    except RenderError:
        log.error("question_unworded", checkin=checkin.id)
        return False
    draft = Draft(
        id=message_id,
        to=who.to,
        kind=Kind.REPLY,
        lane=Lane.REPLY,
        text=text,
        buttons=answer_buttons(question.answer, message_id, language)
        if who.contact.channel is ChannelName.TELEGRAM
        else (),
        dedupe_key=f"ask:{message_id}",
        expires_at=tx.now + ASK_WITHIN,
    )
    await enqueue(tx, [draft])
    row = new_checkin(
        who.participant.id,
        message_id,
        prompt,
        question,
        tx.now,
        version_id=checkin.version_id,
        after=checkin,
    )
    await open_checkins(tx, [row])
    return True


async def follow_answer(
    tx: Tx, who: Correspondent, checkin: Checkin, prompt: Prompt, answer: Answer, *, message_id: str
) -> Followed:
    """Do what the programme wants to follow from one answer, said in the message with this id."""
    rules = from_answer(prompt.rules(), checkin.question_key or "", answer)
    return await _follow(tx, who, checkin, rules, message_id)


async def finish(tx: Tx, who: Correspondent, checkin: Checkin, prompt: Prompt, message_id: str) -> Followed:
    """Score a sequence that is over, and do what follows from all of it; saying it again changes nothing."""
    if prompt.instrument is None and not prompt.rules():
        return Followed()
    answers = await _answers(tx, checkin)
    rules = [rule for key, answer in answers.items() for rule in from_answer(prompt.rules(), key, answer)]
    rules = [rule for rule in rules if rule.alert is None]  # an alert was raised when its answer came
    score = await _keep_score(tx, who.participant, checkin, prompt, answers)
    if score is not None:
        rules += from_score(prompt.rules(), score.parts)
    return await _follow(tx, who, checkin, rules, message_id)


async def keep_score(tx: Tx, who: Correspondent, checkin: Checkin, prompt: Prompt) -> None:
    """Score what is complete and tell nobody: a human has been called for something else already."""
    if prompt.instrument is not None:
        await _keep_score(tx, who.participant, checkin, prompt, await _answers(tx, checkin))


async def _follow(
    tx: Tx, who: Correspondent, checkin: Checkin, rules: Sequence[FollowUp], message_id: str
) -> Followed:
    told, raised = set(), None
    levels = [Level(rule.alert) for rule in rules if rule.alert is not None]
    if levels:
        raised = await raise_alert(tx, who, message_id, max(levels, key=lambda level: level.rank))
    if who.participant is not None:
        for hears in {rule.notify for rule in rules if rule.notify is not None}:
            if await _tell(tx, who, who.participant, hears, f"followup:{hears}:{run_of(checkin)}"):
                told.add(hears)
    return Followed(told=frozenset(told), raised=raised)


async def _tell(tx: Tx, who: Correspondent, person: Participant, hears: Hears, dedupe: str) -> bool:
    if hears is Hears.SPECIALIST:
        return await tell_specialist(tx, person.id, "follow_up", dedupe=dedupe) > 0
    roster = await load_roster(tx, who.programme)
    text = say("follow_up", str(who.programme.languages[0]), person=person.ref)
    return await tell_staff(tx, roster, roster.with_role("supervisor"), text, dedupe=dedupe) > 0


async def _answers(tx: Tx, checkin: Checkin) -> dict[str, Answer]:
    """Return a run's answers by question, in the order they were asked."""
    rows = await tx.session.execute(
        select(Checkin.question_key, AnswerRow.id, AnswerRow.value)
        .join(AnswerRow, AnswerRow.checkin_id == Checkin.id)
        .where(Checkin.run_id == run_of(checkin))
        .order_by(Checkin.asked_at)
    )
    return {
        key or "": from_data(json.loads(await tx.vault.reveal(tx.session, value, "answers", "value", row_id)))
        for key, row_id, value in rows.all()
    }


async def _keep_score(
    tx: Tx, participant: Participant | None, checkin: Checkin, prompt: Prompt, answers: dict[str, Answer]
) -> Score | None:
    """Keep the score of a complete scale, sealed; a corrected answer corrects it."""
    instrument = held_instrument(prompt.instrument)
    if instrument is None or participant is None:
        return None
    try:
        score = instrument.score({key: number_of(one) for key, one in answers.items()})
    except InstrumentError:  # its rules changed while it was being answered
        log.error("unscored", checkin=checkin.id, instrument=instrument.name)
        return None
    if score is None:
        return None
    row = await tx.session.scalar(select(ScoreRow).where(ScoreRow.run_id == run_of(checkin)))
    if row is None:
        row = ScoreRow(id=new_id(), run_id=run_of(checkin), participant_id=participant.id, at=tx.now)
        tx.session.add(row)
    row.instrument, row.version = score.instrument, score.version
    await tx.vault.load(tx.session, [participant.key_id])
    row.value = tx.vault.seal(participant.key_id, json.dumps(asdict(score)), "scores", "value", row.id)
    await tx.session.flush()
    return score


async def _worded(tx: Tx, who: Correspondent, question: Question) -> str:
    language = who.language
    template = question.ask.get(language) or next(iter(question.ask.values()))
    known = {
        "first_name": await first_name(tx, who.participant),
        "specialist_name": await first_name(tx, await specialist_of(tx, who.participant)),
        "programme_name": who.programme.name,
    }
    return fill_in(template, {name: value for name, value in known.items() if value}, language)
