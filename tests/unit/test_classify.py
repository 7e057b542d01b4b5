"""The classify use case, on fakes."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from arxivdaily.domain.records import NextVersion, Record, Repair, Spent, State, Usage
from arxivdaily.errors import ArxivDailyError, PermanentError, ThrottledError, TransientError
from arxivdaily.ports import AnswerKey, ClassifyAnswer
from arxivdaily.use_cases.classify import ClassifyPapers
from arxivdaily.use_cases.dispatch import NO_TRANSLATOR, Dispatcher, is_by_choice
from arxivdaily.use_cases.giving_up import GiveUpPapers
from arxivdaily.use_cases.saving import ALWAYS, PAUSES
from fakes import (
    EDITION,
    MODEL,
    NOW,
    Clock,
    MemoryPaperStore,
    RecordingMessages,
    Refusals,
    ScriptedClassifier,
    match,
    record,
    used,
)


class World:
    def __init__(self, papers: int, *, translates: bool = True, limit: int = 0, group: int = 1) -> None:
        self.store = MemoryPaperStore()
        self.messages = RecordingMessages()
        self.classifier = ScriptedClassifier()
        self.clock = Clock()
        self.classify = ClassifyPapers(
            self.store,
            self.messages,
            self.classifier,
            Dispatcher(self.store, self.messages, translates=translates, limit=limit),
            self.clock,
            group=group,
            sleep=self.clock.advance,
        )
        records = [record(n) for n in range(1, papers + 1)]
        self.store.add_records(records)
        self.keys = [r.key for r in records]

    def match(self, number: int, score: int = 80) -> None:
        self.classifier.outcomes[f"2606.{number:05d}"] = (match(score=score),)

    def states(self) -> list[str]:
        return [r.state.value for r in self.store.records(EDITION)]


def test_matched_papers_go_on_and_the_others_are_done() -> None:
    world = World(3)
    world.match(2)
    assert world.classify(world.keys) == {}
    assert world.states() == ["unmatched", "pending", "unmatched"]
    assert world.messages.translate == [world.keys[1]]
    assert world.messages.renders == [EDITION]


@pytest.mark.parametrize("limit", [0, 1])
def test_a_paper_that_cannot_be_saved_keeps_no_other_from_being_sent_on(
    monkeypatch: pytest.MonkeyPatch, limit: int
) -> None:
    """Of three matched papers one is superseded, and with a limit another is too weak."""
    world = World(3, limit=limit)
    for number in (1, 2, 3):
        world.match(number, score=60 + number)
    first = world.store.find(world.keys[:1])[world.keys[0]]
    world.store.save(replace(first, superseded=NextVersion("2026-06-19", 2, withdrawn=False)))
    poison = PermanentError("ValidationException")

    def refused(record: Record) -> ArxivDailyError | None:
        return poison if record.state is State.UNTRANSLATED else None

    monkeypatch.setattr(world.store, "save", Refusals(world.store.save, refused))
    errors = world.classify(world.keys)
    assert set(world.messages.translate) == set(world.keys[2:] if limit else world.keys[1:])
    assert set(errors.values()) == {poison}, "the messages come back"
    assert world.messages.renders == [EDITION]


def test_a_given_up_paper_that_cannot_be_brought_back_fails_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    world = World(2)
    GiveUpPapers(world.store, world.messages, world.clock)(world.keys[:1])
    poison = PermanentError("ValidationException")

    def refused(record: Record) -> ArxivDailyError | None:
        return poison if record.key == world.keys[0] else None

    monkeypatch.setattr(world.store, "save", Refusals(world.store.save, refused))
    assert world.classify(world.keys) == {world.keys[0]: poison}
    assert world.states()[1] == "unmatched"


def test_a_second_delivery_asks_nothing_and_sends_the_paper_on_again() -> None:
    world = World(2)
    world.match(1)
    world.classify(world.keys)
    world.classify(world.keys)
    assert len(world.classifier.asked) == 2
    assert world.messages.translate == [world.keys[0]] * 2  # the first send may have been lost


def test_a_stored_answer_is_not_bought_again() -> None:
    world = World(1)
    key = AnswerKey("2606.00001", 1, "classify", MODEL)
    world.store.put_answers({key: ClassifyAnswer((match(),), MODEL)})
    world.classify(world.keys)
    assert world.classifier.asked == []
    assert world.states() == ["pending"]


def test_a_passing_failure_comes_back_alone() -> None:
    world = World(2)
    world.match(1)
    world.classifier.outcomes["2606.00002"] = TransientError("throttled")
    errors = world.classify(world.keys)
    assert list(errors) == [world.keys[1]]
    assert world.states() == ["pending", "pending"]
    world.match(2)
    assert world.classify([world.keys[1]]) == {}
    assert world.store.records(EDITION)[1].awaits_translation


def test_a_passing_failure_is_final_on_the_last_attempt() -> None:
    world = World(1)
    world.classifier.outcomes["2606.00001"] = TransientError("throttled")
    assert world.classify(world.keys, world.keys) == {}
    stored = world.store.records(EDITION)[0]
    assert (stored.state, stored.reason) == (State.FAILED, "throttled")


def test_a_throttled_paper_waits_even_on_the_last_attempt() -> None:
    world = World(2)
    world.match(1)
    world.match(2)
    good = dict(world.classifier.outcomes)
    world.classifier.outcomes["2606.00001"] = ThrottledError("Too many tokens per day", retry_after=60)
    errors = world.classify(world.keys, world.keys)
    assert isinstance(errors[world.keys[0]], ThrottledError)
    assert world.states() == ["pending", "pending"]
    assert world.store.records(EDITION)[1].awaits_translation
    world.classifier.outcomes = good
    assert world.classify(world.keys, world.keys) == {}
    assert all(r.awaits_translation for r in world.store.records(EDITION))
    assert world.classifier.asked.count("2606.00002") == 1


def test_on_one_computer_what_is_throttled_for_long_fails_until_the_next_run() -> None:
    world = World(2)
    errors = {world.keys[0]: ThrottledError("HTTP 429: quota")}
    assert world.classify.put_off(errors) == {}
    failed, other = world.store.records(EDITION)
    assert (failed.state, failed.reason, failed.repair) == (
        State.FAILED,
        "HTTP 429: quota",
        Repair(world.clock(), 0),
    )
    assert other.state is State.PENDING
    assert world.messages.renders == [EDITION]
    assert world.classify.put_off(errors) == {}, "twice is once"
    assert world.store.records(EDITION)[0] == failed


def test_what_was_throttled_after_it_had_cost_something_is_an_attempt() -> None:
    world = World(1)
    error = ThrottledError("HTTP 429")
    error.spent = (Spent("classify", "m", Usage(10, 0, 1)),)
    world.classifier.outcomes["2606.00001"] = error
    assert world.classify(world.keys, world.keys) == {}
    assert world.states() == ["failed"]


def test_a_permanent_failure_is_recorded_at_once() -> None:
    world = World(1)
    world.classifier.outcomes["2606.00001"] = PermanentError("no valid answer")
    assert world.classify(world.keys) == {}
    assert world.states() == ["failed"]


def test_a_paper_that_is_being_asked_about_elsewhere_waits() -> None:
    world = World(1)
    key = AnswerKey("2606.00001", 1, "classify", MODEL)
    now = world.clock()
    world.clock.advance(60)
    world.store.claim(key, now, world.clock())
    world.clock.now = now
    errors = world.classify(world.keys)
    assert isinstance(errors[world.keys[0]], TransientError)
    assert world.classifier.asked == []
    world.clock.advance(61)
    assert world.classify(world.keys) == {}


def test_a_message_for_an_unknown_paper_is_poison() -> None:
    world = World(1)
    unknown = record(9).key
    errors = world.classify([*world.keys, unknown])
    assert list(errors) == [unknown]
    assert isinstance(errors[unknown], PermanentError)


def test_without_a_translator_papers_are_published_in_english_at_once() -> None:
    world = World(1, translates=False)
    world.match(1)
    world.classify(world.keys)
    stored = world.store.records(EDITION)[0]
    assert (stored.state, stored.reason) == (State.UNTRANSLATED, NO_TRANSLATOR)
    assert not world.messages.translate


@pytest.mark.parametrize("batch", [1, 2, 5])
def test_a_limit_chooses_the_best_of_the_whole_edition(batch: int) -> None:
    world = World(5, limit=2)
    for number, score in enumerate((60, 90, 70, 80, 50), 1):
        world.match(number, score)
    for start in range(0, 5, batch):
        assert not world.messages.translate, "chosen before every paper was classified"
        world.classify(world.keys[start : start + batch])
    assert [k.arxiv_id[-1] for k in world.messages.translate] == ["2", "4"]
    left = [r for r in world.store.records(EDITION) if r.state is State.UNTRANSLATED]
    assert [r.paper.arxiv_id[-1] for r in left] == ["1", "3", "5"]
    assert all(is_by_choice(r.reason) for r in left)


def test_papers_share_a_call_and_what_has_no_time_left_costs_nothing() -> None:
    world = World(5, group=2)
    times = iter([True, True, False])
    errors = world.classify(world.keys, time_left=lambda: next(times))
    assert [len(call) for call in world.classifier.calls] == [2, 2]
    assert list(errors) == world.keys[4:]
    assert world.states() == ["unmatched"] * 4 + ["pending"]
    assert world.classify(world.keys) == {}
    assert [len(call) for call in world.classifier.calls] == [2, 2, 1]


def throttled(*_: object) -> TransientError:
    """A new one each time: errors carry what was spent."""
    return TransientError("the table is throttled")


ANSWER = AnswerKey("2606.00001", 1, "classify", MODEL)


def paid(world: World) -> int:
    return sum(used(r.spent).input_tokens for r in world.store.records(EDITION))


def test_a_refused_write_of_answers_is_tried_again_and_nothing_is_bought_twice(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    world = World(2, group=2)
    errors = iter([throttled()] * len(PAUSES))
    refusing = Refusals(world.store.put_answers, lambda _answers: next(errors, None))
    monkeypatch.setattr(world.store, "put_answers", refusing)
    assert world.classify(world.keys) == {}
    assert refusing.count == len(PAUSES)
    assert world.clock() == NOW + timedelta(seconds=sum(PAUSES))
    assert len(world.classifier.calls) == 1
    assert world.store.answers([ANSWER])


@pytest.mark.parametrize(
    ("error", "tries"), [(throttled(), 1 + ALWAYS), (PermanentError("ValidationException: too large"), 1)]
)
def test_an_answer_that_cannot_be_stored_is_saved_with_its_record(
    monkeypatch: pytest.MonkeyPatch, error: ArxivDailyError, tries: int
) -> None:
    """A late invocation has a few tries all the same; what cannot help is not repeated."""
    world = World(2, group=2)
    world.match(1)
    refusing = Refusals(world.store.put_answers, lambda _answers: error)
    monkeypatch.setattr(world.store, "put_answers", refusing)
    times = iter([True])
    assert world.classify(world.keys, time_left=lambda: next(times, False)) == {}
    assert refusing.count == tries
    assert world.states() == ["pending", "unmatched"]
    assert world.messages.translate == [world.keys[0]]
    assert paid(world) == 20
    now = world.clock()
    assert not world.store.claim(ANSWER, now, now), "who has read the record before must not ask"


@pytest.mark.parametrize("readable", [True, False])
@pytest.mark.parametrize("stored", [True, False])
def test_an_answer_that_can_be_kept_nowhere_is_paid_for_again_and_its_cost_is_not_forgotten(
    monkeypatch: pytest.MonkeyPatch, stored: bool, readable: bool
) -> None:
    world = World(1)
    world.match(1)
    with monkeypatch.context() as patch:
        patch.setattr(world.store, "put_answers", Refusals(world.store.put_answers, throttled, stored))
        if not readable:
            reads = iter([None, None])
            patch.setattr(
                world.store, "answers", Refusals(world.store.answers, lambda _k: next(reads, throttled()))
            )
        saves = iter([throttled()])
        patch.setattr(world.store, "save", Refusals(world.store.save, lambda _r: next(saves, None)))
        errors = world.classify(world.keys)
    assert list(errors) == world.keys
    assert world.classify(world.keys) == {}
    assert world.store.records(EDITION)[0].awaits_translation
    calls = len(world.classifier.asked)
    assert calls == (1 if stored else 2)
    assert paid(world) == 10 * (calls if readable else 1)


def test_a_save_whose_reply_is_lost_counts_an_answer_once(monkeypatch: pytest.MonkeyPatch) -> None:
    world = World(1)
    with monkeypatch.context() as patch:
        patch.setattr(world.store, "put_answers", Refusals(world.store.put_answers, throttled))
        saves = iter([throttled()])
        patch.setattr(world.store, "save", Refusals(world.store.save, lambda _r: next(saves, None), True))
        world.classify(world.keys)
    assert world.classify(world.keys) == {}
    assert (len(world.classifier.asked), paid(world)) == (1, 10)


@pytest.mark.parametrize("last", [True, False])
def test_a_record_that_cannot_be_saved_leaves_the_others_alone(
    monkeypatch: pytest.MonkeyPatch, last: bool
) -> None:
    world = World(3)
    for number in (1, 2, 3):
        world.match(number)
    too_large = PermanentError("ValidationException: item too large")
    refusing = Refusals(world.store.save, lambda r: too_large if r.paper.arxiv_id == "2606.00001" else None)
    monkeypatch.setattr(world.store, "save", refusing)
    assert world.classify(world.keys, world.keys if last else ()) == {world.keys[0]: too_large}
    assert world.messages.translate == world.keys[1:]
    assert world.messages.renders == [EDITION]


def test_an_answer_that_makes_its_record_too_large_is_told_in_the_ledger(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    world = World(1)
    world.match(1)
    too_large = PermanentError("ValidationException: item too large")
    monkeypatch.setattr(
        world.store, "save", Refusals(world.store.save, lambda r: too_large if r.matches else None)
    )
    assert world.classify(world.keys) == {}
    (stored,) = world.store.records(EDITION)
    assert (stored.state, stored.reason) == (State.FAILED, str(too_large))


def test_a_claim_that_cannot_be_given_back_hides_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    world = World(2, group=2)
    world.match(2)
    world.classifier.outcomes["2606.00001"] = TransientError("slow down")
    monkeypatch.setattr(world.store, "release", Refusals(world.store.release, throttled))
    assert {str(error) for error in world.classify(world.keys).values()} == {"slow down"}
    assert world.messages.translate == [world.keys[1]]


def test_a_claim_that_fails_keeps_its_own_paper_alone_from_being_asked_about(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    world = World(2, group=2)
    refusing = Refusals(world.store.claim, lambda key, *_: throttled() if key == ANSWER else None)
    monkeypatch.setattr(world.store, "claim", refusing)
    assert list(world.classify(world.keys)) == world.keys[:1]
    assert world.states() == ["pending", "unmatched"]


def test_an_answer_that_came_before_the_claim_is_not_bought_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """Another invocation stored it after this one had looked, and its claim has ended."""
    world = World(2, group=2)
    claim = world.store.claim

    def late(key: AnswerKey, now: datetime, until: datetime) -> bool:
        if key == ANSWER:
            world.store.put_answers({key: ClassifyAnswer((match(),), MODEL)})
        return claim(key, now, until)

    monkeypatch.setattr(world.store, "claim", late)
    assert world.classify(world.keys) == {}
    assert world.classifier.asked == ["2606.00002"]
    assert world.messages.translate == [world.keys[0]]
