"""What a listing carries, and what the pages say of quality, withdrawals and versions."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import msgspec
import pytest
import site_samples as samples
from arxivdaily.domain.affiliations import Affiliations, AuthorBlock, Institution, Source
from arxivdaily.domain.calendar import feed_due
from arxivdaily.domain.papers import AnnounceType
from arxivdaily.domain.records import Record, State
from arxivdaily.ports import SiteObject
from arxivdaily.site import labels, quality, sitemap, urls, views
from arxivdaily.site.build import build

CHANNEL = "robotics"
ENGLISH = "We study kettles."


def listing(count: int, untranslated: int = 0) -> tuple[Record, ...]:
    """Papers of one channel, the last `untranslated` of them in English."""
    return tuple(
        samples.record(
            samples.paper(f"2603.{n:05d}"),
            samples.match(CHANNEL, 90),
            state=State.UNTRANSLATED if n > count - untranslated else None,
        )
        for n in range(1, count + 1)
    )


def site(*records: Record) -> dict[str, SiteObject]:
    state = samples.state()
    state = replace(state, records=records, recent=((state.edition, records),))
    return samples.objects(build(state, samples.TEMPLATES))


def page(built: dict[str, SiteObject], path: str) -> str:
    return built[f"{path}index.html"].body.decode()


# --- the weight of a listing -----------------------------------------------------------------


def test_a_listing_of_usual_length_carries_both_abstracts() -> None:
    built = site(*listing(views.WHOLE_LISTING))
    assert page(built, f"{CHANNEL}/{samples.DATE}/").count(ENGLISH) == views.WHOLE_LISTING
    assert f"{CHANNEL}/{samples.DATE}/abstracts/index.html" not in built


def test_a_long_listing_leaves_english_abstracts_to_their_page() -> None:
    count = views.WHOLE_LISTING + 1
    built = site(*listing(count, untranslated=2))
    listed = page(built, f"{CHANNEL}/{samples.DATE}/")
    assert listed.count(ENGLISH) == 2  # there is no other abstract of these
    assert listed.count('class="elsewhere"') == count - 2
    assert listed == page(built, f"{CHANNEL}/")  # the newest links to the dated page as well
    abstracts = page(built, f"{CHANNEL}/{samples.DATE}/abstracts/")
    assert abstracts.count(ENGLISH) == count
    for address in re.findall(r'class="elsewhere" href="([^"]+)"', listed):
        path, _, anchor = address.partition("#")
        assert path == f"/{CHANNEL}/{samples.DATE}/abstracts/"
        assert f'id="{anchor}"' in abstracts
    assert 'name="robots" content="noindex"' in abstracts


# --- withdrawals, versions, links --------------------------------------------------------------


def test_a_withdrawn_paper_offers_no_pdf() -> None:
    gone = samples.record(
        samples.paper("2603.00001", comment="This paper has been withdrawn."), samples.match(CHANNEL, 90)
    )
    built = site(gone)
    for path in (f"{CHANNEL}/{samples.DATE}/", "papers/2603.00001/"):
        assert "arxiv.org/abs/2603.00001v1" in page(built, path)
        assert "arxiv.org/pdf/" not in page(built, path)
        assert "arxiv.org/html/" not in page(built, path)
    assert "arxiv.org/pdf/" not in built[f"{CHANNEL}/feed.atom"].body.decode()


def test_a_replacement_names_its_version_and_the_day_of_the_first() -> None:
    paper = samples.paper("2603.00001", version=3, announce_type=AnnounceType.REPLACE)
    record = samples.record(paper, samples.match(CHANNEL, 90))
    assert labels.paper_labels(record) == ("已修订 v3",)
    dated = replace(record, paper=replace(paper, submitted="2025-12-24"))
    assert labels.paper_labels(dated) == ("已修订 v3（v1：2025-12-24）",)
    assert '<time datetime="2025-12-24">' in page(site(dated), "papers/2603.00001/")


def test_several_links_of_a_kind_are_told_apart() -> None:
    text = "Code at https://github.com/a/b and https://github.com/c/d, data at https://zenodo.org/records/1"
    built = site(
        samples.record(samples.paper("2603.00001", abstract=text), samples.match(CHANNEL, 90)),
    )
    listed = page(built, f"{CHANNEL}/{samples.DATE}/")
    assert re.findall(r'noopener" lang="zh-Hans">([^<]+)<', listed) == ["代码 1", "代码 2", "数据"]


# --- days ------------------------------------------------------------------------------------------


def test_a_late_edition_says_so_on_its_pages() -> None:
    state = samples.state()
    due = feed_due(date.fromisoformat(samples.DATE))
    late = replace(state, edition=replace(state.edition, created=due + timedelta(hours=5)))
    built = samples.objects(build(late, samples.TEMPLATES))
    for path in ("", f"{CHANNEL}/{samples.DATE}/", f"ledger/{samples.DATE}/"):
        assert "本期晚于平常" in page(built, path)


def test_the_sitemap_s_index_dates_the_year_that_changes() -> None:
    newest = samples.edition("2026-03-05")
    text = sitemap.index([2025, 2026], newest, urls.Urls(samples.SITE_URL)).decode()
    assert re.findall(r"sitemaps/(\d+)\.xml</loc>(<lastmod>)?", text) == [("2025", ""), ("2026", "<lastmod>")]


def test_a_notice_stands_on_every_page_and_is_escaped() -> None:
    assert "notice" not in page(site(*listing(1)), "")
    state = replace(samples.state(), records=(), recent=())
    built = samples.objects(build(state, samples.TEMPLATES, notice="<试>"))
    for path, item in built.items():
        assert not path.endswith(".html") or "<p>&lt;试&gt;</p></aside>" in item.body.decode(), path


# --- the ledger ------------------------------------------------------------------------------------


def test_the_account_by_category_has_the_states_that_occur() -> None:
    built = site(*listing(2, untranslated=1))
    table = page(built, f"ledger/{samples.DATE}/").partition("按主分类与去向</caption>")[2]
    head = table.partition("</thead>")[0]
    assert re.findall(r'<th scope="col">([^<]+)</th>', head) == ["主分类", "已发布", "译文待补", "合计"]


# --- quality ---------------------------------------------------------------------------------------


def test_quality_of_an_edition_is_counted_from_its_records() -> None:
    known = Affiliations(
        AuthorBlock((Institution("Kettle Labs", "Kettle Labs"),), ((0,),)), Source.HTML, samples.CHANGED
    )
    nothing = Affiliations(AuthorBlock((), ()), Source.NONE, samples.CHANGED)
    fine, again, titled, english = listing(4, untranslated=1)
    records = (
        replace(fine, affiliations=known),
        replace(again, translation=samples.translation(repaired=True), affiliations=nothing),
        replace(titled, translation=samples.translation(abstract="", summary="")),
        english,
        samples.record(samples.paper("2603.00099")),
    )
    words = {figure.name: figure for figure in quality.of_edition(records)}
    assert words["译文"].words == "一次通过检查 1，重译后通过 1，只译标题或总结 1，译文待补 1"
    pending = replace(fine, state=State.PENDING, translation=None)
    assert quality.of_edition([pending])[0].words.endswith("译文待补 0，处理中 1")
    assert words["译文"].how == "模型：made-up-model。"
    assert words["分类"].words == "公告 5 篇，收录 4 篇"
    assert words["机构"].words == "查过 2 篇，找到 1 篇"
    assert quality.of_edition([samples.record(samples.paper("2603.00099"))]) == ()


def test_the_about_page_gives_the_figures_of_the_evaluation() -> None:
    about = page(site(*listing(1)), "about/")
    raw = json.loads((samples.TEMPLATES / quality.FILE).read_text())
    assert f"平均精度 {raw['classifier']['average_precision']:.2f}" in about
    assert f"{raw['gate']['damaged']} 份" in about
    assert raw["formulas"]["converted"] / raw["formulas"]["formulas"] >= 0.995


@pytest.mark.parametrize("text", ["", "{}", '{"classifier": 1}'])
def test_figures_that_no_evaluation_wrote_are_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / quality.FILE).write_text(text)
    with pytest.raises(msgspec.MsgspecError):
        quality.load(tmp_path)
