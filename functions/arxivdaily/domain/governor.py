"""The governor: what a day may cost, and what is left out when the money runs short.

A budget is for an edition, that is for a day of arXiv. Classification always runs and is counted
first, because without it nobody knows what to translate. Translation goes down a ladder (title,
abstract and summary; title and summary; title; English with its label), always keeping enough back
for the papers that still wait to take the next lower step: a day is poorer, never half missing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from arxivdaily.domain.records import Extent, Record, Spent, Usage, added

BUDGET_REACHED = "budget: the edition's budget is used up"
BUDGET_SHORT = {
    Extent.SUMMARY: "budget: title and summary only",
    Extent.TITLE: "budget: title only",
}
LADDER = (Extent.FULL, Extent.SUMMARY, Extent.TITLE)

# What a paper costs before any has been paid for: our prompts, an abstract of 1,300 characters.
_CLASSIFY = Usage(450, 0, 70)
_TRANSLATE = {
    Extent.FULL: Usage(650, 0, 600),
    Extent.SUMMARY: Usage(600, 0, 120),
    Extent.TITLE: Usage(260, 0, 40),
}


@dataclass(frozen=True, slots=True)
class Price:
    """Of a million tokens, in the budget's currency: read, read from a cache, written."""

    input: float
    cached: float
    output: float


@dataclass(frozen=True, slots=True)
class Tariff:
    """How a budget counts. Without prices it counts tokens, cached ones too, read and written alike.

    `currency` is empty then. A model without a price is free: a model on this computer is.
    """

    prices: Mapping[str, Price]
    currency: str = ""

    def cost(self, spent: Iterable[Spent]) -> float:
        return sum(self._one(entry.model, entry.usage) for entry in spent)

    def _one(self, model: str, usage: Usage) -> float:
        if not self.currency:
            return float(usage.input_tokens + usage.output_tokens)
        price = self.prices.get(model)
        if price is None:
            return 0.0
        fresh = usage.input_tokens - usage.cached_tokens
        total = fresh * price.input + usage.cached_tokens * price.cached + usage.output_tokens * price.output
        return total / 1_000_000


def extent_for(left: float, waiting: int, costs: Mapping[Extent, float]) -> Extent | None:
    """How much of the next paper can be afforded; None for nothing.

    `left` is what may still be spent, `waiting` how many papers wait, the next one among them,
    `costs` what each extent costs, less from step to step. A step is taken only if the step below
    it (nothing, below the last) can then be paid for everyone else.
    """
    for place, extent in enumerate(LADDER):
        lower = costs[LADDER[place + 1]] if place + 1 < len(LADDER) else 0.0
        if left >= costs[extent] + max(0, waiting - 1) * lower:
            return extent
    return None


def estimates(records: Sequence[Record], tariff: Tariff, model: str) -> tuple[float, dict[Extent, float]]:
    """What classifying one more paper and translating one more to each extent is likely to cost.

    The mean of what this edition's papers have cost, else an estimate; never more for less.
    """
    classified = [tariff.cost(spent) for record in records if (spent := _stage(record, "classify"))]
    costs: dict[Extent, float] = {}
    ceiling = float("inf")
    for extent in LADDER:
        paid = [
            tariff.cost(spent)
            for record in records
            if record.translation and record.translation.extent is extent
            if (spent := _stage(record, "translate"))
        ]
        guess = tariff.cost([Spent("translate", model, _TRANSLATE[extent])])
        ceiling = costs[extent] = min(ceiling, sum(paid) / len(paid) if paid else guess)
    fallback = tariff.cost([Spent("classify", model, _CLASSIFY)])
    return (sum(classified) / len(classified) if classified else fallback), costs


def spent_on(records: Iterable[Record]) -> tuple[Spent, ...]:
    """What an edition has cost: the sum of its records, by stage and model."""
    return added(*(record.spent for record in records))


def _stage(record: Record, stage: str) -> list[Spent]:
    return [entry for entry in record.spent if entry.stage == stage]
