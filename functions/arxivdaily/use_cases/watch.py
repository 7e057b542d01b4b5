"""Watch: is the edition there that arXiv's calendar promises, and whole? Asks nobody but the store."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass

from arxivdaily.domain.calendar import closing_edition, late_edition
from arxivdaily.domain.records import State
from arxivdaily.ports import Clock, PaperStore


@dataclass(frozen=True, slots=True)
class WatchResult:
    """`edition` is the one that should be complete by now; `overdue` if it is not. `unread` are the feeds
    of `closing`, the edition whose day ends or has ended, that were never read whole."""

    edition: str
    overdue: bool
    message: str
    closing: str
    unread: tuple[str, ...] = ()


class WatchEdition:
    """Use case of the half-hourly check. It works where arXiv cannot be reached, too."""

    def __init__(
        self,
        store: PaperStore,
        clock: Clock,
        report: Callable[[str, bool], None],
        report_unread: Callable[[str, int], None],
    ) -> None:
        """`report` is told the edition and whether it is overdue, `report_unread` the closing one and how
        many of its feeds are unread, at every check."""
        self._store = store
        self._clock = clock
        self._report = report
        self._report_unread = report_unread

    def __call__(self) -> WatchResult:
        due = late_edition(self._clock()).isoformat()
        edition = self._store.edition(due)
        if edition is None:
            why = "is not there"
        elif not edition.is_complete:
            why = f"is there and not complete{self._what_is_missing(due)}"
        else:
            why = ""
        self._report(due, bool(why))
        message = f"edition {due} {why or 'is complete'}"

        closing = closing_edition(self._clock()).isoformat()
        ending = edition if closing == due else self._store.edition(closing)
        unread = tuple(sorted(ending.unread)) if ending else ()
        self._report_unread(closing, len(unread))
        if unread:
            message += f"; feeds of {closing} that were not read whole: {', '.join(unread)}"
        return WatchResult(due, bool(why), message, closing, unread)

    def _what_is_missing(self, date: str) -> str:
        states = Counter(record.state for record in self._store.records(date))
        missing = [
            f"{states[state]} {state.value}" for state in (State.PENDING, State.FAILED) if states[state]
        ]
        return f" ({' and '.join(missing)} of {states.total()} papers)" if missing else ""
