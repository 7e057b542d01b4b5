"""The stored typography of Chinese text."""

from __future__ import annotations

import re

import pytest
from arxivdaily.translation import spans
from arxivdaily.translation.normalise import normalise
from hypothesis import given
from hypothesis import strategies as st


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("我们提出一种方法,它很快.", "我们提出一种方法，它很快。"),
        ("我们提出 DRL 方法, 在 3 个数据集上.", "我们提出 DRL 方法，在 3 个数据集上。"),
        ("判别器引导的强化学习(DRL),它", "判别器引导的强化学习（DRL），它"),
        ("使用 f(x) 与 (a, b)", "使用 f(x) 与（a, b）"),
        ("损失 $\\ell_2 (x, y)$ 很小", "损失 $\\ell_2 (x, y)$ 很小"),
        ("代码见 https://a.org/b,c 。", "代码见 https://a.org/b,c。"),
        ("比例为 3:1, 共 1,000 个", "比例为 3:1，共 1,000 个"),
        ("中 文 之 间", "中文之间"),
        ("Deep Learning方法", "Deep Learning 方法"),
        ("第一行\n  第二行", "第一行第二行"),
        ("零\u200b宽\ufeff与\u202e方向\x00", "零宽与方向"),
        ("提升了 12.5% 的精度", "提升了 12.5% 的精度"),
        ("代码见https://a.org/b。", "代码见 https://a.org/b。"),
        ("用C++语言,以f(x)为例", "用 C++ 语言，以 f(x) 为例"),
        ("从<20%提高到>70%", "从 <20% 提高到 >70%"),
        ("正如\\cite{kim2024}所示", "正如 \\cite{kim2024} 所示"),
        ("LLaMA、 GPT-4 和“ Qwen ”", "LLaMA、GPT-4 和“Qwen”"),
        ("视觉-语言-动作", "视觉-语言-动作"),
        ("精度为１２．５％的ＡＢ", "精度为 12.5% 的 AB"),
        ("所谓``黑箱''与\"白箱\"", "所谓“黑箱”与“白箱”"),
        ("模型 -- 尤其是大模型", "模型——尤其是大模型"),
        ("2026年6月18日", "2026 年 6 月 18 日"),
        ("A “plain” text (in English), it stays.", "A “plain” text (in English), it stays."),
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


_OPEN_GAP = re.compile(
    r"[\u4e00-\u9fff][A-Za-z0-9]|[A-Za-z0-9%][\u4e00-\u9fff]|[\u4e00-\u9fff] [\u4e00-\u9fff]"
)


@given(_TEXT)
def test_one_space_where_scripts_meet_and_none_within_chinese(text: str) -> None:
    result = normalise(text)
    for start, end in reversed(spans.protected(result)):
        result = f"{result[:start]} {result[end:]}"
    assert not _OPEN_GAP.search(re.sub(r" {2,}", "|", result))


@given(
    st.lists(
        st.sampled_from(["我们", " , ", "$a , b$", " $x^2$ ", "(DRL)", " 12.5% ", "方法. "]), max_size=12
    )
)
def test_formulas_keep_every_byte(parts: list[str]) -> None:
    text = "".join(parts)
    assert spans.find(normalise(text)).formulas == spans.find(text).formulas


def test_private_use_characters_cannot_stand_in_for_a_formula() -> None:
    assert normalise("我\ue000们\ue001 $x$") == "我们 $x$"
