"""The polite HTTP client: gaps, Retry-After, bounds and errors, without a network or a wait."""

from __future__ import annotations

import gzip
import io
import tomllib
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from arxivdaily.adapters import http
from arxivdaily.adapters.http import HttpClient, Validators, retry_after, retrying, user_agent
from arxivdaily.errors import (
    ArxivDailyError,
    ConfigurationError,
    PermanentError,
    ThrottledError,
    TransientError,
)
from hypothesis import given
from hypothesis import strategies as st
from urllib3 import HTTPResponse
from urllib3.exceptions import NewConnectionError, ProtocolError, ReadTimeoutError

NOW = datetime(2026, 6, 18, 4, 0, tzinfo=UTC)
URL = "http://arxiv.test/atom/cs"


class Time:
    """A monotonic clock that only `sleep` and the server move."""

    def __init__(self) -> None:
        self.now = 1_000.0
        self.slept: list[float] = []

    def monotonic(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds


class Server:
    """A pool that answers from a script; each answer takes half a second."""

    def __init__(self, time: Time, *answers: HTTPResponse | Exception) -> None:
        self.time = time
        self.answers = list(answers)
        self.requests: list[tuple[float, str, Mapping[str, str]]] = []

    def request(self, method: str, url: str, **options: Any) -> HTTPResponse:
        assert method == "GET"
        assert options["retries"] is False
        assert options["redirect"] is False
        self.requests.append((self.time.now, url, options["headers"]))
        self.time.now += 0.5
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer


def response(status: int = 200, body: bytes = b"", **headers: str | None) -> HTTPResponse:
    names = {name.replace("_", "-"): value for name, value in headers.items() if value is not None}
    return HTTPResponse(io.BytesIO(body), headers=names, status=status, preload_content=False)


def client(*answers: HTTPResponse | Exception, **options: Any) -> tuple[HttpClient, Server, Time]:
    time = Time()
    server = Server(time, *answers)
    made = HttpClient(
        agent="arXivDaily/test",
        interval=3.0,
        pool=server,
        monotonic=time.monotonic,
        now=lambda: NOW,
        sleep=time.sleep,
        **options,
    )
    return made, server, time


def test_an_answer_is_read_whole_with_our_name_on_the_request() -> None:
    made, server, time = client(response(body=b"<feed/>", ETag='"1"', Last_Modified="Thu"))
    answer = made.get(URL)
    assert (answer.url, answer.status, answer.body) == (URL, 200, b"<feed/>")
    assert answer.validators == Validators('"1"', "Thu")
    assert server.requests[0][2]["User-Agent"] == "arXivDaily/test"
    assert time.slept == []


def test_requests_to_one_host_are_an_interval_apart_from_the_last_answer() -> None:
    made, server, _ = client(response(), response(500), TimeoutError(), response())
    made.get(URL)
    for _ in range(2):
        with pytest.raises(TransientError):
            made.get(URL)
    made.get(URL + "?q")
    starts = [start for start, _, _ in server.requests]
    assert [later - earlier for earlier, later in pairwise(starts)] == [3.5, 3.5, 3.5]


def test_hosts_do_not_wait_for_each_other() -> None:
    made, _, time = client(response(), response())
    made.get(URL)
    made.get("http://api.test/")
    assert time.slept == []


def test_gzip_is_decoded_and_the_bound_counts_what_it_becomes() -> None:
    bomb = gzip.compress(b"x" * 1_000_000)
    assert len(bomb) < 2_000
    made, _, _ = client(
        response(body=bomb, Content_Encoding="gzip"), response(body=bomb, Content_Encoding="gzip")
    )
    assert len(made.get(URL).body) == 1_000_000
    with pytest.raises(PermanentError, match="larger than 2,000 bytes"):
        made.get(URL, max_bytes=2_000)


def test_a_broken_gzip_body_is_transient() -> None:
    made, _, _ = client(response(body=b"not gzip at all", Content_Encoding="gzip"))
    with pytest.raises(TransientError, match=r"GET http://arxiv\.test/atom/cs: DecodeError"):
        made.get(URL)


def test_a_body_that_drips_is_given_up() -> None:
    time = Time()

    class Dripping(HTTPResponse):
        def read1(self, amt: int | None = None, decode_content: bool | None = None) -> bytes:
            time.now += 1.0
            return b"x"

    server = Server(time, Dripping(io.BytesIO(), status=200, preload_content=False))
    made = HttpClient(
        agent="a", interval=0, deadline=30.0, pool=server, monotonic=time.monotonic, sleep=time.sleep
    )
    with pytest.raises(TransientError, match="not finished after 30 s"):
        made.get(URL)


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (400, PermanentError),
        (404, PermanentError),
        (410, PermanentError),
        (204, PermanentError),
        (408, TransientError),
        (425, TransientError),
        (500, TransientError),
        (503, TransientError),
    ],
)
def test_statuses_are_errors_of_one_kind(status: int, kind: type[ArxivDailyError]) -> None:
    made, _, _ = client(response(status))
    with pytest.raises(kind, match=f"^GET {URL}: HTTP {status}$"):
        made.get(URL)


