"""Brings the published site from its bucket to a directory."""

from __future__ import annotations

import contextlib
import hashlib
import os
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

import msgspec

from infrastructure.failures import at

MANIFEST = ".published.json"
_ASSETS = (".css", ".js", ".svg", ".png", ".ico", ".webp", ".jpg", ".woff2", ".webmanifest", ".xsl")
_POINTERS = (".atom", ".xml", ".json", ".opml", ".txt")  # what points to pages


@dataclass(frozen=True, slots=True)
class Synced:
    """Files written and removed by one pass, and how many there are after it."""

    written: int
    removed: int
    total: int


class Published(msgspec.Struct, frozen=True):
    """What the hidden file of a site says: whose it is (see archive), and the files that were brought there.

    `archive` is the identity of a state, `state` that one's folder, relative to the site. `sample`: it shows
    the sample day. Previous versions wrote the files alone: such a site has no owner's name.
    """

    archive: str = ""
    state: str = ""
    sample: bool = False
    files: list[str] = []


def read_published(site: Path) -> Published | None:
    """None where there is no hidden file, or a broken one."""
    with contextlib.suppress(OSError, msgspec.MsgspecError):
        found = msgspec.json.decode((site / MANIFEST).read_bytes(), type=Published | list[str])
        return found if isinstance(found, Published) else Published(files=found)
    return None


def write_published(site: Path, published: Published) -> None:
    write_whole(site / MANIFEST, msgspec.json.format(msgspec.json.encode(published), indent=1))


class SiteSync:
    """Keeps `site` equal to the bucket's objects.

    An object is compared by its ETag, the MD5 of its bytes, with the file that is there, so files
    that somebody changed or deleted come back. Only files that came from a bucket are ever removed:
    a hidden file in the directory lists them (`Published`).
    """

    def __init__(self, client: Any, bucket: str, site: Path) -> None:
        self._client = client
        self._bucket = bucket
        self._site = site
        self._etags: dict[str, str] | None = None  # of the files that are there, by path

    def __call__(self) -> Synced:
        """One pass; files are replaced whole, assets before pages, pages before feeds."""
        there = self._known()
        published = {key: etag for key, etag in self._published() if _is_safe(key)}
        changed = [key for key, etag in published.items() if there.get(key) != etag]
        for key in sorted(changed, key=_order):
            self._write(key)
            there[key] = published[key]
        # A bucket without objects is one that was not published to yet, not a site that was taken down:
        # a run that fails early leaves the site that another state brought here.
        vanished = [key for key in there if key not in published] if published else []
        for key in vanished:
            self._remove(key)
            del there[key]
        if changed or vanished:
            self._site.mkdir(parents=True, exist_ok=True)
            owner = read_published(self._site) or Published()
            write_published(self._site, msgspec.structs.replace(owner, files=sorted(there)))
        return Synced(len(changed), len(vanished), len(there))

    def _published(self) -> Iterator[tuple[str, str]]:
        pages = self._client.get_paginator("list_objects_v2").paginate(Bucket=self._bucket)
        for page in pages:
            for item in page.get("Contents", []):
                yield item["Key"], item["ETag"].strip('"')

    def _known(self) -> dict[str, str]:
        if self._etags is None:
            published = read_published(self._site)
            self._etags = {}
            for name in filter(_is_safe, published.files if published else ()):
                with contextlib.suppress(OSError):
                    self._etags[name] = _md5((self._site / name).read_bytes())
        return self._etags

    def _write(self, key: str) -> None:
        body = self._client.get_object(Bucket=self._bucket, Key=key)["Body"].read()
        path = self._site / key
        path.parent.mkdir(parents=True, exist_ok=True)
        write_whole(path, body)

    def _remove(self, key: str) -> None:
        path = self._site / key
        path.unlink(missing_ok=True)
        with contextlib.suppress(OSError):  # the first folder that is not empty ends it
            for folder in path.parents:
                if folder == self._site:
                    break
                folder.rmdir()


def _is_safe(key: str) -> bool:
    """Whether a key names a file inside the site's directory."""
    parts = key.split("/")
    return not PurePosixPath(key).is_absolute() and all(part and not part.startswith(".") for part in parts)


def _order(key: str) -> tuple[int, str]:
    suffix = PurePosixPath(key).suffix
    return (0 if suffix in _ASSETS else 2 if suffix in _POINTERS else 1), key


def _md5(body: bytes) -> str:
    return hashlib.md5(body, usedforsecurity=False).hexdigest()


def write_whole(path: Path, body: bytes) -> None:
    """Replace a file in one step: a reader sees the old bytes or the new ones."""
    with at(path):
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=".new-")
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(body)
            Path(name).chmod(0o644)
            Path(name).replace(path)
        except BaseException:
            Path(name).unlink(missing_ok=True)
            raise
