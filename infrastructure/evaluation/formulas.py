"""How many formulas of titles and abstracts become MathML on the page."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from arxivdaily.site import latex

from infrastructure.evaluation.labels import json_lines
from infrastructure.local import sample

_SHOWN = 5


@dataclass(frozen=True)
class FormulaFigures:
    """`failures`: the commonest formulas that stay TeX, with how often each was found."""

    texts: int
    formulas: int
    converted: int
    failures: tuple[tuple[str, int], ...]


def load_texts(data: Path | None) -> list[str]:
    """Titles and abstracts of the recorded days in `data`, each paper's once; else the sample day's."""
    texts: dict[str, tuple[str, str]] = {}
    for folder in ("days", "cs_cv/days"):
        for path in sorted((data / folder).glob("*.jsonl")) if data else ():
            for _, paper in json_lines(path):
                texts[str(paper["id"])] = str(paper["title"]), str(paper.get("abstract") or "")
    if not texts:
        texts = {paper.arxiv_id: (paper.title, paper.abstract) for paper in sample.load()}
    return [text for found in texts.values() for text in found]


def evaluate_formulas(texts: Iterable[str]) -> FormulaFigures:
    """Convert every formula as the page does."""
    found: Counter[str] = Counter()
    failed: Counter[str] = Counter()
    number = 0
    for text in texts:
        number += 1
        for tex, converted in latex.formulas(text):
            found[tex] += 1
            if not converted:
                failed[tex] += 1
    total = sum(found.values())
    return FormulaFigures(number, total, total - sum(failed.values()), tuple(failed.most_common(_SHOWN)))
