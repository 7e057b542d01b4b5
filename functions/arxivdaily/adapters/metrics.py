"""CloudWatch metrics, written to the log in the embedded metric format.

Gauges of an edition are read from its records whenever it is published; nothing is counted along.
Dimensions are few: the deployment (`service`, the stack's name) and, for models, stage and model. The
edition is a property of the line: it can be asked for in the logs, and makes no metric of its own.

CloudWatch bills a metric for each hour in which it gets a value. So OBSERVABILITY=basic makes metrics of
those alone that its alarms read, and none of none; what is left out stands in the log all the same.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from aws_lambda_powertools.metrics import EphemeralMetrics, MetricUnit

from arxivdaily.domain.governor import Tariff
from arxivdaily.domain.records import Record, Spent
from arxivdaily.ports import Completion, LanguageModel, Prompt
from arxivdaily.settings import load_settings
from arxivdaily.use_cases.allowance import Budget
from arxivdaily.use_cases.figures import figures

if TYPE_CHECKING:  # importing them would make every cold start pay for fetch and render
    from arxivdaily.use_cases.fetch import FetchRequest, FetchResult
    from arxivdaily.use_cases.render import RenderResult

NAMESPACE = "arXivDaily"


@dataclass(frozen=True, slots=True)
class Metric:
    """`is_basic` where an alarm of OBSERVABILITY=basic reads it (infrastructure/observability.yaml)."""

    unit: MetricUnit
    dimensions: tuple[str, ...] = ("service",)
    is_basic: bool = False

    def is_made(self, level: str) -> bool:
        """Whether OBSERVABILITY, by `level`, makes a metric of it."""
        return level == "full" or (level == "basic" and self.is_basic)


_COUNT = Metric(MetricUnit.Count)
_PERCENT = Metric(MetricUnit.Percent)
_BASIC_COUNT = Metric(MetricUnit.Count, is_basic=True)
_BASIC_PERCENT = Metric(MetricUnit.Percent, is_basic=True)
_BY_MODEL = ("stage", "model", "service")

# Every metric there is: what is emitted, drawn on the dashboard or watched by an alarm stands here.
METRICS: Mapping[str, Metric] = {
    # the newest edition, from its records, each time it is published
    "Announced": _COUNT,
    "Matched": _COUNT,
    "Published": _COUNT,
    "Untranslated": _COUNT,
    "Failed": _COUNT,
    "Pending": _COUNT,
    "EditionComplete": _COUNT,
    "FailedShare": _BASIC_PERCENT,  # of papers to be sorted into channels; also from the repair, every hour
    "UntranslatedShare": _BASIC_PERCENT,  # once it is complete; without what the operator chose to leave
    "CostToday": Metric(MetricUnit.NoUnit),  # in the currency of the prices, where there are any
    "BudgetUsed": _PERCENT,  # where there is a budget, as the next
    "BudgetShort": _BASIC_COUNT,  # papers with less than a full translation because it ran short
    # the check of arXiv's calendar, every half hour
    "EditionOverdue": _BASIC_COUNT,
    "FeedsUnread": _BASIC_COUNT,  # of the edition whose day ends
    # the repair, every hour, over the newest editions and those that it looks after
    "RepairsSent": _COUNT,  # papers that went on their way again
    "GivenUp": _BASIC_COUNT,  # papers that are on no page, and that nothing but a person tries any more
    # models
    "InputTokens": Metric(MetricUnit.Count, _BY_MODEL),
    "CachedTokens": Metric(MetricUnit.Count, _BY_MODEL),
    "OutputTokens": Metric(MetricUnit.Count, _BY_MODEL),
    "ModelCalls": Metric(MetricUnit.Count, _BY_MODEL),
    "ModelFailures": Metric(MetricUnit.Count, _BY_MODEL),
    "ModelFailed": _BASIC_COUNT,  # a 0 or 1 for every call, whichever stage and model: what an alarm can read
    "ModelLatency": Metric(MetricUnit.Milliseconds, _BY_MODEL),
    # functions; a 0 or 1 for every run, so that the sum counts failures and the average is their share
    "RenderDuration": Metric(MetricUnit.Milliseconds),
    "ObjectsUploaded": _COUNT,
    "RenderFailed": _BASIC_COUNT,
    "FailedRefreshes": _COUNT,  # editions whose old copies CloudFront keeps for their five minutes
    "FetchFailed": _COUNT,
    "FetchProblems": _COUNT,
}


def count_tokens(spent: Iterable[Spent]) -> None:
    """Tokens read, read from a cache, and written, by stage and model."""
    for entry in spent:
        tokens = {
            "InputTokens": entry.usage.input_tokens,
            "CachedTokens": entry.usage.cached_tokens,
            "OutputTokens": entry.usage.output_tokens,
        }
        _emit(tokens, stage=entry.stage, model=entry.model)


def report_edition(
    edition: str, records: Sequence[Record], *, money: Tariff | None = None, budget: Budget | None = None
) -> None:
    """`ports.Report`: where an edition stands."""
    found = figures(records, money=money, budget=budget)
    gauges: dict[str, float | None] = {
        "Announced": found.announced,
        "Matched": found.matched,
        "Published": found.published,
        "Untranslated": found.untranslated,
        "Failed": found.failed,
        "Pending": found.pending,
        "EditionComplete": int(found.complete),
        "FailedShare": found.failed_share,
        "UntranslatedShare": found.untranslated_share,
        "CostToday": found.cost,
        "BudgetUsed": found.budget_used,
        "BudgetShort": found.budget_short,
    }
    _emit({name: value for name, value in gauges.items() if value is not None}, {"edition": edition})


def report_overdue(edition: str, overdue: bool) -> None:
    """Whether the edition that should be complete by now is not."""
    _emit({"EditionOverdue": int(overdue)}, {"edition": edition})


def report_unread(edition: str, count: int) -> None:
    """How many feeds of the edition whose day ends were never read whole."""
    _emit({"FeedsUnread": count}, {"edition": edition})


def report_failed(edition: str, share: float) -> None:
    """How much of the newest edition has failed, whether or not anything was published."""
    _emit({"FailedShare": share}, {"edition": edition})


def report_repair(sent: int, given_up: int) -> None:
    """What the hourly repair did, and what it cannot do."""
    _emit({"RepairsSent": sent, "GivenUp": given_up})


def count_failed_refresh() -> None:
    """One edition whose old pages CloudFront was not told to forget."""
    _emit({"FailedRefreshes": 1})


class MeasuredModel:
    """`ports.LanguageModel`: every call of another one with how long it took and whether it failed."""

    def __init__(
        self, model: LanguageModel, stage: str, clock: Callable[[], float] = time.perf_counter
    ) -> None:
        self._model = model
        self._stage = stage
        self._clock = clock

    @property
    def model(self) -> str:
        return self._model.model

    def complete(self, prompt: Prompt) -> Completion:
        began = self._clock()
        failed = 1
        try:
            completion = self._model.complete(prompt)
            failed = 0
        finally:
            took = (self._clock() - began) * 1000
            values = {"ModelCalls": 1, "ModelFailures": failed, "ModelLatency": took}
            _emit(values, stage=self._stage, model=self.model)
            _emit({"ModelFailed": failed})
        return completion


class Render(Protocol):
    """`RenderEdition`, or something around it."""

    def __call__(self, date: str, /, *, anew: bool = False) -> RenderResult: ...


def measured_render(render: Render, clock: Callable[[], float] = time.perf_counter) -> Render:
    """The same render, with how long it took and what it uploaded, or that it failed."""

    def run(edition: str, /, *, anew: bool = False) -> RenderResult:
        began = clock()
        try:
            result = render(edition, anew=anew)
        except Exception:
            _emit({"RenderFailed": 1}, {"edition": edition})
            raise
        took = (clock() - began) * 1000
        values = {"RenderFailed": 0, "RenderDuration": took, "ObjectsUploaded": result.uploaded}
        _emit(values, {"edition": edition})
        return result

    return run


def measured_fetch(
    fetch: Callable[[FetchRequest], FetchResult],
) -> Callable[[FetchRequest], FetchResult]:
    """The same fetch, with its outcome and how much of arXiv could not be read."""

    def run(request: FetchRequest) -> FetchResult:
        try:
            result = fetch(request)
        except Exception:
            _emit({"FetchFailed": 1}, {"outcome": "failed", "edition": request.edition})
            raise
        values = {"FetchFailed": 0, "FetchProblems": len(result.problems)}
        _emit(values, {"outcome": result.outcome.value, "edition": result.edition})
        return result

    return run


def _emit(
    values: Mapping[str, float], properties: Mapping[str, str | None] | None = None, **dimensions: str
) -> None:
    metrics = EphemeralMetrics(namespace=NAMESPACE)
    for name, text in dimensions.items():
        metrics.add_dimension(name, text)
    for name, value in values.items():
        metrics.add_metric(name, METRICS[name].unit, value)
    for name, about in (properties or {}).items():
        metrics.add_metadata(name, about)
    line: dict[str, Any] = {**metrics.serialize_metric_set()}
    (directive,) = line["_aws"]["CloudWatchMetrics"]
    level = load_settings().observability
    directive["Metrics"] = [one for one in directive["Metrics"] if METRICS[one["Name"]].is_made(level)]
    if not directive["Metrics"]:
        del line["_aws"]
    # One write: `print` makes two, and another thread's line could come between them.
    sys.stdout.write(json.dumps(line, separators=(",", ":")) + "\n")
    sys.stdout.flush()
