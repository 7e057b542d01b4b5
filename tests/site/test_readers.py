"""Feeds in a feed reader that people use: newsboat, over HTTP."""

from __future__ import annotations

import subprocess
from pathlib import Path

import checkers
import pytest
import site_day

from infrastructure.local import sample


class Newsboat:
    """newsboat with a folder of its own; every run is one invocation without a screen."""

    def __init__(self, folder: Path) -> None:
        self.program = checkers.newsboat()
        self.urls = folder / "urls"
        self.files = ["-u", str(self.urls), "-c", str(folder / "cache.db"), "-C", str(folder / "config")]
        self.log = folder / "log"
        (folder / "config").write_text("show-read-feeds yes\n")

    def run(self, *arguments: str) -> str:
        ran = subprocess.run(  # noqa: S603
            [self.program, *self.files, "-d", str(self.log), "-l", "4", *arguments],
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )
        assert ran.returncode == 0, ran.stdout + ran.stderr
        return ran.stdout

    def unread(self, *feeds: str) -> int:
        self.urls.write_text("".join(f"{feed}\n" for feed in feeds))
        self.run("-x", "reload")
        return int(self.run("-x", "print-unread").split()[0])


@pytest.fixture
def newsboat(tmp_path: Path) -> Newsboat:
    return Newsboat(tmp_path)


@pytest.mark.parametrize(
    "path",
    [
        f"/{site_day.CHANNEL}/feed.atom",
        f"/{site_day.CHANNEL}/rss.xml",
        f"/{site_day.CHANNEL}/{sample.EDITION}/feed.atom",
        "/feed.atom",
        "/rss.xml",
    ],
)
def test_newsboat_reads_every_entry(site: str, newsboat: Newsboat, path: str) -> None:
    records = [r for r in site_day.records() if r.is_shown and (site_day.CHANNEL in path or r.is_listed)]
    assert newsboat.unread(site + path) == len(records)
    assert newsboat.run("-x", "reload", "print-unread").split()[0] == str(len(records)), "nothing comes twice"


def test_newsboat_hears_of_a_feed_that_is_not_there(site: str, newsboat: Newsboat) -> None:
    assert newsboat.unread(f"{site}/no/such/feed.atom") == 0


def test_newsboat_imports_all_channels_and_a_group(site_root: Path, newsboat: Newsboat) -> None:
    for opml, least in (("feeds/machine-learning.opml", 5), ("feeds.opml", 40)):
        newsboat.run("-i", str(site_root / opml))
        feeds = [line.split()[0] for line in newsboat.urls.read_text().splitlines()]
        assert len(feeds) == len(set(feeds)) >= least
        assert all(feed.startswith(site_day.SITE_URL) for feed in feeds)
