"""Upkeep: affiliations and renders of editions, asked for again where a message or an answer was lost."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta

from arxivdaily.domain.records import Record, revisions
from arxivdaily.ports import Messages, PaperStore

# A paper that nobody has looked up for so long has lost its message (a crash between writing and sending).
LOST_AFTER = timedelta(hours=2)

REVISITED = 2  # earlier editions that are looked after while a new one is made


class Upkeep:
    """What editions need beside their papers' own way through the stages."""

    def __init__(self, store: PaperStore, messages: Messages) -> None:
        self._store = store
        self._messages = messages

    def revisit(self, edition: str, now: datetime) -> None:
        """What an edition's predecessors still lack: affiliations that arXiv's pages did not say, and
        pages whose render was asked for and lost. Once a day: while the edition is being made."""
        current = self._store.edition(edition)
        if current is None or current.is_complete:
            return
        for older in self._store.editions(before=edition, limit=REVISITED):
            records = self._store.records(older.date)
            self.look_for_affiliations(records, False, set(), now)
            if older.is_complete and older.rendered != revisions(records):
                self._messages.render(older.date)

    def look_for_affiliations(
        self, records: Sequence[Record], retry: bool, new: Collection[str], now: datetime
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

    def ask_for_renders(self, date: str, records: Sequence[Record], is_updated: bool, retry: bool) -> None:
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
                if older.filled:
                    self._messages.render(older.date)
            if edition.filled:
                self._messages.render(date)
