"""Published objects: their keys and how long they may be cached."""

from __future__ import annotations

from arxivdaily.ports import SiteObject
from arxivdaily.site import urls

PAGE_CACHE = "public, max-age=300, stale-while-revalidate=86400"


def page_object(path: str, body: bytes, content_type: str) -> SiteObject:
    """What is published at `path` and may change with the next render: a page, a feed, data."""
    return SiteObject(urls.object_key(path), body, content_type, PAGE_CACHE)
