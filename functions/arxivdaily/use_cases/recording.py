"""Recording: what the ledger says of announced papers, and of their versions in earlier editions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial

from arxivdaily.domain.papers import AnnounceType, Paper, sort_key
from arxivdaily.domain.records import NextVersion, Record, State, superseded
from arxivdaily.domain.revisions import REPEATED, revised
from arxivdaily.domain.withdrawals import is_gone
from arxivdaily.errors import ConflictError
from arxivdaily.ports import PaperStore
from arxivdaily.use_cases.saving import save_transition

_LAST_EDITIONS = 3  # whose papers' identifiers say what is beyond them
_UNDER_WAY = (State.PENDING, State.FAILED)

NO_ABSTRACT = "arXiv's feed and API gave no abstract"
NOT_PROCESSED = "a replacement is recorded, not sent to the models"
WITHDRAWN = "a withdrawal is recorded, not sent to the models"


@dataclass(frozen=True, slots=True)
class Recorded:
    """Identifiers that were `new` to this run, how many of them it `added`, and which it `improved`."""

    new: frozenset[str]
    added: int
    improved: frozenset[str]


class Recorder:
    """Gives every announced paper its record; running it again adds and improves what is missing."""

    def __init__(self, store: PaperStore, *, process_revisions: bool) -> None:
        """`process_revisions`: replacements of papers that no edition has shown go to the models, too."""
        self._store = store
        self._process_revisions = process_revisions

    def record(
        self, edition: str, papers: Mapping[str, Paper], known: Mapping[str, Record], now: datetime
    ) -> Recorded:
        """Store what an edition announces and `known`, its records until now, has not."""
        earlier = self._earlier(edition, papers, known)
        new = [
            self._record(edition, paper, earlier.get(arxiv_id, ()), now)
            for arxiv_id, paper in papers.items()
            if arxiv_id not in known
        ]
        self._point_to(new, earlier)
        added = self._store.add_records(new)
        improved = self._improve(papers, known, earlier, now)
        return Recorded(frozenset(record.paper.arxiv_id for record in new), added, frozenset(improved))

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
        same = [old for old in earlier if old.paper.version == paper.version]
        if not is_replacement and any(old.is_shown or _will_be_decided(old) for old in same):
            # Cross-listed a day later: its readers have seen it, or will. A paper has one page.
            return Record(edition, paper, State.REVISION, REPEATED, changed=now)
        if paper.abstract and is_replacement and shown:
            last = self._store.edition(shown[-1].edition)
            update = revised(paper, edition, earlier, last.created, now) if last else None
            if update:
                return update
        if is_gone(paper):
            return Record(edition, paper, State.REVISION, WITHDRAWN, changed=now)
        # An earlier version that is still on its way (a model was down, say) will be shown: so is this.
        is_unknown = not shown and not any(record.state in _UNDER_WAY for record in earlier)
        if is_replacement and is_unknown and not self._process_revisions:
            return Record(edition, paper, State.REVISION, NOT_PROCESSED, changed=now)
        if not paper.abstract:
            return Record(edition, paper, State.FAILED, NO_ABSTRACT, changed=now)
        return Record(edition, paper, State.PENDING, changed=now)

    def _point_to(self, records: Sequence[Record], earlier: Mapping[str, Sequence[Record]]) -> None:
        """Have the records of earlier versions say where the newer one is. Before that is stored: a
        run that is cut short in between does the same again."""
        for record in records:
            paper = record.paper
            gone = is_gone(paper)
            follows = paper.announce_type.is_replacement and (record.state is State.PENDING or gone)
            if record.is_update or follows:
                newer = NextVersion(record.edition, paper.version, gone)
                for old in earlier.get(paper.arxiv_id, ()):
                    if old.is_shown or old.state in _UNDER_WAY:
                        save_transition(self._store, old, partial(superseded, by=newer))

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
            undecided = record.state is State.PENDING and is_gone(paper)
            if (record.state in (State.FAILED, State.REVISION) or undecided) and not record.spent:
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


def _is_beyond(paper: Paper, last: str) -> bool:
    """Whether it is announced for the first time, and numbered after the `last` paper of earlier editions."""
    is_first = paper.announce_type is AnnounceType.NEW and paper.version == 1
    return is_first and sort_key(paper.arxiv_id) > sort_key(last)


def _will_be_decided(record: Record) -> bool:
    """Whether its own edition still finds out what becomes of the paper; without an abstract it cannot."""
    return record.state in _UNDER_WAY and bool(record.paper.abstract)
