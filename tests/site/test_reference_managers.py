"""What a reference manager's browser extension finds on the pages, read as Zotero reads it."""

from __future__ import annotations

from urllib.parse import unquote

import site_day
from playwright.sync_api import Browser
from reader import opened
from site_day import PAGES


def context_object(text: str) -> dict[str, list[str]]:
    """A COinS title as Zotero's `parseContextObject` takes it apart: pairs at `&`, values after one `=`."""
    found: dict[str, list[str]] = {}
    for pair in text.split("&"):
        key, value = pair.split("=")
        found.setdefault(key, []).append(unquote(value))
    return found


def test_a_list_s_papers_can_be_saved_at_once(site: str, chromium: Browser) -> None:
    with opened(chromium, site + PAGES["channel"], width=1440) as page:
        titles = page.eval_on_selector_all("article.paper > span.Z3988", "all => all.map((s) => s.title)")
        shown = page.eval_on_selector_all("article.paper", "all => all.map((p) => p.id.slice(1))")
    found = [context_object(title) for title in titles]
    records = {record.paper.arxiv_id: record.paper for record in site_day.records()}
    assert [one["rft_id"] for one in found] == [[f"info:doi/10.48550/arXiv.{arxiv_id}"] for arxiv_id in shown]
    assert len(found) >= 10
    for arxiv_id, one in zip(shown, found, strict=True):
        assert one["rft_val_fmt"] == ["info:ofi/fmt:kev:mtx:dc"]
        assert one["rft.type"] == ["preprint"]
        paper = records[arxiv_id]
        if not set(paper.title) & set("\\$~`'-{}"):
            assert one["rft.title"] == [paper.title]
        assert len(one["rft.au"]) == min(len(paper.authors), 60)


def test_a_paper_s_page_says_what_it_is(site: str, chromium: Browser) -> None:
    """Highwire's tags and Zotero's own, as its translator for embedded metadata reads them."""
    with opened(chromium, site + PAGES["paper"], width=1440) as page:
        said = page.eval_on_selector_all("meta[name]", "all => all.map((m) => [m.name, m.content])")
    metadata: dict[str, list[str]] = {}
    for name, content in said:
        metadata.setdefault(name, []).append(content)
    (arxiv_id,) = metadata["citation_arxiv_id"]
    paper = next(record.paper for record in site_day.records() if record.paper.arxiv_id == arxiv_id)
    assert metadata["z:itemType"] == ["preprint"]
    assert metadata["citation_doi"] == [paper.doi or f"10.48550/arXiv.{arxiv_id}"]
    assert len(metadata["citation_author"]) == len(paper.authors)
    assert all(", " in name for name in metadata["citation_author"])
    assert len(metadata["citation_abstract"][0]) > 100
    assert metadata["citation_pdf_url"][0].startswith("https://arxiv.org/pdf/")
    types = {"citation_journal_title", "citation_conference_title", "citation_technical_report_institution"}
    assert not types & metadata.keys(), "each would make something else of a preprint"
