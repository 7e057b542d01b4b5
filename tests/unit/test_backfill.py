"""Editions that were missed: what a day's records say, and what is left alone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime

import pytest
from arxivdaily.domain.announcements import announce_type
from arxivdaily.domain.editions import Edition
from arxivdaily.domain.papers import AnnounceType
from arxivdaily.domain.records import State
from arxivdaily.errors import PermanentError, TransientError
from arxivdaily.ports import ArchivedPaper, ArxivSource, History
from arxivdaily.use_cases.backfill import BackfillEdition
from arxivdaily.use_cases.dispatch import Dispatcher
from arxivdaily.use_cases.fetch import FetchEdition, Outcome
from fakes import NOW, Clock, MemoryPaperStore, RecordingMessages, match, metadata, record

DAY = "2026-06-16"  # a Tuesday; announced on Monday at 20:00 in New York, 00:00 UTC
MONDAY = date(2026, 6, 15)


def at(text: str) -> datetime:
    return datetime.fromisoformat(f"2026-{text}").replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("versions", "seen", "expected"),
    [
        (["06-15T12:00"], None, AnnounceType.NEW),
        (["06-08T12:00"], None, AnnounceType.NEW),  # held for a week
        (["06-01T12:00"], None, None),  # a journal reference, say, or a cross-list
        (["06-16T09:00"], None, None),  # too late for this announcement
        (["05-01T12:00", "06-15T12:00"], None, AnnounceType.REPLACE),
        (["05-01T12:00", "05-15T12:00"], None, None),
        (["06-15T01:00", "06-15T17:00"], MONDAY, AnnounceType.NEW),  # no reader has seen the first
        (["06-14T12:00", "06-15T12:00"], MONDAY, AnnounceType.REPLACE),
        (["06-15T01:00", "06-15T17:00"], None, AnnounceType.REPLACE),
    ],
)
def test_what_versions_say_of_an_announcement(
    versions: list[str], seen: date | None, expected: AnnounceType | None
) -> None:
    assert announce_type(date.fromisoformat(DAY), [at(text) for text in versions], seen) == expected


@dataclass
class ScriptedHistory:
    """`ports.ArxivHistory`."""

    papers: list[ArchivedPaper] = field(default_factory=list)
    problems: tuple[str, ...] = ()
    error: Exception | None = None
    asked: list[str] = field(default_factory=list)

    def changed_on(self, day: str, categories: Sequence[str]) -> History:
        self.asked.append(day)
        if self.error:
            raise self.error
        return History(tuple(self.papers), self.problems)


class World:
    def __init__(self, *papers: ArchivedPaper) -> None:
        self.store = MemoryPaperStore()
        self.messages = RecordingMessages()
        self.history = ScriptedHistory(list(papers))
        self.clock = Clock()
        self.backfill = BackfillEdition(
            self.history, self.store, self.messages, self.clock, self.fetch_from, categories=("cs", "stat.ML")
        )

    def fetch_from(self, source: ArxivSource) -> FetchEdition:
        return FetchEdition(
            source,
            self.store,
            self.messages,
            Dispatcher(self.store, self.messages, translates=True, limit=0),
            self.clock,
            categories=("cs", "stat.ML"),
            process_revisions=False,
            translates=True,
            translate_limit=0,
        )

    def states(self) -> dict[str, tuple[State, AnnounceType]]:
        records = self.store.records(DAY)
        return {r.paper.arxiv_id: (r.state, r.paper.announce_type) for r in records}


def archived(number: int, *versions: str, **changes: object) -> ArchivedPaper:
    instants = tuple(at(text) for text in versions or ("06-15T12:00",))
    return ArchivedPaper(metadata(number, version=len(instants), **changes), instants)


def test_a_missed_day_becomes_an_edition() -> None:
    world = World(
        archived(1),
        archived(2, categories=("math.ST", "stat.ML")),
        archived(3, "05-01T12:00", "06-15T12:00"),
        archived(4, "05-01T12:00"),
    )
    result = world.backfill(DAY)
    assert (result.outcome, result.announced, result.queued) == (Outcome.CREATED, 3, 2)
    assert "1 records" in result.message
    assert world.states() == {
        "2606.00001": (State.PENDING, AnnounceType.NEW),
        "2606.00002": (State.PENDING, AnnounceType.CROSS),
        "2606.00003": (State.REVISION, AnnounceType.REPLACE),
    }
    assert all(stored.paper.complete for stored in world.store.records(DAY))
    assert [key.arxiv_id for key in world.messages.classify] == ["2606.00001", "2606.00002"]


def test_neighbours_are_rendered_since_they_link_to_it() -> None:
    world = World(archived(1))
    for day in ("2026-06-15", "2026-06-17", "2026-06-18"):
        world.store.create_edition(Edition(day, NOW))
    world.backfill(DAY)
    assert set(world.messages.renders) == {"2026-06-15", DAY, "2026-06-17", "2026-06-18"}


def test_an_edition_that_was_published_is_left_alone() -> None:
    world = World(archived(1), archived(2))
    world.store.create_edition(Edition(DAY, NOW, rendered=0))
    world.store.add_records([replace(record(1), edition=DAY)])
    assert world.backfill(DAY).outcome is Outcome.UNCHANGED
    assert world.history.asked == []
    assert len(world.store.records(DAY)) == 1


def test_one_that_was_cut_short_is_completed_without_duplicates() -> None:
    world = World(archived(1), archived(2))
    world.store.create_edition(Edition(DAY, NOW))
    world.store.add_records([replace(record(1), edition=DAY)])
    world.backfill(DAY)
    assert sorted(world.states()) == ["2606.00001", "2606.00002"]


def test_what_an_earlier_edition_announced_is_not_announced_again() -> None:
    world = World(archived(1), archived(2, "05-01T12:00", "06-15T12:00"))
    world.store.create_edition(Edition("2026-06-12", NOW))
    old = record(1, State.UNMATCHED, edition="2026-06-12", matches=())
    seen = record(2, State.PUBLISHED, edition="2026-06-12", matches=(match(),))
    world.store.add_records([old, seen])
    world.backfill(DAY)
    (update,) = world.store.records(DAY)
    assert (update.paper.arxiv_id, update.is_update) == ("2606.00002", True)


@pytest.mark.parametrize(
    ("day", "outcome", "words"),
    [
        ("2026-06-14", Outcome.NO_EDITION, "周末"),
        ("2026-06-18", Outcome.NOT_YET, "fetch makes it"),
        ("2026-06-19", Outcome.NOT_YET, "fetch makes it"),
    ],
)
def test_days_that_are_not_for_it(day: str, outcome: Outcome, words: str) -> None:
    world = World(archived(1))
    result = world.backfill(day)
    assert result.outcome is outcome
    assert words in result.message
    assert (world.history.asked, world.store.editions()) == ([], [])


def test_nothing_is_stored_of_a_list_that_could_not_be_read() -> None:
    world = World(archived(1))
    world.history.error = TransientError("HTTP 503")
    with pytest.raises(TransientError):
        world.backfill(DAY)
    assert world.store.editions() == []


def test_a_record_that_cannot_be_read_is_said() -> None:
    world = World(archived(1))
    world.history.problems = ("2606.1 cannot be read",)
    assert world.backfill(DAY).problems == ("2606.1 cannot be read",)


def test_a_day_without_papers_is_no_edition() -> None:
    world = World()
    assert world.backfill(DAY).outcome is Outcome.NO_EDITION
    assert world.store.editions() == []


@pytest.mark.parametrize("day", ["2026-06-31", "20260616", "soon"])
def test_what_is_no_date(day: str) -> None:
    with pytest.raises(PermanentError, match="edition"):
        World().backfill(day)
