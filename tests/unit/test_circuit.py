"""A model that cannot be asked is left alone, tried again, and used as soon as it is back."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier, Event

import pytest
from arxivdaily.circuit import GuardedModel
from arxivdaily.domain.records import Usage
from arxivdaily.errors import (
    ArxivDailyError,
    ConfigurationError,
    PermanentError,
    ThrottledError,
    TransientError,
    UnavailableError,
)
from arxivdaily.model_calls import Patience, ask
from arxivdaily.ports import Completion, Prompt
from hypothesis import given
from hypothesis import strategies as st

PROMPT = Prompt("answer", "system", "user", {"type": "object"}, 10)
GOOD = Completion(text='{"a": 1}', usage=Usage(1, 0, 1))
GONE = UnavailableError("connection refused")
WRONG_KEY = ConfigurationError("HTTP 401")

Outcome = Completion | ArxivDailyError


class Scripted:
    """A model whose calls end as they are told to, in order; the last outcome stays."""

    model = "m"

    def __init__(self, *outcomes: Outcome) -> None:
        self.outcomes = list(outcomes)
        self.calls = 0

    def complete(self, prompt: Prompt) -> Completion:
        self.calls += 1
        outcome = self.outcomes.pop(0) if len(self.outcomes) > 1 else self.outcomes[0]
        if isinstance(outcome, ArxivDailyError):
            raise outcome
        return outcome


class World:
    """A guarded model, a clock and what was told."""

    def __init__(self, *outcomes: Outcome) -> None:
        self.now = 0.0
        self.told: list[tuple[str, bool]] = []
        self.inner = Scripted(*outcomes)
        self.guarded = GuardedModel(self.inner, self._tell, clock=lambda: self.now, after=3, rest=20)

    def _tell(self, error: ArxivDailyError | None, is_stopped: bool) -> None:
        self.told.append((str(error or "back"), is_stopped))

    def ask(self, times: int = 1) -> list[Outcome]:
        found: list[Outcome] = []
        for _ in range(times):
            try:
                found.append(self.guarded.complete(PROMPT))
            except ArxivDailyError as error:
                found.append(error)
        return found


@pytest.mark.parametrize("failure", [GONE, WRONG_KEY])
def test_what_cannot_heal_is_asked_three_times_and_then_left_alone(failure: ArxivDailyError) -> None:
    world = World(failure)
    outcomes = world.ask(50)
    assert world.inner.calls == 3
    # Nobody asked about these papers: what is said of them passes, whatever the cause.
    assert {type(outcome) for outcome in outcomes[3:]} == {UnavailableError}
    assert {str(outcome) for outcome in outcomes} == {str(failure)}
    assert world.told == [(str(failure), False), (str(failure), True)]


@pytest.mark.parametrize(
    "failure", [ThrottledError("429"), TransientError("HTTP 500"), PermanentError("withheld")]
)
def test_a_service_that_says_something_is_there(failure: ArxivDailyError) -> None:
    world = World(failure)
    world.ask(50)
    assert world.inner.calls == 50
    # Each of them between failures begins the count anew.
    world = World(GONE, GONE, failure, GONE, GONE, failure, GONE)
    world.ask(8)
    assert world.inner.calls == 8


def test_what_a_paper_is_refused_for_is_not_told() -> None:
    world = World(PermanentError("withheld"))
    world.ask(5)
    assert world.told == []


def test_throttles_are_told_once_and_so_is_their_end() -> None:
    world = World(ThrottledError("429"), ThrottledError("429"), GOOD, GOOD)
    world.ask(5)
    assert world.told == [("429", False), ("back", False)]


def test_a_service_that_comes_back_is_used() -> None:
    world = World(GONE, GONE, GONE, GONE, GOOD)
    world.ask(5)
    world.now = 19.9
    world.ask(5)
    assert world.inner.calls == 3
    world.now = 20.0
    world.ask(5)  # one of them tries, and finds it gone
    assert world.inner.calls == 4
    world.now = 40.0
    assert world.ask(5) == [GOOD] * 5
    assert world.inner.calls == 9
    assert world.told[-1] == ("back", False)


def test_one_call_tries_while_others_are_refused() -> None:
    world = World(GONE)
    world.ask(3)
    world.now = 20.0
    began, end = Event(), Event()

    def slowly(prompt: Prompt) -> Completion:
        began.set()
        end.wait(10)
        return GOOD

    world.inner.complete = slowly  # type: ignore[method-assign]
    with ThreadPoolExecutor(1) as pool:
        trial = pool.submit(world.guarded.complete, PROMPT)
        assert began.wait(10)
        assert isinstance(world.ask()[0], UnavailableError)
        end.set()
        assert trial.result(10) is GOOD
    assert world.ask() == [GOOD]


def test_a_trial_that_crashes_leaves_the_way_free() -> None:
    world = World(GONE)
    world.ask(3)
    world.now = 20.0

    def crash(prompt: Prompt) -> Completion:
        raise RuntimeError

    world.inner.complete = crash  # type: ignore[method-assign]
    for _ in range(2):
        with pytest.raises(RuntimeError):
            world.guarded.complete(PROMPT)


def test_calls_in_flight_when_it_stops_are_counted_and_told_once() -> None:
    barrier = Barrier(8)
    world = World(GONE)

    def together(prompt: Prompt) -> Completion:
        barrier.wait(10)
        raise GONE

    world.inner.complete = together  # type: ignore[method-assign]
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _: world.ask(), range(8)))
    assert sorted(world.told) == [("connection refused", False), ("connection refused", True)]


@given(
    st.lists(
        st.tuples(
            st.sampled_from([GOOD, GONE, WRONG_KEY, ThrottledError("429"), PermanentError("no")]),
            st.sampled_from([0.0, 5.0, 25.0]),
        ),
        max_size=60,
    )
)
def test_it_never_stays_shut(steps: Sequence[tuple[Outcome, float]]) -> None:
    """Whatever has happened: after a rest it asks again, and a service that answers is asked by everybody."""
    world = World(GOOD)
    for outcome, pause in steps:
        world.inner.outcomes = [outcome]
        world.ask()
        world.now += pause
    world.inner.outcomes = [GOOD]
    world.now += 20.0
    assert world.ask(3) == [GOOD] * 3


def test_patience_is_not_spent_on_what_seconds_do_not_mend() -> None:
    slept: list[float] = []
    inner = Scripted(GONE)
    with pytest.raises(UnavailableError):
        ask(inner, PROMPT, Patience(clock=lambda: 0.0, sleep=slept.append))
    assert (inner.calls, slept) == (1, [])
