"""Giving up: papers whose messages never come through, and what brings them back."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from functools import partial

from arxivdaily.domain.papers import PaperKey
from arxivdaily.domain.records import Record
from arxivdaily.domain.repairs import CRASHED, brought_back, given_up, is_given_up
from arxivdaily.errors import ArxivDailyError, PermanentError
from arxivdaily.ports import Clock, Messages, PaperStore
from arxivdaily.use_cases.saving import save_transition


class GiveUpPapers:
    """Use case of messages in their last attempt, before they are put where the dead ones are.

    A failure that a function can tell was recorded one attempt earlier, so what comes so far has
    crashed its function each time. It is not worked on again: the ledger says so instead.
    """

    def __init__(self, store: PaperStore, messages: Messages, clock: Clock) -> None:
        self._store = store
        self._messages = messages
        self._clock = clock

    def __call__(self, keys: Sequence[PaperKey]) -> Mapping[PaperKey, ArxivDailyError]:
        """Record that the papers were given up; what could not be recorded, with the reason."""
        errors: dict[PaperKey, ArxivDailyError] = {}
        found = self._store.find(keys)
        for key, record in found.items():
            try:
                save_transition(self._store, record, partial(given_up, reason=CRASHED, now=self._clock()))
            except ArxivDailyError as error:
                errors[key] = error
        for edition in sorted({key.edition for key in found}):
            self._messages.render(edition)
        return errors


def record_deferred(
    store: PaperStore,
    messages: Messages,
    clock: Clock,
    errors: Mapping[PaperKey, ArxivDailyError],
    transition: Callable[..., Record],
) -> dict[PaperKey, ArxivDailyError]:
    """Save what becomes for now of papers that were deferred, by the reason of each; what could not be saved,
    with why."""
    unrecorded: dict[PaperKey, ArxivDailyError] = {}
    found = store.find(list(errors))
    for key, record in found.items():
        reason, now = str(errors[key]), clock()
        try:
            save_transition(store, record, partial(transition, reason=reason, now=now))
        except ArxivDailyError as error:
            unrecorded[key] = error
    for edition in sorted({key.edition for key in found}):
        messages.render(edition)
    return unrecorded


def brought_back_records(
    store: PaperStore, keys: Sequence[PaperKey], now: datetime
) -> tuple[dict[PaperKey, Record], dict[PaperKey, ArxivDailyError]]:
    """The papers' records, of which those that were given up wait again, since a message about them has come;
    and why there is none: it is not in the ledger, or could not be saved."""
    found = store.find(keys)
    waiting: dict[PaperKey, Record] = {}
    errors: dict[PaperKey, ArxivDailyError] = {
        key: PermanentError(f"{key.arxiv_id}v{key.version} is not in the ledger of {key.edition}")
        for key in keys
        if key not in found
    }
    for key, record in found.items():
        try:
            if is_given_up(record):
                record = save_transition(store, record, partial(brought_back, now=now))
            waiting[key] = record
        except ArxivDailyError as error:
            errors[key] = error
    return waiting, errors
