"""The fetch use case, on fakes."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from arxivdaily.domain.affiliations import Affiliations, AuthorBlock, Institution, Source
from arxivdaily.domain.editions import Edition
from arxivdaily.domain.papers import AnnounceType
from arxivdaily.domain.records import NextVersion, Record, State, revisions
from arxivdaily.domain.revisions import REPEATED
from arxivdaily.errors import GoneByError, PermanentError, TransientError
from arxivdaily.ports import Feed, FeedEntry, Lookup, PartialMetadataError
from arxivdaily.use_cases.arxiv_feeds import feed_specs
from arxivdaily.use_cases.dispatch import LIMIT_REACHED, NO_TRANSLATOR, Dispatcher
from arxivdaily.use_cases.fetch import FetchEdition, FetchRequest, Outcome
from arxivdaily.use_cases.recording import NOT_PROCESSED, WITHDRAWN
from fakes import (
    EDITION,
    NOW,
    Clock,
    MemoryPaperStore,
    RecordingMessages,
    ScriptedArxiv,
    entry,
    match,
    metadata,
    record,
    translation,
)


def feed(spec: str = "cs", *entries: FeedEntry, edition: str | None = EDITION) -> Feed:
    return Feed(spec, edition if entries else None, entries)


class World:
    """A fetch over two feeds, `cs` and `stat.ML`, with everything around it faked."""

    def __init__(self, *, translates: bool = True, limit: int = 0, revisions: bool = False) -> None:
        self.store = MemoryPaperStore()
        self.messages = RecordingMessages()
        self.arxiv = ScriptedArxiv({"cs": feed("cs"), "stat.ML": feed("stat.ML")})
        self.clock = Clock()
        self.fetch = FetchEdition(
            self.arxiv,
            self.store,
            self.messages,
            Dispatcher(self.store, self.messages, translates=translates, limit=limit),
            self.clock,
            categories=("cs", "stat.ML"),
            process_revisions=revisions,
            translates=translates,
            translate_limit=limit,
        )

    def publish(self) -> None:
        """What a render does to the edition."""
        self.store.complete_edition(EDITION, self.clock())
        self.store.note_rendered(EDITION, revisions(self.store.records(EDITION)))

    def states(self) -> dict[str, str]:
        return {r.paper.arxiv_id: r.state.value for r in self.store.records(EDITION)}


def test_archives_are_asked_for_alone_and_single_categories_together() -> None:
    assert feed_specs(("cs", "stat.ML", "eess.AS", "eess.IV")) == ["cs", "stat.ML+eess.AS+eess.IV"]
    assert feed_specs(("cs", "cs.CV")) == ["cs"]
    assert feed_specs(("cs.CV", "cs.CL")) == ["cs.CV+cs.CL"]


def test_a_new_announcement_becomes_an_edition() -> None:
    world = World()
    world.arxiv.feeds["cs"] = feed("cs", entry(1), entry(2, announce_type=AnnounceType.REPLACE))
    world.arxiv.feeds["stat.ML"] = feed("stat.ML", entry(3, categories=("stat.ML",)))
    world.arxiv.papers = {metadata(n).arxiv_id: metadata(n) for n in (1, 2)}
    result = world.fetch(FetchRequest())
    assert (result.outcome, result.edition, result.announced, result.queued) == ("created", EDITION, 3, 2)
    assert world.states() == {"2606.00001": "pending", "2606.00002": "revision", "2606.00003": "pending"}
    assert [k.arxiv_id for k in world.messages.classify] == ["2606.00001", "2606.00003"]
    assert world.messages.renders == [EDITION]
    first, _, third = world.store.records(EDITION)
    assert (first.paper.comment, first.paper.complete) == ("9 pages", True)
    assert (third.paper.comment, third.paper.complete) == (None, False)


def test_a_paper_in_two_feeds_is_one_paper_with_the_type_of_its_primary_category() -> None:
    world = World()
    categories = ("stat.ML", "cs.LG")
    world.arxiv.feeds["cs"] = feed("cs", entry(1, categories=categories, announce_type=AnnounceType.CROSS))
    world.arxiv.feeds["stat.ML"] = feed("stat.ML", entry(1, categories=categories))
    assert world.fetch(FetchRequest()).announced == 1
    assert world.store.records(EDITION)[0].paper.announce_type is AnnounceType.NEW


def test_running_again_changes_nothing() -> None:
    world = World()
    world.arxiv.feeds["cs"] = feed("cs", entry(1))
    world.arxiv.papers = {metadata(1).arxiv_id: metadata(1)}
    world.fetch(FetchRequest())
    world.publish()
    before = world.store.records(EDITION)
    result = world.fetch(FetchRequest())
    assert (result.outcome, result.queued) == (Outcome.UNCHANGED, 0)
    assert len(world.messages.classify) == 1
    assert world.messages.renders == [EDITION]
    assert world.store.records(EDITION) == before


def test_what_was_missing_is_added_and_queued_alone() -> None:
    world = World()
    world.arxiv.feeds["cs"] = feed("cs", entry(1))
    world.fetch(FetchRequest())
    world.arxiv.feeds["cs"] = feed("cs", entry(1), entry(2))
    assert world.fetch(FetchRequest()).queued == 1
    assert [k.arxiv_id for k in world.messages.classify] == ["2606.00001", "2606.00002"]


def test_a_complete_edition_is_reopened_by_a_late_paper() -> None:
    world = World()
    world.arxiv.feeds["cs"] = feed("cs", entry(1))
    world.fetch(FetchRequest())
    world.store.complete_edition(EDITION, world.clock())
    world.arxiv.feeds["cs"] = feed("cs", entry(1), entry(2))
    world.fetch(FetchRequest())
    edition = world.store.edition(EDITION)
    assert edition is not None
    assert not edition.is_complete


def test_the_previous_edition_is_rendered_again_for_its_link() -> None:
    world = World()
    world.store.create_edition(Edition("2026-06-17", world.clock()))
    world.arxiv.feeds["cs"] = feed("cs", entry(1))
    world.fetch(FetchRequest())
    assert world.messages.renders == ["2026-06-17", EDITION]


def test_a_feed_of_the_last_edition_is_not_yet() -> None:
    world = World()
    world.arxiv.feeds["cs"] = feed("cs", entry(1), edition="2026-06-17")
    world.fetch(FetchRequest())
    assert world.fetch(FetchRequest()).outcome is Outcome.NOT_YET
    asked = world.fetch(FetchRequest(edition=EDITION))
    assert asked.outcome is Outcome.NOT_YET
    assert "2026-06-17" in asked.message
    assert [e.date for e in world.store.editions()] == ["2026-06-17"]


def test_an_empty_feed_on_a_weekend_is_no_edition() -> None:
    world = World()
    world.clock.now = datetime(2026, 6, 20, 12, tzinfo=UTC)
    result = world.fetch(FetchRequest())
    assert (result.outcome, result.edition) == (Outcome.NO_EDITION, None)
    assert result.message.endswith("a weekend")
    assert not world.store.editions()


def test_a_day_to_come_is_said_to_be_one() -> None:
    world = World()
    world.clock.now = datetime(2026, 6, 20, 12, tzinfo=UTC)
    result = world.fetch(FetchRequest(edition="2099-01-01"))
    assert (result.outcome, result.edition) == (Outcome.NO_EDITION, None)
    assert "2099-01-01 lies ahead" in result.message
    assert result.message.isascii()


def test_a_day_to_come_is_said_to_be_one_while_the_feed_shows_another() -> None:
    world = World()
    world.clock.now = datetime(2026, 6, 18, 12, tzinfo=UTC)
    world.arxiv.feeds["cs"] = feed("cs", entry(1))
    result = world.fetch(FetchRequest(edition="2099-01-01"))
    assert result.outcome is Outcome.NOT_YET
    assert result.message.startswith("2099-01-01 lies ahead: the newest day arXiv can show is 2026-06-18")


def test_one_unreadable_feed_does_not_hold_up_the_other() -> None:
    world = World()
    world.arxiv.feeds["cs"] = feed("cs", entry(1))
    world.arxiv.feeds["stat.ML"] = TransientError("stat.ML: the feed ends in the middle")
    result = world.fetch(FetchRequest())
    assert result.problems == ("stat.ML: the feed ends in the middle",)
    world.arxiv.feeds["stat.ML"] = feed("stat.ML", entry(2))
    assert world.fetch(FetchRequest()).problems == ()
    assert len(world.store.records(EDITION)) == 2


def test_no_readable_feed_is_an_error_and_stores_nothing() -> None:
    world = World()
    world.arxiv.feeds = {"cs": TransientError("cs: not XML"), "stat.ML": TransientError("stat.ML: not XML")}
    with pytest.raises(TransientError, match="cs: not XML"):
        world.fetch(FetchRequest())
    assert not world.store.editions()


def test_a_feed_that_lags_behind_is_named() -> None:
    world = World()
    world.arxiv.feeds["cs"] = feed("cs", entry(1))
    world.arxiv.feeds["stat.ML"] = feed("stat.ML", entry(2), edition="2026-06-17")
    result = world.fetch(FetchRequest())
    assert result.announced == 1
    assert "stat.ML: the feed still shows an earlier edition" in result.problems


def test_without_the_api_the_feed_is_enough_and_the_next_run_completes() -> None:
    world = World()
    world.arxiv.feeds["cs"] = feed("cs", entry(1), entry(2))
    world.arxiv.error = PartialMetadataError(TransientError("API 503"), {metadata(1).arxiv_id: metadata(1)})
    assert world.fetch(FetchRequest()).problems == ("API 503",)
    assert [r.paper.complete for r in world.store.records(EDITION)] == [True, False]
    world.arxiv.error = None
    world.arxiv.papers = {metadata(2).arxiv_id: metadata(2)}
    world.arxiv.asked.clear()
    assert world.fetch(FetchRequest()).problems == ()
    assert world.arxiv.asked == ["2606.00002"]
    assert [r.paper.comment for r in world.store.records(EDITION)] == ["9 pages", "9 pages"]


def test_an_entry_without_abstract_is_completed_by_the_api() -> None:
    world = World()
    world.arxiv.feeds["cs"] = feed("cs", entry(1, abstract=""))
    world.arxiv.papers = {metadata(1).arxiv_id: metadata(1)}
    world.fetch(FetchRequest())
    assert world.store.records(EDITION)[0].paper.abstract == metadata(1).abstract


def test_an_entry_without_any_abstract_is_failed_and_repaired_later() -> None:
    world = World()
    world.arxiv.feeds["cs"] = feed("cs", entry(1, abstract=""))
    world.fetch(FetchRequest())
    stored = world.store.records(EDITION)[0]
    assert (stored.state, "no abstract" in stored.reason) == (State.FAILED, True)
    assert not world.messages.classify
    world.arxiv.feeds["cs"] = feed("cs", entry(1))
    world.fetch(FetchRequest(retry=True))
    assert world.states() == {"2606.00001": "pending"}
    assert len(world.messages.classify) == 1


def test_a_newer_version_in_the_api_does_not_replace_the_announced_text() -> None:
    world = World()
    world.arxiv.feeds["cs"] = feed("cs", entry(1))
    newer = metadata(1, version=2, abstract="Rewritten.", comment="v2, 10 pages")
    world.arxiv.papers = {newer.arxiv_id: newer}
    world.fetch(FetchRequest())
    stored = world.store.records(EDITION)[0].paper
    assert (stored.version, stored.abstract, stored.comment) == (1, entry(1).abstract, "v2, 10 pages")


def test_revisions_go_to_the_models_when_the_operator_wants_it() -> None:
    world = World(revisions=True)
    world.arxiv.feeds["cs"] = feed("cs", entry(1, version=2, announce_type=AnnounceType.REPLACE))
    world.fetch(FetchRequest())
    assert world.states() == {"2606.00001": "pending"}


def test_a_retry_sends_on_what_failed_and_what_waits() -> None:
    world = World()
    world.store.create_edition(Edition(EDITION, world.clock()))
    matched = (match(),)
    world.store.add_records(
        [
            record(1),
            record(2, matches=matched),
            record(3, State.FAILED, reason="model away"),
            record(4, State.UNTRANSLATED, matches=matched, reason="gate"),
            record(5, State.PUBLISHED, matches=matched, translation=translation()),
            record(6, State.UNMATCHED, matches=()),
        ]
    )
    result = world.fetch(FetchRequest(EDITION, retry=True))
    assert result.queued == 4
    assert [k.arxiv_id[-1] for k in world.messages.classify] == ["1", "3"]
    assert [k.arxiv_id[-1] for k in world.messages.translate] == ["2", "4"]


def test_a_retry_without_a_translator_leaves_english_as_it_is() -> None:
    world = World(translates=False)
    world.store.create_edition(Edition(EDITION, world.clock()))
    world.store.add_records(
        [
            record(1, State.UNTRANSLATED, matches=(match(),), reason=NO_TRANSLATOR),
            record(2, matches=(match(),)),
        ]
    )
    world.fetch(FetchRequest(EDITION, retry=True))
    assert set(world.states().values()) == {"untranslated"}
    assert not world.messages.translate
    assert world.fetch(FetchRequest(EDITION, retry=True)).outcome is Outcome.UNCHANGED


def test_a_retry_takes_no_more_than_the_limit_leaves() -> None:
    world = World(limit=2)
    world.store.create_edition(Edition(EDITION, world.clock()))
    world.store.add_records(
        [
            record(1, State.PUBLISHED, matches=(match(),), translation=translation()),
            *(
                record(n, State.UNTRANSLATED, matches=(match(score=50 + n),), reason="limit: 1")
                for n in range(2, 6)
            ),
        ]
    )
    world.fetch(FetchRequest(EDITION, retry=True))
    assert [k.arxiv_id[-1] for k in world.messages.translate] == ["5"]


def test_an_edition_that_arxiv_no_longer_shows_must_be_stored() -> None:
    world = World()
    world.arxiv.feeds["cs"] = feed("cs", entry(1))
    with pytest.raises(GoneByError, match="2026-06-11 was never fetched"):
        world.fetch(FetchRequest("2026-06-11"))
    world.store.create_edition(Edition("2026-06-11", world.clock()))
    world.store.add_records([replace(record(7), edition="2026-06-11")])
    assert world.fetch(FetchRequest("2026-06-11", retry=True)).queued == 1


@pytest.mark.parametrize(
    ("now", "made", "expected"),
    [
        ("2026-06-20T16:00", "2026-06-20", "2026-06-19"),  # Saturday
        ("2026-06-20T16:00", None, "2026-06-19"),
        ("2026-11-30T16:00", "2026-06-21", "2026-06-19"),  # the feed knows its day better than a clock
        ("2026-06-23T16:00", "2026-06-22", "2026-06-19"),  # a holiday's
        ("2026-06-18T16:00", "2027-01-01", "2026-06-18"),  # but no later one is believed
    ],
)
def test_empty_feeds_tell_which_edition_was_the_newest(now: str, made: str | None, expected: str) -> None:
    world = World()
    world.clock.now = datetime.fromisoformat(now).replace(tzinfo=UTC)
    world.arxiv.feeds["cs"] = Feed("cs", None, (), made=made)
    result = world.fetch(FetchRequest())
    assert (result.outcome, result.edition, result.expected) == (Outcome.NO_EDITION, None, expected)


def test_empty_feeds_do_not_show_a_day_that_has_gone_by() -> None:
    world = World()
    world.clock.now = datetime(2026, 6, 20, 16, tzinfo=UTC)
    world.arxiv.feeds["cs"] = Feed("cs", None, (), made="2026-06-20")
    with pytest.raises(GoneByError, match="2026-06-19 was never fetched"):
        world.fetch(FetchRequest("2026-06-19"))
    for never in ("2026-06-20", "2026-06-13", "2026-06-22"):  # weekends, and a day that is yet to come
        assert world.fetch(FetchRequest(never)).outcome is Outcome.NO_EDITION


@pytest.mark.parametrize("text", ["yesterday", "2026-6-1", "2026-02-30", "20260618"])
def test_a_date_must_be_a_date(text: str) -> None:
    with pytest.raises(PermanentError, match="edition"):
        World().fetch(FetchRequest(text))


def test_an_incomplete_edition_is_rendered_again_though_nothing_is_left_to_do() -> None:
    """Everything may have been killed between the last paper's write and the last render."""
    world = World()
    world.store.create_edition(Edition("2026-06-17", world.clock()))
    world.store.create_edition(Edition(EDITION, world.clock()))
    world.store.add_records([record(1, State.UNMATCHED, matches=())])
    world.fetch(FetchRequest(EDITION, retry=True))
    assert world.messages.renders == ["2026-06-17", EDITION]
    world.publish()
    world.fetch(FetchRequest())
    assert len(world.messages.renders) == 2


