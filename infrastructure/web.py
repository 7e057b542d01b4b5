"""What the operator's commands fetch from the web, through the same proxies as the functions."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING
from urllib.parse import urljoin

from arxivdaily.adapters.proxies import ProxiedPool, through, why
from arxivdaily.errors import ArxivDailyError

if TYPE_CHECKING:
    from urllib3 import BaseHTTPResponse

_MOST_REDIRECTS = 5
_REDIRECTS = (301, 302, 303, 307, 308)


class WebError(OSError):
    """Nobody answered, or what was sent broke off; the message says why."""


@contextlib.contextmanager
def opened(
    url: str, *, timeout: float, method: str = "GET", headers: Mapping[str, str] | None = None
) -> Iterator[BaseHTTPResponse]:
    """The answer to a request, after redirects (never from https to http); its body has not been read.

    `timeout` in seconds, of silence. Raises WebError, also for what is read inside.
    """
    import urllib3

    pool = ProxiedPool(says_where=True)
    limits = urllib3.Timeout(connect=timeout, read=timeout)
    answer: BaseHTTPResponse | None = None
    try:
        for _ in range(_MOST_REDIRECTS + 1):
            answer = pool.request(
                method, url, headers=headers, timeout=limits, retries=False, preload_content=False
            )
            target = answer.headers.get("Location") if answer.status in _REDIRECTS else None
            if target is None:
                break
            answer.close()
            target = urljoin(url, target)
            if not target.startswith("https://" if url.startswith("https:") else ("http://", "https://")):
                raise WebError(f"it redirects to {target[:200]}, which is not followed")
            url = target
        else:
            raise WebError(f"it redirects more than {_MOST_REDIRECTS} times")
        yield answer
    except ArxivDailyError as error:
        raise WebError(str(error)) from error
    except urllib3.exceptions.HTTPError as error:
        raise WebError(why(error)) from error
    finally:
        if answer is not None:
            answer.close()


def unreachable(url: str, *, timeout: float, headers: Mapping[str, str]) -> str | None:
    """Why a server does not answer; None if it does, with whatever status of its own."""
    try:
        with opened(url, method="HEAD", headers=headers, timeout=timeout) as answer:
            said = through(url, answer.status, says_where=True)
            return f"HTTP {answer.status}{said}" if said else None
    except (OSError, ValueError) as error:
        return str(error) or type(error).__name__
