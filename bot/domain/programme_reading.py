"""A programme file, read into values; every wrong field is named with its line, all in one go."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from difflib import get_close_matches
from typing import TypeVar

from bot.domain.answers import AnswerSpec, Choice
from bot.domain.courtesy import DEFAULT as DEFAULT_CAPS
from bot.domain.courtesy import Courtesy
from bot.domain.directory import Directory, read_directory
from bot.domain.errors import FieldError, ProgrammeFileError
from bot.domain.hours import parse_shift
from bot.domain.messages import ChannelName
from bot.domain.overrides import FEWEST
from bot.domain.own_words import read_own_words
from bot.domain.pathways import Pathway
from bot.domain.programme import (
    DEFAULT_BEFORE_SESSION,
    DEFAULT_QUIET_HOURS,
    DEFAULT_REMIND,
    Consent,
    ConsentMethod,
    Contact,
    Enrolment,
    Group,
    OnSlip,
    Participant,
    ParticipantStatus,
    Programme,
    Repeat,
    Role,
    Schedule,
    Staff,
    StaffStatus,
    Step,
    Target,
    TargetKind,
)
from bot.domain.programme_words import (
    read_chat,
    read_country,
    read_days,
    read_duration,
    read_email,
    read_keyword,
    read_language,
    read_name,
    read_own_time,
    read_phone,
    read_quiet_hours,
    read_session,
    read_shift,
    read_zone,
)
from bot.domain.prompts import Prompt, parse_prompts
from bot.domain.rota_file import read_leave, read_rota
from bot.domain.signs import DEFAULT as DEFAULT_FOLLOW_UPS
from bot.domain.signs_file import read_follow_ups
from bot.domain.yaml_fields import Field, Keys, WrongFieldError, read_yaml

T = TypeVar("T")
Library = Mapping[str, Schedule]
LEVELS = ("urgent", "crisis")
_TARGET_WORDS = [str(kind) for kind in TargetKind if kind is not TargetKind.STAFF]


def parse_programme(text: str, library: Library | None = None) -> Programme:
    """Read a whole programme file. Raises ProgrammeFileError carrying every wrong field.

    `library` holds the built-in schedules that `library: NAME` stands for.
    """
    problems: list[FieldError] = []
    top = read_yaml(text, problems)
    keys = top.keys(
        ["programme", "staff", "rota", "escalation", "triage", "participants", "schedules", "directory"]
    )
    programme = _Reading(keys, library or {}).programme()
    if problems:
        raise ProgrammeFileError(tuple(sorted(problems, key=lambda one: one.line)))
    return programme


@dataclass(frozen=True, kw_only=True, slots=True)
class Around:
    """What a participant's entry may mention: the programme's country, languages, staff refs, schedules."""

    country: str
    languages: tuple[str, ...]
    staff: tuple[str, ...]
    schedules: tuple[str, ...]


def participant_reader(around: Around) -> Callable[[Field], Participant]:
    """Return what reads participants one by one, for a sheet; no two may share an address."""
    reading = _Reading(Keys.nothing(), {})
    reading.go_on_with(around)
    return reading.read_participant


class _Reading:
    """One file while it is read: what its parts must know of each other."""

    def __init__(self, keys: Keys, library: Library) -> None:
        self._keys = keys
        self._library = library
        self._country = "US"
        self._languages: tuple[str, ...] = ("en",)
        # Names are gathered first, so that a wrong entry does not make every mention of it wrong too.
        self._staff = _names(keys, "staff", "ref")
        self._schedules = _names(keys, "schedules", "name")
        self._addresses: set[tuple[ChannelName, str]] = set()

    def go_on_with(self, around: Around) -> None:
        """Take what is known from elsewhere than the file."""
        self._country, self._languages = around.country, around.languages
        self._staff, self._schedules = list(around.staff), list(around.schedules)

    def programme(self) -> Programme:
        about = self._keys.need("programme", _programme_keys, Keys.nothing())
        self._country = about.need("country", read_country, "US")
        self._languages = about.get("languages", _languages, ("en",))
        chain = self._keys.get(
            "escalation", lambda field: field.keys([*LEVELS, "repeat", "remind"]), Keys.nothing()
        )
        read = self._keys.get
        triage = read("triage", lambda field: field.keys(["words"]), Keys.nothing())
        zone = about.need("timezone", read_zone, "UTC")
        return Programme(
            name=about.need("name", Field.text, ""),
            country=self._country,
            timezone=zone,
            languages=self._languages,
            quiet_hours=about.get("quiet_hours", read_quiet_hours, DEFAULT_QUIET_HOURS),
            caps=about.get("caps", _caps, DEFAULT_CAPS),
            help_contact=about.need("help_contact", lambda field: field.text(most=80), ""),
            join_keyword=about.get("join_keyword", read_keyword, None),
            join_schedule=about.get("join_schedule", self._schedule_name, None),
            telegram_details=about.get("telegram_details", Field.truth, False),
            on_slip=about.get("on_slip", lambda field: field.one_of(OnSlip), OnSlip.TELL),
            follow_up=about.get("follow_up", read_follow_ups, DEFAULT_FOLLOW_UPS),
            staff=read("staff", lambda field: self._people(field, self._member), ()),
            escalation={
                level: chain.get(level, lambda field: field.each(self._step), ())
                for level in chain.found
                if level in LEVELS
            },
            repeat=chain.get("repeat", lambda field: field.one_of(Repeat), Repeat.UNTIL_ACKNOWLEDGED),
            remind=chain.get("remind", read_duration, DEFAULT_REMIND),
            before_session=about.get("before_session", _unless_none(read_duration), DEFAULT_BEFORE_SESSION),
            morning_digest=about.get("morning_digest", Field.truth, True),
            rotas=read(
                "rota",
                lambda field: _unique(field, "name", lambda one: read_rota(one, self._staff_name, zone)),
                (),
            ),
            participants=read("participants", lambda field: self._people(field, self.read_participant), ()),
            schedules=read("schedules", lambda field: _unique(field, "name", self._schedule), ()),
            directory=read("directory", lambda field: read_directory(field, self._languages), Directory()),
            holidays=about.get("holidays", read_days, ()),
            own_words=triage.get("words", read_own_words, ()),
        )

    def _people(self, field: Field, read: Callable[[Field], T]) -> tuple[T, ...]:
        # A number that two people share could not tell us who wrote; staff and participants are apart.
        self._addresses = set()
        return _unique(field, "ref", read)

    def _member(self, field: Field) -> Staff:
        keys = field.keys(
            ["ref", "name", "roles", "contacts", "duty", "backup", "timezone", "email", "status", "leave"]
        )
        ref = keys.need("ref", _staff_ref, "")
        backup = keys.get("backup", self._staff_name, None)
        if backup is not None and backup == ref:
            keys.found["backup"].say("Nobody can be their own backup.")
        return Staff(
            ref=ref,
            name=keys.need("name", Field.text, ""),
            roles=keys.need("roles", lambda below: _some(below, lambda one: one.one_of(Role)), ()),
            contacts=keys.get(
                "contacts", lambda below: below.each(lambda one: self._contact(one, set(ChannelName))), ()
            ),
            duty=keys.get("duty", lambda below: below.each(lambda one: parse_shift(one.text())), ()),
            backup=backup,
            timezone=keys.get("timezone", read_zone, None),
            email=keys.get("email", read_email, None),
            status=keys.get("status", lambda below: below.one_of(StaffStatus), StaffStatus.ACTIVE),
            leave=keys.get("leave", lambda below: below.each(read_leave), ()),
        )

    def read_participant(self, field: Field) -> Participant:
        """Read one participant."""
        keys = field.keys(
            [
                *["ref", "name", "language", "timezone", "specialist", "contacts", "sessions", "schedules"],
                *["status", "recovery_date", "pathway", "milestones"],
            ]
        )
        return Participant(
            ref=keys.need("ref", read_name, ""),
            name=keys.need("name", Field.text, ""),
            language=keys.get("language", self._language, None),
            timezone=keys.get("timezone", read_zone, None),
            specialist=keys.get("specialist", self._staff_name, None),
            contacts=keys.get("contacts", lambda below: below.each(self._consented), ()),
            sessions=keys.get("sessions", lambda below: below.each(read_session), ()),
            schedules=keys.get("schedules", lambda below: _unique(below, "name", self._enrolment), ()),
            status=keys.get(
                "status", lambda below: below.one_of(ParticipantStatus), ParticipantStatus.ACTIVE
            ),
            recovery_date=keys.get("recovery_date", Field.day, None),
            pathway=keys.get("pathway", lambda below: below.one_of(Pathway), None),
            milestones=keys.get("milestones", Field.truth, None),
        )

    def _consented(self, field: Field) -> Contact:
        return self._contact(field, {ChannelName.TELEGRAM, ChannelName.SMS}, "consent")

    def _contact(self, field: Field, channels: Collection[ChannelName], *more: str) -> Contact:
        known = [channel for channel in ChannelName if channel in channels]
        keys = field.keys([*known, *more])
        given = [channel for channel in known if channel in keys.found]
        if len(given) != 1:
            raise WrongFieldError(f"A contact is exactly one of {', '.join(known)}.")
        channel = given[0]
        chat = channel is ChannelName.TELEGRAM
        address = keys.get(channel, read_chat if chat else lambda one: read_phone(one, self._country), "")
        if address and (channel, address) in self._addresses:
            keys.found[channel].say("Somebody else in this file has this contact already.")
        self._addresses.add((channel, address))
        return Contact(channel=channel, address=address, consent=keys.get("consent", _consent, None))

    def _step(self, field: Field) -> Step:
        keys = field.keys(["notify", "by", "wait"])
        return Step(
            notify=keys.need("notify", self._targets, ()),
            by=keys.need("by", lambda below: _some(below, lambda one: one.one_of(ChannelName)), ()),
            wait=keys.need("wait", read_duration, timedelta(minutes=1)),
        )

    def _targets(self, field: Field) -> tuple[Target, ...]:
        return _some(field, self._target) if field.is_list else (self._target(field),)

    def _target(self, field: Field) -> Target:
        text = field.text()
        if text in _TARGET_WORDS:
            return Target(kind=TargetKind(text))
        if text not in self._staff:
            known = [*_TARGET_WORDS, *self._staff]
            raise WrongFieldError(
                f"This is neither {', '.join(_TARGET_WORDS)} nor a ref under staff{_hint(text, known)}"
            )
        return Target(kind=TargetKind.STAFF, ref=text)

    def _schedule(self, field: Field) -> Schedule:
        keys = field.keys(["name", "title", "prompts", "library", "to"])
        name = keys.need("name", read_name, "")
        to = keys.get("to", self._group, None)
        built_in = keys.get("library", self._built_in, None)
        if built_in is not None:
            if "prompts" in keys.found:
                keys.found["prompts"].say(
                    "A schedule from the library has its prompts there; leave these out."
                )
            title = keys.get("title", Field.text, built_in.title)
            prompts = tuple(_in_languages(prompt, self._languages) for prompt in built_in.prompts)
            return Schedule(name=name, title=title, prompts=prompts, to=to)
        return Schedule(
            name=name,
            title=keys.get("title", Field.text, name),
            prompts=keys.need("prompts", lambda below: parse_prompts(below, self._languages), ()),
            to=to,
        )

    def _group(self, field: Field) -> Group:
        if not field.is_group:
            if field.text() == "everybody":
                return Group()
            raise WrongFieldError("This is `everybody`, or a group such as {pathway: smart}.")
        keys = field.keys(["language", "pathway", "specialist", "schedule"])
        if not keys.found:
            raise WrongFieldError("Say whom, or write everybody.")
        return Group(
            language=keys.get("language", self._language, None),
            pathway=keys.get("pathway", lambda below: below.one_of(Pathway), None),
            specialist=keys.get("specialist", self._staff_name, None),
            schedule=keys.get("schedule", self._schedule_name, None),
        )

    def _built_in(self, field: Field) -> Schedule:
        text = field.text()
        if text not in self._library:
            raise WrongFieldError(f"The library has no schedule of this name{_hint(text, self._library)}")
        return self._library[text]

    def _enrolment(self, field: Field) -> Enrolment:
        keys = field.keys(["name", "start", "time", "shift", "skip", "less"])
        return Enrolment(
            name=keys.need("name", self._schedule_name, ""),
            start=keys.need("start", Field.day, date.min),
            time=keys.get("time", read_own_time, None),
            shift=keys.get("shift", read_shift, None),
            skip=keys.get("skip", read_days, None),
            less=keys.get("less", lambda below: below.whole(least=0, most=FEWEST), None),
        )

    def _language(self, field: Field) -> str:
        text = read_language(field)
        if text not in self._languages:
            raise WrongFieldError(
                f"This is not one of the programme's languages: {', '.join(self._languages)}."
            )
        return text

    def _staff_name(self, field: Field) -> str:
        text = field.text()
        if text not in self._staff:
            raise WrongFieldError(f"Nobody under staff has this ref{_hint(text, self._staff)}")
        return text

    def _schedule_name(self, field: Field) -> str:
        text = field.text()
        if text not in self._schedules:
            raise WrongFieldError(f"No schedule in this file has this name{_hint(text, self._schedules)}")
        return text


def _in_languages(prompt: Prompt, languages: Collection[str]) -> Prompt:
    """Return a built-in prompt with the programme's languages alone."""

    def only(texts: dict[str, str]) -> dict[str, str]:
        return {language: text for language, text in texts.items() if language in languages}

    def offered(answer: AnswerSpec) -> AnswerSpec:
        if not isinstance(answer, Choice):
            return answer
        return replace(answer, options=tuple(replace(o, labels=only(o.labels)) for o in answer.options))

    return replace(
        prompt,
        text=only(prompt.text),
        answer=offered(prompt.answer) if prompt.answer is not None else None,
        questions=tuple(replace(q, ask=only(q.ask), answer=offered(q.answer)) for q in prompt.questions),
        variants={way: only(texts) for way, texts in prompt.variants.items()},
    )


