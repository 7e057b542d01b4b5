"""Where a run's announcements come from: arXiv, or the sample day where it cannot be reached."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from arxivdaily.settings import Settings

from infrastructure import web
from infrastructure.local.archive import SAMPLE_FOLDER, SAMPLE_NOTICE
from infrastructure.local.errors import LocalError
from infrastructure.local.journal import Journal
from infrastructure.local.sample import EDITION as SAMPLE_EDITION

_REACH_TIMEOUT = 5.0  # seconds to find out whether arXiv can be reached


@dataclass(frozen=True, slots=True)
class Source:
    """Where announcements come from, and the state that goes with it."""

    environment: Mapping[str, str]
    state: Path
    edition: str | None


@contextlib.contextmanager
def announcements(
    state: Path, edition: str | None, environment: Mapping[str, str], note: Callable[[str], None]
) -> Iterator[Source]:
    """arXiv, or the sample day where arXiv cannot be reached and nothing real is stored yet."""
    feed_url = Settings.from_env(environment).arxiv_feed_url
    reason = unreachable(feed_url)
    real = Source(environment, state, edition)
    if reason is None:
        yield real
        return
    if environment.get("ARXIV_FEED_URL"):
        raise LocalError(f"cannot reach ARXIV_FEED_URL {feed_url}: {reason}")
    host = urlsplit(feed_url).hostname or feed_url
    if host not in reason:  # what is wrong with a proxy may name it already
        reason = f"{host}: {reason}"
    if edition not in (None, SAMPLE_EDITION) or _has_items(state):
        note(f"arXiv cannot be reached ({reason}): working with what is stored.")
        yield real
        return
    note(f"arXiv cannot be reached ({reason}): using the sample day of made-up papers.")
    with sample_day(state, environment) as source:
        yield source


@contextlib.contextmanager
def sample_day(state: Path, environment: Mapping[str, str]) -> Iterator[Source]:
    """The sample day, which a server on this computer announces while this lasts; all of it, whatever
    categories are asked for, so that there is something to see."""
    from infrastructure.local.sample_server import SampleArxiv

    # A state of its own: made-up papers must not turn up in tomorrow's archive of real ones.
    with SampleArxiv() as sample:
        urls = dict.fromkeys(("ARXIV_FEED_URL", "ARXIV_API_URL", "ARXIV_SITE_URL"), sample.url)
        urls |= {"ARXIV_OAI_URL": f"{sample.url}/oai", "ARXIV_REQUEST_INTERVAL": "0"}
        urls |= {"SITE_NOTICE": environment.get("SITE_NOTICE") or SAMPLE_NOTICE}
        everything = {name: value for name, value in environment.items() if name != "CATEGORIES"}
        yield Source({**everything, **urls}, state / SAMPLE_FOLDER, SAMPLE_EDITION)


def unreachable(url: str) -> str | None:
    """Why a server does not answer; None if it does, with whatever status."""
    return web.unreachable(url, timeout=_REACH_TIMEOUT, headers={"User-Agent": "arxivdaily"})


def _has_items(state: Path) -> bool:
    path = state / "journal.sqlite"
    if not path.is_file():
        return False
    with Journal(path) as journal:
        return next(journal.items(), None) is not None
