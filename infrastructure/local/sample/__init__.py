"""A made-up announcement day: forty invented papers, for trying the system without a network.

No paper, person or result in it is real. Identifiers are in ranges that arXiv has not reached
in those months. The day has what real ones have: cross-lists from outside computer science,
replacements, a withdrawal, eighty-one authors, LaTeX and accents.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from arxivdaily.domain.papers import AnnounceType, Paper

EDITION = "2026-01-15"  # a Thursday

_PAPERS = Path(__file__).with_name("papers.jsonl")


def load() -> tuple[Paper, ...]:
    """The sample's papers in the order of the file, complete.

    `announce_type` is as a feed for the primary category gives it: `new` or `replace`.
    """
    with _PAPERS.open(encoding="utf-8") as lines:
        return tuple(_paper(json.loads(line)) for line in lines)


def affiliations() -> dict[str, list[list[str]]]:
    """Of some of the papers, by versioned identifier: what each author's institutions are."""
    with _PAPERS.open(encoding="utf-8") as lines:
        rows = [json.loads(line) for line in lines]
    return {f"{row['arxiv_id']}v{row['version']}": row["places"] for row in rows if "places" in row}


def _paper(fields: dict[str, Any]) -> Paper:
    """One line of the file: the fields of `Paper`, `announce` for its announce type."""
    return Paper(
        arxiv_id=fields["arxiv_id"],
        version=fields["version"],
        title=fields["title"],
        abstract=fields["abstract"],
        authors=tuple(fields["authors"]),
        categories=tuple(fields["categories"]),
        announce_type=AnnounceType(fields["announce"]),
        comment=fields.get("comment"),
        doi=fields.get("doi"),
        journal_ref=fields.get("journal_ref"),
        complete=True,
    )
