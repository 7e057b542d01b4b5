"""Render: publish what the stored state of an edition says, and nothing that is there already."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import timedelta

from arxivdaily.domain.channels import Catalogue
from arxivdaily.domain.completion import is_complete
from arxivdaily.domain.editions import Edition
from arxivdaily.domain.papers import PaperKey
from arxivdaily.domain.records import Record, listed_counts, revisions
from arxivdaily.errors import ArxivDailyError, DeferredError
from arxivdaily.ports import Clock, Edge, Events, Messages, PaperStore, Report, SiteStore, unreported
from arxivdaily.site import urls
from arxivdaily.site.state import Phase, SiteState

FEED_EDITIONS = 3  # the newest editions that a channel's feed holds
OUTDATED = -1  # in place of revisions: what others than its records have changed is still to be published
LEASE = timedelta(seconds=330)  # longer than the function's timeout, shorter than the queue's visibility

SiteBuilder = Callable[[SiteState], Sequence[Phase]]
Published = Callable[[str], Mapping[str, str]]  # paths and hashes of a scope


@dataclass(frozen=True, slots=True)
class RenderResult:
    """`papers` are those whose own page was uploaded."""

    edition: str
    objects: int
    uploaded: int
    complete: bool
    papers: tuple[PaperKey, ...] = ()


class RenderEdition:
    """Use case of the render queue. The same state gives the same bytes, so any run may be repeated."""

    def __init__(
        self,
        store: PaperStore,
        messages: Messages,
        site: SiteStore,
        events: Events,
        clock: Clock,
        catalogue: Catalogue,
        *,
        site_url: str,
        build: SiteBuilder,
        edge: Edge | None = None,
        report: Report = unreported,
        new_id: Callable[[], str] = lambda: "one",
    ) -> None:
        """`edge` None: readers are served from the site's store itself. `report` is told the newest
        edition's records whenever they have been published. `new_id` names each run, to tell it from
        others that want to publish at the same time."""
        self._store = store
        self._messages = messages
        self._site = site
        self._events = events
        self._clock = clock
        self._catalogue = catalogue
        self._site_url = site_url
        self._build = build
        self._edge = edge
        self._report = report
        self._new_id = new_id

    def __call__(self, date: str, *, anew: bool = False) -> RenderResult:
        """Publish one edition; with the newest edition also the pages that show the newest.

        `anew` uploads every object, whatever is noted as published: for a bucket that lost some.

        Raises TransientError when the store or an upload failed: what was uploaded by then is
        noted, and the next run uploads the rest. Also while another renderer is at work: the queue has
        one at a time, and whoever comes past it could put an older page over a newer one.
        """
        owner, now = self._new_id(), self._clock()
        if not self._store.begin_render(owner, now, now + LEASE):
            raise DeferredError("another renderer is at work")
        try:
            return self._publish(date, anew=anew)
        finally:
            with suppress(ArxivDailyError):  # then it ends by itself
                self._store.end_render(owner)

    def _publish(self, date: str, *, anew: bool) -> RenderResult:
        edition = self._store.edition(date)
        if edition is None or not edition.filled:  # not there, or there in part: it is asked for when it is
            return RenderResult(date, 0, 0, complete=False)
        records = self._store.records(date)
        counts = dict(listed_counts(records))
        if counts != dict(edition.channel_counts):
            self._store.set_channel_counts(date, counts)
            edition = replace(edition, channel_counts=counts)
        complete = is_complete(records)
        newly_complete = complete and not edition.is_complete
        now = self._clock()
        if newly_complete:
            edition = replace(edition, completed=now)  # as the pages are to show it; stored below
        elif edition.is_complete and not complete:
            self._store.reopen_edition(date)  # papers came, or are tried again, since it was marked
            edition = replace(edition, completed=None)

        objects = 0
        uploaded: set[str] = set()
        outdated: list[str] = []  # replaced objects; new ones, and so all immutable ones, have no old copies
        notes: dict[str, Mapping[str, str]] = {}

        def published(scope: str) -> Mapping[str, str]:
            if scope not in notes:
                notes[scope] = self._site.published(scope)
            return notes[scope]

        state = self._state(edition, records, published, anew=anew)
        for phase in self._build(state):
            there = published(phase.scope)
            changed = [item for item in phase.objects if anew or there.get(item.path) != item.sha256]
            if changed:
                replacing = [item.path for item in changed if item.path in there]
                self._site.publish(phase.scope, changed, replacing)
                outdated += replacing
            objects += len(phase.objects)
            uploaded |= {item.path for item in changed}

        if newly_complete:
            if self._edge:  # first, for who listens to the event below reads the pages
                self._edge.refresh(outdated)
            # Before the mark, as the event: a crash between them repeats both and loses nothing.
            for older in sorted({past.edition for record in records for past in record.history}):
                self._outdate(self._store.edition(older))  # its pages are to say what became of the paper
            by_state = Counter(record.state.value for record in records)
            self._events.edition_published(date, dict(sorted(by_state.items())))
            self._store.complete_edition(date, now)
        if edition.rendered is None:  # from now on its neighbours may lead to it
            for other in (state.previous, state.following):
                self._outdate(other)
        if edition.rendered != (now_rendered := revisions(records)):
            if not state.is_newest:  # before the mark: without it, this is repeated
                self._have_feeds_follow(date)
            self._store.note_rendered(date, now_rendered)
        elif uploaded and not state.is_newest:
            self._have_feeds_follow(date)
        if state.is_newest:
            self._report(date, records)
        pages = [r.key for r in records if urls.object_key(urls.paper(r.paper.arxiv_id)) in uploaded]
        return RenderResult(date, objects, len(uploaded), complete, tuple(pages))

    def _have_feeds_follow(self, date: str) -> None:
        """Channels' feeds are the newest edition's to write, and have a few earlier ones' papers. (One
        that is still to be published reads those then.)"""
        newest, *others = self._store.editions(limit=FEED_EDITIONS)
        if any(other.date == date for other in others):
            self._outdate(newest)

    def _outdate(self, edition: Edition | None) -> None:
        """Have a published edition rendered again. It is marked first: a request may be lost, and the repair
        looks for editions whose pages are not what is stored."""
        if edition is not None and edition.rendered is not None:
            self._store.note_rendered(edition.date, OUTDATED)
            self._messages.render(edition.date)

    def _state(
        self, edition: Edition, records: Sequence[Record], published: Published, *, anew: bool = False
    ) -> SiteState:
        """`published` is what is noted as published, by scope; with `anew` this edition's may be gone."""
        date = edition.date
        store = self._store
        later = store.editions(after=date, newest_first=False, limit=FEED_EDITIONS)
        older = _published(store.editions(before=date, limit=FEED_EDITIONS - 1))
        recent = [(edition, records)]
        if not later:
            recent += [(other, store.records(other.date)) for other in older]
        year = store.editions(after=f"{date[:4]}-01-00", before=f"{date[:4]}-12-32", newest_first=False)
        return SiteState(
            edition=edition,
            records=records,
            previous=older[0] if older else None,
            following=next(iter(_published(later)), None),
            recent=() if later else tuple(recent),
            year=tuple(_published([edition if other.date == date else other for other in year], date)),
            first=next(iter(store.editions(newest_first=False, limit=1)), edition),
            catalogue=self._catalogue,
            site_url=self._site_url,
            handed_on=frozenset(_handed_on(records, published, anew=anew)),
            overtaken=bool(later),
        )


def _handed_on(records: Iterable[Record], published: Published, *, anew: bool) -> Iterator[str]:
    """Superseded papers that have a page: the newer version's, or this edition's from before."""
    for record in records:
        if record.is_shown and record.superseded:
            path = urls.object_key(urls.paper(record.paper.arxiv_id))
            if path in published(record.superseded.edition) or (
                not anew and path in published(record.edition)
            ):
                yield record.paper.arxiv_id


def _published(editions: Iterable[Edition], but: str = "") -> list[Edition]:
    """Those that have pages, and the one that is being published."""
    return [edition for edition in editions if edition.rendered is not None or edition.date == but]
