"""Addresses of the local site, and its copy from the bucket."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from infrastructure.local.server import content_type, object_of
from infrastructure.local.site_sync import MANIFEST, SiteSync, Synced


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("/", "index.html"),
        ("/image-generation/", "image-generation/index.html"),
        ("/image-generation/feed.atom", "image-generation/feed.atom"),
        ("/papers/cs/0112017/", "papers/cs/0112017/index.html"),
        ("/%E4%B8%AD.css", "中.css"),
    ],
)
def test_addresses_of_objects(path: str, name: str) -> None:
    assert object_of(path) == name


@pytest.mark.parametrize(
    "path",
    [
        "/../secret",
        "/%2e%2e/secret",
        "/a/../../b",
        "/a/%2e%2e%2fb",
        "//x",
        "/.published.json",
        "/a\\b",
        "/%00",
        "",
    ],
)
def test_addresses_outside_the_site(path: str) -> None:
    assert object_of(path) is None


@given(st.text())
def test_no_address_leads_outside(path: str) -> None:
    name = object_of("/" + path)
    if name is not None:
        site = Path("/site")
        assert (site / name).resolve().is_relative_to(site)


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("feed.atom", "application/atom+xml; charset=utf-8"),
        ("rss.xml", "application/rss+xml; charset=utf-8"),
        ("feed.json", "application/feed+json; charset=utf-8"),
        ("2026-06-18.json", "application/json; charset=utf-8"),
        ("sitemap.xml", "application/xml; charset=utf-8"),
        ("unknown.bin", "application/octet-stream"),
    ],
)
def test_content_types(name: str, kind: str) -> None:
    assert content_type(name) == kind


class FakeS3:
    """The two calls that are used, on a dictionary; notes the order of reads."""

    def __init__(self) -> None:
        self.objects: dict[str, bytes] = {}
        self.read: list[str] = []

    def get_paginator(self, operation: str) -> FakeS3:
        assert operation == "list_objects_v2"
        return self

    def paginate(self, Bucket: str) -> Iterator[dict[str, object]]:  # noqa: N803 - boto3's name
        contents = [
            {"Key": key, "ETag": f'"{hashlib.md5(body, usedforsecurity=False).hexdigest()}"'}
            for key, body in sorted(self.objects.items())
        ]
        yield {"Contents": contents[:2]}
        yield {"Contents": contents[2:]} if contents[2:] else {}

    def get_object(self, Bucket: str, Key: str) -> dict[str, object]:  # noqa: N803 - boto3's names
        self.read.append(Key)
        return {"Body": io.BytesIO(self.objects[Key])}


@pytest.fixture
def s3() -> FakeS3:
    return FakeS3()


@pytest.fixture
def site(tmp_path: Path) -> Path:
    return tmp_path / "site"


def test_brings_what_changed_assets_first_feeds_last(s3: FakeS3, site: Path) -> None:
    s3.objects = {"a/feed.atom": b"f", "a/index.html": b"p", "style.css": b"s", "index.html": b"h"}
    sync = SiteSync(s3, "bucket", site)
    assert sync() == Synced(written=4, removed=0, total=4)
    assert s3.read == ["style.css", "a/index.html", "index.html", "a/feed.atom"]
    assert (site / "a" / "index.html").read_bytes() == b"p"

    s3.objects["index.html"] = b"new"
    assert sync() == Synced(written=1, removed=0, total=4)
    assert (site / "index.html").read_bytes() == b"new"
    assert sync() == Synced(written=0, removed=0, total=4)


def test_a_later_run_reads_nothing_again_and_repairs_what_is_broken(s3: FakeS3, site: Path) -> None:
    s3.objects = {"index.html": b"h", "b.html": b"b", "c.html": b"c"}
    SiteSync(s3, "bucket", site)()
    (site / "b.html").write_bytes(b"edited by hand")
    (site / "c.html").unlink()
    s3.read.clear()
    SiteSync(s3, "another bucket", site)()
    assert sorted(s3.read) == ["b.html", "c.html"]
    assert (site / "b.html").read_bytes() == b"b"


def test_a_bucket_that_was_not_published_to_yet_removes_nothing(s3: FakeS3, site: Path) -> None:
    s3.objects = {"a.html": b"a", "b.html": b"b"}
    SiteSync(s3, "bucket", site)()
    s3.objects = {}
    assert SiteSync(s3, "bucket", site)() == Synced(written=0, removed=0, total=2)
    assert (site / "a.html").read_bytes() == b"a"


def test_removes_what_vanished_and_only_what_it_brought(s3: FakeS3, site: Path) -> None:
    s3.objects = {"old/deep/index.html": b"x", "index.html": b"h"}
    SiteSync(s3, "bucket", site)()
    (site / "mine.txt").write_text("somebody's own file")
    (site / "old" / "note.txt").write_text("another")
    del s3.objects["old/deep/index.html"]
    assert SiteSync(s3, "bucket", site)() == Synced(written=0, removed=1, total=1)
    names = sorted(p.relative_to(site).as_posix() for p in site.rglob("*") if p.is_file())
    assert names == [MANIFEST, "index.html", "mine.txt", "old/note.txt"]
    assert not (site / "old" / "deep").exists()


@pytest.mark.parametrize(
    "key", ["../outside.html", "/etc/x.html", "a/../../b.html", ".published.json", "a//b"]
)
def test_keys_that_lead_elsewhere_are_not_written(s3: FakeS3, site: Path, key: str) -> None:
    s3.objects = {key: b"x", "index.html": b"h"}
    assert SiteSync(s3, "bucket", site)().total == 1
    assert s3.read == ["index.html"]


def test_a_broken_manifest_costs_a_second_copy_at_most(s3: FakeS3, site: Path) -> None:
    s3.objects = {"index.html": b"h"}
    SiteSync(s3, "bucket", site)()
    (site / MANIFEST).write_text("{torn")
    assert SiteSync(s3, "bucket", site)().written == 1