def test_a_status_can_be_accepted() -> None:
    made, _, _ = client(response(400, b"why"))
    assert made.get(URL, accept=(200, 400)).body == b"why"


@pytest.mark.parametrize(
    ("error", "message"),
    [
        (NewConnectionError(None, "Connection refused"), "Connection refused"),  # type: ignore[arg-type]
        (ReadTimeoutError(None, URL, "Read timed out. (read timeout=60.0)"), "Read timed out"),  # type: ignore[arg-type]
        (ProtocolError("Connection aborted."), "Connection aborted"),
        (ConnectionResetError("reset by peer"), "reset by peer"),
    ],
)
def test_a_failing_connection_is_transient_and_says_where(error: Exception, message: str) -> None:
    made, _, _ = client(error)
    with pytest.raises(TransientError, match=f"^GET {URL}: .*{message}") as caught:
        made.get(URL)
    assert "object at 0x" not in str(caught.value)


def test_retry_after_holds_for_the_next_request_too() -> None:
    made, server, _ = client(response(503, Retry_After="20"), response())
    with pytest.raises(TransientError, match="HTTP 503, asked to wait 20 s") as caught:
        made.get(URL)
    assert caught.value.retry_after == 20.0
    made.get(URL)
    assert server.requests[1][0] - server.requests[0][0] == 20.5


def test_a_long_retry_after_refuses_requests_until_it_is_over() -> None:
    made, server, time = client(response(429, Retry_After="3600"), response())
    with pytest.raises(TransientError):
        made.get(URL)
    with pytest.raises(TransientError, match="the host asked to wait 3600 s more") as caught:
        made.get(URL)
    assert caught.value.retry_after == 3600.0
    assert len(server.requests) == 1
    time.now += 3_600
    assert made.get(URL).status == 200


def test_being_blocked_keeps_us_away_for_a_while() -> None:
    """It counts as an attempt, for a page that is forbidden for good must not be asked for without end;
    what was not asked for meanwhile does not."""
    made, server, _ = client(response(403))
    for is_attempt in (True, False):
        with pytest.raises(TransientError) as caught:
            made.get(URL)
        assert caught.value.retry_after == 900.0
        assert caught.value.is_attempt is is_attempt
    assert len(server.requests) == 1


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        (None, None),
        ("", None),
        ("soon", None),
        ("-5", None),
        ("0", 0.0),
        (" 120 ", 120.0),
        ("999999999999", 86_400.0),
        ("Thu, 18 Jun 2026 04:02:00 GMT", 120.0),
        ("Thu, 18 Jun 2026 04:02:00 -0000", 120.0),
        ("Thu, 18 Jun 2026 03:00:00 GMT", 0.0),
        ("Mon, 18 Jun 2096 04:02:00 GMT", 86_400.0),
    ],
)
def test_retry_after_headers(header: str | None, seconds: float | None) -> None:
    assert retry_after(header, NOW) == seconds


@given(st.text(max_size=60))
def test_no_retry_after_header_is_an_error(header: str) -> None:
    seconds = retry_after(header, NOW)
    assert seconds is None or 0.0 <= seconds <= timedelta(days=1).total_seconds()


def test_a_conditional_request_sends_what_the_server_gave() -> None:
    made, server, _ = client(response(304), response(304))
    answer = made.get(URL, known=Validators('"1"', "Thu"))
    assert (answer.status, answer.body) == (304, b"")
    headers = server.requests[0][2]
    assert (headers["If-None-Match"], headers["If-Modified-Since"]) == ('"1"', "Thu")
    with pytest.raises(PermanentError, match="HTTP 304"):
        made.get(URL)


@pytest.mark.parametrize(
    "location", ["/atom/cs/", "http://ARXIV.test/atom/cs/", "https://arxiv.test/atom/cs/"]
)
def test_redirects_within_the_host_are_followed_at_the_same_pace(location: str) -> None:
    made, server, time = client(response(301, Location=location), response(body=b"x"))
    answer = made.get(URL)
    assert answer.body == b"x"
    assert answer.url == server.requests[1][1]
    assert answer.url.endswith("/atom/cs/")
    assert time.slept == [3.0]


