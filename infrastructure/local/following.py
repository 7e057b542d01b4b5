"""Following an edition to its end: what is under way, whether anything still changes, and how far it is."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from arxivdaily.domain.records import State, revisions

from infrastructure.local.application import ENRICH_QUEUE, MODEL_QUEUES, RENDER_QUEUE, Application
from infrastructure.local.errors import LocalError
from infrastructure.local.model_watch import ModelWatch
from infrastructure.local.progress import Progress

if TYPE_CHECKING:
    from arxivdaily.domain.editions import Edition
    from arxivdaily.domain.records import Record

_POLL = 1.0  # seconds between two looks, at least
_STALLED_AFTER = 900.0  # seconds without any change before the run gives up
_CRASHED_AFTER = 60.0  # the same after a function crashed: its messages are hidden for half an hour and more
# Publishing does not wait for affiliations: with --no-serve a run ends so many seconds after its
# edition is complete, even if arXiv's pages (three seconds each) have not all been read.
_FIRST_LOOKUPS = 120.0
_REPEATED_LOOKUPS = 10.0  # the same where only pages that were missing before are looked for again


class Follower:
    """`is_served`: readers see the site meanwhile, so there is no hurry to end."""

    def __init__(
        self,
        application: Application,
        progress: Progress,
        *,
        is_served: bool,
        watch: ModelWatch | None = None,
        take_over: Callable[[], None] | None = None,
    ) -> None:
        """`take_over` has papers sorted by another model; it is called once, where the one that `watch` is
        about cannot be asked at all."""
        self._application = application
        self._progress = progress
        self._is_served = is_served
        self._watch = watch
        self._take_over = take_over

    def settle(self, edition: str) -> None:
        """Wait until the edition is complete and published, showing how it goes."""
        seen: object = None
        changed = time.monotonic()
        idle = 0
        crashes: set[str] = set()
        while True:
            self._application.emulator.check()
            for crash in self._application.emulator.function_failures():
                if crash not in crashes:
                    self._progress.note(f"{crash} (see {self._application.emulator.log})")
                    crashes.add(crash)
            if self._watch:
                self._watch.take(self._application.emulator.model_news())
            begun = time.monotonic()
            looking = self._application.waiting(ENRICH_QUEUE)
            rendering = self._application.waiting(RENDER_QUEUE)
            waiting = self._application.waiting(MODEL_QUEUES)
            if not looking:  # while affiliations come in, there is always a render under way
                waiting += rendering
            records = self._application.store.records(edition)
            if self._watch and self._take_over and self._watch.is_hopeless(records):
                self._take_over()
                self._take_over = None
            stored = self._application.store.edition(edition)
            complete = stored is not None and stored.is_complete
            # Most papers failed, that is published, and no message will change it: only another run can.
            failed = stored is not None and not complete and _is_settled(stored, records)
            synced = self._application.sync()
            step = "complete" if complete and not waiting else "working"
            self._show(step, records, edition=edition, pages=synced.total)
            if not waiting and complete:
                return
            if failed and not (waiting or looking or rendering):
                if not (self._watch and self._watch.blocked(records)):  # another model is to sort those
                    self._progress.note("Too many papers failed: the edition is not complete.")
                return
            # A message can be between two queues; long after that nobody will move it any more.
            idle = 0 if waiting or looking or rendering else idle + 1
            if idle > 10:
                self._progress.note("Nothing is under way, but the edition is not complete.")
                return
            now = (waiting, looking, synced, tuple(record.revision for record in records))
            if now != seen:
                seen, changed = now, time.monotonic()
                if self._watch:
                    self._watch.changed()
            elif time.monotonic() - changed > (limit := _CRASHED_AFTER if crashes else _STALLED_AFTER):
                raise LocalError(
                    f"nothing has changed for {limit:.0f} s; what is stored is kept, and running again "
                    "goes on from there"
                )
            elif self._watch and waiting:
                self._watch.silent(time.monotonic() - changed, records)
            spent = time.monotonic() - begun
            time.sleep(max(_POLL, 3 * spent))  # looking must not become the work

    def await_affiliations(self, edition: str) -> None:
        """Wait for what arXiv's pages say of the authors: the first time, and where the site is served
        meanwhile, to the end, else for a while; what is left is looked up by the next run."""
        records = self._application.store.records(edition)
        first = any(record.awaits_affiliations for record in records)
        patience = _FIRST_LOOKUPS if first else _REPEATED_LOOKUPS
        began = changed = time.monotonic()
        seen: object = None
        while looking := self._application.waiting((*ENRICH_QUEUE, *RENDER_QUEUE)):
            self._application.emulator.check()
            records = self._application.store.records(edition)
            synced = self._application.sync()
            self._show("published; reading who wrote the papers", records, pages=synced.total)
            if (now := (looking, synced, sum(record.revision for record in records))) != seen:
                seen, changed = now, time.monotonic()
            to_the_end = self._is_served and first
            waited = time.monotonic() - (changed if to_the_end else began)
            if waited > (_STALLED_AFTER if to_the_end else patience):
                left = sum(record.awaits_affiliations for record in records)
                if left:
                    self._progress.note(
                        f"The affiliations of {left} papers are still to be looked up; the next run goes on."
                    )
                return
            time.sleep(_POLL)

    def _show(self, step: str, records: Sequence[Record], **changes: Any) -> None:
        self._progress.show(replace(self._progress.status, step=step, **changes).with_records(records))


def _is_settled(edition: Edition, records: Sequence[Record]) -> bool:
    """Whether every paper has come to an end, and pages say so."""
    pending = any(record.state is State.PENDING for record in records)
    return bool(records) and not pending and edition.rendered == revisions(records)
