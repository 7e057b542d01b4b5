"""A polite HTTP client: one request at a time, a gap between requests, bounded answers.

It makes one attempt a call; `retrying` is the policy around it for requests that may be repeated.
Whatever goes wrong becomes TransientError or PermanentError with one message naming the URL.
"""

from __future__ import annotations

import random
import re
import threading
import time
from collections.abc import Callable, Collection, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any, Protocol, TypeVar
from urllib.parse import urljoin, urlsplit

from arxivdaily.adapters.proxies import ProxiedPool, through
from arxivdaily.errors import ConfigurationError, PermanentError, ThrottledError, TransientError

VERSION = "0.1.0"  # of the distribution: the functions' bundle carries no package metadata

_MEGABYTE = 1024 * 1024
_CHUNK = 64 * 1024  # bytes
_MAX_REDIRECTS = 3
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_TRANSIENT = frozenset({408, 425, 429})
# Seconds to stay away where the answer does not say how long: arXiv answers 403 to clients that it
# has blocked for a while, and 429 to those that ask too often.
_USUAL_WAITS = {403: 15 * 60.0, 429: 30.0}
_LONGEST_RETRY_AFTER = 24 * 60 * 60.0  # seconds; what a hostile header can ask for at most

T = TypeVar("T")
Now = Callable[[], datetime]  # an aware UTC instant


@dataclass(frozen=True, slots=True)
class Validators:
    """What a server gave to recognise a representation by; sent back in a conditional request."""

    etag: str | None = None
    last_modified: str | None = None


@dataclass(frozen=True, slots=True)
class Response:
    """An answer that was read whole. `url` is the one that answered, after redirects."""

    url: str
    status: int
    body: bytes
    validators: Validators = Validators()


class Pool(Protocol):
    """The part of `proxies.ProxiedPool` that is used."""

    def request(self, method: str, url: str, **options: Any) -> Any:
        """Send a request; a `urllib3.BaseHTTPResponse` whose body has not been read."""


def user_agent(contact: str) -> str:
    """The User-Agent arXiv asks for: who we are and how to reach us, if `contact` is given."""
    if not re.fullmatch(r"[\x21-\x27\x2a-\x7e]{0,200}", contact):
        raise ConfigurationError("ARXIV_CONTACT must be one address or URL, without spaces or brackets")
    return f"arXivDaily/{VERSION} (+{contact})" if contact else f"arXivDaily/{VERSION}"


def retry_after(header: str | None, now: datetime) -> float | None:
    """Seconds asked for by a Retry-After header (a number or an HTTP date); None if unreadable."""
    text = (header or "").strip()
    if not text:
        return None
    if re.fullmatch(r"\d{1,12}", text):
        seconds = float(text)
    else:
        try:
            when = parsedate_to_datetime(text)
        except (ValueError, OverflowError):
            return None
        if when.tzinfo is None:  # "-0000": UTC, as HTTP dates always are
            when = when.replace(tzinfo=UTC)
        seconds = (when - now).total_seconds()
    return min(max(seconds, 0.0), _LONGEST_RETRY_AFTER)


def retrying(
    call: Callable[[], T],
    *,
    attempts: int = 4,
    longest_wait: float = 120.0,
    sleep: Callable[[float], None] = time.sleep,
    jitter: Callable[[], float] = random.random,
) -> T:
    """Call again after a TransientError, at most `attempts` times in all.

    Waits as long as the other side asked for, else 2, 4, 8 … seconds times `0.5 + jitter()`; a
    wait longer than `longest_wait` seconds is left to the caller: the error is raised.
    """
    for attempt in range(1, attempts):
        try:
            return call()
        except TransientError as error:
            wait = error.retry_after
            if wait is None:
                wait = min(2.0**attempt * (0.5 + jitter()), longest_wait)
            if wait > longest_wait:
                raise
            sleep(wait)
    return call()