def _names(keys: Keys, section: str, key: str) -> list[str]:
    """List what `key` says in every item of a section, right or wrong."""
    silent = keys.found[section].silent() if section in keys.found else None
    items = silent.items() if silent else []
    found = [item.keys().found.get(key) for item in items]
    return [name for field in found if field for name in field.attempt(Field.text)]


def _unique(field: Field, key: str, read: Callable[[Field], T]) -> tuple[T, ...]:
    """Read a list whose items must differ in `key`."""
    seen: set[str] = set()
    values: list[T] = []
    for item in field.items():
        value = item.attempt(read)
        values += value
        name = getattr(value[0], key) if value else ""
        if name and name in seen:
            item.say(f"Another one here has this {key} already.")
        seen.add(name)
    return tuple(values)


def _some(field: Field, read: Callable[[Field], T]) -> tuple[T, ...]:
    """Read a list that must not be empty nor say anything twice."""
    values = field.each(read)
    if field.is_list and not field.items():
        raise WrongFieldError("Name at least one.")
    if len(set(values)) < len(values):
        raise WrongFieldError("The same is here twice.")
    return values


def _programme_keys(field: Field) -> Keys:
    known = ["name", "country", "timezone", "languages", "quiet_hours", "help_contact", "caps"]
    known += ["join_keyword", "join_schedule", "telegram_details", "holidays", "on_slip", "follow_up"]
    return field.keys([*known, "before_session", "morning_digest"])


