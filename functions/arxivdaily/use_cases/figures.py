"""Where an edition stands, in numbers for its operator: read from its records, kept nowhere."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from arxivdaily.domain.completion import failed_share, is_complete
from arxivdaily.domain.governor import BUDGET_REACHED, BUDGET_SHORT, Tariff, spent_on
from arxivdaily.domain.records import Record, State
from arxivdaily.use_cases.allowance import Budget
from arxivdaily.use_cases.dispatch import is_by_choice

_FOR_MONEY = (BUDGET_REACHED, *BUDGET_SHORT.values())


@dataclass(frozen=True, slots=True)
class Figures:
    """Counts of papers; what is None has nothing to be told by.

    `failed_share` (percent) is of all papers that are to be sorted into channels, also while others are on
    their way: two that fail in the first minute are not many.
    `untranslated_share` (percent) is of a complete edition: of the papers that were to be in Chinese,
    how many are not. Those that a setting leaves in English are no failure. `budget_short` counts those
    that a budget left with less: it may run short of what is asked for without ever being used up.
    """

    announced: int
    matched: int
    published: int
    untranslated: int
    failed: int
    pending: int
    complete: bool
    failed_share: float
    untranslated_share: float | None
    cost: float | None
    budget_used: float | None
    budget_short: int | None


def figures(records: Sequence[Record], *, money: Tariff | None, budget: Budget | None) -> Figures:
    """`money`: how costs are counted where prices are known."""
    states = Counter(record.state for record in records)
    missing = sum(r.state is State.UNTRANSLATED and not is_by_choice(r.reason) for r in records)
    wanted = states[State.PUBLISHED] + missing
    complete = is_complete(records)
    spent = spent_on(records)
    return Figures(
        announced=len(records),
        matched=sum(record.is_shown for record in records),
        published=states[State.PUBLISHED],
        untranslated=states[State.UNTRANSLATED],
        failed=states[State.FAILED],
        pending=states[State.PENDING],
        complete=complete,
        failed_share=failed_share(records),
        untranslated_share=100 * missing / wanted if complete and wanted else None,
        cost=money.cost(spent) if money else None,
        budget_used=_used(budget, budget.tariff.cost(spent)) if budget else None,
        budget_short=sum(r.reason in _FOR_MONEY for r in records) if budget else None,
    )


def _used(budget: Budget, cost: float) -> float:
    return 100 * cost / budget.amount if budget.amount else 100.0
