"""Addresses: found whole, judged by rule, refused when in doubt."""

from __future__ import annotations

import time
from urllib.parse import urlsplit

import pytest
from arxivdaily.domain.links import MAX_ADDRESS, LinkKind, find_links, judge
from hypothesis import given
from hypothesis import strategies as st


@pytest.mark.parametrize(
    ("url", "kind"),
    [
        ("https://github.com/a/b", LinkKind.CODE),
        ("https://gist.github.com/a/1", LinkKind.CODE),
        ("https://gitlab.inria.fr/a/b", LinkKind.CODE),
        ("https://git.rwth-aachen.de/a/b", LinkKind.CODE),
        ("https://anonymous.4open.science/r/Foo-1", LinkKind.CODE),
        ("https://github.com/", LinkKind.OTHER),
        ("https://huggingface.co/datasets/a/b", LinkKind.DATA),
        ("https://huggingface.co/a/b", LinkKind.OTHER),
        ("https://zenodo.org/records/1", LinkKind.DATA),
        ("https://doi.org/10.5281/zenodo.1", LinkKind.DATA),
        ("https://doi.org/10.1007/s1", LinkKind.OTHER),
        ("https://dataverse.harvard.edu/dataset.xhtml?persistentId=doi:10.7910/DVN/A", LinkKind.DATA),
        ("https://www.kaggle.com/datasets/a/b", LinkKind.DATA),
        ("https://a-b.github.io/c/", LinkKind.PROJECT),
        ("https://sites.google.com/view/a", LinkKind.PROJECT),
        ("https://research.example.com/labs/x/y/", LinkKind.PROJECT),
        ("https://openreview.net/forum?id=8D", LinkKind.OTHER),
        ("https://a.example/~me/#/x", LinkKind.OTHER),
    ],
)
def test_what_is_at_an_address(url: str, kind: LinkKind) -> None:
    link = judge(url)
    assert link is not None
    assert (link.url, link.text, link.kind) == (url, url, kind)


@pytest.mark.parametrize(
    ("written", "url"),
    [
        ("http://github.com/a/b", "https://github.com/a/b"),
        ("http://a.github.io/b", "https://a.github.io/b"),
        ("github.com/a/b", "https://github.com/a/b"),
        ("HTTPS://GitHub.com/A/B", "https://github.com/A/B"),
        ("https://a.example:443/b", "https://a.example/b"),
    ],
)
def test_addresses_are_made_https(written: str, url: str) -> None:
    link = judge(written)
    assert link is not None
    assert (link.url, link.text) == (url, written)


@pytest.mark.parametrize(
    "url",
    [
        "http://a.example/b", "ftp://a.example/b", "javascript:alert(1)", "data:text/html,x", "a.example/b",
        "",
        "https://", "https://localhost/a", "https://intranet/a", "https://a.local/", "https://a.zip/",
        "https://u:p@a.example/", "https://github.com@a.example/", "https://a.example:8443/", "https://a.example:x/",
        "https://127.0.0.1/", "https://[::1]/", "https://2130706433/", "https://0x7f.1/", "https://xn--gthub-n4a.com/",
        "https://gіthub.com/a", "https://a..example/", "https://a.example./", "https://-a.example/",
        "https://bit.ly/a", "https://t.co/a", "https://tinyurl.com/a", "https://a.page.link/b", "https://aka.ms/a",
        "https://www.google.com/url?q=x", "https://l.facebook.com/l.php?u=x", "https://www.youtube.com/redirect?q=x",
        "https://a.example/go?url=https://b.example", "https://a.example/?x=https%3A%2F%2Fb.example",
        "https://a.example/?x=https%253A%252F%252Fb.example", "https://a.example/?next=//b.example",
        "https://a.example/?redirect=b.example", "https://web.archive.org/web/2020/https://b.example",
        "https://a.example/\\b", "https://a.example/a b", "https://a.example/\"b", "https://a.example/<b>",
        "https://a.example/\u202eb", "https://a.example/%0d%0ab", "https://doi.org/[pending]",
        "https://a.example/" + "a" * MAX_ADDRESS,
    ],
)  # fmt: skip
def test_addresses_that_readers_are_not_sent_to(url: str) -> None:
    assert judge(url) is None


@pytest.mark.parametrize(
    ("text", "addresses"),
    [
        ("Code: https://github.com/a/b.", ["https://github.com/a/b"]),
        ("(see https://a.example/b_(c))", ["https://a.example/b_(c)"]),
        ("(https://a.example/b), 'https://a.example/c'!", ["https://a.example/b", "https://a.example/c"]),
        ("[x](https://a.example/b)", ["https://a.example/b"]),
        (
            "代码见https://github.com/a/b。数据（https://a.example/c）",
            ["https://github.com/a/b", "https://a.example/c"],
        ),
        ("https://a.example/b,https://a.example/c;", ["https://a.example/b", "https://a.example/c"]),
        ("at github.com/a/b and c.github.io.", ["github.com/a/b", "c.github.io"]),
        ("page:https://a.github.io/b)", ["https://a.github.io/b"]),
        ("me@github.com/a, x.github.com/a, notgithub.com/a", []),
        ("https://github.com.еvil.example x", ["https://github.com.еvil.example"]),
    ],
)
def test_addresses_in_text(text: str, addresses: list[str]) -> None:
    assert [text[start:end] for start, end, _ in find_links(text)] == addresses


def test_an_unsafe_address_is_found_and_refused() -> None:
    assert [link for _, _, link in find_links("http://a.example https://bit.ly/b https://gіthub.com/a")] == [
        None
    ] * 3


_PIECES = [
    "http://",
    "https://",
    "github.com",
    "/a",
    ".",
    "..",
    "@",
    ":",
    "?url=",
    "(",
    ")",
    " ",
    "中",
    "。",
    "\u202e",
    "%0a",
]  # fmt: skip


@given(st.one_of(st.text(), st.lists(st.sampled_from(_PIECES)).map("".join)))
def test_every_link_is_https_with_an_ascii_host(text: str) -> None:
    last = 0
    for start, end, link in find_links(text):
        assert last <= start <= end <= len(text)
        last = end
        if link:
            parts = urlsplit(link.url)
            assert link.url.startswith("https://")
            assert link.url.isascii()
            assert (parts.username, parts.port) == (None, None)
            assert "." in (parts.hostname or "")
            assert link.text == text[start:end]


@pytest.mark.parametrize(
    "text",
    [
        "http://" * 3000, "https://" * 2500, "https://a.b/" + "(" * 20_000, "https://a.b/" + ")" * 20_000,
        "https://a.b," * 1700, "a-" * 10_000, "a.github.io" * 1800, "github.com/" * 1800,
        ("a" * 61 + ".") * 300,
        "https://a.com/" + ".:" * 9000,
    ],
    ids=lambda text: text[:12],
)  # fmt: skip
def test_hostile_text_takes_bounded_time(text: str) -> None:
    started = time.perf_counter()
    list(find_links(text))
    assert time.perf_counter() - started < 1
