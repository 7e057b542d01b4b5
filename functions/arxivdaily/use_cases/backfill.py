"""Backfill: an edition that was missed, from what arXiv's OAI-PMH still tells of its day.

arXiv's feeds show the newest announcement alone. OAI-PMH lists the papers whose records changed last
on a day, with the dates of their versions: enough to tell new papers and replacements, not enough for
everything. A paper that has changed since is listed under that later day; a paper that was only
cross-listed that day cannot be told from one whose journal reference was added.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import date

from arxivdaily.domain.announcements import announce_type
from arxivdaily.domain.calendar import eastern_date, expected_edition, why_no_edition_in_english
from arxivdaily.domain.editions import Edition
from arxivdaily.domain.repairs import LOOKED_AFTER
from arxivdaily.ports import (
    ArchivedPaper,
    ArxivHistory,
    ArxivSource,
    Clock,
    Feed,
    FeedEntry,
    Messages,
    Metadata,
    PaperStore,
)
from arxivdaily.use_cases.arxiv_feeds import stands_in
from arxivdaily.use_cases.fetch import FetchEdition, FetchRequest, FetchResult, Outcome, check


class ReconstructedDay:
    """`ArxivSource` of one day that has gone by: its papers stand in the first feed asked for, the others
    have none."""

    def __init__(self, edition: str, entries: Sequence[FeedEntry], papers: Mapping[str, Metadata]) -> None:
        self._edition = edition
        self._entries = tuple(entries)
        self._papers = papers

    def feed(self, spec: str) -> Feed:
        entries, self._entries = self._entries, ()
        return Feed(spec, self._edition, entries)

    def metadata(self, arxiv_ids: Sequence[str]) -> Mapping[str, Metadata]:
        return {arxiv_id: self._papers[arxiv_id] for arxiv_id in arxiv_ids if arxiv_id in self._papers}


class BackfillEdition:
    """Use case of `{"edition": date, "backfill": true}`.

    An edition that was made from whole feeds is left alone. To one whose feeds were not all read, papers are
    added that those would have had; what it has is not changed.
    """

    def __init__(
        self,
        history: ArxivHistory,
        store: PaperStore,
        messages: Messages,
        clock: Clock,
        fetch_from: Callable[[ArxivSource], FetchEdition],
        *,
        shown: Callable[[], str | None],
        categories: Sequence[str],
    ) -> None:
        """`fetch_from` makes the use case that turns a day's announcement into an edition; `shown` asks
        arXiv's feeds which edition they show now, None where they are empty."""
        self._history = history
        self._store = store
        self._messages = messages
        self._clock = clock
        self._fetch_from = fetch_from
        self._shown = shown
        self._categories = tuple(categories)

    def __call__(self, edition: str) -> FetchResult:
        """Make a missed edition, or say why not.

        The newest announced day is the feeds' own, until they are empty: on a weekend they do not show it any
        more. Raises TransientError when OAI-PMH could not be read whole: nothing is stored then.
        """
        check(FetchRequest(edition, backfill=True))
        day = date.fromisoformat(edition)
        stored = self._store.edition(edition)
        known = {record.paper.arxiv_id for record in self._store.records(edition)} if stored else set()
        # One that is not filled was cut short while it was made: it is completed.
        if stored and not stored.is_open:
            return FetchResult(Outcome.UNCHANGED, edition, len(known), 0, f"edition {edition} is left alone")
        if not stored and (why := why_no_edition_in_english(day)):
            return FetchResult(
                Outcome.NO_EDITION, None, 0, 0, f"arXiv announced nothing for {edition}: {why}"
            )
        now = self._clock()
        if day >= eastern_date(now) or (not stored and day >= expected_edition(now) and self._shown()):
            message = f"edition {edition} is, or will be, in arXiv's feeds: fetch makes it"
            return FetchResult(Outcome.NOT_YET, None, 0, 0, message)

        found = self._history.changed_on(edition, self._categories)
        entries = self._entries(day, found.papers)
        left_out = len(found.papers) - len(entries)
        if stored and stored.filled:
            entries = [entry for entry in entries if _is_missing(entry, stored, known)]
        if not entries and not stored:
            message = f"OAI-PMH has no paper announced on {edition}"
            return FetchResult(Outcome.NO_EDITION, None, 0, 0, message, found.problems)
        self._store.look_after(edition, now + LOOKED_AFTER)  # it need not be among the newest
        papers = {paper.metadata.arxiv_id: paper.metadata for paper in found.papers}
        result = self._fetch_from(ReconstructedDay(edition, entries, papers))(FetchRequest(edition))
        for later in (
            *self._store.editions(after=edition, newest_first=False, limit=1),  # it links to the one before
            *self._store.editions(after=edition, limit=1),  # feeds and calendars are the newest one's
        ):
            self._messages.render(later.date)
        return FetchResult(
            result.outcome,
            result.edition,
            result.announced,
            result.queued,
            f"{result.message} by OAI-PMH; {left_out} records that changed that day are left out: without a "
            "new version, or announced before. Papers that have changed since are not among them",
            (*found.problems, *result.problems),
        )

    def _entries(self, day: date, papers: Sequence[ArchivedPaper]) -> list[FeedEntry]:
        """What the announcement said, as far as it can be told."""
        before = next(iter(self._store.editions(before=day.isoformat(), limit=1)), None)
        seen = date.fromisoformat(before.date) if before else None
        ids = [paper.metadata.arxiv_id for paper in papers]
        earlier = self._store.earlier(ids, day.isoformat()) if before else {}
        entries = []
        for paper in papers:
            metadata = paper.metadata
            kind = announce_type(day, paper.versions, seen)
            announced = max((old.paper.version for old in earlier.get(metadata.arxiv_id, ())), default=0)
            if kind is None or announced >= metadata.version:
                continue
            entries.append(
                FeedEntry(
                    metadata.arxiv_id,
                    metadata.version,
                    metadata.title,
                    metadata.abstract,
                    metadata.authors,
                    metadata.categories,
                    kind,
                )
            )
        return entries


def _is_missing(entry: FeedEntry, edition: Edition, known: Collection[str]) -> bool:
    """Whether a paper stood in a feed of the edition that was not read."""
    is_lost = any(stands_in(entry.categories, spec) for spec in edition.unread)
    return is_lost and entry.arxiv_id not in known
