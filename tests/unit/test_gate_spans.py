"""What is found in LaTeX-flavoured text."""

from __future__ import annotations

from decimal import Decimal
from itertools import pairwise

import pytest
from arxivdaily.translation import spans
from hypothesis import given
from hypothesis import strategies as st


@pytest.mark.parametrize(
    ("text", "formulas"),
    [
        (r"a $x^2$ b $$y$$ c \(z\) d \[w\]", ("$x^2$", "$$y$$", r"\(z\)", r"\[w\]")),
        (r"costs \$5 or \$6", ()),
        ("costs $100 and then some other $200", ()),
        ("costs $100 to $200", ()),
        ("an unpaired $ sign", ()),
        (r"$a \$ b$ end", (r"$a \$ b$",)),
        (r"$\text{if it holds then}\; x$", (r"$\text{if it holds then}\; x$",)),
    ],
)
def test_formulas(text: str, formulas: tuple[str, ...]) -> None:
    assert spans.find(text).formulas == formulas


@pytest.mark.parametrize(
    ("text", "urls"),
    [
        ("see https://a.org/b.", ("https://a.org/b",)),
        ("(https://a.org/b_(c))", ("https://a.org/b_(c)",)),
        ("代码见https://a.org/b。另外", ("https://a.org/b",)),
        (r"\url{https://a.org/b}", ("https://a.org/b",)),
        ("github.com/a/b and www.a.org/x", ("github.com/a/b", "www.a.org/x")),
        ("e.g. this, i.e. that", ()),
        ("https://a.org/$x$", ("https://a.org/",)),
    ],
)
def test_addresses(text: str, urls: tuple[str, ...]) -> None:
    assert spans.find(text).urls == urls


def test_numbers_with_scale_and_mark() -> None:
    found = spans.find("From 5,250 to 10 million, 1.5B, 12\\%, 2.3x, 30$\\times$ and 2024-2025.").numbers
    assert [(n.digits, n.value, n.mark) for n in found] == [
        ("5250", Decimal(5250), ""),
        ("10", Decimal(10_000_000), ""),
        ("1.5", Decimal(1_500_000_000), ""),
        ("12", Decimal(12), "%"),
        ("2.3", Decimal("2.3"), "x"),
        ("30", Decimal(30), "x"),
        ("2024", Decimal(2024), ""),
        ("2025", Decimal(2025), ""),
    ]


def test_chinese_scales() -> None:
    assert [n.value for n in spans.find("1000万、25亿、3千、1.2万亿").numbers] == [
        10_000_000,
        2_500_000_000,
        3000,
        1_200_000_000_000,
    ]


def test_numbers_inside_names_belong_to_the_name() -> None:
    found = spans.find("ResNet18, Qwen2.5-7B and GPT-4o with 3 seeds")
    assert found.names == ("ResNet18", "Qwen2.5-7B", "GPT-4o")
    assert [n.digits for n in found.numbers] == ["3"]


def test_commands_that_mean_something_and_those_that_only_set_type() -> None:
    found = spans.find(r"\emph{a} \textbf{b} \% \alpha \rev{a whole clause in blue} \cite{x1, y2}")
    assert found.commands == (r"\alpha",)
    assert found.arguments == ("a whole clause in blue",)
    assert found.citations == ("x1", "y2")


@given(st.text(alphabet="ab1 $\\(){}.,/:hts中文", max_size=200))
def test_protected_places_are_ordered_and_apart(text: str) -> None:
    places = spans.protected(text)
    assert all(0 <= start < end <= len(text) for start, end in places)
    assert all(a[1] <= b[0] for a, b in pairwise(places))
