"""Is the edition there that should be? Across a holiday, a weekend and changes of the clock."""

from __future__ import annotations

from datetime import datetime

import pytest
from arxivdaily.domain.editions import Edition
from arxivdaily.domain.records import State
from arxivdaily.use_cases.watch import WatchEdition
from fakes import NOW, Clock, MemoryPaperStore, record


def overdue(now: str, *complete: str, open_: tuple[str, ...] = ()) -> tuple[str, bool]:
    """The answer at an instant, with these editions stored; it is also what is reported."""
    store = MemoryPaperStore()
    for date in (*complete, *open_):
        store.create_edition(Edition(date, NOW))
    for date in complete:
        store.complete_edition(date, NOW)
    reports: list[tuple[str, bool]] = []
    watch = WatchEdition(
        store,
        Clock(datetime.fromisoformat(now)),
        lambda edition, late: reports.append((edition, late)),
        lambda *_: None,
    )
    result = watch()
    assert reports == [(result.edition, result.overdue)]
    return result.edition, result.overdue


@pytest.mark.parametrize(
    ("now", "due"),
    [
        # A Thursday: its feed is due at midnight, it is late from four in the morning.
        ("2026-06-18T03:59:59-04:00", "2026-06-17"),
        ("2026-06-18T04:00:00-04:00", "2026-06-18"),
        # The weekend waits for nothing but Friday's edition.
        ("2026-06-20T12:00:00-04:00", "2026-06-19"),
        ("2026-06-21T23:59:00-04:00", "2026-06-19"),
        # Friday 06-19 is a holiday: it has an edition, Monday 06-22 has none.
        ("2026-06-22T23:00:00-04:00", "2026-06-19"),
        ("2026-06-23T03:59:59-04:00", "2026-06-19"),
        ("2026-06-23T04:00:00-04:00", "2026-06-23"),
        # Clocks go forward on Sunday 2026-03-08 and back on Sunday 2026-11-01.
        ("2026-03-06T09:00:00+00:00", "2026-03-06"),  # 04:00 EST
        ("2026-03-09T07:59:59+00:00", "2026-03-06"),
        ("2026-03-09T08:00:00+00:00", "2026-03-09"),  # 04:00 EDT
        ("2026-11-02T08:59:59+00:00", "2026-10-30"),
        ("2026-11-02T09:00:00+00:00", "2026-11-02"),  # 04:00 EST
        ("2026-11-01T05:30:00+00:00", "2026-10-30"),  # 01:30, for the first time
        # Over the end of the year: 12-29 and 12-31 are holidays, so 12-30 and 01-01 fall out.
        ("2027-01-01T12:00:00-05:00", "2026-12-31"),
    ],
)
def test_the_edition_that_should_be_there(now: str, due: str) -> None:
    assert overdue(now, due) == (due, False)
    assert overdue(now, "2025-01-02") == (due, True)


def test_an_edition_that_is_there_and_not_complete_is_overdue() -> None:
    assert overdue("2026-06-18T05:00:00-04:00", open_=("2026-06-18",)) == ("2026-06-18", True)


def test_an_overdue_edition_says_what_it_lacks() -> None:
    store = MemoryPaperStore()
    store.create_edition(Edition("2026-06-18", NOW))
    states = [State.FAILED] * 3 + [State.PENDING] + [State.UNMATCHED]
    store.add_records([record(number, state) for number, state in enumerate(states)])
    clock = Clock(datetime.fromisoformat("2026-06-18T05:00:00-04:00"))
    message = WatchEdition(store, clock, lambda *_: None, lambda *_: None)().message
    assert message.endswith("is there and not complete (1 pending and 3 failed of 5 papers)")


def test_an_edition_under_way_is_not_overdue_before_its_time() -> None:
    assert overdue("2026-06-18T01:00:00-04:00", "2026-06-17", open_=("2026-06-18",)) == ("2026-06-17", False)


def test_a_missing_edition_stays_overdue_until_the_next_one_is_due() -> None:
    assert overdue("2026-06-19T03:00:00-04:00", "2026-06-17") == ("2026-06-18", True)
    assert overdue("2026-06-19T04:00:00-04:00", "2026-06-17", "2026-06-19") == ("2026-06-19", False)


def test_an_early_edition_does_not_hide_a_missing_one() -> None:
    assert overdue("2026-06-19T01:00:00-04:00", "2026-06-17", "2026-06-19") == ("2026-06-18", True)


@pytest.mark.parametrize(
    ("now", "closing", "unread"),
    [
        ("2026-06-18T19:59:00-04:00", "2026-06-17", 0),  # fetch tries again every hour
        ("2026-06-18T20:00:00-04:00", "2026-06-18", 2),
        ("2026-06-19T19:59:00-04:00", "2026-06-18", 2),
        ("2026-06-19T20:00:00-04:00", "2026-06-19", 0),
        ("2026-06-22T20:20:00-04:00", "2026-06-19", 0),  # Monday falls out
        ("2026-06-17T21:00:00-04:00", "2026-06-17", 0),
        ("2026-06-16T21:00:00-04:00", "2026-06-16", 0),  # is not there: that is another alarm's
    ],
)
def test_feeds_that_were_not_read_are_told_when_the_day_ends(now: str, closing: str, unread: int) -> None:
    store = MemoryPaperStore()
    for date in ("2026-06-17", "2026-06-19"):
        store.create_edition(Edition(date, NOW))
    store.create_edition(Edition("2026-06-18", NOW, unread=frozenset({"stat.ML", "cs"})))
    told: list[tuple[str, int]] = []
    clock = Clock(datetime.fromisoformat(now))
    result = WatchEdition(store, clock, lambda *_: None, lambda *found: told.append(found))()
    assert told == [(closing, unread)]
    assert (result.closing, result.unread) == (closing, ("cs", "stat.ML") if unread else ())
    words = "; feeds of 2026-06-18 that were not read whole: cs, stat.ML"
    assert result.message.endswith(words) is bool(unread)
