"""The enrich use case, on fakes."""

from __future__ import annotations

from datetime import timedelta

from arxivdaily.domain.affiliations import AuthorBlock, Institution, Source
from arxivdaily.domain.editions import Edition
from arxivdaily.domain.records import Record, State
from arxivdaily.errors import PermanentError, ThrottledError, TransientError
from arxivdaily.ports import Lookup
from arxivdaily.use_cases.enrich import MOST_FAILURES, PAUSE, EnrichPapers
from fakes import (
    EDITION,
    NOW,
    Clock,
    MemoryPaperStore,
    RecordingMessages,
    ScriptedPages,
    match,
    paper,
    record,
)

BLOCK = AuthorBlock((Institution("Kettle University", "Kettle University, Teatown"),), ((0,), (0,)))


class World:
    def __init__(self, *records: Record) -> None:
        self.store = MemoryPaperStore()
        self.store.create_edition(Edition(EDITION, NOW))
        self.store.add_records(records)
        self.messages = RecordingMessages()
        self.pages = ScriptedPages()
        self.clock = Clock()
        self.enrich = EnrichPapers(self.store, self.messages, self.pages, self.clock)

    def lookups(self, *, again: bool = False) -> list[Lookup]:
        return [Lookup(r.key, again) for r in self.store.records(EDITION)]

    def record(self, number: int = 1) -> Record:
        return next(r for r in self.store.records(EDITION) if r.paper.arxiv_id.endswith(f"{number}"))


def shown(number: int, **changes: object) -> Record:
    return record(number, State.UNTRANSLATED, matches=(match(),), **changes)


def test_arxiv_that_takes_no_more_requests_is_no_attempt_at_anything() -> None:
    world = World(shown(1), shown(2))
    world.pages.blocks["2606.00001"] = ThrottledError("HTTP 429", retry_after=70)
    errors = world.enrich(world.lookups())
    assert len(errors) == 2
    assert not any(error.is_attempt for error in errors.values())
    assert world.pages.asked == ["2606.00001"], "and nothing more is asked"


def test_what_the_page_says_is_stored_and_published() -> None:
    world = World(shown(1))
    world.pages.blocks["2606.00001"] = BLOCK
    world.clock.advance(60)
    assert world.enrich(world.lookups()) == {}
    found = world.record().affiliations
    assert found is not None
    assert (found.block, found.source, found.retrieved, found.problem) == (
        BLOCK, Source.HTML, world.clock.now, "",
    )  # fmt: skip
    assert world.record().changed == world.clock.now
    assert world.messages.renders == [EDITION]


def test_a_page_is_read_once() -> None:
    world = World(shown(1))
    world.pages.blocks["2606.00001"] = BLOCK
    world.enrich(world.lookups())
    assert world.enrich(world.lookups(again=True)) == {}
    assert world.pages.asked == ["2606.00001"]


def test_without_a_page_the_api_is_believed_and_else_nothing_is() -> None:
    stated = (("Department of Tea, Kettle University",), ())
    world = World(shown(1, paper=paper(1, stated_affiliations=stated)), shown(2))
    world.enrich(world.lookups())
    by_api, unknown = world.record(1).affiliations, world.record(2).affiliations
    assert by_api is not None
    assert unknown is not None
    assert (by_api.source, by_api.problem) == (Source.API, "HTTP 404")
    assert [place.name for place in by_api.block.institutions] == ["Kettle University"]
    assert by_api.block.of_authors == ((0,), ())
    assert (unknown.source, unknown.block) == (Source.NONE, AuthorBlock())


def test_a_page_without_affiliations_is_not_asked_again() -> None:
    world = World(shown(1))
    world.pages.blocks["2606.00001"] = AuthorBlock((), ((), ()))
    world.enrich(world.lookups())
    world.clock.advance(7 * 24 * 3600)
    world.enrich(world.lookups(again=True))
    assert len(world.pages.asked) == 1


def test_a_missing_page_is_looked_for_again_with_growing_gaps_and_then_no_more() -> None:
    world = World(shown(1))
    tried_at = []
    for _hour in range(24 * 14):
        before = len(world.pages.asked)
        world.enrich(world.lookups())
        if len(world.pages.asked) > before:
            tried_at.append(world.clock.now - NOW)
        world.clock.advance(3600)
    hours = [int(at / timedelta(hours=1)) for at in tried_at]
    assert hours == [0, 1, 7, 19, 39]


def test_a_page_that_comes_later_is_found() -> None:
    world = World(shown(1))
    world.enrich(world.lookups())
    world.pages.blocks["2606.00001"] = BLOCK
    world.enrich(world.lookups(again=True))
    found = world.record().affiliations
    assert found is not None
    assert (found.source, found.tries, found.problem) == (Source.HTML, 2, "")


