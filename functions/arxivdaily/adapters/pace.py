"""Writing no faster than a partition takes it, and again where it was too fast after all.

A partition of DynamoDB takes 1,000 write units a second, whatever its table's capacity; a unit writes a
kilobyte, and a transaction takes two for each (developer guide, "Burst and adaptive capacity", "Managing
complex workflows with transactions"). Its client repeats neither a cancelled transaction nor what a batch has
left out.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from typing import TypeVar

from arxivdaily.errors import ThrottledError

UNITS_A_SECOND = 700.0  # and what is asked for at once comes on top: LARGEST at most
LARGEST = 250  # units of a transaction of several items

_FIRST_WAIT = 0.1  # seconds
_LONGEST_WAIT = 10.0

Result = TypeVar("Result")


def _now() -> float:
    return time.monotonic()


def _sleep(seconds: float) -> None:
    time.sleep(seconds)


class Pace:
    """When the next units may be asked for. For one thread at a time."""

    def __init__(
        self,
        rate: float | None,
        *,
        clock: Callable[[], float] = _now,
        sleep: Callable[[float], None] = _sleep,
        jitter: Callable[[], float] = random.random,
    ) -> None:
        """`rate`: units a second; None for as fast as can be. `clock` and `sleep` are in seconds, `jitter` in
        [0, 1)."""
        self._rate = rate
        self._clock = clock
        self._sleep = sleep
        self._jitter = jitter
        self._free_at = float("-inf")
        self._taken = 0.0

    def take(self, units: float) -> None:
        """Wait until what was taken before has been worked off: in any second that is no more than the rate
        and the last taken."""
        if self._rate is None:
            return
        now = self._clock()
        # A clock that was put back must not make anybody wait for longer than the last units take.
        wait = min(self._free_at - now, self._taken / self._rate)
        if wait > 0:
            self._sleep(wait)
            now = max(now + wait, self._clock())
        self._taken = units
        self._free_at = now + units / self._rate

    def until(self, seconds: float) -> float:
        """So many seconds from now, by its clock."""
        return self._clock() + seconds

    def patiently(self, call: Callable[[], Result], end: float, units: float = 0.0) -> Result:
        """Take the units and call, and all of it again while the call is throttled and `end` is not there.
        Raises the last ThrottledError, and every other error at once."""
        wait = _FIRST_WAIT
        while True:
            self.take(units)
            try:
                return call()
            except ThrottledError:
                pause = wait * (0.5 + self._jitter())
                if self._clock() + pause > end:
                    raise
                self._sleep(pause)
                wait = min(2 * wait, _LONGEST_WAIT)
