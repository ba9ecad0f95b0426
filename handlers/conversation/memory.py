"""What helped somebody before, in their own words and dated, when it may help again."""

from __future__ import annotations

from bot.actions.memories import MEMORY, worth_a_reminder
from bot.domain.memories import remind
from bot.domain.triage.assess import Level
from bot.store.database import Tx
from bot.store.people import Participant
from handlers.conversation.hearing import Heard, answer_with


async def offer(tx: Tx, heard: Heard, participant: Participant, key: str, *, planned: bool) -> bool:
    """Answer with what helped before, by a reply's `key`; False where there is nothing to offer now.

    `planned`: what their plan says counts, too. Never in answer to what triage graded.
    """
    if heard.assessment.level is not Level.NONE or heard.assessment.flagged:
        return False
    zone = heard.who.zone
    memory = await worth_a_reminder(tx, participant, zone, planned=planned)
    text = remind(memory, key, tx.now, zone, heard.who.language) if memory is not None else None
    if memory is None or text is None:
        return False
    await answer_with(tx, heard, f"{MEMORY}:{memory.source}", text)
    return True
