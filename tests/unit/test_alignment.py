"""Sentences of a translation and of its source: what belongs together, what is missing, what moved."""

from __future__ import annotations

import pytest
from arxivdaily.translation.alignment import (
    Bitext,
    chinese_sentences,
    english_sentences,
)
from hypothesis import given
from hypothesis import strategies as st

ENGLISH = (
    "Robots that work at night cannot rely on ordinary cameras. We propose NightGrip, a grasping system that "
    "fuses an event camera with a tactile sensor. In 600 trials with 24 objects it succeeds in 93.2% of "
    "cases, and in 81.5% when the light flickers. The system fails mostly on transparent objects."
)
CHINESE = (
    "夜间工作的机器人不能依赖普通相机。我们提出NightGrip，一种融合事件相机与触觉传感器的抓取系统。"
    "在对24个物体的600次试验中，它在93.2%的情况下成功，在光线闪烁时为81.5%。该系统的失败大多发生在透明物体上。"
)


def test_sentences_do_not_end_in_abbreviations_formulas_or_numbers() -> None:
    text = (
        "We follow Li et al. (2020), i.e. the bound $a. B$ of Fig. 3 holds at 0.5. It is tight! Is it? Yes."
    )
    assert english_sentences(text) == [
        "We follow Li et al. (2020), i.e. the bound $a. B$ of Fig. 3 holds at 0.5.",
        "It is tight!",
        "Is it?",
        "Yes.",
    ]


def test_a_chinese_sentence_ends_at_a_semicolon_but_not_inside_brackets() -> None:
    assert chinese_sentences("一（甲；乙）。二；三在0.5处成立。") == [
        "一（甲；乙）。",
        "二；",
        "三在0.5处成立。",
    ]


def test_sentences_are_aligned_in_order() -> None:
    assert Bitext(ENGLISH, CHINESE).align() == [range(n, n + 1) for n in range(4)]


def test_two_sentences_made_one_are_not_missing() -> None:
    joined = CHINESE.replace("抓取系统。在对", "抓取系统，在对")
    assert Bitext(ENGLISH, joined).missing_sentences() == []


@pytest.mark.parametrize("place", range(4))
def test_a_sentence_left_out_is_named(place: int) -> None:
    sources, targets = english_sentences(ENGLISH), chinese_sentences(CHINESE)
    assert Bitext(ENGLISH, "".join(targets[:place] + targets[place + 1 :])).missing_sentences() == [
        sources[place]
    ]


def test_nothing_is_missing_or_misplaced_in_a_good_translation() -> None:
    """600 trials with 24 objects become 24个物体的600次试验: numbers that change order with their words."""
    assert Bitext(ENGLISH, CHINESE).missing_sentences() == []
    assert Bitext(ENGLISH, CHINESE).misplaced_numbers() == []


def test_numbers_exchanged_within_a_sentence_are_named() -> None:
    swapped = CHINESE.replace("93.2", "#").replace("81.5", "93.2").replace("#", "81.5")
    assert Bitext(ENGLISH, swapped).misplaced_numbers() == ["93.2", "81.5"]


def test_numbers_exchanged_between_sentences_are_named() -> None:
    english = "We train on 5600 images of cells. The error of the detector is 2.9 cells in the experiments."
    good = "我们在5,600张细胞图像上训练。实验中检测器的误差为2.9个细胞。"
    assert Bitext(english, good).misplaced_numbers() == []
    swapped = good.replace("5,600", "#").replace("2.9", "5600").replace("#", "2.9")
    assert Bitext(english, swapped).misplaced_numbers() == ["5600", "2.9"]


def test_years_of_citations_move_with_their_names() -> None:
    english = (
        "We extend the game of Bai and Ng (2014) and the 11 rounds of Goeree et al. (2018) to new players."
    )
    chinese = "我们把Goeree等人（2018）的11轮和Bai与Ng（2014）的游戏推广到新的玩家。"
    assert Bitext(english, chinese).misplaced_numbers() == []


@given(st.text(max_size=300), st.text(max_size=300))
def test_no_text_is_too_strange(english: str, chinese: str) -> None:
    assert set(Bitext(english, chinese).missing_sentences()) <= set(english_sentences(english))
    Bitext(english, chinese).misplaced_numbers()
