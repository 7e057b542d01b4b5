"""The published site as a whole: what is built, when, and that nothing in it is loose."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path

import pytest
import site_samples as samples
from arxivdaily.adapters.channel_file import load_catalogue
from arxivdaily.domain.affiliations import Affiliations, AuthorBlock, Institution, Source
from arxivdaily.domain.papers import sort_key
from arxivdaily.domain.records import PastVersion, Provenance, State
from arxivdaily.ports import SiteObject
from arxivdaily.settings import Settings
from arxivdaily.site import tex_work, urls, views
from arxivdaily.site.build import build
from html_page import HtmlPage, dead_ends, unsafe_links


@pytest.fixture(scope="module")
def built() -> dict[str, SiteObject]:
    return samples.site()


@pytest.fixture(scope="module")
def pages(built: dict[str, SiteObject]) -> dict[str, HtmlPage]:
    return {path: HtmlPage(item.body) for path, item in built.items() if path.endswith(".html")}


def _text(html: bytes) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", html.decode()).split())


# --- what is built -------------------------------------------------------------------------


def test_every_public_path_is_built(built: dict[str, SiteObject]) -> None:
    expected = {"index.html", "about/index.html", "404.html", "sitemap.xml", "robots.txt", "feeds.opml"}
    expected |= {"feeds/index.html", "sitemaps/2026.xml", "feed.atom", "rss.xml", "feed.json"}
    expected |= {f"feeds/{group.slug}.opml" for group in samples.CATALOGUE.groups}
    expected |= {f"ledger/{samples.DATE}.json", f"ledger/{samples.DATE}/index.html"}
    expected |= {"ledger/index.html", "ledger/2026/index.html", "papers/index.html"}
    for channel in samples.CATALOGUE:
        slug = channel.slug
        expected |= {
            f"{slug}/index.html",
            f"{slug}/{samples.DATE}/index.html",
            f"{slug}/{samples.DATE}/feed.atom",
            f"api/{slug}/{samples.DATE}.json",
        }
        expected |= {f"{slug}/archive/index.html", f"{slug}/archive/2026/index.html"}
        expected |= {f"{slug}/{name}" for name in ("feed.atom", "rss.xml", "feed.json")}
    expected |= {f"papers/{r.paper.arxiv_id}/index.html" for r in samples.day() if r.is_shown}
    shown = [r.paper.arxiv_id for r in samples.day() if r.is_shown]
    expected |= {f"papers/{arxiv_id}/cite.{kind}" for arxiv_id in shown for kind in ("bib", "ris")}
    listed = {match.channel for r in samples.day() for match in r.matches or ()}
    expected |= {f"{slug}/{samples.DATE}/papers.bib" for slug in listed}
    assets = {path for path in built if path.startswith("assets/")}
    assert set(built) == expected | assets
    # The samples' channels have slugs of the project's, but other words than its images say.
    names = {path.partition(".")[0] for path in assets}
    assert names == {f"assets/{name}" for name in ("icon", "cite", "ledger", "site", "share/site")}


def test_an_edition_of_texts_that_never_end_is_built_with_work_by_their_length(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    r"""`\frac{` in a title: pylatexenc takes twice as long for each, and 22 were the function's life."""
    spent = [0]
    spend = tex_work.Work.spend

    def counted(self: tex_work.Work, steps: int = 1) -> None:
        spent[0] += 1
        spend(self, steps)

    monkeypatch.setattr(tex_work.Work, "spend", counted)
    openings = (
        r"\frac{",
        r"\textcolor{",
        "$" + r"\sideset{}{}",
        r"\mathrm{\frac{",
        "$" + r"\begin{pmatrix}1&",
    )
    records = []
    for number in range(50):
        text = f"Kettle {number} " + openings[number % len(openings)] * 24
        made = samples.paper(
            f"2603.{number:05}",
            title=text,
            abstract=f"{text}$" * 3,
            comment=f"{text}, accepted to CVPR 2026",
            authors=(text[:200], "Ada Example"),
        )
        words = samples.translation(title=text, abstract=text, summary=text)
        records.append(samples.record(made, samples.match("image-generation", 90, reason=text), words=words))
    found = samples.site(samples.state(records))
    page = _text(found[f"image-generation/{samples.DATE}/index.html"].body)
    assert all(f"Kettle {number} " in page for number in range(50))
    characters = sum(len(text) for r in records for text in (r.paper.title, r.paper.abstract, r.paper.title))
    assert 0 < spent[0] < 50 * characters


