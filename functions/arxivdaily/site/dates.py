"""Dates in Chinese, and the days on which arXiv announced nothing."""

from __future__ import annotations

from datetime import date, timedelta

_WEEKDAYS = "一二三四五六日"
_LONGEST_GAP = 31  # days; a longer pause is not spelled out day by day


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
    """A sentence that names the weekdays without an announcement before `later`, if there were any."""
    quiet = quiet_weekdays(earlier, later) if earlier else []
    if not quiet:
        return None
    if len(quiet) == 1:
        return f"{day_and_weekday(quiet[0])}arXiv 未发布公告。"
    return f"{day_and_weekday(quiet[0])}至{day_and_weekday(quiet[-1])}的工作日，arXiv 未发布公告。"
