"""Fit what the embedded classifier learns from labelled papers (docs/adr/0007).

    python -m infrastructure.evaluation.training DATA

writes `functions/arxivdaily/classification/learned.npz` from the label sets in DATA/labels and the
recorded days in DATA/days, and prints the fitted global weights, which are constants in
`scoring.py`. The same data give the same file.
"""

from __future__ import annotations

import json
import random
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from arxivdaily.adapters.channel_file import load_catalogue
from arxivdaily.adapters.minilm import MiniLmEncoder
from arxivdaily.classification.embedded import EmbeddedClassifier
from arxivdaily.classification.features import Encoder
from arxivdaily.classification.learned import FILE, Head, Learned, save_learned
from arxivdaily.classification.scoring import WEIGHTS, Evidence, logit
from arxivdaily.domain.channels import Catalogue
from numpy.typing import NDArray

from infrastructure.evaluation.labels import LabelledPaper, LabelSet, load_label_sets

Array = NDArray[np.float64]

# Directions are drawn towards zero by this much: of 0.1 to 1.5 the best mean average precision over
# five folds; neighbouring values differ by less than 0.001. Offsets hardly at all.
RIDGE = 0.3
OFFSET_RIDGE = 0.05
FOLDS = 5
_BACKGROUND = 1000  # papers that the means are taken over
_SEED = 20260618


@dataclass(frozen=True)
class Seen:
    """A labelled paper with its vector of shape (dimensions,), and by channel the log odds without
    what is learned and the category evidence in them."""

    entry: LabelledPaper
    vector: Array
    base: Mapping[str, float]
    category: Mapping[str, float]


def prepare(
    papers: Sequence[LabelledPaper], encoder: Encoder, catalogue: Catalogue, learned: Learned
) -> list[Seen]:
    """Embed the papers; `learned` gives the means, its heads are left out."""
    classifier = EmbeddedClassifier(encoder, catalogue, learned=_without_heads(learned))
    prepared = []
    for entry in papers:
        vector, evidence = classifier.compare(entry.paper)
        base = {found.channel.slug: logit(found.evidence) for found in evidence}
        category = {found.channel.slug: found.evidence.category for found in evidence}
        prepared.append(Seen(entry, np.asarray(vector, dtype=np.float64), base, category))
    return prepared


def fit_heads(sets: Sequence[tuple[LabelSet, Sequence[Seen]]]) -> dict[str, Head]:
    """A head for every channel of a judged label, by ridge logistic regression.

    What the channel file says already (`Seen.base`) is a fixed offset, so a head only corrects it.
    A label that stands for several channels gives them one head. Sets that share a label count
    together, each against its own other papers. Where the category is the label, its evidence is
    left out: it would explain everything, and the head would learn to distrust other categories.
    """
    rows: dict[tuple[str, ...], list[tuple[Array, float, bool]]] = {}
    for labels, seen in sets:
        for label in labels.labels():
            channels = labels.channels[label]
            rows.setdefault(channels, []).extend(
                (one.vector, _offset(one, channels, labels.by_category), label in one.entry.labels)
                for one in seen
            )
    heads: dict[str, Head] = {}
    for channels, found in sorted(rows.items(), key=lambda item: -len(item[0])):
        head = _head(
            np.array([vector for vector, _, _ in found]),
            np.array([base for _, base, _ in found]),
            np.array([label for _, _, label in found], dtype=np.float64),
        )
        heads |= dict.fromkeys(channels, head)
    return heads


def _offset(one: Seen, channels: Sequence[str], by_category: bool) -> float:
    return max(
        one.base[channel] - (WEIGHTS.category * one.category[channel] if by_category else 0.0)
        for channel in channels
    )


def folds(papers: Sequence[LabelledPaper]) -> list[int]:
    """A fold for each paper, from 0 to FOLDS - 1, by chance but always the same for the same papers."""
    order = sorted(range(len(papers)), key=lambda i: papers[i].paper.arxiv_id)
    random.Random(_SEED).shuffle(order)  # nosec B311 # repeatable chance, no secret
    fold = [0] * len(papers)
    for place, i in enumerate(order):
        fold[i] = place % FOLDS
    return fold