def test_a_look_out_of_turn_that_finds_nothing_leaves_no_trace() -> None:
    world = World(shown(1))
    world.enrich(world.lookups())
    before = world.record()
    world.messages.renders.clear()
    world.clock.advance(10)
    world.enrich(world.lookups(again=True))
    assert len(world.pages.asked) == 2
    assert (world.record(), world.messages.renders) == (before, [])


def test_a_slow_page_is_left_for_later_and_the_others_go_on() -> None:
    world = World(shown(1), shown(2))
    world.pages.blocks = {"2606.00001": TransientError("timed out"), "2606.00002": BLOCK}
    assert world.enrich(world.lookups()) == {}
    first, second = world.record(1).affiliations, world.record(2).affiliations
    assert first is not None
    assert second is not None
    assert (first.problem, second.source) == ("timed out", Source.HTML)


def test_where_arxiv_asks_to_wait_nobody_asks_on() -> None:
    world = World(shown(1), shown(2), shown(3))
    busy = TransientError("HTTP 429", retry_after=30)
    world.pages.blocks = {"2606.00001": BLOCK, "2606.00002": busy, "2606.00003": BLOCK}
    first, second, third = world.lookups()
    errors = world.enrich([first, second, third])
    assert errors == {second: busy, third: busy}
    assert world.pages.asked == ["2606.00001", "2606.00002"]
    assert world.enrich([second], last_attempt=[second]) == {}
    found = world.record(2).affiliations
    assert found is not None
    assert found.problem == "HTTP 429"


def test_pages_that_fail_one_after_the_other_are_left_in_peace() -> None:
    world = World(*(shown(n) for n in range(1, 7)))
    world.pages.blocks = {f"2606.0000{n}": TransientError("timed out") for n in range(1, 7)}
    lookups = world.lookups()
    errors = world.enrich(lookups)
    assert len(world.pages.asked) == MOST_FAILURES
    assert list(errors) == lookups[MOST_FAILURES:]
    assert {getattr(error, "retry_after", None) for error in errors.values()} == {PAUSE}


def test_they_are_also_where_the_pages_are_looked_for_again() -> None:
    world = World(*(shown(n) for n in range(1, 7)))
    world.enrich(world.lookups())  # no pages yet
    before = world.store.records(EDITION)
    world.pages.asked.clear()
    world.pages.blocks = {f"2606.0000{n}": TransientError("timed out") for n in range(1, 7)}
    world.enrich(world.lookups(again=True))
    assert len(world.pages.asked) == MOST_FAILURES
    assert world.store.records(EDITION) == before


def test_missing_pages_are_no_failure_of_arxiv() -> None:
    world = World(*(shown(n) for n in range(1, 7)))
    assert world.enrich(world.lookups()) == {}
    assert len(world.pages.asked) == 6


def test_what_nobody_had_time_for_does_not_end_in_the_dead_letter_queue() -> None:
    world = World(shown(1), shown(2))
    lookups = world.lookups()
    assert world.enrich(lookups, last_attempt=lookups, time_left=lambda: False) == {}
    assert world.messages.enrich == lookups


def test_a_redelivered_message_asks_for_the_render_that_may_have_been_lost() -> None:
    world = World(shown(1))
    world.pages.blocks["2606.00001"] = BLOCK
    world.enrich(world.lookups())
    world.messages.renders.clear()
    world.enrich(world.lookups())
    assert world.messages.renders == [EDITION]


def test_a_block_of_absurd_length_is_cut_to_what_the_store_takes() -> None:
    places = tuple(Institution(f"Institute {n} {'x' * 900}", "y" * 1500) for n in range(500))
    world = World(shown(1))
    world.pages.blocks["2606.00001"] = AuthorBlock(places, ((0, 499),))
    world.enrich(world.lookups())
    found = world.record().affiliations
    assert found is not None
    assert sum(len(place.name) + len(place.full) for place in found.block.institutions) <= 100_000
    assert found.block.of_authors == ((0,),)


def test_without_time_nothing_is_begun() -> None:
    world = World(shown(1))
    (lookup,) = world.lookups()
    assert isinstance(world.enrich([lookup], time_left=lambda: False)[lookup], TransientError)
    assert (world.pages.asked, world.messages.renders) == ([], [])


def test_a_paper_that_is_not_in_the_ledger_is_an_error_of_its_own() -> None:
    world = World(shown(1))
    stranger = Lookup(shown(9).key)
    errors = world.enrich([stranger, *world.lookups()])
    assert list(errors) == [stranger]
    assert isinstance(errors[stranger], PermanentError)
