"""Pages as a crawler sees them: their links and ids, and where a site's links lead nowhere."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from html.parser import HTMLParser
from urllib.parse import urljoin, urlsplit

from arxivdaily.site.urls import object_key

_VOID = {"meta", "link", "input", "br", "img", "hr"}
# Fixed hosts of the templates; every other address comes from an author's text.
OWN_CHOICE = ("arxiv.org", "doi.org")


@dataclass(frozen=True)
class Link:
    href: str
    tag: str
    rel: tuple[str, ...]


class HtmlPage(HTMLParser):
    """Collects links, ids and tags, and fails on tags that do not nest."""

    def __init__(self, html: bytes) -> None:
        super().__init__()
        self.links: list[Link] = []
        self.ids: list[str] = []
        self.tags: list[str] = []
        self.attributes: list[str] = []
        self._open: list[str] = []
        self.feed(html.decode())
        self.close()
        assert not self._open

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        values = dict(attrs)
        self.attributes += values
        rel = tuple((values.get("rel") or "").split())
        self.links += [Link(value, tag, rel) for name in ("href", "src") if (value := values.get(name))]
        if values.get("id"):
            self.ids.append(str(values["id"]))
        if tag not in _VOID:
            self._open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag


def dead_ends(
    pages: Mapping[str, HtmlPage], keys: Collection[str], site_url: str, elsewhere: str = "(?!)"
) -> Iterator[str]:
    """Internal links of pages (by object key) without an object or an anchor. Paths that match
    `elsewhere` belong to another render."""
    host = urlsplit(site_url).netloc
    ids = {key: set(page.ids) for key, page in pages.items()}
    for key, page in pages.items():
        for link in page.links:
            target = urlsplit(urljoin(f"{site_url}/{key}", link.href))
            if target.netloc != host or re.search(elsewhere, target.path):
                continue
            found = object_key(target.path)
            if found not in keys or (target.fragment and target.fragment not in ids[found]):
                yield f"{key}: {link.href}"


def unsafe_links(pages: Mapping[str, HtmlPage], site_url: str) -> Iterator[str]:
    """Links to other hosts that are not https, or recommend what an author wrote to search engines."""
    host = urlsplit(site_url).netloc
    for key, page in pages.items():
        for link in page.links:
            target = urlsplit(urljoin(f"{site_url}/{key}", link.href))
            if target.netloc == host:
                continue
            vouched = target.netloc in OWN_CHOICE or "nofollow" in link.rel
            if target.scheme != "https" or link.tag != "a" or not vouched:
                yield f"{key}: {link.href}"
