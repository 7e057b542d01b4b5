"""arXiv behind the `ArxivSource` port: announcement feeds and the metadata API."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from urllib.parse import quote

from arxivdaily.adapters.arxiv_api import BadIdentifierError, parse_metadata
from arxivdaily.adapters.arxiv_feed import parse_feed
from arxivdaily.adapters.http import HttpClient, Validators, retrying, user_agent
from arxivdaily.domain.papers import parse_arxiv_id
from arxivdaily.domain.taxonomy import expand
from arxivdaily.errors import ArxivDailyError, PermanentError, TransientError
from arxivdaily.ports import Feed, FeedEntry, Metadata, PartialMetadataError
from arxivdaily.settings import Settings

FEED_LIMIT = 2_000  # entries; where arXiv cuts a feed off
CHUNK = 100  # identifiers in one query: what keeps the URL under 2,000 characters

_MEGABYTE = 1024 * 1024
_SPEC = re.compile(r"[a-z-]+(?:\.[A-Za-z-]+)?(?:\+[a-z-]+(?:\.[A-Za-z-]+)?)*")
_REMEMBERED_FEEDS = 32

Retry = Callable[[Callable[[], list[Metadata]]], list[Metadata]]


class Arxiv:
    """`ArxivSource` over HTTP, one request after the other. Keep one for the life of a process:
    it holds the gap between requests, and feeds that have not changed are not sent again."""

    def __init__(self, settings: Settings, http: HttpClient | None = None, retry: Retry = retrying) -> None:
        self._feed_url = settings.arxiv_feed_url
        self._api_url = settings.arxiv_api_url
        self._http = http or HttpClient(
            agent=user_agent(settings.arxiv_contact), interval=settings.arxiv_request_interval
        )
        self._retry = retry
        self._feeds: dict[str, tuple[Validators, Feed]] = {}

    def feed(self, spec: str) -> Feed:
        """See the port. A feed that arXiv cut at its limit is asked for again in parts.

        The parts' announce types are made relative to `spec`, as arXiv's would be. A single
        category that reaches the limit has a line in `problems`.
        """
        if not _SPEC.fullmatch(spec):
            raise PermanentError(f"{spec[:100]!r} is not a feed's name: join arXiv categories with +")
        feeds = self._read_whole(spec, expand(tuple(spec.split("+"))))
        return feeds[0] if len(feeds) == 1 else _merged(spec, feeds)

    def metadata(self, arxiv_ids: Sequence[str]) -> Mapping[str, Metadata]:
        """See the port: each paper's newest version, by identifier without version.

        Raises PartialMetadataError at the first query that fails for good, whatever the reason.
        """
        wanted = list(dict.fromkeys(known for text in arxiv_ids if (known := _known_form(text))))
        found: dict[str, Metadata] = {}
        for start in range(0, len(wanted), CHUNK):
            try:
                papers = self._query(wanted[start : start + CHUNK])
            except ArxivDailyError as error:
                raise PartialMetadataError(error, found) from error
            found.update((paper.arxiv_id, paper) for paper in papers)
        return {arxiv_id: found[arxiv_id] for arxiv_id in wanted if arxiv_id in found}

    def _read_feed(self, spec: str) -> Feed:
        known = self._feeds.get(spec)
        answer = self._http.get(
            f"{self._feed_url}/atom/{spec}", max_bytes=64 * _MEGABYTE, known=known[0] if known else None
        )
        if answer.status == 304 and known:
            return known[1]
        feed = parse_feed(answer.body, spec)
        if answer.validators != Validators():
            if len(self._feeds) >= _REMEMBERED_FEEDS:
                self._feeds.clear()
            self._feeds[spec] = (answer.validators, feed)
        return feed

    def _read_whole(self, spec: str, categories: tuple[str, ...]) -> list[Feed]:
        """Feeds that together have everything announced in a spec's categories: halved until none is cut."""
        feed = self._read_feed(spec)
        if not _is_cut(feed):
            return [feed]
        if len(categories) == 1:
            line = f"{spec}: {FEED_LIMIT} entries, where arXiv cuts a feed off; there may be more"
            return [replace(feed, problems=(*feed.problems, line), whole=False)]
        middle = (len(categories) + 1) // 2
        halves = (categories[:middle], categories[middle:])
        return [part for half in halves for part in self._read_whole("+".join(half), half)]

    def _query(self, arxiv_ids: list[str]) -> list[Metadata]:
        """One chunk, without the identifiers that arXiv calls malformed."""
        while arxiv_ids:
            ids = quote(",".join(arxiv_ids), safe=",/")
            url = f"{self._api_url}/api/query?id_list={ids}&start=0&max_results={CHUNK}"
            what = f"the API's answer for {arxiv_ids[0]} and {len(arxiv_ids) - 1} more"

            def ask(url: str = url, what: str = what) -> list[Metadata]:
                answer = self._http.get(url, max_bytes=64 * _MEGABYTE, accept=(200, 400))
                papers = parse_metadata(answer.body, what)
                if answer.status != 200:
                    raise PermanentError(f"{what} has status {answer.status} and no reason")
                return papers

            try:
                return self._retry(ask)
            except BadIdentifierError as error:
                without = [arxiv_id for arxiv_id in arxiv_ids if arxiv_id != error.arxiv_id]
                if len(without) == len(arxiv_ids):
                    raise
                arxiv_ids = without
        return []


def _is_cut(feed: Feed) -> bool:
    return len(feed.entries) + len(feed.problems) >= FEED_LIMIT


def _known_form(text: str) -> str | None:
    """The identifier without its version; None for what cannot be one and need not be asked for."""
    try:
        return parse_arxiv_id(text)[0]
    except ValueError:
        return None


def _merged(spec: str, feeds: Sequence[Feed]) -> Feed:
    """One feed for `spec` from those of its parts; TransientError if they are of different days."""
    editions = {feed.edition for feed in feeds if feed.edition}
    if len(editions) > 1:
        raise TransientError(f"the feed for {spec} changed while it was read: {', '.join(sorted(editions))}")
    parts = spec.split("+")
    entries: dict[str, FeedEntry] = {}
    for feed in feeds:
        for entry in feed.entries:
            earlier = entries.get(entry.arxiv_id)
            if earlier is None or earlier.version < entry.version:
                kind = entry.announce_type.relative_to(entry.categories[0], parts)
                entries[entry.arxiv_id] = replace(entry, announce_type=kind)
    problems = dict.fromkeys(problem for feed in feeds for problem in feed.problems)
    whole = all(feed.whole for feed in feeds)
    made = max((feed.made for feed in feeds if feed.made), default=None)
    return Feed(spec, max(editions, default=None), tuple(entries.values()), tuple(problems), whole, made)
