"""Editions that were missed: what a day's records say, and what is left alone."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime

import pytest
from arxivdaily.domain.announcements import announce_type
from arxivdaily.domain.editions import Edition
from arxivdaily.domain.papers import AnnounceType
from arxivdaily.domain.records import Record, State
from arxivdaily.errors import PermanentError, TransientError
from arxivdaily.ports import ArchivedPaper, ArxivSource, History
from arxivdaily.use_cases.backfill import BackfillEdition
from arxivdaily.use_cases.dispatch import Dispatcher
from arxivdaily.use_cases.fetch import FetchEdition, Outcome
from arxivdaily.use_cases.repair import RepairEditions
from fakes import NOW, Clock, MemoryPaperStore, RecordingMessages, match, metadata, paper, record

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
            self.history,
            self.store,
            self.messages,
            self.clock,
            self.fetch_from,
            shown=lambda: self.shown,
            categories=("cs", "stat.ML"),
        )
        self.shown: str | None = "2026-06-18"  # in arXiv's feeds
        dispatcher = Dispatcher(self.store, self.messages, translates=True, limit=0)
        self.repair = RepairEditions(self.store, self.messages, dispatcher, self.clock, lambda *_: None)

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
    world.store.create_edition(Edition(DAY, NOW, filled=False))
    world.store.add_records([replace(record(1), edition=DAY)])
    world.backfill(DAY)
    assert sorted(world.states()) == ["2606.00001", "2606.00002"]
    assert world.backfill(DAY).outcome is Outcome.UNCHANGED


def test_one_that_is_cut_short_is_not_published_until_it_is_completed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    world = World(archived(1), archived(2))
    whole = world.store.add_records

    def dies(records: Iterable[Record]) -> int:
        whole(list(records)[:1])
        raise TransientError("throttled")

    monkeypatch.setattr(world.store, "add_records", dies)
    with pytest.raises(TransientError):
        world.backfill(DAY)
    monkeypatch.setattr(world.store, "add_records", whole)
    world.repair()
    assert world.messages.renders == []
    assert world.backfill(DAY).announced == 2
    world.repair()
    assert DAY in world.messages.renders


def test_one_that_is_cut_short_and_of_which_nothing_more_is_told_is_published_with_what_it_has() -> None:
    world = World()
    world.store.create_edition(Edition(DAY, NOW, filled=False, unread=frozenset({"cs", "stat.ML"})))
    world.store.add_records([replace(record(1), edition=DAY)])
    world.backfill(DAY)
    assert world.store.edition(DAY) == Edition(DAY, NOW)
    assert DAY in world.messages.renders


def test_papers_of_a_feed_that_was_not_read_are_added_and_nothing_is_changed() -> None:
    world = World(
        archived(1, comment="more is known by now", categories=("stat.ML",)),
        archived(2),  # not in the feed that is missing
        archived(3, categories=("stat.ME", "stat.ML")),
        archived(4, categories=("eess.AS", "cs.SD")),
    )
    world.store.create_edition(Edition(DAY, NOW, NOW, rendered=0, unread=frozenset({"stat.ML+eess.AS"})))
    shown = record(1, State.PUBLISHED, edition=DAY, matches=(match(),), paper=paper(1, complete=False))
    world.store.add_records([shown])
    result = world.backfill(DAY)
    assert (result.outcome, result.announced, result.queued) == (Outcome.UPDATED, 3, 2)
    assert world.store.records(DAY)[0] == shown
    assert sorted(world.states()) == ["2606.00001", "2606.00003", "2606.00004"]
    edition = world.store.edition(DAY)
    assert edition is not None
    assert (edition.is_complete, edition.unread) == (False, frozenset())
    assert world.backfill(DAY).outcome is Outcome.UNCHANGED


def test_a_feed_that_was_not_read_is_asked_about_when_the_day_is_over() -> None:
    """Friday's feed was unreadable: nobody has to wait for Monday."""
    world = World(archived(1, "06-18T12:00", categories=("stat.ML",)))
    friday = "2026-06-19"
    world.store.create_edition(Edition(friday, NOW, rendered=0, unread=frozenset({"stat.ML"})))
    world.clock.now = datetime(2026, 6, 20, 3, 0, tzinfo=UTC)
    assert world.backfill(friday).outcome is Outcome.NOT_YET
    world.clock.now = datetime(2026, 6, 20, 4, 0, tzinfo=UTC)
    assert (world.backfill(friday).outcome, len(world.store.records(friday))) == (Outcome.UPDATED, 1)


def test_an_edition_that_is_made_late_is_looked_after_by_the_repair() -> None:
    world = World(archived(1))
    for day in range(17, 23):
        world.store.create_edition(Edition(f"2026-06-{day}", NOW, rendered=0))
    world.backfill(DAY)
    world.messages.classify.clear()  # lost
    world.clock.advance(2 * 3600)
    assert world.repair().sent == 1
    assert [key.edition for key in world.messages.classify] == [DAY]


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
        ("2026-06-14", Outcome.NO_EDITION, "weekend"),
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


FRIDAY, SATURDAY = "2026-06-12", datetime(2026, 6, 13, 15, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("shown", "outcome"),
    [
        (None, Outcome.CREATED),  # the feeds are a weekend's, and do not have it any more
        (FRIDAY, Outcome.NOT_YET),
        ("2026-06-11", Outcome.NOT_YET),  # they have not turned
    ],
)
def test_the_newest_announced_day_is_the_feeds_own_until_they_are_empty(
    shown: str | None, outcome: Outcome
) -> None:
    world = World(archived(1, "06-11T12:00"))
    world.shown, world.clock.now = shown, SATURDAY
    assert world.backfill(FRIDAY).outcome is outcome
    assert world.history.asked == ([FRIDAY] if outcome is Outcome.CREATED else [])


def test_the_day_that_is_not_over_is_never_backfilled() -> None:
    """Feeds that are empty on a weekday may be late."""
    world = World(archived(1))
    world.shown = None
    assert world.backfill("2026-06-18").outcome is Outcome.NOT_YET


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
