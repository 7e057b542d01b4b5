"""Static files under names that change with their content, so that they may be cached forever."""

from __future__ import annotations

import hashlib
from functools import lru_cache
from pathlib import Path

from arxivdaily.ports import SiteObject
from arxivdaily.site import urls

CACHE_CONTROL = "public, max-age=31536000, immutable"
_FILES = {"site.css": "text/css; charset=utf-8", "site.js": "text/javascript; charset=utf-8",
          "ledger.js": "text/javascript; charset=utf-8", "icon.svg": "image/svg+xml"}  # fmt: skip


@lru_cache(maxsize=8)
def load(templates_dir: Path) -> dict[str, SiteObject]:
    """The site's static files by their plain name; read once a process."""
    found = {}
    for name, content_type in _FILES.items():
        body = (templates_dir / "static" / name).read_bytes()
        stem, _, suffix = name.rpartition(".")
        hashed = f"{stem}.{hashlib.sha256(body).hexdigest()[:10]}.{suffix}"
        path = urls.object_key(urls.asset(hashed))
        found[name] = SiteObject(path, body, content_type, CACHE_CONTROL)
    return found
