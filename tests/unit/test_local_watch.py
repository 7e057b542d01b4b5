"""What a command on this computer shows of its work, and how it ends."""

from __future__ import annotations

import io
from dataclasses import replace
from pathlib import Path
from threading import Event
from types import SimpleNamespace
from typing import Any

import pytest
from arxivdaily.domain.editions import Edition
from arxivdaily.domain.records import State
from fakes import NOW, MemoryPaperStore, match, record
from rich.console import Console

from infrastructure.local import progress as progress_module
from infrastructure.local.errors import LocalError
from infrastructure.local.progress import Progress
from infrastructure.operator import local_watch
from infrastructure.operator.access import Place
from infrastructure.operator.channels import _counting
from infrastructure.operator.editions import made
from infrastructure.operator.local_watch import Watch

FIRST, SECOND = "2026-06-17", "2026-06-18"


class Clock:
    """Time that passes only while somebody sleeps."""

    def __init__(self) -> None:
        self.now = 0.0

    def monotonic(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += max(seconds, 5.0)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(local_watch, "time", clock)
    monkeypatch.setattr(progress_module, "time", clock)
    monkeypatch.setattr("infrastructure.operator.channels.time", clock)
    return clock


class Work:
    def __init__(self) -> None:
        self.screen = io.StringIO()
        self.store = MemoryPaperStore()
        self.watch = Watch(
            Progress(Console(file=self.screen, width=200)),
            lambda: None,
            lambda: SimpleNamespace(total=7),  # type: ignore[arg-type]
        )

    def add(self, date: str, *, complete: bool) -> None:
        self.watch.editions[date] = None
        self.store.create_edition(Edition(date, NOW, completed=NOW if complete else None))
        papers = [record(1, State.UNTRANSLATED, matches=(match(),)), record(2, State.UNMATCHED, matches=())]
        self.store.add_records([replace(one, edition=date) for one in papers])


def test_reading_for_minutes_is_not_silent(clock: Clock) -> None:
    """The answer comes once it has been said that it takes long."""
    work, told = Work(), Event()
    write = work.screen.write

    def seen(text: str) -> int:
        if "30 s so far" in text:
            told.set()
        return write(text)

    work.screen.write = seen  # type: ignore[method-assign]

    def read() -> dict[str, Any]:
        assert told.wait(60)
        return {"edition": FIRST}

    assert work.watch.during("reading", FIRST, read) == {"edition": FIRST}
    assert list(work.watch.editions) == [FIRST]


def test_work_that_fails_or_an_emulator_that_ends_is_told(clock: Clock) -> None:
    work = Work()

    def fails() -> None:
        raise LocalError("HTTP 503")

    with pytest.raises(LocalError, match="HTTP 503"):
        work.watch.during("reading", FIRST, fails)

    def gone() -> None:
        raise LocalError("the AWS emulator stopped")

    work.watch._check = gone
    with pytest.raises(LocalError, match="emulator stopped"):
        work.watch.look(work.store)


def test_the_edition_that_is_being_made_is_shown(clock: Clock) -> None:
    work = Work()
    work.watch.editions["2026-06-16"] = None  # not there yet
    work.add(FIRST, complete=True)
    work.add(SECOND, complete=False)
    clock.sleep(10)
    work.watch.look(work.store)
    clock.sleep(10)
    work.watch.look(work.store)
    lines = work.screen.getvalue().splitlines()
    assert lines[-1].startswith(f"edition {SECOND}, working: 2 papers, 2 classified, 1 matched")
    assert lines[-1].endswith("7 files on the site")


@pytest.mark.parametrize("nothing", [{"translator": "none"}, {"limit": 0}])
def test_a_backfill_says_what_it_has_made_and_what_is_left_to_do(nothing: dict[str, Any]) -> None:
    work = Work()
    for date in (FIRST, SECOND):
        work.add(date, complete=True)
    place = Place(state=Path("/my state"), **nothing)
    application: Any = SimpleNamespace(store=work.store, place=place)
    assert list(made(application, ["2026-06-16", FIRST, SECOND], Path("/my state/site"))) == [
        f"edition {FIRST}: 2 papers, 1 in channels, 1 of them in English",
        f"edition {SECOND}: 2 papers, 1 in channels, 1 of them in English",
        "2 editions are in /my state/site; "
        f"`arxivdaily local run --date {SECOND} --state '/my state'` translates the last one.",
    ]
    assert list(made(application, ["2026-06-16"], Path("site"))) == []


def test_trying_a_channel_file_says_how_far_it_is(clock: Clock) -> None:
    said: list[str] = []
    tell = _counting(812, said.append)
    for number in range(1, 5):
        clock.sleep(3)
        tell(number)
    assert said == [f"{number} of 812 papers read" for number in range(1, 5)]
