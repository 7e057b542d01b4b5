"""Watch: is the edition there that arXiv's calendar promises? Asks nobody but the store."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from arxivdaily.domain.calendar import late_edition
from arxivdaily.ports import Clock, PaperStore


@dataclass(frozen=True, slots=True)
class WatchResult:
    """`edition` is the one that should be complete by now; `overdue` if it is not."""

    edition: str
    overdue: bool
    message: str


class WatchEdition:
    """Use case of the half-hourly check. It works where arXiv cannot be reached, too."""

    def __init__(self, store: PaperStore, clock: Clock, report: Callable[[str, bool], None]) -> None:
        """`report` is told the edition and whether it is overdue, at every check."""
        self._store = store
        self._clock = clock
        self._report = report

    def __call__(self) -> WatchResult:
        due = late_edition(self._clock()).isoformat()
        edition = self._store.edition(due)
        if edition is None:
            why = "is not there"
        elif not edition.is_complete:
            why = "is there and not complete"
        else:
            why = ""
        self._report(due, bool(why))
        return WatchResult(due, bool(why), f"edition {due} {why or 'is complete'}")
