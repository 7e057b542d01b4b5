"""What every `PaperStore` promises, on the fake and on DynamoDB."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest
from arxivdaily.adapters.dynamodb import DynamoPaperStore
from arxivdaily.domain.affiliations import Affiliations, AuthorBlock, Institution, Source
from arxivdaily.domain.editions import Edition
from arxivdaily.domain.papers import PaperKey
from arxivdaily.domain.records import NextVersion, PastVersion, Provenance, Repair, Spent, State, Usage
from arxivdaily.errors import ConflictError
from arxivdaily.ports import AnswerKey, ClassifyAnswer, Completion, Draft, PaperStore, TranslateAnswer
from aws_resources import create_table, load_template
from fakes import EDITION, MODEL, NOW, MemoryPaperStore, match, paper, record, translation
from moto import mock_aws


@pytest.fixture(params=["memory", "dynamodb"])
def store(request: pytest.FixtureRequest) -> Iterator[PaperStore]:
    if request.param == "memory":
        yield MemoryPaperStore()
        return
    with mock_aws():
        yield DynamoPaperStore(create_table(load_template()))


def key(number: int = 1, stage: str = "classify", made_by: Provenance = MODEL) -> AnswerKey:
    assert stage in ("classify", "translate", "draft")
    return AnswerKey(f"2606.{number:05d}", 1, stage, made_by)  # type: ignore[arg-type]


def test_an_edition_is_created_once(store: PaperStore) -> None:
    assert store.edition(EDITION) is None
    assert store.create_edition(Edition(EDITION, NOW))
    assert not store.create_edition(Edition(EDITION, NOW + timedelta(hours=1)))
    assert store.edition(EDITION) == Edition(EDITION, NOW)


def test_an_edition_completes_once_until_it_is_reopened(store: PaperStore) -> None:
    store.create_edition(Edition(EDITION, NOW))
    assert store.complete_edition(EDITION, NOW)
    assert not store.complete_edition(EDITION, NOW)
    stored = store.edition(EDITION)
    assert stored is not None
    assert stored.completed == NOW
    store.reopen_edition(EDITION)
    assert store.edition(EDITION) == Edition(EDITION, NOW)
    assert store.complete_edition(EDITION, NOW)


def test_an_unknown_edition_neither_completes_nor_appears(store: PaperStore) -> None:
    assert not store.complete_edition(EDITION, NOW)
    store.reopen_edition(EDITION)
    with pytest.raises(ConflictError):
        store.set_channel_counts(EDITION, {"a": 1})
    assert store.editions() == []


def test_counts_are_replaced(store: PaperStore) -> None:
    store.create_edition(Edition(EDITION, NOW))
    store.set_channel_counts(EDITION, {"a": 1, "b": 2})
    store.set_channel_counts(EDITION, {"b": 3})
    stored = store.edition(EDITION)
    assert stored is not None
    assert stored.channel_counts == {"b": 3}


@pytest.mark.parametrize(
    ("query", "dates"),
    [
        ({}, ["03", "02", "01"]),
        ({"newest_first": False}, ["01", "02", "03"]),
        ({"before": "2026-06-03"}, ["02", "01"]),
        ({"after": "2026-06-01", "newest_first": False}, ["02", "03"]),
        ({"after": "2026-06-01", "before": "2026-06-03"}, ["02"]),
        ({"before": "2026-06-03", "limit": 1}, ["02"]),
        ({"limit": 2}, ["03", "02"]),
        ({"before": "2026-06-03", "newest_first": False, "limit": 2}, ["01", "02"]),
        ({"after": "2026-06-03"}, []),
    ],
)
def test_editions_in_a_range(store: PaperStore, query: dict[str, object], dates: list[str]) -> None:
    for day in ("02", "01", "03"):
        store.create_edition(Edition(f"2026-06-{day}", NOW))
    found = store.editions(**query)  # type: ignore[arg-type]
    assert [edition.date[-2:] for edition in found] == dates


def test_records_are_added_once_and_never_overwritten(store: PaperStore) -> None:
    first = [record(n) for n in range(1, 121)]  # more than one transaction holds
    assert store.add_records(first) == 120
    done = store.save(replace(first[0], state=State.UNMATCHED, matches=()))
    assert store.add_records([*first, record(121)]) == 1
    stored = store.records(EDITION)
    assert [r.paper.arxiv_id for r in stored] == [paper(n).arxiv_id for n in range(1, 122)]
    assert stored[0] == done


def test_a_record_comes_back_as_it_was(store: PaperStore) -> None:
    full = record(
        1,
        State.PUBLISHED,
        matches=(match(), match("diffusion", 70, "topic")),
        classified_by=MODEL,
        translation=translation("公式 $\\ell_2$ 与“引号”"),
        paper=paper(1, comment="12 pages", doi="10.1/x", abstract="Text with \u2028 and $x<y$ & é"),
        repair=Repair(NOW, 2, lasting=True),
    )
    store.add_records([full])
    assert store.records(EDITION) == [full]
    assert store.find([full.key]) == {full.key: full}


def test_a_stale_save_is_a_conflict(store: PaperStore) -> None:
    store.add_records([record(1)])
    saved = store.save(replace(record(1), reason="first"))
    assert saved.revision == 1
    with pytest.raises(ConflictError):
        store.save(replace(record(1), reason="second"))
    with pytest.raises(ConflictError):
        store.save(record(2))
    assert store.records(EDITION) == [saved]


def test_find_leaves_out_what_is_not_there(store: PaperStore) -> None:
    store.add_records([record(1)])
    other_version = PaperKey(EDITION, paper(1).arxiv_id, 2)
    absent = PaperKey(EDITION, paper(9).arxiv_id, 1)
    assert set(store.find([record(1).key, other_version, absent])) == {record(1).key}
    assert store.find([]) == {}


def test_answers_are_kept_by_paper_stage_prompt_and_model(store: PaperStore) -> None:
    classified = ClassifyAnswer((match(),), MODEL, (Spent("classify", "m", Usage(100, 80, 9)),))
    translated = TranslateAnswer(translation(), (Spent("translate", "m", Usage(500, 0, 300)),))
    other = key(1, made_by=Provenance("other-model", "1"))
    store.put_answers({key(1): classified, key(1, "translate"): translated})
    assert store.answers([key(1), key(1, "translate"), key(2), other]) == {
        key(1): classified,
        key(1, "translate"): translated,
    }


def test_a_draft_stands_beside_answers_and_is_none(store: PaperStore) -> None:
    place = key(1, "draft")
    draft = Draft({"q1": Completion("一", Usage(), truncated=True)}, expires=1_800_000_000)
    translated = TranslateAnswer(translation())
    store.put_answers({place: draft, key(1, "translate"): translated})
    assert store.answers([place, key(1, "translate"), key(2, "draft")]) == {
        place: draft,
        key(1, "translate"): translated,
    }
    assert store.answers_of(place.arxiv_id, place.version) == {key(1, "translate"): translated}
    store.put_answers({place: Draft({}, expires=1_800_000_000)})
    assert store.answers([place]) == {place: Draft({}, expires=1_800_000_000)}


def test_more_answers_than_one_request_holds(store: PaperStore) -> None:
    answers = {key(n): ClassifyAnswer((), MODEL) for n in range(1, 131)}
    store.put_answers(answers)
    assert store.answers(list(answers)) == answers


def test_a_claim_is_held_until_it_ends_or_is_released(store: PaperStore) -> None:
    until = NOW + timedelta(minutes=5)
    assert store.claim(key(1), NOW, until)
    assert not store.claim(key(1), NOW + timedelta(minutes=1), until)
    assert store.claim(key(2), NOW, until)
    assert store.claim(key(1), until, until + timedelta(minutes=5))
    store.release([key(1), key(2), key(3)])
    assert store.claim(key(1), until, until + timedelta(minutes=5))


def test_one_renderer_holds_the_right_to_publish_until_it_ends_or_gives_it_back(store: PaperStore) -> None:
    until = NOW + timedelta(minutes=5)
    assert store.begin_render("one", NOW, until)
    assert not store.begin_render("two", NOW + timedelta(minutes=1), until)
    assert store.begin_render("one", NOW, until), "a write whose answer was lost is sent again"
    store.end_render("two")
    assert not store.begin_render("two", NOW, until)
    store.end_render("one")
    assert store.begin_render("two", NOW, until)
    assert store.begin_render("three", until, until + timedelta(minutes=5))
    store.end_render("two")
    assert not store.begin_render("four", until, until + timedelta(minutes=5))


def test_an_edition_remembers_what_was_published_of_it(store: PaperStore) -> None:
    with pytest.raises(ConflictError):
        store.note_rendered(EDITION, 3)
    store.create_edition(Edition(EDITION, NOW))
    store.note_rendered(EDITION, 3)
    store.note_rendered(EDITION, 5)
    assert store.edition(EDITION) == Edition(EDITION, NOW, rendered=5)


def test_an_edition_is_filled_and_its_feeds_are_read_one_after_the_other(store: PaperStore) -> None:
    with pytest.raises(ConflictError):
        store.note_filled(EDITION, {"cs"})
    made = Edition(EDITION, NOW, filled=False, unread=frozenset({"cs", "stat.ML", "eess.AS"}))
    store.create_edition(made)
    assert store.edition(EDITION) == made
    store.note_filled(EDITION, ())
    assert store.edition(EDITION) == replace(made, filled=True)
    store.note_filled(EDITION, {"cs"})
    store.note_filled(EDITION, {"cs", "eess.AS"})
    assert store.editions() == [replace(made, filled=True, unread=frozenset({"stat.ML"}))]
    store.note_filled(EDITION, {"stat.ML"})
    store.note_filled(EDITION, {"stat.ML"})
    assert store.edition(EDITION) == Edition(EDITION, NOW)


@pytest.mark.parametrize("published", [True, False])
def test_an_edition_from_before_the_mark_is_filled_if_it_was_published(published: bool) -> None:
    with mock_aws():
        store = DynamoPaperStore(create_table(load_template()))
        store.create_edition(Edition(EDITION, NOW, unread=frozenset({"cs"})))
        if published:
            store.note_rendered(EDITION, 0)
        item = store._models.edition
        item("EDITIONS", EDITION).update(actions=[item.filled.remove(), item.unread.remove()])
        found = store.edition(EDITION)
        assert found is not None
        assert (found.filled, found.unread) == (published, frozenset())


def test_editions_are_looked_after_for_a_while(store: PaperStore) -> None:
    assert store.looked_after(NOW) == []
    for day, hours in (("12", 2), ("10", 1), ("11", 3)):
        store.look_after(f"2026-06-{day}", NOW + timedelta(hours=hours))
    assert store.looked_after(NOW) == ["2026-06-10", "2026-06-11", "2026-06-12"]
    store.look_after("2026-06-11", NOW)
    assert store.looked_after(NOW + timedelta(hours=1)) == ["2026-06-12"]
    assert store.editions() == []


def test_earlier_records_of_a_paper_are_found_oldest_first(store: PaperStore) -> None:
    editions = ("2026-06-15", "2026-06-17", EDITION)
    store.add_records(record(1, edition=date) for date in reversed(editions))
    store.add_records([record(2, edition="2026-06-15"), record(3, edition=EDITION)])
    found = store.earlier([f"2606.{n:05d}" for n in (1, 2, 3, 4)], EDITION)
    assert {i: [r.edition for r in records] for i, records in found.items()} == {
        "2606.00001": ["2026-06-15", "2026-06-17"],
        "2606.00002": ["2026-06-15"],
    }
    assert store.earlier([], EDITION) == {}
    assert store.earlier(["2606.00001"], "2026-06-15") == {}


def test_the_last_paper_of_an_edition_is_its_newest_by_number(store: PaperStore) -> None:
    assert store.last_id(EDITION) is None
    old_scheme = replace(record(9), paper=replace(record(9).paper, arxiv_id="cs/0112017"))
    store.add_records([old_scheme])
    assert store.last_id(EDITION) is None
    store.add_records([record(12), record(7), record(99, edition="2026-06-17")])
    assert store.last_id(EDITION) == "2606.00012"


def test_everything_that_a_record_knows_comes_back(store: PaperStore) -> None:
    block = AuthorBlock((Institution("Kettle University", "Dept., Kettle University"),), ((0,), ()))
    full = record(
        1,
        State.PENDING,
        matches=(match(),),
        affiliations=Affiliations(block, Source.HTML, NOW, 2),
        history=(PastVersion("2026-06-15", 1, "T", "A", "9 pages", NOW),),
        kept=translation(),
        superseded=NextVersion("2026-06-22", 3, withdrawn=True),
    )
    store.add_records([full])
    assert store.records(EDITION) == [full]


def test_every_answer_about_a_version_is_found_whoever_made_it(store: PaperStore) -> None:
    other = Provenance("anthropic.claude/x:0", "p2/title+ab")
    classify = ClassifyAnswer((match(),), MODEL, (Spent("classify", "m", Usage(5, 0, 1)),))
    translate = TranslateAnswer(replace(translation(), made_by=other))
    second = replace(key(), version=2)
    stored: dict[AnswerKey, ClassifyAnswer | TranslateAnswer] = {
        key(): classify,
        key(stage="translate", made_by=other): translate,
    }
    store.put_answers({**stored, second: classify, key(2): classify})
    assert store.answers_of("2606.00001", 1) == stored
    assert store.answers_of("2606.00001", 2) == {second: classify}
    assert store.answers_of("2606.00003", 1) == {}
