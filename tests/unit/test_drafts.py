"""What a translation's calls have brought is not bought again, whatever ends it in between."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Callable
from dataclasses import replace

import pytest
from arxivdaily.domain.papers import Paper
from arxivdaily.domain.records import Spent, State, Usage
from arxivdaily.errors import ArxivDailyError, PermanentError, TransientError
from arxivdaily.fallback import FallbackTranslator
from arxivdaily.model_calls import PaidOnce, Patience
from arxivdaily.ports import AnswerKey, Completion, Draft, Prompt, Translator
from arxivdaily.translation.by_sentence import SentenceTranslator
from arxivdaily.translation.glossary import load_glossary
from arxivdaily.translation.translator import LlmTranslator
from arxivdaily.use_cases.drafting import MAX_DRAFT, Drafting
from arxivdaily.use_cases.translate import TranslatePapers
from chaos.chinese import chinese
from fakes import (
    EDITION,
    MODEL,
    NOW,
    Clock,
    MemoryPaperStore,
    RecordingMessages,
    Refusals,
    match,
    paper,
    record,
    used,
)
from hypothesis import given, settings
from hypothesis import strategies as st

IMPATIENT = Patience(tries=1)
USAGE = Usage(10, 0, 5)
SOURCE = paper(
    1,
    title="A Study of Things",
    abstract="We study the colours of things. There are many of them. Our method works well in all of "
    "them. Nobody knows why that is so.",
)
SUMMARY = "针对事物的研究提出了一种新方法，效果更好。"
KEY = AnswerKey(SOURCE.arxiv_id, SOURCE.version, "draft", MODEL)


class Model:
    """Answers each question well, unless `fails` at its number; remembers what was paid for."""

    def __init__(
        self, fails: Callable[[int], BaseException | None] = lambda _: None, name: str = "m"
    ) -> None:
        self.model = name
        self.fails = fails
        self.calls = 0
        self.paid: Counter[tuple[str, str]] = Counter()

    def complete(self, prompt: Prompt) -> Completion:
        number = self.calls
        self.calls += 1
        if error := self.fails(number):
            raise error
        self.paid[prompt.system, prompt.user] += 1
        return Completion(json.dumps(self._answer(prompt.user), ensure_ascii=False), USAGE)

    def _answer(self, user: str) -> dict[str, str]:
        found = dict(re.findall(r"(?m)^(Title|Abstract|Sentence): (.*)$", user))
        if "Title" in found:
            answer = {"title_zh": found["Title"], "abstract_zh": found["Abstract"]}
            return {name: self._chinese(text) for name, text in answer.items()} | {"summary_zh": SUMMARY}
        return {"zh": self._chinese(found["Sentence"]) if found else SUMMARY}

    def _chinese(self, text: str) -> str:
        return chinese(text.replace("93.7", "many"))  # a number that gets lost

    @property
    def total(self) -> Usage:
        return sum((USAGE for _ in self.paid.elements()), Usage())


class World:
    def __init__(self, translator: Translator, source: Paper = SOURCE) -> None:
        self.store = MemoryPaperStore()
        self.clock = Clock()
        self.metered: list[Spent] = []
        self.translate = TranslatePapers(
            self.store,
            RecordingMessages(),
            translator,
            self.clock,
            concurrency=1,
            meter=self.metered.extend,
            sleep=self.clock.advance,
        )
        self.store.add_records([replace(record(1, matches=(match(),)), paper=source)])
        self.key = self.store.records(EDITION)[0].key

    def deliver(self) -> ArxivDailyError | None:
        return self.translate([self.key]).get(self.key)

    @property
    def state(self) -> State:
        return self.store.records(EDITION)[0].state

    @property
    def spent(self) -> Usage:
        return used(self.store.records(EDITION)[0].spent)


def by_sentence(model: Model) -> SentenceTranslator:
    return SentenceTranslator(model, load_glossary(), patience=IMPATIENT)


def questions() -> int:
    """How many calls the paper takes if nothing fails."""
    model = Model()
    by_sentence(model).translate(SOURCE)
    return model.calls


@settings(deadline=None)
@given(st.sets(st.integers(0, 3 * questions())))
def test_a_redelivery_asks_for_what_is_missing_and_all_that_was_paid_is_in_the_record(
    failures: set[int],
) -> None:
    model = Model(lambda number: TransientError("busy") if number in failures else None)
    world = World(by_sentence(model))
    for _ in range(len(failures) + 1):
        error = world.deliver()
        assert world.spent == model.total == used(world.metered)
        if error is None:
            break
        assert isinstance(error, TransientError)
    assert world.state is State.PUBLISHED
    assert set(model.paid.values()) == {1}
    assert len(model.paid) == questions()


class Killed(BaseException):
    """The process is gone: nothing of ours runs any more but what has been stored."""


def test_a_process_that_is_killed_loses_the_sentence_under_way_and_no_other() -> None:
    model = Model(lambda number: Killed() if number == 4 else None)
    world = World(by_sentence(model))
    with pytest.raises(Killed):
        world.deliver()
    world.clock.advance(16 * 60 + 1)  # its claim ends
    assert world.deliver() is None
    assert set(model.paid.values()) == {1}


def test_a_draft_is_stored_though_the_store_refuses_at_first(monkeypatch: pytest.MonkeyPatch) -> None:
    model = Model(lambda number: TransientError("busy") if number == 4 else None)
    world = World(by_sentence(model))
    refused = iter([TransientError("slow down")] * 6)  # every save meanwhile, and the first one at the end
    refusing = Refusals(world.store.put_answers, lambda _answers: next(refused, None))
    monkeypatch.setattr(world.store, "put_answers", refusing)
    assert isinstance(world.deliver(), TransientError)
    assert world.deliver() is None
    assert set(model.paid.values()) == {1}


def test_what_the_gate_refused_is_asked_anew() -> None:
    model = Model()
    world = World(by_sentence(model), replace(SOURCE, abstract=SOURCE.abstract + " We gain 93.7 percent."))
    assert world.deliver() is None
    assert world.state is State.UNTRANSLATED  # the number is in no answer
    first = model.calls
    assert world.spent == model.total
    stored = world.store.records(EDITION)[0]
    world.store.save(replace(stored, state=State.PENDING))
    assert world.deliver() is None
    assert model.calls == 2 * first
    assert world.spent == model.total


def test_a_second_answer_that_fails_does_not_cost_the_first_again() -> None:
    """The same where a paper is one call: its first answer was refused, the model was busy for the second."""
    source = replace(SOURCE, abstract="We gain 93.7 percent with many things and it works well for all.")
    model = Model(lambda number: TransientError("busy") if number == 1 else None)
    world = World(LlmTranslator(model, patience=IMPATIENT), source)
    assert isinstance(world.deliver(), TransientError)
    assert world.spent == USAGE
    world.deliver()
    assert set(model.paid.values()) == {1}
    assert len(model.paid) == 2
    assert world.spent == model.total


def test_a_fallback_model_goes_on_where_it_was() -> None:
    first = Model(lambda number: TransientError("down") if number >= 3 else None, "first")
    second = Model(lambda number: TransientError("busy") if number == 4 else None, "second")
    world = World(FallbackTranslator(by_sentence(first), by_sentence(second)))
    assert isinstance(world.deliver(), TransientError)
    assert world.deliver() is None
    assert set(first.paid.values()) == {1} == set(second.paid.values())
    assert world.spent == first.total + second.total
    made = world.store.records(EDITION)[0].translation
    assert made
    assert made.made_by.model == "second"


@pytest.mark.parametrize("error", [TransientError("busy"), PermanentError("withheld")])
def test_an_error_says_what_was_spent(error: ArxivDailyError) -> None:
    model = Model(lambda number: error if number == 3 else None)
    with pytest.raises(type(error)) as caught:
        by_sentence(model).translate(SOURCE)
    assert used(caught.value.spent) == USAGE + USAGE + USAGE


# --- a draft is bounded ---------------------------------------------------------------------------


@settings(deadline=None)
@given(st.lists(st.tuples(st.text(max_size=5), st.integers(0, 40_000)), max_size=12))
def test_a_draft_fits_an_item_of_dynamodb(answers: list[tuple[str, int]]) -> None:
    store = MemoryPaperStore()
    drafting = Drafting(store, KEY, None, NOW)
    for number, (text, times) in enumerate(answers):
        drafting.keep(f"{number:032}", Completion(text * times, USAGE))
    drafting.save()
    stored = store.answers([KEY]).get(KEY)
    if isinstance(stored, Draft):
        as_json = {q: {"text": a.text, "truncated": a.truncated} for q, a in stored.answered.items()}
        assert len(json.dumps(as_json, ensure_ascii=False).encode()) <= MAX_DRAFT
        again = Drafting(store, KEY, stored, NOW)
        assert all(again.known(question) == answer for question, answer in stored.answered.items())


def test_what_cannot_be_written_is_not_remembered() -> None:
    drafting = Drafting(MemoryPaperStore(), KEY, None, NOW)
    drafting.keep("q", Completion("half of a pair: \ud800", USAGE))
    assert drafting.known("q") is None


def test_only_the_very_same_question_is_known() -> None:
    store = MemoryPaperStore()
    model = Model()
    asked = PaidOnce(model, Drafting(store, KEY, None, NOW))
    prompt = Prompt("n", "system", "user", {"properties": {}}, 10)
    variants = [
        prompt,
        replace(prompt, user="other"),
        replace(prompt, system="other"),
        replace(prompt, name="x"),
    ]
    for one in (*variants, *variants):
        asked.complete(one)
    assert model.calls == len(variants)
    assert asked.usage == model.total
    assert PaidOnce(Model(name="another"), Drafting(store, KEY, None, NOW)).complete(prompt).usage == USAGE
