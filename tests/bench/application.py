"""The deployed application on loopback, as `make run` starts it, with a clock beside it."""

from __future__ import annotations

import json
import os
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

from arxivdaily.domain.calendar import is_edition_day
from arxivdaily.domain.papers import Paper
from arxivdaily.domain.records import Record, State

from infrastructure.local.deploy import Stack
from infrastructure.local.emulator import Emulator, aws_environment
from infrastructure.local.run import ROOT, Plan, function_environment
from infrastructure.local.sample_server import SampleArxiv

_LIMIT = 300.0  # seconds that an edition may take
_LOOK = 0.1  # seconds between two looks


@dataclass(frozen=True, slots=True)
class Times:
    """Seconds from the call of fetch until every paper is settled, and until it is published so."""

    fetched: float
    settled: float
    published: float


@dataclass
class Application:
    emulator: Emulator
    stack: Stack
    arxiv: SampleArxiv

    def edition(self, papers: list[Paper]) -> tuple[str, Times]:
        """Announce papers as the next edition and see them through."""
        from arxivdaily.adapters.dynamodb import DynamoPaperStore

        self.arxiv.papers, self.arxiv.edition = tuple(papers), next_edition_day(self.arxiv.edition)
        day = self.arxiv.edition.isoformat()
        store = DynamoPaperStore(self.stack.outputs["TableName"])
        client = self.emulator.client("lambda", read_timeout=_LIMIT)
        began = time.monotonic()
        answer = client.invoke(
            FunctionName=self.stack.outputs["FetchFunctionName"], Payload=json.dumps({}).encode()
        )
        told = answer["Payload"].read().decode()
        fetched = time.monotonic() - began
        if "FunctionError" in answer:
            raise SystemExit(f"fetch failed: {told}")
        while not (stored := store.edition(day)) or not stored.is_complete:
            if time.monotonic() - began > _LIMIT:
                raise SystemExit(f"{day} was not complete within {_LIMIT:.0f} s; fetch said {told}")
            time.sleep(_LOOK)
        published = time.monotonic() - began
        ended = max(record.changed for record in store.records(day) if record.changed)
        # Records carry the wall clock's time; both clocks are this computer's.
        settled = (ended - datetime.now(UTC)).total_seconds() + time.monotonic() - began
        return day, Times(fetched, settled, published)

    def records(self, day: str) -> list[Record]:
        from arxivdaily.adapters.dynamodb import DynamoPaperStore

        return list(DynamoPaperStore(self.stack.outputs["TableName"]).records(day))

    def billed(self) -> dict[str, float]:
        """Seconds that each function has run, by its part of the name, as the emulator's metric has it."""
        client = self.emulator.client("cloudwatch")
        now = datetime.now(UTC)
        found = {}
        for metric in client.list_metrics(Namespace="AWS/Lambda", MetricName="Duration")["Metrics"]:
            dimensions = {each["Name"]: each["Value"] for each in metric["Dimensions"]}
            if set(dimensions) != {"FunctionName"}:
                continue
            points = client.get_metric_statistics(
                Namespace="AWS/Lambda",
                MetricName="Duration",
                Dimensions=metric["Dimensions"],
                StartTime=now - timedelta(hours=2),
                EndTime=now + timedelta(minutes=1),
                Period=86_400,
                Statistics=["Sum"],
            )["Datapoints"]
            found[dimensions["FunctionName"]] = sum(point["Sum"] for point in points) / 1000
        return found


def next_edition_day(after: date) -> date:
    day = after + timedelta(days=1)
    while not is_edition_day(day):
        day += timedelta(days=1)
    return day


@contextmanager
def deployed(
    arxiv: SampleArxiv, settings: Mapping[str, str], plan: Plan | None = None
) -> Iterator[Application]:
    """The application with arXiv at `arxiv`, and `settings` as the user's environment would have them."""
    urls = dict.fromkeys(("ARXIV_FEED_URL", "ARXIV_API_URL", "ARXIV_SITE_URL"), arxiv.url)
    plan = plan or Plan("embedded", "none", 0)
    environment = function_environment(
        plan,
        {**urls, "ARXIV_REQUEST_INTERVAL": "0", **settings},
        site_url="http://127.0.0.1:8000",
        translator=plan.translator,
    )
    before = dict(os.environ)
    with (
        tempfile.TemporaryDirectory() as state,
        Emulator(Path(state), {**os.environ, **environment}) as emulator,
    ):
        stack = Stack(emulator, ROOT)
        stack.create(environment)
        emulator.attach(stack.outputs["TableName"], stack.outputs["SiteBucketName"])
        os.environ.update(aws_environment(emulator.endpoint, os.environ))
        try:
            yield Application(emulator, stack, arxiv)
        finally:
            os.environ.clear()
            os.environ.update(before)


def unsettled(records: list[Record]) -> int:
    """Papers that did not end as they should: published in Chinese, or in no channel."""
    return sum(record.state not in (State.PUBLISHED, State.UNMATCHED) for record in records)
