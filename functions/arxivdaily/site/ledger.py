"""The ledger's numbers and its JSON: derived from the records each time, never counted along."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from arxivdaily.domain import injection
from arxivdaily.domain.editions import Edition
from arxivdaily.domain.governor import Tariff, spent_on
from arxivdaily.domain.papers import AnnounceType
from arxivdaily.domain.records import Record, Spent, State, Usage
from arxivdaily.domain.repairs import next_try
from arxivdaily.site import labels
from arxivdaily.site.contexts import Account, CostRow, TotalsRow

STATE_ORDER = (
    State.PUBLISHED, State.UNTRANSLATED, State.UNMATCHED, State.REVISION, State.FAILED, State.PENDING,
)  # fmt: skip


def as_json(edition: Edition, records: Sequence[Record], tariff: Tariff | None = None) -> dict[str, Any]:
    """`/ledger/<date>.json`: the edition, what was announced, what models were paid, and every paper
    in its one state."""
    states = Counter(record.state for record in records)
    return {
        "edition": edition.date,
        "announced": len(records),
        "complete": edition.is_complete,
        "states": {state.value: states[state] for state in STATE_ORDER},
        "cost": {
            "currency": tariff.currency if tariff else None,
            "total": round(tariff.cost(spent_on(records)), 6) if tariff else None,
            "stages": [
                {
                    "stage": entry.stage,
                    "model": entry.model,
                    "papers": papers,
                    **_usage(entry.usage),
                    "cost": round(tariff.cost([entry]), 6) if tariff else None,
                }
                for entry, papers in _by_stage(records)
            ],
        },
        "papers": [
            {
                "arxiv_id": record.paper.arxiv_id,
                "version": record.paper.version,
                "announce_type": record.paper.announce_type.value,
                "state": record.state.value,
                "channels": [match.channel for match in record.matches or ()],
                "reason": labels.ledger_reason(record),
            }
            for record in records
        ],
        "spent": {
            record.paper.arxiv_id: [
                {"stage": entry.stage, "model": entry.model, **_usage(entry.usage)} for entry in record.spent
            ]
            for record in records
            if record.spent
        },
        # Notes on a paper's text, which change nothing of what becomes of it; see domain/injection.py.
        "flags": {
            record.paper.arxiv_id: {"prompt-injection": [sign.value for sign in found]}
            for record in records
            if (found := injection.signs(record.paper))
        },
        "repairs": {record.paper.arxiv_id: _repair(record) for record in records if record.repair},
    }


def _repair(record: Record) -> dict[str, Any]:
    """How often a paper has been tried again by itself, and from when it will be (null: no more)."""
    due = next_try(record)
    return {
        "tries": record.repair.tries + record.repair.sent if record.repair else 0,
        "next": due.isoformat(timespec="seconds") if due else None,
    }


def cost_rows(records: Sequence[Record], tariff: Tariff | None) -> tuple[CostRow, ...]:
    """What models were paid, a row a stage and model."""
    return tuple(
        CostRow(
            labels.STAGES[entry.stage],
            entry.model,
            papers,
            entry.usage.input_tokens,
            entry.usage.cached_tokens,
            entry.usage.output_tokens,
            f"{tariff.cost([entry]):.4f} {tariff.currency}" if tariff else None,
        )
        for entry, papers in _by_stage(records)
    )


def _by_stage(records: Sequence[Record]) -> list[tuple[Spent, int]]:
    """The sum of each stage and model, classification first, and how many papers have a part in it."""
    papers = Counter((entry.stage, entry.model) for record in records for entry in record.spent)
    total = sorted(spent_on(records), key=lambda entry: (entry.stage, entry.model))
    return [(entry, papers[entry.stage, entry.model]) for entry in total]


def _usage(usage: Usage) -> dict[str, int]:
    return {
        "input_tokens": usage.input_tokens,
        "cached_tokens": usage.cached_tokens,
        "output_tokens": usage.output_tokens,
    }


def by_type(records: Iterable[Record]) -> Account:
    """A row a state, a column an announce type."""
    types = tuple(AnnounceType)
    return _account(
        records,
        rows=[(state, labels.STATES[state]) for state in STATE_ORDER],
        columns=[(kind, labels.ANNOUNCE_TYPES[kind]) for kind in types],
        row_of=lambda record: record.state,
        column_of=lambda record: record.paper.announce_type,
    )


def by_category(records: Sequence[Record]) -> Account:
    """A row a primary category, the busiest first; a column a state that occurs."""
    sizes = Counter(record.paper.primary for record in records)
    occurring = {record.state for record in records}
    categories = sorted(sizes, key=lambda category: (-sizes[category], category))
    return _account(
        records,
        rows=[(category, category) for category in categories],
        columns=[(state, labels.STATES[state]) for state in STATE_ORDER if state in occurring],
        row_of=lambda record: record.paper.primary,
        column_of=lambda record: record.state,
    )


def _account(
    records: Iterable[Record],
    *,
    rows: Sequence[tuple[str, str]],
    columns: Sequence[tuple[str, str]],
    row_of: Callable[[Record], str],
    column_of: Callable[[Record], str],
) -> Account:
    cells = Counter((row_of(record), column_of(record)) for record in records)

    def line(name: str, figures: tuple[int, ...]) -> TotalsRow:
        return TotalsRow(name, figures, sum(figures))

    body = tuple(line(name, tuple(cells[key, column] for column, _ in columns)) for key, name in rows)
    totals = tuple(sum(row.figures[n] for row in body) for n in range(len(columns)))
    return Account(tuple(name for _, name in columns), body, line("合计", totals))
