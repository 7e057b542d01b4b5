"""Atom (RFC 4287, archived as RFC 5005 has it), RSS 2.0, JSON Feed 1.1 and OPML 2.0.

Built with lxml, not with templates: the result is well formed and namespaced by construction, and
libxml2 escapes the entries' HTML in C, which is most of a feed's bytes.

Each format says what kind of text an element holds. HTML are Atom's content (`type="html"`), JSON Feed's
`content_html`, `content:encoded`, and RSS's `description`, of an item as of the channel; into these,
text goes as HTML, that is escaped once more than XML asks for. All others are plain text: Atom's titles
and summaries (whose type is `text` where none is named), JSON Feed's, RSS's titles.
"""

from __future__ import annotations

import html
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import format_datetime
from typing import Any

from lxml import etree

from arxivdaily.domain.channels import Group
from arxivdaily.site import urls

ATOM_TYPE = "application/atom+xml; charset=utf-8"
RSS_TYPE = "application/rss+xml; charset=utf-8"
JSON_TYPE = "application/feed+json; charset=utf-8"
OPML_TYPE = "text/x-opml; charset=utf-8"
MAX_ENTRIES = 100  # of a feed, except that a channel's newest edition is whole
MAX_AUTHORS = 50
LANGUAGE = "zh-Hans"

_ATOM = "http://www.w3.org/2005/Atom"
_HISTORY = "http://purl.org/syndication/history/1.0"
_CONTENT = "http://purl.org/rss/1.0/modules/content/"
_DC = "http://purl.org/dc/elements/1.1/"
_ATOM_ONLY: Any = {None: _ATOM}  # lxml's stubs do not know the default namespace's None
_ATOM_ARCHIVE: Any = {None: _ATOM, "fh": _HISTORY}
_XML_LANG = "{http://www.w3.org/XML/1998/namespace}lang"
_GENERATOR = "arXivDaily"


@dataclass(frozen=True, slots=True)
class FeedEntry:
    """One paper in one channel. `content` is HTML, all others are plain text; instants are UTC; `url`s
    are absolute."""

    tag: str
    url: str
    arxiv_url: str
    title: str
    summary: str
    content: str
    authors: tuple[str, ...]
    categories: tuple[str, ...]
    published: datetime
    updated: datetime


@dataclass(frozen=True, slots=True)
class Feed:
    """A feed's entries, newest edition first, and what it says of itself.

    `paths` has its own path by kind (`atom`, `rss`, `json`), `page` the path of the page it follows.
    `archives` are links of an Atom feed to others, by relation (RFC 5005: `current`, `prev-archive`);
    `is_archive` marks one whose entries are those of a day and stay.
    """

    tag: str
    title: str
    description: str
    page: str
    paths: Mapping[str, str]
    updated: datetime
    entries: tuple[FeedEntry, ...]
    archives: Mapping[str, str] = field(default_factory=dict)
    is_archive: bool = False


def entry_tag(links: urls.Urls, arxiv_id: str, channel: str = "") -> str:
    """A permanent id (RFC 4151): the same for every version, edition and address of the page; without
    a channel that of the site's own feed."""
    return f"tag:{links.host},2026:papers/{arxiv_id}" + (f"/{channel}" if channel else "")


def feed_tag(links: urls.Urls, channel: str = "", day: str = "") -> str:
    """Of a channel's feed, of its archive of a day, or of the site's own feed."""
    return f"tag:{links.host},2026:" + "/".join(filter(None, ("channels", channel, day)))


def atom(feed: Feed, links: urls.Urls) -> bytes:
    root = etree.Element(f"{{{_ATOM}}}feed", nsmap=_ATOM_ARCHIVE if feed.is_archive else _ATOM_ONLY)
    root.set(_XML_LANG, LANGUAGE)
    _add(root, _ATOM, "id", feed.tag)
    _add(root, _ATOM, "title", feed.title)
    _add(root, _ATOM, "subtitle", feed.description)
    _add(root, _ATOM, "updated", _iso(feed.updated))
    _link(root, "self", links.absolute(feed.paths["atom"]), "application/atom+xml")
    _link(root, "alternate", links.absolute(feed.page), "text/html")
    for relation, path in feed.archives.items():
        _link(root, relation, links.absolute(path), "application/atom+xml")
    if feed.is_archive:
        _add(root, _HISTORY, "archive")
    _add(root, _ATOM, "generator", _GENERATOR)
    _add(_add(root, _ATOM, "author"), _ATOM, "name", _GENERATOR)
    for item in feed.entries:
        entry = _add(root, _ATOM, "entry")
        _add(entry, _ATOM, "id", item.tag)
        _add(entry, _ATOM, "title", item.title)
        _link(entry, "alternate", item.url, "text/html")
        _link(entry, "related", item.arxiv_url, "text/html")
        _add(entry, _ATOM, "published", _iso(item.published))
        _add(entry, _ATOM, "updated", _iso(item.updated))
        for name in item.authors[:MAX_AUTHORS]:
            _add(_add(entry, _ATOM, "author"), _ATOM, "name", name)
        for category in item.categories:
            _add(entry, _ATOM, "category").set("term", category)
        if item.summary:
            _add(entry, _ATOM, "summary", item.summary)
        _add(entry, _ATOM, "content", item.content).set("type", "html")
    return _xml(root)


