"""Fetch: from arXiv's announcement to an edition whose every paper is in the ledger.

Running it again is always right: it adds what is missing, completes what was incomplete, and
queues only what is new. What did not come through is `repair.py`'s.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from enum import StrEnum
from functools import partial
from typing import Literal

from arxivdaily.domain.calendar import eastern_date, expected_edition, why_no_edition
from arxivdaily.domain.editions import Edition
from arxivdaily.domain.papers import AnnounceType, Paper, parse_arxiv_id, sort_key
from arxivdaily.domain.records import (
    NextVersion,
    Record,
    State,
    can_be_done_again,
    revisions,
    superseded,
    to_do_again,
    to_retry,
)
from arxivdaily.domain.revisions import REPEATED, revised
from arxivdaily.domain.withdrawals import is_withdrawn
from arxivdaily.errors import ArxivDailyError, ConflictError, PermanentError, TransientError
from arxivdaily.ports import (
    ArxivSource,
    Clock,
    Feed,
    FeedEntry,
    Messages,
    Metadata,
    PaperStore,
    PartialMetadataError,
)
from arxivdaily.use_cases.dispatch import LIMIT_REACHED, NO_TRANSLATOR, Dispatcher
from arxivdaily.use_cases.saving import save_transition

# A paper that nobody has looked up for so long has lost its message (a crash between writing and sending).
LOST_AFTER = timedelta(hours=2)

REVISITED = 2  # earlier editions that are looked after while a new one is made
_LAST_EDITIONS = 3  # whose papers' identifiers say what is beyond them
_UNDER_WAY = (State.PENDING, State.FAILED)

NO_ABSTRACT = "arXiv's feed and API gave no abstract"
NOT_PROCESSED = "a replacement is recorded, not sent to the models"
WITHDRAWN = "a withdrawal is recorded, not sent to the models"


class Outcome(StrEnum):
    CREATED = "created"
    UPDATED = "updated"
    UNCHANGED = "unchanged"
    NOT_YET = "not_yet"
    NO_EDITION = "no_edition"


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

    `problems` says what could not be read; the next run tries that again.
    """

    outcome: Outcome
    edition: str | None
    announced: int
    queued: int
    message: str
    problems: tuple[str, ...] = ()


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
        self._source = source
        self._store = store
        self._messages = messages
        self._dispatcher = dispatcher
        self._clock = clock
        self._categories = tuple(categories)
        self._process_revisions = process_revisions
        self._translates = translates
        self._limit = translate_limit

    def __call__(self, request: FetchRequest) -> FetchResult:
        """Fetch an edition, or find that there is none to fetch.

        Raises TransientError when arXiv could not be read at all. What could be read in part is
        stored and goes on its way; the rest is named in the result's `problems`.
        """
        check(request)
        if request.stored:
            chosen = request.edition or self._newest_stored()
            return self._from_stored(chosen, "arXiv is not asked", [], request)
        feeds, trouble = self._feeds()
        shown = _newest(feeds)
        known = self._known(shown)
        feeds = [self._of_its_day(feed, known) for feed in feeds]
        if _newest(feeds) != shown:
            shown = _newest(feeds)
            known = self._known(shown)
        wanted = request.edition or shown
        if wanted is None or wanted != shown:
            return self._without_feed(request, wanted, shown, trouble)

        # During the window one feed may be new while another still shows the last edition.
        current = [feed for feed in feeds if feed.edition == wanted]
        now = self._clock()
        if request.edition is None:
            self._finish_earlier(feeds, wanted, trouble, now)
        taken = self._take(wanted, merged(current), known, request.retry, trouble, now)
        self._revisit(wanted, now)

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
        entries: Mapping[str, FeedEntry],
        known: Mapping[str, Record],
        retry: bool,
        trouble: list[ArxivDailyError],
        now: datetime,
    ) -> _Taken:
        """Record what an edition's feeds say and `known` has not, and set it going."""
        metadata, metadata_trouble = self._metadata(entries, known)
        trouble += metadata_trouble
        created = self._store.create_edition(Edition(edition, now))
        papers = {i: self._paper(entry, metadata.get(i)) for i, entry in entries.items()}
        earlier = self._earlier(edition, papers, known)
        new = [
            self._record(edition, paper, earlier.get(arxiv_id, ()), now)
            for arxiv_id, paper in papers.items()
            if arxiv_id not in known
        ]
        self._point_to(new, earlier)
        added = self._store.add_records(new)
        improved = self._improve(papers, known, earlier, now)
        records = self._store.records(edition) if added or improved else list(known.values())
        fresh = {record.paper.arxiv_id for record in new} | improved
        on_its_way = {i for i, record in known.items() if record.state is State.PENDING}
        queued, touched = self._set_going(edition, records, retry, fresh - on_its_way, now)
        self._look_for_affiliations(records, retry, fresh, now)
        is_updated = bool(added or improved or touched)
        self._ask_for_renders(edition, records, is_updated and not created, retry)
        return _Taken(created, is_updated, added, len(improved), queued)

    def _finish_earlier(
        self, feeds: Sequence[Feed], newest: str, trouble: list[ArxivDailyError], now: datetime
    ) -> None:
        """Take what feeds that have not turned yet say of an earlier edition, which may have been late or
        corrected since it was read last: when they turn it is gone. Not in a new deployment, whose
        first edition would be a part of one."""
        for edition in sorted({feed.edition for feed in feeds if feed.edition and feed.edition < newest}):
            known = self._known(edition)
            entries = merged([feed for feed in feeds if feed.edition == edition])
            is_ours = known or self._store.editions(before=edition, limit=1)
            if is_ours and not entries.keys() <= known.keys():
                self._take(edition, entries, known, False, trouble, now)

    def _feeds(self) -> tuple[list[Feed], list[ArxivDailyError]]:
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

    def _known(self, edition: str | None) -> Mapping[str, Record]:
        return {r.paper.arxiv_id: r for r in self._store.records(edition)} if edition else {}

    def _of_its_day(self, feed: Feed, known: Mapping[str, Record]) -> Feed:
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

    def _without_feed(
        self, request: FetchRequest, wanted: str | None, shown: str | None, trouble: list[ArxivDailyError]
    ) -> FetchResult:
        """The edition asked for is not in the feeds: it may be stored, not out yet, or gone by."""
        stored = wanted or self._newest_stored()
        now = self._clock()
        if request.retry and stored and self._store.edition(stored):
            self._look_for_affiliations(self._store.records(stored), True, set(), now)
            return self._from_stored(stored, _what_arxiv_shows(shown, trouble), trouble, request)
        if trouble:
            raise trouble[0]
        if shown is None:
            day = date.fromisoformat(request.edition) if request.edition else eastern_date(now)
            why = why_no_edition(day)
            return FetchResult(
                Outcome.NO_EDITION, None, 0, 0, "arXiv announces nothing now" + (f": {why}" if why else "")
            )
        if wanted and wanted > shown:
            return FetchResult(
                Outcome.NOT_YET, shown, 0, 0, f"arXiv still shows edition {shown}, not {wanted}"
            )
        raise PermanentError(f"edition {wanted} was never fetched and arXiv's feed shows {shown} by now")

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
        if request.again:
            queued, touched = self._do_again(edition, records, request)
        else:
            queued, touched = self._set_going(
                edition, records, True, set(), self._clock(), partial(_is_asked_for, request=request)
            )
        self._ask_for_renders(edition, records, touched, True)
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

    def _earlier(
        self, edition: str, papers: Mapping[str, Paper], known: Mapping[str, Record]
    ) -> Mapping[str, Sequence[Record]]:
        """What earlier editions recorded of the papers that are new here, and of replaced ones whose
        record is incomplete."""
        wanted = [
            arxiv_id
            for arxiv_id, paper in papers.items()
            if arxiv_id not in known
            or (paper.announce_type.is_replacement and not known[arxiv_id].paper.complete)
        ]
        editions = self._store.editions(before=edition, limit=_LAST_EDITIONS) if wanted else ()
        if not editions:
            return {}
        # arXiv numbers papers as it receives them: a new one beyond the numbers of the last editions was in
        # none of them, which is most of a day's papers and as many requests.
        last = max((found for e in editions if (found := self._store.last_id(e.date))), default=None)
        wanted = [i for i in wanted if last is None or not _is_beyond(papers[i], last)]
        return self._store.earlier(wanted, edition) if wanted else {}

    def _record(self, edition: str, paper: Paper, earlier: Sequence[Record], now: datetime) -> Record:
        is_replacement = paper.announce_type.is_replacement
        shown = [record for record in earlier if record.is_shown]
        if not is_replacement and any(old.paper.version == paper.version for old in shown):
            # Cross-listed a day later: its readers have seen it.
            return Record(edition, paper, State.REVISION, REPEATED, changed=now)
        if paper.abstract and is_replacement and shown:
            last = self._store.edition(shown[-1].edition)
            update = revised(paper, edition, earlier, last.created, now) if last else None
            if update:
                return update
        # An earlier version that is still on its way (a model was down, say) will be shown: so is this.
        if is_replacement and not shown and not any(record.state in _UNDER_WAY for record in earlier):
            if is_withdrawn(paper.comment):
                return Record(edition, paper, State.REVISION, WITHDRAWN, changed=now)
            if not self._process_revisions:
                return Record(edition, paper, State.REVISION, NOT_PROCESSED, changed=now)
        if not paper.abstract:
            return Record(edition, paper, State.FAILED, NO_ABSTRACT, changed=now)
        return Record(edition, paper, State.PENDING, changed=now)

    def _point_to(self, records: Sequence[Record], earlier: Mapping[str, Sequence[Record]]) -> None:
        """Have the records of earlier versions say where the newer one is. Before that is stored: a
        run that is cut short in between does the same again."""
        for record in records:
            paper = record.paper
            if record.is_update or (paper.announce_type.is_replacement and record.state is State.PENDING):
                newer = NextVersion(record.edition, paper.version, is_withdrawn(paper.comment))
                for old in earlier.get(paper.arxiv_id, ()):
                    if old.is_shown or old.state in _UNDER_WAY:
                        save_transition(self._store, old, partial(superseded, by=newer))

    def _paper(self, entry: FeedEntry, metadata: Metadata | None) -> Paper:
        """The announced version, completed by the API where it speaks of that version.

        The API answers with the newest version. If it is not the announced one, its text is
        another text, but comment and references still belong to the paper.
        """
        categories = metadata.categories if metadata else entry.categories
        paper = Paper(
            arxiv_id=entry.arxiv_id,
            version=entry.version,
            title=entry.title,
            abstract=entry.abstract,
            authors=entry.authors,
            categories=categories,
            announce_type=entry.announce_type.relative_to(categories[0], self._categories),
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
            return replace(paper, stated_affiliations=())
        return replace(
            paper,
            title=metadata.title or paper.title,
            abstract=metadata.abstract or paper.abstract,
            authors=metadata.authors or paper.authors,
        )

    def _improve(
        self,
        papers: Mapping[str, Paper],
        known: Mapping[str, Record],
        earlier: Mapping[str, Sequence[Record]],
        now: datetime,
    ) -> set[str]:
        """Complete stored papers that an earlier run could not; which were improved."""
        improved: set[str] = set()
        for arxiv_id, record in known.items():
            paper = papers.get(arxiv_id)
            if paper is None or record.paper.complete or paper.version != record.paper.version:
                continue
            if paper == record.paper:
                continue
            # Institutions are told by the author's place in the list.
            affiliations = record.affiliations if paper.authors == record.paper.authors else None
            better = replace(record, paper=paper, affiliations=affiliations, changed=now)
            if record.state in (State.FAILED, State.REVISION) and not record.spent:
                # What became of it was decided without its abstract or comment.
                again = self._record(record.edition, paper, earlier.get(arxiv_id, ()), now)
                better = replace(
                    again,
                    revision=record.revision,
                    superseded=record.superseded,
                    affiliations=affiliations or again.affiliations,
                )
                self._point_to([better], earlier)
            try:
                self._store.save(better)
            except ConflictError:
                continue  # somebody works on it: the next run completes it
            improved.add(arxiv_id)
        return improved

    def _revisit(self, edition: str, now: datetime) -> None:
        """What an edition's predecessors still lack: affiliations that arXiv's pages did not say, and
        pages whose render was asked for and lost. Once a day: while the edition is being made."""
        current = self._store.edition(edition)
        if current is None or current.is_complete:
            return
        for older in self._store.editions(before=edition, limit=REVISITED):
            records = self._store.records(older.date)
            self._look_for_affiliations(records, False, set(), now)
            if older.is_complete and older.rendered != revisions(records):
                self._messages.render(older.date)

    def _ask_for_renders(self, date: str, records: Sequence[Record], is_updated: bool, retry: bool) -> None:
        """Have an edition rendered until it is complete, and the one before it, which links to it.

        Asked for again by every run, since a request may have been lost between a write and its
        message, or with the queues of one computer.
        """
        if is_updated:
            self._store.reopen_edition(date)
        edition = self._store.edition(date)
        if edition is None:
            return
        if edition.is_complete:
            # Affiliations, say, came later, and the message that asked for their page was lost. Whoever
            # asks for a retry may have changed what pages are made with: names, channels, templates.
            if retry or edition.rendered != revisions(records):
                self._messages.render(date)
        else:
            for older in self._store.editions(before=date, limit=1):
                self._messages.render(older.date)
            self._messages.render(date)

    def _do_again(self, edition: str, records: Sequence[Record], request: FetchRequest) -> tuple[int, bool]:
        """Have a stage done anew that has been taken: messages sent, and whether any paper was touched."""
        stage = request.again
        if stage is None or (stage == "translate" and not self._translates):
            raise PermanentError("no translator is configured")
        again = [
            save_transition(self._store, record, partial(to_do_again, stage=stage, now=self._clock()))
            for record in records
            if _is_asked_for(record, request) and can_be_done_again(record, stage)
        ]
        return self._dispatcher.send_on(edition, again, self._clock()), bool(again)

    def _set_going(
        self,
        edition: str,
        records: Sequence[Record],
        retry: bool,
        new: set[str],
        now: datetime,
        wanted: Callable[[Record], bool] = lambda _record: True,
    ) -> tuple[int, bool]:
        """Queue what is new, and for a retry what did not come through: messages sent, and whether any
        paper was touched. Of what is tried again, only what is `wanted`."""
        if retry:
            records = [
                save_transition(self._store, record, partial(to_retry, now=now))
                for record in self._worth_retrying(records)
                if wanted(record)
            ]
        ready = [
            record
            for record in records
            if record.state is State.PENDING and (retry or record.paper.arxiv_id in new)
        ]
        return self._dispatcher.send_on(edition, ready, now), bool(ready)

    def _look_for_affiliations(
        self, records: Sequence[Record], retry: bool, new: set[str], now: datetime
    ) -> None:
        """Queue papers whose affiliations nobody looks for, or are worth looking for again."""
        unknown, again = [], []
        for record in records:
            if record.superseded:
                continue  # readers see the newer version's
            if record.awaits_affiliations:
                lost = record.changed is not None and record.changed < now - LOST_AFTER
                if retry or lost or record.paper.arxiv_id in new:
                    unknown.append(record.key)
            elif record.affiliations and record.affiliations.problem:
                if retry:
                    again.append(record.key)
                elif record.affiliations.is_due(now):
                    unknown.append(record.key)
        if unknown:
            self._messages.to_enrich(unknown)
        if again:
            self._messages.to_enrich(again, again=True)

    def _worth_retrying(self, records: Sequence[Record]) -> list[Record]:
        """Pending ones, and failed and untranslated ones that another try could help."""
        chosen = [r for r in records if r.state is State.PENDING]
        chosen += [r for r in records if r.state is State.FAILED and r.paper.abstract]
        lacking = [r for r in records if r.lacks_words and not r.superseded]
        worth = self._dispatcher.worth_translating(records, lacking)
        if self._translates and self._limit:
            self._leave_for_the_limit([r for r in lacking if r not in worth])
        return chosen + worth

    def _leave_for_the_limit(self, records: Sequence[Record]) -> None:
        """Papers of a time without a translator stay untranslated now for another reason."""
        reason = LIMIT_REACHED.format(limit=self._limit)
        for record in records:
            if record.reason == NO_TRANSLATOR:
                save_transition(self._store, record, partial(_with_reason, old=NO_TRANSLATOR, new=reason))


def _newest(feeds: Sequence[Feed]) -> str | None:
    """The newest edition that a feed shows."""
    return max((feed.edition for feed in feeds if feed.edition), default=None)


def _with_reason(record: Record, old: str, new: str) -> Record:
    return replace(record, reason=new) if record.reason == old else record


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


def _is_beyond(paper: Paper, last: str) -> bool:
    """Whether it is announced for the first time, and numbered after the `last` paper of earlier editions."""
    is_first = paper.announce_type is AnnounceType.NEW and paper.version == 1
    return is_first and sort_key(paper.arxiv_id) > sort_key(last)


def _check_date(text: str | None) -> None:
    try:
        if text is not None and date.fromisoformat(text).isoformat() != text:
            raise ValueError("not written as YYYY-MM-DD")
    except ValueError as error:
        raise PermanentError(f"edition {text!r}: {error}") from error


def feed_specs(categories: Sequence[str]) -> list[str]:
    """The feeds to ask for: each whole archive alone (it is large), single categories together."""
    archives = [category for category in categories if "." not in category]
    single = [c for c in categories if "." in c and c.split(".")[0] not in archives]
    return archives + (["+".join(single)] if single else [])


def merged(feeds: Sequence[Feed]) -> dict[str, FeedEntry]:
    """One entry a paper, by identifier; the newest version if feeds differ."""
    entries: dict[str, FeedEntry] = {}
    for feed in feeds:
        for entry in feed.entries:
            there = entries.get(entry.arxiv_id)
            if there is None or entry.version > there.version or (not there.abstract and entry.abstract):
                entries[entry.arxiv_id] = entry
    return entries
