"""docs/performance.md, from a run's figures and from what people know about them (`notes.md`)."""

from __future__ import annotations

import os
import platform
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

Figures = Mapping[str, Mapping[str, Any]]

NOTES = Path(__file__).with_name("notes.md")


@dataclass(frozen=True, slots=True)
class Target:
    """A figure with its bound. `path` leads through the figures' JSON; a mapping at its end counts by its
    largest value."""

    what: str
    path: tuple[str, ...]
    most: float
    is_least: bool = False


@dataclass(frozen=True, slots=True)
class Row:
    value: float
    reached: bool


TARGETS = (
    Target("200 papers, 50 in flight: time over model seconds ÷ 50", ("pipeline", "over_limit"), 1.5),
    Target("the same in seconds", ("pipeline", "settled_s"), 8),
    Target("200 papers of a recorded day, 50 in flight, in seconds", ("pipeline_recorded", "settled_s"), 8),
    Target("200 papers, 8 in flight, in seconds", ("pipeline_narrow", "settled_s"), 30),
    Target(
        "billed function time over model seconds, batches of ten",
        ("pipeline_tens", "billed_over_model"),
        0.15,
    ),
    Target("the same, by forties", ("pipeline", "billed_over_model"), 0.15),
    Target(
        "a day of 486 with the embedded classifier, over its embedding", ("embedded", "over_embedding"), 1.3
    ),
    Target("files a second over Hugo's, warm", ("rendering", "warm_over_hugo"), 1, is_least=True),
    Target("files a second over Hugo's, cold", ("rendering", "cold_over_hugo"), 1, is_least=True),
    Target(
        "ten years of archive: render time, over the same feeds' window",
        ("archive", "time_ratio_to_window"),
        1.1,
    ),
    Target("ten years of archive: render time, over one day", ("archive", "time_ratio"), 1.1),
    Target("ten years of archive: DynamoDB requests", ("archive", "dynamodb_requests", "ratio"), 1.1),
    Target("ten years of archive: S3 requests", ("archive", "s3_requests", "ratio"), 1.1),
    Target("cold start over a bare handler, the slowest function", ("cold_start", "start_over_bare"), 1.3),
    Target("largest function and layer, zipped, in MB", ("cold_start", "largest_function_zipped_mb"), 20),
    Target("today's edition during a backfill, over alone", ("backfill", "today_over_alone"), 1.5),
    Target("memory after 20 editions over memory after one, the worst function", ("backfill", "growth"), 1.5),
)


def rows(found: Figures) -> list[Row | None]:
    """A row for each target; None where it was not measured."""
    return [_row(target, found) for target in TARGETS]


def _row(target: Target, found: Figures) -> Row | None:
    value: Any = found
    for name in target.path:
        if not isinstance(value, Mapping) or name not in value:
            return None
        value = value[name]
    if isinstance(value, Mapping):
        value = max(value.values())
    return Row(value, value >= target.most if target.is_least else value <= target.most)


def markdown(found: Figures, is_recorded: bool) -> str:
    return "\n".join(_lines(found, is_recorded)) + "\n"


def _lines(found: Figures, is_recorded: bool) -> Iterator[str]:
    papers = "the project's own papers, multiplied"
    papers += ", and a recorded day's" if is_recorded else ""
    loads = [figure["load"] for figure in found.values() if "load" in figure]
    cores = os.cpu_count() or 1
    yield "# Performance"
    yield ""
    yield "Made by `make bench`; text in `tests/bench/notes.md`."
    yield ""
    yield (
        f"Machine: {cores} cores ({platform.machine()}), Python {platform.python_version()}, {papers}. "
        f"Load before the figures, over {cores} cores: {min(loads)} to {max(loads)}. Where it is above "
        f"{cores}, other work took part of the processors: wall times are then upper bounds, and figures of "
        "processor time, requests and bytes are what they are."
    )
    yield ""
    yield "## Targets"
    yield ""
    yield "| what | figure | bound | reached |"
    yield "|---|---:|---:|---|"
    for target, row in zip(TARGETS, rows(found), strict=True):
        if row:
            bound = f"{'≥' if target.is_least else '≤'} {target.most:g}"
            yield f"| {target.what} | {row.value:g} | {bound} | {'yes' if row.reached else 'no'} |"
        else:
            yield f"| {target.what} | not measured | | |"
    for title, name in (
        ("Pipeline, 50 in flight", "pipeline"),
        ("Pipeline, 8 in flight", "pipeline_narrow"),
        ("Pipeline, 20 in flight, batches of ten", "pipeline_tens"),
        ("Pipeline, 50 in flight, a recorded day", "pipeline_recorded"),
        ("A day with the embedded classifier", "embedded"),
        ("Rendering", "rendering"),
        ("Archive", "archive"),
        ("Cold start", "cold_start"),
        ("Backfill and memory", "backfill"),
        ("Enrichment", "enrichment"),
    ):
        if name in found:
            yield from ("", f"## {title}", "")
            yield from _table(found[name])
    yield from _costs(found.get("costs", {}))
    yield ""
    yield NOTES.read_text("utf-8").rstrip()


def _table(figure: Mapping[str, Any]) -> Iterator[str]:
    """Plain figures a row each; mappings a row each with their parts."""
    yield "| figure | |"
    yield "|---|---|"
    for name, value in figure.items():
        if name in ("took_s", "load"):
            continue
        shown = (
            ", ".join(f"{k} {v:g}" for k, v in value.items()) if isinstance(value, Mapping) else f"{value}"
        )
        yield f"| {name.replace('_', ' ')} | {shown} |"


def _costs(costs: Mapping[str, Any]) -> Iterator[str]:
    yield from ("", "## Requests and money", "")
    yield from _table({k: v for k, v in costs.items() if k not in ("month_usd", "limits")})
    sizes: Mapping[str, Mapping[str, float]] = costs.get("month_usd", {})
    if not sizes:
        return
    yield from ("", "A month in USD, by papers a day (prices: `tests/bench/prices.toml`):", "")
    yield "| |" + "".join(f" {int(size):,} |" for size in sizes)
    yield "|---|" + "---:|" * len(sizes)
    names: Sequence[str] = list(next(iter(sizes.values())))
    for name in names:
        yield f"| {name} |" + "".join(f" {bill[name]:,.2f} |" for bill in sizes.values())
    yield from ("", "What gives the pace of a day of 20,000 papers, in hours:", "")
    for what, hours in costs["limits"].items():
        yield f"- {what}: {hours:g}"
