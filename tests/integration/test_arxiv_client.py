"""Reading arXiv over real connections to a loopback server with the faults arXiv has shown."""

from __future__ import annotations

import gzip
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import pairwise

import pytest
from arxivdaily.adapters.arxiv import Arxiv
from arxivdaily.adapters.http import HttpClient, retrying
from arxivdaily.errors import PermanentError, TransientError
from arxivdaily.ports import PartialMetadataError
from arxivdaily.settings import Settings

from infrastructure.local import sample
from infrastructure.local.sample_server import SampleArxiv


@dataclass
class Fault:
    """One answer that is not the right one."""

    status: int = 200
    body: bytes | None = None  # None: the right one
    headers: dict[str, str] = field(default_factory=dict)
    keep: float = 1.0  # share of the body that is sent
    promise: float = 1.0  # share of the body that Content-Length promises
    gzip: bool = False


class Faulty:
    """The sample's answers, with `faults` taken from the front of the list first."""

    def __init__(self) -> None:
        self.sample = SampleArxiv()
        self.faults: list[Fault] = []
        self.starts: list[float] = []
        self.connections: set[object] = set()
        self.url = ""

    def answer(self, path: str) -> tuple[int, bytes]:
        if path.startswith("/atom/"):
            return 200, self.sample.feed(path.removeprefix("/atom/")).encode()
        ids = path.partition("id_list=")[2].partition("&")[0]
        status, text = self.sample.query(ids, 0, 100)
        return int(status), text.encode()


@contextmanager
def serving(faulty: Faulty) -> Iterator[Faulty]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def do_GET(self) -> None:
            faulty.starts.append(time.monotonic())
            faulty.connections.add(self.client_address)
            fault = faulty.faults.pop(0) if faulty.faults else Fault()
            status, body = faulty.answer(self.path)
            if fault.body is not None:
                body = fault.body
            headers = dict(fault.headers)
            if fault.gzip:
                body = gzip.compress(body)
                headers["Content-Encoding"] = "gzip"
            self.send_response(status if fault.status == 200 else fault.status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(int(len(body) * fault.promise)))
            self.end_headers()
            self.wfile.write(body[: int(len(body) * fault.keep)])
            if fault.keep < fault.promise:
                self.close_connection = True

        def log_message(self, *_: object) -> None:
            pass

    class Server(ThreadingHTTPServer):
        daemon_threads = True

        def handle_error(self, request: object, client_address: object) -> None:
            pass  # the client hung up on an answer it had read enough of

    server = Server(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    faulty.url = f"http://127.0.0.1:{server.server_address[1]}"
    try:
        yield faulty
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@pytest.fixture
def arxiv_server() -> Iterator[Faulty]:
    with serving(Faulty()) as faulty:
        yield faulty


def source(server: Faulty, interval: float = 0.0) -> Arxiv:
    settings = Settings(arxiv_feed_url=server.url, arxiv_api_url=server.url)
    http = HttpClient(agent="arXivDaily/test", interval=interval, timeout=5.0)
    return Arxiv(settings, http, retry=lambda call: retrying(call, attempts=3, sleep=lambda _: None))


def test_a_day_is_read_over_one_connection_at_the_configured_pace(arxiv_server: Faulty) -> None:
    arxiv = source(arxiv_server, interval=0.05)
    feed = arxiv.feed("cs+stat.ML+eess.AS+eess.IV")
    found = arxiv.metadata([entry.arxiv_id for entry in feed.entries])
    arxiv.feed("cs.CV")
    assert feed.edition == sample.EDITION
    assert len(feed.entries) == len(found) == 40
    assert len(arxiv_server.connections) == 1
    gaps = [later - earlier for earlier, later in pairwise(arxiv_server.starts)]
    assert min(gaps) >= 0.05


def test_a_compressed_feed(arxiv_server: Faulty) -> None:
    arxiv_server.faults = [Fault(gzip=True)]
    assert len(source(arxiv_server).feed("cs").entries) == 40


@pytest.mark.parametrize(
    ("fault", "message"),
    [
        (Fault(keep=0.5, promise=0.5), r"the feed for cs is not whole XML: .*line \d+, column \d+"),
        (Fault(keep=0.5), "IncompleteRead"),
        (Fault(keep=0.0, promise=0.0), "the feed for cs is empty"),
        (Fault(body=b"<html>not a feed</html>"), "is an HTML page, not XML"),
        (Fault(503, b"Rate exceeded.", {"Retry-After": "1"}), "HTTP 503, asked to wait 1 s"),
    ],
)
def test_a_feed_that_fails_does_not_hold_the_next_one_up(
    arxiv_server: Faulty, fault: Fault, message: str
) -> None:
    arxiv_server.faults = [fault]
    waits: list[float] = []
    arxiv = Arxiv(
        Settings(arxiv_feed_url=arxiv_server.url),
        HttpClient(agent="arXivDaily/test", interval=0.0, sleep=waits.append),
    )
    with pytest.raises(TransientError, match=message):
        arxiv.feed("cs")
    assert len(arxiv.feed("cs").entries) == 40
    # Only what the host asked for is waited for.
    assert [round(wait) for wait in waits] == ([1] if fault.status == 503 else [])


def test_metadata_survives_bad_answers(arxiv_server: Faulty) -> None:
    arxiv_server.faults = [Fault(503, b"", {"Retry-After": "0"}), Fault(keep=0.5, promise=0.5)]
    ids = [paper.arxiv_id for paper in sample.load()]
    assert len(source(arxiv_server).metadata(ids)) == 40


def test_metadata_that_cannot_be_had(arxiv_server: Faulty) -> None:
    arxiv_server.faults = [Fault(500) for _ in range(3)]
    with pytest.raises(PartialMetadataError, match="HTTP 500") as caught:
        source(arxiv_server).metadata(["2601.90001"])
    assert caught.value.found == {}


def test_a_body_without_end_is_not_read_to_it(arxiv_server: Faulty) -> None:
    arxiv_server.faults = [Fault(body=b"x" * 1_000_000)]
    http = HttpClient(agent="arXivDaily/test", interval=0.0)
    with pytest.raises(PermanentError, match="larger than 100,000 bytes"):
        http.get(f"{arxiv_server.url}/atom/cs", max_bytes=100_000)
    assert http.get(f"{arxiv_server.url}/atom/cs").status == 200


def test_nobody_there() -> None:
    with serving(Faulty()) as gone:
        pass
    with pytest.raises(TransientError, match=r"GET http://127\.0\.0\.1:\d+/atom/cs: .*refused"):
        source(gone).feed("cs")
