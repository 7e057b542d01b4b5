"""Backfilled editions leave room for today's."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import pytest
from arxivdaily.domain.editions import Edition
from fakes import NOW, MemoryPaperStore

from infrastructure.operator.access import OperatorError
from infrastructure.operator.pacing import LOOK, PATIENCE, wait_for_room

TODAY = "2026-06-18"
ASKED = ("2026-06-01", "2026-06-02", "2026-06-03")


class Waiting:
    """`wait_for_room` with a clock that stands still but while it sleeps, and what happens then."""

    def __init__(self, *under_way: str) -> None:
        self.store = MemoryPaperStore()
        for date in (*ASKED, TODAY):
            self.store.create_edition(Edition(date, NOW))
            if date not in under_way:
                self.store.complete_edition(date, NOW)
        self.now = 0.0
        self.said: list[str] = []

    def until(
        self, *events: Callable[[], object], asked: Sequence[str] = ASKED, coming: Sequence[str] = ()
    ) -> float:
        next_events = list(events)

        def sleep(seconds: float) -> None:
            self.now += seconds
            if next_events:
                next_events.pop(0)()

        wait_for_room(self.store, asked, coming, self.said.append, sleep=sleep, clock=lambda: self.now)
        return self.now

    def complete(self, date: str) -> Callable[[], object]:
        return lambda: self.store.complete_edition(date, NOW)


@pytest.mark.parametrize("under_way", [(), ("2026-06-02",)])
def test_two_are_made_at_a_time(under_way: tuple[str, ...]) -> None:
    waiting = Waiting(*under_way)
    assert waiting.until() == 0
    assert waiting.said == []


def test_a_third_waits_for_one_of_two() -> None:
    waiting = Waiting(*ASKED[1:])
    assert waiting.until(lambda: None, waiting.complete(ASKED[2])) == 2 * LOOK
    assert waiting.said == ["waiting for 2026-06-02, 2026-06-03"]


def test_none_is_begun_while_todays_edition_is_made() -> None:
    waiting = Waiting(TODAY)
    assert waiting.until(waiting.complete(TODAY), asked=()) == LOOK
    assert waiting.said == [f"waiting for {TODAY}"]


def test_the_newest_may_be_one_that_was_asked_for() -> None:
    assert Waiting(TODAY).until(asked=(*ASKED, TODAY)) == 0
    # It was cut short before, and is to be completed now.
    assert Waiting(TODAY).until(asked=(), coming=(TODAY,)) == 0


def test_nobody_waits_for_ever() -> None:
    waiting = Waiting(TODAY)
    with pytest.raises(OperatorError, match=rf"{TODAY} has been in the making for 30 minutes"):
        waiting.until()
    assert waiting.now == pytest.approx(PATIENCE, abs=2 * LOOK)


def test_a_day_of_which_nothing_was_made_is_not_waited_for() -> None:
    assert Waiting().until(asked=("2026-05-28", "2026-05-29", "2026-06-01")) == 0
