"""A programme file is read whole, or every wrong field is named with its line."""
# ruff: noqa: E501 - a table is easier to read with a row a line

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.domain.answers import Choice, FreeText, Option, Scale, YesNo
from bot.domain.errors import FieldError, ProgrammeFileError
from bot.domain.hours import EVERY_DAY, Weekday, parse_shift, parse_window
from bot.domain.messages import ChannelName
from bot.domain.programme import (
    Consent,
    ConsentMethod,
    Contact,
    Programme,
    Repeat,
    Role,
    Step,
    Target,
    TargetKind,
)
from bot.domain.programme_reading import parse_programme
from bot.domain.recurrence import Anchor, AroundSession, EveryWeeks, OnDay, OnDays, RandomTime, Rule, Side

EXAMPLE = (Path(__file__).parent.parent / "fixtures" / "programme.example.yaml").read_text(encoding="utf-8")


def errors_of(text: str) -> tuple[FieldError, ...]:
    """Read a file that must be refused."""
    with pytest.raises(ProgrammeFileError) as refused:
        parse_programme(text)
    return refused.value.errors


def changed(old: str, new: str) -> tuple[str, int]:
    """Change the example in one place; return it and the line of the change, where `^` marks it in `new`."""
    assert EXAMPLE.count(old) >= 1
    begin = EXAMPLE.index(old)
    place = begin + max(new.find("^"), 0)
    text = EXAMPLE.replace(old, new, 1).replace("^", "", 1) if "^" in new else EXAMPLE.replace(old, new, 1)
    return text, text.count("\n", 0, place) + 1


@pytest.fixture(name="example")
def read_example() -> Programme:
    """The example, read."""
    return parse_programme(EXAMPLE)


def test_it_reads_the_programme(example: Programme) -> None:
    """What the organisation itself says."""
    assert (example.name, example.country, example.timezone) == (
        "Riverside Recovery",
        "US",
        "America/New_York",
    )
    assert (example.languages, example.quiet_hours) == (("en", "es"), parse_window("20:00-09:00"))
    assert (example.join_keyword, example.join_schedule, example.telegram_details) == ("RIVER", None, False)


def test_it_reads_the_staff(example: Programme) -> None:
    """Roles, duty, cover, and contacts in order of preference."""
    dana, _, lee = example.staff
    assert dana.contacts[0] == Contact(channel=ChannelName.TELEGRAM, address="700001")
    assert (dana.duty, dana.backup) == ((parse_shift("Mon-Fri 09:00-18:00"),), "jo")
    assert lee.roles == (Role.SUPERVISOR, Role.COORDINATOR)
    assert [contact.channel for contact in lee.contacts] == [ChannelName.SMS, ChannelName.VOICE]


def test_it_reads_the_chain(example: Programme) -> None:
    """One target or several, channels in order, and the wait."""
    first = example.escalation["crisis"][0]
    assert first == Step(
        notify=(Target(kind=TargetKind.ASSIGNED), Target(kind=TargetKind.BACKUP)),
        by=(ChannelName.TELEGRAM, ChannelName.SMS),
        wait=timedelta(minutes=3),
    )


def test_it_reads_the_participants(example: Programme) -> None:
    """Contacts with their proof, sessions in local time, schedules with their start."""
    _, marisol = example.participants
    consent = Consent(method=ConsentMethod.DEEP_LINK, on=date(2026, 11, 3), wording="v1")
    assert marisol.contacts == (Contact(channel=ChannelName.TELEGRAM, address="800002", consent=consent),)
    assert marisol.sessions == (datetime(2026, 11, 26, 15),)  # noqa: DTZ001 - wall time is naive here
    assert [(one.name, one.start) for one in marisol.schedules] == [("first-weeks", date(2026, 11, 3))]


def test_it_reads_the_prompts(example: Programme) -> None:
    """Every kind of rule and answer in the example."""
    (schedule,) = example.schedules
    rules: list[Rule] = [
        OnDays(days=EVERY_DAY, time=time(9, 30)),
        OnDay(day=3, of=Anchor.ENROLMENT, time=time(12)),
        RandomTime(
            days=frozenset({Weekday.TUE, Weekday.THU, Weekday.SAT}), between=parse_window("13:00-18:00")
        ),
        AroundSession(side=Side.BEFORE, by=timedelta(days=1), time=time(18)),
        EveryWeeks(weeks=2, days=frozenset({Weekday.WED}), time=time(17), since=Anchor.ENROLMENT),
    ]
    assert [prompt.rule for prompt in schedule.prompts] == rules
    ride = Option(key="1", labels={"en": "Ride", "es": "Transporte"})
    no_ride = Option(key="2", labels={"en": "No ride", "es": "Sin transporte"})
    assert [prompt.answer for prompt in schedule.prompts] == [
        Scale(low=0, high=10, about="mood"),
        FreeText(),
        None,
        Choice(options=(ride, no_ride)),
        None,
    ]


