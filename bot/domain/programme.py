"""An organisation's recovery programme as values: who, by which chain, on which schedules."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from enum import StrEnum

from bot.domain.courtesy import DEFAULT as DEFAULT_CAPS
from bot.domain.courtesy import Courtesy
from bot.domain.directory import Directory
from bot.domain.hours import Shift, Window
from bot.domain.messages import ChannelName
from bot.domain.overrides import Usual
from bot.domain.own_words import OwnWords
from bot.domain.pathways import Pathway
from bot.domain.prompts import Prompt
from bot.domain.rota import Leave, Rota
from bot.domain.signs import DEFAULT as DEFAULT_FOLLOW_UPS
from bot.domain.signs import FollowUps

DEFAULT_QUIET_HOURS = Window(start=20 * 60, end=9 * 60)
DEFAULT_REMIND = timedelta(hours=1)
DEFAULT_BEFORE_SESSION = timedelta(hours=1)


class Role(StrEnum):
    """What somebody on the staff does."""

    SPECIALIST = "specialist"
    COORDINATOR = "coordinator"
    SUPERVISOR = "supervisor"
    OPERATOR = "operator"


class StaffStatus(StrEnum):
    """Whether somebody still works here."""

    ACTIVE = "active"
    LEFT = "left"


class ParticipantStatus(StrEnum):
    """Whether a participant is written to."""

    ACTIVE = "active"
    PAUSED = "paused"
    LEFT = "left"


class ConsentMethod(StrEnum):
    """How consent was given. Only written consent makes a contact active at once."""

    WRITTEN = "written"
    VERBAL = "verbal"
    ONLINE = "online"
    KEYWORD = "keyword"
    DEEP_LINK = "deep_link"


class OnSlip(StrEnum):
    """What SLIP sets off: a quiet word to the specialist in duty hours, an urgent alert, or nothing."""

    TELL = "tell"
    URGENT = "urgent"
    NOTHING = "nothing"


class TargetKind(StrEnum):
    """Who a step of the chain tells."""

    ASSIGNED = "assigned"
    BACKUP = "backup"
    ON_CALL = "on_call"
    SUPERVISOR = "supervisor"
    STAFF = "staff"  # one member of staff, by ref


class Repeat(StrEnum):
    """What follows the last step of a chain nobody answered."""

    UNTIL_ACKNOWLEDGED = "until_acknowledged"


@dataclass(frozen=True, kw_only=True, slots=True)
class Consent:
    """Proof that a contact may be written to; `wording` names the version of the text agreed to."""

    method: ConsentMethod
    on: date
    wording: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Contact:
    """One address: E.164 for SMS and voice, digits of the chat id for Telegram. Staff need no consent."""

    channel: ChannelName
    address: str
    consent: Consent | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Target:
    """Who to tell; `ref` only for STAFF."""

    kind: TargetKind
    ref: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Step:
    """Tell these, by these channels in order, then wait for somebody to say they have it."""

    notify: tuple[Target, ...]
    by: tuple[ChannelName, ...]
    wait: timedelta


@dataclass(frozen=True, kw_only=True, slots=True)
class Staff:
    """A member of staff. No `duty` means always; `timezone` None means the programme's."""

    ref: str
    name: str
    roles: tuple[Role, ...]
    contacts: tuple[Contact, ...] = ()
    duty: tuple[Shift, ...] = ()
    backup: str | None = None
    timezone: str | None = None
    email: str | None = None
    status: StaffStatus = StaffStatus.ACTIVE
    leave: tuple[Leave, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class Enrolment:
    """A participant on the schedule called `name` since local date `start`.

    The rest are their own settings; None leaves them as they are. `time` is their own time of day, or USUAL;
    `shift` makes everything later (or earlier), `skip` are dates left out, `less` 1 keeps every second
    prompt and 2 every fourth.
    """

    name: str
    start: date
    time: time | Usual | None = None
    shift: timedelta | None = None
    skip: tuple[date, ...] | None = None
    less: int | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Participant:
    """A person in recovery. `language` and `timezone` None mean the programme's.

    `milestones`: whether they asked for them; None leaves it as it is. `specialist` is a staff ref;
    `sessions` are naive wall times in the participant's zone.
    """

    ref: str
    name: str
    language: str | None = None
    timezone: str | None = None
    specialist: str | None = None
    contacts: tuple[Contact, ...] = ()
    sessions: tuple[datetime, ...] = ()
    schedules: tuple[Enrolment, ...] = ()
    status: ParticipantStatus = ParticipantStatus.ACTIVE
    recovery_date: date | None = None
    pathway: Pathway | None = None
    milestones: bool | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Group:
    """Whom a schedule goes to: the active participants who fit all that is said; all if nothing is."""

    language: str | None = None
    pathway: Pathway | None = None
    specialist: str | None = None
    schedule: str | None = None  # who is on that one


@dataclass(frozen=True, kw_only=True, slots=True)
class Schedule:
    """A named set of prompts. `to` puts a whole group on it, beside those who are on it by name."""

    name: str
    title: str
    prompts: tuple[Prompt, ...]
    to: Group | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Programme:
    """Everything a programme file says.

    `country` is ISO 3166 alpha-2; the first of `languages` is the default; `escalation` maps a level
    (urgent, crisis) to its chain; `quiet_hours` None means there are none; people who join by keyword
    are enrolled on `join_schedule`; `telegram_details` lets Telegram alerts quote the participant;
    `directory` holds what MEETING, RESOURCES and STORY answer; `on_slip` is who hears of a SLIP,
    `follow_up` what silence, falling answers, a dead contact and an opt-out lead to.
    `holidays` are days on which prompts may be left out or come a day later, each as it says.
    `own_words` are looked for in every text, beside the rules of triage.
    `rotas` say who `on_call` is; whoever took an alert and has not closed it is asked after `remind`, and
    after as long again the chain starts anew. Specialists get a summary `before_session` (None: only when
    they ask), and a word in the morning if `morning_digest`.
    """

    name: str
    country: str
    timezone: str
    help_contact: str
    languages: tuple[str, ...] = ("en",)
    quiet_hours: Window | None = DEFAULT_QUIET_HOURS
    caps: Courtesy = DEFAULT_CAPS
    join_keyword: str | None = None
    join_schedule: str | None = None
    telegram_details: bool = False
    on_slip: OnSlip = OnSlip.TELL
    follow_up: FollowUps = DEFAULT_FOLLOW_UPS
    staff: tuple[Staff, ...] = ()
    escalation: dict[str, tuple[Step, ...]] = field(default_factory=dict)
    repeat: Repeat = Repeat.UNTIL_ACKNOWLEDGED
    remind: timedelta = DEFAULT_REMIND
    before_session: timedelta | None = DEFAULT_BEFORE_SESSION
    morning_digest: bool = True
    rotas: tuple[Rota, ...] = ()
    participants: tuple[Participant, ...] = ()
    schedules: tuple[Schedule, ...] = ()
    directory: Directory = field(default_factory=Directory)
    holidays: tuple[date, ...] = ()
    own_words: tuple[OwnWords, ...] = ()
