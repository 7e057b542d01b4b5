"""Translate: matched papers into Chinese, a batch at a time, waiting for the model together."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from functools import partial

from arxivdaily.domain.papers import PaperKey
from arxivdaily.domain.records import Record, left_untranslated, translated
from arxivdaily.errors import ArxivDailyError, PermanentError, TransientError
from arxivdaily.ports import AnswerKey, Clock, Messages, PaperStore, TranslateAnswer, Translator
from arxivdaily.use_cases.saving import save_transition

CLAIM = timedelta(minutes=16)  # longer than the function's timeout, shorter than the queue's visibility


class TranslatePapers:
    """Use case of the matched queue. Safe to run again for the same messages."""

    def __init__(
        self,
        store: PaperStore,
        messages: Messages,
        translator: Translator,
        clock: Clock,
        *,
        concurrency: int,
    ) -> None:
        self._store = store
        self._messages = messages
        self._translator = translator
        self._clock = clock
        self._concurrency = concurrency

    def __call__(
        self,
        keys: Sequence[PaperKey],
        last_attempt: Collection[PaperKey] = (),
        time_left: Callable[[], bool] = lambda: True,
    ) -> Mapping[PaperKey, ArxivDailyError]:
        """Translate a batch; the messages to be delivered again, with the reason.

        For a key in `last_attempt` a passing failure is final: the paper stays in English with
        its label. `time_left` says whether another call may be begun; what was not begun goes
        back to the queue without having cost anything.
        """
        found = self._store.find(keys)
        errors: dict[PaperKey, ArxivDailyError] = {
            key: PermanentError(f"{key.arxiv_id}v{key.version} is not in the ledger of {key.edition}")
            for key in keys
            if key not in found
        }
        waiting = [record for record in found.values() if record.awaits_translation]
        stored = self._store.answers([self._answer_key(r) for r in waiting]) if waiting else {}

        def work(record: Record) -> ArxivDailyError | None:
            try:
                answer = stored.get(self._answer_key(record))
                self._one(record, answer, record.key in last_attempt, time_left)
            except ArxivDailyError as error:
                return error
            return None

        if waiting:
            workers = min(self._concurrency, len(waiting))
            with ThreadPoolExecutor(max_workers=workers, thread_name_prefix="translate") as pool:
                for record, error in zip(waiting, pool.map(work, waiting), strict=True):
                    if error:
                        errors[record.key] = error
        for edition in sorted({record.edition for record in found.values()}):
            self._messages.render(edition)
        return errors

    def _one(
        self, record: Record, stored: object, is_last_attempt: bool, time_left: Callable[[], bool]
    ) -> None:
        """Bring one paper to its end. Raises what should be tried again."""
        try:
            answer = stored if isinstance(stored, TranslateAnswer) else self._ask(record, time_left)
        except TransientError as error:
            if not is_last_attempt:
                raise
            self._leave(record, str(error))
        except PermanentError as error:
            self._leave(record, str(error))
        else:
            save_transition(
                self._store,
                record,
                partial(translated, translation=answer.translation, now=self._clock()),
            )

    def _ask(self, record: Record, time_left: Callable[[], bool]) -> TranslateAnswer:
        if not time_left():
            raise TransientError("there was no time left in this invocation")
        key = self._answer_key(record)
        now = self._clock()
        if not self._store.claim(key, now, now + CLAIM):
            raise TransientError("the model is being asked for this paper already")
        try:
            answer = self._translator.translate(record.paper)
        except BaseException:
            self._store.release([key])
            raise
        self._store.put_answers({key: answer})
        return answer

    def _leave(self, record: Record, reason: str) -> None:
        save_transition(self._store, record, partial(left_untranslated, reason=reason, now=self._clock()))

    def _answer_key(self, record: Record) -> AnswerKey:
        paper = record.paper
        return AnswerKey(paper.arxiv_id, paper.version, "translate", self._translator.made_by)
