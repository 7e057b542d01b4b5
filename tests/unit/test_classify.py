"""The classify use case, on fakes."""

from __future__ import annotations

import pytest
from arxivdaily.domain.records import State
from arxivdaily.errors import PermanentError, TransientError
from arxivdaily.ports import AnswerKey, ClassifyAnswer
from arxivdaily.use_cases.classify import ClassifyPapers
from arxivdaily.use_cases.dispatch import NO_TRANSLATOR, Dispatcher, is_by_choice
from fakes import (
    EDITION,
    MODEL,
    Clock,
    MemoryPaperStore,
    RecordingMessages,
    ScriptedClassifier,
    match,
    record,
)


class World:
    def __init__(self, papers: int, *, translates: bool = True, limit: int = 0) -> None:
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
    world = World(5)
    world.classify = ClassifyPapers(
        world.store,
        world.messages,
        world.classifier,
        Dispatcher(world.store, world.messages, translates=True, limit=0),
        world.clock,
        group=2,
    )
    times = iter([True, True, False])
    errors = world.classify(world.keys, time_left=lambda: next(times))
    assert [len(call) for call in world.classifier.calls] == [2, 2]
    assert list(errors) == world.keys[4:]
    assert world.states() == ["unmatched"] * 4 + ["pending"]
    assert world.classify(world.keys) == {}
    assert [len(call) for call in world.classifier.calls] == [2, 2, 1]


def test_an_answer_that_cannot_be_stored_fails_its_group_and_frees_the_claim(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    world = World(2)

    def refuse(_answers: object) -> None:
        raise TransientError("the table is throttled")

    with monkeypatch.context() as patch:
        patch.setattr(world.store, "put_answers", refuse)
        errors = world.classify(world.keys)
    assert [str(error) for error in errors.values()] == ["the table is throttled"] * 2
    assert world.classify(world.keys) == {}
    assert world.states() == ["unmatched", "unmatched"]
