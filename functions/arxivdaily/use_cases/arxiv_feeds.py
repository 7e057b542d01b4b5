"""What arXiv announces: feeds, each as the edition that it is, and papers, completed by the metadata API."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta

from arxivdaily.domain.calendar import LATE_AFTER, eastern_date, feed_due
from arxivdaily.domain.papers import AnnounceType, Paper
from arxivdaily.domain.records import Record
from arxivdaily.errors import ArxivDailyError, TransientError
from arxivdaily.ports import ArxivSource, Clock, Feed, FeedEntry, Metadata, PaperStore, PartialMetadataError


class ArxivFeeds:
    """The announcement as it stands now. Reads the store, writes nothing."""

    def __init__(
        self, source: ArxivSource, store: PaperStore, clock: Clock, *, categories: Sequence[str]
    ) -> None:
        self._source = source
        self._store = store
        self._clock = clock
        self._categories = tuple(categories)
        self.specs = frozenset(feed_specs(categories))

    def read(self) -> tuple[list[Feed], list[ArxivDailyError]]:
        """Every feed that could be read, and what went wrong with the others.

        An edition is announced the evening before its date. A feed of a later one is not believed: it
        would hide all editions until then.
        """
        feeds: list[Feed] = []
        trouble: list[ArxivDailyError] = []
        tomorrow = (eastern_date(self._clock()) + timedelta(days=1)).isoformat()
        for spec in feed_specs(self._categories):
            try:
                feed = self._source.feed(spec)
                if feed.edition and feed.edition > tomorrow:
                    raise TransientError(f"{spec}: the feed is dated {feed.edition}, which is yet to come")
                feeds.append(feed)
            except ArxivDailyError as error:
                trouble.append(error)
        return feeds, trouble

    def shown(self) -> str | None:
        """The newest edition that the feeds show; None where they are empty.

        Raises the first trouble of feeds none of which showed any.
        """
        feeds, trouble = self.read()
        newest = newest_edition(feeds)
        if newest is None and trouble:
            raise trouble[0]
        return newest

    def of_its_day(self, feed: Feed, known: Mapping[str, Record]) -> Feed:
        """The feed, as one of the edition before if that one's papers stand in it under another date.

        arXiv's feeds bear the day on which they are asked for (arXiv/arxiv-feed, `get_arxiv_midnight`), and
        a list may stay up over a holiday. A paper is new once, so a feed whose new papers were mostly new
        in the edition before is that edition's.
        """
        if feed.edition is None or all(entry.arxiv_id in known for entry in feed.entries):
            return feed
        new = [entry for entry in feed.entries if entry.announce_type is AnnounceType.NEW]
        older = next(iter(self._store.editions(before=feed.edition, limit=1)), None)
        if not new or older is None:
            return feed
        there = {(r.paper.arxiv_id, r.paper.version) for r in self._store.records(older.date)}
        again = sum((entry.arxiv_id, entry.version) in there for entry in new)
        return replace(feed, edition=older.date) if 2 * again > len(new) else feed

    def papers(
        self, entries: Mapping[str, FeedEntry], known: Mapping[str, Record]
    ) -> tuple[Mapping[str, Paper], list[ArxivDailyError]]:
        """The announced papers by identifier, and what went wrong when the API was asked about those that
        are not in the ledger or incomplete there."""
        metadata, trouble = self._metadata(entries, known)
        papers = {i: paper_of(entry, metadata.get(i), self._categories) for i, entry in entries.items()}
        return papers, trouble

    def _metadata(
        self, entries: Mapping[str, FeedEntry], known: Mapping[str, Record]
    ) -> tuple[Mapping[str, Metadata], list[ArxivDailyError]]:
        """The API's account of papers that we have not completed yet, as far as it can be had."""
        wanted = [
            arxiv_id for arxiv_id in entries if arxiv_id not in known or not known[arxiv_id].paper.complete
        ]
        if not wanted:
            return {}, []
        try:
            return self._source.metadata(wanted), []
        except PartialMetadataError as error:
            return error.found, [error]


def read_whole(feeds: Sequence[Feed], edition: str, now: datetime) -> frozenset[str]:
    """The feeds that have said all they say of an edition.

    One without entries says that nothing of its categories was announced; in the first hours it may not
    have turned yet, and on another day it does not speak of this edition.
    """
    day = date.fromisoformat(edition)
    is_empty_for_good = eastern_date(now) == day and now >= feed_due(day) + LATE_AFTER
    return frozenset(
        feed.spec
        for feed in feeds
        if feed.whole
        and (feed.edition == edition or (is_empty_for_good and not feed.edition and not feed.entries))
    )


def newest_edition(feeds: Sequence[Feed]) -> str | None:
    """The newest edition that a feed shows."""
    return max((feed.edition for feed in feeds if feed.edition), default=None)


def feed_specs(categories: Sequence[str]) -> list[str]:
    """The feeds to ask for: each whole archive alone (it is large), single categories together."""
    archives = [category for category in categories if "." not in category]
    single = [c for c in categories if "." in c and c.split(".")[0] not in archives]
    return archives + (["+".join(single)] if single else [])


def stands_in(categories: Sequence[str], spec: str) -> bool:
    """Whether a paper of these categories is announced in the feed of a spec (`cs`, `stat.ML+eess.AS`)."""
    parts = spec.split("+")
    return any(category in parts or category.split(".")[0] in parts for category in categories)


def merged(feeds: Sequence[Feed]) -> dict[str, FeedEntry]:
    """One entry a paper, by identifier; the newest version if feeds differ."""
    entries: dict[str, FeedEntry] = {}
    for feed in feeds:
        for entry in feed.entries:
            there = entries.get(entry.arxiv_id)
            if there is None or entry.version > there.version or (not there.abstract and entry.abstract):
                entries[entry.arxiv_id] = entry
    return entries


def paper_of(entry: FeedEntry, metadata: Metadata | None, ours: Sequence[str]) -> Paper:
    """The announced version, completed by the API where it speaks of that version.

    The API answers with the newest version. If it is not the announced one, its text is
    another text, but comment and references still belong to the paper. The announce type is relative to
    `ours`, all categories that we ask for.
    """
    categories = metadata.categories if metadata else entry.categories
    paper = Paper(
        arxiv_id=entry.arxiv_id,
        version=entry.version,
        title=entry.title,
        abstract=entry.abstract,
        authors=entry.authors,
        categories=categories,
        announce_type=entry.announce_type.relative_to(categories[0], ours),
    )
    if metadata is None:
        return paper
    paper = replace(
        paper,
        comment=metadata.comment,
        doi=metadata.doi,
        journal_ref=metadata.journal_ref,
        submitted=metadata.submitted,
        stated_affiliations=metadata.affiliations if metadata.authors else (),
        complete=metadata.version >= entry.version,  # else the API has not caught up yet
    )
    if metadata.version != entry.version and entry.abstract:
        return replace(paper, stated_affiliations=())  # and a withdrawal is of one version
    return replace(
        paper,
        title=metadata.title or paper.title,
        abstract=metadata.abstract or paper.abstract,
        authors=metadata.authors or paper.authors,
        withdrawn=metadata.withdrawn,
    )