def test_a_retry_renders_what_is_complete_since_names_or_templates_may_have_changed() -> None:
    world = World()
    world.arxiv.feeds["cs"] = feed("cs", entry(1))
    world.store.create_edition(Edition(EDITION, world.clock()))
    world.store.add_records([record(1, State.UNMATCHED, matches=())])
    world.publish()
    world.fetch(FetchRequest(EDITION, retry=True))
    assert world.messages.renders == [EDITION]


def test_with_a_limit_the_ledger_says_that_it_is_the_limit() -> None:
    world = World(limit=1)
    world.store.create_edition(Edition(EDITION, world.clock()))
    world.store.add_records(
        [record(n, State.UNTRANSLATED, matches=(match(score=50 + n),), reason=NO_TRANSLATOR) for n in (1, 2)]
    )
    world.fetch(FetchRequest(EDITION, retry=True))
    assert [r.reason for r in world.store.records(EDITION)] == [LIMIT_REACHED.format(limit=1), ""]


def test_a_page_that_is_out_of_date_is_rendered_again_though_its_request_was_lost() -> None:
    world = World()
    world.store.create_edition(Edition(EDITION, world.clock()))
    world.store.add_records([record(1, State.UNMATCHED, matches=())])
    world.publish()
    world.store.save(world.store.records(EDITION)[0])
    world.fetch(FetchRequest(EDITION, retry=True))
    assert world.messages.renders == [EDITION]
    edition = world.store.edition(EDITION)
    assert edition is not None
    assert edition.is_complete, "what is complete is not announced a second time"


