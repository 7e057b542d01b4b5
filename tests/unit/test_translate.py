"""The translate use case, on fakes."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from arxivdaily.domain.papers import Paper
from arxivdaily.domain.records import (
    Extent,
    Record,
    Repair,
    Spent,
    State,
    Usage,
    left_untranslated,
)
from arxivdaily.errors import (
    ArxivDailyError,
    DeferredError,
    OutOfTimeError,
    PermanentError,
    ThrottledError,
    TransientError,
)
from arxivdaily.ports import AnswerKey, Progress, TranslateAnswer
from arxivdaily.use_cases.saving import ALWAYS, PAUSES
from arxivdaily.use_cases.translate import TranslatePapers
from fakes import (
    EDITION,
    FULL,
    NOW,
    Clock,
    MemoryPaperStore,
    RecordingMessages,
    Refusals,
    ScriptedTranslator,
    match,
    record,
    translation,
    used,
)


class World:
    def __init__(self, papers: int, translator: ScriptedTranslator | None = None) -> None:
        self.store = MemoryPaperStore()
        self.messages = RecordingMessages()
        self.translator = translator or ScriptedTranslator()
        self.clock = Clock()
        self.translate = TranslatePapers(
            self.store,
            self.messages,
            self.translator,
            self.clock,
            concurrency=4,
            sleep=self.clock.advance,
        )
        records = [record(n, matches=(match(),)) for n in range(1, papers + 1)]
        self.store.add_records(records)
        self.keys = [r.key for r in records]

    def states(self) -> list[str]:
        return [r.state.value for r in self.store.records(EDITION)]


def test_papers_are_translated_and_a_render_is_asked_for() -> None:
    world = World(3)
    assert world.translate(world.keys) == {}
    assert world.states() == ["published"] * 3
    assert world.store.records(EDITION)[0].translation == translation("2606.00001")
    assert world.messages.renders == [EDITION]


def test_a_batch_waits_for_the_model_together() -> None:
    barrier = threading.Barrier(4, timeout=10)

    class Waiting(ScriptedTranslator):
        def translate(
            self, paper: Paper, extent: Extent = Extent.FULL, progress: Progress | None = None
        ) -> TranslateAnswer:
            barrier.wait()  # returns only when four calls are in flight at once
            return super().translate(paper, extent, progress)

    world = World(4, Waiting())
    assert world.translate(world.keys) == {}


class Gate(ScriptedTranslator):
    """Lets nobody through until it is opened, and counts those who wait."""

    def __init__(self) -> None:
        super().__init__()
        self.waiting = threading.Semaphore(0)
        self.open = threading.Event()

    def translate(
        self, paper: Paper, extent: Extent = Extent.FULL, progress: Progress | None = None
    ) -> TranslateAnswer:
        self.waiting.release()
        assert self.open.wait(timeout=10)
        return super().translate(paper, extent, progress)


def acquired(semaphore: threading.Semaphore, most: int) -> int:
    """How many are there within a moment of each other."""
    return sum(semaphore.acquire(timeout=10 if number < most else 0.05) for number in range(most + 1))


def test_while_some_are_with_the_model_as_many_but_one_are_prepared() -> None:
    gate, claimed = Gate(), threading.Semaphore(0)
    world = World(12, gate)
    claim = world.store.claim

    def telling(key: AnswerKey, now: datetime, until: datetime) -> bool:
        claimed.release()
        return claim(key, now, until)

    world.store.claim = telling  # type: ignore[method-assign]
    with ThreadPoolExecutor(1) as pool:
        running = pool.submit(world.translate, world.keys)
        try:
            assert acquired(claimed, 7) == 7
            assert acquired(gate.waiting, 4) == 4, "four calls are allowed"
        finally:
            gate.open.set()
        assert running.result(10) == {}


def test_a_paper_whose_time_passed_while_it_waited_goes_back_unpaid() -> None:
    gate = Gate()
    world = World(12, gate)
    with ThreadPoolExecutor(1) as pool:
        running = pool.submit(world.translate, world.keys, (), lambda: not gate.open.is_set())
        try:
            assert acquired(gate.waiting, 4) == 4
        finally:
            gate.open.set()
        errors = running.result(10)
    assert len(gate.asked) == 4, "those who had begun"
    assert len(errors) == 8
    assert {type(error) for error in errors.values()} == {OutOfTimeError}
    assert world.translate(list(errors)) == {}, "their claims were given back"
    assert sorted(gate.asked) == sorted(key.arxiv_id for key in world.keys)


def test_a_second_delivery_pays_nothing() -> None:
    world = World(1)
    world.translate(world.keys)
    world.translate(world.keys)
    assert world.translator.asked == ["2606.00001"]


def test_a_stored_answer_is_used() -> None:
    world = World(1)
    key = AnswerKey("2606.00001", 1, "translate", FULL)
    world.store.put_answers({key: TranslateAnswer(translation("gespeichert"))})
    world.translate(world.keys)
    assert world.translator.asked == []
    assert world.store.records(EDITION)[0].translation == translation("gespeichert")


def test_one_failure_leaves_the_others_alone() -> None:
    world = World(3)
    world.translator.errors["2606.00002"] = TransientError("throttled")
    errors = world.translate(world.keys)
    assert list(errors) == [world.keys[1]]
    assert world.states() == ["published", "pending", "published"]
    world.translator.errors.clear()
    assert world.translate([world.keys[1]]) == {}
    assert world.states() == ["published"] * 3


def test_what_the_gate_refuses_stays_english_with_the_reason() -> None:
    world = World(1)
    world.translator.errors["2606.00001"] = PermanentError("formula $x$ is missing")
    assert world.translate(world.keys) == {}
    stored = world.store.records(EDITION)[0]
    assert (stored.state, stored.reason) == (State.UNTRANSLATED, "formula $x$ is missing")


def test_a_passing_failure_is_final_on_the_last_attempt() -> None:
    world = World(1)
    world.translator.errors["2606.00001"] = TransientError("throttled")
    assert world.translate(world.keys, world.keys) == {}
    assert world.states() == ["untranslated"]


def test_what_there_is_no_time_for_goes_back_unpaid() -> None:
    world = World(2)
    errors = world.translate(world.keys, time_left=lambda: False)
    assert set(errors) == set(world.keys)
    assert world.translator.asked == []


@pytest.mark.parametrize("is_last", [True, False])
def test_what_an_answer_has_cost_is_charged_though_another_delivery_settled_the_paper(is_last: bool) -> None:
    """Found by seed 101 of the chaos suite: a copy of the message ended the paper meanwhile."""
    world = World(1)

    class Late(ScriptedTranslator):
        def translate(
            self, paper: Paper, extent: Extent = Extent.FULL, progress: Progress | None = None
        ) -> TranslateAnswer:
            copy = world.translate(world.keys, world.keys)
            assert isinstance(copy[world.keys[0]], DeferredError), "its copy finds the claim"
            (waiting,) = world.store.records(EDITION)
            world.store.save(left_untranslated(waiting, "given up", NOW))
            error = TransientError("the second try was not answered")
            error.spent = (Spent("translate", "first", Usage(100, 0, 10)),)
            raise error

    world.translate = TranslatePapers(world.store, world.messages, Late(), world.clock, concurrency=4)
    errors = world.translate(world.keys, world.keys if is_last else ())
    assert list(errors) == ([] if is_last else world.keys)
    assert paid(world) == 100


def test_a_claimed_paper_is_not_paid_for_twice() -> None:
    world = World(1)
    clock = Clock()
    now = clock()
    clock.advance(600)
    world.store.claim(AnswerKey("2606.00001", 1, "translate", FULL), now, clock())
    assert isinstance(world.translate(world.keys)[world.keys[0]], TransientError)
    assert world.translator.asked == []


def test_a_failed_call_gives_its_claim_back() -> None:
    world = World(1)
    world.translator.errors["2606.00001"] = TransientError("throttled")
    world.translate(world.keys)
    world.translator.errors.clear()
    assert world.translate(world.keys) == {}


def throttled(*_: object) -> TransientError:
    """A new one each time: errors carry what was spent."""
    return TransientError("the table is throttled")


ANSWER = AnswerKey("2606.00001", 1, "translate", FULL)


def paid(world: World) -> int:
    return sum(used(r.spent).input_tokens for r in world.store.records(EDITION))


def test_a_refused_write_of_an_answer_is_tried_again_and_nothing_is_bought_twice(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    world = World(1)
    errors = iter([throttled()] * len(PAUSES))
    refusing = Refusals(world.store.put_answers, lambda _answers: next(errors, None))
    monkeypatch.setattr(world.store, "put_answers", refusing)
    assert world.translate(world.keys) == {}
    assert refusing.count == len(PAUSES)
    assert world.clock() == NOW + timedelta(seconds=sum(PAUSES))
    assert len(world.translator.asked) == 1
    assert world.store.answers([ANSWER])


@pytest.mark.parametrize(
    ("error", "tries"), [(throttled(), 1 + ALWAYS), (PermanentError("ValidationException: too large"), 1)]
)
def test_an_answer_that_cannot_be_stored_is_saved_with_its_record(
    monkeypatch: pytest.MonkeyPatch, error: ArxivDailyError, tries: int
) -> None:
    """A late invocation has a few tries all the same; what cannot help is not repeated."""
    world = World(1)
    refusing = Refusals(world.store.put_answers, lambda _answers: error)
    monkeypatch.setattr(world.store, "put_answers", refusing)
    times = iter([True, True])  # before the claim, and before the call
    assert world.translate(world.keys, time_left=lambda: next(times, False)) == {}
    assert refusing.count == tries
    assert world.states() == ["published"]
    assert paid(world) == 100
    now = world.clock()
    assert not world.store.claim(ANSWER, now, now), "who has read the record before must not ask"


@pytest.mark.parametrize("readable", [True, False])
@pytest.mark.parametrize("stored", [True, False])
def test_an_answer_is_charged_once_whatever_becomes_of_the_writes(
    monkeypatch: pytest.MonkeyPatch, stored: bool, readable: bool
) -> None:
    """Found by seed 105 of the chaos suite: the write took effect, and its reply was lost."""
    world = World(1)
    with monkeypatch.context() as patch:
        patch.setattr(world.store, "put_answers", Refusals(world.store.put_answers, throttled, stored))
        if not readable:
            reads = iter([None, None])
            patch.setattr(
                world.store, "answers", Refusals(world.store.answers, lambda _k: next(reads, throttled()))
            )
        saves = iter([throttled()])
        patch.setattr(world.store, "save", Refusals(world.store.save, lambda _r: next(saves, None)))
        assert list(world.translate(world.keys)) == world.keys
    assert world.translate(world.keys) == {}
    assert world.states() == ["published"]
    # A second call was made where the first one's answer is not there; it was paid for as well, unless
    # nobody could tell.
    calls = len(world.translator.asked)
    assert calls == (1 if stored else 2)
    assert paid(world) == 100 * (calls if readable else 1)


def test_a_save_whose_reply_is_lost_counts_an_answer_once(monkeypatch: pytest.MonkeyPatch) -> None:
    world = World(1)
    with monkeypatch.context() as patch:
        patch.setattr(world.store, "put_answers", Refusals(world.store.put_answers, throttled))
        saves = iter([throttled()])
        patch.setattr(world.store, "save", Refusals(world.store.save, lambda _r: next(saves, None), True))
        world.translate(world.keys)
    assert world.translate(world.keys) == {}
    assert (len(world.translator.asked), paid(world)) == (1, 100)


@pytest.mark.parametrize("stored", [True, False])
def test_an_answer_that_makes_its_record_too_large_is_told_in_the_ledger(
    monkeypatch: pytest.MonkeyPatch, stored: bool
) -> None:
    """What it cost is counted with the answer where there is one."""
    world = World(2)
    too_large = PermanentError("ValidationException: item too large")
    if not stored:
        refusing = Refusals(world.store.put_answers, lambda found: too_large if ANSWER in found else None)
        monkeypatch.setattr(world.store, "put_answers", refusing)

    def is_first(found: Record) -> bool:
        return found.key == world.keys[0] and found.translation is not None

    monkeypatch.setattr(
        world.store, "save", Refusals(world.store.save, lambda r: too_large if is_first(r) else None)
    )
    assert world.translate(world.keys) == {}
    first, second = world.store.records(EDITION)
    assert (first.state, first.reason) == (State.UNTRANSLATED, str(too_large))
    assert second.state is State.PUBLISHED
    assert paid(world) == (100 if stored else 200)


def test_a_claim_that_cannot_be_given_back_does_not_hide_what_went_wrong(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    world = World(1)
    error = TransientError("slow down")
    error.spent = (Spent("translate", "m", Usage(7, 0, 1)),)
    world.translator.errors["2606.00001"] = error
    monkeypatch.setattr(world.store, "release", Refusals(world.store.release, throttled))
    assert world.translate(world.keys) == {world.keys[0]: error}
    assert paid(world) == 7


def test_an_answer_that_came_before_the_claim_is_not_bought_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """Another invocation stored it after this one had looked, and its claim has ended."""
    world = World(1)
    claim = world.store.claim

    def late(key: AnswerKey, now: datetime, until: datetime) -> bool:
        world.store.put_answers({key: TranslateAnswer(translation("gespeichert"))})
        return claim(key, now, until)

    monkeypatch.setattr(world.store, "claim", late)
    assert world.translate(world.keys) == {}
    assert world.translator.asked == []
    assert world.store.records(EDITION)[0].translation == translation("gespeichert")


def test_of_an_update_only_what_changed_is_asked_for() -> None:
    world = World(0)
    kept = translation("旧")
    world.store.add_records(
        [
            record(1, matches=(match(),), kept=replace(kept, title="")),
            record(2, matches=(match(),), kept=replace(kept, abstract="", summary="")),
        ]
    )
    world.translate([r.key for r in world.store.records(EDITION)])
    first, second = world.store.records(EDITION)
    assert dict(zip(world.translator.asked, world.translator.extents, strict=True)) == {
        "2606.00001": Extent.TITLE,
        "2606.00002": Extent.FULL,
    }
    assert first.translation is not None
    assert second.translation is not None
    assert (first.translation.title, first.translation.abstract) == ("标题：2606.00001", "摘要：旧。")
    assert (second.translation.title, second.translation.abstract) == ("标题：旧", "摘要：2606.00002。")
    assert (first.kept, first.state, first.reason) == (None, State.PUBLISHED, "")


def test_what_never_got_its_turn_is_no_attempt_and_not_taken_for_a_crash() -> None:
    world = World(1)
    errors = world.translate(world.keys, world.keys, time_left=lambda: False)
    assert not errors[world.keys[0]].is_attempt
    assert world.states() == ["pending"]
    assert world.translator.asked == []


def test_what_is_throttled_for_long_is_in_english_until_the_repair_has_it_translated() -> None:
    world = World(2)
    first, second = world.keys
    throttled_today = ThrottledError("Too many tokens per day")
    world.translator.errors["2606.00001"] = throttled_today
    errors = world.translate(world.keys, world.keys)
    assert errors == {first: throttled_today}
    world.messages.renders.clear()
    assert world.translate.put_off(errors) == {}
    late, done = world.store.records(EDITION)
    assert (late.state, late.reason) == (State.UNTRANSLATED, "Too many tokens per day")
    assert late.repair == Repair(world.clock(), 0)
    assert done.state is State.PUBLISHED
    assert world.messages.renders == [EDITION]
    assert world.translate.put_off({first: throttled_today, second: throttled_today}) == {}
    assert world.store.records(EDITION) == [late, done], "twice is once, and what is translated stays so"


def test_what_cannot_be_put_off_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    world = World(1)
    away = TransientError("the table is away")
    monkeypatch.setattr(world.store, "save", Refusals(world.store.save, lambda *_: away))
    assert world.translate.put_off({world.keys[0]: ThrottledError("429")}) == {world.keys[0]: away}
    assert world.states() == ["pending"]