def rss(feed: Feed, links: urls.Urls) -> bytes:
    root = etree.Element("rss", nsmap={"atom": _ATOM, "content": _CONTENT, "dc": _DC})
    root.set("version", "2.0")
    channel = etree.SubElement(root, "channel")
    _add(channel, "", "title", rss_title(feed.title))
    _add(channel, "", "link", links.absolute(feed.page))
    _add(channel, "", "description", as_html(feed.description))
    _add(channel, "", "language", "zh-cn")  # RSS's own list of codes knows no scripts
    _add(channel, "", "lastBuildDate", _rfc822(feed.updated))
    _add(channel, "", "generator", _GENERATOR)
    _link(channel, "self", links.absolute(feed.paths["rss"]), "application/rss+xml")
    for item in feed.entries:
        entry = etree.SubElement(channel, "item")
        _add(entry, "", "title", rss_title(item.title))
        _add(entry, "", "link", item.url)
        _add(entry, "", "guid", item.tag).set("isPermaLink", "false")
        _add(entry, "", "pubDate", _rfc822(item.published))
        for name in item.authors[:MAX_AUTHORS]:
            _add(entry, _DC, "creator", name)
        for category in item.categories:
            _add(entry, "", "category", category)
        _add(entry, "", "description", as_html(item.summary or item.title))
        _add(entry, _CONTENT, "encoded", item.content)
    return _xml(root)


def as_html(text: str) -> str:
    """HTML that shows the text."""
    return html.escape(text, quote=False)


_CLOSING_TAG = re.compile(r"</[A-Za-z]")


def rss_title(text: str) -> str:
    """A title as RSS readers show it right.

    It is plain text (RSS Advisory Board, Best Practices Profile, "Character Data"). But readers look at
    it first: feedparser and SimplePie take one with a closing tag or a character reference for HTML, as
    others take every one. Such a title goes as HTML, so that all of these show it as it is.
    """
    return as_html(text) if _CLOSING_TAG.search(text) or html.unescape(text) != text else text


def json_feed(feed: Feed, links: urls.Urls) -> bytes:
    document = {
        "version": "https://jsonfeed.org/version/1.1",
        "title": feed.title,
        "description": feed.description,
        "home_page_url": links.absolute(feed.page),
        "feed_url": links.absolute(feed.paths["json"]),
        "language": LANGUAGE,
        "items": [
            {
                "id": item.tag,
                "url": item.url,
                "external_url": item.arxiv_url,
                "title": item.title,
                "content_html": item.content,
                **({"summary": item.summary} if item.summary else {}),
                "date_published": _iso(item.published),
                "date_modified": _iso(item.updated),
                "authors": [{"name": name} for name in item.authors[:MAX_AUTHORS]],
                "tags": list(item.categories),
            }
            for item in feed.entries
        ],
    }
    return (json.dumps(document, ensure_ascii=False, separators=(",", ":")) + "\n").encode()


def opml(groups: Sequence[Group], links: urls.Urls) -> bytes:
    """The Atom feeds of these groups' channels, for a reader's import."""
    root = etree.Element("opml", version="2.0")
    _add(etree.SubElement(root, "head"), "", "title", "arXivDaily")
    body = etree.SubElement(root, "body")
    for group in groups:
        outline = etree.SubElement(body, "outline", text=group.zh)
        for channel in group.channels:
            etree.SubElement(
                outline,
                "outline",
                type="rss",
                text=channel.zh,
                title=f"{channel.zh} · arXivDaily",
                description=channel.description,
                xmlUrl=links.absolute(urls.feed(channel.slug, "atom")),
                htmlUrl=links.absolute(urls.channel(channel.slug)),
            )
    return _xml(root)


def _add(parent: etree._Element, namespace: str, name: str, text: str | None = None) -> etree._Element:
    element = etree.SubElement(parent, f"{{{namespace}}}{name}" if namespace else name)
    element.text = text
    return element


def _link(parent: etree._Element, rel: str, href: str, media_type: str) -> None:
    link = _add(parent, _ATOM, "link")
    link.set("rel", rel)
    link.set("type", media_type)
    link.set("href", href)


def _iso(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def _rfc822(moment: datetime) -> str:
    return format_datetime(moment.astimezone(UTC))


def _xml(root: etree._Element) -> bytes:
    return bytes(etree.tostring(root, xml_declaration=True, encoding="UTF-8"))
