"""What a feed reader shows of a text, whatever the text is: the text, and no element that is not ours."""

from __future__ import annotations

import html
import json
from datetime import UTC, datetime

import feedparser
import lxml.html
import pytest
from arxivdaily.site import feeds, latex, urls
from hostile.payloads import PAYLOADS
from hypothesis import example, given
from hypothesis import strategies as st
from lxml import etree

WHEN = datetime(2026, 6, 18, tzinfo=UTC)
LINKS = urls.Urls("https://daily.example.org")
_ATOM = "{http://www.w3.org/2005/Atom}"
_PIECES = [
    "<",
    ">",
    "</",
    "/>",
    "&",
    "&amp;",
    "&lt",
    "&#60;",
    ";",
    "#",
    "b",
    "mask",
    "script",
    "!--",
    "-->",
    "]]>",
    " ",
    '"',
    "'",
    "=",
    "x",
    "公式",
    "\u00a0",
]
TEXTS = st.one_of(st.text(max_size=60), st.lists(st.sampled_from(_PIECES), max_size=12).map("".join))


def feed_of(text: str) -> feeds.Feed:
    content = f"<p>{html.escape(text)}</p>"
    entry = feeds.FeedEntry(
        "tag:1",
        "https://daily.example.org/1",
        "https://arxiv.org/abs/1",
        text,
        text,
        content,
        (text,),
        (),
        WHEN,
        WHEN,
    )
    paths = {"atom": "/a", "rss": "/r", "json": "/j"}
    return feeds.Feed("tag:f", text, text, "/cv/", paths, WHEN, (entry,))


def words(text: str) -> str:
    """A text as feeds are given it: clean, on one line."""
    return " ".join(latex.clean(text).split())


def shown(markup: str) -> str:
    """What HTML shows, on one line; fails on any element."""
    root = lxml.html.fragment_fromstring(markup, create_parent="div") if markup.strip() else None
    assert root is None or list(root) == [], markup
    return " ".join(str(root.text_content()).split()) if root is not None else ""


def detail_shown(detail: feedparser.FeedParserDict) -> str:
    """What a reader shows of an element that feedparser has found to be HTML or text."""
    return shown(detail.value) if detail.type == "text/html" else " ".join(detail.value.split())


@example("What Happens to <mask> Tokens When n<m?")
@example("Q&A; R&D")
@example("The &amp; and &lt;b&gt; of HTML")
@example("<b>bold</b> and <script>alert(1)</script>")
@example("a < b")
@given(TEXTS)
def test_readers_show_the_text(text: str) -> None:
    text = words(text)
    made = feed_of(text)
    rss = etree.fromstring(feeds.rss(made, LINKS))
    item = rss.find("channel/item")
    assert item is not None
    assert shown(item.findtext("description") or "") == text
    assert shown(rss.findtext("channel/description") or "") == text
    atom = etree.fromstring(feeds.atom(made, LINKS))
    for element in atom.iter(f"{_ATOM}title", f"{_ATOM}summary", f"{_ATOM}subtitle"):
        assert element.get("type", "text") == "text"
        assert (element.text or "") == text
    written = json.loads(feeds.json_feed(made, LINKS))
    assert written["title"] == written["items"][0]["title"] == text
    assert written["items"][0].get("summary", "") == text


@pytest.mark.parametrize("text", [p.text for p in PAYLOADS if p.kind in ("markup", "xml", "link")])
def test_feedparser_shows_hostile_text_as_text(text: str) -> None:
    text = words(text)[:2_000]
    for body in (feeds.rss(feed_of(text), LINKS), feeds.atom(feed_of(text), LINKS)):
        parsed = feedparser.parse(body)
        assert not parsed.bozo
        entry = parsed.entries[0]
        assert detail_shown(entry.summary_detail) == text
        if entry.title_detail.type == "text/html":
            assert shown(entry.title) == text
        assert lxml.html.fromstring(entry.content[-1].value).xpath("//script|//img|//iframe|//a") == []


@given(TEXTS)
def test_an_rss_title_is_plain_unless_a_reader_would_take_it_for_html(text: str) -> None:
    text = words(text)
    title = feeds.rss_title(text)
    if title == text:
        assert "</b" not in text
        assert html.unescape(text) == text
    else:
        assert shown(title) == text
