"""Repair: the newest editions' papers that have not come through, sent on again when it is time."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

from arxivdaily.domain.editions import Edition
from arxivdaily.domain.records import Record, State, revisions
from arxivdaily.domain.repairs import is_due, is_given_up, next_try, tried_again
from arxivdaily.errors import ConflictError
from arxivdaily.ports import Clock, Messages, PaperStore
from arxivdaily.use_cases.dispatch import Dispatcher
from arxivdaily.use_cases.saving import save_transition

EDITIONS = 6  # looked after: longer than the longest series of tries, also over a weekend


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
    ) -> None:
        """`report` is told how many papers were sent and how many are given up, at every run."""
        self._store = store
        self._messages = messages
        self._dispatcher = dispatcher
        self._clock = clock
        self._report = report

    def __call__(self) -> RepairResult:
        sent = given_up = 0
        for place, edition in enumerate(self._store.editions(limit=EDITIONS)):
            records = self._store.records(edition.date)
            tried = self._try_again(edition.date, records)
            sent += sum(record.state is State.PENDING for record in tried)
            now = {record.key: record for record in (*records, *tried)}.values()
            self._have_rendered(edition, list(now))
            given_up += sum(_is_hopeless(record, is_newest=place == 0) for record in now)
        self._report(sent, given_up)
        return RepairResult(sent, given_up, f"{sent} papers sent on again, {given_up} given up")

    def _try_again(self, edition: str, records: Sequence[Record]) -> list[Record]:
        """Send on what is due; as it is stored now."""
        now = self._clock()
        due = [record for record in records if is_due(record, now)]
        lacking = [record for record in due if record.lacks_words]
        worth = {record.key for record in self._dispatcher.worth_translating(records, lacking)}
        tried: list[Record] = []
        suspect = {record.key for record in due if is_given_up(record)}
        for record in due:
            if record.lacks_words and record.key not in worth:
                continue
            try:
                tried.append(save_transition(self._store, record, partial(tried_again, now=now)))
            except ConflictError:
                continue  # somebody works on it
        pending = [record for record in tried if record.state is State.PENDING]
        self._dispatcher.send_on(edition, [r for r in pending if r.key not in suspect], now)
        # One of these kills its function; the others may have been in its batch.
        self._dispatcher.send_on(edition, [r for r in pending if r.key in suspect], now, apart=True)
        return tried

    def _have_rendered(self, edition: Edition, records: Sequence[Record]) -> None:
        """Ask for pages that lag behind their records, whose request was lost."""
        waits = any(record.state is State.PENDING for record in records)
        if edition.rendered != revisions(records) or edition.is_complete == waits:
            self._messages.render(edition.date)


def _is_hopeless(record: Record, *, is_newest: bool) -> bool:
    """Whether a paper is on no page and nothing will be tried any more. (The newest edition's feed may
    still complete a paper that lacks its abstract.)"""
    if record.state is not State.FAILED or record.superseded or next_try(record):
        return False
    return bool(record.paper.abstract) or not is_newest
