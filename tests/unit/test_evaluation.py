"""The evaluation: figures on data whose answers are known."""

from __future__ import annotations

import json
import random
from pathlib import Path

import numpy as np
import pytest
from arxivdaily.adapters.channel_file import load_catalogue
from arxivdaily.adapters.minilm import MODEL_NAME
from arxivdaily.classification.learned import Learned
from arxivdaily.domain.papers import AnnounceType, Paper
from arxivdaily.domain.records import Match
from arxivdaily.errors import PermanentError
from fakes import ScriptedClassifier

from infrastructure.evaluation.classification import average_precision, evaluate_classifier, judge
from infrastructure.evaluation.corruption import KINDS, Pair, corruptions
from infrastructure.evaluation.labels import (
    EvaluationDataError,
    LabelledPaper,
    LabelSet,
    channels_of,
    load_label_sets,
)
from infrastructure.evaluation.training import Seen, fit_heads, folds
from infrastructure.evaluation.translation import evaluate_gate, load_pairs

CATALOGUE = load_catalogue(Path(__file__).parents[2] / "functions" / "channels.toml")


def labelled(number: int, *labels: str) -> LabelledPaper:
    paper = Paper(f"2606.{number:05d}", 1, f"Paper {number}", "Text.", (), ("cs.LG",), AnnounceType.NEW)
    return LabelledPaper(paper, frozenset(labels))


# --- classification --------------------------------------------------------------------------


def test_average_precision_of_known_rankings() -> None:
    assert average_precision([(3, True), (2, True), (1, False)]) == 1
    assert average_precision([(3, False), (2, True)]) == 0.5
    assert average_precision([(3, True), (2, False), (1, True)]) == pytest.approx((1 + 2 / 3) / 2)
    assert average_precision([(1, True), (1, False)]) == average_precision([(1, False), (1, True)]) == 0.5


def test_precision_recall_and_calibration_of_what_is_shown() -> None:
    papers = (labelled(1, "a"), labelled(2, "a"), labelled(3), labelled(4))
    labels = LabelSet("test", papers, {"a": ("x", "y")}, min_positives=1)
    # percent of these log odds: 95, 27, 95, 5; a label has the score of its best channel
    scores = [{"x": 3.0, "y": 0.0}, {"x": -1.0}, {"y": 3.0}, {"x": -3.0, "y": -4.0}]
    figures = judge(labels, scores, threshold=50)
    (found,) = figures.labels
    assert (found.positives, found.precision, found.recall, found.mean_score) == (2, 0.5, 0.5, 95)
    assert found.average_precision == pytest.approx((0.5 + 2 / 3) / 2)
    assert [(b.count, b.mean_score, b.right) for b in figures.bins if b.count] == [(2, 95.0, 50.0)]
    assert figures.calibration_error == pytest.approx(45)


def test_any_classifier_is_judged_by_its_answers_and_a_missing_one_is_counted() -> None:
    classifier = ScriptedClassifier()
    classifier.outcomes = {
        "2606.00001": (Match("x", None, 90, "r"),),
        "2606.00002": PermanentError("no answer"),
    }
    papers = (labelled(1, "a"), labelled(2, "a"), labelled(3))
    figures = evaluate_classifier(LabelSet("test", papers, {"a": ("x",)}, 1), classifier, batch_size=2)
    assert figures.failed == 1
    assert figures.labels[0].recall == 0.5
    assert figures.labels[0].precision == 1
    assert [len(call) for call in classifier.calls] == [2, 1]


def test_labels_are_channels_or_groups_of_channels() -> None:
    assert channels_of("image_generation", CATALOGUE) == ("image-generation",)
    assert "speech-recognition" in channels_of("speech_audio", CATALOGUE)
    assert channels_of("astrology", CATALOGUE) == ()


def test_the_projects_own_labels_fit_its_channels_and_papers() -> None:
    (own,) = load_label_sets(None, CATALOGUE)
    assert len(own.papers) == 40
    assert {label for entry in own.papers for label in entry.labels} == own.channels.keys()
    assert len(own.labels()) >= 15


