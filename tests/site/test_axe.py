"""Accessibility as axe sees it: every page type, phone to desktop, light and dark, all details open."""

from __future__ import annotations

from typing import Literal

import checkers
import pytest
import site_day
from playwright.sync_api import Browser, Page
from reader import heard, opened

_TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
_WIDTHS = (360, 768, 1440)
_SCHEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")
_RUN = """async (tags) => {
  const found = await axe.run({ runOnly: tags, resultTypes: ["violations"], preload: false });
  return found.violations.map((rule) =>
    `${rule.id}: ${rule.help}` + rule.nodes.map((node) => `\\n    ${node.target} ${node.html}`).join(""));
}"""


def violations(page: Page) -> list[str]:
    found: list[str] = page.evaluate(_RUN, _TAGS)
    return found


def load_axe(page: Page) -> None:
    """Into the page as the developer tools would: the site's CSP stands, and admits no script tag."""
    page.evaluate(checkers.module("axe-core/axe.min.js").read_text("utf-8"))


# `newest` is the channel's page at another address.
@pytest.mark.parametrize("name", [name for name in site_day.PAGES if name != "newest"])
def test_axe_finds_nothing(site: str, chromium: Browser, name: str) -> None:
    with opened(chromium, site + site_day.PAGES[name], width=_WIDTHS[0]) as page:
        load_axe(page)
        page.evaluate("for (const it of document.querySelectorAll('details')) it.open = true")
        for width in _WIDTHS:
            page.set_viewport_size({"width": width, "height": 900})
            for scheme in _SCHEMES:
                page.emulate_media(color_scheme=scheme)
                found = violations(page)
                assert not found, f"{width} px, {scheme}\n" + "\n".join(found)
        assert not [error for error in heard(page).errors if "404" not in error]


def test_axe_would_find_something(site: str, chromium: Browser) -> None:
    with opened(chromium, site, width=_WIDTHS[0]) as page:
        load_axe(page)
        page.evaluate("document.querySelector('h1').replaceWith(document.createElement('h4'))")
        assert any(rule.startswith("empty-heading") for rule in violations(page))
