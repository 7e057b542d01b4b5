"""arXiv's announcement calendar, against the days arXiv is known to have announced or not."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from arxivdaily.domain.calendar import (
    EASTERN,
    HOLIDAYS,
    announced_at,
    eastern_date,
    expected_edition,
    feed_due,
    is_edition_day,
    next_edition_day,
    why_no_edition,
    why_no_edition_in_english,
)
from hypothesis import given
from hypothesis import strategies as st

DAYS = st.dates(date(2024, 1, 1), date(2028, 12, 31))
INSTANTS = st.datetimes(datetime(2024, 1, 8), datetime(2028, 12, 31), timezones=st.just(UTC))  # noqa: DTZ001


@pytest.mark.parametrize(
    ("day", "expected"),
    [
        # The holiday of 2026-06-19, as it was seen.
        ("2026-06-18", True),
        ("2026-06-19", True),
        ("2026-06-22", False),
        ("2026-06-23", True),
        # A holiday in the middle of a week takes out the day after it.
        ("2026-11-26", True),
        ("2026-11-27", False),
        ("2026-11-30", True),
        # A Monday.
        ("2026-01-19", True),
        ("2026-01-20", False),
        # 2025: arXiv named the Sunday whose announcement was left out.
        ("2025-07-04", True),
        ("2025-07-07", False),
        ("2025-07-08", True),
        # The end of the year, over its border.
        ("2026-12-28", False),
        ("2026-12-29", True),
        ("2026-12-30", False),
        ("2026-12-31", True),
        ("2027-01-01", False),
        # Weekends: real empty feeds.
        ("2026-04-18", False),
        ("2026-04-19", False),
    ],
)
def test_edition_days(day: str, expected: bool) -> None:
    assert is_edition_day(date.fromisoformat(day)) is expected


def test_reasons_name_the_holiday_in_chinese() -> None:
    assert why_no_edition(date(2026, 6, 20)) == "周末"
    assert why_no_edition(date(2026, 6, 22)) == "美国假日六月节（6月19日）"
    assert why_no_edition(date(2026, 12, 30)) == "arXiv 年末休假（12月29日）"
    assert why_no_edition(date(2026, 6, 19)) is None


def test_every_holiday_takes_out_exactly_one_weekday() -> None:
    first, last = min(HOLIDAYS), max(HOLIDAYS) + timedelta(days=7)
    days = [first + timedelta(days=n) for n in range((last - first).days)]
    left_out = [day for day in days if day.weekday() < 5 and not is_edition_day(day)]
    assert len(left_out) == len(HOLIDAYS)


@pytest.mark.parametrize(
    ("now", "edition"),
    [
        ("2026-06-18T03:59:59+00:00", "2026-06-17"),  # one second to midnight EDT
        ("2026-06-18T04:00:00+00:00", "2026-06-18"),
        ("2026-06-21T12:00:00+00:00", "2026-06-19"),  # Sunday
        ("2026-06-22T23:00:00+00:00", "2026-06-19"),  # the Monday without an edition
        ("2026-06-23T04:00:00+00:00", "2026-06-23"),
        ("2026-01-15T04:59:59+00:00", "2026-01-14"),  # one second to midnight EST
        ("2026-01-15T05:00:00+00:00", "2026-01-15"),
        ("2026-06-18T12:00:00+08:00", "2026-06-18"),  # noon in Beijing is midnight in New York
    ],
)
def test_expected_edition(now: str, edition: str) -> None:
    assert expected_edition(datetime.fromisoformat(now)).isoformat() == edition


def test_instants_follow_daylight_saving_time() -> None:
    # 2026: clocks go forward on Sunday 03-08 and back on Sunday 11-01, at 02:00.
    assert feed_due(date(2026, 3, 6)) == datetime(2026, 3, 6, 5, tzinfo=UTC)
    assert feed_due(date(2026, 3, 9)) == datetime(2026, 3, 9, 4, tzinfo=UTC)
    assert announced_at(date(2026, 3, 9)) == datetime(2026, 3, 9, 0, tzinfo=UTC)
    assert announced_at(date(2026, 11, 2)) == datetime(2026, 11, 2, 1, tzinfo=UTC)
    assert feed_due(date(2026, 10, 30)) == datetime(2026, 10, 30, 4, tzinfo=UTC)
    assert feed_due(date(2026, 11, 2)) == datetime(2026, 11, 2, 5, tzinfo=UTC)


def test_a_naive_instant_is_refused() -> None:
    with pytest.raises(ValueError, match="time zone"):
        eastern_date(datetime(2026, 6, 18))  # noqa: DTZ001


@given(DAYS)
def test_next_edition_day_is_the_first_after(day: date) -> None:
    following = next_edition_day(day)
    assert is_edition_day(following)
    between = [day + timedelta(days=n) for n in range(1, (following - day).days)]
    assert following > day
    assert not any(is_edition_day(other) for other in between)


@given(INSTANTS)
def test_the_expected_edition_is_due_and_the_next_is_not(now: datetime) -> None:
    edition = expected_edition(now)
    assert is_edition_day(edition)
    assert feed_due(edition) <= now < feed_due(next_edition_day(edition))


@given(DAYS)
def test_an_edition_is_announced_four_hours_before_its_feed(day: date) -> None:
    announced = announced_at(day).astimezone(EASTERN)
    assert (announced.hour, announced.minute) == (20, 0)
    # No clock changes between 20:00 and midnight.
    assert feed_due(day) - announced_at(day) == timedelta(hours=4)
    assert eastern_date(feed_due(day)) == day


def test_both_languages_know_the_same_days() -> None:
    for number in range(800):
        day = date(2025, 1, 1) + timedelta(days=number)
        english = why_no_edition_in_english(day)
        assert (english is None) is (why_no_edition(day) is None)
        assert english is None or english.isascii()
