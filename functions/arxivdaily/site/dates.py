"""Dates in Chinese, and the days on which arXiv announced nothing."""

from __future__ import annotations

from datetime import date, timedelta

from arxivdaily.domain.calendar import next_edition_day, why_no_edition

_WEEKDAYS = "一二三四五六日"
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
    """The sentence on when the edition after `iso` is due by arXiv's calendar."""
    return f"下一期：{day_and_weekday(next_edition_day(date.fromisoformat(iso)).isoformat())}。"