# --- replacements of papers that earlier editions showed ------------------------------------

BEFORE = "2026-06-17"
REPLACED = entry(1, version=2, announce_type=AnnounceType.REPLACE)


def world_with_a_published_paper(**changes: object) -> World:
    world = World(**changes)  # type: ignore[arg-type]
    world.store.create_edition(Edition(BEFORE, world.clock() - timedelta(days=1)))
    world.store.add_records(
        [record(1, State.PUBLISHED, edition=BEFORE, matches=(match(),), translation=translation())]
    )
    return world


def announce(world: World, replaced: FeedEntry, comment: str | None = "9 pages") -> Record:
    world.arxiv.feeds["cs"] = feed("cs", replaced)
    world.arxiv.papers = {
        replaced.arxiv_id: metadata(
            1, version=replaced.version, title=replaced.title, abstract=replaced.abstract, comment=comment
        )
    }
    world.fetch(FetchRequest())
    return world.store.records(EDITION)[0]


def test_a_replacement_with_the_same_text_is_shown_and_costs_nothing() -> None:
    world = world_with_a_published_paper()
    update = announce(world, REPLACED, "Accepted to CVPR 2026")
    assert (update.state, update.is_update, update.translation) == (State.REVISION, True, translation())
    assert (world.messages.classify, world.messages.translate) == ([], [])
    old = world.store.records(BEFORE)[0]
    assert old.superseded == NextVersion(EDITION, 2, withdrawn=False)


