"""When things are set going from outside: fetch by the template's schedules, poison by the seed."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta

from arxivdaily.domain.calendar import EASTERN
from chaos.faults import Faults
from chaos.queues import POISON, STAGES


def midnight(day: date) -> float:
    return datetime.combine(day, time(0, 0), EASTERN).timestamp()


def fetches(start: float, end: float, brief: bool) -> Iterator[float]:
    """When the template's schedules call fetch: each quarter of an hour, then each hour."""
    now = datetime.fromtimestamp(start, EASTERN).replace(minute=0, second=0, microsecond=0)
    while now.timestamp() < end:
        if brief:
            minutes: tuple[int, ...] = (
                (5, 20, 35) if now.hour == 0 else (5,) if now.hour in (1, 2, 6, 12) else ()
            )
        else:
            minutes = (5, 20, 35, 50) if now.hour <= 3 else (5,) if now.hour <= 19 else ()
        for minute in minutes:
            moment = now.replace(minute=minute).timestamp()
            if start < moment < end and now.weekday() < 5:
                yield moment
        now += timedelta(hours=1)


def poison(chance: random.Random, faults: Faults, start: float) -> Iterator[tuple[float, str, str]]:
    """Messages that nobody can read: when they come, into which queue, and their body."""
    if not faults.happens(0.7, start):
        return
    for queue, _ in STAGES:
        for _ in range(chance.choice((0, 0, 1, 2))):
            when = start + 600 + chance.choice((0, 86_400)) + chance.expovariate(1 / 1200)
            yield when, queue, chance.choice(POISON)
