"""The papers that a simulation announces: two days in a row, with replacements from one to the other."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from pathlib import Path

from arxivdaily.domain.calendar import is_edition_day
from arxivdaily.domain.papers import AnnounceType, Paper

from infrastructure.local import sample


@dataclass(frozen=True)
class Day:
    """An edition as arXiv announces it."""

    edition: str
    papers: tuple[Paper, ...]


def sample_days(count: int) -> tuple[Day, Day]:
    """At most `count` papers of the project's own sample day, and a few of them the day before."""
    return _two_days(sample.EDITION, sample.load()[:count])


def recorded_days(data: Path, edition: str, count: int) -> tuple[Day, Day]:
    """At most `count` papers of a recorded day (`data`/days/<date>.jsonl)."""
    lines = (data / "days" / f"{edition}.jsonl").read_text("utf-8").splitlines()
    return _two_days(edition, [_paper(json.loads(line)) for line in lines if line.strip()][:count])


def _paper(row: dict[str, object]) -> Paper:
    replaced = str(row.get("announce_type") or "").startswith("replace")
    version = row.get("version")
    categories = row["categories"]
    authors = row["authors"]
    assert isinstance(categories, list)
    assert isinstance(authors, list)
    return Paper(
        arxiv_id=str(row["id"]),
        version=version if isinstance(version, int) else 2 if replaced else 1,
        title=str(row["title"]),
        abstract=str(row["abstract"]),
        authors=tuple(map(str, authors)),
        categories=tuple(map(str, categories)),
        announce_type=AnnounceType.REPLACE if replaced else AnnounceType.NEW,
        comment=str(row["comment"]) if row.get("comment") else None,
    )


def _two_days(edition: str, papers: Sequence[Paper]) -> tuple[Day, Day]:
    """The day, and before it one of a fifth as many: some of whose papers are replaced on the day."""
    before = date.fromisoformat(edition) - timedelta(days=1)
    while not is_edition_day(before):
        before -= timedelta(days=1)
    fresh = [paper for paper in papers if paper.announce_type is AnnounceType.NEW]
    few = max(3, len(papers) // 5)
    earlier = []
    for number, paper in enumerate(fresh[:few]):
        title = f"{paper.title}, Part {number + 1} of a Series"
        earlier.append(replace(paper, arxiv_id=_other_id(paper, number), version=1, title=title))
    second = []
    for number, paper in enumerate(earlier[: few // 2]):
        changed = {"title": f"{paper.title}, Revised"} if number % 2 else {"comment": "Accepted, 9 pages"}
        second.append(replace(paper, version=2, announce_type=AnnounceType.REPLACE, **changed))  # type: ignore[arg-type]
    return Day(before.isoformat(), tuple(earlier)), Day(edition, (*papers, *second))


def _other_id(paper: Paper, number: int) -> str:
    return f"{paper.arxiv_id[:4]}.{80_000 + number:05d}"