def test_a_replacement_with_another_abstract_is_translated_and_not_classified() -> None:
    world = world_with_a_published_paper()
    update = announce(world, replace(REPLACED, abstract="We study other things."))
    assert (update.state, update.matches) == (State.PENDING, (match(),))
    assert (world.messages.classify, world.messages.translate) == ([], [update.key])
    assert [lookup.key for lookup in world.messages.enrich] == [update.key]


def test_a_withdrawal_marks_the_record_of_the_earlier_edition() -> None:
    world = world_with_a_published_paper()
    announce(world, REPLACED, "This paper has been withdrawn by the authors")
    old = world.store.records(BEFORE)[0]
    assert old.superseded == NextVersion(EDITION, 2, withdrawn=True)
    assert old.state is State.PUBLISHED


def test_a_replacement_of_an_unmatched_paper_is_recorded_only() -> None:
    world = World()
    world.store.create_edition(Edition(BEFORE, world.clock()))
    world.store.add_records([record(1, State.UNMATCHED, edition=BEFORE, matches=())])
    update = announce(world, REPLACED)
    assert (update.state, update.reason, update.is_shown) == (State.REVISION, NOT_PROCESSED, False)
    assert world.store.records(BEFORE)[0].superseded is None


def test_a_withdrawal_of_an_unknown_paper_goes_to_no_model_whatever_the_operator_asks() -> None:
    world = World(revisions=True)
    update = announce(world, REPLACED, "This paper has been withdrawn by the authors")
    assert (update.state, update.reason) == (State.REVISION, WITHDRAWN)
    assert world.messages.classify == []


