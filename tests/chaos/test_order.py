"""Messages in any order, any number of times, with kills and refused writes: Hypothesis looks for what hurts.

The use cases run on in-memory ports, so that thousands of orders take seconds; the simulation beside it has
the adapters. A run that fails is printed step by step.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from typing import Any
from unittest import mock

from arxivdaily.domain.editions import Edition
from arxivdaily.domain.papers import Paper, PaperKey
from arxivdaily.domain.records import Extent, State
from arxivdaily.errors import ArxivDailyError, TransientError
from arxivdaily.ports import ClassifyAnswer, Progress, TranslateAnswer, always
from arxivdaily.use_cases.classify import ClassifyPapers
from arxivdaily.use_cases.dispatch import Dispatcher
from arxivdaily.use_cases.saving import PAUSES
from arxivdaily.use_cases.translate import TranslatePapers
from chaos.kernel import Kernel, Killed, executor_for
from fakes import (
    EDITION,
    Clock,
    MemoryPaperStore,
    RecordingMessages,
    ScriptedClassifier,
    ScriptedTranslator,
    match,
    record,
)
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

PAPERS = 4
_WRITES = {"save", "put_answers", "claim", "release"}


@dataclass(frozen=True)
class Trouble:
    """What writes meet, counted from 1. The `kill_at`-th ends the process; from `refuse_from` on, `refusals`
    of them fail. `after`: each after it took effect."""

    kill_at: int = 0
    refuse_from: int = 1
    refusals: int = 0
    after: bool = False


TROUBLE = st.builds(
    Trouble,
    kill_at=st.just(0) | st.integers(0, 9),
    refuse_from=st.integers(1, 6),
    refusals=st.sampled_from((0, 0, 1, 3, len(PAUSES), len(PAUSES) + 2, 40)),
    after=st.booleans(),
)


class MortalStore(MemoryPaperStore):
    """Refuses writes and kills whoever makes them; the dead write nothing more."""

    def __init__(self) -> None:
        super().__init__()
        self.begin(Trouble())

    def begin(self, trouble: Trouble) -> None:
        """Another process, without a past."""
        self.trouble = trouble
        self.number = 0
        self.refused: Counter[str] = Counter()  # writes that had no effect, by name
        self.is_dead = False

    def __getattribute__(self, name: str) -> Any:
        found = super().__getattribute__(name)
        if name not in _WRITES:
            return found

        def mortal(*words: Any) -> Any:
            if self.is_dead:
                raise Killed
            self.number += 1
            trouble = self.trouble
            self.is_dead = self.number == trouble.kill_at
            fails = trouble.refuse_from <= self.number < trouble.refuse_from + trouble.refusals
            if not (self.is_dead or fails):
                return found(*words)
            if trouble.after and (self.is_dead or name != "claim"):  # which a store gives back
                found(*words)
            elif fails:
                self.refused[name] += 1
            if self.is_dead:
                raise Killed
            raise TransientError(f"{name} is refused")

        return mortal


@dataclass
class CountingClassifier(ScriptedClassifier):
    bought: Counter[tuple[str, str]] = field(default_factory=Counter)

    def classify(
        self, papers: Sequence[Paper], time_left: Callable[[], bool] = always
    ) -> Sequence[ClassifyAnswer | ArxivDailyError]:
        outcomes = super().classify(papers, time_left)
        for paper, outcome in zip(papers, outcomes, strict=True):
            if isinstance(outcome, ClassifyAnswer):
                self.bought["classify", paper.arxiv_id] += 1
        return outcomes


@dataclass
class CountingTranslator(ScriptedTranslator):
    bought: Counter[tuple[str, str]] = field(default_factory=Counter)

    def translate(
        self, paper: Paper, extent: Extent = Extent.FULL, progress: Progress | None = None
    ) -> TranslateAnswer:
        answer = super().translate(paper, extent, progress)
        self.bought["translate", paper.arxiv_id] += 1
        return answer


class Orders(RuleBasedStateMachine):
    """Any message may come at any time: before or after its turn, often, with others, as its last attempt."""

    @initialize()
    def announce(self) -> None:
        self.clock = Clock()
        self.store = MortalStore()
        self.messages = RecordingMessages()
        self.bought: Counter[tuple[str, str]] = Counter()  # good answers, by stage and paper
        self.lost: Counter[tuple[str, str]] = Counter()  # those that a kill or a storm may have cost
        self.classifier = CountingClassifier(bought=self.bought)
        self.translator = CountingTranslator(bought=self.bought)
        self.store.create_edition(Edition(EDITION, self.clock()))
        records = [record(number) for number in range(1, PAPERS + 1)]
        self.store.add_records(records)
        self.keys = [r.key for r in records]
        self.good = {key.arxiv_id: (match(),) for key in self.keys[:-1]}
        self.classifier.outcomes = dict(self.good)
        dispatcher = Dispatcher(self.store, self.messages, translates=True, limit=0)
        self.classify = ClassifyPapers(
            self.store,
            self.messages,
            self.classifier,
            dispatcher,
            self.clock,
            group=2,
            sleep=self.clock.advance,
        )
        self.translate = TranslatePapers(
            self.store,
            self.messages,
            self.translator,
            self.clock,
            concurrency=2,
            sleep=self.clock.advance,
        )

    def _deliver(self, work: Callable[[], Any], trouble: Trouble) -> None:
        self.store.begin(trouble)
        inline = executor_for(Kernel(0.0))
        before = Counter(self.bought)
        try:
            with (
                mock.patch("arxivdaily.use_cases.classify.ThreadPoolExecutor", inline),
                mock.patch("arxivdaily.use_cases.translate.ThreadPoolExecutor", inline),
            ):
                work()
        except Killed:
            self.lost += self.bought - before  # stored or not
        except TransientError:
            pass  # the whole batch comes back
        finally:
            if self.store.refused["put_answers"] > len(PAUSES) and self.store.refused["save"]:
                self.lost += self.bought - before  # every try was used up, and no record could take them
            self.store.begin(Trouble())

    @rule(
        places=st.lists(st.integers(0, PAPERS - 1), min_size=1, max_size=4),
        failing=st.lists(st.integers(0, PAPERS - 1), max_size=2),
        last=st.booleans(),
        trouble=TROUBLE,
    )
    def classify_some(self, places: list[int], failing: list[int], last: bool, trouble: Trouble) -> None:
        for place in failing:
            self.classifier.outcomes[self.keys[place].arxiv_id] = TransientError("throttled")
        keys = list(dict.fromkeys(self.keys[place] for place in places))
        self._deliver(lambda: self.classify(keys, keys if last else ()), trouble)
        self.classifier.outcomes = dict(self.good)

    @rule(
        places=st.lists(st.integers(0, PAPERS - 1), min_size=1, max_size=4),
        failing=st.lists(st.integers(0, PAPERS - 1), max_size=2),
        last=st.booleans(),
        trouble=TROUBLE,
    )
    def translate_some(self, places: list[int], failing: list[int], last: bool, trouble: Trouble) -> None:
        self.translator.errors = {self.keys[place].arxiv_id: TransientError("throttled") for place in failing}
        keys = list(dict.fromkeys(self.keys[place] for place in places))
        self._deliver(lambda: self.translate(keys, keys if last else ()), trouble)
        self.translator.errors = {}

    @rule(minutes=st.sampled_from((1, 7, 20)))
    def wait(self, minutes: int) -> None:
        self.clock.advance(60 * minutes)

    @invariant()
    def every_paper_is_in_one_state(self) -> None:
        if not hasattr(self, "store"):
            return
        stored = self.store.records(EDITION)
        assert [r.key for r in stored] == self.keys
        assert {r.state for r in stored} <= set(State) - {State.REVISION}

    def _quietly(self, work: Callable[[Sequence[PaperKey]], Mapping[PaperKey, ArxivDailyError]]) -> None:
        assert not work(self.keys)

    def teardown(self) -> None:
        """Then it is quiet: whatever waits is delivered, and everything comes to its end."""
        if not hasattr(self, "store"):
            return
        for _ in range(3):
            self.clock.advance(timedelta(minutes=20).total_seconds())
            for work in (self.classify, self.translate):
                self._deliver(partial(self._quietly, work), Trouble())
        states = {r.paper.arxiv_id: r.state for r in self.store.records(EDITION)}
        ended = {State.PUBLISHED, State.UNTRANSLATED, State.FAILED, State.UNMATCHED}
        assert set(states.values()) <= ended, states
        assert all(states[i] in (State.PUBLISHED, State.UNTRANSLATED, State.FAILED) for i in self.good), (
            states
        )
        for question, count in self.bought.items():
            assert count <= 1 + self.lost[question], (question, count, self.lost)
        for found in self.store.records(EDITION):
            told: Counter[str] = Counter()
            for spent in found.spent:
                told[spent.stage] += spent.usage.input_tokens
            for stage, price in (("classify", 10), ("translate", 100)):
                paid = price * self.bought[stage, found.paper.arxiv_id]
                assert told[stage] <= paid, (stage, found.paper.arxiv_id, told, paid)


TestOrders = Orders.TestCase
TestOrders.settings = settings(
    max_examples=150, stateful_step_count=12, deadline=None, print_blob=True,
    suppress_health_check=[HealthCheck.too_slow], derandomize=True,
)  # fmt: skip
