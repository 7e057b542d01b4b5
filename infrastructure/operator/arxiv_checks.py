"""What `arxivdaily doctor` learns from a request to arXiv: whether its feed answers, and what time it is."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from arxivdaily.adapters.http import user_agent
from arxivdaily.errors import ConfigurationError
from arxivdaily.settings import Settings
from arxivdaily.use_cases.arxiv_feeds import feed_specs

from infrastructure import web
from infrastructure.operator.checks import Check, Level

_TIMEOUT = 10.0  # seconds
_SKEW_WARN, _SKEW_FAIL = 30.0, 240.0  # seconds; AWS refuses a signature that is five minutes off


@dataclass(frozen=True, slots=True)
class Answer:
    """What a server said to HEAD; `date` is its own clock (UTC) if it told."""

    status: int
    date: datetime | None


Probe = Callable[[str, Mapping[str, str]], Answer]


def head(url: str, headers: Mapping[str, str]) -> Answer:
    """Raises OSError or ValueError where nobody answers."""
    with web.opened(url, method="HEAD", headers=headers, timeout=_TIMEOUT) as answer:
        return Answer(answer.status, _instant(answer.headers.get("Date")))


def _instant(text: str | None) -> datetime | None:
    try:
        when = parsedate_to_datetime(text or "")
    except ValueError:
        return None
    return when if when.tzinfo else when.replace(tzinfo=UTC)


def feed_and_clock(settings: Settings, probe: Probe, now: Callable[[], datetime]) -> Iterator[Check]:
    url = f"{settings.arxiv_feed_url}/atom/{feed_specs(settings.categories)[0]}"
    try:
        answer = probe(url, {"User-Agent": user_agent(settings.arxiv_contact)})
        here = now()
    except (OSError, ValueError, ConfigurationError) as error:
        reason = getattr(error, "reason", None) or error
        yield Check(
            "feed", Level.FAIL, f"{url}: {reason}", "Is this computer online; is ARXIV_FEED_URL right?"
        )
        return
    if answer.status < 300:
        yield Check("feed", Level.OK, url)
    else:
        refuses_head = answer.status in (405, 501)
        passing = answer.status in (403, 429) or (answer.status >= 500 and not refuses_head)
        advice = "Is ARXIV_FEED_URL right?"
        if passing:
            advice = "arXiv may want you to wait: look again in an hour."
        elif refuses_head:
            advice = "It does not answer HEAD, as arXiv does. " + advice
        level = Level.WARN if passing or refuses_head else Level.FAIL
        yield Check("feed", level, f"{url}: HTTP {answer.status}", advice)
    if answer.date is None:
        yield Check("clock", Level.WARN, "the server told no time", "")
        return
    skew = (here - answer.date).total_seconds()
    level = Level.FAIL if abs(skew) > _SKEW_FAIL else Level.WARN if abs(skew) > _SKEW_WARN else Level.OK
    advice = "" if level is Level.OK else "Set this computer's clock (NTP): AWS refuses skewed signatures."
    yield Check("clock", level, f"{abs(skew):.0f} s {'ahead' if skew > 0 else 'behind'}", advice)
