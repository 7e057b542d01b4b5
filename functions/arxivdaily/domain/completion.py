"""When an edition is complete: every announced paper has its final state, and readers can see them.

A paper that failed is on no page. A few of those do not keep an edition open, for the repair and the ledger
have them; an edition of which most failed is not published, whatever its pages look like.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from arxivdaily.domain.records import Record, State

LOST_OF = 5  # one in so many papers may have failed, and in any case a single one beside others


def is_complete(records: Iterable[Record]) -> bool:
    """Whether no paper is on its way and at most a fifth of those to be sorted into channels has failed. One
    paper may always have failed if another has not. (Replacements that go to no model are not counted.)"""
    states = Counter(record.state for record in records)
    return not states[State.PENDING] and not _too_many(states)


def failed_too_many(records: Iterable[Record]) -> bool:
    """Whether what has failed by now keeps the edition from being complete, whatever the others become."""
    return _too_many(Counter(record.state for record in records))


def failed_share(records: Iterable[Record]) -> float:
    """Percent of the papers to be sorted into channels that has failed by now; 0 where there are none."""
    states = Counter(record.state for record in records)
    sorted_ = _to_be_sorted(states)
    return 100 * states[State.FAILED] / sorted_ if sorted_ else 0.0


def _too_many(states: Counter[State]) -> bool:
    failed, sorted_ = states[State.FAILED], _to_be_sorted(states)
    return failed > 0 and (failed == sorted_ or failed > max(1, sorted_ // LOST_OF))


def _to_be_sorted(states: Counter[State]) -> int:
    return states.total() - states[State.REVISION]
