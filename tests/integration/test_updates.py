"""Two days through the real handlers: what becomes of papers that are replaced, and who wrote them."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date
from typing import Any

import feedparser
from arxivdaily import wiring
from arxivdaily.domain.affiliations import Source
from arxivdaily.domain.papers import AnnounceType
from arxivdaily.domain.records import Record, State
from fakes import ScriptedClassifier, ScriptedTranslator
from pipeline import Pipeline
from test_pipeline import (  # noqa: F401 - fixtures
    EDITION,
    arxiv,
    classifier,
    match_all,
    pipeline,
    records,
    translator,
)

from infrastructure.local.sample_server import SampleArxiv

NEXT = "2026-01-16"


def replaced_day(server: SampleArxiv) -> dict[str, str]:
    """Have the server announce new versions of four papers and one new paper; their ids by what changed."""
    papers = {paper.arxiv_id: paper for paper in server.papers}
    ids = dict(zip(("comment", "abstract", "title", "withdrawn"), _even(papers), strict=False))
    changes: dict[str, dict[str, Any]] = {
        "comment": {"comment": "12 pages, accepted to ICCV 2027"},
        "abstract": {"abstract": papers[ids["abstract"]].abstract + " We also boil water in 42 seconds."},
        "title": {"title": "An Entirely Different Title for the Same Kettle"},
        "withdrawn": {"comment": "This paper has been withdrawn by the authors due to an error in Table 2."},
    }
    new = [
        replace(papers[ids[kind]], version=2, announce_type=AnnounceType.REPLACE, **change)
        for kind, change in changes.items()
    ]
    stranger = replace(new[0], arxiv_id="2512.91111", title="Replaced, but Never Seen Here", version=4)
    fresh = replace(new[0], arxiv_id="2601.95002", version=1, announce_type=AnnounceType.NEW)
    server.papers = (*new, stranger, fresh)
    server.edition = date.fromisoformat(NEXT)
    ids |= {"stranger": stranger.arxiv_id, "fresh": fresh.arxiv_id}
    return ids


def _even(papers: dict[str, Any]) -> list[str]:
    """Papers that `match_all` puts into a channel."""
    return [i for i, p in papers.items() if int(i[-5:]) % 2 == 0 and p.announce_type is AnnounceType.NEW]


def of(edition: str) -> dict[str, Record]:
    return {r.paper.arxiv_id: r for r in wiring.store().records(edition)}


def test_the_revision_lane(
    pipeline: Pipeline,  # noqa: F811
    arxiv: SampleArxiv,  # noqa: F811
    classifier: ScriptedClassifier,  # noqa: F811
    translator: ScriptedTranslator,  # noqa: F811
) -> None:
    match_all(classifier)
    pipeline.fetch()
    pipeline.drain()
    first = pipeline.published()
    asked = len(classifier.asked), len(translator.asked)
    ids = replaced_day(arxiv)

    assert pipeline.fetch()["edition"] == NEXT
    pipeline.drain()
    site = pipeline.published()
    stored = of(NEXT)

    # Nothing is classified again, and only text that changed is translated again.
    assert classifier.asked[asked[0] :] == [ids["fresh"]]
    assert sorted(translator.asked[asked[1] :]) == sorted([ids["abstract"], ids["title"], ids["fresh"]])
    extents = dict(zip(translator.asked, translator.extents, strict=True))
    assert (extents[ids["title"]], extents[ids["abstract"]]) == ("title", "full")
    states = {kind: stored[arxiv_id].state for kind, arxiv_id in ids.items()}
    assert states == {
        "comment": State.REVISION,
        "abstract": State.PUBLISHED,
        "title": State.PUBLISHED,
        "withdrawn": State.REVISION,
        "stranger": State.REVISION,
        "fresh": State.PUBLISHED,
    }

    # The channel's page has them among its updates, not in its list.
    data = json.loads(site[f"api/image-generation/{NEXT}.json"])
    assert [paper["arxiv_id"] for paper in data["papers"]] == [ids["fresh"]]
    kinds = {paper["arxiv_id"]: paper["update"]["kind"] for paper in data["updates"]}
    assert kinds == {
        ids["comment"]: "accepted",
        ids["abstract"]: "revised",
        ids["title"]: "revised",
        ids["withdrawn"]: "withdrawn",
    }
    page = site[f"image-generation/{NEXT}/index.html"].decode()
    assert (
        page.index('class="updates"')
        < page.index(f'id="u{ids["withdrawn"]}"')
        < page.index(f'id="u{ids["comment"]}"')
    )
    assert "已撤稿" in page
    assert "新录用 ICCV 2027" in page
    assert "<ins>An Entirely Different" in page
    assert ids["stranger"] not in page

    # The ledger has the stranger, and says what became of the others.
    ledger = {paper["arxiv_id"]: paper for paper in json.loads(site[f"ledger/{NEXT}.json"])["papers"]}
    assert (ledger[ids["stranger"]]["state"], ledger[ids["stranger"]]["channels"]) == ("revision", [])
    assert ledger[ids["withdrawn"]]["channels"] == ["image-generation"]

    # A paper's page is its newest version's and has both; the earlier edition says that there is one.
    versions = site[f"papers/{ids['abstract']}/index.html"].decode()
    assert versions.count("<li><p><a href") == 2
    assert "42 seconds" in versions
    old = site[f"image-generation/{EDITION}/index.html"].decode()
    assert old != first[f"image-generation/{EDITION}/index.html"].decode()
    assert "已撤稿" in old
    assert "已有 v2" in old
    again = json.loads(site[f"api/image-generation/{EDITION}.json"])["papers"]
    marks = {p["arxiv_id"]: p["superseded_by"] for p in again if p["superseded_by"]}
    assert marks[ids["withdrawn"]] == {"edition": NEXT, "version": 2, "withdrawn": True}
    assert len(marks) == 4

    # Rendering the earlier edition again leaves the pages of the newer versions alone.
    wiring.messages().render(EDITION)
    pipeline.drain()
    assert pipeline.published() == site


def test_feeds_carry_corrections_under_the_same_id(
    pipeline: Pipeline,  # noqa: F811
    arxiv: SampleArxiv,  # noqa: F811
    classifier: ScriptedClassifier,  # noqa: F811
    translator: ScriptedTranslator,  # noqa: F811
) -> None:
    match_all(classifier)
    pipeline.fetch()
    pipeline.drain()
    before = entries(pipeline)
    ids = replaced_day(arxiv)
    pipeline.fetch()
    pipeline.drain()
    after = entries(pipeline)
    assert len(after) == len(before) + 1
    withdrawn = next(tag for tag in after if ids["withdrawn"] in tag)
    assert after[withdrawn].title.startswith("［已撤稿］")
    assert after[withdrawn].published == before[withdrawn].published
    assert after[withdrawn].updated >= before[withdrawn].updated
    untouched = [tag for tag in before if not any(arxiv_id in tag for arxiv_id in ids.values())]
    assert untouched
    assert all(after[tag] == before[tag] for tag in untouched), "updated moves only with content"


def entries(pipeline: Pipeline) -> dict[str, Any]:  # noqa: F811
    feed = feedparser.parse(pipeline.published()["image-generation/feed.atom"])
    assert not feed.bozo
    return {entry.id: entry for entry in feed.entries}


def test_affiliations_come_from_the_papers_pages_and_say_so(
    pipeline: Pipeline,  # noqa: F811
    arxiv: SampleArxiv,  # noqa: F811
    classifier: ScriptedClassifier,  # noqa: F811
    translator: ScriptedTranslator,  # noqa: F811
) -> None:
    match_all(classifier)
    pipeline.fetch()
    pipeline.drain()
    stored = {i: r for i, r in of(EDITION).items() if r.is_shown}
    assert all(r.affiliations for r in stored.values())
    known = {i for i, r in stored.items() if r.affiliations and r.affiliations.source is Source.HTML}
    assert known == {i for i in stored if f"{i}v1" in arxiv.affiliations}
    shown = json.loads(pipeline.published()[f"api/image-generation/{EDITION}.json"])["papers"]
    for paper in shown:
        source = paper["affiliations_source"]
        if paper["arxiv_id"] in known:
            assert source["source"] == "html"
            assert source["url"].endswith(f"/html/{paper['arxiv_id']}v1")
            given = arxiv.affiliations[f"{paper['arxiv_id']}v1"]
            names = [[paper["affiliations"][n]["full"] for n in ns] for ns in paper["author_affiliations"]]
            assert names == [list(places) for places in given]
        else:
            assert (source["source"], paper["affiliations"]) == ("none", [])
            page = pipeline.published()[f"papers/{paper['arxiv_id']}/index.html"].decode()
            assert "未提供" in page


def test_publishing_does_not_wait_for_affiliations(
    pipeline: Pipeline,  # noqa: F811
    classifier: ScriptedClassifier,  # noqa: F811
    translator: ScriptedTranslator,  # noqa: F811
) -> None:
    match_all(classifier)
    pipeline.fetch()
    for queue, name in pipeline.STAGES:
        if name in ("classify", "translate"):
            while pipeline.deliver(queue, name):
                pass
    wiring.render_edition()(EDITION)
    edition = wiring.store().edition(EDITION)
    assert edition is not None
    assert edition.is_complete
    assert not any(r.affiliations for r in of(EDITION).values())
    pipeline.drain()
    assert any(r.affiliations for r in of(EDITION).values())
    assert wiring.store().edition(EDITION).completed == edition.completed  # type: ignore[union-attr]
