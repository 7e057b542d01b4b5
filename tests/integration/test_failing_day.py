"""A day on which every call to a model is refused: who is told, when, and what the site says."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from arxivdaily import wiring
from arxivdaily.domain.records import State
from arxivdaily.errors import ArxivDailyError, PermanentError
from arxivdaily.ports import Prompt
from aws_resources import Resources
from fakes_models import FakeModel
from pipeline import Pipeline
from samtranslator.yaml_helper import yaml_parse

from infrastructure.local.sample_server import SampleArxiv

EDITION = "2026-01-15"
ALARMS = yaml_parse(
    (Path(__file__).resolve().parents[2] / "infrastructure" / "observability.yaml").read_text("utf-8")
)["Resources"]


@pytest.fixture
def arxiv() -> Iterator[SampleArxiv]:
    with SampleArxiv() as server:
        yield server


@pytest.fixture
def pipeline(aws: Resources, arxiv: SampleArxiv, monkeypatch: pytest.MonkeyPatch) -> Pipeline:
    for name, value in {
        **aws.environment(),
        "ARXIV_FEED_URL": arxiv.url,
        "ARXIV_API_URL": arxiv.url,
        "ARXIV_SITE_URL": arxiv.url,
        "ARXIV_REQUEST_INTERVAL": "0",
        "RENDER_WINDOW": "1",
        "RETRY_DELAY": "1",
        "CLASSIFY_MODEL": "refused",
        "TRANSLATE_MODEL": "refused",
        "SITE_URL": "https://daily.example.org",
        "AWS_LAMBDA_FUNCTION_NAME": "test",
    }.items():
        monkeypatch.setenv(name, value)
    return Pipeline(aws)


def refusing(monkeypatch: pytest.MonkeyPatch, error: ArxivDailyError) -> None:
    monkeypatch.setattr(
        wiring,
        "language_model",
        lambda _settings, model, _url="": FakeModel(error, forever=True, model=model),
    )


class Told:
    """What CloudWatch has read from the log by now."""

    def __init__(self, text: str) -> None:
        lines = [json.loads(line) for line in text.splitlines() if '"_aws"' in line]
        self._lines = lines

    def values(self, metric: str) -> list[float]:
        return [line[metric][0] for line in self._lines if metric in line]

    def rings(self, name: str) -> bool:
        """Whether the alarm's statistic of all values is beyond its threshold."""
        alarm = ALARMS[name]["Properties"]
        assert alarm["ComparisonOperator"] == "GreaterThanThreshold"
        threshold = float(alarm["Threshold"])
        if "Statistic" in alarm:
            assert alarm["Statistic"] == "Maximum"
            return max(self.values(alarm["MetricName"]), default=0) > threshold
        found: dict[str, float] = {}
        for one in alarm["Metrics"]:
            if "MetricStat" in one:
                known = self.values(one["MetricStat"]["Metric"]["MetricName"])
                found[one["Id"]] = {"Sum": sum(known), "SampleCount": len(known)}[one["MetricStat"]["Stat"]]
        (said,) = (one["Expression"] for one in alarm["Metrics"] if "Expression" in one)
        parts = re.fullmatch(r"IF\(calls >= (\d+), 100 \* failed / calls, 0\)", said)
        assert parts, said
        return found["calls"] >= int(parts[1]) and 100 * found["failed"] / found["calls"] > threshold


def events(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    announced: list[str] = []

    def put_events(Entries: list[dict[str, Any]]) -> dict[str, Any]:  # noqa: N803 - AWS's name
        announced.extend(entry["DetailType"] for entry in Entries)
        return {"FailedEntryCount": 0}

    from arxivdaily.adapters import aws as aws_adapter

    monkeypatch.setattr(aws_adapter.client("events"), "put_events", put_events)
    return announced


def in_no_channel(prompt: Prompt) -> object:
    ids = re.findall(r"^(\S+) \[", prompt.user, re.MULTILINE)
    return {"papers": [{"arxiv_id": arxiv_id, "matches": []} for arxiv_id in ids]}


def test_a_day_that_no_model_answers_is_not_complete_and_rings_within_the_hour(
    pipeline: Pipeline, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A refusal is final at the first delivery, so all of this is minutes after the announcement."""
    refusing(monkeypatch, PermanentError("Bedrock ValidationException: on-demand throughput isn't supported"))
    announced = events(monkeypatch)
    pipeline.fetch()
    pipeline.drain()
    records = wiring.store().records(EDITION)
    assert {r.state for r in records} == {State.FAILED, State.REVISION}
    edition = wiring.store().edition(EDITION)
    assert edition is not None
    assert not edition.is_complete
    assert not announced
    told = Told(capsys.readouterr().out)
    assert told.rings("FailedShareAlarm")
    assert told.rings("ModelFailuresAlarm")
    assert told.values("EditionComplete")[-1] == 0
    site = pipeline.published()
    assert json.loads(site[f"ledger/{EDITION}.json"])["complete"] is False
    failed = sum(r.state is State.FAILED for r in records)
    words = f"已处理 {len(records)} / {len(records)}，其中 {failed} 篇处理失败"
    assert words in site["index.html"].decode()

    # It is still overdue when it is due, whatever the pages look like.
    late = datetime.fromisoformat(f"{EDITION}T04:20:00-05:00")
    monkeypatch.setattr(wiring.watch_edition(), "_clock", lambda: late)
    assert pipeline.fetch(watch=True)["overdue"] is True
    assert Told(capsys.readouterr().out).values("EditionOverdue") == [1]


def test_where_nothing_can_be_published_the_repair_tells(
    pipeline: Pipeline, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    refusing(monkeypatch, PermanentError("Bedrock AccessDeniedException"))
    pipeline.fetch()
    while pipeline.deliver("PapersQueue", "classify"):
        pass
    capsys.readouterr()
    pipeline.fetch(repair=True)
    told = Told(capsys.readouterr().out)
    assert told.values("FailedShare") == [100]
    assert told.rings("FailedShareAlarm")


def test_when_the_model_is_mended_the_edition_is_announced_once(
    pipeline: Pipeline, monkeypatch: pytest.MonkeyPatch
) -> None:
    refusing(monkeypatch, PermanentError("no such model"))
    announced = events(monkeypatch)
    pipeline.fetch()
    pipeline.drain()
    assert not announced
    nowhere = FakeModel(in_no_channel, forever=True)
    monkeypatch.setattr(wiring, "language_model", lambda *_: nowhere)
    wiring.classifier.cache_clear()
    wiring.classify_papers.cache_clear()
    later = wiring.utc_now() + timedelta(hours=7)
    monkeypatch.setattr(wiring.repair_editions(), "_clock", lambda: later)
    assert pipeline.fetch(repair=True)["sent"] > 0
    pipeline.drain()
    assert {r.state for r in wiring.store().records(EDITION)} == {State.UNMATCHED, State.REVISION}
    assert announced == ["EditionPublished"]
    pipeline.fetch(repair=True)
    pipeline.drain()
    assert announced == ["EditionPublished"]