@pytest.mark.parametrize("announce_type", [AnnounceType.NEW, AnnounceType.CROSS, AnnounceType.REPLACE])
def test_a_withdrawal_in_the_abstract_alone_goes_to_no_model(announce_type: AnnounceType) -> None:
    world = World(revisions=True)
    gone = replace(
        REPLACED, announce_type=announce_type, abstract="This paper has been withdrawn by its authors."
    )
    update = announce(world, gone)
    assert (update.state, update.reason) == (State.REVISION, WITHDRAWN)
    assert world.messages.classify == []


def test_a_withdrawal_that_arxiv_marks_and_no_text_tells_goes_to_no_model() -> None:
    world = World(revisions=True)
    world.arxiv.feeds["cs"] = feed("cs", REPLACED)
    world.arxiv.papers = {
        "2606.00001": replace(metadata(1, version=2, comment="A major error in Lemma 3"), withdrawn=True)
    }
    world.fetch(FetchRequest())
    update = world.store.records(EDITION)[0]
    assert (update.state, update.reason, update.paper.withdrawn) == (State.REVISION, WITHDRAWN, True)
    assert world.messages.classify == []


def test_a_withdrawal_that_only_a_later_answer_tells_is_taken_from_the_queue() -> None:
    world = World(revisions=True)
    world.arxiv.feeds["cs"] = feed("cs", REPLACED)
    world.fetch(FetchRequest())
    assert world.store.records(EDITION)[0].state is State.PENDING
    world.arxiv.papers = {"2606.00001": metadata(1, version=2, comment="Withdrawn by the author")}
    world.fetch(FetchRequest())
    update = world.store.records(EDITION)[0]
    assert (update.state, update.reason) == (State.REVISION, WITHDRAWN)


def test_a_withdrawal_marks_an_earlier_version_that_is_on_its_way() -> None:
    world = World()
    world.store.create_edition(Edition(BEFORE, world.clock()))
    world.store.add_records([record(1, State.PENDING, edition=BEFORE, matches=())])
    update = announce(world, REPLACED, "It has been withdrawn.")
    assert (update.state, update.reason) == (State.REVISION, WITHDRAWN)
    assert world.store.records(BEFORE)[0].superseded == NextVersion(EDITION, 2, withdrawn=True)


def test_what_was_decided_without_the_api_is_decided_again_with_it() -> None:
    world = world_with_a_published_paper()
    world.arxiv.feeds["cs"] = feed("cs", replace(REPLACED, abstract=""))
    world.fetch(FetchRequest())
    assert world.store.records(EDITION)[0].state is State.FAILED
    world.arxiv.papers = {
        "2606.00001": metadata(1, version=2, comment="This paper has been withdrawn by the author")
    }
    world.fetch(FetchRequest())
    update = world.store.records(EDITION)[0]
    assert (update.state, update.is_update) == (State.REVISION, True)
    assert world.store.records(BEFORE)[0].superseded == NextVersion(EDITION, 2, withdrawn=True)


def test_an_operator_may_have_unknown_replacements_processed() -> None:
    world = World(revisions=True)
    update = announce(world, REPLACED)
    assert (update.state, update.is_update) == (State.PENDING, False)
    assert world.messages.classify == [update.key]


def test_missing_affiliations_of_earlier_editions_are_looked_for_when_a_new_one_comes() -> None:
    world = World()
    missing = Affiliations(AuthorBlock(), Source.NONE, world.clock() - timedelta(days=1), 1, "HTTP 404")
    world.store.create_edition(Edition(BEFORE, world.clock()))
    world.store.add_records(
        [
            record(2, State.PUBLISHED, edition=BEFORE, matches=(match(),), affiliations=missing),
            record(
                3, State.PUBLISHED, edition=BEFORE, matches=(match(),), affiliations=replace(missing, tries=9)
            ),
            record(4, State.UNMATCHED, edition=BEFORE, matches=()),
        ]
    )
    world.arxiv.feeds["cs"] = feed("cs", entry(1))
    world.fetch(FetchRequest())
    assert [lookup.key.arxiv_id for lookup in world.messages.enrich] == ["2606.00002"]


def test_a_retry_looks_again_for_what_was_missing_and_for_what_nobody_looked_for() -> None:
    world = World()
    missing = Affiliations(AuthorBlock(), Source.NONE, world.clock(), 9, "HTTP 404")
    known = Affiliations(AuthorBlock((Institution("A", "A"),)), Source.HTML, world.clock())
    world.store.create_edition(Edition(EDITION, world.clock()))
    world.store.add_records(
        record(n, State.PUBLISHED, matches=(match(),), affiliations=found)
        for n, found in ((1, missing), (2, known), (3, None))
    )
    world.arxiv.feeds["cs"] = feed("cs", entry(1), entry(2), entry(3))
    world.fetch(FetchRequest(EDITION, retry=True))
    first, third = (record(n).key for n in (1, 3))
    assert world.messages.enrich == [Lookup(third), Lookup(first, again=True)]
    world.messages.enrich.clear()
    asked = len(world.arxiv.asked)
    world.fetch(FetchRequest(EDITION, retry=True, stored=True))
    assert (world.messages.enrich, len(world.arxiv.asked)) == ([], asked)


def test_institutions_found_for_the_feeds_authors_are_not_given_to_the_apis() -> None:
    world = World()
    world.arxiv.feeds["cs"] = feed("cs", entry(1, authors=("Ada", "Bo")))
    world.fetch(FetchRequest())
    block = AuthorBlock((Institution("A", "A"), Institution("B", "B")), ((0,), (1,)))
    world.store.save(
        replace(
            world.store.records(EDITION)[0],
            state=State.PUBLISHED,
            matches=(match(),),
            affiliations=Affiliations(block, Source.HTML, world.clock()),
        )
    )
    world.arxiv.papers = {"2606.00001": metadata(1, authors=("The Kettle Collaboration", "Ada", "Bo"))}
    world.fetch(FetchRequest())
    stored = world.store.records(EDITION)[0]
    assert (len(stored.paper.authors), stored.affiliations) == (3, None)
    assert world.messages.enrich == [Lookup(stored.key)]