def test_upload_order_is_assets_then_edition_then_indexes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(views, "WHOLE_LISTING", 0)
    phases = build(samples.state(), samples.TEMPLATES)
    assert [phase.scope for phase in phases] == ["site", *[samples.DATE] * 3, "site", "site"]
    found = ([item.path for item in phase.objects] for phase in phases)
    assets, papers, abstracts, lists, leading, entrances = found
    assert all(path.startswith("assets/") for path in assets)
    assert all(path.startswith("papers/") or path.endswith("/papers.bib") for path in papers)
    # Phases are uploaded one after the other, the objects of a phase at once: a list leads to its English
    # abstracts, and they to papers.
    assert abstracts
    assert all(path.endswith("/abstracts/index.html") for path in abstracts)
    assert all(samples.DATE in path for path in lists)
    assert not any(path.endswith((".atom", ".xml", ".opml")) or path == "feed.json" for path in leading)
    assert {"feed.atom", "sitemap.xml", "robots.txt"} < set(entrances)
    assert entrances[-1] == "index.html"


def test_an_older_edition_builds_no_indexes_but_its_year_s_archive() -> None:
    phases = build(samples.state(following=samples.edition("2026-03-06")), samples.TEMPLATES)
    paths = {item.path for phase in phases[4:] for item in phase.objects}
    years = {f"{channel.slug}/archive/2026/index.html" for channel in samples.CATALOGUE}
    years.add("ledger/2026/index.html")
    assert paths == years | {"sitemaps/2026.xml"}


def test_same_state_same_bytes() -> None:
    shuffled = replace(samples.state(), records=tuple(reversed(samples.day())))
    assert build(samples.state(), samples.TEMPLATES) == build(samples.state(), samples.TEMPLATES)
    assert build(shuffled, samples.TEMPLATES)[1:4] == build(samples.state(), samples.TEMPLATES)[1:4]


def test_a_following_edition_changes_only_the_lines_that_link_to_it() -> None:
    before = samples.objects(build(samples.state(), samples.TEMPLATES)[1:4])
    after = samples.objects(
        build(samples.state(following=samples.edition("2026-03-06")), samples.TEMPLATES)[1:4]
    )
    assert before.keys() == after.keys()
    changed = {path for path in before if before[path] != after[path]}
    assert changed == {f"{c.slug}/{samples.DATE}/index.html" for c in samples.CATALOGUE} | {
        f"ledger/{samples.DATE}/index.html"
    }
    for path in changed:
        old, new = (side[path].body.decode().splitlines() for side in (before, after))
        added = [line for line in new if line not in old]
        assert len(added) == 1
        assert "2026-03-06" in added[0]
        assert [line for line in new if line not in added] == old


def test_cache_headers(built: dict[str, SiteObject]) -> None:
    for path, item in built.items():
        immutable = "immutable" in item.cache_control
        assert immutable == path.startswith("assets/")
        if immutable:
            assert re.fullmatch(r"assets/(share/)?[\w-]+\.[0-9a-f]{10}\.(css|js|svg|png)", path)


def shared(built: dict[str, SiteObject], path: str) -> str:
    """The path of the image that a page names for sharing."""
    found = re.search(rb'<meta property="og:image" content="([^"]+)">', built[path].body)
    assert found, path
    return found[1].decode().removeprefix(f"{samples.SITE_URL}/")


def test_every_page_has_an_image_to_share(built: dict[str, SiteObject]) -> None:
    for path in built:
        if path.endswith("index.html"):
            assert built[shared(built, path)].body.startswith(b"\x89PNG"), path


def test_a_channel_s_image_is_its_own_while_it_says_what_the_channel_is() -> None:
    known = load_catalogue(Path(Settings().channels_file))
    state = replace(samples.state(), records=(), recent=(), catalogue=known)
    built = samples.objects(build(state, samples.TEMPLATES))
    for path in ("image-generation/index.html", "image-generation/archive/index.html"):
        assert shared(built, path).startswith("assets/share/image-generation.")
    assert shared(built, "index.html").startswith("assets/share/site.")
    renamed = replace(known.groups[0], zh="别的名字")
    state = replace(state, catalogue=replace(known, groups=(renamed, *known.groups[1:])))
    built = samples.objects(build(state, samples.TEMPLATES))
    assert shared(built, f"{renamed.channels[0].slug}/index.html") == shared(built, "index.html")
    assert shared(built, "image-generation/index.html").startswith("assets/share/image-generation.")


