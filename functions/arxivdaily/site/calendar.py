"""A channel's calendar of one year: which days had an edition, and how many papers."""

from __future__ import annotations

import calendar
from collections.abc import Sequence
from datetime import date

from arxivdaily.domain.calendar import why_no_edition
from arxivdaily.domain.editions import Edition
from arxivdaily.site import urls
from arxivdaily.site.contexts import Day, Month

_BLANK = Day("blank", 0, None, 0)


def months(channel: str, editions: Sequence[Edition], links: urls.Urls) -> tuple[Month, ...]:
    """The months from the year's first edition to its last; `editions` are of one year, oldest first.

    A weekday between the two without an edition is `quiet`: arXiv announced nothing.
    """
    if not editions:
        return ()
    counts = {edition.date: edition.channel_counts.get(channel, 0) for edition in editions}
    first, last = (date.fromisoformat(editions[n].date) for n in (0, -1))

    def cell(month: int, day: int) -> Day:
        if day == 0:
            return _BLANK
        value = date(first.year, month, day)
        iso = value.isoformat()
        if iso in counts:
            return Day("edition", day, links.link(urls.channel_edition(channel, iso)), counts[iso])
        if not first <= value <= last:
            return Day("outside", day, None, 0)
        if value.weekday() > 4:
            return Day("weekend", day, None, 0)
        return Day("quiet", day, None, 0, why_no_edition(value) or "")

    result = []
    for month in range(first.month, last.month + 1):
        weeks = calendar.Calendar().monthdayscalendar(first.year, month)
        days = tuple(tuple(cell(month, day) for day in week) for week in weeks)
        total = sum(day.count for week in days for day in week)
        result.append(Month(f"{month}月", days, total))
    return tuple(result)