def test_a_paper_that_comes_without_a_render_s_request_is_noticed_by_the_next_run() -> None:
    """Cut short between storing a replacement, which no model will write to, and asking for the render."""
    world = World()
    world.arxiv.feeds["cs"] = feed("cs", entry(1))
    world.arxiv.papers = {metadata(n).arxiv_id: metadata(n) for n in (1, 2)}
    world.fetch(FetchRequest())
    first = world.store.records(EDITION)[0]
    world.store.save(replace(first, state=State.UNMATCHED, matches=()))
    world.publish()
    world.messages.renders.clear()
    late = record(2, State.REVISION)
    world.store.add_records([replace(late, paper=replace(late.paper, version=2))])
    world.arxiv.feeds["cs"] = feed("cs", entry(1), entry(2, announce_type=AnnounceType.REPLACE, version=2))
    world.fetch(FetchRequest())
    assert EDITION in world.messages.renders


@pytest.mark.parametrize(
    ("state", "abstract", "then"),
    [
        (State.FAILED, "We study.", State.REVISION),
        (State.PENDING, "We study.", State.REVISION),
        (State.FAILED, "", State.PENDING),
        (State.UNMATCHED, "We study.", State.PENDING),
    ],
)
def test_a_version_that_an_earlier_edition_still_decides_about_is_that_edition_s(
    state: State, abstract: str, then: State
) -> None:
    """Two editions that both show a version would write its one page in turns."""
    world = World()
    world.store.create_edition(Edition(BEFORE, world.clock()))
    old = record(1, state, edition=BEFORE, matches=() if state is State.UNMATCHED else None)
    world.store.add_records([replace(old, paper=replace(old.paper, abstract=abstract))])
    world.arxiv.feeds["cs"] = feed("cs", entry(1, announce_type=AnnounceType.CROSS))
    world.fetch(FetchRequest())
    (again,) = world.store.records(EDITION)
    assert again.state is then
    assert (again.reason == REPEATED) is (then is State.REVISION)


def test_only_what_an_earlier_edition_can_have_had_is_looked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """arXiv numbers papers in the order it receives them: most of a day's are beyond the last edition's."""
    world = world_with_a_published_paper()
    asked: list[str] = []
    earlier = world.store.earlier

    def noted(arxiv_ids: Collection[str], before: str) -> Mapping[str, Sequence[Record]]:
        asked.extend(arxiv_ids)
        return earlier(arxiv_ids, before)

    monkeypatch.setattr(world.store, "earlier", noted)
    world.arxiv.feeds["cs"] = feed("cs", entry(1), entry(2), entry(3, version=2))
    world.fetch(FetchRequest())
    assert asked == ["2606.00001", "2606.00003"]
    again, fresh, *_ = world.store.records(EDITION)
    assert (again.reason, fresh.state) == (REPEATED, State.PENDING)


def test_a_paper_that_is_cross_listed_a_day_later_is_not_news_again() -> None:
    world = world_with_a_published_paper()
    world.arxiv.feeds["cs"] = feed("cs", entry(1, announce_type=AnnounceType.CROSS))
    world.fetch(FetchRequest())
    again = world.store.records(EDITION)[0]
    assert (again.state, again.reason, again.is_shown) == (State.REVISION, REPEATED, False)
    assert world.messages.classify == []


@pytest.mark.parametrize("state", [State.PENDING, State.FAILED])
def test_a_new_version_of_a_paper_that_is_still_on_its_way_is_not_lost(state: State) -> None:
    world = World()
    world.store.create_edition(Edition(BEFORE, world.clock()))
    world.store.add_records([record(1, state, edition=BEFORE)])
    update = announce(world, REPLACED)
    assert (update.state, update.is_update) == (State.PENDING, False)
    assert world.messages.classify == [update.key]
    assert world.store.records(BEFORE)[0].superseded == NextVersion(EDITION, 2, withdrawn=False)


def test_a_render_of_an_earlier_edition_that_was_lost_is_asked_for_with_the_next_one() -> None:
    world = World()
    world.store.create_edition(Edition(BEFORE, world.clock()))
    world.store.add_records([record(2, State.UNMATCHED, edition=BEFORE, matches=())])
    world.store.complete_edition(BEFORE, world.clock())
    world.store.note_rendered(BEFORE, 0)
    world.store.save(world.store.records(BEFORE)[0])
    world.store.create_edition(Edition("2026-06-16", world.clock()))
    world.store.complete_edition("2026-06-16", world.clock())
    world.store.note_rendered("2026-06-16", 0)
    world.arxiv.feeds["cs"] = feed("cs", entry(1))
    world.fetch(FetchRequest())
    assert world.messages.renders.count(BEFORE) == 2, "as the neighbour, and for what it lacks"
    assert "2026-06-16" not in world.messages.renders


def test_nobody_looks_for_affiliations_of_versions_that_have_been_replaced() -> None:
    world = World()
    newer = NextVersion("2026-06-19", 2, withdrawn=False)
    world.store.create_edition(Edition(EDITION, world.clock()))
    world.store.add_records([record(1, State.PUBLISHED, matches=(match(),), superseded=newer)])
    world.arxiv.feeds["cs"] = feed("cs", entry(1))
    world.fetch(FetchRequest(EDITION, retry=True))
    assert world.messages.enrich == []