# --- pages ---------------------------------------------------------------------------------


def test_the_folders_of_ledgers_and_papers_lead_on(
    built: dict[str, SiteObject], pages: dict[str, HtmlPage]
) -> None:
    assert built["ledger/index.html"].body == built["ledger/2026/index.html"].body
    ledgers = {link.href for link in pages["ledger/index.html"].links}
    assert {urls.ledger(edition.date) for edition in samples.state().year} <= ledgers
    papers = {link.href for link in pages["papers/index.html"].links}
    shown = {urls.paper(record.paper.arxiv_id) for record in samples.day() if record.is_listed}
    assert {urls.HOME, urls.LEDGERS} <= papers
    assert papers & shown
    about = {link.href for link in pages["about/index.html"].links}
    assert {urls.LEDGERS, urls.PAPERS} <= about  # nobody has to guess an address


def test_the_folder_of_papers_needs_none() -> None:
    state = replace(samples.state(), records=(), recent=())
    body = samples.objects(build(state, samples.TEMPLATES))["papers/index.html"].body
    assert urls.LEDGERS in body.decode()
    assert "例如" not in body.decode()


def test_a_service_s_words_stand_quoted_in_the_ledger_and_are_said_to_be_english() -> None:
    said = "model service, HTTP 503: <b>overloaded</b> & so on"
    failed = replace(samples.day()[0], state=State.FAILED, reason=said)
    state = replace(samples.state(), records=(failed,), recent=())
    built = samples.objects(build(state, samples.TEMPLATES))
    page = built[f"ledger/{samples.DATE}/index.html"].body.decode()
    quoted = "model service, HTTP 503: &lt;b&gt;overloaded&lt;/b&gt; &amp; so on"
    assert f'<span class="why">模型服务出错：<q lang="en">{quoted}</q></span>' in page
    document = json.loads(built[f"ledger/{samples.DATE}.json"].body)
    assert [paper["reason"] for paper in document["papers"]] == [said]  # for programs: as it is stored


def test_internal_links_resolve(built: dict[str, SiteObject], pages: dict[str, HtmlPage]) -> None:
    # These belong to the previous edition and to last year's archive, built by renders of their own.
    elsewhere = r"/2026-03-04/$|/(?:archive|ledger)/2025/$"
    assert list(dead_ends(pages, built, samples.SITE_URL, elsewhere)) == []
    assert list(unsafe_links(pages, samples.SITE_URL)) == []
    assert sum(len(page.links) for page in pages.values()) > 200


def test_pages_are_sound(pages: dict[str, HtmlPage]) -> None:
    for path, page in pages.items():
        assert len(page.ids) == len(set(page.ids)), path
        assert page.tags.count("h1") == page.tags.count("main") == 1, path
        assert "style" not in page.tags, path
        assert not [name for name in page.attributes if name == "style" or name.startswith("on")], path


def test_scripts_come_from_assets_only(built: dict[str, SiteObject]) -> None:
    for path, item in built.items():
        if path.endswith(".html"):
            for tag in re.findall(rb"<script[^>]*>", item.body):
                if tag != b'<script type="application/ld+json">':  # data, which no browser runs
                    assert re.fullmatch(rb'<script src="/assets/(site|ledger|cite)\.\w+\.js" defer>', tag), (
                        path
                    )


def test_a_channel_page_shows_all_that_is_known(built: dict[str, SiteObject]) -> None:
    text = _text(built[f"image-generation/{samples.DATE}/index.html"].body)
    for words in (
        "图像生成的新方法、数据与评测。",
        "收录 5 篇",
        "cs.CV cs.LG",
        "2603.00001",
        samples.DATE,
        "新提交",
        "85",
        "A Made-Up Study of Kettles, Part 01",
        "水壶的虚构研究",
        "Ada Example",
        "Bo Sample",
        "Université de Kettle",
        "（水壶大学）",
        "Kettle Labs",
        "专题命中",
        "扩散模型",
        "研究水壶的生成",
        "提出一种更快烧水的方法。",
        "Accepted to CVPR 2026, 12 pages",
        "AI 中文摘要",
        "英文摘要",
        "costs 5% less",
        "arXivDaily",
        "每日学术速递",
        "周一至周五更新",
    ):
        assert words in text, words


