"""Dates in Chinese, and the days on which arXiv announced nothing."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from arxivdaily.domain.calendar import feed_due, next_edition_day, why_no_edition

_WEEKDAYS = "一二三四五六日"
_BEIJING = ZoneInfo("Asia/Shanghai")
_LATE = timedelta(hours=3)
_LONGEST_GAP = 10  # days; a longer pause is the archive's, not arXiv's, and is not spelled out


def day(iso: str) -> str:
    """`2026-06-18` -> `6月18日`."""
    value = date.fromisoformat(iso)
    return f"{value.month}月{value.day}日"


def weekday(iso: str) -> str:
    """`2026-06-18` -> `周四`."""
    return "周" + _WEEKDAYS[date.fromisoformat(iso).weekday()]


def day_and_weekday(iso: str) -> str:
    """`2026-06-18` -> `6月18日（周四）`."""
    return f"{day(iso)}（{weekday(iso)}）"


def year(iso: str) -> int:
    return date.fromisoformat(iso).year


def quiet_weekdays(earlier: str, later: str) -> list[str]:
    """Weekdays strictly between two neighbouring editions: holidays, or arXiv's own pauses."""
    start, end = date.fromisoformat(earlier), date.fromisoformat(later)
    if (end - start).days > _LONGEST_GAP:
        return []
    days = (start + timedelta(days=n) for n in range(1, (end - start).days))
    return [value.isoformat() for value in days if value.weekday() < 5]


def gap_note(earlier: str | None, later: str) -> str | None:
    """A sentence on the weekdays without an edition before `later`, with the reason where arXiv's
    calendar gives one; None if there were none."""
    quiet = quiet_weekdays(earlier, later) if earlier else []
    if not quiet:
        return None
    known = [why for iso in quiet if (why := why_no_edition(date.fromisoformat(iso)))]
    because = f"：{'、'.join(known)}" if len(known) == len(quiet) else ""
    days = "、".join(day_and_weekday(iso) for iso in quiet)
    return f"{days}没有新的一期{because}。"


def next_edition(iso: str) -> str:
    """When the edition after `iso` is due by arXiv's calendar, and why not sooner."""
    following = next_edition_day(date.fromisoformat(iso)).isoformat()
    return f"{gap_note(iso, following) or ''}下一期：{day_and_weekday(following)}。"


def late_note(iso: str, read: datetime) -> str | None:
    """A sentence for an edition that was read from arXiv hours after it was due, whoever was late; None
    for one in time, and for one made from the archive when the next was due already."""
    edition = date.fromisoformat(iso)
    if not feed_due(edition) + _LATE <= read < feed_due(next_edition_day(edition)):
        return None
    return f"本期晚于平常：{instant(read)} 才从 arXiv 读到。"


def instant(when: datetime) -> str:
    """An aware instant as the clock in Beijing shows it: `北京时间6月18日 12:10`."""
    here = when.astimezone(_BEIJING)
    return f"北京时间{here.month}月{here.day}日 {here:%H:%M}"
