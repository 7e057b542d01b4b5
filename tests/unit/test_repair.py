"""Repair without a person: which papers are tried again, when, how often, and what the ledger says."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from arxivdaily.domain.editions import Edition
from arxivdaily.domain.governor import BUDGET_REACHED
from arxivdaily.domain.papers import PaperKey
from arxivdaily.domain.records import (
    NextVersion,
    Record,
    Repair,
    State,
    classification_failed,
    classified,
    left_untranslated,
    revisions,
    to_retry,
    translated,
    translation_failed,
)
from arxivdaily.domain.repairs import (
    CRASHED,
    LOOKED_AFTER,
    LOST,
    brought_back,
    given_up,
    next_try,
    put_off,
    tried_again,
)
from arxivdaily.errors import ArxivDailyError, ConflictError, PermanentError, TransientError
from arxivdaily.site import labels
from arxivdaily.use_cases.classify import ClassifyPapers
from arxivdaily.use_cases.dispatch import LIMIT_REACHED, NO_TRANSLATOR, SUPERSEDED, Dispatcher
from arxivdaily.use_cases.giving_up import GiveUpPapers
from arxivdaily.use_cases.repair import EDITIONS, OLDER, RepairEditions
from arxivdaily.use_cases.translate import TranslatePapers
from fakes import (
    EDITION,
    MODEL,
    NOW,
    Clock,
    MemoryPaperStore,
    RecordingMessages,
    ScriptedClassifier,
    ScriptedTranslator,
    match,
    paper,
    record,
    translation,
)
from hypothesis import given
from hypothesis import strategies as st

HOUR = timedelta(hours=1)
NEWER = NextVersion("2026-06-19", 2, withdrawn=False)


def waiting(number: int = 1) -> Record:
    """A paper that waits for its translation."""
    return record(number, matches=(match(),))


def refused(number: int = 1, *, lasting: bool = True) -> Record:
    return translation_failed(waiting(number), "formula missing", NOW, lasting=lasting)


# --- the rules -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("broken", "gaps"),
    [
        (classification_failed(record(), "HTTP 503", NOW), (1, 6, 24, 48)),
        (classification_failed(record(), "no valid answer", NOW, lasting=True), (6, 48)),
        (refused(lasting=False), (1, 6, 24, 48)),
        (refused(), (6, 48)),
    ],
)
def test_gaps_grow_and_end_and_what_was_refused_gets_few_tries(broken: Record, gaps: tuple[int, ...]) -> None:
    now = NOW
    for tries, hours in enumerate(gaps):
        assert next_try(broken) == now + hours * HOUR
        assert tried_again(broken, now + hours * HOUR - timedelta(seconds=1)) is broken, "not before its time"
        now += hours * HOUR
        sent = tried_again(broken, now)
        assert (sent.state, sent.reason, sent.repair) == (State.PENDING, "", Repair(now, tries + 1))
        assert tried_again(sent, now) is sent, "twice is once"
        lasting = bool(broken.repair and broken.repair.lasting)
        if broken.matches:
            broken = translation_failed(sent, "again", now, lasting=lasting)
        else:
            broken = classification_failed(sent, "again", now, lasting=lasting)
    assert next_try(broken) is None


@pytest.mark.parametrize(
    "left",
    [
        left_untranslated(waiting(), NO_TRANSLATOR, NOW),
        left_untranslated(waiting(), LIMIT_REACHED.format(limit=3), NOW),
        left_untranslated(waiting(), BUDGET_REACHED, NOW),
        replace(refused(), superseded=NEWER),
        record(1, State.FAILED, paper=paper(1, abstract=""), reason="no abstract"),
        record(1, State.UNMATCHED, matches=()),
        record(1, State.REVISION),
        record(1, State.PUBLISHED, matches=(match(),), translation=translation()),
    ],
)
def test_what_a_setting_decides_or_nothing_can_mend_is_left_alone(left: Record) -> None:
    assert next_try(left) is None
    assert tried_again(left, NOW + 1000 * HOUR) is left


def test_success_forgets_the_tries_and_so_does_a_person() -> None:
    tried = replace(record(), repair=Repair(NOW, 3))
    assert classified(tried, (match(),), MODEL, NOW).repair is None
    assert translated(replace(tried, matches=(match(),)), translation(), NOW).repair is None
    later = NOW + HOUR
    assert to_retry(tried, later).repair == Repair(later)
    assert to_retry(replace(refused(), repair=Repair(NOW, 2, lasting=True)), later).repair == Repair(later)


@pytest.mark.parametrize("start", [record(), waiting()])
def test_a_paper_that_stays_pending_is_sent_for_a_week_and_then_given_up(start: Record) -> None:
    """Its message may be there all the time, and Lambda or the model take no more."""
    now, found = NOW, start
    for hours in (2, 12, 24, 24, 24, 24, 24):
        assert next_try(found) == now + hours * HOUR
        now += hours * HOUR
        found = tried_again(found, now)
        assert found.state is State.PENDING
    found = tried_again(found, now + 24 * HOUR)
    assert now + 24 * HOUR - NOW < timedelta(days=EDITIONS + 1), "before it is none of the newest editions'"
    assert found.reason == LOST
    assert found.state is (State.UNTRANSLATED if start.matches else State.FAILED)
    assert next_try(found) is None


def test_a_paper_sent_by_the_last_try_and_lost_does_not_wait_for_ever() -> None:
    sent = replace(record(), repair=Repair(NOW, 4))
    assert next_try(sent) == NOW + 2 * HOUR
    assert tried_again(replace(sent, repair=Repair(NOW, 4, sent=7)), NOW + 24 * HOUR).state is State.FAILED


@given(st.lists(st.integers(1, 30), max_size=8), st.sampled_from([0, 1, 2, 3]), st.booleans())
def test_what_is_sent_on_because_it_waits_uses_up_no_try(waits: list[int], tries: int, lasting: bool) -> None:
    """Then a real failure has as many tries before it as without the wait."""
    now, found = NOW, replace(record(), repair=Repair(NOW, tries, lasting))
    for days in waits[:7]:
        now += days * 24 * HOUR
        found = tried_again(found, now)
        assert found.state is State.PENDING
    assert found.repair is not None
    assert found.repair.tries == tries
    failed = classification_failed(found, "HTTP 503", now, lasting=lasting)
    assert failed.repair == Repair(now, tries, lasting)


@given(st.integers(1, 40), st.booleans())
def test_a_translation_that_is_only_ever_throttled_is_tried_every_hour(hours: int, lasting: bool) -> None:
    found = replace(waiting(), repair=Repair(NOW, 1, lasting))
    now = NOW
    for number in range(hours):
        found = put_off(found, "HTTP 429", now)
        assert (found.state, found.reason) == (State.UNTRANSLATED, "HTTP 429")
        due = next_try(found)
        assert due == now + (6 if lasting and not number else 1) * HOUR
        now = due
        found = tried_again(found, now)
        assert found.awaits_translation
    assert found.repair == Repair(now, 1), "as if it had been tried once"


def test_only_what_waits_for_its_translation_is_put_off() -> None:
    for other in (record(), refused(), given_up(record(), CRASHED, NOW)):
        assert put_off(other, "HTTP 429", NOW) is other
    assert put_off(waiting(), "HTTP 429", NOW).repair == Repair(NOW)


def test_a_message_from_the_dead_brings_its_paper_back() -> None:
    dead = given_up(record(), CRASHED, NOW)
    assert (dead.state, dead.repair) == (State.FAILED, Repair(NOW, 0, lasting=True))
    back = brought_back(dead, NOW + HOUR)
    assert (back.awaits_classification, back.reason) == (True, "")
    assert brought_back(back, NOW) is back
    told = classification_failed(record(), "HTTP 503", NOW)
    assert brought_back(told, NOW) is told, "a late copy of a message repeats nothing"


def test_the_ledger_tells_when_in_beijing_and_how_often() -> None:
    assert labels.repair_note(refused()) == "北京时间6月18日 18:10 起自动重试"
    again = replace(refused(), repair=Repair(NOW, 1, lasting=True))
    assert labels.repair_note(again) == "已自动重试 1 次，北京时间6月20日 12:10 起再试"
    over = replace(refused(), repair=Repair(NOW, 2, lasting=True))
    assert labels.repair_note(over) == "已自动重试 2 次，不再自动重试"
    assert labels.repair_note(replace(waiting(), repair=Repair(NOW, 2))) == "已自动重试 2 次"
    assert labels.repair_note(replace(waiting(), repair=Repair(NOW, 1, sent=2))) == "已自动重试 3 次"
    assert labels.repair_note(left_untranslated(waiting(), NO_TRANSLATOR, NOW)) == ""
    assert labels.reason_in_words(given_up(record(), CRASHED, NOW)) == "每次处理都中断，暂且放弃"


# --- the use case ----------------------------------------------------------------------------


class World:
    """The stages around the repair, on one store; messages are worked on when a test says so."""

    def __init__(self, *, translates: bool = True, limit: int = 0) -> None:
        self.store = MemoryPaperStore()
        self.messages = RecordingMessages()
        self.clock = Clock()
        self.reports: list[tuple[int, int]] = []
        dispatcher = Dispatcher(self.store, self.messages, translates=translates, limit=limit)
        self.repair = RepairEditions(
            self.store,
            self.messages,
            dispatcher,
            self.clock,
            lambda sent, given_up: self.reports.append((sent, given_up)),
            lambda edition, share: self.shares.append((edition, share)),
        )
        self.shares: list[tuple[str, float]] = []
        self.classifier = ScriptedClassifier()
        self.translator = ScriptedTranslator()
        self.classify = ClassifyPapers(self.store, self.messages, self.classifier, dispatcher, self.clock)
        self.translate = TranslatePapers(
            self.store, self.messages, self.translator, self.clock, concurrency=1, limit=limit
        )
        self.give_up = GiveUpPapers(self.store, self.messages, self.clock)

    def add(self, *records: Record) -> None:
        for found in records:
            if self.store.create_edition(Edition(found.edition, NOW)):
                self.store.complete_edition(found.edition, NOW)
        self.store.add_records(records)
        for edition in {found.edition for found in records}:
            self.store.note_rendered(edition, revisions(self.store.records(edition)))

    def deliver(self) -> None:
        """Every message in its last attempt, so that what fails is recorded."""
        while self.messages.classify or self.messages.translate:
            keys, self.messages.classify = self.messages.classify, []
            self.classify(keys, last_attempt=keys)
            keys, self.messages.translate = self.messages.translate, []
            self.translate(keys, last_attempt=keys)

    def hours(self, count: int) -> list[int]:
        """The repair every hour, its messages worked on; the hours at which papers were sent."""
        found = []
        for hour in range(1, count + 1):
            self.clock.advance(3600)
            if self.repair().sent:
                found.append(hour)
            self.deliver()
        return found

    def states(self, edition: str = EDITION) -> dict[str, str]:
        return {r.paper.arxiv_id[-1]: r.state.value for r in self.store.records(edition)}


def test_an_outage_is_survived_and_the_pages_follow() -> None:
    world = World()
    world.add(classification_failed(record(1), "HTTP 503", NOW), refused(2, lasting=False))
    world.classifier.outcomes = {"2606.00001": TransientError("HTTP 503")}
    world.translator.errors = {"2606.00002": TransientError("HTTP 503")}
    assert world.hours(20) == [1, 7]
    assert world.states() == {"1": "failed", "2": "untranslated"}
    world.classifier.outcomes = {"2606.00001": (match(),)}
    world.translator.errors = {}
    world.messages.renders.clear()
    assert world.hours(20) == [11]
    assert world.states() == {"1": "published", "2": "published"}
    assert EDITION in world.messages.renders
    assert all(r.repair is None for r in world.store.records(EDITION))
    assert world.translator.asked.count("2606.00001") == 1, "what succeeded is not paid for again"


@pytest.mark.parametrize(
    ("error", "sent"), [(TransientError("HTTP 503"), [1, 7, 31, 79]), (PermanentError("gate"), [1, 49])]
)
def test_tries_are_limited_whatever_happens(error: ArxivDailyError, sent: list[int]) -> None:
    """The first failure was an outage; what comes of each try decides whether there is another."""
    world = World()
    world.add(refused(1, lasting=False))
    world.translator.errors = {"2606.00001": error}
    found = world.hours(24 * 14)
    assert found == sent
    assert len(world.translator.asked) == len(found)
    assert world.states() == {"1": "untranslated"}


def test_an_hour_with_nothing_due_changes_nothing() -> None:
    world = World()
    world.add(refused(1), record(2, State.UNMATCHED, matches=()))
    before = world.store.records(EDITION)
    assert (world.repair().sent, world.repair().given_up) == (0, 0)
    assert world.store.records(EDITION) == before
    assert (world.messages.renders, world.messages.translate) == ([], [])


def test_older_editions_are_repaired_too_and_very_old_ones_left() -> None:
    world = World()
    dates = [f"2026-06-{day:02}" for day in range(1, EDITIONS + 3)]
    for number, date in enumerate(dates, start=1):
        world.add(replace(refused(number, lasting=False), edition=date))
    world.clock.advance(3600)
    assert world.repair().sent == EDITIONS
    assert [key.edition for key in world.messages.translate] == sorted(dates[2:], reverse=True)
    assert world.messages.renders == sorted(dates[2:], reverse=True)


def test_older_editions_are_repaired_while_they_are_looked_after() -> None:
    world = World()
    dates = [f"2026-06-{day:02}" for day in range(1, EDITIONS + 3)]
    for date in dates:
        world.add(replace(record(1, State.UNMATCHED, matches=()), edition=date))
    old = dates[0]
    world.store.add_records([replace(refused(2, lasting=False), edition=old)])
    world.store.look_after(old, NOW + LOOKED_AFTER)
    world.store.look_after("2026-05-29", NOW + LOOKED_AFTER)  # never made
    assert world.hours(3) == [1]
    assert world.states(old)["2"] == "published"
    assert world.store.looked_after(world.clock()) == ["2026-05-29", old], "its pages lag behind"
    assert old in world.messages.renders

    world.store.note_rendered(old, revisions(world.store.records(old)))
    world.repair()
    assert world.store.looked_after(world.clock()) == ["2026-05-29"]


def test_an_older_edition_with_a_paper_that_is_given_up_rings_as_long_as_it_is_looked_after() -> None:
    world = World()
    for day in range(1, EDITIONS + 2):
        world.add(replace(record(1, State.UNMATCHED, matches=()), edition=f"2026-06-{day:02}"))
    hopeless = record(2, State.FAILED, edition="2026-06-01", repair=Repair(NOW, 9))
    world.store.add_records([hopeless])
    world.store.look_after("2026-06-01", NOW + LOOKED_AFTER)
    assert [world.repair().given_up for _ in range(2)] == [1, 1]
    world.clock.advance(LOOKED_AFTER.total_seconds())
    assert world.repair().given_up == 0


def test_many_older_editions_take_turns(monkeypatch: pytest.MonkeyPatch) -> None:
    world = World()
    for day in range(1, 30):
        world.add(replace(refused(day), edition=f"2026-05-{day:02}"))
    for day in range(1, EDITIONS + 1):
        world.add(replace(record(1, State.UNMATCHED, matches=()), edition=f"2026-06-{day:02}"))
    for day in range(1, 30):
        world.store.look_after(f"2026-05-{day:02}", NOW + LOOKED_AFTER)
    read: list[str] = []
    records = world.store.records

    def reading(edition: str) -> Sequence[Record]:
        read.append(edition)
        return records(edition)

    monkeypatch.setattr(world.store, "records", reading)
    world.repair()
    assert len(read) == EDITIONS + OLDER
    world.clock.advance(3600)
    world.repair()
    assert len(set(read)) == EDITIONS + 29


def test_no_page_is_asked_for_of_an_edition_whose_making_was_cut_short() -> None:
    world = World()
    world.store.create_edition(Edition(EDITION, NOW, filled=False))
    world.repair()
    assert world.messages.renders == []
    world.store.note_filled(EDITION, ())
    world.repair()
    assert world.messages.renders == [EDITION]


@pytest.mark.parametrize("other_worked", [False, True])
def test_a_try_that_could_not_be_sent_is_none(monkeypatch: pytest.MonkeyPatch, other_worked: bool) -> None:
    world = World()
    world.add(refused(1, lasting=False))
    world.clock.advance(3600)
    send = world.messages.to_translate

    def failing(_keys: Sequence[PaperKey], *, apart: bool = False) -> None:
        if other_worked:
            (stored,) = world.store.records(EDITION)
            world.store.save(translated(stored, translation(), NOW))
        raise TransientError("cannot queue: throttled")

    monkeypatch.setattr(world.messages, "to_translate", failing)
    with pytest.raises(TransientError):
        world.repair()
    monkeypatch.setattr(world.messages, "to_translate", send)
    if other_worked:
        assert world.states() == {"1": "published"}
        return
    (left,) = world.store.records(EDITION)
    assert replace(left, revision=0) == refused(1, lasting=False)
    assert world.repair().sent == 1


def test_no_try_beyond_the_limit_and_none_without_a_translator() -> None:
    world = World(limit=2)
    shown = record(1, State.PUBLISHED, matches=(match(),), translation=translation())
    by_choice = left_untranslated(waiting(4), LIMIT_REACHED.format(limit=2), NOW)
    strong, weak = (
        replace(refused(n, lasting=False), matches=(match(score=s),)) for n, s in ((2, 90), (3, 50))
    )
    world.add(shown, strong, weak, by_choice)
    assert world.hours(3) == [1]
    assert world.translator.asked == ["2606.00002"]
    assert world.states() == {"1": "published", "2": "published", "3": "untranslated", "4": "untranslated"}

    without = World(translates=False)
    without.add(refused(1, lasting=False))
    assert without.hours(100) == []


def test_a_version_that_was_replaced_is_not_translated_whoever_asks() -> None:
    world = World()
    old = replace(waiting(1), superseded=NEWER)
    world.add(old, replace(refused(2), superseded=NEWER), replace(record(3), superseded=NEWER))
    world.classifier.outcomes = {"2606.00003": (match(),)}
    world.translate([old.key])
    world.classify([record(3).key])
    world.hours(100)
    assert world.translator.asked == []
    assert world.states() == dict.fromkeys("123", "untranslated")
    reasons = [r.reason for r in world.store.records(EDITION)]
    assert reasons == [SUPERSEDED, "formula missing", SUPERSEDED]


def test_a_stored_answer_is_used_for_a_replaced_version() -> None:
    world = World()
    world.add(waiting(1))
    world.translate([waiting(1).key])
    (done,) = world.store.records(EDITION)
    world.store.save(replace(done, state=State.PENDING, translation=None, superseded=NEWER))
    world.translate([done.key])
    assert (world.states(), len(world.translator.asked)) == ({"1": "published"}, 1)


def test_a_lost_message_is_sent_again_and_a_lost_render_asked_for() -> None:
    world = World()
    world.add(record(1), record(2, State.UNMATCHED, matches=()))
    world.store.reopen_edition(EDITION)
    assert world.hours(3) == [2]
    assert world.states() == {"1": "unmatched", "2": "unmatched"}
    world.messages.renders.clear()
    world.repair()
    assert world.messages.renders == [EDITION], "complete by its records, and not marked so"


def test_a_conflict_leaves_the_paper_to_who_works_on_it(monkeypatch: pytest.MonkeyPatch) -> None:
    world = World()
    world.add(refused(1, lasting=False), refused(2, lasting=False))
    save = world.store.save

    def contested(found: Record) -> Record:
        if found.paper.arxiv_id == "2606.00001":
            raise ConflictError("somebody was first")
        return save(found)

    monkeypatch.setattr(world.store, "save", contested)
    world.clock.advance(3600)
    assert world.repair().sent == 1
    assert [key.arxiv_id for key in world.messages.translate] == ["2606.00002"]


def test_the_share_that_failed_is_of_the_newest_edition_and_told_at_every_run() -> None:
    world = World()
    failed = classification_failed(record(1), "HTTP 503", NOW)
    older = replace(failed, edition="2026-06-17")
    world.add(older, failed, record(2, State.UNMATCHED, matches=()))
    world.repair()
    world.repair()
    assert world.shares == [(EDITION, 50)] * 2


# --- giving up -------------------------------------------------------------------------------


def test_a_paper_that_crashes_its_function_is_given_up_and_told_and_brought_back() -> None:
    world = World()
    first, second = record(1), waiting(2)
    world.add(first, second, record(3, State.UNMATCHED, matches=()))
    assert world.give_up([first.key, second.key, record(3).key]) == {}
    assert world.states() == {"1": "failed", "2": "untranslated", "3": "unmatched"}
    assert [r.reason for r in world.store.records(EDITION)][:2] == [CRASHED, CRASHED]
    assert world.messages.renders == [EDITION]
    assert world.repair().given_up == 0, "it is tried again by itself"

    world.classifier.outcomes = {"2606.00001": (match(),)}
    world.classify([first.key])  # redriven
    world.translate([second.key])
    world.deliver()
    assert world.states() == {"1": "published", "2": "published", "3": "unmatched"}


def test_a_paper_that_always_crashes_stops_being_tried_and_is_told_to_the_operator() -> None:
    world = World()
    world.add(record(1))
    world.give_up([record(1).key])
    sent = []
    for hour in range(1, 24 * 7):
        world.clock.advance(3600)
        if world.repair().sent:
            sent.append(hour)
            keys, world.messages.classify = world.messages.classify, []
            world.give_up(keys)
    assert sent == [6, 54]
    assert world.reports[-1] == (0, 1)
    assert world.states() == {"1": "failed"}


def test_papers_that_crashed_together_are_tried_apart_and_others_together() -> None:
    world = World()
    world.add(record(1), waiting(2), refused(3))
    world.give_up([record(1).key, waiting(2).key])
    world.clock.advance(6 * 3600)
    assert world.repair().sent == 3
    assert [key.arxiv_id[-1] for key in world.messages.apart] == ["1", "2"]
    assert [key.arxiv_id[-1] for key in world.messages.translate] == ["3", "2"]


def test_a_paper_without_an_abstract_is_told_once_its_feed_is_gone() -> None:
    world = World()
    lacking = record(1, State.FAILED, paper=paper(1, abstract=""), reason="no abstract")
    world.add(lacking)
    assert world.repair().given_up == 0, "fetch may complete it yet"
    world.add(replace(record(2, State.UNMATCHED, matches=()), edition="2026-06-19"))
    assert world.repair().given_up == 1


def test_what_cannot_be_recorded_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    world = World()
    world.add(record(1))

    def failing(_record: Record) -> Record:
        raise TransientError("the table is away")

    monkeypatch.setattr(world.store, "save", failing)
    assert str(world.give_up([record(1).key])[record(1).key]) == "the table is away"


def test_nothing_is_due_without_a_date() -> None:
    assert next_try(record(1, changed=None)) is None
    assert next_try(record(1)) == datetime(2026, 6, 18, 6, 10, tzinfo=UTC)