def test_papers_stand_by_score_then_number(built: dict[str, SiteObject]) -> None:
    page = built[f"image-generation/{samples.DATE}/index.html"].body.decode()
    ids = re.findall(r'<article class="[^"]+" id="p([^"]+)"', page)
    assert ids == ["2603.00003", "2603.00002", "2603.00001", "2603.00010", "2603.00011"]


def test_filters_count_what_is_there(built: dict[str, SiteObject]) -> None:
    page = built[f"image-generation/{samples.DATE}/index.html"].body.decode()
    topics = re.findall(r'id="(t\d)"><span>(\S+) <i>(\d+)</i>', page)
    assert topics == [("t0", "扩散模型", "3"), ("t1", "可控生成", "1"), ("t3", "其他", "1")]
    for index, _, count in topics:
        assert len(re.findall(rf'<article class="paper {index} ', page)) == int(count)
    types = re.findall(r'id="(a-[a-z-]+)"><span>(\S+) <i>(\d+)</i>', page)
    assert types == [("a-new", "新提交", "4"), ("a-cross", "交叉", "1")]
    assert len(re.findall(r'<article class="paper t\d a-new"', page)) == 4


def test_every_filter_has_its_rule() -> None:
    css = (samples.TEMPLATES / "static" / "site.css").read_text()
    largest = 8  # topics a channel may have
    for index in [f"t{n}" for n in range(largest + 1)] + ["a-new", "a-cross", "a-replace", "a-replace-cross"]:
        assert f"main:has(#{index}:checked) .paper:not(.{index})" in css


def test_labels(built: dict[str, SiteObject]) -> None:
    def labels(arxiv_id: str) -> list[str]:
        page = built[f"papers/{arxiv_id}/index.html"].body.decode()
        return re.findall(r'<span class="label">([^<]+)</span>', page)

    assert labels("2603.00001") == []
    assert labels("2603.00003") == ["CVPR 2026"]
    assert labels("2603.00004") == ["译文待补"]
    assert labels("2603.00005") == ["译文待补"]
    assert labels("2603.00010") == ["已撤稿"]
    assert labels("cs/0601001") == ["已修订 v3"]


def test_a_paper_says_where_else_it_is(built: dict[str, SiteObject]) -> None:
    first = built[f"image-generation/{samples.DATE}/index.html"].body.decode()
    second = built[f"robotics/{samples.DATE}/index.html"].body.decode()
    assert f'也在 <a href="/robotics/{samples.DATE}/">机器人</a> 60%' in first
    assert f'也在 <a href="/image-generation/{samples.DATE}/">图像生成</a> 85%' in second


def test_long_author_lists_are_cut_in_lists_and_whole_on_the_paper(built: dict[str, SiteObject]) -> None:
    listing = built[f"robotics/{samples.DATE}/index.html"].body.decode()
    entry = listing[listing.index('id="p2603.00004"') :]
    short, whole = entry.split("<details>")[:2]
    assert "Author 7<" in short
    assert "Author 8<" not in short
    assert "Author 39<" in whole
    assert "等 40 人" in listing
    assert "Author 39" in built["papers/2603.00004/index.html"].body.decode()


def test_an_empty_channel_has_a_page_that_speaks(built: dict[str, SiteObject]) -> None:
    text = _text(built[f"time-series/{samples.DATE}/index.html"].body)
    assert "3月5日（周四）的公告里没有时间序列的论文。上一期：3月4日（周三）。" in text


def test_an_unfinished_edition_says_how_far_it_is() -> None:
    built = samples.site(samples.state(complete=False))
    for path in ("index.html", f"robotics/{samples.DATE}/index.html", f"ledger/{samples.DATE}/index.html"):
        assert "已处理 11 / 12" in _text(built[path].body), path
    assert "还在处理中" in _text(built[f"time-series/{samples.DATE}/index.html"].body)
    assert all(b"\xe5\xb7\xb2\xe5\xa4\x84\xe7\x90\x86" not in i.body for i in samples.site().values())


def test_days_without_an_announcement_are_named() -> None:
    state = samples.state(previous=samples.edition("2026-03-02"))
    text = _text(samples.site(state)[f"robotics/{samples.DATE}/index.html"].body)
    assert "3月3日（周二）、3月4日（周三）没有新的一期" in text