def test_what_is_left_out_has_a_careful_default() -> None:
    """Quiet nights, nothing quoted on Telegram, the chain until somebody answers, nobody enrolled."""
    programme = parse_programme(
        "programme: {name: R, country: GB, timezone: Europe/London, help_contact: help@example.org}"
    )
    assert programme.quiet_hours == parse_window("20:00-09:00")
    assert programme.languages == ("en",)
    assert programme.telegram_details is False
    assert programme.repeat is Repeat.UNTIL_ACKNOWLEDGED
    assert (programme.staff, programme.participants, programme.schedules) == ((), (), ())


ACCEPTED = {
    "quiet hours off": ('quiet_hours: "20:00-09:00"', "quiet_hours: none"),
    "a time that YAML takes for a number": ('time: "09:30"', "time: 13:30"),
    "a country that YAML takes for a no": ("country: US", "country: NO"),
    "who joins by keyword": ("join_keyword: RIVER", "join_keyword: RIVER\n  join_schedule: first-weeks"),
    "a member of staff in the chain": ("notify: backup", "notify: jo"),
    "the rota in the chain": ("notify: backup", "notify: on_call"),
    "waits in seconds": ("wait: 10m", "wait: 5s"),
    "a recovery date": ("name: Alex", "name: Alex\n    recovery_date: 2026-01-31\n    pathway: smart"),
    "somebody who left": ("name: Alex", "name: Alex\n    status: left"),
    "yes or no": ("{free_text: true}", "{yes_no: true, about: ride}"),
    "hours before a session": ('{before: session, by: 1d, time: "18:00"}', "{before: session, by: 2h}"),
    "after a session": (
        '{before: session, by: 1d, time: "18:00"}',
        '{after: session, by: 0d, time: "18:00"}',
    ),
    "a number written for people": ('"+13125550201"', '"(312) 555-0201"'),
    "Windows lines": ("\n", "\r\n"),
    "a byte order mark": ("programme:", "\ufeffprogramme:"),
}


@pytest.mark.parametrize("what", ACCEPTED)
def test_it_accepts(what: str) -> None:
    """Ways to write what is meant: the rest of the file reads as before."""
    programme = parse_programme(EXAMPLE.replace(*ACCEPTED[what]))
    assert [person.ref for person in programme.participants] == ["p1", "p2"]


def test_yes_or_no_is_read() -> None:
    """A question with two answers."""
    programme = parse_programme(EXAMPLE.replace("{free_text: true}", "{yes_no: true, about: ride}"))
    assert programme.schedules[0].prompts[1].answer == YesNo(about="ride")


