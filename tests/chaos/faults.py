"""What goes wrong, where and when: drawn from the seed, counted, and over by the quiet hour."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

# Faults of each boundary, the commoner ones with more weight. What they do stands where they are done.
KINDS: Mapping[str, Mapping[str, int]] = {
    "dynamodb": {"throttle": 4, "server error": 3, "reset": 2, "answer lost": 3, "slow": 2, "partial": 3},
    "sqs": {"throttle": 2, "server error": 3, "reset": 2, "answer lost": 3, "slow": 1, "partial": 3},
    "s3": {"slow down": 3, "server error": 3, "reset": 2, "answer lost": 2, "slow": 2},
    "eventbridge": {"throttle": 1, "server error": 2, "answer lost": 1, "partial": 2},
    "arxiv": {
        "503": 3, "429": 2, "503 with wait": 2, "reset": 2, "slow": 2, "truncated": 2, "wrong type": 2,
        "empty body": 1, "empty feed": 1, "stale batch": 2,
    },
    "model": {
        "throttle": 3, "throttle with wait": 2, "server error": 3, "reset": 2, "hang": 2, "cut connection": 2,
        "malformed": 3, "truncated": 2, "refusal": 2, "wrong language": 2, "lost formulas": 2, "wrong ids": 2,
        "missing papers": 2, "withheld": 1, "not a completion": 1,
    },
}  # fmt: skip
_USUAL = {"dynamodb": 0.03, "sqs": 0.04, "s3": 0.01, "eventbridge": 0.5, "arxiv": 0.1, "model": 0.15}
_IN_STORM = 0.85
_OUTAGES: Mapping[str, Sequence[int]] = {
    "model": (36_000, 36_000)
}  # seconds: papers of one day repaired on the next


@dataclass(frozen=True, slots=True)
class Storm:
    """A time in which most calls to a service fail, so that retries do not help."""

    service: str
    start: float
    end: float


class Faults:
    """Faults by kind. `intensity` scales how often they come; 0 is a quiet world."""

    def __init__(self, chance: random.Random, start: float, quiet: float, intensity: float = 1.0) -> None:
        self.counts: Counter[str] = Counter()
        self.is_over = False
        self._chance = chance
        self._quiet = quiet
        self._intensity = intensity
        self._storms = self._weather(start, quiet) if intensity else []

    def _weather(self, start: float, quiet: float) -> list[Storm]:
        storms = []
        for service in KINDS:
            for _ in range(self._chance.choice((0, 1, 1, 2, 3))):
                # Most of the work is done in the first half hour after an announcement.
                begins = start + self._chance.choice((0, 86_400)) + self._chance.expovariate(1 / 1500)
                lasts = self._chance.choice((3, 20, 60, 300, 1800, 7200, *_OUTAGES.get(service, ())))
                storms.append(Storm(service, begins, min(begins + lasts, quiet)))
        return storms

    def draw(self, service: str, now: float, among: Sequence[str] = ()) -> str:
        """The fault of a call to a service, empty for none; `among`: those that make sense for it."""
        if self.is_over or now >= self._quiet or not self._intensity:
            return ""
        stormy = any(s.service == service and s.start <= now < s.end for s in self._storms)
        if self._chance.random() >= (_IN_STORM if stormy else _USUAL[service] * self._intensity):
            return ""
        kinds = {k: w for k, w in KINDS[service].items() if not among or k in among}
        if not kinds:
            return ""
        return self._chance.choices(list(kinds), list(kinds.values()))[0]

    def happens(self, probability: float, now: float) -> bool:
        return (
            not self.is_over
            and now < self._quiet
            and self._chance.random() < min(1.0, probability * self._intensity)
        )

    def throttles(self, now: float) -> bool:
        """Whether Lambda refuses to run a function: its batch stays hidden until its visibility ends."""
        return self.happens(0.06, now)

    def count(self, service: str, kind: str) -> None:
        self.counts[f"{service}: {kind}"] += 1


class Throttling(Faults):
    """A small account: for `hours` Lambda runs few functions and the model answers nobody, and nothing else
    goes wrong."""

    def __init__(self, chance: random.Random, start: float, quiet: float, hours: float) -> None:
        super().__init__(chance, start, quiet, 0.0)
        self._end = start + 3600 * hours

    def draw(self, service: str, now: float, among: Sequence[str] = ()) -> str:
        if service != "model" or now >= self._end:
            return ""
        return self._chance.choice(("throttle", "throttle with wait"))

    def throttles(self, now: float) -> bool:
        return now < self._end and self._chance.random() < 0.7
