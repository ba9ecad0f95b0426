"""A programme written back as a file: what `parse_programme` reads is exactly what was given."""

from __future__ import annotations

from dataclasses import asdict
from datetime import timedelta
from typing import Any

from bot.domain.courtesy import DEFAULT as DEFAULT_CAPS
from bot.domain.courtesy import Courtesy
from bot.domain.directory import directory_to_data
from bot.domain.durations import format_duration
from bot.domain.messages import ChannelName
from bot.domain.overrides import Usual
from bot.domain.own_words import own_words_to_data
from bot.domain.programme import (
    DEFAULT_BEFORE_SESSION,
    DEFAULT_REMIND,
    Contact,
    Enrolment,
    Group,
    OnSlip,
    Participant,
    ParticipantStatus,
    Programme,
    Schedule,
    Staff,
    StaffStatus,
    Step,
    Target,
)
from bot.domain.prompts import prompts_to_data
from bot.domain.rota_file import rota_to_file
from bot.domain.signs_file import follow_ups_to_file
from bot.domain.yaml_writing import Inline, Lines, Quoted, write_yaml


def dump_programme(programme: Programme) -> str:
    """Return the programme file: keys in the usual order, empty ones left out, the same text each time."""
    chain: dict[str, Any] = {
        level: Lines(_step(step) for step in steps) for level, steps in programme.escalation.items()
    }
    sections = {
        "programme": _head(programme),
        "staff": [_member(member) for member in programme.staff],
        "rota": [rota_to_file(rota, programme.timezone) for rota in programme.rotas],
        "escalation": chain | _after(programme) if chain else {},
        "triage": {"words": own_words_to_data(programme.own_words)} if programme.own_words else {},
        "participants": [_participant(person) for person in programme.participants],
        "schedules": [_schedule(schedule) for schedule in programme.schedules],
        "directory": directory_to_data(programme.directory),
    }
    return write_yaml({name: section for name, section in sections.items() if section})


def _head(programme: Programme) -> dict[str, Any]:
    return _given(
        name=programme.name,
        country=programme.country,
        timezone=programme.timezone,
        languages=list(programme.languages),
        quiet_hours=Quoted(programme.quiet_hours) if programme.quiet_hours else "none",
        caps=_caps(programme.caps),
        help_contact=Quoted(programme.help_contact),
        join_keyword=programme.join_keyword,
        join_schedule=programme.join_schedule,
        telegram_details=programme.telegram_details,
        on_slip=None if programme.on_slip is OnSlip.TELL else str(programme.on_slip),
        follow_up=follow_ups_to_file(programme.follow_up),
        holidays=list(programme.holidays),
        before_session=_ahead(programme.before_session),
        morning_digest=None if programme.morning_digest else False,
    )


def _caps(caps: Courtesy) -> dict[str, Any] | None:
    """Return the caps that differ from the defaults; none of them, no key."""
    given = {
        name: "none" if value is None else format_duration(value) if isinstance(value, timedelta) else value
        for name, value in asdict(caps).items()
        if value != getattr(DEFAULT_CAPS, name)
    }
    return Inline(given) if given else None


def _ahead(before: timedelta | None) -> str | None:
    if before == DEFAULT_BEFORE_SESSION:
        return None
    return format_duration(before) if before is not None else "none"


def _after(programme: Programme) -> dict[str, Any]:
    remind = None if programme.remind == DEFAULT_REMIND else format_duration(programme.remind)
    return _given(repeat=str(programme.repeat), remind=remind)


def _member(member: Staff) -> dict[str, Any]:
    return _given(
        ref=member.ref,
        name=member.name,
        roles=[str(role) for role in member.roles],
        email=member.email,
        contacts=[Inline(_contact(contact)) for contact in member.contacts],
        duty=[Quoted(shift) for shift in member.duty],
        backup=member.backup,
        timezone=member.timezone,
        status=None if member.status is StaffStatus.ACTIVE else str(member.status),
        leave=[Quoted(leave) for leave in member.leave],
    )


def _step(step: Step) -> dict[str, Any]:
    targets = [_target(target) for target in step.notify]
    return Inline(
        notify=targets[0] if len(targets) == 1 else targets,
        by=[str(channel) for channel in step.by],
        wait=format_duration(step.wait),
    )


def _target(target: Target) -> str:
    return str(target.kind) if target.ref is None else target.ref


def _participant(person: Participant) -> dict[str, Any]:
    return _given(
        ref=person.ref,
        name=person.name,
        language=person.language,
        timezone=person.timezone,
        specialist=person.specialist,
        contacts=[_contact(contact) for contact in person.contacts],
        sessions=[Quoted(f"{session:%Y-%m-%d %H:%M}") for session in person.sessions],
        schedules=[Inline(_enrolment(one)) for one in person.schedules],
        status=None if person.status is ParticipantStatus.ACTIVE else str(person.status),
        recovery_date=person.recovery_date,
        pathway=None if person.pathway is None else str(person.pathway),
        milestones=person.milestones,
    )


def _enrolment(one: Enrolment) -> dict[str, Any]:
    data: dict[str, Any] = {"name": one.name, "start": one.start}
    if one.time is not None:
        data["time"] = str(one.time) if isinstance(one.time, Usual) else Quoted(f"{one.time:%H:%M}")
    if one.shift is not None:
        sign = "-" if one.shift < timedelta(0) else ""
        data["shift"] = f"{sign}{format_duration(abs(one.shift))}"
    if one.skip is not None:
        data["skip"] = list(one.skip)
    if one.less is not None:
        data["less"] = one.less
    return data


def _contact(contact: Contact) -> dict[str, Any]:
    chat = contact.channel is ChannelName.TELEGRAM
    data: dict[str, Any] = {str(contact.channel): int(contact.address) if chat else Quoted(contact.address)}
    if contact.consent is not None:
        consent = contact.consent
        data["consent"] = Inline(method=str(consent.method), on=consent.on, wording=consent.wording)
    return data


def _schedule(schedule: Schedule) -> dict[str, Any]:
    data: dict[str, Any] = {"name": schedule.name, "title": schedule.title}
    if schedule.to is not None:
        data["to"] = group_to_data(schedule.to)
    return data | {"prompts": prompts_to_data(schedule.prompts)}


def group_to_data(group: Group) -> dict[str, Any] | str:
    """Return a group as the file writes it."""
    pathway = None if group.pathway is None else str(group.pathway)
    said = _given(
        language=group.language, pathway=pathway, specialist=group.specialist, schedule=group.schedule
    )
    return Inline(said) if said else "everybody"


def _given(**keys: object) -> dict[str, Any]:
    """Leave out what was not given."""
    return {name: value for name, value in keys.items() if value is not None and value != []}