@pytest.mark.parametrize(
    "location",
    [
        "http://evil.test/",
        "//evil.test/",
        "http://arxiv.test:8080/",
        "file:///etc/passwd",
        "http://[/",
        "",
        None,
    ],
)
def test_redirects_to_elsewhere_are_not(location: str | None) -> None:
    made, server, _ = client(response(302, Location=location))
    with pytest.raises(PermanentError, match=f"GET {URL}: redirects to "):
        made.get(URL)
    assert len(server.requests) == 1


def test_a_redirect_never_leaves_https() -> None:
    made, _, _ = client(response(302, Location="http://arxiv.test/"))
    with pytest.raises(PermanentError, match="not followed"):
        made.get("https://arxiv.test/")


def test_redirects_in_a_circle_end() -> None:
    made, server, _ = client(*(response(302, Location=URL) for _ in range(9)))
    with pytest.raises(PermanentError, match="more than 3 redirects"):
        made.get(URL)
    assert len(server.requests) == 4


@pytest.mark.parametrize("url", ["file:///etc/passwd", "ftp://arxiv.test/", "arxiv.test", "http:///x"])
def test_only_http_addresses_are_asked(url: str) -> None:
    made, server, _ = client()
    with pytest.raises(PermanentError, match="not an http or https address"):
        made.get(url)
    assert server.requests == []


def test_a_long_address_is_shortened_in_messages() -> None:
    made, _, _ = client(response(500))
    with pytest.raises(TransientError) as caught:
        made.get(URL + "?" + "x" * 5_000)
    assert len(str(caught.value)) < 250


def flaky(*outcomes: Exception | str) -> Callable[[], str]:
    remaining = iter(outcomes)

    def call() -> str:
        outcome = next(remaining)
        if isinstance(outcome, Exception):
            raise outcome
        return outcome

    return call


def test_retrying_backs_off_and_jitters() -> None:
    time = Time()
    call = flaky(TransientError("a"), TransientError("b"), TransientError("c"), "done")
    assert retrying(call, sleep=time.sleep, jitter=lambda: 0.25) == "done"
    assert time.slept == [1.5, 3.0, 6.0]


def test_retrying_waits_as_long_as_it_was_asked_to() -> None:
    time = Time()
    call = flaky(TransientError("a", retry_after=7.0), TransientError("b", retry_after=0.0), "done")
    assert retrying(call, sleep=time.sleep) == "done"
    assert time.slept == [7.0, 0.0]


def test_retrying_ends_with_the_last_error() -> None:
    time = Time()
    call = flaky(TransientError("first"), TransientError("last"), "never")
    with pytest.raises(TransientError, match="last"):
        retrying(call, attempts=2, sleep=time.sleep)
    assert len(time.slept) == 1


def test_retrying_leaves_long_waits_and_permanent_errors_to_the_caller() -> None:
    time = Time()
    with pytest.raises(TransientError, match="busy"):
        retrying(flaky(TransientError("busy", retry_after=121.0), "never"), sleep=time.sleep)
    with pytest.raises(PermanentError, match="bad"):
        retrying(flaky(PermanentError("bad"), "never"), sleep=time.sleep)
    assert time.slept == []


def test_the_user_agent_names_us_and_a_contact() -> None:
    assert user_agent("") == f"arXivDaily/{http.VERSION}"
    assert user_agent("mailto:ops@example.org") == f"arXivDaily/{http.VERSION} (+mailto:ops@example.org)"
    for bad in ("a b", "a\r\nX-Injected: 1", "(a)", "é"):
        with pytest.raises(ConfigurationError, match="ARXIV_CONTACT"):
            user_agent(bad)


def test_the_version_is_the_distributions() -> None:
    project = Path(__file__).resolve().parents[2] / "pyproject.toml"
    assert tomllib.loads(project.read_text("utf-8"))["project"]["version"] == http.VERSION


def test_the_first_request_of_a_process_may_have_to_wait_for_its_turn_too() -> None:
    made, _, time = client(response(), response(), starts_rested=False)
    made.get(URL)
    made.get("http://other.test/x")
    assert time.slept == [3.0], "a host's first turn is three seconds after the start"


def test_of_a_page_only_the_beginning_may_be_wanted() -> None:
    made, _, _ = client(response(body=b"x" * 300_000), response(body=b"short"))
    assert made.get(URL, max_bytes=100_000, whole=False).body == b"x" * 100_000
    assert made.get(URL, max_bytes=100_000, whole=False).body == b"short"


def test_a_refusal_whose_body_breaks_off_still_says_how_long_to_wait() -> None:
    broken = response(429, b"not gzip", Retry_After="120", Content_Encoding="gzip")
    made, _, _ = client(broken, response())
    with pytest.raises(TransientError) as caught:
        made.get(URL)
    assert caught.value.retry_after == 120
    with pytest.raises(ThrottledError, match="HTTP 429, asked to wait 30 s"):
        client(response(429))[0].get(URL)
