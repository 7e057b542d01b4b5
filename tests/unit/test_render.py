"""The render use case, on fakes and a builder that shows what it was given."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace

import pytest
from arxivdaily.domain.channels import Catalogue
from arxivdaily.domain.editions import Edition
from arxivdaily.domain.records import NextVersion, PastVersion, Record, State, listed_counts, revisions
from arxivdaily.errors import TransientError
from arxivdaily.ports import SiteObject
from arxivdaily.site.state import Phase, SiteState
from arxivdaily.use_cases.render import RenderEdition
from fakes import (
    EDITION,
    NOW,
    Clock,
    MemoryPaperStore,
    MemorySite,
    RecordingEdge,
    RecordingEvents,
    RecordingMessages,
    match,
    record,
    translation,
)


def page(path: str, text: str) -> SiteObject:
    return SiteObject(path, text.encode(), "text/plain", "no-store")


class World:
    def __init__(self) -> None:
        self.store = MemoryPaperStore()
        self.messages = RecordingMessages()
        self.site = MemorySite()
        self.events = RecordingEvents()
        self.edge = RecordingEdge()
        self.states: list[SiteState] = []
        self.reports: list[tuple[str, int]] = []
        self.render = RenderEdition(
            self.store,
            self.messages,
            self.site,
            self.events,
            Clock(),
            Catalogue((), "1"),
            site_url="https://daily.example.org",
            build=self.build,
            edge=self.edge,
            report=self.report,
        )
        self.store.create_edition(Edition(EDITION, NOW))

    def report(self, edition: str, records: Sequence[Record]) -> None:
        self.reports.append((edition, len(records)))

    def build(self, state: SiteState) -> Sequence[Phase]:
        self.states.append(state)
        text = ",".join(f"{r.paper.arxiv_id}:{r.state}" for r in state.records)
        return (
            Phase("site", (page("assets/a.css", "css"),)),
            Phase(state.edition.date, (page("one", text), page("two", "same"))),
            Phase("site", (page("index", text),)),
        )


def test_assets_go_up_before_pages_and_pages_before_indexes() -> None:
    world = World()
    world.store.add_records([record(1)])
    result = world.render(EDITION)
    assert (result.objects, result.uploaded, result.complete) == (4, 4, False)
    assert world.site.uploads == ["assets/a.css", "one", "two", "index"]


def test_only_the_newest_edition_tells_how_it_does() -> None:
    """What is rendered again of an earlier day does not speak for today."""
    world = World()
    world.store.add_records([record(1)])
    world.render(EDITION)
    world.render(EDITION)
    world.store.create_edition(Edition("2026-06-19", NOW))
    world.render(EDITION)
    world.render("2026-06-19")
    assert world.reports == [(EDITION, 1), (EDITION, 1), ("2026-06-19", 0)]


def test_a_publication_that_fails_tells_nothing() -> None:
    world = World()
    world.site.failing = {"one"}
    with pytest.raises(TransientError):
        world.render(EDITION)
    assert world.reports == []


def test_the_result_names_the_papers_whose_page_was_uploaded() -> None:
    world = World()
    world.store.add_records([record(1), record(2)])
    pages = {r.paper.arxiv_id: "first" for r in world.store.records(EDITION)}

    def build(state: SiteState) -> Sequence[Phase]:
        found = [page(f"papers/{arxiv_id}/index.html", text) for arxiv_id, text in pages.items()]
        return (Phase(state.edition.date, tuple(found)),)

    world.render._build = build
    one, two = (r.key for r in world.store.records(EDITION))
    assert world.render(EDITION).papers == (one, two)
    pages[two.arxiv_id] = "second"
    assert world.render(EDITION).papers == (two,)


@pytest.mark.parametrize(("own", "newer"), [(False, False), (True, False), (False, True)])
def test_a_superseded_paper_s_page_is_left_alone_once_it_is_there(own: bool, newer: bool) -> None:
    """Found by the chaos suite: the older version was classified last, and nothing had made its page."""
    world = World()
    old = record(1, State.UNTRANSLATED, matches=(match(),))
    world.store.add_records([replace(old, superseded=NextVersion("2026-06-19", 2, withdrawn=False))])
    path = f"papers/{old.paper.arxiv_id}/index.html"
    for scope, is_there in ((EDITION, own), ("2026-06-19", newer)):
        if is_there:
            world.site.publish(scope, [page(path, scope)])
    world.render(EDITION)
    assert world.states[-1].handed_on == ({old.paper.arxiv_id} if own or newer else set())
    world.render(EDITION, anew=True)  # its own may be gone
    assert world.states[-1].handed_on == ({old.paper.arxiv_id} if newer else set())


def test_only_changed_objects_are_uploaded() -> None:
    world = World()
    world.store.add_records([record(1)])
    world.render(EDITION)
    world.site.uploads.clear()
    assert world.render(EDITION).uploaded == 0
    world.store.add_records([record(2)])
    world.render(EDITION)
    assert world.site.uploads == ["one", "index"]


def test_a_failed_upload_stops_before_the_indexes_and_the_next_run_finishes() -> None:
    world = World()
    world.store.add_records([record(1)])
    world.site.failing = {"one"}
    with pytest.raises(TransientError):
        world.render(EDITION)
    assert "index" not in world.site.objects
    world.site.failing = set()
    world.site.uploads.clear()
    world.render(EDITION)
    assert world.site.uploads == ["one", "index"]


def test_an_edition_completes_once_when_nothing_is_pending() -> None:
    world = World()
    world.store.add_records([record(1)])
    world.render(EDITION)
    assert not world.events.published
    world.store.save(replace(record(1), state=State.UNMATCHED, matches=()))
    assert world.render(EDITION).complete
    world.render(EDITION)
    assert world.events.published == [(EDITION, {"unmatched": 1})]
    stored = world.store.edition(EDITION)
    assert stored is not None
    assert stored.is_complete


def test_an_edition_whose_papers_all_failed_is_not_announced_until_they_come_through() -> None:
    world = World()
    numbers = range(1, 6)
    world.store.add_records([record(number, State.FAILED, reason="no such model") for number in numbers])
    assert not world.render(EDITION).complete
    stored = world.store.edition(EDITION)
    assert stored is not None
    assert not stored.is_complete
    assert not world.states[-1].edition.is_complete
    assert not world.events.published
    for number in numbers:
        mended = replace(record(number), state=State.UNMATCHED if number > 1 else State.FAILED, matches=())
        world.store.save(mended)
    assert world.render(EDITION).complete, "one of five may have failed"
    world.render(EDITION)
    assert world.events.published == [(EDITION, {"failed": 1, "unmatched": 4})]


def test_what_a_complete_edition_replaced_is_refreshed_once() -> None:
    world = World()
    world.store.add_records([record(1)])
    world.render(EDITION)
    world.store.add_records([record(2)])
    world.render(EDITION)
    assert not world.edge.refreshed, "while papers come, copies expire by themselves"
    for number in (1, 2):
        world.store.save(replace(record(number), state=State.UNMATCHED, matches=()))
    world.render(EDITION)
    world.render(EDITION)
    assert world.edge.refreshed == [["index", "one"]]  # not the asset, nor the page that is the same


def test_new_objects_have_no_old_copies() -> None:
    world = World()
    world.store.add_records([replace(record(1), state=State.UNMATCHED, matches=())])
    assert world.render(EDITION).complete
    assert not world.edge.refreshed


def test_copies_are_refreshed_before_anybody_is_told() -> None:
    world = World()
    world.store.add_records([record(1)])
    world.render(EDITION)
    world.store.save(replace(record(1), state=State.UNMATCHED, matches=()))
    told: list[bool] = []
    announce = world.events.edition_published

    def noting(edition: str, counts: Mapping[str, int]) -> None:
        told.append(bool(world.edge.refreshed))
        announce(edition, counts)

    world.events.edition_published = noting  # type: ignore[method-assign]
    world.render(EDITION)
    assert told == [True]


def test_a_complete_edition_with_pending_papers_is_reopened() -> None:
    world = World()
    world.store.complete_edition(EDITION, NOW)
    world.store.add_records([record(1)])
    assert not world.render(EDITION).complete
    stored = world.store.edition(EDITION)
    assert stored is not None
    assert not stored.is_complete
    assert not world.states[-1].edition.is_complete


def test_counts_are_derived_from_the_records() -> None:
    world = World()
    shown = (match("a"), match("b"))
    world.store.add_records([record(1, State.PUBLISHED, matches=shown, translation=translation()), record(2)])
    world.render(EDITION)
    stored = world.store.edition(EDITION)
    assert stored is not None
    assert stored.channel_counts == {"a": 1, "b": 1}


def test_the_newest_edition_sees_its_feed_window_and_an_older_one_its_neighbours() -> None:
    world = World()
    for date in ("2026-06-15", "2026-06-16", "2026-06-17", "2025-12-31"):
        world.store.create_edition(Edition(date, NOW, rendered=0))
    world.render(EDITION)
    newest = world.states[-1]
    assert newest.following is None
    assert newest.previous is not None
    assert newest.previous.date == "2026-06-17"
    assert [e.date for e, _ in newest.recent] == [EDITION, "2026-06-17", "2026-06-16"]
    assert [e.date for e in newest.year] == ["2026-06-15", "2026-06-16", "2026-06-17", EDITION]
    assert newest.first.date == "2025-12-31"
    world.render("2026-06-16")
    older = world.states[-1]
    assert older.following is not None
    assert older.following.date == "2026-06-17"
    assert older.recent == ()


def test_nothing_leads_to_an_edition_before_it_is_published() -> None:
    """Its neighbours are rendered again when it has been."""
    world = World()
    world.store.create_edition(Edition("2026-06-17", NOW, rendered=0))
    world.store.create_edition(Edition("2026-06-19", NOW))
    world.store.create_edition(Edition("2026-06-16", NOW))
    world.store.note_rendered(EDITION, 0)
    world.render("2026-06-17")
    world.render(EDITION)
    state = world.states[-1]
    assert (state.following, state.is_newest, state.recent) == (None, False, ())
    assert [e.date for e in state.year] == ["2026-06-17", EDITION]
    assert world.messages.renders == []
    world.render("2026-06-19")
    assert world.states[-1].previous == Edition(EDITION, NOW, NOW, rendered=0)
    assert [e.date for e, _ in world.states[-1].recent] == ["2026-06-19", EDITION, "2026-06-17"]
    assert world.messages.renders == [EDITION]
    world.render("2026-06-19")
    assert world.messages.renders == [EDITION]
    world.render(EDITION)
    following = world.states[-1].following
    assert following is not None
    assert following.date == "2026-06-19"


def test_of_two_renderers_at_once_one_publishes_and_the_other_comes_back() -> None:
    world = World()
    world.store.add_records([record(1)])
    whole = world.render._build
    refused = []

    def build(state: SiteState) -> Sequence[Phase]:
        world.render._new_id = lambda: "two"
        with pytest.raises(TransientError, match="another renderer"):
            world.render(EDITION)
        refused.append(state)
        return whole(state)

    world.render._build = build
    world.render(EDITION)
    assert len(refused) == 1
    world.render._build = whole
    assert world.render(EDITION).uploaded == 0


def test_a_renderer_that_failed_leaves_the_way_free() -> None:
    world = World()
    world.site.failing = {"one"}
    with pytest.raises(TransientError):
        world.render(EDITION)
    world.site.failing = set()
    world.render._new_id = lambda: "two"
    assert world.render(EDITION).uploaded == 2


def test_an_unknown_edition_is_nothing_to_do() -> None:
    world = World()
    assert world.render("2026-06-19").objects == 0
    assert not world.states


def test_what_was_published_is_noted_so_that_a_lost_request_shows() -> None:
    world = World()
    world.store.add_records([record(1)])
    world.store.save(world.store.records(EDITION)[0])
    world.render(EDITION)
    stored = world.store.edition(EDITION)
    assert stored is not None
    assert stored.rendered == 2, "written twice"


def test_a_complete_edition_has_the_earlier_ones_tell_of_its_updates_once() -> None:
    world = World()
    past = PastVersion("2026-06-15", 1, "T", "A", None, NOW)
    world.store.create_edition(Edition("2026-06-15", NOW, rendered=0))
    update = record(1, State.PENDING, matches=(match(),), history=(past,))
    world.store.add_records([update, record(2, State.UNMATCHED, matches=())])
    world.render(EDITION)
    world.messages.renders.clear()  # the neighbour of a first publication
    stored = world.store.records(EDITION)[0]
    world.store.save(replace(stored, state=State.PUBLISHED, translation=translation()))
    world.render(EDITION)
    world.render(EDITION)
    assert world.messages.renders == ["2026-06-15"]


def test_updates_are_not_counted_among_a_channels_papers() -> None:
    past = PastVersion("2026-06-15", 1, "T", "A", None, NOW)
    update = record(1, State.REVISION, matches=(match(),), history=(past,))
    assert listed_counts([update, record(2, matches=(match(),))]) == {"image-generation": 1}


def test_everything_goes_up_anew_when_the_bucket_lost_it() -> None:
    world = World()
    world.store.add_records([record(1)])
    world.render(EDITION)
    world.site.uploads.clear()
    assert world.render(EDITION, anew=True).uploaded == 4
    assert world.site.uploads == ["assets/a.css", "one", "two", "index"]
    assert world.render(EDITION).uploaded == 0


def test_a_neighbour_whose_request_is_lost_is_still_to_be_published() -> None:
    """Found by seed 27 of the chaos suite: the message died, and nothing in the store spoke of it."""
    world = World()
    world.store.create_edition(Edition("2026-06-17", NOW, NOW, rendered=0))
    world.render(EDITION)
    neighbour = world.store.edition("2026-06-17")
    assert neighbour is not None
    assert neighbour.rendered != revisions(world.store.records("2026-06-17"))
    world.render("2026-06-17")
    assert world.store.edition("2026-06-17") == replace(neighbour, rendered=0)


def test_feeds_follow_even_if_the_first_request_for_it_failed(monkeypatch: pytest.MonkeyPatch) -> None:
    world = World()
    world.store.create_edition(Edition("2026-06-19", NOW, rendered=0))
    world.store.add_records([record(1)])
    send = world.messages.render

    def broken(date: str, *, anew: bool = False) -> None:
        raise TransientError("cannot queue")

    monkeypatch.setattr(world.messages, "render", broken)
    with pytest.raises(TransientError):
        world.render(EDITION)
    monkeypatch.setattr(world.messages, "render", send)
    assert world.render(EDITION).uploaded == 0, "the message comes back: its pages are there"
    assert "2026-06-19" in world.messages.renders


def test_what_is_being_replaced_has_no_hash_until_it_is_there() -> None:
    """A run that is cut short after uploads, and state that is as it was before: A, B, A."""
    world = World()
    world.store.add_records([record(1)])
    world.render(EDITION)
    first = world.site.objects["one"]
    stored = world.store.records(EDITION)[0]
    world.store.save(replace(stored, state=State.FAILED))
    noting = world.site.publish

    def cut_short(scope: str, objects: Sequence[SiteObject], replacing: Collection[str] = ()) -> None:
        noted = dict(world.site.hashes.get(scope, {}))
        noting(scope, objects, replacing)
        world.site.hashes[scope] = noted | dict.fromkeys(replacing, "")
        raise TransientError("killed")

    world.site.publish = cut_short  # type: ignore[method-assign]
    with pytest.raises(TransientError):
        world.render(EDITION)
    world.site.publish = noting  # type: ignore[method-assign]
    assert world.site.objects["one"] != first
    world.store.save(replace(world.store.records(EDITION)[0], state=stored.state))
    world.render(EDITION)
    assert world.site.objects["one"] == first


def test_feeds_follow_what_is_published_late_in_one_of_their_earlier_editions() -> None:
    """Channels' feeds hold three editions and are written with the newest."""
    world = World()
    world.store.add_records([record(1)])
    days = ["2026-06-15", "2026-06-16", "2026-06-17", EDITION]
    for day in days[:3]:
        world.store.create_edition(Edition(day, NOW, rendered=0))
    world.store.note_rendered(EDITION, 0)
    for day in days:
        world.render(day)
    assert world.messages.renders == [EDITION, EDITION], "of the two before it, not of the third"
    for day in days:
        world.render(day)
    assert world.messages.renders == [EDITION, EDITION], (
        "where nothing was uploaded there is nothing to follow"
    )


def test_an_edition_whose_making_was_cut_short_is_not_published() -> None:
    """Fetch died before it had recorded anything, or everything."""
    world = World()
    world.store.create_edition(Edition("2026-06-19", NOW, filled=False))
    for anew in (False, True):
        result = world.render("2026-06-19", anew=anew)
        assert (result.uploaded, result.complete) == (0, False)
    cut_short = world.store.edition("2026-06-19")
    assert cut_short == Edition("2026-06-19", NOW, filled=False)
    assert (world.site.uploads, world.events.published) == ([], [])
    world.store.note_filled("2026-06-19", ())
    assert world.render("2026-06-19").complete, "a day without papers of our categories"
