"""One site and one browser for all tests of what readers see."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import browser
import pytest
import reader
import site_day
from playwright.sync_api import Browser, Playwright, sync_playwright

from infrastructure.local.server import SiteServer


@pytest.fixture(scope="session")
def site_root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The sample day's site as files."""
    root = tmp_path_factory.mktemp("site")
    site_day.write(root)
    return root


@pytest.fixture(scope="session")
def site(site_root: Path) -> Iterator[str]:
    """Its address, served as the CDN would."""
    with SiteServer(site_root, 0) as server:
        yield server.url


@pytest.fixture(scope="session")
def playwright() -> Iterator[Playwright]:
    with sync_playwright() as started:
        yield started


@pytest.fixture(scope="session")
def chromium(playwright: Playwright) -> Iterator[Browser]:
    launched = playwright.chromium.launch(executable_path=browser.find_or_install(), args=[*reader.FLAGS])
    yield launched
    launched.close()
