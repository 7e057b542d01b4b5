"""Updates, versions and affiliations on the published site."""

from __future__ import annotations

import json
import re
from dataclasses import replace

import site_samples as samples
from arxivdaily.domain.institution_names import Institutions
from arxivdaily.domain.records import NextVersion, Record, State
from arxivdaily.site import latex, revisions
from arxivdaily.site.build import build
from hypothesis import given
from hypothesis import strategies as st

CHANNEL = f"image-generation/{samples.DATE}/index.html"


def site(*records: Record, handed_on: frozenset[str] = frozenset()) -> dict[str, str]:
    built = samples.site(replace(samples.state(records), handed_on=handed_on))
    return {path: item.body.decode() for path, item in built.items() if not path.endswith(".png")}


def test_updates_stand_apart_the_weightiest_first() -> None:
    pages = site(*samples.day(), *samples.updates())
    page = pages[CHANNEL]
    lane = page[page.index('class="updates"') :]
    assert [lane.index(f'id="u2603.000{n}"') for n in (14, 12, 13)] == sorted(
        lane.index(f'id="u2603.000{n}"') for n in (12, 13, 14)
    )
    assert 'id="p2603.00012"' not in page
    data = json.loads(pages[f"api/image-generation/{samples.DATE}.json"])
    assert [paper["arxiv_id"] for paper in data["updates"]] == ["2603.00014", "2603.00012", "2603.00013"], (
        "in the order of the page"
    )
    assert not {paper["arxiv_id"] for paper in data["papers"]} & {f"2603.000{n}" for n in (12, 13, 14)}


def test_a_day_without_updates_has_no_section_for_them() -> None:
    assert 'class="updates"' not in site(*samples.day())[CHANNEL]


def test_what_changed_is_said_and_marked() -> None:
    page = site(*samples.updates())[CHANNEL]
    assert "A Made-Up Study of <del>Kettles, Part 13</del> <ins>Teapots</ins>" in page
    assert "标题有改动" in page
    assert "新录用 ICCV 2027" in page
    assert 'href="/image-generation/2026-03-04/">v1（3月4日）</a>' in page


def test_a_papers_page_has_its_versions() -> None:
    page = site(*samples.updates())["papers/2603.00014/index.html"]
    versions = page[page.index('id="versions"') :]
    assert versions.index(">v2</a>") < versions.index(">v1</a>")
    assert "本站首次收录" in versions
    assert "已撤稿" in versions
    assert "作者或 arXiv 已撤回这篇论文" in page


def test_a_title_that_waits_for_its_translation_leaves_the_rest_in_chinese() -> None:
    record = samples.update("2603.00013", title="A Made-Up Study of Teapots", has_words=False)
    record = replace(record, state=State.PENDING, kept=replace(samples.translation(), title=""))
    page = site(record)["papers/2603.00013/index.html"]
    assert '<h1 lang="en">A Made-Up Study of Teapots</h1>' in page
    assert "我们研究水壶" in page
    assert "译文待补" in page


def test_an_older_edition_says_that_there_is_a_newer_version_and_leaves_its_page_alone() -> None:
    first, second = samples.day()[1:3]
    first = replace(first, superseded=NextVersion("2026-03-06", 2, withdrawn=False))
    second = replace(second, superseded=NextVersion("2026-03-06", 2, withdrawn=True))
    handed_on = frozenset({first.paper.arxiv_id})
    pages = site(first, second, handed_on=handed_on)
    assert "已有 v2" in pages[CHANNEL]
    assert "已撤稿" in pages[CHANNEL]
    # The second one's newer version has no page yet, and lists lead to it.
    theirs = {path.split("/")[1] for path in pages if path.startswith("papers/")} - {"index.html"}
    assert theirs == {second.paper.arxiv_id}


def test_institutions_stand_by_their_authors_in_chinese_where_that_is_known() -> None:
    known = Institutions({"Kettle Labs": "水壶实验室"})
    built = samples.objects(build(samples.state(), samples.TEMPLATES, known))
    page = built["papers/2603.00001/index.html"].body.decode()
    assert "Ada Example</a><sup>1,2</sup>" in page
    assert "Bo Sample</a><sup>2</sup>" in page
    assert 'Kettle Labs<span lang="zh-Hans">（水壶实验室）</span>' in page
    assert "Département du Thé" in page, "the full text is at hand"
    assert "arXiv HTML 页面，2026-03-05" in page
    data = json.loads(built[f"api/image-generation/{samples.DATE}.json"].body)
    paper = next(p for p in data["papers"] if p["arxiv_id"] == "2603.00001")
    assert paper["author_affiliations"] == [[0, 1], [1]]
    assert paper["affiliations"][1] == {"name": "Kettle Labs", "name_zh": "水壶实验室", "full": "Kettle Labs"}
    assert paper["affiliations_source"]["retrieved"] == "2026-03-05T06:30:00+00:00"


def test_what_is_not_known_is_said_and_what_nobody_looked_for_is_not() -> None:
    pages = site(*samples.day())
    assert "机构未提供" in pages[CHANNEL]
    assert "未提供" in pages["papers/2603.00002/index.html"]
    assert "待查" in pages["papers/2603.00003/index.html"]


def test_authors_lead_to_arxivs_search_and_a_long_list_is_all_there() -> None:
    pages = site(*samples.day())
    assert 'href="https://arxiv.org/search/?searchtype=author&amp;query=Ada+Example"' in pages[CHANNEL]
    listing = pages[f"robotics/{samples.DATE}/index.html"]
    assert "等 40 人" in listing
    assert "query=Author+39" in listing


def test_code_and_data_are_a_step_away() -> None:
    record = samples.record(
        samples.paper(
            "2603.00001",
            abstract="We study kettles. Code is at https://github.com/kettle/labs and http://evil.test/x.",
            comment="Data: https://zenodo.org/records/1234567",
        ),
        samples.match("image-generation", 85),
    )
    page = site(record)[CHANNEL]
    assert 'href="https://github.com/kettle/labs" rel="nofollow noopener" lang="zh-Hans">代码</a>' in page
    assert "数据</a>" in page
    assert 'href="http://evil.test' not in page


@given(st.text(max_size=300), st.text(max_size=300))
def test_marked_text_is_the_new_text_and_escaped(before: str, after: str) -> None:
    marked = revisions.marked(before, after)
    assert marked is not None
    text = re.sub(r"<del>[^<]*</del>", "", marked)
    assert "<" not in text.replace("<ins>", "").replace("</ins>", "")
    assert type(marked)(text).striptags().split() == latex.to_plain(after).split()


def test_search_engines_read_a_paper_as_one() -> None:
    nasty = '</script><script>alert("&")</script>'
    record = samples.record(samples.paper("2603.00001", title=nasty), samples.match("robotics", 50))
    page = site(record)["papers/2603.00001/index.html"]
    start = page.index('<script type="application/ld+json">') + len('<script type="application/ld+json">')
    article = json.loads(page[start : page.index("</script>", start)])
    assert (article["@type"], article["alternativeHeadline"]) == ("ScholarlyArticle", nasty)
    assert article["author"][0] == {"@type": "Person", "name": "Ada Example"}
    assert '<meta name="citation_author" content="Example, Ada">' in page
    assert '<meta name="citation_arxiv_id" content="2603.00001">' in page
