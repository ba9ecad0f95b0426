"""Tell a participant's own specialist something about them."""

from __future__ import annotations

from bot.actions.notices import tell_staff
from bot.actions.staffing import load_roster
from bot.domain.replies import say
from bot.store.database import Tx
from bot.store.people import Participant, Programme


async def tell_specialist(
    tx: Tx, participant_id: str, key: str, *, dedupe: str, urgent: bool = False, **values: object
) -> int:
    """Tell a participant's specialist something about them; the supervisors when there is none.

    Return how many people can be told: an answer that says so must be true.
    """
    participant = await tx.session.get_one(Participant, participant_id)
    programme = await tx.session.get_one(Programme, participant.programme_id)
    roster = await load_roster(tx, programme)
    own = participant.specialist_id
    people = [own] if own is not None and roster.is_active(own) else roster.with_role("supervisor")
    text = say(key, str(programme.languages[0]), person=participant.ref, **values)
    return await tell_staff(tx, roster, people, text, dedupe=dedupe, urgent=urgent)