def test_a_quiet_run_reads_the_edition_once() -> None:
    world = World()
    world.arxiv.feeds["cs"] = feed("cs", entry(1))
    world.arxiv.papers = {metadata(1).arxiv_id: metadata(1)}
    world.fetch(FetchRequest())
    world.publish()
    reads: list[str] = []
    records = world.store.records
    world.store.records = lambda edition: reads.append(edition) or records(edition)  # type: ignore[method-assign, func-returns-value]
    world.fetch(FetchRequest())
    assert reads == [EDITION]


def stored_day(world: World) -> None:
    """An edition with a paper in every state that a person may ask for."""
    world.store.create_edition(Edition(EDITION, NOW))
    world.store.add_records(
        [
            record(1, State.FAILED, reason="no valid answer"),
            record(2, State.FAILED, reason="no valid answer"),
            record(3, State.UNTRANSLATED, matches=(match(),), reason="refused"),
            record(4, State.PUBLISHED, matches=(match(),), translation=translation()),
            record(5, State.UNMATCHED, matches=()),
            record(6),
        ]
    )


@pytest.mark.parametrize(
    ("request_", "classified", "translated"),
    [
        (FetchRequest(EDITION, stored=True), ["2606.00001", "2606.00002", "2606.00006"], ["2606.00003"]),
        (FetchRequest(EDITION, stored=True, papers=("2606.00002",)), ["2606.00002"], []),
        (FetchRequest(EDITION, stored=True, papers=("2606.00003", "2606.00004")), [], ["2606.00003"]),
        (FetchRequest(EDITION, stored=True, only="failed"), ["2606.00001", "2606.00002"], []),
        (FetchRequest(EDITION, stored=True, only="untranslated"), [], ["2606.00003"]),
        (FetchRequest(EDITION, stored=True, only="failed", papers=("2606.00003",)), [], []),
    ],
)
def test_a_person_says_which_papers_to_try_again(
    request_: FetchRequest, classified: list[str], translated: list[str]
) -> None:
    world = World()
    stored_day(world)
    result = world.fetch(request_)
    assert sorted(key.arxiv_id for key in world.messages.classify) == classified
    assert [key.arxiv_id for key in world.messages.translate] == translated
    assert result.queued == len(classified) + len(translated)
    assert world.states()["2606.00004"] == "published"


def test_a_stage_is_done_anew_without_taking_the_translation_away() -> None:
    world = World()
    stored_day(world)
    world.fetch(FetchRequest(EDITION, stored=True, again="classify", papers=("2606.00004", "2606.00005")))
    assert [key.arxiv_id for key in world.messages.classify] == ["2606.00004", "2606.00005"]
    found = {r.paper.arxiv_id: r for r in world.store.records(EDITION)}
    assert found["2606.00004"].awaits_classification
    assert found["2606.00004"].translation == translation()
    world.fetch(FetchRequest(EDITION, stored=True, again="translate"))
    assert world.messages.translate == [], "what waits for its channels is not translated meanwhile"


def test_only_what_was_translated_is_translated_anew() -> None:
    world = World()
    stored_day(world)
    world.fetch(FetchRequest(EDITION, stored=True, again="translate"))
    assert [key.arxiv_id for key in world.messages.translate] == ["2606.00004"]
    assert world.states()["2606.00003"] == "untranslated"


def test_without_a_translator_nothing_is_translated_anew() -> None:
    world = World(translates=False)
    stored_day(world)
    with pytest.raises(PermanentError, match="no translator"):
        world.fetch(FetchRequest(EDITION, stored=True, again="translate"))
    assert world.states()["2606.00004"] == "published"


@pytest.mark.parametrize(
    ("request_", "words"),
    [
        (FetchRequest(EDITION, retry=True, papers=("2606.00001",)), "stored"),
        (FetchRequest(EDITION, only="failed"), "stored"),
        (FetchRequest(EDITION, again="classify"), "stored"),
        (FetchRequest(EDITION, stored=True, only="failed", again="classify"), "exclude"),
        (FetchRequest(EDITION, stored=True, papers=("paper",)), "not an arXiv identifier"),
        (FetchRequest(EDITION, stored=True, papers=("2606.00001v1",)), "has a version"),
        (FetchRequest(EDITION, stored=True, papers=("2606.99999", "2606.00001")), "2606.99999"),
        (FetchRequest(backfill=True), "needs an edition"),
        (FetchRequest(EDITION, backfill=True, retry=True), "needs an edition"),
    ],
)
def test_requests_that_contradict_themselves(request_: FetchRequest, words: str) -> None:
    world = World()
    stored_day(world)
    before = world.states()
    with pytest.raises(PermanentError, match=words):
        world.fetch(request_)
    assert (world.states(), world.messages.classify, world.messages.translate) == (before, [], [])


# --- what an edition's marks say ---------------------------------------------------------------


def the_edition(world: World, date: str = EDITION) -> Edition:
    found = world.store.edition(date)
    assert found is not None
    return found


