"""An alert always has a next turn, and somebody who can be told is told."""

from __future__ import annotations

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from bot.domain.escalation import Chain, Person, Route, Step, Turn, from_data, take_turn, to_data
from bot.domain.messages import ChannelName

NAMES = ["dana", "jo", "lee", "sam", "kim"]
ROUNDS = 4


def person(name: str, *channels: ChannelName) -> Person:
    """Return somebody with a route by each channel."""
    return Person(
        staff_id=name,
        routes=tuple(Route(contact_id=f"{name}-{c}", channel=c) for c in channels or (ChannelName.SMS,)),
    )


people = st.builds(person, st.sampled_from(NAMES))
waits = st.integers(5, 900).map(lambda seconds: timedelta(seconds=seconds))
steps = st.builds(
    lambda who, wait: Step(people=tuple({p.staff_id: p for p in who}.values()), wait=wait),
    st.lists(people, max_size=3),
    waits,
)
chains = st.builds(
    lambda listed, supervisors: Chain(
        steps=tuple(listed), supervisors=tuple({p.staff_id: p for p in supervisors}.values())
    ),
    st.lists(steps, max_size=4),
    st.lists(people, max_size=2),
)
on_duty = st.sets(st.sampled_from(NAMES))
reachable = st.sets(st.sampled_from(NAMES))


def turns(chain: Chain, on_duty: set[str], reachable: set[str], rounds: int = ROUNDS) -> list[Turn]:
    """Run the chain for some rounds with nobody answering."""
    found, round_, step = [], 0, 0
    while round_ < rounds:
        turn = take_turn(
            chain,
            round_,
            step,
            lambda who, last: who.staff_id in reachable and (last or who.staff_id in on_duty),
        )
        found.append(turn)
        assert len(found) < 100
        round_, step = turn.next_round, turn.next_step
    return found


@given(chains, on_duty, reachable)
def test_there_is_always_a_next_turn(chain: Chain, on_duty: set[str], reachable: set[str]) -> None:
    """Whoever can be told or not, every turn lies ahead of the one before, after a wait."""
    run = turns(chain, on_duty, reachable)
    places = [(turn.next_round, turn.next_step) for turn in run]
    assert places == sorted(set(places))
    assert all(turn.wait > timedelta(0) for turn in run)


@given(chains, on_duty, reachable)
def test_whoever_can_be_told_is_told(chain: Chain, on_duty: set[str], reachable: set[str]) -> None:
    """No turn passes without telling somebody while anybody of the chain can be told."""
    listed = {p.staff_id for step in chain.steps for p in step.people} | {
        p.staff_id for p in chain.supervisors
    }
    run = turns(chain, on_duty, reachable)
    silent = [turn for turn in run if not turn.people]
    assert len(silent) == (0 if listed & reachable else len(run))


@given(chains, on_duty)
def test_nobody_unreachable_is_told(chain: Chain, on_duty: set[str]) -> None:
    """Only those who can be told are, each once a turn."""
    for turn in turns(chain, on_duty, on_duty):
        told = [p.staff_id for p in turn.people]
        assert set(told) <= on_duty
        assert len(told) == len(set(told))
        assert not set(told) & {p.staff_id for p in turn.skipped}


@given(chains, on_duty)
def test_a_step_nobody_can_take_is_passed_at_once(chain: Chain, on_duty: set[str]) -> None:
    """The turn found is the first in order that somebody on duty can take."""
    turn = take_turn(chain, 0, 0, lambda who, last: who.staff_id in on_duty)
    passed = chain.steps[: turn.step] if turn.people and turn.round == 0 else ()
    assert not any(p.staff_id in on_duty for step in passed for p in step.people)


@given(chains, st.data())
def test_supervisors_hear_of_every_new_round(chain: Chain, data: st.DataObject) -> None:
    """From the second round on, the first step tells them too."""
    round_ = data.draw(st.integers(1, 5))
    turn = take_turn(chain, round_, 0, lambda who, last: True)
    if chain.supervisors or (chain.steps and chain.steps[0].people):
        assert {p.staff_id for p in chain.supervisors} <= {p.staff_id for p in turn.people}


@given(chains, on_duty)
def test_somebody_is_told_again_within_twice_the_longest_wait(chain: Chain, on_duty: set[str]) -> None:
    """While anybody of the chain's steps is there, silence lasts no longer than that."""
    if not any(p.staff_id in on_duty for step in chain.steps for p in step.people):
        return
    silence = timedelta(0)
    for turn in turns(chain, on_duty, on_duty):
        silence = turn.wait if turn.people else silence + turn.wait
        assert silence <= 2 * chain.longest_wait


def test_a_supervisor_is_reached_by_any_way() -> None:
    """A step that lists them by a way that is shut does not hide the others they have."""
    by_voice, both = person("lee", ChannelName.VOICE), person("lee", ChannelName.VOICE, ChannelName.SMS)
    chain = Chain(steps=(Step(people=(by_voice,), wait=timedelta(minutes=3)),), supervisors=(both,))

    def has_sms(who: Person, last_resort: bool) -> bool:
        return any(route.channel is ChannelName.SMS for route in who.routes)

    assert take_turn(chain, 0, 0, has_sms).people == (both,)
    assert take_turn(chain, 1, 0, has_sms).people == (both,)


def test_an_empty_chain_tells_the_supervisors() -> None:
    """A programme without steps is no reason for silence."""
    lee = person("lee")
    turn = take_turn(Chain(steps=(), supervisors=(lee,)), 0, 0, lambda who, last: True)
    assert turn.people == (lee,)
    assert turn.wait == timedelta(minutes=1)


@given(chains)
def test_a_snapshot_reads_back(chain: Chain) -> None:
    """What is stored in the alert is the whole chain."""
    assert from_data(to_data(chain)) == chain
