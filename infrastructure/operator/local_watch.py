"""How far the work is that a command asked of the application on this computer."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

from infrastructure.local.background import in_background
from infrastructure.local.progress import Progress, Status
from infrastructure.local.site_sync import SiteSync
from infrastructure.operator.access import Reader

_T = TypeVar("_T")
_POLL = 0.2  # seconds
_TOLD_EVERY = 15  # seconds between two lines about something that tells nothing itself


class Watch:
    """Shows `progress`, and brings the pages of the editions that are worked on to the site meanwhile.

    `check` raises LocalError where the emulator has ended. `editions` are those that were asked for, in
    order, each with its state when it was shown last.
    """

    def __init__(self, progress: Progress, check: Callable[[], None], sync: SiteSync) -> None:
        self._progress = progress
        self._check = check
        self._sync = sync
        self.editions: dict[str, object] = {}

    def during(self, step: str, edition: str, work: Callable[[], _T]) -> _T:
        """Do the work for an edition, in the background, and say every now and then that it goes on."""
        self.editions[edition] = None
        answer, began = in_background(work), time.monotonic()
        while not answer.done():
            self._check()
            seconds = int(time.monotonic() - began) // _TOLD_EVERY * _TOLD_EVERY
            self._progress.show(Status(f"{step}, {seconds} s so far" if seconds else step))
            time.sleep(_POLL)
        return answer.result()

    def look(self, store: Reader) -> None:
        """Show the first edition that is still being made, or the last one."""
        self._check()
        pages = self._sync().total
        for date in self.editions:
            edition = store.edition(date)
            if edition is None:
                continue
            is_made = edition.is_complete
            step = f"edition {date}, {'complete' if is_made else 'working'}"
            self._progress.show(Status(step, date, pages=pages).with_records(store.records(date)))
            if not is_made:
                return
