"""Labelled papers: the recorded ones where there are any, and this project's own.

A label set has labels of its own; each stands for one or more of our channels (`speech_audio` for
every channel of that group). A paper is in a label if any of these channels is right for it.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from arxivdaily.domain.channels import Catalogue
from arxivdaily.domain.papers import AnnounceType, Paper

from infrastructure.local import sample

OWN = Path(__file__).parent / "data" / "labels.json"


class EvaluationDataError(Exception):
    """A file of labelled papers or pairs is not what it should be; the message names the line."""


@dataclass(frozen=True, slots=True)
class LabelledPaper:
    paper: Paper
    labels: frozenset[str]


@dataclass(frozen=True)
class LabelSet:
    """Papers labelled by one hand. `channels` gives the channel slugs that a label stands for.

    `min_positives`: labels with fewer papers are too few to judge by. `by_category`: the labels
    are the papers' own primary categories, so that category evidence knows the answer.
    """

    name: str
    papers: tuple[LabelledPaper, ...]
    channels: Mapping[str, tuple[str, ...]]
    min_positives: int
    by_category: bool = False

    def labels(self) -> list[str]:
        """The labels that are judged, by name."""
        counted = Counter(label for entry in self.papers for label in entry.labels)
        return sorted(label for label in self.channels if counted[label] >= self.min_positives)


def load_label_sets(data: Path | None, catalogue: Catalogue) -> list[LabelSet]:
    """The project's own set, and those in `data`/labels, where there are any.

    Raises EvaluationDataError for a file that cannot be read.
    """
    folder = data / "labels" if data else None
    recorded = sorted(folder.glob("papers_*.jsonl")) if folder else []
    return [_own(catalogue), *(_recorded(path, catalogue) for path in recorded)]


def channels_of(label: str, catalogue: Catalogue) -> tuple[str, ...]:
    """The channels that a label stands for, by the slug of a channel or of a group; none if unknown."""
    slug = label.replace("_", "-")
    if catalogue.get(slug):
        return (slug,)
    return tuple(
        channel.slug for group in catalogue.groups if group.slug == slug for channel in group.channels
    )


def _own(catalogue: Catalogue) -> LabelSet:
    """The papers of the sample day with our labels, which are channels."""
    labels: dict[str, list[str]] = json.loads(OWN.read_text(encoding="utf-8"))
    papers = [LabelledPaper(paper, frozenset(labels[paper.arxiv_id])) for paper in sample.load()]
    return _label_set("own", papers, catalogue, min_positives=2)


def _recorded(path: Path, catalogue: Catalogue) -> LabelSet:
    """One file of labelled papers, a JSON object a line."""
    papers = []
    by_category = False
    for place, line in json_lines(path):
        try:
            by_category |= "primary category" in str(line.get("label_source", ""))
            papers.append(LabelledPaper(_paper(line), _labels(line)))
        except (AttributeError, KeyError, TypeError, ValueError) as error:
            raise EvaluationDataError(f"{place}: not a labelled paper ({error})") from error
    name = path.stem.removeprefix("papers_")
    return _label_set(name, papers, catalogue, min_positives=10, by_category=by_category)


def _label_set(
    name: str,
    papers: Sequence[LabelledPaper],
    catalogue: Catalogue,
    *,
    min_positives: int,
    by_category: bool = False,
) -> LabelSet:
    known = {label: channels_of(label, catalogue) for entry in papers for label in entry.labels}
    channels = {label: found for label, found in known.items() if found}
    return LabelSet(name, tuple(papers), channels, min_positives, by_category)


def json_lines(path: Path) -> Iterator[tuple[str, Any]]:
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeError) as error:
        raise EvaluationDataError(f"{path}: {error}") from error
    for number, line in enumerate(text.splitlines(), 1):
        if line.strip():
            try:
                yield f"{path}, line {number}", json.loads(line)
            except ValueError as error:
                raise EvaluationDataError(f"{path}, line {number}: not JSON ({error})") from error


def _paper(line: Mapping[str, Any]) -> Paper:
    categories = line.get("categories") or line.get("arxiv_categories") or ["cs"]
    return Paper(
        arxiv_id=str(line["id"]),
        version=1,
        title=_one_line(line["title"]),
        abstract=_one_line(line["abstract"]),
        authors=(),
        categories=tuple(_strings(categories)),
        announce_type=AnnounceType.NEW,
        complete=True,
    )


def _labels(line: Mapping[str, Any]) -> frozenset[str]:
    if "channels_norm" in line:
        return frozenset(_strings(line["channels_norm"]))
    return frozenset([str(line["label"])])


def _strings(values: Iterable[object]) -> list[str]:
    return [str(value) for value in values]


def _one_line(text: str) -> str:
    return " ".join(text.split())
