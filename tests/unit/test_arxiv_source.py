"""arXiv behind its port: cut feeds in parts, metadata in chunks, what is left when it fails."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from urllib.parse import parse_qs, urlsplit

import pytest
from arxivdaily.adapters import arxiv as arxiv_adapter
from arxivdaily.adapters.arxiv import Arxiv
from arxivdaily.adapters.http import HttpClient, Response, Validators, retrying
from arxivdaily.domain.papers import AnnounceType, Paper
from arxivdaily.domain.taxonomy import ARCHIVES, expand
from arxivdaily.errors import PermanentError, TransientError
from arxivdaily.ports import ArxivSource, PartialMetadataError
from arxivdaily.settings import Settings

from infrastructure.local.sample_server import SampleArxiv

SETTINGS = Settings(arxiv_feed_url="http://feeds.test", arxiv_api_url="http://api.test")


class Replies(HttpClient):
    """An HTTP client that asks the sample's own answers, without a server or a clock."""

    def __init__(self, papers: Iterable[Paper], failures: Iterable[Exception] = ()) -> None:
        self.sample = SampleArxiv(tuple(papers))
        self.failures = list(failures)
        self.urls: list[str] = []
        self.refuse: set[str] = set()  # identifiers that are answered with status 400
        self.etags = False
        self.cuts: dict[str, str] = {}  # spec -> edition, where a feed is from another day

    def get(
        self,
        url: str,
        *,
        max_bytes: int = 0,
        accept: Collection[int] = (200,),
        known: Validators | None = None,
        whole: bool = True,
    ) -> Response:
        self.urls.append(url)
        if self.failures and (failure := self.failures.pop(0)):
            raise failure
        parts = urlsplit(url)
        if parts.path.startswith("/atom/"):
            spec = parts.path.removeprefix("/atom/")
            if self.etags and known and known.etag == spec:
                return Response(url, 304, b"")
            body = SampleArxiv(self.sample.papers, self.cuts.get(spec, "2026-01-15")).feed(spec)
            return Response(url, 200, body.encode(), Validators(spec) if self.etags else Validators())
        query = parse_qs(parts.query)
        (ids,) = query["id_list"]
        start, size = int(query["start"][0]), int(query["max_results"][0])
        bad = next((arxiv_id for arxiv_id in ids.split(",") if arxiv_id in self.refuse), None)
        status, answer = self.sample.query(f"?{bad}" if bad else ids, start, size)
        answer = answer.replace(f"?{bad}", str(bad))
        assert status in accept
        return Response(url, int(status), answer.encode())


def paper(number: int, *categories: str, version: int = 1) -> Paper:
    return Paper(
        arxiv_id=f"2601.{90_000 + number}",
        version=version,
        title=f"Paper {number}",
        abstract="Text.",
        authors=("Ana Lee",),
        categories=categories or ("cs.CL",),
        announce_type=AnnounceType.NEW,
    )


def source(replies: Replies) -> Arxiv:
    return Arxiv(SETTINGS, replies, retry=lambda call: retrying(call, attempts=3, sleep=lambda _: None))


def test_it_is_an_arxiv_source() -> None:
    port: ArxivSource = source(Replies([paper(1)]))
    assert port.feed("cs").edition == "2026-01-15"


def test_a_feed_is_asked_for_once() -> None:
    replies = Replies([paper(1)], [TransientError("HTTP 503", retry_after=30)])
    with pytest.raises(TransientError, match="503") as caught:
        source(replies).feed("cs+stat.ML")
    assert caught.value.retry_after == 30
    assert replies.urls == ["http://feeds.test/atom/cs+stat.ML"]


@pytest.mark.parametrize(
    "spec", ["", "cs,stat", "cs/../x", "cs?x", "CS", "cs.AI+", "+cs", "cs\n", "cs.AI%2B"]
)
def test_a_spec_that_is_none_is_not_asked_for(spec: str) -> None:
    replies = Replies([])
    with pytest.raises(PermanentError, match="not a feed's name"):
        source(replies).feed(spec)
    assert replies.urls == []


def test_a_feed_that_has_not_changed_is_not_sent_again() -> None:
    replies = Replies([paper(1)])
    replies.etags = True
    arxiv = source(replies)
    first = arxiv.feed("cs")
    assert arxiv.feed("cs") is first
    assert arxiv.feed("cs.CL").spec == "cs.CL"


@pytest.fixture
def small_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    """arXiv's limit on a feed, brought down to 30 entries on both sides."""
    monkeypatch.setattr(arxiv_adapter, "FEED_LIMIT", 30)
    monkeypatch.setattr("infrastructure.local.sample_server.FEED_LIMIT", 30)


@pytest.mark.usefixtures("small_limit")
def test_a_feed_that_arxiv_cut_is_asked_for_in_parts() -> None:
    papers = [paper(n, ARCHIVES["cs"][n % 40], ARCHIVES["cs"][(n + 7) % 40]) for n in range(100)]
    replies = Replies(papers)
    feed = source(replies).feed("cs")
    assert {entry.arxiv_id for entry in feed.entries} == {p.arxiv_id for p in papers}
    assert len(feed.entries) == 100
    assert (feed.spec, feed.edition, feed.problems, feed.whole) == ("cs", "2026-01-15", (), True)
    # Cross-lists of one part are new in the whole.
    assert {entry.announce_type for entry in feed.entries} == {AnnounceType.NEW}
    # The first, cut answer, then halves: never the same question twice.
    assert replies.urls[0] == "http://feeds.test/atom/cs"
    assert replies.urls[1] == "http://feeds.test/atom/" + "+".join(ARCHIVES["cs"][:20])
    assert len(replies.urls) == len(set(replies.urls))