class HttpClient:
    """GET requests, one at a time and no more than one every `interval` seconds to a host.

    A host's Retry-After holds for every later request to that host too. `monotonic`, `now` and
    `sleep` are arguments so that tests need not wait; `pool` so that they need no network.
    """

    def __init__(
        self,
        *,
        agent: str,
        interval: float,
        timeout: float = 60.0,
        deadline: float = 300.0,
        longest_wait: float = 120.0,
        starts_rested: bool = True,
        pool: Pool | None = None,
        monotonic: Callable[[], float] = time.monotonic,
        now: Now = lambda: datetime.now(UTC),
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        """`timeout`: seconds of silence; `deadline`: seconds for a whole answer; `longest_wait`:
        seconds a request may wait for its turn before it is refused with TransientError.

        Without `starts_rested` the first request waits for its turn too, as if another had just been
        made: by the process before this one, say."""
        if pool is None:
            pool = ProxiedPool(num_pools=8, maxsize=1)
        self._pool = pool
        self._headers = {"User-Agent": agent, "Accept-Encoding": "gzip"}
        self._interval = interval
        self._timeout = timeout
        self._deadline = deadline
        self._longest_wait = longest_wait
        self._monotonic = monotonic
        self._now = now
        self._sleep = sleep
        self._first_turn = 0.0 if starts_rested else monotonic() + interval
        self._free_at: dict[str, float] = {}  # host -> monotonic instant of the next request's turn
        self._lock = threading.Lock()

    def get(
        self,
        url: str,
        *,
        max_bytes: int = 16 * _MEGABYTE,
        accept: Collection[int] = (200,),
        known: Validators | None = None,
        whole: bool = True,
    ) -> Response:
        """One attempt at a URL; its answer if the status is in `accept`.

        `known` makes the request conditional: 304 is then accepted too, with an empty body.
        `max_bytes` bounds the body after decompression; with `whole` False a longer one is cut
        there, and the rest is not asked for. Redirects are followed within the host.

        Raises ThrottledError for 429, or where the host has asked to wait for longer than this may;
        TransientError for connections that fail or stall, for 403, 408, 425 and 5xx (each with the
        Retry-After that was asked for); and PermanentError for every other status, for a body that is too
        large and for a redirect to elsewhere.
        """
        headers = dict(self._headers)
        if known and known.etag:
            headers["If-None-Match"] = known.etag
        if known and known.last_modified:
            headers["If-Modified-Since"] = known.last_modified
        accepted = {*accept, 304} if known else set(accept)
        with self._lock:  # one connection: politeness is the client's, whoever calls
            target = url
            for _ in range(_MAX_REDIRECTS + 1):
                answer = self._attempt(target, headers, accepted, max_bytes, whole)
                if isinstance(answer, Response):
                    return answer
                target = answer
        raise PermanentError(f"GET {_short(url)}: more than {_MAX_REDIRECTS} redirects")

    def _attempt(
        self,
        url: str,
        headers: Mapping[str, str],
        accepted: Collection[int],
        max_bytes: int,
        whole: bool,
    ) -> Response | str:
        """The answer, or the address it redirects to."""
        from urllib3 import Timeout
        from urllib3.exceptions import HTTPError

        host = _host(url)
        self._wait_for_turn(host, url)
        deadline = self._monotonic() + self._deadline
        try:
            raw = self._pool.request(
                "GET",
                url,
                headers=headers,
                timeout=Timeout(connect=min(self._timeout, 15.0), read=self._timeout),
                retries=False,
                redirect=False,
                preload_content=False,
            )
            try:
                self._rest(host, self._interval)
                status = int(raw.status)
                if status in _REDIRECTS:
                    return _redirect(url, raw.headers.get("Location"))
                if status not in accepted:
                    refusal = self._refusal(host, url, status, raw.headers.get("Retry-After"))
                    with suppress(HTTPError, OSError):
                        raw.read1(_CHUNK)  # a short body that was read leaves its connection open
                    raise refusal
                body = self._read(raw, url, max_bytes, whole, deadline)
            finally:
                raw.close()  # an answer that was not read whole is not worth its connection
                raw.release_conn()
        except (HTTPError, OSError) as error:
            self._rest(host, self._interval)
            raise TransientError(f"GET {_short(url)}: {_reason(error)}") from error
        validators = Validators(raw.headers.get("ETag"), raw.headers.get("Last-Modified"))
        return Response(url, status, body, validators)

    def _wait_for_turn(self, host: str, url: str) -> None:
        wait = self._free_at.get(host, self._first_turn) - self._monotonic()
        if wait > self._longest_wait:
            raise ThrottledError(
                f"GET {_short(url)}: the host asked to wait {wait:.0f} s more", retry_after=wait
            )
        if wait > 0:
            self._sleep(wait)

    def _rest(self, host: str, seconds: float) -> None:
        """No further request to a host for so long. Counted from when its answer began, not from
        when the request left: by the host's own clock the gap is then never shorter."""
        self._free_at[host] = max(self._free_at.get(host, 0.0), self._monotonic() + seconds)

    def _refusal(
        self, host: str, url: str, status: int, header: str | None
    ) -> TransientError | PermanentError:
        message = f"GET {_short(url)}: HTTP {status}{through(url, status)}"
        if status != 403 and status not in _TRANSIENT and status < 500:
            return PermanentError(message)
        seconds = retry_after(header, self._now()) or _USUAL_WAITS.get(status)
        if seconds:
            message += f", asked to wait {seconds:.0f} s"
            self._rest(host, seconds)
        # A 403 may be about one page, and then it never passes: that must count as an attempt.
        kind = ThrottledError if status == 429 else TransientError
        return kind(message, retry_after=seconds)

    def _read(self, raw: Any, url: str, max_bytes: int, whole: bool, deadline: float) -> bytes:
        chunks, size = [], 0
        # Not `stream`: it waits for whole chunks, and a server may take its time over each byte.
        while chunk := raw.read1(_CHUNK, decode_content=True):
            size += len(chunk)
            if size > max_bytes and not whole:
                chunks.append(chunk[: max_bytes - size])
                break
            if size > max_bytes:
                raise PermanentError(f"GET {_short(url)}: the body is larger than {max_bytes:,} bytes")
            if self._monotonic() > deadline:
                raise TransientError(f"GET {_short(url)}: not finished after {self._deadline:.0f} s")
            chunks.append(chunk)
        return b"".join(chunks)


def _host(url: str) -> str:
    """Host and port in lower case; PermanentError unless the URL is a usable http(s) one."""
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise PermanentError(f"GET {_short(url)}: not an http or https address")
    return parts.netloc.lower()


def _redirect(url: str, location: str | None) -> str:
    """Where a redirect leads: the same host and port, and never from https to http."""
    try:
        target = urljoin(url, location or "")
        old, new = urlsplit(url), urlsplit(target)
    except ValueError:
        raise PermanentError(f"GET {_short(url)}: redirects to an unreadable address") from None
    if not location or new.netloc.lower() != old.netloc.lower() or new.scheme not in {old.scheme, "https"}:
        where = (location or "nowhere")[:200]
        raise PermanentError(f"GET {_short(url)}: redirects to {where!r}, which is not followed")
    return target


def _short(url: str) -> str:
    """A URL for a message: a hundred identifiers in a query help nobody."""
    return url if len(url) <= 160 else f"{url[:160]}…"


def _reason(error: Exception) -> str:
    """A short account of a urllib3 error, without its pool and object addresses."""
    text = re.sub(r"<[^<>]*>(?:, |: )?|\w+Pool\([^)]*\):? ?", "", str(error)).strip(" :'\"")
    return f"{type(error).__name__}: {text}"[:300] if text else type(error).__name__