# Old text, new text with ^ where the error is, the field's path, words of the sentence.
WRONG = {
    "an unknown key": ("duty:", "dutty:", "staff[0].dutty", "did you mean `duty`?"),
    "an unknown section": ("schedules:\n  - name", "scedules:\n  - name", "scedules", "`schedules`"),
    "a key twice": ("    backup: jo", "    backup: jo\n    ^backup: jo", "staff[0].backup", "twice"),
    "a list for a text": ("name: Dana Reyes", "name: [Dana]", "staff[0].name", "single text"),
    "a text for a list": ("roles: [specialist]", "roles: specialist", "staff[0].roles", "list"),
    "a text for keys": ('at: {days: daily, time: "09:30"}', "at: daily", "schedules[0].prompts[0].at", "group of keys"),
    "an empty text": ("name: Dana Reyes", "name:", "staff[0].name", "empty"),
    "a slip that nobody knows what to do about": (
        "telegram_details: false",
        "on_slip: shout",
        "programme.on_slip",
        "tell, urgent, nothing",
    ),
    "a truth that is none": ("telegram_details: false", "telegram_details: 2", "programme.telegram_details", "true or false"),
    "a country": ("country: US", "country: USA", "programme.country", "two letters"),
    "a zone": ("America/New_York", "America/NewYork", "programme.timezone", "Did you mean America/New_York?"),
    "a participant's zone": ("America/Chicago", "Chicago", "participants[0].timezone", "time zone"),
    "a language": ("language: es", "language: fr", "participants[1].language", "languages"),
    "a language twice": ("[en, es]", "[en, en]", "programme.languages", "twice"),
    "quiet hours": ("20:00-09:00", "8pm-9am", "programme.quiet_hours", "20:00-09:00"),
    "a phone number": ("+13125550201", "+1 555 0101", "participants[0].contacts[0].sms", "phone number"),
    "a chat": ("telegram: 800002", "telegram: marisol", "participants[1].contacts[0].telegram", "number"),
    "a contact of two channels": ("{telegram: 700001}", '{telegram: 700001, sms: "+12025550109"}', "staff[0].contacts[0]", "exactly one"),
    "a contact twice": ("telegram: 800002", 'sms: "+13125550201"', "participants[1].contacts[0].sms", "already"),
    "a voice contact of a participant": ('- sms: "+13125550201"', '- voice: "+13125550201"', "participants[0].contacts[0].voice", "no key"),
    "a consent method": ("method: written", "method: hearsay", "participants[0].contacts[0].consent.method", "one of"),
    "a consent date": ("on: 2026-11-01", "on: 2026-02-30", "participants[0].contacts[0].consent.on", "date"),
    "consent of staff": ("{telegram: 700001}", "{telegram: 700001, consent: {}}", "staff[0].contacts[0].consent", "no key"),
    "an email": ("lee@example.org", "lee", "staff[2].email", "email"),
    "duty": ("Mon-Fri 09:00-18:00", "Mo-Fr 09:00-18:00", "staff[0].duty[0]", "Mon-Fri"),
    "duty hours": ("Mon-Fri 09:00-18:00", "Mon-Fri 9-18", "staff[0].duty[0]", "20:00-09:00"),
    "a role": ("[supervisor, coordinator]", "[supervisor, boss]", "staff[2].roles[1]", "specialist"),
    "no role": ("[supervisor, coordinator]", "[]", "staff[2].roles", "at least one"),
    "a ref with spaces": ("ref: dana", "ref: dana r", "staff[0].ref", "letters"),
    "a ref that is a word of the chain": ("ref: lee", "ref: assigned", "staff[2].ref", "another ref"),
    "a ref twice": ("- ref: jo", "- ^ref: dana", "staff[1]", "already"),
    "a participant's ref twice": ("- ref: p2", "- ^ref: p1", "participants[1]", "already"),
    "an unknown backup": ("backup: jo", "backup: joe", "staff[0].backup", "did you mean `jo`?"),
    "one's own backup": ("backup: jo", "backup: dana", "staff[0].backup", "own backup"),
    "an unknown specialist": ("specialist: jo", "specialist: kim", "participants[1].specialist", "Nobody"),
    "an unknown schedule": ("[{name: first-weeks", "[{name: first-week", "participants[0].schedules[0].name", "did you mean"),
    "an unknown schedule to join": ("join_keyword: RIVER", "join_keyword: RIVER\n  ^join_schedule: x", "programme.join_schedule", "No schedule"),
    "an unknown target": ("notify: backup", "notify: nobody", "escalation.urgent[1].notify", "neither"),
    "an unknown channel": ("by: [sms, voice], wait: 10m", "by: [sms, fax], wait: 10m", "escalation.urgent[2].by[1]", "telegram, sms, voice"),
    "a wait": ("wait: 10m", "wait: ten", "escalation.urgent[0].wait", "30s, 5m"),
    "no wait": ("wait: 10m", "wait: 0m", "escalation.urgent[0].wait", "longer"),
    "a repeat": ("until_acknowledged", "never", "escalation.repeat", "until_acknowledged"),
    "a level": ("  urgent:", "  urgnt:", "escalation.urgnt", "`urgent`"),
    "a session": ("2026-11-26 15:00", "tomorrow at 3", "participants[1].sessions[0]", "2026-11-26 15:00"),
    "a start": ("start: 2026-11-03", "start: soon", "participants[1].schedules[0].start", "date"),
    "a status": ("name: Alex", "name: Alex\n    ^status: gone", "participants[0].status", "paused"),
    "a prompt's key twice": ("- key: day-3", "- key: mood", "schedules[0].prompts[1].key", "already"),
    "a time": ('time: "09:30"', 'time: "9.30"', "schedules[0].prompts[0].at.time", "09:30"),
    "a day": ("[Tue, Thu, Sat]", "[Tue, Thursday]", "schedules[0].prompts[2].at.days[1]", "Mon"),
    "a number of a day": ("day: 3", "day: 0", "schedules[0].prompts[1].at.day", "from 1 to"),
    "an anchor": ("of: enrolment", "of: birth", "schedules[0].prompts[1].at.of", "recovery_date"),
    "hours past midnight": ("13:00-18:00", "22:00-02:00", "schedules[0].prompts[2].at.between", "midnight"),
    "weeks": ("every: 2w", "every: 10d", "schedules[0].prompts[4].at.every", "2w"),
    "keys of two rules": ("{day: 3,", "{day: 3, days: daily,", "schedules[0].prompts[1].at.days", "does not go with"),
    "hours before at a time": ("by: 1d", "by: 2h", "schedules[0].prompts[3].at.by", "whole days"),
    "nothing before a session": ('by: 1d, time: "18:00"', "by: 0d", "schedules[0].prompts[3].at.by", "longer"),
    "something but a session": ("before: session", "before: lunch", "schedules[0].prompts[3].at.before", "session"),
    "a kind of support": ("support: emotional", "support: moral", "schedules[0].prompts[0].support", "affiliational"),
    "a scale": ("scale: 0-10", "scale: 10", "schedules[0].prompts[0].answer.scale", "0-10"),
    "a scale upside down": ("scale: 0-10", "scale: 10-0", "schedules[0].prompts[0].answer.scale", "lower"),
    "two answers at once": ("{scale: 0-10,", "{scale: 0-10, yes_no: true,", "schedules[0].prompts[0].answer", "exactly one"),
    "an answer switched off": ("free_text: true", "free_text: false", "schedules[0].prompts[1].answer.free_text", "only be true"),
    "a choice of one": (', "2": {en: No ride, es: Sin transporte}', "", "schedules[0].prompts[3].answer.choice", "two"),
    "a carrier word as an answer": ('{"1": {en: Ride', "{stop: {en: Ride", "schedules[0].prompts[3].answer.choice.stop", "carriers"),
    "a carrier word as a label": ("{en: Ride,", "{en: Yes,", "schedules[0].prompts[3].answer.choice.1", "carriers"),
    "a carrier word to join by": ("join_keyword: RIVER", "join_keyword: info", "programme.join_keyword", "carriers"),
    "two words to join by": ("join_keyword: RIVER", "join_keyword: RIVER NOW", "programme.join_keyword", "one word"),
    "a text in no language of ours": ('es: "Las ganas', 'fr: "Las ganas', "schedules[0].prompts[2].text.fr", "languages"),
    "an expiry": ("support: informational", "support: informational\n        ^expires: soon", "schedules[0].prompts[2].expires", "30s"),
}  # fmt: skip


