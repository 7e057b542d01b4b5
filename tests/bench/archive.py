"""One day rendered with ten years behind it, over the same day with a single edition behind it."""

from __future__ import annotations

import os
import statistics
import time
from collections.abc import Callable, Sequence
from datetime import date
from functools import partial
from pathlib import Path
from typing import Any

import boto3
from arxivdaily.adapters.dynamodb import DynamoPaperStore, models
from arxivdaily.adapters.s3 import S3SiteStore
from arxivdaily.domain.editions import Edition
from arxivdaily.domain.records import Record
from arxivdaily.settings import Settings
from arxivdaily.site.build import build
from arxivdaily.use_cases.render import RenderEdition
from aws_resources import MADE_UP, mocked
from fakes import MemoryPaperStore, MemorySite, RecordingEvents, RecordingMessages

from bench import calls, records
from bench.application import next_edition_day
from bench.calls import counted

TODAY = "2025-12-30"  # the end of a year, when its calendar is full
EDITIONS = 2600
PAPERS = 200  # of a day
_WINDOW = 2  # earlier editions whose papers stand in channels' feeds
RUNS = 5


def days(count: int) -> list[str]:
    """`count` edition days, oldest first, the last of them TODAY."""
    last = date.fromisoformat(TODAY)
    found = []
    day = date(last.year - count // 240 - 2, 1, 1)
    while day < last:
        day = next_edition_day(day)
        found.append(day.isoformat())
    return found[-count:]


def run() -> dict[str, Any]:
    """Ratios, and what they are made of: of requests, capacity units, uploads and time."""
    short, long = counts(1), counts(EDITIONS)
    window = counts(1 + _WINDOW)
    brief, filled, full = _seconds(1, 1 + _WINDOW, EDITIONS)
    found = {
        name: {"one_day": short[name], "feeds_window": window[name], "ten_years": long[name],
               "ratio": round(long[name] / short[name], 3)}
        for name in ("dynamodb_requests", "dynamodb_read_units", "s3_requests", "s3_bytes")
    }  # fmt: skip
    return {
        "editions": EDITIONS,
        **found,
        "time_ratio": round(full / brief, 3),
        "time_ratio_to_window": round(full / filled, 3),
        "ten_years_s": round(full, 3),
    }


def _archive(count: int, papers: int = PAPERS) -> tuple[list[Edition], list[list[Record]]]:
    """The editions, and the papers of those that a render reads."""
    found = days(count)
    made = [records.of_day(day, papers, number) for number, day in enumerate(found[-1 - _WINDOW :])]
    some = records.edition(TODAY, made[-1]).channel_counts
    older = [Edition(day, records.created(day), records.created(day), some) for day in found[: -len(made)]]
    newest = [records.edition(day[0].edition, day) for day in made]
    return [*older, *newest], made


def _filled(store: Any, count: int) -> None:
    editions, made = _archive(count)
    for edition in editions:
        store.create_edition(edition)
        store.set_channel_counts(edition.date, edition.channel_counts)
        if edition.date != TODAY:
            store.complete_edition(edition.date, edition.created)
            store.note_rendered(edition.date, 0)  # published: its neighbours lead to it
    for day in made:
        store.add_records(day)


def _filled_table(table: str, count: int, papers: int) -> DynamoPaperStore:
    """The same in a table; editions that only calendars know are written twenty-five at a time."""
    store = DynamoPaperStore(table)
    editions, made = _archive(count, papers)
    model = models(table).edition
    with model.batch_write() as batch:
        for edition in editions[:-1]:
            done = edition.created.isoformat()
            counts = dict(edition.channel_counts)
            known: dict[str, Any] = {"created": done, "completed": done, "channel_counts": counts}
            batch.save(model("EDITIONS", edition.date, rendered=0, **known))
    store.create_edition(editions[-1])
    for day in made:
        store.add_records(day)
    return store


def _render(store: Any, site: Any) -> Callable[[str], object]:
    return RenderEdition(
        store,
        RecordingMessages(),
        site,
        RecordingEvents(),
        lambda: records.created(TODAY),
        records.catalogue(),
        site_url=records.SITE_URL,
        build=partial(build, templates_dir=Path(Settings().templates_dir)),
    )


def counts(count: int, papers: int = PAPERS) -> dict[str, float]:
    """What the first render of TODAY asks of moto's table and bucket."""
    before = dict(os.environ)
    os.environ.update(MADE_UP)
    try:
        with mocked({}) as resources:
            store = _filled_table(resources.table, count, papers)
            site = S3SiteStore(boto3.client("s3"), resources.bucket, resources.table)
            with counted() as found:
                _render(store, site)(TODAY)
    finally:
        os.environ.clear()
        os.environ.update(before)
    return {
        "dynamodb_requests": calls.of(found, "dynamodb"),
        "dynamodb_read_units": found["dynamodb.read_units"],
        "s3_requests": calls.of(found, "s3"),
        "s3_bytes": found["s3.bytes"],
    }


def _seconds(*counts: int) -> Sequence[float]:
    """Processor time of a render from a store in memory, medians of runs that take turns."""
    stores = []
    for count in counts:
        stores.append(store := MemoryPaperStore())
        _filled(store, count)
    spent: list[list[float]] = [[] for _ in counts]
    for number in range(RUNS + 1):
        for store, found in zip(stores, spent, strict=True):
            began = time.process_time()
            _render(store, MemorySite())(TODAY)
            if number:  # the first fills what a process keeps
                found.append(time.process_time() - began)
    return [statistics.median(found) for found in spent]
