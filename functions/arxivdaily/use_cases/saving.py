"""Storing what has been learned: transitions, so that a lost race is tried again on what is there now, and
answers, with a patience that a second purchase is worth."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from contextlib import suppress
from dataclasses import dataclass

from arxivdaily.domain.records import Record
from arxivdaily.errors import ArxivDailyError, ConflictError, TransientError
from arxivdaily.ports import Answer, AnswerKey, PaperStore

_TRIES = 5
# Seconds between tries to store answers, each of which has the client's own repeats.
PAUSES = (1.0, 2.0, 4.0, 8.0, 16.0, 30.0, 30.0, 30.0, 30.0)
ALWAYS = 2  # of these pauses an invocation has time for, however late it is


def save_transition(store: PaperStore, record: Record, transition: Callable[[Record], Record]) -> Record:
    """Apply a pure transition and store it; the stored record, unchanged if there was nothing to do.

    Raises ConflictError when others kept writing the same record.
    """
    for _ in range(_TRIES):
        changed = transition(record)
        if changed is record:
            return record
        try:
            return store.save(changed)
        except ConflictError:
            found = store.find([record.key])
            if record.key not in found:
                raise
            record = found[record.key]
    raise ConflictError(f"{record.paper.versioned_id} in {record.edition} keeps changing")


@dataclass(frozen=True, slots=True)
class Kept:
    """Which answers are in the table after they were to be stored, and which certainly are not. Of those in
    neither nobody can tell: perhaps nothing but the reply to their write was lost."""

    stored: Collection[AnswerKey] = ()
    missing: Collection[AnswerKey] = ()


def keep_answers(
    store: PaperStore,
    answers: Mapping[AnswerKey, Answer],
    time_left: Callable[[], bool],
    sleep: Callable[[float], None],
) -> Kept:
    """Store answers that have just been paid for, again and again while the failure may pass and there is
    time left. Raises nothing: what is not stored may still be saved with its record."""
    if not answers:
        return Kept()
    for number, pause in enumerate((*PAUSES, None)):
        try:
            store.put_answers(answers)
        except ArxivDailyError as error:
            is_late = number >= ALWAYS and not time_left()
            if pause is None or is_late or not isinstance(error, TransientError):
                break
            sleep(pause)
        else:
            return Kept(stored=frozenset(answers))
    try:
        found = store.answers(answers.keys())
    except ArxivDailyError:
        return Kept()
    return Kept(frozenset(found), answers.keys() - found.keys())


def release(store: PaperStore, claims: Collection[AnswerKey]) -> None:
    """Give claims back if possible: they end by themselves, and why they are given back matters more."""
    if claims:
        with suppress(ArxivDailyError):
            store.release(claims)
