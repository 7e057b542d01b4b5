"""Pages in a real browser: the sample day, rendered, served as the CDN would, read by Chromium."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import browser
import pytest
from arxivdaily.adapters.channel_file import load_catalogue
from arxivdaily.domain.affiliations import Affiliations, AuthorBlock, Institution, Source
from arxivdaily.domain.editions import Edition
from arxivdaily.domain.papers import Paper
from arxivdaily.domain.records import PastVersion, Record, State
from arxivdaily.domain.revisions import NOT_SENT
from arxivdaily.settings import Settings
from arxivdaily.site.build import SiteState, build, channel_counts
from fakes import MODEL, match, translation
from playwright.sync_api import Browser, Page, sync_playwright

from infrastructure.local import sample
from infrastructure.local.server import SiteServer

NOW = datetime(2026, 1, 15, 5, 30, tzinfo=UTC)
CHANNEL = "image-generation"
PAGES = {
    "home": "/",
    "channel": f"/{CHANNEL}/{sample.EDITION}/",
    "empty channel": f"/databases/{sample.EDITION}/",
    "newest": f"/{CHANNEL}/",
    "archive": f"/{CHANNEL}/archive/",
    "paper": "/papers/2601.90001/",
    "updated paper": "/papers/2512.90215/",
    "ledger": f"/ledger/{sample.EDITION}/",
    "about": "/about/",
    "missing": "/no/such/page/",
}
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]


def sample_records() -> list[Record]:
    """Every sample paper in one channel: a third translated, a third not, a third still waiting."""
    made = []
    for number, paper in enumerate(sorted(sample.load(), key=lambda p: p.arxiv_id)):
        if paper.announce_type.is_replacement:
            made.append(replacement(paper))
            continue
        shown = Record(
            sample.EDITION,
            paper,
            State.PUBLISHED,
            matches=(match(CHANNEL, 60 + number, ("diffusion-models", "text-to-image")[number % 2]),),
            classified_by=MODEL,
            translation=translation(f"第{number}篇，损失为 $\\ell_2$ 范数"),
            affiliations=affiliations(paper),
            changed=NOW,
        )
        if number % 3 == 1:
            shown = replace(shown, state=State.UNTRANSLATED, translation=None, reason="gate")
        elif number % 3 == 2:
            shown = replace(shown, state=State.PENDING, translation=None)
        made.append(shown)
    return made


def replacement(paper: Paper) -> Record:
    """A new version of a paper that the edition before showed, with another title and comment."""
    before = PastVersion("2026-01-14", 1, f"{paper.title}, Drafted", paper.abstract, "9 pages", NOW)
    return Record(
        sample.EDITION,
        paper,
        State.REVISION,
        NOT_SENT,
        matches=(match(CHANNEL, 80, "diffusion-models"),),
        classified_by=MODEL,
        translation=translation("新版"),
        history=(before,),
        changed=NOW,
    )


def affiliations(paper: Paper) -> Affiliations:
    """Those of the sample, or that nothing could be found."""
    known = sample.affiliations().get(paper.versioned_id, ())
    names = list(dict.fromkeys(name for places in known for name in places))
    block = AuthorBlock(
        tuple(Institution(name, f"Department of Things, {name}") for name in names),
        tuple(tuple(names.index(name) for name in places) for places in known),
    )
    return Affiliations(block, Source.HTML if names else Source.NONE, NOW)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    settings = Settings()
    catalogue = load_catalogue(Path(settings.channels_file))
    records = sample_records()
    edition = Edition(sample.EDITION, NOW, channel_counts=channel_counts(records, catalogue))
    root = tmp_path_factory.mktemp("site")
    state = SiteState(
        edition=edition,
        records=records,
        previous=None,
        following=None,
        recent=((edition, records),),
        year=(edition,),
        first=edition,
        catalogue=catalogue,
        site_url="https://daily.example.org",
    )
    for phase in build(state, Path(settings.templates_dir)):
        for item in phase.objects:
            path = root / item.path
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(item.body)
    with SiteServer(root, 0) as server:
        yield server.url


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=browser.find_or_install(), args=FLAGS)
        yield launched
        launched.close()


def visit(chromium: Browser, url: str, *, width: int, script: bool = True, dark: bool = False) -> Page:
    """Open a page; the test fails if it logs an error, asks another host, or breaks its CSP."""
    context = chromium.new_context(
        viewport={"width": width, "height": 900},
        java_script_enabled=script,
        color_scheme="dark" if dark else "light",
    )
    page = context.new_page()
    page.on("console", lambda message: errors(page).append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: errors(page).append(str(error)))
    page.on("request", lambda request: requests(page).append(request.url))
    page.goto(url)
    return page


_errors: dict[Page, list[str]] = {}
_requests: dict[Page, list[str]] = {}


def errors(page: Page) -> list[str]:
    return _errors.setdefault(page, [])


def requests(page: Page) -> list[str]:
    return _requests.setdefault(page, [])


@pytest.mark.parametrize("width", [320, 768, 1440])
@pytest.mark.parametrize("name", PAGES)
def test_every_page_fits_and_is_quiet(site: str, chromium: Browser, name: str, width: int) -> None:
    page = visit(chromium, site + PAGES[name], width=width, dark=width == 768)
    assert page.evaluate("document.documentElement.scrollWidth") <= width, "scrolls sideways"
    expected = [e for e in errors(page) if not (name == "missing" and "404" in e)]
    assert expected == []
    assert all(url.startswith(site) for url in requests(page)), "asks another host"
    assert len(requests(page)) <= 4
    assert page.title()
    assert page.locator("h1").count() == 1
    assert page.get_attribute("html", "lang") == "zh-Hans"
    page.context.close()


def test_everything_can_be_read_without_javascript(site: str, chromium: Browser) -> None:
    page = visit(chromium, site + PAGES["channel"], width=390, script=False)
    shown = [r for r in sample_records() if r.is_shown]
    assert page.locator("article").count() == len(shown)
    first = page.locator("article").first
    assert not first.locator("details [lang=en]").first.is_visible()
    first.locator("summary").click()
    assert first.locator("details [lang=en]").first.is_visible()
    page.context.close()


def test_updates_say_what_changed_and_open_in_place(site: str, chromium: Browser) -> None:
    page = visit(chromium, site + PAGES["channel"], width=390)
    lane = page.locator("section.updates")
    assert lane.locator("article").count() == sum(r.is_update for r in sample_records())
    assert "已撤稿" in lane.locator("article").first.inner_text()
    change = lane.locator("details").first
    assert not change.locator("del").first.is_visible()
    change.locator("summary").click()
    assert change.locator("del").first.is_visible()
    lane.locator("article h3 a").first.click()
    assert "本站首次收录" in page.locator("#versions + ol").inner_text()
    page.context.close()


def test_institutions_are_by_their_authors(site: str, chromium: Browser) -> None:
    page = visit(chromium, site + PAGES["paper"], width=1440)
    assert page.locator(".institutions li").count() >= 2
    assert page.locator(".authors sup").first.inner_text() == "1,2"
    assert page.locator(".authors a").first.get_attribute("href").startswith("https://arxiv.org/search/")  # type: ignore[union-attr]
    page.context.close()


def test_labels_and_formulas_are_shown(site: str, chromium: Browser) -> None:
    page = visit(chromium, site + PAGES["channel"], width=1440)
    labelled = [r for r in sample_records() if r.is_shown and r.translation is None]
    assert page.get_by_text("译文待补", exact=True).count() >= len(labelled)
    assert page.locator("math").count() >= 1
    page.context.close()


def test_topics_filter_without_a_request(site: str, chromium: Browser) -> None:
    page = visit(chromium, site + PAGES["channel"], width=1440)
    page.wait_for_load_state("networkidle")
    before = len(requests(page))
    page.locator("form.filters label", has_text="扩散模型").first.click()
    topics = [(r.match_for(CHANNEL) or match()).topic for r in sample_records() if r.is_listed]
    assert page.locator("article.paper:visible").count() == topics.count("diffusion-models")
    assert len(requests(page)) == before
    page.context.close()


def test_a_reader_gets_from_home_to_a_paper_and_back(site: str, chromium: Browser) -> None:
    page = visit(chromium, site, width=390)
    page.get_by_role("link", name="图像生成").first.click()
    assert page.locator("h1").inner_text() == "图像生成"
    page.locator("article h2 a, article h3 a").first.click()
    assert "/papers/2601.9" in page.url
    page.get_by_role("link", name="图像生成").first.click()
    assert f"/{CHANNEL}/" in page.url
    page.context.close()
