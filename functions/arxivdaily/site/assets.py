"""Static files under names that change with their content, so that they may be cached forever."""

from __future__ import annotations

import hashlib
import json
from functools import lru_cache
from pathlib import Path

from arxivdaily.ports import SiteObject
from arxivdaily.site import share_cards, urls

CACHE_CONTROL = "public, max-age=31536000, immutable"
_FILES = {"site.css": "text/css; charset=utf-8", "site.js": "text/javascript; charset=utf-8",
          "ledger.js": "text/javascript; charset=utf-8", "cite.js": "text/javascript; charset=utf-8",
          "icon.svg": "image/svg+xml"}  # fmt: skip


_SHARE = "share"  # folder of the images that `make share` draws


@lru_cache(maxsize=8)
def load(templates_dir: Path) -> dict[str, SiteObject]:
    """The site's static files by their plain name; read once a process."""
    found = {}
    for name, content_type in _FILES.items():
        found[name] = _object(name, (templates_dir / "static" / name).read_bytes(), content_type)
    return found


@lru_cache(maxsize=8)
def share_images(templates_dir: Path) -> dict[str, SiteObject]:
    """What is shown where a page's address is shared, by the digest of its words (`share_cards`). Read
    once a process."""
    folder = templates_dir / "static" / _SHARE
    drawn: dict[str, str] = json.loads((folder / share_cards.MANIFEST).read_text("utf-8"))
    return {
        digest: _object(f"{_SHARE}/{name}.png", (folder / f"{name}.png").read_bytes(), "image/png")
        for name, digest in drawn.items()
    }


def _object(name: str, body: bytes, content_type: str) -> SiteObject:
    stem, _, suffix = name.rpartition(".")
    hashed = f"{stem}.{hashlib.sha256(body).hexdigest()[:10]}.{suffix}"
    return SiteObject(urls.object_key(urls.asset(hashed)), body, content_type, CACHE_CONTROL)