def test_home_counts_this_edition_and_the_one_before(built: dict[str, SiteObject]) -> None:
    text = _text(built["index.html"].body)
    assert "图像生成 今日 5 上一期 7" in text
    assert "机器人 今日 3 上一期 2" in text
    assert "时间序列 今日 0 上一期 0" in text
    assert "公告 12 篇，收录 8 篇" in text
    assert "下一期：3月6日（周五）。" in text


def test_home_shows_the_ten_strongest() -> None:
    records = [
        samples.record(samples.paper(f"2603.{n:05}"), samples.match("robotics", n + 30)) for n in range(1, 15)
    ]
    page = samples.site(samples.state(records))["index.html"].body.decode()
    assert re.findall(r'id="p2603\.(\d+)"', page) == [f"{n:05}" for n in range(14, 4, -1)]


def test_the_archive_is_a_calendar_with_counts(built: dict[str, SiteObject]) -> None:
    page = built["image-generation/archive/index.html"].body.decode()
    assert 'href="/image-generation/2026-03-04/"><span>4</span><span class="vh">日 </span><b>7</b>' in page
    assert (
        f'href="/image-generation/{samples.DATE}/"><span>5</span><span class="vh">日 </span><b>5</b>' in page
    )
    assert 'href="/image-generation/archive/2025/">2025 年</a>' in page
    assert "2 期，收录 12 篇次" in _text(page.encode())


def test_every_hostile_field_is_escaped() -> None:
    nasty = '<script>alert(1)</script>"><img src=x onerror=alert(1)>{{ 7*7 }}'
    record = samples.record(
        samples.paper(
            "2603.00001",
            title=nasty,
            abstract=nasty,
            authors=(nasty,),
            categories=(nasty,),
            comment=nasty,
            doi=nasty,
            journal_ref=nasty,
        ),
        samples.match("robotics", 50, reason=nasty),
        state=State.PUBLISHED,
        reason=nasty,
        words=samples.translation(
            title=nasty, abstract=nasty, summary=nasty, made_by=Provenance(nasty, nasty)
        ),
    )
    block = AuthorBlock((Institution(nasty, nasty + nasty),), ((0,),))
    past = PastVersion("2026-03-04", 1, nasty[::-1], nasty + nasty, nasty[1:], samples.CHANGED)
    record = replace(
        record,
        affiliations=Affiliations(block, Source.HTML, samples.CHANGED, 1, nasty),
        history=(past,),
        superseded=None,
    )
    for path, item in samples.site(samples.state([record])).items():
        if path.endswith(".html"):
            page = HtmlPage(item.body)
            assert "img" not in page.tags, path
            assert "onerror" not in page.attributes, path
            assert b"alert(1)</script>" not in item.body, path


def test_a_channel_that_was_removed_leaves_the_paper() -> None:
    record = samples.record(samples.paper("2603.00001"), samples.match("gone", 90))
    built = samples.site(samples.state([record]))
    assert "papers/2603.00001/index.html" in built
    assert "2603.00001" not in built["index.html"].body.decode()


def test_a_site_under_a_path_links_inside_it() -> None:
    built = samples.site(samples.state(site_url="https://example.org/arxiv"))
    for item in built.values():
        if item.path.endswith(".html"):
            inside = [link.href for link in HtmlPage(item.body).links if link.href.startswith("/")]
            assert inside
            assert all(link.startswith("/arxiv/") for link in inside)


def test_markup_stays_light(built: dict[str, SiteObject]) -> None:
    """What a paper costs beside its own words; fifty papers must fit a phone's first second."""
    records = [
        samples.record(
            samples.paper(f"2603.{n:05}", abstract="x", comment=None), samples.match("robotics", 50)
        )
        for n in range(50)
    ]
    page = samples.site(samples.state(records))[f"robotics/{samples.DATE}/index.html"].body
    assert len(page) / 50 < 2400


# --- data ----------------------------------------------------------------------------------


