"""Metrics as CloudWatch reads them from the log."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from arxivdaily import wiring
from arxivdaily.adapters.metrics import (
    METRICS,
    MeasuredModel,
    count_failed_refresh,
    count_tokens,
    measured_fetch,
    measured_render,
    report_edition,
    report_failed,
    report_overdue,
    report_repair,
    report_unread,
)
from arxivdaily.domain.governor import Price, Tariff
from arxivdaily.domain.records import Spent, State, Usage
from arxivdaily.errors import PermanentError, TransientError
from arxivdaily.ports import Prompt
from arxivdaily.settings import load_settings
from arxivdaily.use_cases.allowance import Budget
from arxivdaily.use_cases.fetch import FetchRequest, FetchResult, Outcome
from arxivdaily.use_cases.render import RenderResult
from fakes import EDITION, match, paper, record, translation
from fakes_models import FakeModel

MONEY = Tariff({"m": Price(1.0, 0.5, 2.0)}, "USD")
PROMPT = Prompt("n", "s", "u", {}, 10)


def emitted(capsys: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    """Every line's properties; what is declared as a metric is checked against the list of them."""
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    for line in lines:
        (directive,) = line["_aws"]["CloudWatchMetrics"]
        assert directive["Namespace"] == "arXivDaily"
        (dimensions,) = directive["Dimensions"]
        assert set(dimensions) <= line.keys()
        for metric in directive["Metrics"]:
            known = METRICS[metric["Name"]]
            assert metric["Unit"] == known.unit.value
            assert sorted(dimensions) == sorted(known.dimensions), metric["Name"]
            (line[metric["Name"]],) = line[metric["Name"]]
    return lines


def names(line: dict[str, Any]) -> set[str]:
    return {metric["Name"] for metric in line["_aws"]["CloudWatchMetrics"][0]["Metrics"]}


def ticking(*instants: float) -> Any:
    moments: Iterator[float] = iter(instants)
    return lambda: next(moments)


def test_tokens_are_counted_by_stage_and_model(capsys: pytest.CaptureFixture[str]) -> None:
    count_tokens([Spent("classify", "m", Usage(100, 80, 9)), Spent("translate", "n", Usage(5, 0, 7))])
    first, second = emitted(capsys)
    assert (first["stage"], first["model"], first["service"]) == ("classify", "m", "test")
    assert (first["InputTokens"], first["CachedTokens"], first["OutputTokens"]) == (100, 80, 9)
    assert (second["stage"], second["OutputTokens"]) == ("translate", 7)


def everything() -> None:
    """A line of every kind."""
    report_edition(EDITION, [record(1)])
    report_overdue(EDITION, True)
    report_unread(EDITION, 2)
    report_repair(1, 0)
    count_failed_refresh()
    count_tokens([Spent("classify", "m", Usage(100, 80, 9))])


def test_full_makes_a_metric_of_every_figure(capsys: pytest.CaptureFixture[str]) -> None:
    everything()
    for line in emitted(capsys):
        assert names(line) == line.keys() & METRICS.keys()


@pytest.fixture
def observed(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str], None]]:
    """Sets OBSERVABILITY, for this test alone."""

    def choose(level: str) -> None:
        monkeypatch.setenv("OBSERVABILITY", level)
        load_settings.cache_clear()

    yield choose
    load_settings.cache_clear()


@pytest.mark.parametrize("level", ["basic", "none"])
def test_figures_that_a_level_makes_no_metric_of_stand_in_the_log(
    level: str, capsys: pytest.CaptureFixture[str], observed: Callable[[str], None]
) -> None:
    everything()
    full = [line.keys() & METRICS.keys() for line in emitted(capsys)]
    observed(level)
    everything()
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [line.keys() & METRICS.keys() for line in lines] == full
    made = {name for line in lines if "_aws" in line for name in names(line)}
    wanted = {name for line in full for name in line if METRICS[name].is_made(level)}
    assert made == wanted
    assert bool(made) is (level == "basic")
    for line in lines:
        assert "_aws" not in line or names(line), "CloudWatch takes no line without a metric"


def test_a_failed_refresh_is_counted(capsys: pytest.CaptureFixture[str]) -> None:
    count_failed_refresh()
    (line,) = emitted(capsys)
    assert line["FailedRefreshes"] == 1


def test_an_editions_gauges_are_what_its_records_say(capsys: pytest.CaptureFixture[str]) -> None:
    spent = (Spent("translate", "m", Usage(1_000_000, 0, 500_000)),)
    records = [
        record(1, State.PUBLISHED, matches=(match(),), translation=translation(), spent=spent),
        record(2, State.UNTRANSLATED, matches=(match(),), reason="refused"),
        record(3, State.UNMATCHED, matches=()),
        record(4, State.FAILED),
    ]
    report_edition(EDITION, records, money=MONEY, budget=Budget(8.0, MONEY))
    (line,) = emitted(capsys)
    wanted = {
        "Announced": 4,
        "Matched": 2,
        "Published": 1,
        "Untranslated": 1,
        "Failed": 1,
        "Pending": 0,
        "EditionComplete": 1,
        "FailedShare": 25,
        "UntranslatedShare": 50,
        "CostToday": 2.0,
        "BudgetUsed": 25,
        "BudgetShort": 0,
    }
    assert {name: line[name] for name in names(line)} == wanted
    assert line["edition"] == EDITION, "a property, which makes no metric of its own"
    # Told twice is told the same: nothing is counted along.
    report_edition(EDITION, records, money=MONEY, budget=Budget(8.0, MONEY))
    (again,) = emitted(capsys)
    assert {name: again[name] for name in names(again)} == wanted