def _head(vectors: Array, base: Array, labels: Array) -> Head:
    """Newton's method on the penalised log loss; it is convex, so a few steps are enough."""
    rows = np.column_stack([vectors, np.ones(len(vectors))])
    ridge = np.full(rows.shape[1], RIDGE)
    ridge[-1] = OFFSET_RIDGE
    weights = np.zeros(rows.shape[1])
    for _ in range(30):
        probability = 1 / (1 + np.exp(-np.clip(rows @ weights + base, -50, 50)))
        gradient = rows.T @ (probability - labels) + ridge * weights
        curvature = (rows * (probability * (1 - probability))[:, np.newaxis]).T @ rows + np.diag(ridge)
        step = np.linalg.solve(curvature, gradient)
        weights -= step
        if float(np.abs(step).max()) < 1e-6:
            break
    return Head(weights[:-1].astype(np.float32), float(weights[-1]))


def _without_heads(learned: Learned) -> Learned:
    return Learned(learned.encoder, learned.title_mean, learned.abstract_mean, {})


def _background(days: Path) -> list[tuple[str, str]]:
    """Titles and abstracts of recorded days, `_BACKGROUND` of them by chance."""
    papers: dict[str, tuple[str, str]] = {}
    for path in sorted(days.glob("*.jsonl")):
        for line in path.read_text(encoding="utf-8").splitlines():
            paper = json.loads(line)
            if paper["abstract"]:
                papers[paper["id"]] = (" ".join(paper["title"].split()), " ".join(paper["abstract"].split()))
    chosen = [papers[arxiv_id] for arxiv_id in sorted(papers)]
    random.Random(_SEED).shuffle(chosen)  # nosec B311 # repeatable chance, no secret
    return chosen[:_BACKGROUND]


def _fitted_weights(sets: Sequence[tuple[LabelSet, Sequence[Sequence[tuple[str, Evidence]]]]]) -> Array:
    """The global weights that the labels ask for, each label's papers weighted alike."""
    rows, labels = [], []
    for label_set, evidence in sets:
        for label in label_set.labels():
            channels = label_set.channels[label]
            for entry, found in zip(label_set.papers, evidence, strict=True):
                best = max((e for slug, e in found if slug in channels), key=logit)
                rows.append([best.standout, best.phrases, best.share, best.category, best.exclusion, 1.0])
                labels.append(float(label in entry.labels))
    features, wanted = np.array(rows), np.array(labels)
    weights = np.zeros(features.shape[1])
    for _ in range(30):
        probability = 1 / (1 + np.exp(-np.clip(features @ weights, -50, 50)))
        curvature = (features * (probability * (1 - probability))[:, np.newaxis]).T @ features
        weights -= np.linalg.solve(
            curvature + 1e-6 * np.eye(len(weights)), features.T @ (probability - wanted)
        )
    return weights


def _evidence(label_set: LabelSet, classifier: EmbeddedClassifier) -> Iterator[list[tuple[str, Evidence]]]:
    for entry in label_set.papers:
        yield [(found.channel.slug, found.evidence) for found in classifier.evidence(entry.paper)]


def main(data: Path) -> None:
    """Fit, print and write."""
    encoder = MiniLmEncoder()
    catalogue = load_catalogue(FILE.parents[2] / "channels.toml")
    sets = [found for found in load_label_sets(data, catalogue) if found.name != "own"]
    background = _background(data / "days")
    print(f"embedding {len(background)} papers of recorded days", file=sys.stderr)
    means = Learned(
        encoder.model,
        encoder.encode([title for title, _ in background], remember=True).mean(axis=0),
        encoder.encode([abstract for _, abstract in background], remember=True).mean(axis=0),
        {},
    )
    print(f"embedding {sum(len(found.papers) for found in sets)} labelled papers", file=sys.stderr)
    free = [found for found in sets if not found.by_category]
    classifier = EmbeddedClassifier(encoder, catalogue, learned=means)
    weights = _fitted_weights([(found, list(_evidence(found, classifier))) for found in free])
    names = ("standout", "phrases", "share", "category", "exclusion", "intercept")
    print("weights:", ", ".join(f"{name} {value:.2f}" for name, value in zip(names, weights, strict=True)))
    seen = [(found, prepare(found.papers, encoder, catalogue, means)) for found in sets]
    heads = fit_heads(seen)
    papers = frozenset(one.entry.paper.arxiv_id for _, prepared in seen for one in prepared)
    save_learned(Learned(encoder.model, means.title_mean, means.abstract_mean, heads, papers))
    print(f"{FILE.name}: heads for {', '.join(sorted(heads))}")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
