"""Classify: into which channels a batch of papers goes."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from functools import partial

from arxivdaily.domain.papers import PaperKey
from arxivdaily.domain.records import Record, added, charged, classification_failed, classified
from arxivdaily.errors import ArxivDailyError, PermanentError, TransientError
from arxivdaily.ports import (
    AnswerKey,
    Classifier,
    ClassifyAnswer,
    Clock,
    Messages,
    Meter,
    PaperStore,
    always,
    unmetered,
)
from arxivdaily.use_cases.dispatch import Dispatcher
from arxivdaily.use_cases.giving_up import bring_back
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
        *,
        group: int = 1,
        concurrency: int = 1,
        meter: Meter = unmetered,
    ) -> None:
        """`group` papers share a call of the classifier, `concurrency` calls run at a time.

        `meter` is told what was paid, as soon as it is known.
        """
        self._store = store
        self._messages = messages
        self._classifier = classifier
        self._dispatcher = dispatcher
        self._clock = clock
        self._group = group
        self._concurrency = concurrency
        self._meter = meter

    def __call__(
        self,
        keys: Sequence[PaperKey],
        last_attempt: Collection[PaperKey] = (),
        time_left: Callable[[], bool] = always,
    ) -> Mapping[PaperKey, ArxivDailyError]:
        """Classify a batch; the papers to be delivered again, with the reason.

        For a key in `last_attempt` a passing failure is final: the paper is recorded as failed.
        `time_left` says whether another call may be begun; what was not begun goes back to the
        queue without having cost anything.
        """
        found = bring_back(self._store, self._store.find(keys), self._clock())
        errors: dict[PaperKey, ArxivDailyError] = {
            key: PermanentError(f"{key.arxiv_id}v{key.version} is not in the ledger of {key.edition}")
            for key in keys
            if key not in found
        }
        waiting = [record for record in found.values() if record.awaits_classification]
        settled, failures = self._classify(waiting, last_attempt, time_left)
        errors |= failures
        matched: dict[str, list[Record]] = {}
        unknown: list[PaperKey] = []  # whose affiliations nobody has looked for
        for key, stored in found.items():
            if key in failures:
                continue
            record = settled.get(key, stored)
            # Also what an earlier delivery classified: it may have stopped before sending on.
            ready = matched.setdefault(record.edition, [])
            if record.awaits_translation:
                ready.append(record)
            if record.awaits_affiliations:
                unknown.append(record.key)
        if unknown:
            self._messages.to_enrich(unknown)
        for edition, records in matched.items():
            self._dispatcher.send(edition, records, self._clock())
            self._messages.render(edition)
        return errors

    def _classify(
        self, records: Sequence[Record], last_attempt: Collection[PaperKey], time_left: Callable[[], bool]
    ) -> tuple[dict[PaperKey, Record], dict[PaperKey, ArxivDailyError]]:
        """What became of each paper, stored; and what is to be tried again.

        Each call's papers are stored by the thread that asked, while others still wait for their answers:
        an invocation is paid for as long as it lasts.
        """
        known, groups = self._known(records)
        settled, failures = self._settle(records, known, last_attempt)
        if groups:

            def work(
                group: Sequence[Record],
            ) -> tuple[dict[PaperKey, Record], dict[PaperKey, ArxivDailyError]]:
                return self._settle(group, self._ask(group, time_left), last_attempt)

            workers = min(self._concurrency, len(groups))
            with ThreadPoolExecutor(max_workers=workers, thread_name_prefix="classify") as pool:
                for done, failed in pool.map(work, groups):
                    settled |= done
                    failures |= failed
        return settled, failures

    def _known(
        self, records: Sequence[Record]
    ) -> tuple[dict[PaperKey, ClassifyAnswer | ArxivDailyError], list[Sequence[Record]]]:
        """Stored answers, and in groups what has none yet."""
        keys = {record.key: self._answer_keys(record) for record in records}
        wanted = [key for found in keys.values() for key in found]
        stored = self._store.answers(wanted) if wanted else {}
        answers: dict[PaperKey, ClassifyAnswer | ArxivDailyError] = {}
        to_ask: list[Record] = []
        for record in records:
            known = [stored[key] for key in keys[record.key] if key in stored]
            answer = next((found for found in known if isinstance(found, ClassifyAnswer)), None)
            if answer:
                answers[record.key] = answer
            else:
                to_ask.append(record)
        return answers, [to_ask[i : i + self._group] for i in range(0, len(to_ask), self._group)]

    def _settle(
        self,
        records: Sequence[Record],
        outcomes: Mapping[PaperKey, ClassifyAnswer | ArxivDailyError],
        last_attempt: Collection[PaperKey],
    ) -> tuple[dict[PaperKey, Record], dict[PaperKey, ArxivDailyError]]:
        """Store what the outcomes make of records; those that are to be tried again, with the reason."""
        settled: dict[PaperKey, Record] = {}
        failures: dict[PaperKey, ArxivDailyError] = {}
        for record in records:
            outcome = outcomes.get(record.key)
            if outcome is None:
                continue
            if isinstance(outcome, ClassifyAnswer):
                transition = partial(
                    classified,
                    matches=outcome.matches,
                    by=outcome.made_by,
                    now=self._clock(),
                    spent=outcome.spent,
                )
            elif isinstance(outcome, TransientError) and record.key not in last_attempt:
                if outcome.spent:
                    save_transition(self._store, record, partial(charged, spent=outcome.spent))
                failures[record.key] = outcome
                continue
            else:
                transition = partial(
                    classification_failed,
                    reason=str(outcome),
                    now=self._clock(),
                    spent=outcome.spent,
                    lasting=isinstance(outcome, PermanentError),
                )
            settled[record.key] = save_transition(self._store, record, transition)
        return settled, failures

    def _ask(
        self, records: Sequence[Record], time_left: Callable[[], bool]
    ) -> dict[PaperKey, ClassifyAnswer | ArxivDailyError]:
        """Ask about papers in one call and store what was paid for before anything else happens."""
        if not time_left():
            late = TransientError("there was no time left in this invocation")
            return {record.key: late for record in records}
        outcomes: dict[PaperKey, ClassifyAnswer | ArxivDailyError] = {}
        claimed: dict[AnswerKey, Record] = {}
        stored: Collection[AnswerKey] = ()
        try:
            for record in records:
                key = self._answer_keys(record)[0]
                if self._may_ask(key):
                    claimed[key] = record
                else:
                    outcomes[record.key] = TransientError("the model is being asked for this paper already")
            papers = [record.paper for record in claimed.values()]
            found = dict(zip(claimed, self._classifier.classify(papers, time_left), strict=True))
            self._meter(added(*(outcome.spent for outcome in found.values())))
            good = {key: outcome for key, outcome in found.items() if isinstance(outcome, ClassifyAnswer)}
            self._store.put_answers(
                {replace(key, made_by=answer.made_by): answer for key, answer in good.items()}
            )
            stored = good
            outcomes |= {claimed[key].key: outcome for key, outcome in found.items()}
        except ArxivDailyError as error:  # the store's: it does not hold this group's answers
            outcomes = {record.key: error for record in records}
        finally:
            unanswered = [key for key in claimed if key not in stored]
            if unanswered and self._classifier.is_paid:
                self._store.release(unanswered)
        return outcomes

    def _may_ask(self, key: AnswerKey) -> bool:
        now = self._clock()
        return not self._classifier.is_paid or self._store.claim(key, now, now + CLAIM)

    def _answer_keys(self, record: Record) -> list[AnswerKey]:
        paper = record.paper
        return [
            AnswerKey(paper.arxiv_id, paper.version, "classify", made_by)
            for made_by in self._classifier.made_by
        ]
