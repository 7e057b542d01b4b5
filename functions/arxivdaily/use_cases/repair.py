"""Repair: papers that have not come through, sent on again when it is time.

Of the newest editions, and of older ones that somebody has had made or tried again (`look_after`): those
until nothing is left to do. An archive is never read through.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial

from arxivdaily.domain.completion import failed_share, is_complete
from arxivdaily.domain.editions import Edition
from arxivdaily.domain.records import Record, State, revisions
from arxivdaily.domain.repairs import is_due, is_given_up, next_try, tried_again
from arxivdaily.errors import ArxivDailyError, ConflictError
from arxivdaily.ports import Clock, Messages, PaperStore
from arxivdaily.use_cases.dispatch import Dispatcher
from arxivdaily.use_cases.saving import save_transition

EDITIONS = 6  # the newest: longer than the longest series of tries, also over a weekend
OLDER = 24  # others in one run, so that it ends in time; with more of them they take turns


def unreported(_edition: str, _share: float) -> None:
    """Nobody asks how much has failed."""


@dataclass(frozen=True, slots=True)
class RepairResult:
    """`sent` papers went on their way again; `given_up` papers stay `failed` unless a person retries."""

    sent: int
    given_up: int
    message: str


class RepairEditions:
    """Use case of the hourly repair. Asks arXiv nothing; running it again at once changes nothing."""

    def __init__(
        self,
        store: PaperStore,
        messages: Messages,
        dispatcher: Dispatcher,
        clock: Clock,
        report: Callable[[int, int], None],
        report_failed: Callable[[str, float], None] = unreported,
    ) -> None:
        """`report` is told how many papers were sent and how many are given up, at every run; `report_failed`
        the newest edition and which share (percent) of it has failed: nothing need have been published."""
        self._store = store
        self._messages = messages
        self._dispatcher = dispatcher
        self._clock = clock
        self._report = report
        self._report_failed = report_failed

    def __call__(self) -> RepairResult:
        now = self._clock()
        sent = given_up = 0
        newest = self._store.editions(limit=EDITIONS)
        for edition in (*newest, *self._older(newest, now)):
            before = self._store.records(edition.date)
            if edition is newest[0]:
                self._report_failed(edition.date, failed_share(before))
            tried = self._try_again(edition.date, before, now)
            sent += sum(record.state is State.PENDING for record in tried)
            records = list({record.key: record for record in (*before, *tried)}.values())
            lags = self._have_rendered(edition, records)
            hopeless = sum(_is_hopeless(record, is_newest=edition is newest[0]) for record in records)
            given_up += hopeless
            if edition not in newest and not (lags or hopeless or any(map(next_try, records))):
                self._store.look_after(edition.date, now)
        self._report(sent, given_up)
        return RepairResult(sent, given_up, f"{sent} papers sent on again, {given_up} given up")

    def _older(self, newest: Sequence[Edition], now: datetime) -> Iterator[Edition]:
        """Editions to look after beside the newest, at most `OLDER` of them: others have their turn in
        another hour."""
        dates = sorted(set(self._store.looked_after(now)) - {edition.date for edition in newest})
        first = int(now.timestamp()) // 3600 * OLDER % len(dates) if len(dates) > OLDER else 0
        for date in (dates[first:] + dates[:first])[:OLDER]:
            edition = self._store.edition(date)
            if edition:
                yield edition

    def _try_again(self, edition: str, records: Sequence[Record], now: datetime) -> list[Record]:
        """Send on what is due; as it is stored now."""
        due = [record for record in records if is_due(record, now)]
        lacking = [record for record in due if record.lacks_words]
        worth = {record.key for record in self._dispatcher.worth_translating(records, lacking)}
        tried: list[tuple[Record, Record]] = []  # as it was, as it is
        for record in due:
            if record.lacks_words and record.key not in worth:
                continue
            try:
                tried.append((record, save_transition(self._store, record, partial(tried_again, now=now))))
            except ConflictError:
                continue  # somebody works on it
        pending = [pair for pair in tried if pair[1].state is State.PENDING]
        self._send(edition, [pair for pair in pending if not is_given_up(pair[0])], now)
        # One of these kills its function; the others may have been in its batch.
        self._send(edition, [pair for pair in pending if is_given_up(pair[0])], now, apart=True)
        return [stored for _, stored in tried]

    def _send(
        self, edition: str, pending: Sequence[tuple[Record, Record]], now: datetime, *, apart: bool = False
    ) -> None:
        """Queue what is stored as pending; what cannot be is as it was, and due again at once."""
        try:
            self._dispatcher.send_on(edition, [stored for _, stored in pending], now, apart=apart)
        except ArxivDailyError:
            for was, stored in pending:
                save_transition(self._store, stored, partial(_undone, stored=stored, was=was))
            raise

    def _have_rendered(self, edition: Edition, records: Sequence[Record]) -> bool:
        """Ask for pages that lag behind their records, whose request was lost; whether they do. An edition
        whose making was cut short has none yet."""
        lags = edition.rendered != revisions(records) or edition.is_complete != is_complete(records)
        if lags and edition.filled:
            self._messages.render(edition.date)
        return lags


def _is_hopeless(record: Record, *, is_newest: bool) -> bool:
    """Whether a paper is on no page and nothing will be tried any more. (The newest edition's feed may
    still complete a paper that lacks its abstract.)"""
    if record.state is not State.FAILED or record.superseded or next_try(record):
        return False
    return bool(record.paper.abstract) or not is_newest


def _undone(record: Record, stored: Record, was: Record) -> Record:
    """The record from before a try, unless somebody has worked on it since."""
    return replace(was, revision=record.revision) if record == stored else record