def test_what_nobody_knows_is_not_told(capsys: pytest.CaptureFixture[str]) -> None:
    report_edition(EDITION, [record(1)])
    (line,) = emitted(capsys)
    unknown = {"UntranslatedShare", "CostToday", "BudgetUsed", "BudgetShort"}
    assert not names(line) & unknown
    assert (line["Pending"], line["EditionComplete"]) == (1, 0)


@pytest.mark.parametrize("error", [None, TransientError("busy"), PermanentError("no"), RuntimeError("bug")])
def test_every_model_call_is_timed_and_its_failure_counted(
    capsys: pytest.CaptureFixture[str], error: Exception | None
) -> None:
    model = MeasuredModel(FakeModel(error or "{}", model="m"), "translate", ticking(10.0, 12.5))
    if error:
        with pytest.raises(type(error)):
            model.complete(PROMPT)
    else:
        assert model.complete(PROMPT).text == "{}"
    line, of_all = emitted(capsys)
    assert (line["stage"], line["model"]) == ("translate", "m")
    assert (line["ModelCalls"], line["ModelFailures"]) == (1, 1 if error else 0)
    assert line["ModelLatency"] == 2500
    assert (names(of_all), of_all["ModelFailed"]) == ({"ModelFailed"}, 1 if error else 0)


def test_a_render_tells_how_long_it_took_and_what_it_uploaded(capsys: pytest.CaptureFixture[str]) -> None:
    result = RenderResult(EDITION, 9, 4, complete=True)
    assert measured_render(lambda _edition, *, anew=False: result, ticking(1.0, 1.5))(EDITION) is result
    (line,) = emitted(capsys)
    assert (line["RenderFailed"], line["RenderDuration"], line["ObjectsUploaded"]) == (0, 500, 4)


@pytest.mark.parametrize("error", [TransientError("an upload failed"), RuntimeError("a bug")])
def test_a_render_that_fails_says_so_and_fails(capsys: pytest.CaptureFixture[str], error: Exception) -> None:
    def failing(_edition: str, *, anew: bool = False) -> RenderResult:
        raise error

    with pytest.raises(type(error)):
        measured_render(failing)(EDITION)
    (line,) = emitted(capsys)
    assert names(line) == {"RenderFailed"}
    assert (line["RenderFailed"], line["edition"]) == (1, EDITION)


def test_a_fetch_tells_its_outcome(capsys: pytest.CaptureFixture[str]) -> None:
    result = FetchResult(Outcome.CREATED, EDITION, 3, 3, "3 papers announced", ("cs: HTTP 503",))
    assert measured_fetch(lambda _request: result)(FetchRequest()) is result

    def failing(_request: FetchRequest) -> FetchResult:
        raise TransientError("arXiv cannot be reached")

    with pytest.raises(TransientError):
        measured_fetch(failing)(FetchRequest())
    good, bad = emitted(capsys)
    assert (good["FetchFailed"], good["FetchProblems"], good["outcome"]) == (0, 1, "created")
    assert (bad["FetchFailed"], bad["outcome"]) == (1, "failed")


def test_every_metric_of_the_list_is_emitted(capsys: pytest.CaptureFixture[str]) -> None:
    """So an alarm on a metric of the list watches something."""
    shown = record(1, State.PUBLISHED, matches=(match(),), translation=translation())
    report_edition(EDITION, [shown], money=MONEY, budget=Budget(8.0, MONEY))
    report_overdue(EDITION, overdue=True)
    report_unread(EDITION, 1)
    count_tokens([Spent("classify", "m", Usage(1, 0, 1))])
    MeasuredModel(FakeModel("{}"), "classify").complete(PROMPT)
    measured_render(lambda edition, *, anew=False: RenderResult(edition, 1, 1, complete=True))(EDITION)
    count_failed_refresh()
    report_repair(3, 1)
    report_failed(EDITION, 12.5)
    measured_fetch(lambda _r: FetchResult(Outcome.UNCHANGED, EDITION, 1, 0, ""))(FetchRequest())
    assert set().union(*(names(line) for line in emitted(capsys))) == METRICS.keys()


def test_lines_of_several_threads_stay_apart(capsys: pytest.CaptureFixture[str]) -> None:
    model = MeasuredModel(FakeModel("{}", forever=True), "classify")
    threads = [threading.Thread(target=lambda: [model.complete(PROMPT) for _ in range(50)]) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(emitted(capsys)) == 2 * 400


def test_each_model_of_each_stage_is_measured(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """As the functions are wired, the models that take over included."""

    def refusing(_settings: object, model: str, _base_url: str = "") -> FakeModel:
        return FakeModel(PermanentError("refused"), forever=True, model=model)

    monkeypatch.setattr(wiring, "language_model", refusing)
    for name in ("CLASSIFY", "TRANSLATE"):
        monkeypatch.setenv(f"{name}_MODEL", f"{name.lower()}-1")
        monkeypatch.setenv(f"{name}_FALLBACK_MODEL", f"{name.lower()}-2")
    caches = (load_settings, wiring.classifier, wiring.translator)
    for made in caches:
        made.cache_clear()
    try:
        wiring.classifier().classify([paper()])
        with pytest.raises(PermanentError):
            wiring.translator().translate(paper())
    finally:
        for made in caches:
            made.cache_clear()
    calls = {(line["stage"], line["model"]) for line in emitted(capsys) if "ModelCalls" in line}
    assert calls == {(s, f"{s}-{n}") for s in ("classify", "translate") for n in (1, 2)}
