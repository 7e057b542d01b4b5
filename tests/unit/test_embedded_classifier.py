"""The embedded classifier over an encoder of words: channels, topics, reasons, order, errors."""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest
from arxivdaily.classification.embedded import MAX_MATCHES, EmbeddedClassifier, best_topic, reason
from arxivdaily.classification.features import ChannelEvidence
from arxivdaily.classification.learned import Head, Learned
from arxivdaily.classification.phrases import normalise
from arxivdaily.classification.scoring import WEIGHTS, Evidence, score
from arxivdaily.domain.channels import Catalogue, Channel, Group, Topic
from arxivdaily.domain.papers import AnnounceType, Paper
from arxivdaily.errors import ArxivDailyError, PermanentError
from arxivdaily.ports import ClassifyAnswer
from numpy.typing import NDArray


class WordEncoder:
    """Texts with common words are near: each word adds one fixed direction."""

    model = "words"

    def __init__(self, failing: str | None = None) -> None:
        self.remembered = 0
        self._failing = failing

    def encode(self, texts: Sequence[str], *, remember: bool = False) -> NDArray[np.float32]:
        self.remembered += remember
        vectors = np.full((len(texts), 512), 0.01, dtype=np.float32)
        for row, text in enumerate(texts):
            if self._failing is not None and self._failing in text:
                raise PermanentError("the embedding model failed")
            for word in normalise(text).split():
                vectors[row, zlib.crc32(word.encode()) % 512] += 1
        unit: NDArray[np.float32] = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
        return unit


def channel(slug: str, zh: str, words: str, sources: tuple[str, ...], *, exclude: str = "") -> Channel:
    first, second, third = (
        Topic(f"{slug}-{n}", f"{zh}{n}", word, (word,)) for n, word in enumerate(words.split(", "), 1)
    )
    return Channel(
        slug=slug,
        group="all",
        zh=zh,
        en=slug,
        description=f"{zh}。",
        description_en=words,
        sources=sources,
        topics=(first, second, third),
        phrases=(slug.replace("-", " "),),
        exclusions=(exclude,) if exclude else (),
    )


IMAGES = channel("image-generation", "图像", "diffusion model, image editing, text to image", ("cs.CV",))
ROBOTS = channel("robots", "机器人", "robot grasping, humanoid walking, imitation policy", ("cs.RO",))
SPEECH = channel("speech", "语音", "speech recognition, voice cloning, speaker identity", ("cs.SD",))
CRYPTO = channel(
    "crypto", "密码", "public key encryption, zero knowledge proof, digital signature", ("cs.CR",)
)
THEORY = channel("theory", "理论", "approximation algorithm, circuit complexity, data structure", ("cs.DS",))
CATALOGUE = Catalogue((Group("all", "全部", "All", (IMAGES, ROBOTS, SPEECH, CRYPTO, THEORY)),), "abc123")


def paper(title: str, abstract: str = "", *categories: str) -> Paper:
    return Paper("2606.00001", 1, title, abstract, ("A",), categories or ("cs.LG",), AnnounceType.NEW)


@pytest.fixture
def classifier() -> EmbeddedClassifier:
    return EmbeddedClassifier(WordEncoder(), CATALOGUE)


def answer(outcome: ClassifyAnswer | ArxivDailyError) -> ClassifyAnswer:
    assert isinstance(outcome, ClassifyAnswer)
    return outcome


DIFFUSION = paper(
    "Faster Diffusion Models by Pipeline Parallelism",
    "We train a diffusion model for image generation on many machines. Diffusion models are slow.",
    "cs.DC",
)
GRASPING = paper(
    "Robot Grasping from Imitation", "An imitation policy for robot grasping and humanoid walking robots."
)


def test_a_paper_is_placed_by_what_it_is_about_whatever_its_category(classifier: EmbeddedClassifier) -> None:
    (match,) = answer(classifier.classify([DIFFUSION])[0]).matches
    assert (match.channel, match.topic) == ("image-generation", "image-generation-1")
    assert WEIGHTS.threshold <= match.score <= 100
    assert match.reason.startswith("标题与摘要接近“图像1”；命中 diffusion model")


def test_every_paper_has_an_outcome_in_order_whatever_its_neighbours(classifier: EmbeddedClassifier) -> None:
    papers = [DIFFUSION, paper("Nothing of the kind", "Some quite unrelated words."), GRASPING]
    together = classifier.classify(papers)
    assert [[m.channel for m in answer(outcome).matches] for outcome in together] == [
        ["image-generation"],
        [],
        ["robots"],
    ]
    alone = [EmbeddedClassifier(WordEncoder(), CATALOGUE).classify([p])[0] for p in reversed(papers)]
    assert list(reversed(alone)) == list(together)


def test_the_channels_are_embedded_once() -> None:
    encoder = WordEncoder()
    classifier = EmbeddedClassifier(encoder, CATALOGUE)
    classifier.classify([DIFFUSION])
    classifier.classify([GRASPING])
    assert encoder.remembered == 1


def test_an_error_concerns_its_own_paper_only() -> None:
    classifier = EmbeddedClassifier(WordEncoder(failing="unlucky"), CATALOGUE)
    outcomes = classifier.classify([DIFFUSION, paper("An unlucky title"), GRASPING])
    assert [type(outcome) for outcome in outcomes] == [ClassifyAnswer, PermanentError, ClassifyAnswer]