def test_recorded_labels_are_read_and_a_bad_line_is_named(tmp_path: Path) -> None:
    folder = tmp_path / "labels"
    folder.mkdir()
    line = {"id": "2606.00001", "title": "A\n title", "abstract": "b", "categories": ["cs.SD"]}
    source = "arXiv primary category (chosen by the authors)"
    (folder / "papers_a.jsonl").write_text(
        json.dumps({**line, "label": "speech_audio", "label_source": source})
    )
    (folder / "papers_b.jsonl").write_text(json.dumps({**line, "channels_norm": ["hci", "unknown"]}) + "\n")
    _own, by_category, by_model = load_label_sets(tmp_path, CATALOGUE)
    assert (by_category.name, by_category.by_category, by_model.by_category) == ("a", True, False)
    assert by_category.papers[0].paper.title == "A title"
    assert list(by_model.channels) == ["hci"]
    (folder / "papers_b.jsonl").write_text(json.dumps({**line, "label": "hci"}) + "\n[]\n")
    with pytest.raises(EvaluationDataError, match=r"papers_b\.jsonl, line 2: not a labelled paper"):
        load_label_sets(tmp_path, CATALOGUE)


# --- training --------------------------------------------------------------------------------


def test_a_head_learns_a_direction_and_leaves_other_channels_alone() -> None:
    chance = np.random.default_rng(5)
    vectors = chance.normal(size=(200, 8)) / 8**0.5
    entries = [labelled(n, *(["a"] if v[0] > 0.2 else [])) for n, v in enumerate(vectors)]
    seen = [Seen(e, v, {"x": -1.0}, {"x": 0.0}) for e, v in zip(entries, vectors, strict=True)]
    labels = LabelSet("test", tuple(entries), {"a": ("x",), "rare": ("y",)}, min_positives=10)
    heads = fit_heads([(labels, seen)])
    assert list(heads) == ["x"]
    learned = Learned("words", None, None, heads)
    ranked = [
        (learned.logit("x", v.astype(np.float32)), "a" in e.labels)
        for e, v in zip(entries, vectors, strict=True)
    ]
    assert average_precision(ranked) > 0.98
    assert learned.logit("y", vectors[0].astype(np.float32)) == 0


def test_every_paper_is_held_out_once_and_always_in_the_same_fold() -> None:
    papers = [labelled(n) for n in range(50)]
    found = folds(papers)
    assert sorted(found.count(fold) for fold in range(5)) == [10] * 5
    assert folds(papers[::-1]) == found[::-1]


def test_the_learned_file_is_for_the_encoder_in_use() -> None:
    assert MODEL_NAME == "minilm-l6-v2-int8"


# --- translation -----------------------------------------------------------------------------


def test_the_gate_accepts_the_projects_own_pairs_and_catches_damage() -> None:
    pairs = load_pairs(None)["own"]
    figures = evaluate_gate("own", pairs, rounds=1)
    assert figures.good_refused == 0
    assert figures.caught / figures.made > 0.95
    assert sum(kind.made > 0 for kind in figures.kinds.values()) == len(KINDS)


def test_the_same_seed_gives_the_same_damage() -> None:
    pair = load_pairs(None)["own"][0]
    assert list(corruptions(pair, "7")) == list(corruptions(pair, "7"))
    assert dict(corruptions(pair, "7")) != dict(corruptions(pair, "8"))


@pytest.mark.parametrize("kind", KINDS)
def test_damage_is_real_or_not_done(kind: str) -> None:
    for pair in load_pairs(None)["own"]:
        damaged = KINDS[kind](pair, random.Random(3))
        assert damaged != pair.abstract_zh


def test_nothing_to_damage() -> None:
    bare = Pair("T", "One sentence.", "题", "只有一句。", "一句。")
    kinds = {name for name, _ in corruptions(bare, "1")}
    assert not kinds & {
        "drop-number",
        "swap-numbers",
        "drop-formula",
        "drop-sentence",
        "drop-url",
        "drop-name",
    }
