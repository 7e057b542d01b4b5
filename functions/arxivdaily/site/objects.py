"""Published objects: their keys and how long they may be cached."""

from __future__ import annotations

from arxivdaily.ports import SiteObject
from arxivdaily.site import urls

# An old copy may be shown once more while the new one is fetched, by browsers too: for ten minutes and
# not for a day, or who comes every morning would see yesterday's edition first.
PAGE_CACHE = "public, max-age=300, stale-while-revalidate=600, stale-if-error=86400"
NOT_FOUND_CACHE = "public, max-age=60"  # what is missing may be on its way


def page_object(path: str, body: bytes, content_type: str) -> SiteObject:
    """What is published at `path` and may change with the next render: a page, a feed, data."""
    cache = NOT_FOUND_CACHE if path == urls.NOT_FOUND else PAGE_CACHE
    return SiteObject(urls.object_key(path), body, content_type, cache)
