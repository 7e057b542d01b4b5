"""Drafting: what a translation's calls have brought, kept until the translation is finished.

A translation takes one call or, sentence by sentence, twenty. A failure that passes must not cost those
that were answered before it (docs/adr/0037).
"""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Final

from arxivdaily.domain.records import Usage
from arxivdaily.errors import ArxivDailyError
from arxivdaily.ports import AnswerKey, Completion, Draft, PaperStore
from arxivdaily.use_cases.saving import keep_answers

MAX_DRAFT: Final = 200_000  # bytes of answers; DynamoDB takes 400 KB an item
_KEPT = timedelta(days=7)  # longer than the repair goes on trying
_BESIDES = 150  # bytes of a question, of usage and of JSON around an answer


class Drafting:
    """`ports.Progress` in a paper store. For one thread, under the claim for its translation."""

    def __init__(self, store: PaperStore, key: AnswerKey, draft: object, now: datetime) -> None:
        """`draft` is what is stored under `key`, if anything."""
        self._store = store
        self._key = key
        self._answered = dict(draft.answered) if isinstance(draft, Draft) else {}
        self._expires = int((now + _KEPT).timestamp())
        self._size = sum(filter(None, map(_size, self._answered.values())))
        self._is_stored = bool(self._answered)
        self._is_new = False

    def known(self, question: str) -> Completion | None:
        return self._answered.get(question)

    def keep(self, question: str, answer: Completion) -> None:
        size = _size(answer)
        if size is not None and self._size + size <= MAX_DRAFT:
            self._answered[question] = Completion(answer.text, Usage(), answer.truncated)
            self._size += size
            self._is_new = True

    def save(self) -> None:
        with suppress(ArxivDailyError):
            if self._is_new:
                self._put()

    def save_patiently(self, time_left: Callable[[], bool], sleep: Callable[[float], None]) -> None:
        """As an answer is stored: again and again while the store's failure may pass."""
        if self._is_new:
            draft = Draft(self._answered, self._expires)
            keep_answers(self._store, {self._key: draft}, time_left, sleep)

    def forget(self) -> None:
        """Another attempt is to ask anew."""
        self._answered.clear()
        with suppress(ArxivDailyError):
            if self._is_stored:
                self._put()

    def _put(self) -> None:
        self._store.put_answers({self._key: Draft(dict(self._answered), self._expires)})
        self._is_stored, self._is_new = True, False


def _size(answer: Completion) -> int | None:
    """Bytes that an answer takes in a draft; None for what cannot be stored (half of a surrogate pair)."""
    try:
        return len(json.dumps(answer.text, ensure_ascii=False).encode()) + _BESIDES
    except UnicodeEncodeError:
        return None