@pytest.mark.parametrize("what", WRONG)
def test_it_names_the_line_of(what: str) -> None:
    """One wrong field gives one error, with its line, path and mend."""
    old, new, path, words = WRONG[what]
    text, line = changed(old, new)
    (error,) = [one for one in errors_of(text) if one.field == path]
    assert error.line == line
    assert words in error.sentence


@pytest.mark.parametrize(
    ("line_of_text", "path", "line"),
    [
        ("  country: US\n", "programme", 2),
        ("    name: Dana Reyes\n", "staff[0]", 11),
        ("        support: informational\n", "schedules[0].prompts[2]", 74),
    ],
)
def test_a_missing_key_is_named_where_it_belongs(line_of_text: str, path: str, line: int) -> None:
    """The line is where the group of keys begins."""
    (error,) = errors_of(EXAMPLE.replace(line_of_text, "", 1))
    assert (error.field, error.line) == (path, line)
    assert "is missing" in error.sentence


def test_prompts_without_keys_are_each_named() -> None:
    """Two entries that lack the same key are two errors, not a crash."""
    errors = errors_of(
        EXAMPLE.replace("- key: mood\n        at", "- at").replace("- key: day-3\n        at", "- at")
    )
    assert [error.field for error in errors] == ["schedules[0].prompts[0]", "schedules[0].prompts[1]"]


def test_a_schedule_by_the_same_name_is_named() -> None:
    """Two schedules of one name could not be told apart."""
    twin = EXAMPLE[EXAMPLE.index("  - name: first-weeks") :]
    (error,) = errors_of(EXAMPLE + twin)
    assert (error.field, error.line) == ("schedules[1]", len(EXAMPLE.splitlines()) + 1)


def test_an_error_repeats_nothing_that_is_about_a_person() -> None:
    """Errors are shown and logged, so names, numbers and texts stay out of them."""
    text = EXAMPLE.replace("name: Alex", "name: Alex\n    status: Alex").replace(
        "+13125550201", "+1312555020199"
    )
    text = text.replace("2026-11-26 15:00", "Marisol at 3")
    said = "\n".join(str(error) for error in errors_of(text))
    assert not any(secret in said for secret in ("Alex", "Marisol", "555020199"))


