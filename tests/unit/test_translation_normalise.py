"""The stored typography of Chinese text."""

from __future__ import annotations

import pytest
from arxivdaily.translation import spans
from arxivdaily.translation.normalise import normalise
from hypothesis import given
from hypothesis import strategies as st


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("我们提出一种方法,它很快.", "我们提出一种方法，它很快。"),
        ("我们提出 DRL 方法, 在 3 个数据集上.", "我们提出DRL方法，在3个数据集上。"),
        ("判别器引导的强化学习(DRL),它", "判别器引导的强化学习（DRL），它"),
        ("使用 f(x) 与 (a, b)", "使用f(x)与（a, b）"),
        ("损失 $\\ell_2 (x, y)$ 很小", "损失$\\ell_2 (x, y)$很小"),
        ("代码见 https://a.org/b,c 。", "代码见 https://a.org/b,c 。"),
        ("比例为 3:1, 共 1,000 个", "比例为3:1，共1,000个"),
        ("中 文 之 间", "中文之间"),
        ("Deep Learning 方法", "Deep Learning方法"),
        ("第一行\n  第二行", "第一行第二行"),
        ("零\u200b宽\ufeff与\u202e方向\x00", "零宽与方向"),
        ("提升了 12.5% 的精度", "提升了12.5%的精度"),
        ("", ""),
    ],
)
def test_one_typography(text: str, expected: str) -> None:
    assert normalise(text) == expected


_TEXT = st.text(alphabet="我们的方法ab19 ,.;:!?()（）$\\_^{}，。 \n%/\u200b", max_size=120)


@given(_TEXT)
def test_doing_it_twice_changes_nothing(text: str) -> None:
    once = normalise(text)
    assert normalise(once) == once


@given(
    st.lists(
        st.sampled_from(["我们", " , ", "$a , b$", " $x^2$ ", "(DRL)", " 12.5% ", "方法. "]), max_size=12
    )
)
def test_formulas_keep_every_byte(parts: list[str]) -> None:
    text = "".join(parts)
    assert spans.find(normalise(text)).formulas == spans.find(text).formulas


def test_private_use_characters_cannot_stand_in_for_a_formula() -> None:
    assert normalise("我\ue000们\ue001 $x$") == "我们$x$"