def test_at_most_four_matches_best_first() -> None:
    generous = EmbeddedClassifier(WordEncoder(), CATALOGUE, replace(WEIGHTS, threshold=0))
    matches = answer(generous.classify([DIFFUSION])[0]).matches
    assert len(matches) == MAX_MATCHES
    assert [m.score for m in matches] == sorted((m.score for m in matches), reverse=True)
    assert matches[0].channel == "image-generation"


def test_a_primary_category_points_to_the_channels_that_claim_it() -> None:
    films = replace(SPEECH, slug="films", sources=("cs.MM", "cs.CV"))
    catalogue = Catalogue((Group("all", "全部", "All", (IMAGES, films, ROBOTS)),), "v")
    classifier = EmbeddedClassifier(WordEncoder(), catalogue)

    def category(*categories: str) -> tuple[float, float]:
        found = classifier.evidence(paper("Words", "More words.", *categories))
        return found[0].evidence.category, found[1].evidence.category

    assert category("cs.MM") == (0, 1)
    home, other = category("cs.CV")
    assert 0 < other < home == 1
    assert category("cs.LG", "cs.CV") == (0, 0)


def test_what_was_learned_moves_its_own_channel_only() -> None:
    plain = EmbeddedClassifier(WordEncoder(), CATALOGUE).evidence(GRASPING)
    heads = {"speech": Head(np.zeros(512, dtype=np.float32), 3.0)}
    taught = EmbeddedClassifier(
        WordEncoder(), CATALOGUE, learned=Learned("words", None, None, heads)
    ).evidence(GRASPING)
    assert [entry.evidence.learned for entry in plain] == [0, 0, 0, 0, 0]
    assert [entry.evidence.learned for entry in taught] == [0, 0, 3, 0, 0]
    assert score(taught[2].evidence) > score(plain[2].evidence)


def test_a_phrase_counts_more_in_the_title_and_less_when_channels_share_it() -> None:
    def weight(channels: tuple[Channel, ...], title: str, abstract: str) -> float:
        catalogue = Catalogue((Group("all", "全部", "All", channels),), "v")
        found = EmbeddedClassifier(WordEncoder(), catalogue).evidence(paper(title, abstract))
        return found[0].evidence.phrases

    rival = replace(ROBOTS, phrases=("diffusion model",))
    alone = weight((IMAGES, ROBOTS), "A title", "A diffusion model.")
    assert weight((IMAGES, ROBOTS), "Diffusion model", "An abstract.") > alone
    assert 0 < weight((IMAGES, rival), "A title", "A diffusion model.") < alone


def test_being_near_an_exclusion_is_evidence_against() -> None:
    wary = replace(IMAGES, exclusions=("speech recognition",))
    catalogue = Catalogue((Group("all", "全部", "All", (wary, ROBOTS, SPEECH)),), "v")
    found = EmbeddedClassifier(WordEncoder(), catalogue).evidence(
        paper("Speech recognition", "On speech recognition.")
    )
    assert found[0].evidence.exclusion > 0
    assert found[1].evidence.exclusion == 0


def test_a_paper_without_abstract_is_classified_by_its_title(classifier: EmbeddedClassifier) -> None:
    (match,) = answer(classifier.classify([paper("Image generation with a diffusion model")])[0]).matches
    assert match.channel == "image-generation"


def test_answers_are_attributed_to_model_algorithm_and_channel_file(classifier: EmbeddedClassifier) -> None:
    assert classifier.made_by[0].model == "words"
    assert classifier.made_by[0].prompt_version == "embedded-2-abc123"
    assert not classifier.is_paid


def seen(similarity: tuple[float, ...], weight: tuple[float, ...], found: tuple[str, ...]) -> ChannelEvidence:
    return ChannelEvidence(IMAGES, Evidence(0, 0, 0, 0, 0), similarity, weight, found)


def test_the_topic_is_the_nearest_by_vector_and_phrases_or_none() -> None:
    assert best_topic(seen((0.1, 0.15, 0.0), (0.0, 0.0, 0.0), ())) is None
    assert best_topic(seen((0.1, 0.35, 0.0), (0.0, 0.0, 0.0), ())) is IMAGES.topics[1]
    assert best_topic(seen((0.1, 0.15, 0.0), (3.0, 0.0, 0.0), ())) is IMAGES.topics[0]


def test_the_reason_names_the_nearest_topic_and_at_most_three_different_phrases() -> None:
    found = ("flow matching", "flow matching model", "DiT", "FID", "GAN")
    entry = seen((0.0, 0.0, 0.0), (0.0, 0.0, 0.0), found)
    assert reason(entry, IMAGES.topics[0]) == "标题与摘要接近“图像1”；命中 flow matching、DiT、FID"
    assert reason(seen((0.0,), (0.0,), ()), None) == "标题与摘要接近“图像”"


def test_the_reason_names_a_category_that_says_something(classifier: EmbeddedClassifier) -> None:
    at_home = replace(DIFFUSION, categories=("cs.CV",))
    (told,), (silent,) = (answer(o).matches for o in classifier.classify([at_home, DIFFUSION]))
    assert told.reason.endswith("；主分类 cs.CV")
    assert "主分类" not in silent.reason
