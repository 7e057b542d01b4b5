"""What an answer brings: no tag, link or command that its source does not have, however it is written."""

from __future__ import annotations

import html
from urllib.parse import quote

import pytest
from arxivdaily.domain.additions import additions
from hypothesis import given
from hypothesis import strategies as st

SOURCE = (
    "We train <mask> models for p < q on Node.js and GPT-4.1/4o, e.g. at 0.95/0.94. Mail ada@mit.example. "
    r"Code: https://github.com/ada/kettle, data at \url{http://data.example.org/~ada/my\_set}. See [1](note)."
)
BRACKETS = str.maketrans({"/": "／", ":": "：", "<": "＜", ">": "＞", ".": "．"})


@pytest.mark.parametrize(
    "answer",
    [
        "代码见 https://github.com/ada/kettle。数据见http://data.example.org/~ada/my_set",
        "代码托管在github.com，数据在 data.example.org 上（HTTPS://GitHub.com/ada/kettle）",
        "训练<mask>模型，当p<q时，使用Node.js与GPT-4.1/4o，e.g. 0.95/0.94",
        "联系ada@mit.example，见[1](note)",
        "比例为1.44:1，速度提高50%的R&D；版本v1.2.3。",
        "使用[CLS]（分类）和f(x)，A/B测试，TCP/IP，和/或",
    ],
)
def test_what_the_source_has_may_stand(answer: str) -> None:
    assert additions(SOURCE, answer) == ()


BROUGHT = [
    "//evil.example/x",
    "//evil",
    "https://evil.example",
    "https:/evil.example",
    "https:evil.example",
    "http:\\\\evil.example",
    "\\\\evil.example\\share",
    "/\\evil.example",
    "www.evil.example",
    "evil.com",
    "EVIL.COM",
    "x@evil.example",
    "mailto:x",
    "github.com/evil/kettle",
    "https://github.com/ada/kettle?x=1",
    "https://github.com/ada/kettle/../../evil",
    "https://github.com@evil.example/",
    "https://gіthub.com/ada/kettle",
    "gіthub.com",
    "1.2.3.4/x",
    "https://2130706433/",
    "https://[::1]/",
    "ftp://data.example.org/",
    "javascript:alert(1)",
    "JaVaScRiPt:alert(1)",
    "vbscript:x",
    "data:text/html,x",
    "file:///etc/passwd",
    "tel:+123",
    "<b>x</b>",
    "<script>",
    "<img src=x onerror=alert(1)",
    "<mask onclick=alert(1)>",
    "<!-- x",
    "<?php",
    "</mask2>",
    "<svg/onload=alert(1)>",
    "<math><mtext>",
    "[x](evil)",
    "![x](/p.png)",
    "[x](//evil)",
    r"\href{x}{y}",
    r"\input{/etc/passwd}",
    r"\includegraphics{x}",
    "亚马逊.com",
    "evil。com",
    "<q-x>",
]


def in_disguise(text: str, how: str) -> str:
    """The text as a credulous reader still understands it."""
    return {
        "plain": text,
        "full width": text.translate(BRACKETS) if "<" in text or "//" in text else text,
        "percent": quote(text, safe=""),
        "percent twice": quote(quote(text, safe=""), safe=""),
        "references": "".join(f"&#{ord(c)};" for c in text),
        "hexadecimal references": "".join(f"&#x{ord(c):x};" for c in text),
        "named references": html.escape(text),
        "zero width": "\u200b".join(text) if "\\" not in text else text,
        "variants": "\ufe0f".join(text) if "\\" not in text else text,
        "soft hyphen": text[:2] + "\u00ad" + text[2:] if "\\" not in text else text,
    }[how]


@pytest.mark.parametrize(
    "how",
    [
        "plain",
        "full width",
        "percent",
        "percent twice",
        "references",
        "hexadecimal references",
        "named references",
        "zero width",
        "variants",
        "soft hyphen",
    ],
)
@pytest.mark.parametrize("brought", BROUGHT)
def test_what_it_does_not_have_is_found(brought: str, how: str) -> None:
    assert additions(SOURCE, f"我们研究了 {in_disguise(brought, how)} 等问题。") != ()


@given(
    st.sampled_from(BROUGHT),
    st.text("我们研究了模型的效果，。、（）：", max_size=6),
    st.text("模型，。（）", max_size=6),
)
def test_it_is_found_between_chinese_words(brought: str, before: str, after: str) -> None:
    assert additions(SOURCE, f"{before} {brought} {after}") != ()


LABEL = st.text("abcdefghijklmnopqrstuvwxyz0123456789", min_size=1, max_size=12)
ADDRESS = st.builds(
    "https://{}.{}/{}".format, LABEL, st.sampled_from(["com", "org", "io", "dev", "co.uk", "example"]), LABEL
)


@given(st.lists(ADDRESS, max_size=3), st.lists(ADDRESS, max_size=3))
def test_addresses_of_an_answer_are_among_those_of_its_source(known: list[str], said: list[str]) -> None:
    answer = "见".join(["代码", *said]) + "。"
    brought = [address for address in said if address not in known]
    assert list(additions(f"We study things. {' '.join(known)}.", answer)) == list(dict.fromkeys(brought))


@given(st.text(max_size=200))
def test_a_text_brings_nothing_to_itself(text: str) -> None:
    assert additions(text, text) == ()


@given(st.text("<>/\\.:@[]()!?&#;%x2fcom ", max_size=80))
def test_nor_does_one_of_marks(text: str) -> None:
    assert additions(text, text) == ()


def test_what_is_found_is_quoted_as_it_reads() -> None:
    assert additions("", "见 ｈｔｔｐｓ：／／evil.example/a，和<b>或<b>") == ("https://evil.example/a", "<b>")
