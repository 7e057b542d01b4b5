"""Repair without a person: when a paper that has not come through is tried again, and when no more.

A paper waits longer from try to try. What failed for a passing reason (an outage) is worth more tries than
what was refused: the same model reads the same text. What was throttled has not been tried. A paper that
stays pending has lost its message, or its message waits for a function or a model that takes no more; it is
sent on again for as long as its edition is looked after, and then given up, so that it is seen. What a
setting leaves in English has not failed.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from arxivdaily.domain.records import (
    Record,
    Repair,
    State,
    classification_failed,
    failing,
    left_untranslated,
    translation_failed,
)

_HOUR = timedelta(hours=1)
_PASSING = (_HOUR, 6 * _HOUR, 24 * _HOUR, 48 * _HOUR)
_LASTING = (6 * _HOUR, 48 * _HOUR)
# A message that crashes its function each time is in the matched queue for nine hours (its visibility times
# the deliveries until it is given up), so the second gap is longer than that. The last one ends in giving up,
# after almost a week: before its edition is none of the newest six, over which a weekend always falls.
_PENDING = (2 * _HOUR, 12 * _HOUR, *[24 * _HOUR] * 6)

LOOKED_AFTER = timedelta(days=10)
"""How long an edition that is not among the newest is looked after: longer than the longest series."""

_GIVEN_UP = "given up: "
CRASHED = _GIVEN_UP + "every function that worked on it crashed"
LOST = _GIVEN_UP + "no message about it came through for a week"


def next_try(record: Record) -> datetime | None:
    """When the schedule sends a paper on again, or gives up one that stays pending; None for never."""
    since = record.repair.since if record.repair else record.changed
    gap = _gap(record)
    return since + gap if since and gap else None


def _gap(record: Record) -> timedelta | None:
    tries = record.repair.tries if record.repair else 0
    if record.state is State.PENDING:
        return _PENDING[min(_sent(record), len(_PENDING) - 1)]
    gaps: tuple[timedelta, ...] = ()
    if record.state is State.FAILED:
        if record.paper.abstract:  # else arXiv has to say more first
            gaps = _LASTING if record.repair and record.repair.lasting else _PASSING
    elif record.lacks_words and record.repair and not record.superseded:
        gaps = _LASTING if record.repair.lasting else _PASSING
    return gaps[tries] if tries < len(gaps) else None


def is_due(record: Record, now: datetime) -> bool:
    due = next_try(record)
    return due is not None and due <= now


def tried_again(record: Record, now: datetime) -> Record:
    """A paper that is due, back to where its failed step begins; a pending one that was sent on often
    enough, given up. Others are returned as they are."""
    if not is_due(record, now):
        return record
    repair = record.repair or Repair(now)
    if record.state is not State.PENDING:
        return replace(record, state=State.PENDING, reason="", repair=Repair(now, repair.tries + 1))
    if repair.sent >= len(_PENDING) - 1:
        spent = replace(repair, tries=repair.tries + repair.sent)  # more than any series has
        return given_up(replace(record, repair=spent), LOST, now)
    return replace(record, repair=replace(repair, since=now, sent=repair.sent + 1))


def _sent(record: Record) -> int:
    return record.repair.sent if record.repair else 0


def put_off(record: Record, reason: str, now: datetime) -> Record:
    """A paper that waits for its translation and was throttled for long: in English for now. The try that
    came to this is none."""
    return left_untranslated(record, reason, now, repair=_untried(record, now))


def put_aside(record: Record, reason: str, now: datetime) -> Record:
    """A paper that waits for its channels and was throttled for long, where the run has to end: failed for
    now. The try that came to this is none."""
    failed = classification_failed(record, reason, now)
    return failed if failed is record else replace(failed, repair=_untried(record, now))


def _untried(record: Record, now: datetime) -> Repair:
    repair = record.repair or Repair(now)
    return Repair(now, max(0, repair.tries - 1), repair.lasting)


def given_up(record: Record, reason: str, now: datetime) -> Record:
    """A pending paper that no message brings to its end: failed, or published in English."""
    if record.awaits_classification:
        return classification_failed(record, reason, now, lasting=True)
    return translation_failed(record, reason, now, lasting=True)


def is_given_up(record: Record) -> bool:
    return record.state is not State.PENDING and record.reason.startswith(_GIVEN_UP)


def brought_back(record: Record, now: datetime) -> Record:
    """A paper that was given up, when a message about it comes after all: from a dead-letter queue."""
    if not is_given_up(record):
        return record
    return replace(record, state=State.PENDING, reason="", repair=failing(record, now, lasting=False))
