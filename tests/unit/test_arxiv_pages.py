"""arXiv's HTML pages over HTTP, without a network."""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from arxivdaily.adapters import arxiv_pages
from arxivdaily.adapters.arxiv_pages import ArxivPages
from arxivdaily.adapters.http import HttpClient
from arxivdaily.errors import PermanentError, TransientError
from arxivdaily.settings import Settings
from fakes import paper
from urllib3 import HTTPResponse
from urllib3.exceptions import ReadTimeoutError

from infrastructure.local.sample_server import SampleArxiv

URL = "https://arxiv.test/html/2606.00001v3"
PAPER = replace(paper(1), version=3)
BODY = (
    SampleArxiv((PAPER,), affiliations={PAPER.versioned_id: [["Kettle University, Teatown"], []]})
    .page(PAPER.versioned_id)
    .encode()  # type: ignore[union-attr]
)


class Pool:
    """A pool that answers from a script and remembers what was asked for."""

    def __init__(self, *answers: HTTPResponse | Exception) -> None:
        self.answers = list(answers)
        self.asked: list[str] = []

    def request(self, method: str, url: str, **options: Any) -> HTTPResponse:
        self.asked.append(url)
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer


def response(status: int = 200, body: bytes = b"") -> HTTPResponse:
    return HTTPResponse(io.BytesIO(body), status=status, preload_content=False)


def pages(*answers: HTTPResponse | Exception) -> tuple[ArxivPages, Pool]:
    pool = Pool(*answers)
    http = HttpClient(agent="arXivDaily/test", interval=0, pool=pool)
    return ArxivPages(Settings(arxiv_site_url="https://arxiv.test"), deadline=30, http=http), pool


def test_the_page_of_the_version_at_hand_is_read() -> None:
    made, pool = pages(response(body=BODY))
    block = made.author_block(PAPER)
    assert pool.asked == [URL]
    assert [place.name for place in block.institutions] == ["Kettle University"]
    assert block.of_authors == ((0,), ())


def test_of_a_page_of_twenty_megabytes_the_beginning_is_enough() -> None:
    made, _ = pages(response(body=BODY.replace(b"</article>", b"<p>x</p>" * 2_500_000 + b"</article>")))
    assert made.author_block(PAPER).of_authors == ((0,), ())


@pytest.mark.parametrize(
    ("answer", "kind", "words"),
    [
        (lambda: response(404), PermanentError, "HTTP 404"),
        (lambda: response(503), TransientError, "HTTP 503"),
        (lambda: ReadTimeoutError(None, URL, "timed out"), TransientError, "timed out"),  # type: ignore[arg-type]
        (lambda: response(body=b"<html><body>No author here.</body></html>"), PermanentError, "LaTeXML"),
        (lambda: response(body=b"\xff\xfe\x00"), PermanentError, "."),
    ],
)
def test_what_cannot_be_read_is_one_clear_error(
    answer: Callable[[], Any], kind: type[Exception], words: str
) -> None:
    made, _ = pages(answer())
    with pytest.raises(kind, match=words):
        made.author_block(PAPER)


def test_a_process_begins_with_the_gap_of_the_one_before_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    made: dict[str, Any] = {}
    monkeypatch.setattr(arxiv_pages, "HttpClient", lambda **options: made.update(options))
    ArxivPages(Settings(arxiv_request_interval=3.0), deadline=30)
    assert (made["starts_rested"], made["interval"], made["deadline"]) == (False, 3.0, 30)
