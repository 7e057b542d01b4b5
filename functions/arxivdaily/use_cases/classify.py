"""Classify: into which channels a batch of papers goes."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from functools import partial

from arxivdaily.domain.papers import PaperKey
from arxivdaily.domain.records import Record, Spent, added, charged, classification_failed, classified
from arxivdaily.domain.repairs import put_aside
from arxivdaily.errors import ArxivDailyError, DeferredError, OutOfTimeError, PermanentError, TransientError
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
from arxivdaily.use_cases.giving_up import brought_back_records, record_deferred
from arxivdaily.use_cases.saving import keep_answers, release, save_transition

CLAIM = timedelta(minutes=6)  # longer than the function's timeout, shorter than the queue's visibility

Outcome = ClassifyAnswer | ArxivDailyError
Settled = tuple[dict[PaperKey, Record], dict[PaperKey, ArxivDailyError]]  # stored; to be tried again


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
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        """`group` papers share a call of the classifier, `concurrency` calls run at a time.

        `meter` is told what was paid, as soon as it is known. `sleep` (seconds) is how answers wait for
        a store that refuses them.
        """
        self._store = store
        self._messages = messages
        self._classifier = classifier
        self._dispatcher = dispatcher
        self._clock = clock
        self._group = group
        self._concurrency = concurrency
        self._meter = meter
        self._sleep = sleep

    def __call__(
        self,
        keys: Sequence[PaperKey],
        last_attempt: Collection[PaperKey] = (),
        time_left: Callable[[], bool] = always,
    ) -> Mapping[PaperKey, ArxivDailyError]:
        """Classify a batch; the papers to be delivered again, with the reason.

        For a key in `last_attempt` a passing failure is final: the paper is recorded as failed. What was
        deferred, throttled by the model say, is no attempt and never final.
        `time_left` says whether another call may be begun; what was not begun goes back to the
        queue without having cost anything.
        """
        found, errors = brought_back_records(self._store, keys, self._clock())
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
            try:
                self._dispatcher.send(edition, records, self._clock())
            except ArxivDailyError as error:
                errors |= {record.key: error for record in records}
            self._messages.render(edition)
        return errors

    def put_off(self, errors: Mapping[PaperKey, ArxivDailyError]) -> Mapping[PaperKey, ArxivDailyError]:
        """Papers that were deferred for long, with the reason, fail for now: for one computer, where a run
        has to end, and the next one tries them at once; what could not be recorded, with why."""
        return record_deferred(self._store, self._messages, self._clock, errors, put_aside)

    def _classify(
        self, records: Sequence[Record], last_attempt: Collection[PaperKey], time_left: Callable[[], bool]
    ) -> Settled:
        """What became of each paper, stored; and what is to be tried again.

        Each call's papers are stored by the thread that asked, while others still wait for their answers:
        an invocation is paid for as long as it lasts.
        """
        known = self._known(records)
        settled, failures = self._settle(records, known, last_attempt)
        to_ask = [record for record in records if record.key not in known]
        groups = [to_ask[i : i + self._group] for i in range(0, len(to_ask), self._group)]
        if groups:

            def work(group: Sequence[Record]) -> Settled:
                return self._ask(group, last_attempt, time_left)

            workers = min(self._concurrency, len(groups))
            with ThreadPoolExecutor(max_workers=workers, thread_name_prefix="classify") as pool:
                for done, failed in pool.map(work, groups):
                    settled |= done
                    failures |= failed
        return settled, failures

    def _known(self, records: Iterable[Record]) -> dict[PaperKey, Outcome]:
        """The papers' stored answers, of those that have one."""
        keys = {record.key: self._answer_keys(record) for record in records}
        wanted = [key for found in keys.values() for key in found]
        stored = self._store.answers(wanted) if wanted else {}
        answers: dict[PaperKey, Outcome] = {}
        for paper, candidates in keys.items():
            for key in candidates:
                answer = stored.get(key)
                if isinstance(answer, ClassifyAnswer):
                    answers.setdefault(paper, answer)
        return answers

    def _settle(
        self,
        records: Iterable[Record],
        outcomes: Mapping[PaperKey, Outcome],
        last_attempt: Collection[PaperKey],
        missing: Collection[PaperKey] = (),
    ) -> Settled:
        """Store what the outcomes make of records; those that are to be tried again, with the reason.

        `missing`: papers whose good answer is certainly not in the table, so that what it cost is counted
        with its record or not at all.
        """
        settled: dict[PaperKey, Record] = {}
        failures: dict[PaperKey, ArxivDailyError] = {}
        for record in records:
            outcome = outcomes.get(record.key)
            if outcome is None:
                continue
            is_last = record.key in last_attempt
            result = self._save(record, outcome, is_last)
            if isinstance(result, ArxivDailyError) and isinstance(outcome, ClassifyAnswer):
                if record.key in missing:
                    result.spent = outcome.spent
                result = self._save(record, result, is_last)
            if isinstance(result, ArxivDailyError):
                failures[record.key] = result
            else:
                settled[record.key] = result
        return settled, failures

    def _save(self, record: Record, outcome: Outcome, is_last_attempt: bool) -> Record | ArxivDailyError:
        """The record with its outcome; or why it comes back, if only because it could not be saved."""
        if isinstance(outcome, TransientError) and not (is_last_attempt and outcome.is_attempt):
            with suppress(ArxivDailyError):
                save_transition(self._store, record, partial(_charged, spent=outcome.spent))
            return outcome
        now = self._clock()
        if isinstance(outcome, ClassifyAnswer):
            transition = partial(
                classified, matches=outcome.matches, by=outcome.made_by, now=now, spent=outcome.spent
            )
        else:
            transition = partial(
                classification_failed,
                reason=str(outcome),
                now=now,
                spent=outcome.spent,
                lasting=isinstance(outcome, PermanentError),
            )
        try:
            return save_transition(self._store, record, transition)
        except ArxivDailyError as error:
            return error

    def _ask(
        self, records: Sequence[Record], last_attempt: Collection[PaperKey], time_left: Callable[[], bool]
    ) -> Settled:
        """Ask about papers in one call and store what was paid for before anything else happens."""
        if not time_left():
            late = OutOfTimeError()
            return self._settle(records, {record.key: late for record in records}, last_attempt)
        claims: dict[PaperKey, AnswerKey] = {}
        done: Collection[PaperKey] = ()
        try:
            outcomes = self._claim(records, claims)
            asked = [record for record in records if record.key not in outcomes]
            bought = self._buy(asked, time_left)
            good = {
                record.key: (replace(self._answer_keys(record)[0], made_by=answer.made_by), answer)
                for record, answer in bought
                if isinstance(answer, ClassifyAnswer)
            }
            kept = keep_answers(self._store, dict(good.values()), time_left, self._sleep)
            missing = [paper for paper, (key, _) in good.items() if key in kept.missing]
            outcomes |= {record.key: outcome for record, outcome in bought}
            settled = self._settle(records, outcomes, last_attempt, missing)
            # A record that holds its answer is as good as the table: the claim keeps away whoever has read
            # the record before.
            in_records = {paper for paper, record in settled[0].items() if record.matches is not None}
            done = {paper for paper, (key, _) in good.items() if paper in in_records or key in kept.stored}
        finally:
            release(self._store, [key for paper, key in claims.items() if paper not in done])
        return settled

    def _claim(self, records: Sequence[Record], claims: dict[PaperKey, AnswerKey]) -> dict[PaperKey, Outcome]:
        """Reserve the right to ask, into `claims`; of papers that are not to be asked about, why or what."""
        if not self._classifier.is_paid:
            return {}
        refused: dict[PaperKey, Outcome] = {}
        for record in records:
            key, now = self._answer_keys(record)[0], self._clock()
            try:
                if self._store.claim(key, now, now + CLAIM):
                    claims[record.key] = key
                else:
                    refused[record.key] = DeferredError("the model is being asked for this paper already")
            except ArxivDailyError as error:
                refused[record.key] = error
        # Somebody else may have stored an answer between the first look and the claim.
        claimed = [record for record in records if record.key in claims]
        try:
            return refused | self._known(claimed)
        except ArxivDailyError as error:
            return refused | {record.key: error for record in claimed}

    def _buy(
        self, records: Sequence[Record], time_left: Callable[[], bool]
    ) -> Sequence[tuple[Record, Outcome]]:
        if not records:
            return []
        found = self._classifier.classify([record.paper for record in records], time_left)
        self._meter(added(*(outcome.spent for outcome in found)))
        return list(zip(records, found, strict=True))

    def _answer_keys(self, record: Record) -> list[AnswerKey]:
        paper = record.paper
        return [
            AnswerKey(paper.arxiv_id, paper.version, "classify", made_by)
            for made_by in self._classifier.made_by
        ]


def _charged(record: Record, spent: Iterable[Spent]) -> Record:
    """Not where it is settled by now: a write that seemed to fail may have counted this already."""
    return charged(record, spent) if record.awaits_classification else record