def test_every_error_is_there_at_once_in_order_of_line() -> None:
    """Nobody mends a file one error at a time."""
    text = (
        EXAMPLE.replace("country: US", "country: Mars")
        .replace("day: 3", "day: x")
        .replace("wait: 3m", "wait: 3")
    )
    errors = errors_of(text)
    assert [error.field for error in errors] == [
        "programme.country",
        "escalation.crisis[0].wait",
        "escalation.crisis[1].wait",
        "schedules[0].prompts[1].at.day",
    ]
    assert [error.line for error in errors] == sorted(error.line for error in errors)


def test_a_wrong_entry_does_not_make_its_mentions_wrong() -> None:
    """One mistake, one error: others may still name somebody whose entry has a fault."""
    errors = errors_of(EXAMPLE.replace("name: Jo Park", "name: []"))
    assert [error.field for error in errors] == ["staff[1].name"]


def test_the_error_reads_as_lines() -> None:
    """What the command prints: the refusal, then a line for each field."""
    with pytest.raises(ProgrammeFileError) as refused:
        parse_programme(EXAMPLE.replace("country: US", "country: Mars"))
    assert str(refused.value).splitlines() == [
        "The programme file has errors; nothing was imported.",
        "line 3, programme.country: A country is its two letters, like US or GB.",
    ]


LAUGHS = "a: &a [x, x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"{name}: &{name} [{', '.join(['*' + before] * 10)}]\n"
    for before, name in zip("abcdefgh", "bcdefghi", strict=True)
)
NOT_YAML = {
    "nothing": ("", 1, "empty"),
    "comments only": ("# nothing\n", 1, "empty"),
    "a colon too many": ("programme:\n  name: a: b\n", 2, "not YAML"),
    "an open bracket": ("programme: [\n", 2, "not YAML"),
    "a tab": ("programme:\n\tname: x\n", 2, "tab"),
    "a control character": ("programme:\n  name: \x07\n", 2, "control"),
    "half a surrogate pair": ("programme:\n  name: \ud800\n", 2, "UTF-8"),
    "deep nesting": ("a: " + "[" * 5000, 1, "deep"),
    "deep lists": ("- " * 5000, 1, "deep"),
    "an alias of itself": ("a: &a [*a]\n", 1, "deep"),
    "a laugh a billion times": (LAUGHS, 1, "repeat"),
    "an unknown alias": ("a: *b\n", 1, "not YAML"),
    "a huge file": ("#" * 5_000_001, 1, "too large"),
    "two documents": ("a: 1\n---\nb: 2\n", 2, "not YAML"),
}


@pytest.mark.parametrize("what", NOT_YAML)
def test_it_refuses(what: str) -> None:
    """What is no YAML, or is made to choke on, is refused with a line and without harm."""
    text, line, words = NOT_YAML[what]
    (error,) = errors_of(text)
    assert error.line == line
    assert words in error.sentence


@pytest.mark.parametrize(
    "text", ["just text", "[1, 2]", "programme: [a]", "programme: {}", "? [a]\n: b", "<<: {a: 1}"]
)
def test_it_refuses_other_shapes(text: str) -> None:
    """Valid YAML that is no programme file."""
    assert errors_of(text)


PIECES = [
    "",
    "~",
    "[]",
    "{}",
    "- x",
    "x: y",
    "0",
    "session",
    "key: a",
    "&a b",
    "*a",
    "'",
    "|",
    "2026-11-26 15:00",
    "!!int x",
]


@settings(max_examples=300, deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, 10**4), st.sampled_from(PIECES)), min_size=1, max_size=4), st.booleans()
)
def test_a_spoilt_file_is_read_or_refused_but_never_crashes(
    spoilt: list[tuple[int, str]], whole: bool
) -> None:
    """Lines or values replaced at random: a programme or a list of errors, nothing else."""
    lines = EXAMPLE.splitlines()
    for place, piece in spoilt:
        at = place % len(lines)
        indent = lines[at][: len(lines[at]) - len(lines[at].lstrip())]
        head, colon, _ = lines[at].partition(": ")
        lines[at] = f"{indent}{piece}" if whole or not colon else f"{head}: {piece}"
    try:
        parse_programme("\n".join(lines))
    except ProgrammeFileError as error:
        assert error.errors  # noqa: PT017 - either outcome is fine


@settings(max_examples=100, deadline=None)
@given(st.text())
def test_any_text_is_refused_without_a_crash(text: str) -> None:
    """Whatever was uploaded by mistake."""
    assert errors_of(text)
