"""How good the classifiers are, on labelled papers.

Average precision judges the order of the papers by score; precision and recall judge the papers
shown (score at or above the threshold); calibration compares scores with how often they are right.
Everything is per label and then averaged over labels, so that a rare one counts like a common one.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from arxivdaily.classification.features import Encoder
from arxivdaily.classification.learned import Learned, load_learned
from arxivdaily.classification.scoring import WEIGHTS, percent
from arxivdaily.domain.channels import Catalogue
from arxivdaily.ports import Classifier, ClassifyAnswer

from infrastructure.evaluation.labels import LabelSet
from infrastructure.evaluation.training import FOLDS, Seen, fit_heads, folds, prepare

Scores = Sequence[Mapping[str, float]]  # one a paper: log odds or percent by channel slug

BINS = ((40, 50), (50, 60), (60, 70), (70, 80), (80, 90), (90, 101))  # of scores: from, to (exclusive)
_NOTHING_KNOWN = -100.0  # log odds of a channel that an answer does not name


@dataclass(frozen=True, slots=True)
class LabelFigures:
    """One label: papers in it, average precision, and precision, recall and mean score of what is shown.

    `precision` and `mean_score` are None where nothing is shown; a calibrated score has the mean of
    its precision in percent.
    """

    label: str
    positives: int
    average_precision: float
    precision: float | None
    recall: float
    mean_score: float | None


@dataclass(frozen=True, slots=True)
class BinFigures:
    """Scores from `start` to `end` - 1: how many there were, their mean, and how many in 100 were right."""

    start: int
    end: int
    count: int
    mean_score: float
    right: float


@dataclass(frozen=True)
class SetFigures:
    """One label set under one classifier. `calibration_error`: mean distance of score and truth, in
    points, weighted by how many papers have the score (bins from 40). `failed` papers had no answer."""

    name: str
    papers: int
    labels: tuple[LabelFigures, ...]
    bins: tuple[BinFigures, ...]
    calibration_error: float
    failed: int = 0

    @property
    def mean_average_precision(self) -> float:
        return mean([figures.average_precision for figures in self.labels])

    @property
    def mean_precision(self) -> float:
        return mean([figures.precision for figures in self.labels if figures.precision is not None])

    @property
    def mean_recall(self) -> float:
        return mean([figures.recall for figures in self.labels])


@dataclass(frozen=True)
class EmbeddedFigures:
    """`sets` as readers get it, `without_category` and `without_heads` with that evidence left out."""

    sets: tuple[SetFigures, ...]
    without_category: Mapping[str, float]  # mean average precision by set
    without_heads: Mapping[str, float]
    papers_per_second: float


def evaluate_embedded(
    sets: Sequence[LabelSet],
    encoder: Encoder,
    catalogue: Catalogue,
    clock: Callable[[], float] = time.monotonic,
) -> EmbeddedFigures:
    """Score every labelled paper as the embedded classifier does, and compare.

    Papers that the heads were fitted to are scored by heads fitted without them (five folds), so
    that no paper is judged by what was learned from itself.
    """
    learned = load_learned(encoder.model)
    prepare([sets[0].papers[0]], encoder, catalogue, learned)  # loads the model and embeds the channels
    began = clock()
    prepared = [(found, prepare(found.papers, encoder, catalogue, learned)) for found in sets]
    papers_per_second = sum(len(found.papers) for found in sets) / (clock() - began)

    scores: dict[str, list[dict[str, float]]] = {}
    bare: dict[str, list[Mapping[str, float]]] = {}
    uncategorised: dict[str, list[dict[str, float]]] = {}
    held_out = _held_out_heads(prepared, learned)
    for found, seen in prepared:
        scores[found.name], bare[found.name], uncategorised[found.name] = [], [], []
        for one in seen:
            heads = held_out.get(one.entry.paper.arxiv_id, learned)
            vector = one.vector.astype("float32")
            added = {slug: heads.logit(slug, vector) for slug in one.base}
            bare[found.name].append(one.base)
            scores[found.name].append({slug: base + added[slug] for slug, base in one.base.items()})
            uncategorised[found.name].append(
                {
                    slug: base + added[slug] - WEIGHTS.category * one.category[slug]
                    for slug, base in one.base.items()
                }
            )
    return EmbeddedFigures(
        tuple(judge(found, scores[found.name], WEIGHTS.threshold) for found in sets),
        {f.name: judge(f, uncategorised[f.name], WEIGHTS.threshold).mean_average_precision for f in sets},
        {f.name: judge(f, bare[f.name], WEIGHTS.threshold).mean_average_precision for f in sets},
        papers_per_second,
    )


def evaluate_classifier(labels: LabelSet, classifier: Classifier, batch_size: int = 10) -> SetFigures:
    """Judge the answers of any classifier, `batch_size` papers a call. A paper without an answer has no
    channel."""
    scores: list[dict[str, float]] = []
    failed = 0
    papers = [entry.paper for entry in labels.papers]
    for start in range(0, len(papers), batch_size):
        for outcome in classifier.classify(papers[start : start + batch_size]):
            if isinstance(outcome, ClassifyAnswer):
                scores.append({match.channel: _log_odds(match.score) for match in outcome.matches})
            else:
                failed += 1
                scores.append({})
    return replace(judge(labels, scores, threshold=1), failed=failed)


def judge(labels: LabelSet, scores: Scores, threshold: int) -> SetFigures:
    """Compare log odds by channel with the labels. The score of a label is that of its best channel."""
    figures = []
    shown: list[tuple[int, bool]] = []
    for label in labels.labels():
        channels = labels.channels[label]
        ranked = [
            (max(found.get(channel, _NOTHING_KNOWN) for channel in channels), label in entry.labels)
            for entry, found in zip(labels.papers, scores, strict=True)
        ]
        points = [(percent(value), right) for value, right in ranked]
        visible = [(score, right) for score, right in points if score >= threshold]
        above = [right for _, right in visible]
        positives = sum(right for _, right in ranked)
        shown += [(score, right) for score, right in points if score >= BINS[0][0]]
        figures.append(
            LabelFigures(
                label,
                positives,
                average_precision(ranked),
                sum(above) / len(above) if above else None,
                sum(above) / positives,
                mean([score for score, _ in visible]) if visible else None,
            )
        )
    bins = tuple(_bin(start, end, shown) for start, end in BINS)
    error = sum(b.count * abs(b.mean_score - b.right) for b in bins) / max(1, len(shown))
    return SetFigures(labels.name, len(labels.papers), tuple(figures), bins, error)


def average_precision(ranked: Sequence[tuple[float, bool]]) -> float:
    """The mean, over the right ones, of the precision down to each, in descending order of value.

    Equal values are taken together, as if in the fairest order, so that the order of the input
    does not matter. NaN without any right one.
    """
    ordered = sorted(ranked, key=lambda pair: -pair[0])
    total = right = 0
    found: list[float] = []
    start = 0
    while start < len(ordered):
        end = start
        while end < len(ordered) and ordered[end][0] == ordered[start][0]:
            end += 1
        hits = sum(is_right for _, is_right in ordered[start:end])
        total += end - start
        right += hits
        found += [right / total] * hits
        start = end
    return mean(found)


def _log_odds(score: int) -> float:
    share = min(99.5, max(0.5, score)) / 100
    return math.log(share / (1 - share))


def mean(values: Sequence[float]) -> float:
    """The mean; NaN of nothing."""
    return sum(values) / len(values) if values else float("nan")


def _held_out_heads(
    prepared: Sequence[tuple[LabelSet, Sequence[Seen]]], learned: Learned
) -> dict[str, Learned]:
    """For each paper that the heads have seen, heads fitted without its fold."""
    parts = []
    for labels, seen in prepared:
        known = [one for one in seen if one.entry.paper.arxiv_id in learned.seen]
        if known:
            parts.append((labels, known, folds([one.entry for one in known])))
    held_out: dict[str, Learned] = {}
    for fold in range(FOLDS) if parts else ():
        rest = [
            (labels, [one for one, its in zip(known, fold_of, strict=True) if its != fold])
            for labels, known, fold_of in parts
        ]
        heads = replace(learned, heads=fit_heads(rest))
        for _, known, fold_of in parts:
            held_out |= {
                one.entry.paper.arxiv_id: heads
                for one, its in zip(known, fold_of, strict=True)
                if its == fold
            }
    return held_out


def _bin(start: int, end: int, shown: Sequence[tuple[int, bool]]) -> BinFigures:
    inside = [(score, right) for score, right in shown if start <= score < end]
    return BinFigures(
        start,
        end,
        len(inside),
        mean([score for score, _ in inside]) if inside else 0.0,
        100 * mean([float(right) for _, right in inside]) if inside else 0.0,
    )
