"""Classify: into which channels a batch of papers goes."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import timedelta
from functools import partial

from arxivdaily.domain.papers import PaperKey
from arxivdaily.domain.records import Record, classification_failed, classified
from arxivdaily.errors import ArxivDailyError, PermanentError, TransientError
from arxivdaily.ports import AnswerKey, Classifier, ClassifyAnswer, Clock, Messages, PaperStore
from arxivdaily.use_cases.dispatch import Dispatcher
from arxivdaily.use_cases.saving import save_transition

CLAIM = timedelta(minutes=6)  # longer than the function's timeout, shorter than the queue's visibility


class ClassifyPapers:
    """Use case of the papers queue. Safe to run again for the same messages."""

    def __init__(
        self,
        store: PaperStore,
        messages: Messages,
        classifier: Classifier,
        dispatcher: Dispatcher,
        clock: Clock,
    ) -> None:
        self._store = store
        self._messages = messages
        self._classifier = classifier
        self._dispatcher = dispatcher
        self._clock = clock

    def __call__(
        self, keys: Sequence[PaperKey], last_attempt: Collection[PaperKey] = ()
    ) -> Mapping[PaperKey, ArxivDailyError]:
        """Classify a batch; the messages to be delivered again, with the reason.

        For a key in `last_attempt` a passing failure is final: the paper is recorded as failed.
        """
        found = self._store.find(keys)
        errors: dict[PaperKey, ArxivDailyError] = {
            key: PermanentError(f"{key.arxiv_id}v{key.version} is not in the ledger of {key.edition}")
            for key in keys
            if key not in found
        }
        answers, failures = self._answers([r for r in found.values() if r.awaits_classification])
        matched: dict[str, list[Record]] = {}
        for key, stored in found.items():
            record = stored
            if record.awaits_classification:
                failure = failures.get(key)
                if failure is not None:
                    if isinstance(failure, TransientError) and key not in last_attempt:
                        errors[key] = failure
                        continue
                    record = save_transition(
                        self._store, record, partial(classification_failed, reason=str(failure))
                    )
                else:
                    record = save_transition(
                        self._store,
                        record,
                        partial(
                            classified,
                            matches=answers[key].matches,
                            by=self._classifier.made_by,
                            now=self._clock(),
                        ),
                    )
            # Also what an earlier delivery classified: it may have stopped before sending on.
            waiting = matched.setdefault(record.edition, [])
            if record.awaits_translation:
                waiting.append(record)
        for edition, records in matched.items():
            self._dispatcher.send(edition, records, self._clock())
            self._messages.render(edition)
        return errors

    def _answers(
        self, records: Sequence[Record]
    ) -> tuple[Mapping[PaperKey, ClassifyAnswer], Mapping[PaperKey, ArxivDailyError]]:
        """Stored answers, and new ones for what has none yet."""
        keys = {record.key: self._answer_key(record) for record in records}
        stored = self._store.answers(keys.values()) if keys else {}
        answers: dict[PaperKey, ClassifyAnswer] = {}
        failures: dict[PaperKey, ArxivDailyError] = {}
        to_ask: list[Record] = []
        for record in records:
            answer = stored.get(keys[record.key])
            if isinstance(answer, ClassifyAnswer):
                answers[record.key] = answer
            elif self._may_ask(keys[record.key]):
                to_ask.append(record)
            else:
                failures[record.key] = TransientError("the model is being asked for this paper already")
        if to_ask:
            outcomes = self._classifier.classify([record.paper for record in to_ask])
            good: dict[AnswerKey, ClassifyAnswer] = {}
            for record, outcome in zip(to_ask, outcomes, strict=True):
                if isinstance(outcome, ClassifyAnswer):
                    answers[record.key] = good[keys[record.key]] = outcome
                else:
                    failures[record.key] = outcome
            self._store.put_answers(good)
            if self._classifier.is_paid:
                unanswered = [keys[r.key] for r in to_ask if keys[r.key] not in good]
                if unanswered:
                    self._store.release(unanswered)
        return answers, failures

    def _may_ask(self, key: AnswerKey) -> bool:
        now = self._clock()
        return not self._classifier.is_paid or self._store.claim(key, now, now + CLAIM)

    def _answer_key(self, record: Record) -> AnswerKey:
        paper = record.paper
        return AnswerKey(paper.arxiv_id, paper.version, "classify", self._classifier.made_by)
