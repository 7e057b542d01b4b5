"""Messages in any order, any number of times, with kills in between: Hypothesis looks for what hurts.

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
from arxivdaily.ports import ClassifyAnswer, TranslateAnswer, always
from arxivdaily.use_cases.classify import ClassifyPapers
from arxivdaily.use_cases.dispatch import Dispatcher
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


class MortalStore(MemoryPaperStore):
    """Kills whoever makes the n-th write, before or after it took effect; the dead write nothing more."""

    def __init__(self) -> None:
        super().__init__()
        self.left: int | None = None
        self.after = False
        self.is_dead = False

    def __getattribute__(self, name: str) -> Any:
        found = super().__getattribute__(name)
        if name not in _WRITES:
            return found

        def mortal(*words: Any) -> Any:
            if self.is_dead:
                raise Killed
            if self.left is None:
                return found(*words)
            self.left -= 1
            if self.left > 0:
                return found(*words)
            self.is_dead = True
            if self.after:
                found(*words)
            raise Killed

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

    def translate(self, paper: Paper, extent: Extent = Extent.FULL) -> TranslateAnswer:
        answer = super().translate(paper, extent)
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
        self.lost: Counter[tuple[str, str]] = Counter()  # those that a kill may have cost
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
            self.store, self.messages, self.classifier, dispatcher, self.clock, group=2
        )
        self.translate = TranslatePapers(
            self.store, self.messages, self.translator, self.clock, concurrency=2
        )

    def _deliver(self, work: Callable[[], Any], kill_at: int, after: bool) -> None:
        self.store.left, self.store.after, self.store.is_dead = kill_at or None, after, False
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
        finally:
            self.store.left, self.store.is_dead = None, False

    @rule(
        places=st.lists(st.integers(0, PAPERS - 1), min_size=1, max_size=4),
        failing=st.lists(st.integers(0, PAPERS - 1), max_size=2),
        last=st.booleans(),
        kill_at=st.integers(0, 9),
        after=st.booleans(),
    )
    def classify_some(
        self, places: list[int], failing: list[int], last: bool, kill_at: int, after: bool
    ) -> None:
        for place in failing:
            self.classifier.outcomes[self.keys[place].arxiv_id] = TransientError("throttled")
        keys = list(dict.fromkeys(self.keys[place] for place in places))
        self._deliver(lambda: self.classify(keys, keys if last else ()), kill_at, after)
        self.classifier.outcomes = dict(self.good)

    @rule(
        places=st.lists(st.integers(0, PAPERS - 1), min_size=1, max_size=4),
        failing=st.lists(st.integers(0, PAPERS - 1), max_size=2),
        last=st.booleans(),
        kill_at=st.integers(0, 9),
        after=st.booleans(),
    )
    def translate_some(
        self, places: list[int], failing: list[int], last: bool, kill_at: int, after: bool
    ) -> None:
        self.translator.errors = {self.keys[place].arxiv_id: TransientError("throttled") for place in failing}
        keys = list(dict.fromkeys(self.keys[place] for place in places))
        self._deliver(lambda: self.translate(keys, keys if last else ()), kill_at, after)
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
                self._deliver(partial(self._quietly, work), 0, False)
        states = {r.paper.arxiv_id: r.state for r in self.store.records(EDITION)}
        ended = {State.PUBLISHED, State.UNTRANSLATED, State.FAILED, State.UNMATCHED}
        assert set(states.values()) <= ended, states
        assert all(states[i] in (State.PUBLISHED, State.UNTRANSLATED, State.FAILED) for i in self.good), (
            states
        )
        for question, count in self.bought.items():
            assert count <= 1 + self.lost[question], (question, count, self.lost)


TestOrders = Orders.TestCase
TestOrders.settings = settings(
    max_examples=150, stateful_step_count=12, deadline=None, print_blob=True,
    suppress_health_check=[HealthCheck.too_slow], derandomize=True,
)  # fmt: skip
