"""Translate: matched papers into Chinese, a batch at a time, waiting for the model together."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from functools import partial
from threading import BoundedSemaphore

from arxivdaily.domain.governor import BUDGET_REACHED, BUDGET_SHORT, LADDER
from arxivdaily.domain.papers import PaperKey
from arxivdaily.domain.records import (
    Extent,
    Provenance,
    Record,
    Spent,
    charged,
    left_untranslated,
    translated,
    translation_failed,
)
from arxivdaily.domain.repairs import put_off
from arxivdaily.domain.revisions import wanted_extent, with_kept
from arxivdaily.errors import ArxivDailyError, DeferredError, OutOfTimeError, PermanentError, TransientError
from arxivdaily.ports import (
    AnswerKey,
    Clock,
    Messages,
    Meter,
    PaperStore,
    TranslateAnswer,
    Translator,
    always,
    unmetered,
)
from arxivdaily.use_cases.allowance import Allowance, Budget
from arxivdaily.use_cases.dispatch import SUPERSEDED, by_strength
from arxivdaily.use_cases.drafting import Drafting
from arxivdaily.use_cases.giving_up import brought_back_records, record_deferred
from arxivdaily.use_cases.saving import keep_answers, release, save_transition

CLAIM = timedelta(minutes=16)  # longer than the function's timeout, shorter than the queue's visibility

Answers = Mapping[AnswerKey, object]


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
        budget: Budget | None = None,
        limit: int = 0,
        meter: Meter = unmetered,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        """At most `concurrency` papers are with the translator at a time.

        `budget` is an edition's; `limit` is how many of its papers are translated, 0 for all.

        `meter` is told what was paid, as soon as it is known. `sleep` (seconds) is how an answer waits for
        a store that refuses it.
        """
        self._store = store
        self._messages = messages
        self._translator = translator
        self._clock = clock
        self._concurrency = concurrency
        self._in_flight = BoundedSemaphore(concurrency)
        self._budget = budget
        self._limit = limit
        self._meter = meter
        self._sleep = sleep

    def __call__(
        self,
        keys: Sequence[PaperKey],
        last_attempt: Collection[PaperKey] = (),
        time_left: Callable[[], bool] = always,
    ) -> Mapping[PaperKey, ArxivDailyError]:
        """Translate a batch; the messages to be delivered again, with the reason.

        For a key in `last_attempt` a passing failure is final: the paper stays in English with
        its label. What was deferred, throttled by the model say, is no attempt and never final.
        `time_left` says whether another call may be begun; what was not begun goes back to the queue
        without having cost anything.
        """
        found, errors = brought_back_records(self._store, keys, self._clock())
        # The strongest first: a budget that runs short is spent on them.
        waiting = sorted((r for r in found.values() if r.awaits_translation), key=by_strength, reverse=True)
        stored = self._store.answers([k for r in waiting for k in self._answer_keys(r)]) if waiting else {}
        allowances = {edition: self._allowance(edition) for edition in {r.edition for r in waiting}}

        def work(record: Record) -> ArxivDailyError | None:
            try:
                self._one(record, stored, allowances[record.edition], record.key in last_attempt, time_left)
            except ArxivDailyError as error:
                return error
            return None

        if waiting:
            # A thread for each call in flight, and as many, but for one, that prepare or store papers
            # meanwhile: no call waits for another paper's table. One at a time stays one after the other.
            workers = min(2 * self._concurrency - 1, len(waiting))
            with ThreadPoolExecutor(max_workers=workers, thread_name_prefix="translate") as pool:
                for record, error in zip(waiting, pool.map(work, waiting), strict=True):
                    if error:
                        errors[record.key] = error
        for edition in sorted({record.edition for record in found.values()}):
            self._messages.render(edition)
        return errors

    def put_off(self, errors: Mapping[PaperKey, ArxivDailyError]) -> Mapping[PaperKey, ArxivDailyError]:
        """Papers that were deferred for long, with the reason: they stay in English for now, and the hourly
        repair sends them on again; what could not be recorded, with why."""
        return record_deferred(self._store, self._messages, self._clock, errors, put_off)

    def _allowance(self, edition: str) -> Allowance | None:
        if self._budget is None:
            return None
        model = self._translator.made_by(Extent.FULL)[0].model
        return Allowance(self._budget, self._store.records(edition), model, self._limit)

    def _one(
        self,
        record: Record,
        stored: Answers,
        allowance: Allowance | None,
        is_last_attempt: bool,
        time_left: Callable[[], bool],
    ) -> None:
        """Bring one paper to its end. Raises what should be tried again."""
        needed = wanted_extent(record)
        answer = self._stored(record, stored, needed)
        if answer is None and record.superseded:
            return self._leave(record, SUPERSEDED)
        if answer is None and not time_left():
            return self._failed(record, OutOfTimeError(), is_last_attempt)
        wanted: Extent | None = needed
        reserved = 0.0
        if answer is None and allowance is not None:
            wanted, reserved = allowance.take()
            if wanted is not None:
                wanted = max(wanted, needed, key=LADDER.index)  # the lesser: what has changed
            answer = self._affordable(record, stored, wanted)
        if answer is not None:
            self._publish(record, answer, is_last_attempt)
            return None
        if wanted is None or _has(record, wanted):
            shown = record.translation
            return self._leave(record, BUDGET_SHORT.get(shown.extent, "") if shown else BUDGET_REACHED)
        try:
            answer, claim = self._ask(record, wanted, time_left)
        except ArxivDailyError as error:
            self._settle(allowance, reserved, error.spent)
            return self._failed(record, error, is_last_attempt, is_uncounted=True)
        self._settle(allowance, reserved, answer.spent if claim else ())
        if claim:
            self._keep(record, answer, claim, is_last_attempt, time_left)
        else:
            self._publish(record, answer, is_last_attempt)
        return None

    def _keep(
        self,
        record: Record,
        answer: TranslateAnswer,
        claim: AnswerKey,
        is_last_attempt: bool,
        time_left: Callable[[], bool],
    ) -> None:
        """Store what has just been paid for, in the table and in its record. Raises what should be tried
        again, with what the answer cost if it is certainly in neither."""
        key = self._answer_key(record, answer.made_by)
        kept = keep_answers(self._store, {key: answer}, time_left, self._sleep)
        uncounted = answer.spent if key in kept.missing else ()
        is_kept = key in kept.stored
        try:
            # A record that holds its answer is as good as the table: the claim keeps away whoever has read
            # the record before.
            is_kept |= self._publish(record, answer, is_last_attempt, uncounted)
        finally:
            if not is_kept:
                release(self._store, [claim])

    def _publish(
        self, record: Record, answer: TranslateAnswer, is_last_attempt: bool, uncounted: Iterable[Spent] = ()
    ) -> bool:
        """Save the translation with its record; where that fails, why, or raise what should be tried again.
        `uncounted`: what the answer cost, if its record alone can tell."""
        translation = with_kept(record, answer.translation)
        transition = partial(
            translated,
            translation=translation,
            now=self._clock(),
            reason=BUDGET_SHORT.get(translation.extent, ""),
            spent=answer.spent,
        )
        try:
            save_transition(self._store, record, transition)
        except ArxivDailyError as error:
            error.spent = tuple(uncounted)
            self._failed(record, error, is_last_attempt)
            return False
        return True

    def _affordable(self, record: Record, stored: Answers, wanted: Extent | None) -> TranslateAnswer | None:
        """A stored answer at least as good as what can be paid for, if it is better than what is shown."""
        good_enough = LADDER[: LADDER.index(wanted) + 1] if wanted else LADDER
        for extent in good_enough:
            answer = self._stored(record, stored, extent)
            if answer and not _has(record, extent):
                return answer
        return None

    def _stored(self, record: Record, stored: Answers, extent: Extent) -> TranslateAnswer | None:
        for made_by in self._translator.made_by(extent):
            answer = stored.get(self._answer_key(record, made_by))
            if isinstance(answer, TranslateAnswer):
                return answer
        return None

    def _ask(
        self, record: Record, extent: Extent, time_left: Callable[[], bool]
    ) -> tuple[TranslateAnswer, AnswerKey | None]:
        """An answer and the claim under which it was bought; no claim for one that was there."""
        keys = [self._answer_key(record, made_by) for made_by in self._translator.made_by(extent)]
        claim, now = keys[0], self._clock()
        draft = replace(claim, stage="draft")
        progress: Drafting | None = None
        if not self._store.claim(claim, now, now + CLAIM):
            raise DeferredError("the model is being asked for this paper already")
        try:
            # Somebody else may have stored an answer between the first look and the claim.
            found = self._store.answers([*keys, draft])
            if known := self._stored(record, found, extent):
                release(self._store, [claim])
                return known, None
            progress = Drafting(self._store, draft, found.get(draft), now)
            with self._in_flight:
                if not time_left():  # it has waited for its turn
                    raise OutOfTimeError
                return self._translator.translate(record.paper, extent, progress), claim
        except BaseException as error:
            if progress and isinstance(error, TransientError):
                progress.save_patiently(time_left, self._sleep)
            elif progress and isinstance(error, ArxivDailyError):
                progress.forget()  # what was refused is not to be refused again unasked
            release(self._store, [claim])
            raise

    def _settle(self, allowance: Allowance | None, reserved: float, spent: Sequence[Spent]) -> None:
        self._meter(spent)
        if allowance:
            allowance.settle(reserved, spent)

    def _failed(
        self, record: Record, error: ArxivDailyError, is_last_attempt: bool, *, is_uncounted: bool = False
    ) -> None:
        """Raises what should be tried again; what was paid for nothing is noted before. In its last attempt a
        paper fails instead: not a crash, for the hourly repair sends it on again.

        `is_uncounted`: no write can have told what was paid. Then it is charged even where another delivery
        has settled the paper meanwhile; else a write that seemed to fail may have charged it already.
        """

        def transition(stored: Record) -> Record:
            if not stored.awaits_translation:
                return charged(stored, error.spent) if is_uncounted else stored
            if is_final:
                lasting = isinstance(error, PermanentError)
                return translation_failed(stored, str(error), self._clock(), error.spent, lasting=lasting)
            return charged(stored, error.spent)

        is_final = (is_last_attempt and error.is_attempt) or not isinstance(error, TransientError)
        if is_final:
            save_transition(self._store, record, transition)
            return
        if error.spent:
            with suppress(ArxivDailyError):
                save_transition(self._store, record, transition)
        raise error

    def _leave(self, record: Record, reason: str) -> None:
        """In English, or with what it has, by a choice of the operator's."""
        save_transition(self._store, record, partial(left_untranslated, reason=reason, now=self._clock()))

    def _answer_keys(self, record: Record) -> list[AnswerKey]:
        return [
            self._answer_key(record, made_by)
            for extent in LADDER
            for made_by in self._translator.made_by(extent)
        ]

    def _answer_key(self, record: Record, made_by: Provenance) -> AnswerKey:
        paper = record.paper
        return AnswerKey(paper.arxiv_id, paper.version, "translate", made_by)


def _has(record: Record, extent: Extent) -> bool:
    """Whether what is there already reaches this extent: what is published, or what an update keeps.

    A paper with a whole translation waits only for a better one, made by another prompt or model.
    """
    shown = record.translation
    if shown is not None and shown.extent is Extent.FULL:
        return extent is not Extent.FULL
    if shown is None and record.kept and record.kept.title:
        shown = record.kept
    return shown is not None and LADDER.index(shown.extent) <= LADDER.index(extent)
