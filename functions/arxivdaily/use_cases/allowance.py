"""What one invocation may spend on an edition: the governor's rule, for several threads at once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from threading import Lock

from arxivdaily.domain.governor import Tariff, estimates, extent_for, spent_on
from arxivdaily.domain.records import Extent, Record, Spent


@dataclass(frozen=True, slots=True)
class Budget:
    """So much may be spent on an edition, counted by the tariff."""

    amount: float
    tariff: Tariff


class Allowance:
    """A budget's rest, from what the records say when it is made.

    What other invocations spend meanwhile is not seen: a budget is overspent by at most their papers
    (invocations at a time × papers of a batch), and by what a paper costs beyond the estimate.
    """

    def __init__(self, budget: Budget, records: Sequence[Record], model: str, limit: int = 0) -> None:
        """`limit`: at most so many papers of the edition are translated; 0 is all."""
        self._tariff = budget.tariff
        classify, self._costs = estimates(records, budget.tariff, model)
        unclassified = sum(record.awaits_classification for record in records)
        waiting = unclassified + sum(record.awaits_translation for record in records)
        if limit:
            waiting = min(waiting, max(1, limit - sum(r.is_translated_here for r in records)))
        self._waiting = waiting
        self._left = budget.amount - budget.tariff.cost(spent_on(records)) - unclassified * classify
        self._lock = Lock()

    def take(self) -> tuple[Extent | None, float]:
        """How much of the next paper may be asked for, and what was set aside for it."""
        with self._lock:
            extent = extent_for(self._left, self._waiting, self._costs)
            reserved = self._costs[extent] if extent else 0.0
            self._left -= reserved
            self._waiting = max(0, self._waiting - 1)
            return extent, reserved

    def settle(self, reserved: float, spent: Sequence[Spent]) -> None:
        """Put back what was set aside and take what was really paid."""
        cost = self._tariff.cost(spent)
        with self._lock:
            self._left += reserved - cost
