"""Addresses: found whole, judged by rule, refused when in doubt."""

from __future__ import annotations

import time
from urllib.parse import quote, urlsplit

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


_ONWARD = [
    "https://www.google.com/search?q=evil&btnI=1",
    "https://google.de/search?btnI&q=evil",
    "https://a.example/?x=1&btnI=I",
    "https://www.google.com/url?q=https://evil.example",
    "https://www.google.com/amp/s/evil.example/",
    "https://accounts.google.com/ServiceLogin?continue=evil",
    "https://scholar.google.com/scholar_url?url=evil",
    "https://maps.google.com/url?q=evil",
    "https://webcache.googleusercontent.com/search?q=cache:evil",
    "https://duckduckgo.com/?q=!ducky+evil",
    "https://duckduckgo.com/?q=%21ducky+evil",
    "https://duckduckgo.com/?q=!g+x",
    "https://www.bing.com/ck/a?u=a1aHR0",
    "https://www.bing.com/search?q=x",
    "https://www.baidu.com/link?url=abc",
    "https://r.search.yahoo.com/_ylt=x/RU=https%3a%2f%2fevil.example/",
    "https://www.youtube.com/redirect?q=evil",
    "https://m.youtube.com/attribution_link?u=/x",
    "https://www.linkedin.com/safety/go?url=x",
    "https://www.facebook.com/flx/warn/?u=x",
    "https://vk.com/away.php?to=x",
    "https://medium.com/r/?url=x",
    "https://trusted.example//evil.example/",
    "https://trusted.example/%2f%2fevil.example",
    "https://trusted.example/%2Fevil.example//",
    "https://trusted.example/?x=%252f%252fevil.example",
    "https://trusted.example/?x=%25252525252f",
    "https://github.com/ada/kettle/../../evil/x",
    "https://github.com/ada/%2e%2e/evil",
    "https://github.com/ada/..",
    "https://github.com/ada/./x",
    "https://github.com/login?return_to=%2Fevil",
    "https://a.example/login?next=/x",
    "https://a.example/?url=aGVsbG8",
    "https://a.example/?image_url=x",
    "https://a.example/?redirect_uri=x",
    "https://a.example/?u=aHR0cHM6Ly9ldmlsLmV4YW1wbGU",
    "https://a.example/?u=68747470733a",
    "https://a.example/?q=evil.com",
    "https://a.example/?evil.example",
    "https://a.example/?evil.com/x",
    "https://a.example/x#url=y",
    "https://a.example/?r=evil.zz",
    "https://a.example/redirect?id=7",
    "https://a.example/redirect/7",
    "https://a.example/out?id=7",
    "https://a.example/x/goto?7",
    "https://a.example/x;url=y",
    "https://a.example/?a=b&amp;goto=evil",
    "https://a.example/?=//evil",
    "https://a.example/?a=@evil.com",
    "https://proxy.lib.example/login?url=x",
    "https://doi.org/?url=x",
    "https://r.jina.ai/evil.example",
    "https://link.zhihu.com/?target=x",
]


@pytest.mark.parametrize("url", _ONWARD)
def test_an_honest_host_carries_no_reader_elsewhere(url: str) -> None:
    assert judge(url) is None


@pytest.mark.parametrize(
    "url",
    [
        "https://github.com/ada/redirect",
        "https://github.com/ada/click/tree/v1.0",
        "https://a.example/data?name=set&v=1.2.3",
        "https://a.example/b%20c",
        "https://www.youtube.com/watch?v=wSGHpAscp0Y",
        "https://openreview.net/forum?id=8DOkyBGWwP",
        "https://a.example/view?file=paper.pdf",
        "https://a.example/?page=2&q=kettle",
        "https://a.example/x?doi=10.5281/zenodo.1",
        "https://doi.org/10.1007/978-3-030-58452-8_24",
        "https://sites.google.com/view/a",
        "https://drive.google.com/file/d/x/view?usp=sharing",
        "https://docs.google.com/spreadsheets/d/x/edit#gid=0",
        "https://drive.google.com/drive/folders/x?usp=sharing",
        "https://colab.research.google.com/github/a/b/blob/main/c.ipynb",
        "https://scholar.google.com/citations?user=x&hl=en",
        "https://huggingface.co/spaces/a/b?logs=build",
        "https://pan.baidu.com/s/1x?pwd=abcd",
        "https://a.example/~me/#/x",
        "https://github.com/a/a.github.io",
        "https://a.example/x.html?lang=en#sec.2",
        "https://yandex.github.io/x",
    ],
)
def test_and_addresses_of_papers_stay_links(url: str) -> None:
    assert judge(url) is not None


@given(
    st.sampled_from(
        [
            "https://github.com/a?",
            "https://a.example/b/c?d=e&",
            "https://youtube.com/watch?v=x&",
            "https://a.example/#",
        ]
    ),
    st.text("abcxyz_", max_size=8),
    st.sampled_from(
        [
            "https://evil.example",
            "//evil.example",
            "/\\evil.example",
            "evil.com",
            "evil.com/x",
            "http:evil.com",
            "javascript:x",
            "https://1.2.3.4",
        ]
    ),
    st.integers(0, 3),
)
def test_no_link_holds_another_address(start: str, name: str, address: str, times: int) -> None:
    for _ in range(times):
        address = quote(address, safe="")
    assert judge(f"{start}{name}={address}") is None


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
