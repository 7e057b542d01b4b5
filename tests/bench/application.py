"""The deployed application on loopback, as `make run` starts it, with a clock beside it."""

from __future__ import annotations

import json
import os
import re
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from arxivdaily.domain.calendar import is_edition_day
from arxivdaily.domain.papers import Paper
from arxivdaily.domain.records import Record, State

from infrastructure.local.deploy import Stack
from infrastructure.local.emulator import Emulator
from infrastructure.local.run import ROOT, Plan, function_environment
from infrastructure.local.sample_server import SampleArxiv

_LIMIT = 300.0  # seconds that an edition may take
FUNCTIONS = ("fetch", "classify", "translate", "enrich", "render")
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
        """Seconds that functions have run, by function and in all, as the emulator's log has it."""
        logs = self.emulator.client("logs")
        found: dict[str, float] = {}
        for group in logs.describe_log_groups()["logGroups"]:
            name = group["logGroupName"]
            pages = logs.get_paginator("filter_log_events").paginate(logGroupName=name)
            lines = [event["message"] for page in pages for event in page["events"]]
            reports = [re.search(r"^REPORT .*?\tDuration: ([\d.]+) ms", line) for line in lines]
            found[name] = sum(float(report[1]) for report in reports if report) / 1000
        return found

    def processes(self) -> list[Process]:
        """The emulator and the functions' processes (on Linux; elsewhere none)."""
        return list(_group(self.emulator.pid))

    def processor(self) -> float:
        """Seconds of processor time that they have used."""
        return sum(process.processor for process in self.processes())


@dataclass(frozen=True, slots=True)
class Process:
    """`name` of the function, or `emulator`; `memory` and `peak` in bytes."""

    name: str
    processor: float
    memory: int
    peak: int


def _group(leader: int) -> Iterator[Process]:
    """The processes of a process group, from /proc (proc_pid_stat(5))."""
    tick = os.sysconf("SC_CLK_TCK")
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            stat = (folder / "stat").read_text().rpartition(")")[2].split()
            if int(stat[2]) != leader:
                continue
            command = (folder / "cmdline").read_bytes().decode(errors="replace")
            status = dict(line.split(":", 1) for line in (folder / "status").read_text().splitlines())
        except (OSError, ValueError):
            continue  # it has ended
        name = next((n for n in FUNCTIONS if f"{n.capitalize()}Function" in command), "emulator")
        sizes = [int(status.get(field, "0 kB").split()[0]) * 1024 for field in ("VmRSS", "VmHWM")]
        yield Process(name, (int(stat[11]) + int(stat[12])) / tick, *sizes)


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
        emulator.adopt()
        try:
            yield Application(emulator, stack, arxiv)
        finally:
            os.environ.clear()
            os.environ.update(before)


def unsettled(records: list[Record]) -> int:
    """Papers that did not end as they should: published in Chinese, or in no channel."""
    return sum(record.state not in (State.PUBLISHED, State.UNMATCHED) for record in records)
