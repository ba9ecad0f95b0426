"""Checks of what was imported: whether every alert finds somebody, and every participant a zone.

People are named by their `ref`, never by name.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

from sqlalchemy import select

from bot.actions.covering import AHEAD, cover_gaps, describe_gap
from bot.actions.staffing import Roster, draw_chain, load_roster
from bot.commands.checks import Check, fault, info, ok, warn
from bot.domain.consent import ConsentState
from bot.domain.escalation import Person
from bot.domain.hours import DAY, Weekday, parse_window
from bot.domain.messages import ChannelName
from bot.domain.replies import crisis_lines
from bot.domain.triage.levels import Level
from bot.domain.zones import ZoneError, zone_of
from bot.settings import Settings
from bot.store.database import Database
from bot.store.people import Contact, Participant, PersonStatus, Programme

LONG_QUIET = 16 * 60  # minutes
SHOWN = 5  # refs in one line


@dataclass(frozen=True, kw_only=True, slots=True)
class _Programme:
    """One programme with its people, and the channels that are set up."""

    row: Programme
    roster: Roster
    people: Sequence[Participant]
    texted: Collection[str]  # ids of participants who agreed to at least one contact
    channels: Collection[ChannelName]

    def reached(self, person: Person) -> bool:
        """Tell whether somebody works here and can be told by the routes given."""
        known = {c.id: c for c in self.roster.contacts.get(person.staff_id, [])}
        return self.roster.is_active(person.staff_id) and any(
            route.channel in self.channels
            and known[route.contact_id].consent is not ConsentState.OPTED_OUT
            and known[route.contact_id].unreachable_at is None
            for route in person.routes
        )


async def check_programmes(database: Database, settings: Settings) -> list[Check]:
    """Check every programme in the database."""
    found: list[Check] = []
    async with database.read() as tx:
        for row in await tx.session.scalars(select(Programme).order_by(Programme.id)):
            people = (
                await tx.session.scalars(
                    select(Participant)
                    .where(Participant.programme_id == row.id, Participant.status != PersonStatus.LEFT)
                    .order_by(Participant.position)
                )
            ).all()
            agreed = await tx.session.scalars(
                select(Contact.participant_id).where(
                    Contact.programme_id == row.id, Contact.consent == ConsentState.ACTIVE
                )
            )
            programme = _Programme(
                row=row,
                roster=await load_roster(tx, row),
                people=people,
                texted={str(one) for one in agreed},
                channels=_channels(settings),
            )
            found += _check(programme)
    return found or [info("programme", "there is none yet", "`handrail import FILE` brings one in")]


def _check(programme: _Programme) -> list[Check]:
    gaps = [*_staff(programme), *_chains(programme)]
    row = programme.row
    return [
        *_cover(programme),
        *(gaps or [ok("escalation", "every step finds somebody for every participant")]),
        *_people(programme),
        *_quiet(row.quiet_hours),
        *_lines(row.country),
    ]


def _staff(programme: _Programme) -> list[Check]:
    roster, found = programme.roster, []
    alone = [
        member.ref
        for member in roster.staff.values()
        if roster.is_active(member.id)
        and not programme.reached(Person(staff_id=member.id, routes=roster.routes(member.id)))
    ]
    if alone:
        found.append(
            warn(
                "staff",
                f"{_refs(alone)} can't be told of anything: no contact on a channel that is set up",
                "give them one in the programme file, or set the channel up",
            )
        )
    if not roster.with_role("supervisor"):
        found.append(
            warn("staff", "there is no supervisor", "give somebody that role: they hear what nobody takes")
        )
    return found


def _cover(programme: _Programme) -> list[Check]:
    gaps = cover_gaps(programme.roster, programme.roster.now, programme.roster.now + AHEAD)
    if not gaps:
        return []
    days = [day.short for day in Weekday]
    said = ", ".join(describe_gap(gap, programme.row.timezone, days) for gap in gaps[:SHOWN])
    more = f" and {len(gaps) - SHOWN} more" if len(gaps) > SHOWN else ""
    mend = "add duty hours, a rota, or somebody to stand in for leave"
    return [warn("cover", f"in the next 7 days nobody is on duty or on call: {said}{more}", mend)]


def _chains(programme: _Programme) -> list[Check]:
    """Draw everybody's chain as an alert would, and look at each step."""
    gaps: dict[tuple[str, int], list[str]] = {}
    nobody: dict[str, list[str]] = {}
    for level in (Level.URGENT, Level.CRISIS):
        for person in programme.people:
            chain = draw_chain(programme.roster, programme.row, person, level)
            empty = [
                number
                for number, step in enumerate(chain.steps, start=1)
                if not any(map(programme.reached, step.people))
            ]
            if len(empty) == len(chain.steps) and not any(map(programme.reached, chain.supervisors)):
                nobody.setdefault(str(level), []).append(person.ref)
                continue
            for number in empty:
                gaps.setdefault((str(level), number), []).append(person.ref)
    mend = "name somebody else in the step, or give them a contact by its channels"
    return [
        *(
            fault("escalation", f"{level}: an alert of {_refs(refs)} reaches nobody at all", mend)
            for level, refs in nobody.items()
        ),
        *(
            warn("escalation", f"{level}, step {number}: nobody can take it for {_refs(refs)}", mend)
            for (level, number), refs in gaps.items()
        ),
    ]


def _people(programme: _Programme) -> list[Check]:
    found = []
    lost = [one.ref for one in programme.people if one.timezone and not _known(one.timezone)]
    if lost:
        found.append(
            warn(
                "participants",
                f"{_refs(lost)} live in a zone we don't know, so the programme's is used",
                "write it like America/New_York",
            )
        )
    silent = [one.ref for one in programme.people if one.id not in programme.texted]
    if silent:
        found.append(
            info(
                "participants",
                f"{_refs(silent)} can't be texted yet: no contact has agreed",
                "written consent in the file does it, or a yes of their own",
            )
        )
    return found


def _quiet(hours: str | None) -> list[Check]:
    if hours is None:
        return [warn("quiet hours", "there are none", "check the law where your participants live")]
    window = parse_window(hours)
    length = (window.end - window.start) % DAY or DAY
    if length > LONG_QUIET:
        mend = "most texts will expire unsent; set shorter ones"
        return [warn("quiet hours", f"they last {length // 60} hours a day", mend)]
    return []


def _lines(country: str) -> list[Check]:
    if crisis_lines(country, "en") == crisis_lines("ZZ", "en"):
        return [
            warn(
                "crisis lines",
                f"we have none for {country}; findahelpline.com is named instead",
                "have them added to crisis_lines.yaml",
            )
        ]
    return []


def _channels(settings: Settings) -> set[ChannelName]:
    given = {
        ChannelName.TELEGRAM: settings.telegram_token is not None,
        ChannelName.SMS: settings.twilio_account_sid is not None,
        ChannelName.VOICE: settings.voice_number is not None,
    }
    # With nothing set up that is the finding; here everything would be a gap.
    return {name for name, there in given.items() if there} or set(given)


def _known(zone: str) -> bool:
    try:
        zone_of(zone)
    except ZoneError:
        return False
    return True


def _refs(refs: Iterable[str]) -> str:
    every = list(refs)
    more = f" and {len(every) - SHOWN} more" if len(every) > SHOWN else ""
    return ", ".join(every[:SHOWN]) + more
