"""Enrich: who wrote the papers that are shown, read from arXiv's pages one after the other."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from enum import Enum, auto
from functools import partial

from arxivdaily.domain.affiliations import Affiliations, AuthorBlock, Institution, Source, bounded
from arxivdaily.domain.institutions import institution
from arxivdaily.domain.papers import Paper
from arxivdaily.domain.records import Record, enriched
from arxivdaily.domain.repairs import CRASHED
from arxivdaily.errors import ArxivDailyError, OutOfTimeError, PermanentError, TransientError
from arxivdaily.ports import AuthorPages, Clock, Lookup, Messages, PaperStore, always
from arxivdaily.use_cases.saving import save_transition

MOST_FAILURES = 3  # pages that fail in a row before the others are left in peace
PAUSE = 120.0  # seconds


class Outcome(Enum):
    """What came of a lookup: it was stored, its page failed on the way, or nothing new was found."""

    STORED = auto()
    FAILED = auto()
    AS_BEFORE = auto()


class EnrichPapers:
    """Use case of the enrich queue. Safe to run again for the same messages.

    A page that cannot be read leaves the paper as it is, with the reason, to be looked for again
    later: nothing waits for it.
    """

    def __init__(self, store: PaperStore, messages: Messages, pages: AuthorPages, clock: Clock) -> None:
        self._store = store
        self._messages = messages
        self._pages = pages
        self._clock = clock

    def __call__(
        self,
        lookups: Sequence[Lookup],
        last_attempt: Collection[Lookup] = (),
        time_left: Callable[[], bool] = always,
    ) -> Mapping[Lookup, ArxivDailyError]:
        """Look for the affiliations of a batch; the messages to be delivered again, with the reason.

        Where arXiv asks to wait, or its pages fail one after the other, nothing more is asked: the rest
        comes back later. In its last attempt what has not been asked goes into the queue anew, and a
        page that cannot be had now is noted, to be looked for again later.
        """
        found = self._store.find([lookup.key for lookup in lookups])
        errors: dict[Lookup, ArxivDailyError] = {}
        touched: set[str] = set()
        pause: TransientError | None = None
        failures = 0  # in a row
        untried: list[Lookup] = []
        for lookup in lookups:
            record = found.get(lookup.key)
            if record is None:
                key = lookup.key
                errors[lookup] = PermanentError(
                    f"{key.arxiv_id}v{key.version} is not in the ledger of {key.edition}"
                )
            elif not self._is_wanted(record, lookup):
                touched.add(record.edition)  # who stored it may have stopped before asking for a render
            elif pause or not time_left():
                if lookup in last_attempt:
                    untried.append(lookup)
                else:
                    errors[lookup] = pause or OutOfTimeError(retry_after=0)
            else:
                try:
                    outcome = self._one(record, again=lookup.again, may_wait=lookup not in last_attempt)
                except TransientError as error:
                    errors[lookup] = error
                    pause = error if error.retry_after is not None else None
                except ArxivDailyError as error:
                    errors[lookup] = error
                else:
                    if outcome is not Outcome.AS_BEFORE:
                        touched.add(record.edition)
                    failures = failures + 1 if outcome is Outcome.FAILED else 0
                    if failures >= MOST_FAILURES:
                        pause = TransientError("arXiv's pages fail one after the other", retry_after=PAUSE)
        for again in (False, True):
            if keys := [lookup.key for lookup in untried if lookup.again is again]:
                self._messages.to_enrich(keys, again=again)
        for edition in sorted(touched):
            self._messages.render(edition)
        return errors

    def give_up(self, lookups: Sequence[Lookup]) -> Mapping[Lookup, ArxivDailyError]:
        """Note that looking for these crashed the function each time, so that the next look is later;
        what could not be noted, with the reason."""
        errors: dict[Lookup, ArxivDailyError] = {}
        found = self._store.find([lookup.key for lookup in lookups])
        for lookup in lookups:
            record = found.get(lookup.key)
            if record is None or not self._is_wanted(record, lookup):
                continue
            known, now = record.affiliations, self._clock()
            block, source = (known.block, known.source) if known else (AuthorBlock(), Source.NONE)
            tries = known.tries + 1 if known else 1
            noted = Affiliations(block, source, now, tries, CRASHED, record.paper.version)
            try:
                save_transition(self._store, record, partial(enriched, found=noted, now=now))
            except ArxivDailyError as error:
                errors[lookup] = error
        return errors

    def _is_wanted(self, record: Record, lookup: Lookup) -> bool:
        known = record.affiliations
        if known is None:
            return True
        return bool(known.problem) and (lookup.again or known.is_due(self._clock()))

    def _one(self, record: Record, *, again: bool, may_wait: bool) -> Outcome:
        """Look for one paper's affiliations and store what was found.

        A second look out of turn (`again`) that finds nothing new leaves no trace, so that whoever runs
        the same edition again changes nothing.

        Raises TransientError where arXiv asks to wait (if `may_wait`), and what the store raises.
        """
        block, problem, outcome = AuthorBlock(), "", Outcome.STORED
        try:
            block = bounded(self._pages.author_block(record.paper))
        except TransientError as error:
            if may_wait and error.retry_after is not None:
                raise
            problem, outcome = str(error), Outcome.FAILED
        except PermanentError as error:
            problem = str(error)
        source = Source.HTML if block.institutions else Source.NONE
        if source is Source.NONE:
            stated = bounded(_stated(record.paper))
            if stated.institutions:
                block, source = stated, Source.API
        known = record.affiliations
        if known and again and problem and known.block == block:
            return Outcome.AS_BEFORE if outcome is Outcome.STORED else outcome
        now = self._clock()
        tries = known.tries + 1 if known else 1
        found = Affiliations(block, source, now, tries, problem, record.paper.version)
        save_transition(self._store, record, partial(enriched, found=found, now=now))
        return outcome


def _stated(paper: Paper) -> AuthorBlock:
    """What the metadata API says, each institution once."""
    found: dict[str, tuple[int, Institution]] = {}
    of_authors = []
    for texts in paper.stated_affiliations:
        places = [place for text in texts if (place := institution(text))]
        numbers = [found.setdefault(place.name.casefold(), (len(found), place))[0] for place in places]
        of_authors.append(tuple(dict.fromkeys(numbers)))
    return AuthorBlock(tuple(place for _, place in found.values()), tuple(of_authors))
