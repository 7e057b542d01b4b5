"""Every link of the built site leads somewhere: pages, anchors, feeds, sitemaps and data."""

from __future__ import annotations

import re
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import site_day
from arxivdaily.site.urls import object_key
from html_page import HtmlPage, dead_ends, unsafe_links


@pytest.fixture(scope="module")
def objects(site_root: Path) -> dict[str, bytes]:
    files = (path for path in site_root.rglob("*") if path.is_file())
    return {path.relative_to(site_root).as_posix(): path.read_bytes() for path in files}


@pytest.fixture(scope="module")
def pages(objects: dict[str, bytes]) -> dict[str, HtmlPage]:
    return {key: HtmlPage(body) for key, body in objects.items() if key.endswith(".html")}


def test_internal_links_and_anchors_resolve(objects: dict[str, bytes], pages: dict[str, HtmlPage]) -> None:
    assert len(pages) > 100
    assert list(dead_ends(pages, objects, site_day.SITE_URL)) == []


def test_links_to_others_are_safe(pages: dict[str, HtmlPage]) -> None:
    assert list(unsafe_links(pages, site_day.SITE_URL)) == []


def test_every_address_of_our_own_resolves(objects: dict[str, bytes]) -> None:
    """Absolute ones: canonical links, feeds, OPML, sitemaps, robots.txt."""
    own = re.compile(re.escape(site_day.SITE_URL).encode() + rb"([^\s\"'<>\\]*)")
    found = {(key, address.decode()) for key, body in objects.items() for address in own.findall(body)}
    assert len(found) > 500
    broken = [(key, to) for key, to in found if object_key(urlsplit(to).path or "/") not in objects]
    assert not broken, broken[:20]
