"""Phrases, the weighing of evidence, and their limits."""

from __future__ import annotations

from dataclasses import fields, replace

import pytest
from arxivdaily.classification.phrases import normalise, occurrences
from arxivdaily.classification.scoring import WEIGHTS, Evidence, score
from hypothesis import given
from hypothesis import strategies as st

NOTHING = Evidence(standout=0.0, phrases=0.0, share=0.0, category=0.0, exclusion=0.0)
CLEAR = Evidence(standout=2.5, phrases=1.8, share=0.8, category=0.3, exclusion=0.0)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Text-to-Image Diffusion Models", " text to image diffusion model "),
        ("the LLMs' analysis of classes", " the llm analysis of classe "),
        ("$\\ell_2$ bias", " ell 2 bia "),
        ("", "  "),
    ],
)
def test_normalised_words(text: str, words: str) -> None:
    assert normalise(text) == words


def test_a_phrase_is_found_as_whole_words_and_the_longest_only() -> None:
    phrases = [normalise(p) for p in ("attack", "adversarial attack", "GAN", "diffusion model")]
    text = normalise("Adversarial attacks on organs; diffusion models and diffusion-model training")
    assert occurrences(phrases, text) == {" adversarial attack ": 1, " diffusion model ": 2}


def test_a_paper_without_evidence_is_in_no_channel_and_a_clear_one_is() -> None:
    assert score(NOTHING) < WEIGHTS.threshold <= score(CLEAR)


@pytest.mark.parametrize("name", ["standout", "phrases", "share", "category", "learned"])
def test_more_evidence_raises_the_score(name: str) -> None:
    more = replace(NOTHING, **{name: 2.0})
    assert score(more) > score(NOTHING)


def test_what_a_channel_excludes_lowers_the_score() -> None:
    assert score(replace(CLEAR, exclusion=1.0)) < score(CLEAR)


def test_the_category_alone_decides_nothing() -> None:
    """A prior, not a filter: neither enough by itself nor needed."""
    assert score(replace(NOTHING, category=1.0)) < WEIGHTS.threshold
    assert score(replace(CLEAR, category=0.0)) >= WEIGHTS.threshold


@given(st.lists(st.floats(-1e6, 1e6), min_size=6, max_size=6))
def test_every_score_is_a_whole_number_from_0_to_100(values: list[float]) -> None:
    names = [field.name for field in fields(Evidence)]
    result = score(Evidence(**dict(zip(names, values, strict=True))))
    assert isinstance(result, int)
    assert 0 <= result <= 100
