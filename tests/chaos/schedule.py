"""When things are set going from outside: by the template's schedules, and poison by the seed."""

from __future__ import annotations

import json
import random
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from arxivdaily.domain.calendar import EASTERN
from aws_resources import load_template
from chaos.faults import Faults
from chaos.queues import POISON, STAGES

_WEEKDAYS = ("MON", "TUE", "WED", "THU", "FRI", "SAT", "SUN")


def midnight(day: date) -> float:
    return datetime.combine(day, time(0, 0), EASTERN).timestamp()


@dataclass(frozen=True)
class Call:
    """What a schedule of the template calls fetch with, and when, in US Eastern time."""

    event: Mapping[str, bool]
    minutes: Collection[int]
    hours: Collection[int]
    weekdays: Collection[int]

    def falls_on(self, moment: datetime) -> bool:
        return (
            moment.minute in self.minutes and moment.hour in self.hours and moment.weekday() in self.weekdays
        )


def calls() -> list[Call]:
    """The schedules of template.yaml."""
    found = []
    for event in load_template()["Resources"]["FetchFunction"]["Properties"]["Events"].values():
        rule = event["Properties"]
        if rule["ScheduleExpressionTimezone"] != EASTERN.key:
            raise ValueError(f"not in Eastern time: {rule}")
        minute, hour, day, month, weekday, year = (
            rule["ScheduleExpression"].removeprefix("cron(").removesuffix(")").split()
        )
        if {day, month, year} - {"*", "?"}:
            raise ValueError(f"days, months and years are not looked at: {rule}")
        for number, name in enumerate(_WEEKDAYS):
            weekday = weekday.replace(name, str(number))
        found.append(
            Call(
                json.loads(rule.get("Input", "{}")),
                _values(minute, range(60)),
                _values(hour, range(24)),
                _values(weekday, range(7)),
            )
        )
    return found


def _values(field: str, every: range) -> range:
    """What a field of a cron expression stands for: `*`, `3`, `0-3`, `5/15`."""
    span, _, step = field.partition("/")
    low, _, high = span.partition("-")
    if low in ("*", "?"):
        return every
    last = int(high) if high else every[-1] if step else int(low)
    return range(int(low), last + 1, int(step or 1))


def scheduled(start: float, end: float, brief: bool) -> Iterator[tuple[float, Mapping[str, bool]]]:
    """When the template's schedules call fetch, and with what; `brief`: not all of these times."""
    every = calls()
    moment = datetime.fromtimestamp(start - start % 300, UTC)
    while moment.timestamp() < end:
        local = moment.astimezone(EASTERN)
        if moment.timestamp() > start:
            for call in every:
                if call.falls_on(local) and not (brief and _is_left_out(call.event, local)):
                    yield moment.timestamp(), call.event
        moment += timedelta(minutes=5)


def _is_left_out(event: Mapping[str, bool], local: datetime) -> bool:
    if event.get("watch"):
        return True
    if event.get("repair"):
        return local.hour % 3 != 1
    return local.hour not in (0, 1, 2, 6, 12) or local.minute > 35 or (local.hour > 0 and local.minute > 5)


def poison(chance: random.Random, faults: Faults, start: float) -> Iterator[tuple[float, str, str]]:
    """Messages that nobody can read: when they come, into which queue, and their body."""
    if not faults.happens(0.7, start):
        return
    for queue, _ in STAGES:
        for _ in range(chance.choice((0, 0, 1, 2))):
            when = start + 600 + chance.choice((0, 86_400)) + chance.expovariate(1 / 1200)
            yield when, queue, chance.choice(POISON)
