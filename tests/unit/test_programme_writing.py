"""A programme written to a file comes back exactly as it was."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from bot.domain.answers import AnswerSpec, Choice, FreeText, Option, Scale, YesNo
from bot.domain.courtesy import InQuiet, Priority
from bot.domain.directory import Directory, Entry
from bot.domain.errors import ProgrammeFileError
from bot.domain.hours import EVERY_DAY, Shift, Weekday, Window
from bot.domain.instruments import usable
from bot.domain.messages import ChannelName
from bot.domain.overrides import Usual
from bot.domain.own_words import OwnLevel, OwnWords
from bot.domain.pathways import Pathway
from bot.domain.programme import (
    Consent,
    ConsentMethod,
    Contact,
    Enrolment,
    Group,
    OnSlip,
    Participant,
    ParticipantStatus,
    Programme,
    Role,
    Schedule,
    Staff,
    StaffStatus,
    Step,
    Target,
    TargetKind,
)
from bot.domain.programme_reading import parse_programme
from bot.domain.programme_words import CARRIER_WORDS
from bot.domain.programme_writing import dump_programme
from bot.domain.prompts import Prompt, Support, prompts_from_data, prompts_to_data
from bot.domain.questions import END, Alarm, Branch, FollowUp, Hears, Question, Test
from bot.domain.recurrence import (
    LAST,
    Anchor,
    AroundSession,
    ByCalendar,
    EveryWeeks,
    Milestone,
    Monthly,
    OnDate,
    OnDay,
    OnDays,
    OnHoliday,
    RandomTime,
    Rule,
    Side,
    Stretch,
    Taper,
)
from bot.domain.schedule_sheet import read_sheet, write_sheet

EXAMPLE = (Path(__file__).parent.parent / "fixtures" / "programme.example.yaml").read_text(encoding="utf-8")
LANGUAGES = ("en", "no", "pt-BR")
STAFF = ("jo", "null", "1e5")
SCHEDULES = ("first-weeks", "2026-11-01", "yes")


def test_the_example_comes_back() -> None:
    """Importing what was exported changes nothing, and exporting again gives the same bytes."""
    programme = parse_programme(EXAMPLE)
    written = dump_programme(programme)
    assert parse_programme(written) == programme
    assert dump_programme(parse_programme(written)) == written


def test_other_readers_find_the_same_in_it() -> None:
    """Whatever reads YAML finds in the export what it found in the example."""

    def sense(text: str) -> Any:
        return yaml.safe_load(text)

    assert sense(dump_programme(parse_programme(EXAMPLE))) == sense(EXAMPLE)


def carrier_free(text: str) -> bool:
    """Tell whether carriers leave a word alone."""
    return text.strip().strip(".!?").upper() not in CARRIER_WORDS


minutes = st.integers(0, 1439)
clocks = st.times().map(lambda at: at.replace(second=0, microsecond=0))
dates = st.dates(date(1900, 1, 1), date(2199, 12, 31))
day_sets = st.frozensets(st.sampled_from(Weekday), min_size=1)
zones = st.sampled_from(["America/New_York", "UTC", "Africa/Casablanca"])
lengths = st.integers(1, 10**6).map(lambda seconds: timedelta(seconds=seconds))
prose = st.text(min_size=1, max_size=60).filter(lambda text: bool(text.strip()))
names = st.from_regex(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,8}", fullmatch=True)
phones = st.integers(0, 99).map(lambda number: f"+120255501{number:02}")
chats = st.integers(-(10**12), 10**12).map(str)
windows = (
    st.tuples(minutes, st.integers(0, 1440))
    .filter(lambda pair: pair[0] != pair[1] and pair != (0, 1440))
    .map(lambda pair: Window(start=pair[0], end=pair[1]))
)
abouts = st.none() | names
labels = st.dictionaries(st.sampled_from(LANGUAGES), prose.filter(carrier_free), min_size=1, max_size=3)
options = st.builds(
    Option, key=prose.map(str.strip).filter(lambda key: len(key) <= 40 and carrier_free(key)), labels=labels
)
answers = st.one_of(
    st.tuples(st.integers(0, 500), st.integers(501, 999)).flatmap(
        lambda pair: st.builds(Scale, low=st.just(pair[0]), high=st.just(pair[1]), about=abouts)
    ),
    st.builds(
        Choice,
        options=st.lists(options, min_size=2, max_size=3, unique_by=lambda one: one.key).map(tuple),
        about=abouts,
    ),
    st.builds(YesNo, about=abouts),
    st.builds(FreeText, about=abouts),
)
sides = st.sampled_from(Side)
day_lists = st.sets(dates, max_size=3).map(lambda some: tuple(sorted(some)))
moments = st.datetimes(datetime(1990, 1, 1), datetime(2150, 1, 1)).map(  # noqa: DTZ001 - wall clock
    lambda at: at.replace(second=0, microsecond=0)
)
tapers = st.lists(
    st.builds(Stretch, every=st.integers(1, 60), lasts=st.integers(1, 400)), min_size=1, max_size=3
).map(lambda some: (*some[:-1], replace(some[-1], lasts=None)))
rules: st.SearchStrategy[Rule] = st.one_of(
    st.builds(OnDays, days=day_sets, time=clocks),
    st.builds(RandomTime, days=day_sets, between=windows.filter(lambda window: not window.wraps)),
    st.builds(OnDay, day=st.integers(1, 3660), of=st.sampled_from(Anchor), time=clocks),
    st.builds(
        EveryWeeks, weeks=st.integers(1, 52), days=day_sets, time=clocks, since=st.sampled_from(Anchor)
    ),
    st.builds(
        AroundSession, side=sides, by=st.integers(0, 30).map(lambda by: timedelta(days=by)), time=clocks
    ),
    st.builds(AroundSession, side=sides, by=lengths),
    st.builds(Monthly, time=clocks, day=st.integers(1, 31)),
    st.builds(
        Monthly, time=clocks, nth=st.sampled_from([1, 2, 3, 4, LAST]), weekday=st.sampled_from(Weekday)
    ),
    st.builds(Taper, stretches=tapers, time=clocks, since=st.sampled_from(Anchor)),
    st.builds(Milestone, time=clocks, days=st.integers(1, 3660)),
    st.builds(Milestone, time=clocks, months=st.integers(1, 240)),
    st.builds(Milestone, time=clocks, yearly=st.just(True)),
    st.builds(OnDate, on=dates, time=clocks),
    st.builds(OnDate, on=dates, between=windows.filter(lambda window: not window.wraps)),
    st.builds(
        ByCalendar,
        start=moments,
        rrule=st.none() | st.sampled_from(["FREQ=DAILY", "FREQ=MONTHLY;BYDAY=1TU,-1FR;COUNT=9"]),
        dates=st.sets(moments, max_size=3).map(lambda some: tuple(sorted(some))),
        without=st.just(()),
    ),
)
said = st.dictionaries(st.sampled_from(LANGUAGES), prose, min_size=1, max_size=2)
told = st.sampled_from([{"notify": one} for one in Hears] + [{"alert": one} for one in Alarm])


def comparisons(answer: AnswerSpec | None) -> st.SearchStrategy[Test] | None:
    """Build what an answer, or with None a score, may be compared with; free text with nothing."""
    match answer:
        case Scale(low=low, high=high):
            least, most = st.integers(low, high), st.integers(low, high)
            either = st.builds(Test, at_least=least) | st.builds(Test, at_most=most)
            return either | st.builds(Test, at_least=st.just(low), at_most=most)
        case Choice(options=options):
            keys = st.sampled_from([option.key for option in options])
            return st.builds(Test, among=st.lists(keys, min_size=1, max_size=2).map(tuple))
        case YesNo():
            return st.just(Test(among=("yes",))) | st.just(Test(among=("no", "yes")))
        case FreeText():
            return None
    return st.builds(Test, at_least=st.integers(0, 10_000))


@st.composite
def sequences(draw: st.DrawFn) -> dict[str, Any]:
    """Draw questions that lead forward, and rules about them."""
    keys = draw(st.lists(names.filter(lambda key: key != END), min_size=1, max_size=3, unique=True))
    questions, rules = [], []
    for place, key in enumerate(keys):
        answer = draw(answers)
        leads = st.sampled_from([END, *keys[place + 1 :]])
        tests = comparisons(answer)
        branches = (
            st.lists(st.builds(Branch, test=tests, next=leads), max_size=2)
            if tests is not None
            else st.just([])
        )
        questions.append(
            Question(
                key=key,
                ask=draw(said),
                answer=answer,
                when=tuple(draw(branches)),
                next=draw(st.none() | leads),
            )
        )
        if tests is not None and draw(st.booleans()):
            rules.append(FollowUp(question=key, test=draw(tests), **draw(told)))
    return {
        "text": draw(st.just({}) | said),
        "questions": tuple(questions),
        "follow_ups": tuple(rules),
        "closes": draw(st.none() | st.just(timedelta(hours=9))),
        "nudge": draw(st.none() | st.just(timedelta(hours=3))),
    }


@st.composite
def single_questions(draw: st.DrawFn) -> dict[str, Any]:
    """Draw one question and a rule about it."""
    answer = draw(answers)
    tests = comparisons(answer)
    rule = [FollowUp(test=draw(tests), **draw(told))] if tests is not None and draw(st.booleans()) else []
    return {"text": draw(said), "answer": answer, "follow_ups": tuple(rule)}


ways = st.one_of(
    said.map(lambda text: {"text": text}),
    single_questions(),
    sequences(),
    st.sampled_from(usable()).map(lambda name: {"instrument": name, "text": {}}),
    st.just(
        {
            "instrument": "phq-2",
            "text": {"en": "Hi"},
            "follow_ups": (FollowUp(score="total", test=Test(at_least=4), alert=Alarm.URGENT),),
        }
    ),
)
prompts = st.builds(
    lambda way, **others: Prompt(**way, **others),
    way=ways,
    key=names,
    rule=rules,
    support=st.sampled_from(Support),
    variants=st.dictionaries(st.sampled_from(Pathway), said, max_size=2),
    expires=st.none() | lengths,
    on_holiday=st.sampled_from(OnHoliday),
    skippable=st.none() | st.booleans(),
    priority=st.sampled_from(Priority),
    quiet=st.sampled_from(InQuiet),
)
entries = st.lists(
    st.builds(
        Entry, text=said, pathways=st.lists(st.sampled_from(Pathway), max_size=2, unique=True).map(tuple)
    ),
    max_size=2,
).map(tuple)
directories = st.builds(Directory, meetings=entries, resources=entries, stories=entries)
prompt_lists = st.lists(prompts, max_size=4, unique_by=lambda prompt: prompt.key).map(tuple)


def contacts(channels: list[ChannelName], consents: st.SearchStrategy[Consent | None]) -> Any:
    """Build at most one contact, so that no two people share one."""
    addresses = {ChannelName.TELEGRAM: chats}
    one = st.sampled_from(channels).flatmap(
        lambda channel: st.builds(
            Contact, channel=st.just(channel), address=addresses.get(channel, phones), consent=consents
        )
    )
    return st.lists(one, max_size=1).map(tuple)


members = st.builds(
    Staff,
    ref=st.just(""),
    name=prose,
    roles=st.lists(st.sampled_from(Role), min_size=1, unique=True).map(tuple),
    contacts=contacts(list(ChannelName), st.none()),
    duty=st.lists(st.builds(Shift, days=day_sets, window=windows), max_size=2).map(tuple),
    timezone=st.none() | zones,
    email=st.none() | st.just("jo@example.org"),
    status=st.sampled_from(StaffStatus),
)
consent_proofs = st.builds(Consent, method=st.sampled_from(ConsentMethod), on=dates, wording=names)
sessions = st.datetimes(datetime(1900, 1, 1), datetime(2199, 12, 31)).map(  # noqa: DTZ001 - wall time is naive
    lambda at: at.replace(second=0, microsecond=0)
)
people = st.builds(
    Participant,
    ref=names,
    name=prose,
    language=st.none() | st.sampled_from(LANGUAGES),
    timezone=st.none() | zones,
    specialist=st.none() | st.sampled_from(STAFF),
    contacts=contacts([ChannelName.TELEGRAM, ChannelName.SMS], st.none() | consent_proofs),
    sessions=st.lists(sessions, max_size=12).map(tuple),
    schedules=st.lists(
        st.builds(
            Enrolment,
            name=st.sampled_from(SCHEDULES),
            start=dates,
            time=st.none() | st.just(Usual.USUAL) | clocks,
            shift=st.none() | st.integers(-10080, 10080).map(lambda minutes: timedelta(minutes=minutes)),
            skip=st.none() | day_lists,
            less=st.none() | st.integers(0, 2),
        ),
        max_size=2,
        unique_by=lambda one: one.name,
    ).map(tuple),
    status=st.sampled_from(ParticipantStatus),
    recovery_date=st.none() | dates,
    pathway=st.none() | st.sampled_from(Pathway),
    milestones=st.none() | st.booleans(),
)
groups = st.builds(
    Group,
    language=st.none() | st.sampled_from(LANGUAGES),
    pathway=st.none() | st.sampled_from(Pathway),
    specialist=st.none() | st.sampled_from(STAFF),
    schedule=st.none() | st.sampled_from(SCHEDULES),
)
targets = st.one_of(
    st.sampled_from([kind for kind in TargetKind if kind is not TargetKind.STAFF]).map(
        lambda kind: Target(kind=kind)
    ),
    st.sampled_from(STAFF).map(lambda ref: Target(kind=TargetKind.STAFF, ref=ref)),
)
steps = st.builds(
    Step,
    notify=st.lists(targets, min_size=1, max_size=3, unique=True).map(tuple),
    by=st.lists(st.sampled_from(ChannelName), min_size=1, unique=True).map(tuple),
    wait=lengths,
)


def unshared(persons: Any) -> tuple[Any, ...]:
    """Take contacts away that somebody else has already."""
    seen: set[tuple[ChannelName, str]] = set()
    kept = []
    for person in persons:
        own = {(contact.channel, contact.address) for contact in person.contacts}
        kept.append(replace(person, contacts=()) if own & seen else person)
        seen |= own
    return tuple(kept)


own_words = st.lists(
    st.builds(
        OwnWords,
        say=st.integers(0, 99_999).map(lambda n: (f"heron {n:05}x", f"¿garza {n:05}?")),
        level=st.sampled_from(OwnLevel),
        about=st.none() | prose,
    ),
    max_size=3,
    unique_by=lambda one: one.say,
).map(tuple)


@st.composite
def programmes(draw: st.DrawFn) -> Programme:
    """Draw a programme whose parts know each other."""
    schedule = st.builds(Schedule, name=st.just(""), title=prose, prompts=prompt_lists, to=st.none() | groups)
    levels = draw(st.lists(st.sampled_from(["urgent", "crisis"]), unique=True))
    backups = [None, *STAFF[:1], *STAFF[:1]]
    return Programme(
        name=draw(prose),
        country=draw(st.sampled_from(["US", "NO", "GB"])),
        timezone=draw(zones),
        help_contact=draw(prose),
        languages=LANGUAGES,
        quiet_hours=draw(st.none() | windows),
        join_keyword=draw(st.none() | st.sampled_from(["RIVER", "NO", "1234", "1e5"])),
        join_schedule=draw(st.none() | st.sampled_from(SCHEDULES)),
        telegram_details=draw(st.booleans()),
        before_session=draw(st.none() | lengths),
        morning_digest=draw(st.booleans()),
        on_slip=draw(st.sampled_from(OnSlip)),
        staff=unshared(
            replace(draw(members), ref=ref, backup=backup) for ref, backup in zip(STAFF, backups, strict=True)
        ),
        escalation={level: draw(st.lists(steps, max_size=3).map(tuple)) for level in levels},
        participants=unshared(draw(st.lists(people, max_size=4, unique_by=lambda one: one.ref))),
        schedules=tuple(replace(draw(schedule), name=name) for name in SCHEDULES),
        directory=draw(directories),
        holidays=draw(day_lists),
        own_words=draw(own_words),
    )


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)
@given(programmes())
def test_every_programme_comes_back(programme: Programme) -> None:
    """Whatever names, texts and rules hold: the same values, and then the same bytes."""
    written = dump_programme(programme)
    assert parse_programme(written) == programme
    assert dump_programme(parse_programme(written)) == written


@settings(max_examples=30, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.lists(prompt_lists, min_size=1, max_size=2), st.sampled_from(["utf-8", "utf-8-sig", "utf-16"]))
def test_every_sheet_comes_back(lists: list[tuple[Prompt, ...]], encoding: str) -> None:
    """Whatever the texts hold, formulas and new lines too: a sheet reads back as it was written."""
    schedules = tuple(
        Schedule(name=name, title=f"={name}", prompts=prompts)
        for name, prompts in zip(SCHEDULES, lists, strict=False)
        if prompts
    )
    written = write_sheet(schedules, LANGUAGES)
    assume(not any(ord(one) < 32 and one not in "\t\n\r" for one in written))  # which no sheet may hold
    assert read_sheet(written.encode(encoding), LANGUAGES) == schedules if schedules else True


@settings(max_examples=60, deadline=None)
@given(prompt_lists)
def test_published_prompts_come_back_from_json(some: tuple[Prompt, ...]) -> None:
    """A published version is stored as JSON in the file's own form."""
    assert prompts_from_data(json.loads(json.dumps(prompts_to_data(some)))) == some


def test_stored_prompts_that_are_none_are_refused() -> None:
    """Data nobody wrote here never becomes a schedule."""
    with pytest.raises(ProgrammeFileError):
        prompts_from_data([{"key": "mood", "at": {"days": "daily", "time": "25:00"}}])


def test_seven_days_are_written_as_daily() -> None:
    """The shortest way to say it."""
    prompt = Prompt(
        key="k",
        rule=OnDays(days=EVERY_DAY, time=time(9)),
        support=Support.EMOTIONAL,
        text={"en": "Hi"},
    )
    assert prompts_to_data([prompt])[0]["at"] == {"days": "daily", "time": "09:00"}
