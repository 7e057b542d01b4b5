"""Starting: papers set on their way to the stage that each waits for, and again where a person asks."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import replace
from datetime import datetime
from functools import partial
from typing import Literal

from arxivdaily.domain.records import Record, State, can_be_done_again, to_do_again, to_retry
from arxivdaily.errors import PermanentError
from arxivdaily.ports import Clock, PaperStore
from arxivdaily.use_cases.dispatch import LIMIT_REACHED, NO_TRANSLATOR, Dispatcher
from arxivdaily.use_cases.saving import save_transition


class Starter:
    """Sends an edition's papers on their way, as far as the dispatcher lets them.

    Every method returns how many papers were queued, and whether any was touched.
    """

    def __init__(
        self,
        store: PaperStore,
        dispatcher: Dispatcher,
        clock: Clock,
        *,
        translates: bool,
        translate_limit: int,
    ) -> None:
        self._store = store
        self._dispatcher = dispatcher
        self._clock = clock
        self._translates = translates
        self._limit = translate_limit

    def start(
        self, edition: str, records: Sequence[Record], new: Collection[str], now: datetime
    ) -> tuple[int, bool]:
        """Queue what is `new` (identifiers) and pending."""
        return self._send_on(edition, [r for r in records if r.paper.arxiv_id in new], now)

    def retry(
        self,
        edition: str,
        records: Sequence[Record],
        now: datetime,
        wanted: Callable[[Record], bool] = lambda _record: True,
    ) -> tuple[int, bool]:
        """Queue what did not come through; only what is `wanted`."""
        tried = [
            save_transition(self._store, record, partial(to_retry, now=now))
            for record in self._worth_retrying(records)
            if wanted(record)
        ]
        return self._send_on(edition, tried, now)

    def do_again(
        self,
        edition: str,
        records: Sequence[Record],
        stage: Literal["classify", "translate"],
        wanted: Callable[[Record], bool],
    ) -> tuple[int, bool]:
        """Have a stage done anew that has been taken; only of what is `wanted`.

        Raises PermanentError for a translation where nobody translates.
        """
        if stage == "translate" and not self._translates:
            raise PermanentError("no translator is configured")
        again = [
            save_transition(self._store, record, partial(to_do_again, stage=stage, now=self._clock()))
            for record in records
            if wanted(record) and can_be_done_again(record, stage)
        ]
        return self._dispatcher.send_on(edition, again, self._clock()), bool(again)

    def _send_on(self, edition: str, records: Sequence[Record], now: datetime) -> tuple[int, bool]:
        pending = [record for record in records if record.state is State.PENDING]
        return self._dispatcher.send_on(edition, pending, now), bool(pending)

    def _worth_retrying(self, records: Sequence[Record]) -> list[Record]:
        """Pending ones, and failed and untranslated ones that another try could help."""
        chosen = [r for r in records if r.state is State.PENDING]
        chosen += [r for r in records if r.state is State.FAILED and r.paper.abstract]
        lacking = [r for r in records if r.lacks_words and not r.superseded]
        worth = self._dispatcher.worth_translating(records, lacking)
        if self._translates and self._limit:
            self._leave_for_the_limit([r for r in lacking if r not in worth])
        return chosen + worth

    def _leave_for_the_limit(self, records: Sequence[Record]) -> None:
        """Papers of a time without a translator stay untranslated now for another reason."""
        reason = LIMIT_REACHED.format(limit=self._limit)
        for record in records:
            if record.reason == NO_TRANSLATOR:
                save_transition(self._store, record, partial(_with_reason, old=NO_TRANSLATOR, new=reason))


def _with_reason(record: Record, old: str, new: str) -> Record:
    return replace(record, reason=new) if record.reason == old else record
