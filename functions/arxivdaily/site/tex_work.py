"""How much work a text may cause, counted in steps: the same for the same text on every machine.

A clock would decide otherwise on a busy machine, and a page would differ from one render to the next.
The libraries' own recursion is counted too, so that Python's limit, which depends on who called, decides
nothing.
"""

from __future__ import annotations

# Of 33,000 recorded texts none takes more than 200 steps and 3 for every character, nor has one more than
# 5 levels. A step is a character or a token that was read, a node or a character that was made: about a
# microsecond.
_STEPS = 2_000  # whatever the length
_STEPS_PER_CHARACTER = 12
MAX_LEVELS = 50


class TooMuchWorkError(Exception):
    """A text takes more steps, or nests deeper, than it may."""


class Work:
    """What is left of the work that one text may cause."""

    def __init__(self, characters: int) -> None:
        self._left = _STEPS + _STEPS_PER_CHARACTER * characters
        self._levels = 0

    def spend(self, steps: int = 1) -> None:
        """Raises TooMuchWorkError when nothing is left."""
        self._left -= steps
        if self._left < 0:
            raise TooMuchWorkError

    def descend(self) -> None:
        """One level deeper; whoever calls it calls `ascend` in the end. Raises TooMuchWorkError."""
        self._levels += 1
        if self._levels > MAX_LEVELS:
            raise TooMuchWorkError

    def ascend(self) -> None:
        self._levels -= 1
