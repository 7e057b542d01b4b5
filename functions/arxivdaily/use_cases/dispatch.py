"""Which matched papers go on to translation.

Without a limit each classified batch is sent on at once. With one, the best matches of the whole
edition are chosen, which can only be done when every paper of it has been classified.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from functools import partial

from arxivdaily.domain.governor import BUDGET_REACHED
from arxivdaily.domain.papers import sort_key
from arxivdaily.domain.records import Record, left_untranslated
from arxivdaily.errors import ArxivDailyError
from arxivdaily.ports import Messages, PaperStore
from arxivdaily.use_cases.saving import save_transition

NO_TRANSLATOR = "no translator is configured"
LIMIT_REACHED = "limit: {limit} papers of an edition are translated"
SUPERSEDED = "a newer version is translated instead"


def by_strength(record: Record) -> tuple[int, tuple[int, str]]:
    """Sorts strongest match first, then newest identifier, with `reverse=True`."""
    return record.best_score, sort_key(record.paper.arxiv_id)


class Dispatcher:
    """Sends matched papers to translation as the operator's settings allow."""

    def __init__(self, store: PaperStore, messages: Messages, *, translates: bool, limit: int) -> None:
        self._store = store
        self._messages = messages
        self._translates = translates
        self._limit = limit

    def send_on(self, edition: str, ready: Sequence[Record], now: datetime, *, apart: bool = False) -> int:
        """Queue pending papers for the stage that each waits for; how many were queued. `apart`: so that
        they do not share an invocation."""
        to_classify = [record.key for record in ready if record.awaits_classification]
        if to_classify:
            self._messages.to_classify(to_classify, apart=apart)
        to_translate = [record for record in ready if record.awaits_translation]
        sent = self.send(edition, to_translate, now, apart=apart) if to_translate else 0
        return len(to_classify) + sent

    def worth_translating(self, records: Sequence[Record], lacking: Sequence[Record]) -> list[Record]:
        """Of an edition's papers that lack words, those that another try could translate: the strongest,
        as far as the limit leaves room beside what is translated or under way."""
        if not self._translates:
            return []
        if not self._limit:
            return list(lacking)
        under_way = sum(r.is_translated_here and not r.lacks_words for r in records)
        under_way += sum(r.awaits_translation for r in records)
        return sorted(lacking, key=by_strength, reverse=True)[: max(0, self._limit - under_way)]

    def send(self, edition: str, matched: Sequence[Record], now: datetime, *, apart: bool = False) -> int:
        """Send on what is ready to go, `matched` or the edition's best; how many were sent.

        Raises, when all that can be sent has been, why a paper that stays untranslated could not be saved.
        """
        staying = [(record, reason) for record in matched if (reason := self._why_not(record))]
        chosen = [record for record in matched if not self._why_not(record)]
        if self._limit and self._translates:
            chosen, weaker = self._best(edition)
            staying += [(record, LIMIT_REACHED.format(limit=self._limit)) for record in weaker]
        if chosen:
            self._messages.to_translate([record.key for record in chosen], apart=apart)
        errors = [error for record, reason in staying if (error := self._leave(record, reason, now))]
        if errors:
            raise errors[0]
        return len(chosen)

    def _why_not(self, record: Record) -> str:
        if not self._translates:
            return NO_TRANSLATOR
        return SUPERSEDED if record.superseded else ""

    def _best(self, edition: str) -> tuple[list[Record], list[Record]]:
        """Of an edition's papers those to be translated, and those that the limit leaves out."""
        records = self._store.records(edition)
        if any(record.awaits_classification for record in records):
            return [], []  # whoever classifies the last paper chooses
        waiting = [r for r in records if r.awaits_translation and not r.superseded]
        waiting.sort(key=by_strength, reverse=True)
        left = max(0, self._limit - sum(record.is_translated_here for record in records))
        return waiting[:left], waiting[left:]

    def _leave(self, record: Record, reason: str, now: datetime) -> ArxivDailyError | None:
        try:
            save_transition(self._store, record, partial(left_untranslated, reason=reason, now=now))
        except ArxivDailyError as error:
            return error
        return None


def is_by_choice(reason: str) -> bool:
    """Whether a paper stays untranslated because the operator wants it so, not for a failure."""
    limited = reason.startswith(LIMIT_REACHED.partition(":")[0] + ":")
    return limited or reason in (NO_TRANSLATOR, BUDGET_REACHED, SUPERSEDED)