@pytest.mark.usefixtures("small_limit")
def test_announce_types_of_parts_are_relative_to_the_whole() -> None:
    papers = [paper(n, "cs.AI") for n in range(20)] + [paper(20 + n, "stat.ML") for n in range(20)]
    papers += [paper(90, "math.OC", "cs.AI")]
    feed = source(Replies(papers)).feed("cs.AI+stat.ML")
    assert len(feed.entries) == 41
    assert [e.arxiv_id for e in feed.entries if e.announce_type is AnnounceType.CROSS] == ["2601.90090"]


@pytest.mark.usefixtures("small_limit")
def test_a_single_category_at_the_limit_is_reported() -> None:
    replies = Replies([paper(n, "cs.LG") for n in range(45)])
    feed = source(replies).feed("cs.LG")
    assert len(feed.entries) == 30
    assert feed.problems == ("cs.LG: 30 entries, where arXiv cuts a feed off; there may be more",)
    assert not feed.whole
    assert len(replies.urls) == 1
    assert not source(replies).feed("cs.LG+cs.AI").whole, "nor is one that has it as a part"


@pytest.mark.usefixtures("small_limit")
def test_parts_of_different_days_are_not_mixed() -> None:
    replies = Replies(
        [paper(n, "cs.AI", "cs.LG") for n in range(10)] + [paper(n, "cs.LG") for n in range(10, 30)]
    )
    replies.cuts["cs.LG"] = "2026-01-16"
    with pytest.raises(TransientError, match="changed while it was read: 2026-01-15, 2026-01-16"):
        source(replies).feed("cs.AI+cs.LG")


def test_metadata_is_asked_for_in_chunks_and_without_versions() -> None:
    papers = [paper(n, version=2) for n in range(250)]
    replies = Replies(papers)
    asked = [f"{p.arxiv_id}v1" for p in papers] + [papers[0].arxiv_id, "2601.99999", "nonsense"]
    found = source(replies).metadata(asked)
    assert list(found) == [p.arxiv_id for p in papers]
    assert {m.version for m in found.values()} == {2}
    sizes = [len(parse_qs(urlsplit(url).query)["id_list"][0].split(",")) for url in replies.urls]
    assert sizes == [100, 100, 51]
    assert all(url.endswith("&start=0&max_results=100") for url in replies.urls)
    assert max(map(len, replies.urls)) < 2_000


def test_nothing_is_asked_for_nothing() -> None:
    replies = Replies([])
    assert source(replies).metadata(["nonsense", ""]) == {}
    assert replies.urls == []


def test_old_identifiers_keep_their_slash() -> None:
    replies = Replies([])
    assert source(replies).metadata(["math/0601001v2"]) == {}
    assert re.search(r"id_list=math/0601001&", replies.urls[0])


def test_an_identifier_that_arxiv_refuses_is_left_out() -> None:
    replies = Replies([paper(n) for n in range(5)])
    replies.refuse = {"2601.90001", "2601.90003"}
    found = source(replies).metadata([f"2601.9000{n}" for n in range(5)])
    assert list(found) == ["2601.90000", "2601.90002", "2601.90004"]
    assert len(replies.urls) == 3


def test_a_chunk_of_refused_identifiers_is_empty() -> None:
    replies = Replies([paper(1)])
    replies.refuse = {"2601.90001"}
    assert source(replies).metadata(["2601.90001"]) == {}


def test_transient_failures_are_tried_again() -> None:
    replies = Replies([paper(1)], [TransientError("HTTP 503"), TransientError("HTTP 503")])
    assert list(source(replies).metadata(["2601.90001"])) == ["2601.90001"]
    assert len(replies.urls) == 3


@pytest.mark.parametrize("error", [TransientError("HTTP 503", retry_after=9_000), PermanentError("HTTP 404")])
def test_what_was_learned_is_in_the_error(error: TransientError | PermanentError) -> None:
    papers = [paper(n) for n in range(150)]
    replies = Replies(papers)
    arxiv = Arxiv(SETTINGS, replies)
    original = replies.get

    def fail_later(url: str, **options: object) -> Response:
        if len(replies.urls) == 1:
            raise error
        return original(url)

    replies.get = fail_later  # type: ignore[method-assign]
    with pytest.raises(PartialMetadataError, match=str(error)) as caught:
        arxiv.metadata([p.arxiv_id for p in papers])
    assert list(caught.value.found) == [p.arxiv_id for p in papers[:100]]
    assert caught.value.retry_after == getattr(error, "retry_after", None)
    assert caught.value.__cause__ is error


def test_the_taxonomy_expands_archives_and_leaves_the_rest() -> None:
    assert len(ARCHIVES["cs"]) == 40
    assert sum(map(len, ARCHIVES.values())) == 146
    assert expand(("cs.AI", "stat", "hep-th", "cs.AI", "stat.ML")) == ("cs.AI", *ARCHIVES["stat"], "hep-th")