def test_feeds_are_unread_until_they_were_read_whole_once() -> None:
    world = World()
    world.arxiv.feeds["cs"] = replace(feed("cs", entry(1)), problems=("entry 2",), whole=False)
    world.arxiv.feeds["stat.ML"] = TransientError("HTTP 503")
    world.fetch(FetchRequest())
    assert the_edition(world).filled, "what could be read is published"
    assert world.messages.renders == [EDITION]
    assert the_edition(world).unread == {"cs", "stat.ML"}

    world.arxiv.feeds["cs"] = feed("cs", entry(1), entry(2))
    world.fetch(FetchRequest())
    assert the_edition(world).unread == {"stat.ML"}
    world.arxiv.feeds["cs"] = TransientError("HTTP 503")
    world.arxiv.feeds["stat.ML"] = feed("stat.ML", entry(1))
    world.fetch(FetchRequest())
    assert the_edition(world).unread == frozenset(), "once is enough, and it need not bring papers"


def test_a_feed_that_lags_behind_is_unread() -> None:
    world = World()
    world.arxiv.feeds["cs"] = feed("cs", entry(1))
    world.arxiv.feeds["stat.ML"] = feed("stat.ML", entry(2), edition=BEFORE)
    world.fetch(FetchRequest())
    assert the_edition(world).unread == {"stat.ML"}


def test_an_empty_feed_is_believed_when_it_has_had_time_to_turn() -> None:
    world = World()
    world.arxiv.feeds["cs"] = feed("cs", entry(1))
    world.fetch(FetchRequest())
    assert the_edition(world).unread == {"stat.ML"}
    world.clock.now = datetime(2026, 6, 19, 4, 5, tzinfo=UTC)
    world.fetch(FetchRequest())
    assert the_edition(world).unread == {"stat.ML"}, "it is another day's"
    world.clock.now = datetime(2026, 6, 18, 8, 5, tzinfo=UTC)
    world.arxiv.feeds["stat.ML"] = Feed("stat.ML", None, (entry(2),))
    world.fetch(FetchRequest())
    assert the_edition(world).unread == {"stat.ML"}, "it is not empty: its dates cannot be read"
    world.arxiv.feeds["stat.ML"] = feed("stat.ML")
    world.fetch(FetchRequest())
    assert the_edition(world).unread == frozenset()


def test_a_feed_that_is_read_the_next_day_is_read() -> None:
    """It had not turned yet, and says no more than what another one has said."""
    world = World()
    world.store.create_edition(Edition("2026-06-16", NOW))
    world.arxiv.feeds["cs"] = feed("cs", entry(1), edition=BEFORE)
    world.arxiv.feeds["stat.ML"] = TransientError("HTTP 503")
    world.fetch(FetchRequest())
    world.arxiv.feeds["cs"] = feed("cs", entry(2))
    world.arxiv.feeds["stat.ML"] = feed("stat.ML", entry(1), edition=BEFORE)
    world.fetch(FetchRequest())
    assert the_edition(world, BEFORE).unread == frozenset()
    assert the_edition(world).unread == {"stat.ML"}


def test_a_feed_that_is_not_asked_for_any_more_is_not_missed() -> None:
    world = World()
    world.store.create_edition(Edition(EDITION, NOW, unread=frozenset({"eess.AS", "stat.ML"})))
    world.arxiv.feeds["cs"] = feed("cs", entry(1))
    world.arxiv.feeds["stat.ML"] = TransientError("HTTP 503")
    world.fetch(FetchRequest())
    assert the_edition(world).unread == {"stat.ML"}


def test_an_edition_is_filled_when_all_that_was_read_is_recorded(monkeypatch: pytest.MonkeyPatch) -> None:
    world = World()
    world.store.create_edition(Edition(BEFORE, NOW, filled=False))
    world.arxiv.feeds["cs"] = feed("cs", entry(1), entry(2))
    world.arxiv.feeds["stat.ML"] = feed("stat.ML", entry(3))
    whole = world.store.add_records
    for recorded in (0, 1):

        def dies(records: Iterable[Record], recorded: int = recorded) -> int:
            whole(list(records)[:recorded])
            raise TransientError("killed")

        monkeypatch.setattr(world.store, "add_records", dies)
        with pytest.raises(TransientError):
            world.fetch(FetchRequest())
        assert not the_edition(world).filled
        assert the_edition(world).unread == {"cs", "stat.ML"}
    assert world.messages.renders == []
    monkeypatch.setattr(world.store, "add_records", whole)
    world.fetch(FetchRequest())
    assert (the_edition(world).filled, the_edition(world).unread) == (True, frozenset())
    assert world.messages.renders == [EDITION], "the one before is still in part there"


def test_marks_are_written_when_they_change(monkeypatch: pytest.MonkeyPatch) -> None:
    world = World()
    world.arxiv.feeds["cs"] = feed("cs", entry(1))
    world.arxiv.feeds["stat.ML"] = feed("stat.ML", entry(2))
    world.fetch(FetchRequest())
    monkeypatch.setattr(world.store, "note_filled", pytest.fail)
    monkeypatch.setattr(world.store, "create_edition", pytest.fail)
    world.fetch(FetchRequest())


def test_an_edition_that_is_tried_again_by_hand_is_looked_after() -> None:
    world = World()
    world.store.create_edition(Edition(EDITION, NOW, rendered=0))
    world.store.add_records([record(1, State.UNMATCHED, matches=())])
    world.fetch(FetchRequest(edition=EDITION, retry=True, stored=True))
    assert world.store.looked_after(NOW) == [], "nothing was to be tried"
    world.store.add_records([record(2, State.FAILED)])
    world.fetch(FetchRequest(edition=EDITION, retry=True, stored=True))
    assert world.store.looked_after(NOW + timedelta(days=4)) == [EDITION]
