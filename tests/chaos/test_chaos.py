"""A handful of seeds of the chaos suite; `make chaos` runs as many as you have time for."""

from __future__ import annotations

import json
from collections import Counter
from datetime import date
from functools import cache

import pytest
from chaos.day import sample_days
from chaos.faults import KINDS
from chaos.kernel import Kernel, Killed, Process, executor_for
from chaos.outcome import Outcome
from chaos.readers import Readers
from chaos.schedule import midnight, scheduled
from chaos.stage import simulate

PAPERS = 8
# Chosen by coverage: together they have nearly every kind of fault, and notice what they are there to notice.
SEEDS = (1, 2, 6, 11, 12, 27)
MORE_SEEDS = range(30, 42)  # as many as it takes to meet the kinds that those no longer meet


@pytest.fixture(autouse=True)
def _environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_LAMBDA_FUNCTION_NAME", "chaos")
    monkeypatch.setenv("SITE_URL", "https://daily.example.org")


@cache
def outcome_of(seed: int) -> Outcome:
    return simulate(seed, sample_days(PAPERS), brief=True)


@pytest.mark.parametrize("seed", SEEDS)
def test_every_promise_is_kept(seed: int) -> None:
    outcome = outcome_of(seed)
    again = f'make chaos SEEDS=1 FIRST={seed} PAPERS={PAPERS} ARGS="--brief"'
    assert outcome.wrong == [], f"again: {again}"
    assert sum(outcome.faults.values()) > 20, outcome.faults
    assert outcome.papers > PAPERS


def test_a_seed_is_one_course_of_events() -> None:
    first, second = (simulate(7, sample_days(2), brief=True) for _ in range(2))
    assert (first.trace, first.faults, first.events) == (second.trace, second.faults, second.events)


def test_a_quiet_day_has_no_faults_and_nothing_to_repair() -> None:
    outcome = simulate(1, sample_days(2), intensity=0, brief=True)
    assert (outcome.wrong, outcome.faults, outcome.repaired) == ([], Counter(), 0)
    assert outcome.repeated == Counter()


def test_every_kind_of_fault_occurs() -> None:
    kinds = {f"{service}: {kind}" for service, known in KINDS.items() for kind in known}
    kinds |= {
        f"sqs: {kind}" for kind in ("poison message", "reordered", "delivered twice", "delivered again late")
    }
    kinds |= {"process: kill", "process: function timeout", "schedule: twice", "lambda: throttle"}
    for seed in (*SEEDS, *MORE_SEEDS):
        kinds -= outcome_of(seed).faults.keys()
        assert outcome_of(seed).wrong == [], seed
        if not kinds:
            break
    assert kinds == set()


@pytest.mark.parametrize(("seed", "hours"), [(1, 3.0), (2, 11.0), (3, 30.0)])
def test_throttling_alone_ends_no_paper(seed: int, hours: float) -> None:
    """Not by Lambda, which delivers messages to nobody, and not by a model that answers nobody for a day."""
    outcome = simulate(seed, sample_days(PAPERS), brief=True, throttled=hours)
    assert outcome.wrong == []
    assert outcome.faults.keys() <= {"lambda: throttle", "model: throttle", "model: throttle with wait"}
    assert outcome.faults.total() > 10
    assert outcome.faults["lambda: throttle"]
    assert not [state for state, _ in outcome.written if state == "failed"]
    assert not [reason for _, reason in outcome.written if reason.startswith("given up")]
    assert not [name for name, count in outcome.events.items() if "dead letters" in name and count]
    assert outcome.repeated == Counter()


def test_schedules_are_the_templates() -> None:
    sunday = midnight(date(2026, 3, 8))  # the clock goes forward at two
    told = Counter(json.dumps(event) for _, event in scheduled(sunday - 1, sunday + 47 * 3600, brief=False))
    assert told == {"{}": 16 + 20, '{"repair": true}': 47, '{"watch": true}': 94}
    few = [event for _, event in scheduled(sunday - 1, sunday + 47 * 3600, brief=True)]
    assert {json.dumps(event) for event in few} == {"{}", '{"repair": true}'}


def test_the_earliest_wakes_first_and_a_dead_process_goes_no_further() -> None:
    kernel, seen = Kernel(100.0), []
    process = Process("render", 1, deadline=104.0)

    def work(name: str, seconds: float) -> None:
        for _ in range(3):
            kernel.sleep(seconds)
            seen.append((name, kernel.now))

    def clean_up() -> None:
        try:
            work("late", 3.0)
        finally:
            with pytest.raises(Killed):
                kernel.sleep(1.0)

    kernel.spawn(lambda: work("early", 1.0))
    kernel.spawn(clean_up, process)
    kernel.run()
    assert seen == [("early", 101.0), ("early", 102.0), ("late", 103.0), ("early", 103.0)]
    assert process.ended == "timeout"


def test_threads_of_an_invocation_take_turns() -> None:
    kernel, seen = Kernel(0.0), []

    def upload(number: int) -> int:
        kernel.sleep(10.0 - number)
        seen.append(number)
        return number * number

    def work() -> None:
        with executor_for(kernel)(max_workers=2) as pool:
            assert list(pool.map(upload, [1, 2, 3])) == [1, 4, 9]

    kernel.spawn(work)
    kernel.run()
    assert seen == [2, 1, 3]


def test_readers_notice_two_who_publish_at_once() -> None:
    readers = Readers()
    readers.began(1, 10.0)
    readers.began(2, 10.0)
    for renderer in (1, 1, 2, 2):
        readers.put("about/index.html", b"the same", renderer)
    assert readers.wrong == []
    readers.put("about/index.html", b"the same", 1)
    assert readers.wrong == ["about/index.html: renderers 2 and 1 publish at once"]


def test_readers_notice_what_leads_nowhere_and_what_goes_back() -> None:
    readers = Readers()
    readers.began(1, 10.0)
    readers.began(2, 20.0)
    readers.put("papers/2601.00001/index.html", b'<link href="/assets/a.css">', 1)
    assert readers.wrong.pop() == (
        "papers/2601.00001/index.html was published before assets/a.css, to which it leads"
    )
    readers.put("feed.atom", b'<link href="https://daily.example.org/papers/2601.00002/"/>', 1)
    assert "papers/2601.00002/index.html" in readers.wrong.pop()
    readers.put("about/index.html", b"new", 2)
    readers.began(3, 10.0)
    readers.put("about/index.html", b"old", 3)
    assert readers.wrong == ["about/index.html: a state read at 10 replaced that of 20"]
