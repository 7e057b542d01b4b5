"""Following an edition on one computer: it ends, also where nothing came through."""

from __future__ import annotations

from collections.abc import Sequence
from types import SimpleNamespace
from typing import Any

import pytest
from arxivdaily.domain.editions import Edition
from arxivdaily.domain.records import Record, State, revisions
from fakes import EDITION, NOW, MemoryPaperStore, record
from rich.console import Console

from infrastructure.local import following
from infrastructure.local.errors import LocalError
from infrastructure.local.following import Follower
from infrastructure.local.progress import Progress


class Application:
    """What a follower asks: nothing is under way, unless `depth` says so."""

    def __init__(self, records: Sequence[Record], *, rendered: bool = True, depth: int = 0) -> None:
        self.store = MemoryPaperStore()
        self.store.create_edition(Edition(EDITION, NOW))
        self.store.add_records(records)
        if rendered:
            self.store.note_rendered(EDITION, revisions(records))
        self.depth = depth
        self.emulator = SimpleNamespace(check=lambda: None, function_failures=list, log="emulator.log")
        self.looks = 0

    def waiting(self, _queues: Sequence[str]) -> int:
        return self.depth

    def sync(self) -> Any:
        self.looks += 1
        return SimpleNamespace(total=1)


@pytest.fixture(autouse=True)
def _hours_pass(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each look is a minute after the one before."""
    now = [0.0]

    def sleep(_seconds: float) -> None:
        now[0] += 60

    monkeypatch.setattr(following, "time", SimpleNamespace(monotonic=lambda: now[0], sleep=sleep))


def follow(application: Application) -> None:
    with Progress(Console(quiet=True)) as progress:
        Follower(application, progress, is_served=False).settle(EDITION)  # type: ignore[arg-type]


FAILED = [record(number, State.FAILED, reason="no such model") for number in range(1, 5)]


def test_an_edition_whose_papers_failed_is_not_waited_for() -> None:
    application = Application(FAILED)
    follow(application)
    assert application.looks == 1


def test_while_its_pages_are_still_to_be_published_it_is() -> None:
    application = Application(FAILED, rendered=False)
    follow(application)
    assert 1 < application.looks < 20, "until nobody moves it any more"


def test_what_waits_for_a_model_that_never_answers_ends_with_an_error() -> None:
    with pytest.raises(LocalError, match="nothing has changed"):
        follow(Application([record(1)], depth=1))


@pytest.mark.parametrize("hopeless", [True, False])
def test_another_model_takes_over_once_from_one_that_is_hopeless(hopeless: bool) -> None:
    application = Application([record(1)])
    application.emulator.model_news = list
    watch = SimpleNamespace(
        is_hopeless=lambda _: hopeless,
        take=list,
        changed=lambda: None,
        silent=lambda *_: None,
        blocked=lambda _: [],
    )
    taken: list[bool] = []
    with Progress(Console(quiet=True)) as progress:
        Follower(
            application,  # type: ignore[arg-type]
            progress,
            is_served=False,
            watch=watch,  # type: ignore[arg-type]
            take_over=lambda: taken.append(True),
        ).settle(EDITION)
    assert application.looks > 1
    assert taken == [True] * hopeless
