"""What the person at the terminal sees while an edition is made."""

from __future__ import annotations

import re
import threading
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from types import TracebackType

from arxivdaily.domain.records import Record, State
from arxivdaily.use_cases.dispatch import is_by_choice
from rich.console import Console
from rich.live import Live
from rich.markup import escape
from rich.table import Table

from infrastructure.reasons import in_english

_LINE_INTERVAL = 5.0  # seconds between two lines where there is no terminal to redraw


@dataclass(frozen=True, slots=True)
class Status:
    """How far an edition is; `pages` are the objects of the published site."""

    step: str = "starting"
    edition: str | None = None
    announced: int = 0
    classified: int = 0
    matched: int = 0
    translated: int = 0
    failed: int = 0
    waiting: int = 0
    with_affiliations: int = 0
    pages: int = 0

    def with_records(self, records: Sequence[Record]) -> Status:
        """The counts of an edition's records; revisions go to no model and count as classified."""
        return replace(
            self,
            announced=len(records),
            classified=sum(not r.awaits_classification for r in records),
            matched=sum(r.is_shown for r in records),
            translated=sum(r.translation is not None for r in records),
            with_affiliations=sum(
                bool(r.affiliations and r.affiliations.block.institutions) for r in records
            ),
            failed=sum(is_failure(r) for r in records),
            waiting=sum(r.state is State.PENDING for r in records),
        )

    def line(self) -> str:
        """All of it on one line."""
        if not self.announced:
            return self.step
        failures = f", {self.failed} failed" if self.failed else ""
        return (
            f"{self.step}: {self.announced} papers, {self.classified} classified, {self.matched} matched, "
            f"{self.translated} translated, {self.with_affiliations} with affiliations, "
            f"{self.waiting} waiting{failures}, {self.pages} files on the site"
        )


def is_failure(record: Record) -> bool:
    """Whether something that was asked for did not happen to this paper."""
    if record.state is State.UNTRANSLATED:
        return not is_by_choice(record.reason)
    return record.state is State.FAILED


class Progress:
    """Redraws a table in a terminal, prints lines elsewhere. Safe to use from several threads."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._lock = threading.Lock()
        self._status = Status()
        self._download = ""
        self._tenth = 0
        self._printed = ("", 0.0)
        self._live = Live(console=console, get_renderable=self._table, refresh_per_second=4, transient=True)

    def __enter__(self) -> Progress:
        if self._console.is_terminal and not self._console.quiet:
            self._live.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._live.stop()

    def note(self, text: str) -> None:
        """Say something that stays to be read."""
        self._console.print(text, markup=False, highlight=False, soft_wrap=True)

    def show(self, status: Status) -> None:
        """Replace what is shown."""
        with self._lock:
            self._status = status
            line, then = self._printed
            due = status.line() != line and time.monotonic() - then >= _LINE_INTERVAL
            if due and not self._console.is_terminal:
                self._printed = (status.line(), time.monotonic())
                self.note(status.line())

    @property
    def status(self) -> Status:
        """What is shown now."""
        with self._lock:
            return self._status

    def step(self, step: str) -> None:
        """Show what is being done; everything else stays."""
        self.show(replace(self.status, step=step))

    def downloaded(self, received: int, size: int) -> None:
        """How much of the model is there, in bytes."""
        tenth = 10 * received // size
        with self._lock:
            if tenth > self._tenth and not self._console.is_terminal:
                self.note(f"the translation model: {tenth}0% of {size / 1e9:.1f} GB")
            self._tenth = tenth
            self._download = "" if received >= size else f"{_bar(received, size)} of {size / 1e9:.1f} GB"

    def _table(self) -> Table:
        with self._lock:
            status, download = self._status, self._download
        grid = Table.grid(padding=(0, 2))
        grid.add_column(style="bold")
        grid.add_column()
        title = f"edition {status.edition}" if status.edition else "arXiv每日学术速递"
        grid.add_row(title, escape(status.step))
        if status.announced:
            grid.add_row("papers fetched", str(status.announced))
            grid.add_row("classified", f"{_bar(status.classified, status.announced)} {status.classified}")
            wanted = status.translated + status.waiting
            grid.add_row("translated", f"{_bar(status.translated, wanted)} {status.translated} of {wanted}")
            grid.add_row("with affiliations", f"{status.with_affiliations} of {status.matched}")
            grid.add_row("files on the site", str(status.pages))
            grid.add_row("failures", f"[red]{status.failed}[/red]" if status.failed else "0")
        if download:
            grid.add_row("translation model", download)
        return grid


def _bar(done: int, of: int, width: int = 24) -> str:
    filled = round(width * done / of) if of else 0
    return "█" * filled + "░" * (width - filled)


def summary(edition: str, records: Sequence[Record], pages: int) -> Table:
    """The ledger in figures."""
    table = Table(title=f"edition {edition}: {len(records)} papers, {pages} files on the site")
    table.add_column("state")
    table.add_column("papers", justify="right")
    table.add_column("most frequent reason", overflow="fold")
    for state in State:
        reasons = Counter(record.reason for record in records if record.state is state)
        if reasons:
            reason = max(reasons, key=lambda text: (bool(text), reasons[text]))
            table.add_row(state.value, str(reasons.total()), escape(in_english(reason)[:160]))
    return table


def failures(records: Sequence[Record]) -> list[str]:
    """A line for each of the first papers of which nothing could be published."""
    return _lines([record for record in records if record.state is State.FAILED])


def awaiting_translation(records: Sequence[Record]) -> list[str]:
    """A line for each of the first papers that are in English though they were to be translated."""
    return _lines([r for r in records if r.state is State.UNTRANSLATED and is_failure(r)])


def _lines(failed: Sequence[Record]) -> list[str]:
    shown = [
        f"{record.paper.versioned_id}: {record.state}: {one_line(in_english(record.reason))}"
        for record in failed[:5]
    ]
    if len(failed) > len(shown):
        shown.append(f"and {len(failed) - len(shown)} more: see /ledger/{failed[0].edition}/")
    return shown


def one_line(text: str) -> str:
    return re.sub(r"\s+", " ", text)[:500]
