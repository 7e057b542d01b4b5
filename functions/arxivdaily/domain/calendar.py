"""arXiv's announcement calendar: which dates have an edition, and why others have none.

Source of the facts: arXiv's help page "Availability of submissions" (schedule and each year's
holidays; snapshot of July 2026 with its history) and the feed documentation.

- Announcements are made at 20:00 US Eastern time from Sunday to Thursday. The feeds turn at the
  midnight that follows, and carry that new day's date, so editions are dated Monday to Friday.
- A holiday is a day without work, so the announcement that would follow it is not made: the one
  of the same evening or, after a Friday, Sunday's. The edition that falls out is therefore that
  of the next weekday, and its papers join the edition after it. The edition dated on the holiday
  itself was announced the evening before and does exist. Seen in 2026: the list of Friday
  06-19 (a holiday) came out on Thursday evening and stood until Monday 06-22, and Tuesday 06-23
  had twice as many papers. (For the Friday of 2025-07-04 arXiv itself named Sunday 07-06.)
"""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

EASTERN = ZoneInfo("America/New_York")

_DAY = timedelta(days=1)
_ANNOUNCED_AT = time(20, 0)  # US Eastern, the evening before the edition's date
_SATURDAY = 5  # date.weekday()

LATE_AFTER = timedelta(hours=4)
"""After its feed is due an edition has been found and published for hours, or something is wrong."""

CLOSING_AFTER = timedelta(hours=20)
"""After its feed is due an edition has been asked for more than thirty times, and four hours are left until
the feeds turn and what they said is gone."""

_YEAR_END = "年末休假"
HOLIDAYS = {
    date(2025, 1, 1): "元旦",
    date(2025, 1, 20): "马丁·路德·金纪念日",
    date(2025, 6, 19): "六月节",
    date(2025, 7, 6): "独立日",
    date(2025, 9, 1): "劳动节",
    date(2025, 11, 27): "感恩节",
    date(2025, 12, 25): "圣诞节",
    date(2025, 12, 30): _YEAR_END,
    date(2026, 1, 1): "元旦",
    date(2026, 1, 19): "马丁·路德·金纪念日",
    date(2026, 6, 19): "六月节",
    date(2026, 7, 3): "独立日",
    date(2026, 9, 7): "劳动节",
    date(2026, 11, 26): "感恩节",
    date(2026, 12, 25): "圣诞节",
    date(2026, 12, 29): _YEAR_END,
    date(2026, 12, 31): _YEAR_END,
}
"""The days arXiv published as its holidays, with their names in Chinese.

arXiv publishes one year at a time. In a year that is not here every weekday counts as an
edition day: a wrong expectation costs a few questions that find an empty feed.
"""


def _weekday_after(day: date) -> date:
    day += _DAY
    while day.weekday() >= _SATURDAY:
        day += _DAY
    return day


_LEFT_OUT = {_weekday_after(holiday): holiday for holiday in HOLIDAYS}


def eastern_date(instant: datetime) -> date:
    """The calendar date in US Eastern time at an aware instant; ValueError for a naive one."""
    if instant.tzinfo is None:
        raise ValueError("an instant needs a time zone")
    return instant.astimezone(EASTERN).date()


def is_edition_day(day: date) -> bool:
    """Whether arXiv's schedule has an edition of this date."""
    return why_no_edition(day) is None


def why_no_edition(day: date) -> str | None:
    """Why no edition bears this date, in Chinese for the site; None for a date that has one."""
    if day.weekday() >= _SATURDAY:
        return "周末"
    holiday = _LEFT_OUT.get(day)
    if holiday is None:
        return None
    name = HOLIDAYS[holiday]
    label = f"arXiv {name}" if name == _YEAR_END else f"美国假日{name}"
    return f"{label}（{holiday.month}月{holiday.day}日）"


def why_no_edition_in_english(day: date) -> str | None:
    """The same for messages to operators, which are in English."""
    if day.weekday() >= _SATURDAY:
        return "a weekend"
    holiday = _LEFT_OUT.get(day)
    return None if holiday is None else f"arXiv kept the holiday of {holiday.isoformat()}"


def next_edition_day(after: date) -> date:
    """The first date with an edition strictly after `after`."""
    day = after + _DAY
    while not is_edition_day(day):
        day += _DAY
    return day


def newest_edition_day(until: date) -> date:
    """The last date with an edition that is not after `until`."""
    day = until
    while not is_edition_day(day):
        day -= _DAY
    return day


def newest_edition_days(until: date, count: int) -> list[date]:
    """The last `count` dates with an edition that are not after `until`, the newest first."""
    days = [newest_edition_day(until)]
    while len(days) < count:
        days.append(newest_edition_day(days[-1] - _DAY))
    return days


def expected_edition(now: datetime) -> date:
    """The newest edition whose feed should be out at an aware instant (feeds turn at midnight)."""
    return newest_edition_day(eastern_date(now))


def late_edition(now: datetime) -> date:
    """The newest edition that should be complete at an aware instant: it was due `LATE_AFTER` ago."""
    return expected_edition(now - LATE_AFTER)


def closing_edition(now: datetime) -> date:
    """The newest edition whose feeds fetch should have read by now, all of them: due `CLOSING_AFTER` ago."""
    return expected_edition(now - CLOSING_AFTER)


def announced_at(edition: date) -> datetime:
    """The UTC instant of an edition's announcement: 20:00 US Eastern, the evening before."""
    return datetime.combine(edition - _DAY, _ANNOUNCED_AT, EASTERN).astimezone(UTC)


def feed_due(edition: date) -> datetime:
    """The UTC instant from which the feeds should carry an edition: midnight US Eastern."""
    return datetime.combine(edition, time(0, 0), EASTERN).astimezone(UTC)