def test_api_json_has_the_public_shape(built: dict[str, SiteObject]) -> None:
    document = json.loads(built[f"api/image-generation/{samples.DATE}.json"].body)
    assert list(document) == ["channel", "edition", "papers", "updates"]
    assert (document["channel"], document["edition"]) == ("image-generation", samples.DATE)
    keys = "arxiv_id version title title_zh authors affiliations categories announce_type score topic reason"
    keys += " summary_zh abstract abstract_zh comment translation classification"
    keys += " author_affiliations affiliations_source venue pages withdrawn links superseded_by"
    for paper in document["papers"]:
        assert sorted(paper) == sorted(keys.split())
        assert list(paper["translation"])[:2] == ["state", "model"]
    order = [(-paper["score"], paper["arxiv_id"]) for paper in document["papers"]]
    assert order == sorted(order, key=lambda p: (p[0], [-ord(c) for c in p[1]]))
    first = document["papers"][0]
    assert first["comment"] == "Accepted to CVPR 2026, 12 pages"
    assert (first["translation"]["state"], first["translation"]["model"]) == ("published", "made-up-model")
    assert first["translation"]["prompt_version"] == "1"
    assert first["translation"]["kind"] == "machine"
    last = document["papers"][-1]
    assert last["title_zh"] is None
    assert (last["translation"]["state"], last["translation"]["model"]) == ("untranslated", None)
    assert last["translation"]["kind"] is None
    assert last["title"] == samples.day()[-1].paper.title  # the source, not the typeset text


def test_api_json_agrees_with_the_page(built: dict[str, SiteObject]) -> None:
    for channel in samples.CATALOGUE:
        document = json.loads(built[f"api/{channel.slug}/{samples.DATE}.json"].body)
        page = built[f"{channel.slug}/{samples.DATE}/index.html"].body.decode()
        assert [p["arxiv_id"] for p in document["papers"]] == re.findall(r'<article [^>]*id="p([^"]+)"', page)


def test_ledger_json_has_every_paper_in_one_state(built: dict[str, SiteObject]) -> None:
    document = json.loads(built[f"ledger/{samples.DATE}.json"].body)
    records = {record.paper.arxiv_id: record for record in samples.day()}
    assert document["edition"] == samples.DATE
    assert document["announced"] == len(document["papers"]) == len(records)
    assert sum(document["states"].values()) == len(records)
    for entry in document["papers"]:
        record = records[entry["arxiv_id"]]
        assert sorted(entry) == sorted(
            ["arxiv_id", "version", "announce_type", "state", "channels", "reason"]
        )
        assert entry["state"] == record.state.value
        assert entry["channels"] == [match.channel for match in record.matches or ()]
        assert bool(entry["reason"]) == (record.state.value != "published")
    ids = [entry["arxiv_id"] for entry in document["papers"]]
    assert ids == sorted(ids, key=sort_key)


def test_ledger_totals_add_up(built: dict[str, SiteObject]) -> None:
    page = built[f"ledger/{samples.DATE}/index.html"].body.decode()
    tables = re.findall(r'<table class="account">(.*?)</table>', page, re.DOTALL)
    assert len(tables) == 2
    for table in tables:
        rows = [
            [int(n) for n in re.findall(r"<td[^>]*>(\d+)</td>", row)]
            for row in re.findall(r"<tr>(.*?)</tr>", table)
        ]
        *body, totals = [row for row in rows if row]
        assert all(sum(row[:-1]) == row[-1] for row in (*body, totals))
        assert [sum(column) for column in zip(*body, strict=True)] == totals
        assert totals[-1] == len(samples.day())


def test_ledger_page_has_an_anchor_for_every_paper(pages: dict[str, HtmlPage]) -> None:
    ids = set(pages[f"ledger/{samples.DATE}/index.html"].ids)
    assert {record.paper.arxiv_id for record in samples.day()} <= ids


def test_ledger_page_gives_reasons(built: dict[str, SiteObject]) -> None:
    text = _text(built[f"ledger/{samples.DATE}/index.html"].body)
    assert "译文缺少公式" in text
    assert "模型没有回答" in text


def test_sitemaps_and_robots(built: dict[str, SiteObject]) -> None:
    index = built["sitemap.xml"].body.decode()
    assert re.findall(r"<loc>([^<]+)</loc>", index) == [
        f"{samples.SITE_URL}/sitemaps/{year}.xml" for year in (2025, 2026)
    ]
    year = built["sitemaps/2026.xml"].body.decode()
    assert f"<loc>{samples.SITE_URL}/robotics/{samples.DATE}/</loc><lastmod>{samples.DATE}</lastmod>" in year
    assert "time-series" not in year  # no papers, nothing to find
    assert f"Sitemap: {samples.SITE_URL}/sitemap.xml" in built["robots.txt"].body.decode()
