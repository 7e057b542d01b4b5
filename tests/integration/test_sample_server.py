"""The sample day, and the server that announces it as arXiv would."""

from __future__ import annotations

import urllib.error
import urllib.request
from collections import Counter

import pytest
from arxivdaily.adapters.arxiv import Arxiv
from arxivdaily.adapters.arxiv_pages import ArxivPages
from arxivdaily.adapters.http import HttpClient
from arxivdaily.domain.calendar import is_edition_day
from arxivdaily.domain.papers import AnnounceType, Paper, parse_arxiv_id
from arxivdaily.domain.taxonomy import ARCHIVES
from arxivdaily.settings import Settings

from infrastructure.local import sample
from infrastructure.local.sample_server import SampleArxiv


def source(url: str) -> Arxiv:
    return Arxiv(
        Settings(arxiv_feed_url=url, arxiv_api_url=url), HttpClient(agent="arXivDaily/test", interval=0.0)
    )


def test_the_sample_has_what_real_days_have() -> None:
    papers = sample.load()
    assert len(papers) == len({paper.arxiv_id for paper in papers}) == 40
    assert len({paper.primary for paper in papers}) >= 15
    assert max(len(paper.authors) for paper in papers) > 80
    text = "".join(paper.abstract for paper in papers)
    assert all(sign in text for sign in ("$", r"\%", r"\emph{", "``", r"\ell", r"\'e", "&", "<", "\n"))
    assert any("withdrawn" in (paper.comment or "") for paper in papers)
    assert Counter(paper.announce_type for paper in papers) == {AnnounceType.NEW: 37, AnnounceType.REPLACE: 3}


@pytest.mark.parametrize("paper", sample.load(), ids=lambda paper: paper.arxiv_id)
def test_every_sample_paper_is_well_formed(paper: Paper) -> None:
    assert parse_arxiv_id(paper.versioned_id) == (paper.arxiv_id, paper.version)
    assert 80 <= len(paper.abstract.split()) <= 180
    assert paper.abstract.replace(r"\$", "").count("$") % 2 == 0
    assert paper.authors
    assert all(author.strip() == author for author in paper.authors)
    known = {category for categories in ARCHIVES.values() for category in categories} | {"quant-ph"}
    assert set(paper.categories) <= known
    assert (paper.version > 1) == paper.announce_type.is_replacement


def test_its_edition_is_a_day_on_which_arxiv_announces() -> None:
    from datetime import date

    assert is_edition_day(date.fromisoformat(sample.EDITION))


def test_the_whole_day_comes_back_as_it_was_written() -> None:
    with SampleArxiv() as server:
        arxiv = source(server.url)
        feed = arxiv.feed("cs+stat.ML+eess.AS+eess.IV+eess.SP")
        found = arxiv.metadata([entry.arxiv_id for entry in feed.entries])
    papers = {paper.arxiv_id: paper for paper in sample.load()}
    assert (feed.edition, feed.problems) == (sample.EDITION, ())
    assert {entry.arxiv_id for entry in feed.entries} == set(papers) == set(found)
    for entry in feed.entries:
        paper, metadata = papers[entry.arxiv_id], found[entry.arxiv_id]
        for account in (entry, metadata):
            assert account.version == paper.version
            assert account.title == paper.title
            assert account.abstract == paper.abstract
            assert account.authors == paper.authors
            assert account.categories == paper.categories
        assert metadata.comment == paper.comment
        assert (metadata.doi, metadata.journal_ref) == (paper.doi, paper.journal_ref)
    kinds = Counter(entry.announce_type for entry in feed.entries)
    assert kinds == {
        AnnounceType.NEW: 35,
        AnnounceType.CROSS: 2,
        AnnounceType.REPLACE: 2,
        AnnounceType.REPLACE_CROSS: 1,
    }


def test_announce_types_are_relative_to_the_feed() -> None:
    with SampleArxiv() as server:
        arxiv = source(server.url)
        kinds = {
            spec: {entry.arxiv_id: entry.announce_type for entry in arxiv.feed(spec).entries}
            for spec in ("cs.LG", "math", "quant-ph")
        }
    assert kinds["cs.LG"]["2601.90036"] is AnnounceType.CROSS
    assert kinds["math"]["2601.90036"] is AnnounceType.NEW
    assert kinds["math"]["2511.90042"] is AnnounceType.REPLACE
    assert kinds["quant-ph"] == {"2601.90027": AnnounceType.NEW}


def test_other_papers_another_day_and_a_weekend() -> None:
    one = sample.load()[:1]
    with SampleArxiv(one, "2026-07-15") as server:
        feed = source(server.url).feed("cs")
    assert (feed.edition, len(feed.entries)) == ("2026-07-15", 1)
    with SampleArxiv([], "2026-01-17") as server:
        assert source(server.url).feed("cs").edition is None


def test_a_malformed_identifier_turns_the_answer_into_an_error() -> None:
    with SampleArxiv() as server:
        with pytest.raises(urllib.error.HTTPError, match="400") as caught:
            urllib.request.urlopen(f"{server.url}/api/query?id_list=2601.90001,abc")  # noqa: S310
        with caught.value:
            assert b"<summary>incorrect id format for abc</summary>" in caught.value.read()


@pytest.mark.parametrize("path", ["/", "/html/2601.90030v1", "/html/2601.90001v2", "/rss/cs"])
def test_anything_else_is_not_found(path: str) -> None:
    with SampleArxiv() as server:
        with pytest.raises(urllib.error.HTTPError, match="404") as caught:
            urllib.request.urlopen(server.url + path)  # noqa: S310
        caught.value.close()


def test_it_has_no_address_outside_its_with_block() -> None:
    server = SampleArxiv()
    with server:
        assert server.url.startswith("http://127.0.0.1:")
    with pytest.raises(RuntimeError, match="not running"):
        _ = server.url


def test_some_papers_have_a_page_that_says_who_wrote_them() -> None:
    known = sample.affiliations()
    assert len(known) >= 10
    with SampleArxiv() as server:
        settings = Settings(arxiv_site_url=server.url)
        pages = ArxivPages(settings, deadline=5, http=HttpClient(agent="arXivDaily/test", interval=0.0))
        for paper in server.papers:
            if paper.versioned_id in known:
                block = pages.author_block(paper)
                given = [list(places) for places in known[paper.versioned_id]]
                found = [[block.institutions[n].full for n in numbers] for numbers in block.of_authors]
                assert found == given
