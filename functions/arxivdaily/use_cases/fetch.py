"""Fetch: from arXiv's announcement to an edition whose every paper is in the ledger.

Running it again is always right: it adds what is missing, completes what was incomplete, and
queues only what is new. What did not come through is `repair.py`'s.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from functools import partial
from typing import Literal

from arxivdaily.domain.calendar import (
    eastern_date,
    expected_edition,
    newest_edition_day,
    why_no_edition_in_english,
)
from arxivdaily.domain.editions import Edition
from arxivdaily.domain.papers import parse_arxiv_id
from arxivdaily.domain.records import Record, State
from arxivdaily.domain.repairs import LOOKED_AFTER
from arxivdaily.errors import ArxivDailyError, GoneByError, PermanentError, TransientError
from arxivdaily.ports import ArxivSource, Clock, Feed, Messages, PaperStore
from arxivdaily.use_cases.arxiv_feeds import ArxivFeeds, merged, newest_edition, read_whole
from arxivdaily.use_cases.dispatch import Dispatcher
from arxivdaily.use_cases.recording import Recorder
from arxivdaily.use_cases.starting import Starter
from arxivdaily.use_cases.upkeep import Upkeep


class Outcome(StrEnum):
    CREATED = "created"
    UPDATED = "updated"
    UNCHANGED = "unchanged"
    NOT_YET = "not_yet"
    NO_EDITION = "no_edition"
    GONE_BY = "gone_by"  # how the fetch function says GoneByError


@dataclass(frozen=True, slots=True)
class FetchRequest:
    """`edition`: an ISO date to insist on, else the newest announced.

    `retry` sends failed, untranslated and pending papers on their way again at once: for an
    operator, and for a computer whose queues begin empty. `stored` is the same for an edition that
    is stored already, without asking arXiv anything; then `papers` (identifiers) and `only` say which
    of them, and `again` has a stage done anew that has been taken already, which costs what is not
    among the stored answers. `backfill` makes a missed edition from what arXiv's OAI-PMH tells.
    """

    edition: str | None = None
    retry: bool = False
    stored: bool = False
    papers: tuple[str, ...] = ()
    only: Literal["failed", "untranslated"] | None = None
    again: Literal["classify", "translate"] | None = None
    backfill: bool = False


@dataclass(frozen=True, slots=True)
class FetchResult:
    """`announced` counts the edition's papers, `queued` the messages sent by this run.

    `problems` says what could not be read; the next run tries that again. Where feeds are empty, `expected`
    is the newest edition that was announced by the day on which they were written.
    """

    outcome: Outcome
    edition: str | None
    announced: int
    queued: int
    message: str
    problems: tuple[str, ...] = ()
    expected: str | None = None


@dataclass(frozen=True, slots=True)
class _Taken:
    """What became of a batch: papers `added`, `improved`, messages `queued`."""

    created: bool
    is_updated: bool
    added: int
    improved: int
    queued: int


class FetchEdition:
    """Use case of the schedule and of `arxivdaily local run`."""

    def __init__(
        self,
        source: ArxivSource,
        store: PaperStore,
        messages: Messages,
        dispatcher: Dispatcher,
        clock: Clock,
        *,
        categories: Sequence[str],
        process_revisions: bool,
        translates: bool,
        translate_limit: int,
    ) -> None:
        self._store = store
        self._clock = clock
        self._feeds = ArxivFeeds(source, store, clock, categories=categories)
        self._recorder = Recorder(store, process_revisions=process_revisions)
        self._starter = Starter(
            store, dispatcher, clock, translates=translates, translate_limit=translate_limit
        )
        self._upkeep = Upkeep(store, messages)

    def __call__(self, request: FetchRequest) -> FetchResult:
        """Fetch an edition, or find that there is none to fetch.

        Raises TransientError when arXiv could not be read at all, and GoneByError for an edition that its
        feeds do not show any more. What could be read in part is stored and goes on its way; the rest is
        named in the result's `problems`.
        """
        check(request)
        if request.stored:
            chosen = request.edition or self._newest_stored()
            return self._from_stored(chosen, "arXiv is not asked", [], request)
        feeds, trouble = self._feeds.read()
        shown = newest_edition(feeds)
        known = self._known(shown)
        feeds = [self._feeds.of_its_day(feed, known) for feed in feeds]
        if newest_edition(feeds) != shown:
            shown = newest_edition(feeds)
            known = self._known(shown)
        wanted = request.edition or shown
        if wanted is None or wanted != shown:
            made = max((feed.made for feed in feeds if feed.made), default=None)
            return self._without_feed(request, wanted, shown, made, trouble)

        # During the window one feed may be new while another still shows the last edition.
        current = [feed for feed in feeds if feed.edition == wanted]
        now = self._clock()
        if request.edition is None:
            self._finish_earlier(feeds, wanted, trouble, now)
        taken = self._take(wanted, feeds, known, request.retry, trouble, now)
        self._upkeep.revisit(wanted, now)

        lagging = [feed.spec for feed in feeds if feed.edition and feed.edition < wanted]
        if lagging:
            trouble.append(TransientError(f"{', '.join(lagging)}: the feed still shows an earlier edition"))
        problems = [problem for feed in current for problem in feed.problems]
        problems += [str(error) for error in trouble]
        announced = len(known) + taken.added
        if taken.created:
            outcome, message = Outcome.CREATED, f"{announced} papers announced"
        elif taken.is_updated:
            outcome = Outcome.UPDATED
            message = f"{taken.added} papers added, {taken.improved} completed, {taken.queued} queued"
        elif not request.edition and wanted < expected_edition(now).isoformat():
            outcome, message = Outcome.NOT_YET, "still the newest that arXiv shows"
        else:
            outcome, message = Outcome.UNCHANGED, "nothing new"
        return FetchResult(
            outcome, wanted, announced, taken.queued, f"edition {wanted}: {message}", tuple(problems)
        )

    def _take(
        self,
        edition: str,
        feeds: Sequence[Feed],
        known: Mapping[str, Record],
        retry: bool,
        trouble: list[ArxivDailyError],
        now: datetime,
    ) -> _Taken:
        """Record what `feeds` say of an edition and `known` has not, and set it going."""
        entries = merged([feed for feed in feeds if feed.edition == edition])
        papers, metadata_trouble = self._feeds.papers(entries, known)
        trouble += metadata_trouble
        made = Edition(edition, now, filled=False, unread=self._feeds.specs)
        there = self._store.edition(edition)
        created = there is None and self._store.create_edition(made)
        recorded = self._recorder.record(edition, papers, known, now)
        self._mark(there or made, read_whole(feeds, edition, now))
        added, improved = recorded.added, recorded.improved
        records = self._store.records(edition) if added or improved else list(known.values())
        fresh = recorded.new | improved
        if retry:
            queued, touched = self._starter.retry(edition, records, now)
        else:
            on_its_way = {i for i, record in known.items() if record.state is State.PENDING}
            queued, touched = self._starter.start(edition, records, fresh - on_its_way, now)
        self._upkeep.look_for_affiliations(records, retry, fresh, now)
        is_updated = bool(added or improved or touched)
        self._upkeep.ask_for_renders(edition, records, is_updated and not created, retry)
        return _Taken(created, is_updated, added, len(improved), queued)

    def _mark(self, edition: Edition, read: frozenset[str]) -> None:
        """Note that what was read is recorded. A feed that is not asked for any more keeps no mark."""
        settled = edition.unread - (self._feeds.specs - read)
        if settled or not edition.filled:
            self._store.note_filled(edition.date, settled)

    def _finish_earlier(
        self, feeds: Sequence[Feed], newest: str, trouble: list[ArxivDailyError], now: datetime
    ) -> None:
        """Take what feeds that have not turned yet say of an earlier edition, which may have been late or
        corrected since it was read last: when they turn it is gone. Not in a new deployment, whose
        first edition would be a part of one."""
        for edition in sorted({feed.edition for feed in feeds if feed.edition and feed.edition < newest}):
            known = self._known(edition)
            current = [feed for feed in feeds if feed.edition == edition]
            is_ours = known or self._store.editions(before=edition, limit=1)
            there = self._store.edition(edition)
            is_open = there is None or not there.filled or there.unread & read_whole(current, edition, now)
            if is_ours and (is_open or not merged(current).keys() <= known.keys()):
                self._take(edition, current, known, False, trouble, now)

    def _known(self, edition: str | None) -> Mapping[str, Record]:
        return {r.paper.arxiv_id: r for r in self._store.records(edition)} if edition else {}

    def _without_feed(
        self,
        request: FetchRequest,
        wanted: str | None,
        shown: str | None,
        made: str | None,
        trouble: list[ArxivDailyError],
    ) -> FetchResult:
        """The edition asked for is not in the feeds, which were `made` on a day: it may be stored, not out
        yet, or gone by."""
        stored = wanted or self._newest_stored()
        now = self._clock()
        if request.retry and stored and self._store.edition(stored):
            self._upkeep.look_for_affiliations(self._store.records(stored), True, set(), now)
            return self._from_stored(stored, _what_arxiv_shows(shown, trouble), trouble, request)
        if trouble:
            raise trouble[0]
        if shown is None:
            today = min(eastern_date(now), date.fromisoformat(made)) if made else eastern_date(now)
            day = date.fromisoformat(request.edition) if request.edition else today
            why = why_no_edition_in_english(day)
            if request.edition and not why and day < today:
                raise GoneByError(f"edition {wanted} was never fetched and arXiv's feeds are empty now")
            message = "arXiv announces nothing now" + (f": {why}" if why else "")
            if request.edition and day > today:
                message = _lies_ahead(request.edition, today)
            return FetchResult(
                Outcome.NO_EDITION,
                None,
                0,
                0,
                message,
                expected=newest_edition_day(today).isoformat(),
            )
        if wanted and wanted > shown:
            message = f"arXiv still shows edition {shown}, not {wanted}"
            if wanted > eastern_date(now).isoformat():
                message = _lies_ahead(wanted, eastern_date(now))
            return FetchResult(Outcome.NOT_YET, shown, 0, 0, message)
        raise GoneByError(f"edition {wanted} was never fetched and arXiv's feed shows {shown} by now")

    def _from_stored(
        self,
        edition: str | None,
        why: str,
        trouble: Sequence[ArxivDailyError],
        request: FetchRequest,
    ) -> FetchResult:
        """Set going again what an edition that is stored already has left, or what is asked for of it."""
        if edition is None or self._store.edition(edition) is None:
            raise PermanentError(f"edition {edition or 'none'} is not stored")
        records = self._store.records(edition)
        if unknown := sorted(set(request.papers) - {record.paper.arxiv_id for record in records}):
            raise PermanentError(f"not in the ledger of {edition}: {', '.join(unknown[:10])}")
        wanted = partial(_is_asked_for, request=request)
        if request.again:
            queued, touched = self._starter.do_again(edition, records, request.again, wanted)
        else:
            queued, touched = self._starter.retry(edition, records, self._clock(), wanted)
        if touched:
            # Tries begin anew, and a message may be lost, however old the edition is.
            self._store.look_after(edition, self._clock() + LOOKED_AFTER)
        self._upkeep.ask_for_renders(edition, records, touched, True)
        return FetchResult(
            Outcome.UPDATED if touched else Outcome.UNCHANGED,
            edition,
            len(records),
            queued,
            f"edition {edition} from what is stored; {why}",
            tuple(str(error) for error in trouble),
        )

    def _newest_stored(self) -> str | None:
        newest = self._store.editions(limit=1)
        return newest[0].date if newest else None


def _lies_ahead(wanted: str, today: date) -> str:
    return f"{wanted} lies ahead: the newest day arXiv can show is {newest_edition_day(today)}"


def _what_arxiv_shows(shown: str | None, trouble: Sequence[ArxivDailyError]) -> str:
    if shown is None and trouble:
        return "arXiv's feeds could not be read"
    return f"arXiv shows {shown or 'no edition'} now"


def _is_asked_for(record: Record, request: FetchRequest) -> bool:
    if request.papers and record.paper.arxiv_id not in request.papers:
        return False
    if request.only == "failed":
        return record.state is State.FAILED
    return request.only is None or record.lacks_words


def check(request: FetchRequest) -> None:
    """PermanentError for a request that contradicts itself or names what cannot be."""
    _check_date(request.edition)
    if not request.stored and (request.papers or request.only or request.again):
        raise PermanentError('"papers", "only" and "again" are for what is stored: they need "stored": true')
    if request.only and request.again:
        raise PermanentError('"only" and "again" exclude each other')
    if request.backfill and (request.retry or request.stored or request.edition is None):
        raise PermanentError('"backfill" needs an edition, and goes with nothing else')
    for text in request.papers:
        try:
            is_bare = parse_arxiv_id(text)[1] is None
        except ValueError as error:
            raise PermanentError(f'"papers": {error}') from error
        if not is_bare:
            raise PermanentError(f'"papers": {text} has a version; an edition has one version of a paper')


def _check_date(text: str | None) -> None:
    try:
        if text is not None and date.fromisoformat(text).isoformat() != text:
            raise ValueError("not written as YYYY-MM-DD")
    except ValueError as error:
        raise PermanentError(f"edition {text!r}: {error}") from error
