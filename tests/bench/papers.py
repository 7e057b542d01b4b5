"""The papers that are measured with: a recorded day's, or the project's own, multiplied."""

from __future__ import annotations

import json
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

from arxivdaily.domain.papers import AnnounceType, Paper

from infrastructure.evaluation.translation import OWN
from infrastructure.local import sample

RECORDED_DAY = "2026-06-18"


@cache
def pairs() -> list[dict[str, str]]:
    """The project's own English texts with their Chinese."""
    with OWN.open(encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


def own() -> list[Paper]:
    """Papers whose translations are known: each a pair, with the rest of a sample paper."""
    shapes = [paper for paper in sample.load() if paper.announce_type is AnnounceType.NEW]
    return [
        replace(
            shapes[place % len(shapes)],
            title=pair["title_en"],
            abstract=pair["abstract_en"],
            announce_type=AnnounceType.NEW,
        )
        for place, pair in enumerate(pairs())
    ]


def recorded(data: Path) -> list[Paper]:
    """A recorded day, in the order of its file; replacements are the second version."""
    path = data / "days" / f"{RECORDED_DAY}.jsonl"
    return [_recorded(json.loads(line)) for line in path.read_text("utf-8").splitlines() if line]


def _recorded(fields: dict[str, Any]) -> Paper:
    kind = AnnounceType(fields["announce_type"])
    return Paper(
        arxiv_id=fields["id"],
        version=2 if kind.is_replacement else 1,
        title=fields["title"],
        abstract=fields["abstract"],
        authors=tuple(fields["authors"]),
        categories=tuple(fields["categories"]),
        announce_type=kind,
        comment=fields.get("comment"),
        complete=True,
    )


def day(count: int, data: Path | None, number: int = 0) -> list[Paper]:
    """`count` new papers for the `number`-th edition, each with an identifier of its own."""
    known = [p for p in recorded(data) if not p.announce_type.is_replacement] if data else own()
    return [
        replace(
            known[place % len(known)],
            arxiv_id=f"{2601 + number // 28 % 12:04d}.{number % 28 * 3000 + place:05d}",
            version=1,
            announce_type=AnnounceType.NEW,
        )
        for place in range(count)
    ]
