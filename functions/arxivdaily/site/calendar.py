"""A channel's calendar of one year: which days had an edition, and how many papers."""

from __future__ import annotations

import calendar
from collections.abc import Sequence
from datetime import date
from functools import lru_cache

from arxivdaily.domain.calendar import why_no_edition
from arxivdaily.domain.editions import Edition
from arxivdaily.site import urls
from arxivdaily.site.contexts import Day, Month

_BLANK = Day("blank", 0, None, 0)
_KEPT = 1200  # months: two years of fifty channels, 3 KB each


def months(channel: str, editions: Sequence[Edition], links: urls.Urls) -> tuple[Month, ...]:
    """The months from the year's first edition to its last; `editions` are of one year, oldest first.

    A weekday between the two without an edition is `quiet`: arXiv announced nothing.
    """
    if not editions:
        return ()
    first, last = (date.fromisoformat(editions[n].date) for n in (0, -1))
    counts: dict[int, list[tuple[int, int]]] = {month: [] for month in range(first.month, last.month + 1)}
    for edition in editions:
        counts[int(edition.date[5:7])].append((int(edition.date[8:]), edition.channel_counts.get(channel, 0)))
    return tuple(
        _month(
            channel,
            first.year,
            month,
            first.day if month == first.month else 1,
            last.day if month == last.month else 31,
            tuple(counts[month]),
            links,
        )
        for month in counts
    )


@lru_cache(maxsize=_KEPT)
def _month(
    channel: str,
    year: int,
    month: int,
    first: int,
    last: int,
    counts: tuple[tuple[int, int], ...],
    links: urls.Urls,
) -> Month:
    """One month, whose year has editions from its day `first` to its day `last` at most; `counts` are its
    editions' days and papers. Past months never change, and a render has one for every channel."""
    found = dict(counts)

    def cell(day: int) -> Day:
        if day == 0:
            return _BLANK
        value = date(year, month, day)
        if day in found:
            href = links.link(urls.channel_edition(channel, value.isoformat()))
            return Day("edition", day, href, found[day])
        if not first <= day <= last:
            return Day("outside", day, None, 0)
        if value.weekday() > 4:
            return Day("weekend", day, None, 0)
        return Day("quiet", day, None, 0, why_no_edition(value) or "")

    weeks = calendar.Calendar().monthdayscalendar(year, month)
    days = tuple(tuple(cell(day) for day in week) for week in weeks)
    return Month(f"{month}月", days, sum(found.values()))
