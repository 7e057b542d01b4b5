"""The ledger's numbers and its JSON: derived from the records each time, never counted along."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from arxivdaily.domain.editions import Edition
from arxivdaily.domain.papers import AnnounceType
from arxivdaily.domain.records import Record, State
from arxivdaily.site import labels
from arxivdaily.site.contexts import Account, TotalsRow

STATE_ORDER = (
    State.PUBLISHED, State.UNTRANSLATED, State.UNMATCHED, State.REVISION, State.FAILED, State.PENDING,
)  # fmt: skip


def as_json(edition: Edition, records: Sequence[Record]) -> dict[str, Any]:
    """`/ledger/<date>.json`: the edition, what was announced, and every paper in its one state."""
    states = Counter(record.state for record in records)
    return {
        "edition": edition.date,
        "announced": len(records),
        "complete": edition.is_complete,
        "states": {state.value: states[state] for state in STATE_ORDER},
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
    """A row a primary category, the busiest first; a column a state."""
    sizes = Counter(record.paper.primary for record in records)
    categories = sorted(sizes, key=lambda category: (-sizes[category], category))
    return _account(
        records,
        rows=[(category, category) for category in categories],
        columns=[(state, labels.STATES[state]) for state in STATE_ORDER],
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
