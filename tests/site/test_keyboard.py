"""A reader without a mouse, and a reader on paper."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser, Page
from reader import opened
from site_day import PAGES

# Where the focus is, and whether one sees it: radio buttons show theirs on their label's text.
_FOCUS = """() => {
  const at = document.activeElement;
  if (!at || at === document.body) return null;
  const seen = at.matches("input[type=radio]") ? at.nextElementSibling : at;
  const style = getComputedStyle(seen);
  const box = seen.getBoundingClientRect();
  return {
    name: at.tagName + " " + (at.getAttribute("href") ?? at.id) + " " + at.textContent.trim().slice(0, 30),
    outlined: style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2,
    inside: box.bottom > 0 && box.top < innerHeight && box.right > 0 && box.left < innerWidth,
  };
}"""


def focus(page: Page) -> dict[str, object] | None:
    found: dict[str, object] | None = page.evaluate(_FOCUS)
    return found


@pytest.mark.parametrize("width", [360, 1440])
@pytest.mark.parametrize("name", ["home", "channel", "paper", "ledger", "archive"])
def test_every_stop_of_the_tab_key_is_seen(site: str, chromium: Browser, name: str, width: int) -> None:
    with opened(chromium, site + PAGES[name], width=width) as page:
        stops: list[str] = []
        for _ in range(60):
            page.keyboard.press("Tab")
            at = focus(page)
            if at is None:  # past the page's end
                break
            stops.append(str(at["name"]))
            assert at["outlined"], at
            assert at["inside"], at
        assert stops[0].startswith("A #main"), stops[:3]
        assert len(stops) > 10


def test_the_skip_link_leads_past_the_navigation(site: str, chromium: Browser) -> None:
    with opened(chromium, site + PAGES["channel"], width=390) as page:
        page.keyboard.press("Tab")
        page.keyboard.press("Enter")
        page.keyboard.press("Tab")
        assert page.evaluate("document.querySelector('main').contains(document.activeElement)")


def test_keys_go_from_paper_to_paper_and_open_one(site: str, chromium: Browser) -> None:
    with opened(chromium, site + PAGES["channel"], width=390) as page:
        ids: list[str] = page.eval_on_selector_all(".papers > article", "all => all.map((it) => it.id)")

        def at() -> str:
            found: str = page.evaluate("document.activeElement.closest('article')?.id ?? ''")
            return found

        for key, expected in (("j", 0), ("j", 1), ("j", 2), ("k", 1), ("k", 0), ("k", 0)):
            page.keyboard.press(key)
            assert at() == ids[expected], key
            reached = focus(page)
            assert reached
            assert reached["inside"], reached
        details = page.locator(f"[id='{ids[0]}'] details")
        assert details.get_attribute("open") is None
        page.keyboard.press("o")
        assert details.get_attribute("open") is not None
        page.keyboard.press("o")
        assert details.get_attribute("open") is None
        # The reader types elsewhere, or the keys are the browser's.
        page.keyboard.press("Control+j")
        assert at() == ids[0]


@pytest.mark.parametrize("name", ["channel", "updated paper"])
def test_paper_gets_all_of_the_words_and_none_of_the_controls(
    site: str, chromium: Browser, name: str
) -> None:
    with opened(chromium, site + PAGES[name], width=768, dark=True) as page:
        page.emulate_media(media="print")
        closed = page.locator("details:not([open])")
        assert closed.count()
        for words in closed.first.locator("> :not(summary)").all():
            assert words.is_visible()
            box = words.bounding_box()
            assert box
            assert box["height"] > 10
        for control in (".skip", ".bar", ".foot nav", ".filters", "summary"):
            for it in page.locator(control).all():
                assert not it.is_visible(), control
        # Dark paper is nobody's wish.
        ink = page.eval_on_selector("h1", "it => getComputedStyle(it).color")
        assert ink == "rgb(0, 0, 0)"
        ground = page.eval_on_selector("body", "it => getComputedStyle(it).backgroundColor")
        assert ground in ("rgba(0, 0, 0, 0)", "rgb(255, 255, 255)")
        assert page.evaluate("document.documentElement.scrollWidth") <= 768