def _caps(field: Field) -> Courtesy:
    keys = field.keys(["per_day", "gap", "silence", "review"])
    return Courtesy(
        per_day=keys.get(
            "per_day", _unless_none(lambda below: below.whole(least=1, most=100)), DEFAULT_CAPS.per_day
        ),
        gap=keys.get("gap", _unless_none(read_duration), DEFAULT_CAPS.gap),
        silence=keys.get("silence", _unless_none(read_duration), DEFAULT_CAPS.silence),
        review=keys.get("review", _unless_none(read_duration), DEFAULT_CAPS.review),
    )


def _unless_none(read: Callable[[Field], T]) -> Callable[[Field], T | None]:
    """Read a key that `none` switches off."""
    return lambda field: None if field.text() == "none" else read(field)


def _languages(field: Field) -> tuple[str, ...]:
    return _some(field, read_language)


def _staff_ref(field: Field) -> str:
    text = read_name(field)
    if text in _TARGET_WORDS:
        raise WrongFieldError("This word means somebody else in the chain; choose another ref.")
    return text


def _consent(field: Field) -> Consent | None:
    keys = field.keys(["method", "on", "wording"])
    return Consent(
        method=keys.need("method", lambda below: below.one_of(ConsentMethod), ConsentMethod.VERBAL),
        on=keys.need("on", Field.day, date.min),
        wording=keys.need("wording", read_name, ""),
    )


def _hint(text: str, known: Collection[str]) -> str:
    close = get_close_matches(text, known, n=1)
    return f"; did you mean `{close[0]}`?" if close else "."
