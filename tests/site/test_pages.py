"""Pages in a real browser: the sample day, rendered, served as the CDN would, read by Chromium."""

from __future__ import annotations

from typing import Literal

import pytest
from arxivdaily.domain.records import State
from arxivdaily.site import latex
from fakes import match
from playwright.sync_api import Browser, expect
from reader import heard, visit
from site_day import CHANNEL, PAGES
from site_day import records as sample_records

WIDTHS: dict[int, Literal["light", "dark"]] = {
    320: "light",
    360: "dark",
    650: "light",
    768: "dark",
    1440: "light",
}


@pytest.mark.parametrize("name", PAGES)
def test_every_page_fits_and_is_quiet(site: str, chromium: Browser, name: str) -> None:
    page = visit(chromium, site + PAGES[name], width=320)
    for width, scheme in WIDTHS.items():
        page.set_viewport_size({"width": width, "height": 900})
        page.emulate_media(color_scheme=scheme)
        assert page.evaluate("document.documentElement.scrollWidth") <= width, f"scrolls sideways at {width}"
    expected = [e for e in heard(page).errors if not (name == "missing" and "404" in e)]
    assert expected == []
    assert all(url.startswith(site) for url in heard(page).requests), "asks another host"
    assert len(heard(page).requests) <= 4
    assert page.title()
    assert page.locator("h1").count() == 1
    assert page.get_attribute("html", "lang") == "zh-Hans"
    page.context.close()


def test_a_breach_of_the_csp_would_be_heard(site: str, chromium: Browser) -> None:
    page = visit(chromium, site, width=768)
    page.evaluate("document.body.setAttribute('style', 'color: red')")
    page.evaluate(
        "document.body.append(Object.assign(document.createElement('script'), {text: 'window.ran = 1'}))"
    )
    page.wait_for_timeout(50)
    breaches = [error for error in heard(page).errors if error.startswith("CSP: ")]
    assert len(breaches) == 2, heard(page).errors
    assert page.evaluate("window.ran") is None
    page.context.close()


def test_everything_can_be_read_without_javascript(site: str, chromium: Browser) -> None:
    page = visit(chromium, site + PAGES["channel"], width=390, script=False)
    shown = [r for r in sample_records() if r.is_shown]
    assert page.locator("article").count() == len(shown)
    translated = next(r for r in shown if r.is_listed and r.translation).paper
    waiting = next(r for r in shown if r.is_listed and not r.translation).paper
    english = page.locator(f"[id='p{waiting.arxiv_id}'] details [lang=en]").first
    assert not english.is_visible()
    page.locator(f"[id='p{waiting.arxiv_id}'] summary").click()
    assert english.is_visible()
    # A long listing has one abstract of each paper, and a link to the other.
    page.locator(f"[id='p{translated.arxiv_id}'] summary").click()
    page.locator(f"[id='p{translated.arxiv_id}'] a.elsewhere").click()
    abstract = page.locator(f"[id='p{translated.arxiv_id}'] [lang=en]").last
    assert abstract.inner_text().split()[:3] == latex.to_plain(translated.abstract).split()[:3]
    assert abstract.bounding_box()["y"] < 900  # type: ignore[index]
    page.context.close()


def test_english_abstracts_of_a_long_list_come_with_one_request(site: str, chromium: Browser) -> None:
    page = visit(chromium, site + PAGES["channel"], width=1440)
    links = page.locator("a.elsewhere").count()
    assert links > 5
    abstracts = site + PAGES["abstracts"]
    page.route(abstracts, lambda route: route.abort())
    page.locator("article:has(a.elsewhere) summary").first.click()
    page.wait_for_timeout(100)
    assert page.locator("a.elsewhere").count() == links, "a failed request leaves the links"
    page.unroute(abstracts)
    page.get_by_role("button", name="全部展开").click()
    # Not wait_for_function: what it asks a second time is evaluated in the page, which the CSP forbids.
    expect(page.locator("a.elsewhere")).to_have_count(0)
    assert heard(page).requests.count(abstracts) == 2
    for record in sample_records():
        if record.is_listed:
            details = page.locator(f"[id='p{record.paper.arxiv_id}'] details")
            assert details.locator("h3").last.text_content() == "英文摘要"
            assert (details.locator("[lang=en]").last.text_content() or "").strip()
    page.context.close()


def test_the_ledger_finds_a_paper(site: str, chromium: Browser) -> None:
    page = visit(chromium, site + PAGES["ledger"], width=390)
    wanted = sample_records()[3].paper.arxiv_id
    search = page.get_by_role("searchbox")
    forms = (
        wanted,
        wanted[-5:],
        f"arXiv:{wanted}v1",
        f"https://arxiv.org/pdf/{wanted}v2.pdf",
        f"https://arxiv.org/abs/{wanted}?context=cs",
        f"https://doi.org/10.48550/arXiv.{wanted}",
        f"/papers/{wanted}/",
        sample_records()[3].paper.title.split(":")[0].upper(),
    )
    for asked in forms:
        search.fill(asked)
        assert page.locator(".rows tbody tr:visible td.id").all_inner_texts() == [wanted]
    assert page.locator("output").inner_text() == f"1 / {len(sample_records())} 篇"
    search.fill("no such paper")
    assert page.locator(".rows tbody tr:visible").count() == 0
    search.fill("")
    page.get_by_role("combobox").select_option("译文待补")
    waiting = sum(r.state is State.UNTRANSLATED for r in sample_records())
    assert page.locator(".rows tbody tr:visible").count() == waiting
    page.context.close()


def test_the_ledger_lists_every_paper_without_javascript(site: str, chromium: Browser) -> None:
    page = visit(chromium, site + PAGES["ledger"], width=390, script=False)
    assert page.locator(".rows tbody tr:visible").count() == len(sample_records())
    assert page.get_by_role("searchbox").count() == 0
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
    before = len(heard(page).requests)
    page.locator("form.filters label", has_text="扩散模型").first.click()
    topics = [(r.match_for(CHANNEL) or match()).topic for r in sample_records() if r.is_listed]
    assert page.locator("article.paper:visible").count() == topics.count("diffusion-models")
    assert len(heard(page).requests) == before
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
