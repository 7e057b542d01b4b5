"""Replacements of papers that earlier editions showed."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from arxivdaily.domain.affiliations import Affiliations, AuthorBlock, Institution, Source
from arxivdaily.domain.papers import AnnounceType, Paper
from arxivdaily.domain.records import Extent, NextVersion, Record, State, superseded
from arxivdaily.domain.revisions import (
    MAX_HISTORY,
    NOT_SENT,
    OLDER,
    REPEATED,
    Part,
    UpdateKind,
    changed_parts,
    revised,
    update_kind,
    wanted_extent,
    with_kept,
)
from fakes import NOW, match, paper, record, translation

LATER = "2026-06-22"
PUBLISHED = NOW - timedelta(days=4)
SHOWN = record(1, State.PUBLISHED, matches=(match(),), translation=translation("旧"))
KNOWN = Affiliations(AuthorBlock((Institution("Kettle University", "Kettle University"),)), Source.HTML, NOW)


def second(**changes: object) -> Paper:
    return replace(paper(1), version=2, announce_type=AnnounceType.REPLACE, **changes)  # type: ignore[arg-type]


def update(new: Paper, *earlier: Record) -> Record:
    made = revised(new, LATER, earlier or (SHOWN,), PUBLISHED, NOW)
    assert made is not None
    return made


def test_a_paper_that_was_never_shown_is_no_update() -> None:
    assert revised(second(), LATER, (), PUBLISHED, NOW) is None
    assert revised(second(), LATER, (record(1, State.UNMATCHED, matches=()),), PUBLISHED, NOW) is None


def test_text_that_stayed_is_not_translated_again() -> None:
    made = update(second(comment="12 pages"))
    assert (made.state, made.reason, made.translation) == (State.REVISION, NOT_SENT, SHOWN.translation)
    assert (made.matches, made.edition) == (SHOWN.matches, LATER)
    assert [(past.edition, past.version) for past in made.history] == [(SHOWN.edition, 1)]
    assert made.is_update
    assert not made.is_listed


def test_white_space_is_no_change() -> None:
    made = update(second(abstract=paper(1).abstract.replace(" ", "\n ")))
    assert made.state is State.REVISION
    assert changed_parts(made.history[-1], made.paper) == ()


def test_a_new_title_alone_asks_for_the_title_alone() -> None:
    made = update(second(title="Another Title"))
    assert (made.state, made.translation) == (State.PENDING, None)
    assert wanted_extent(made) is Extent.TITLE
    words = with_kept(made, replace(translation("新"), abstract="", summary=""))
    assert SHOWN.translation is not None
    assert (words.title, words.abstract) == ("标题：新", SHOWN.translation.abstract)
    assert words.extent is Extent.FULL


def test_a_new_abstract_keeps_the_title_as_it_was() -> None:
    made = update(second(abstract="We study something else, and find 7 of it."))
    assert made.state is State.PENDING
    assert wanted_extent(made) is Extent.FULL
    words = with_kept(made, translation("新"))
    assert (words.title, words.abstract, words.summary) == ("标题：旧", "摘要：新。", "总结：新。")


def test_everything_new_keeps_nothing() -> None:
    made = update(second(title="Another Title", abstract="Something else."))
    assert (made.kept, wanted_extent(made)) == (None, Extent.FULL)
    assert with_kept(made, translation("新")) == translation("新")


def test_what_had_no_translation_is_translated_now() -> None:
    english = record(1, State.UNTRANSLATED, matches=(match(),))
    assert update(second(), english).state is State.PENDING


def test_a_withdrawal_costs_nothing_and_is_shown() -> None:
    made = update(
        second(comment="This paper has been withdrawn by the author due to an error", abstract="Gone.")
    )
    assert (made.state, update_kind(made)) == (State.REVISION, UpdateKind.WITHDRAWN)
    assert made.is_shown
    assert made.translation is not None
    assert (made.translation.title, made.translation.abstract) == ("标题：旧", "")


def test_an_acceptance_is_news_once() -> None:
    accepted = update(second(comment="Accepted to CVPR 2026"))
    assert update_kind(accepted) is UpdateKind.ACCEPTED
    third = replace(accepted.paper, version=3)
    again = revised(third, "2026-06-23", (SHOWN, accepted), NOW, NOW)
    assert again is not None
    assert update_kind(again) is UpdateKind.REVISED


@pytest.mark.parametrize(
    ("new", "earlier", "reason"),
    [
        (second(), replace(SHOWN, paper=second()), REPEATED),
        (paper(1), replace(SHOWN, paper=second()), OLDER),
    ],
)
def test_the_same_or_an_older_version_is_recorded_only(new: Paper, earlier: Record, reason: str) -> None:
    made = update(new, earlier)
    assert (made.state, made.reason, made.is_shown) == (State.REVISION, reason, False)


def test_a_comment_that_nobody_has_asked_for_is_no_change() -> None:
    before = replace(SHOWN, paper=replace(SHOWN.paper, comment="9 pages"))
    made = update(second(comment=None, complete=False), before)
    assert changed_parts(made.history[-1], made.paper) == ()
    asked = replace(made.paper, complete=True)
    assert changed_parts(made.history[-1], asked) == (Part.COMMENT,)


def test_a_comment_that_was_not_known_before_makes_no_news() -> None:
    before = replace(SHOWN, paper=replace(SHOWN.paper, complete=False))
    made = update(second(comment="Accepted to CVPR 2026"), before)
    assert changed_parts(made.history[-1], made.paper) == ()
    assert update_kind(made) is UpdateKind.REVISED


def test_affiliations_go_over_to_the_same_authors() -> None:
    before = replace(SHOWN, affiliations=KNOWN)
    assert update(second(), before).affiliations == KNOWN
    unknown = replace(KNOWN, block=AuthorBlock(), source=Source.NONE)
    assert update(second(), replace(SHOWN, affiliations=unknown)).affiliations is None
    assert update(second(authors=("Somebody Else",)), before).affiliations is None


def test_the_history_keeps_the_first_version_and_stays_bounded() -> None:
    records = [SHOWN]
    for number in range(2, 20):
        edition = f"2026-07-{number:02d}"
        new = replace(paper(1), version=number, comment=f"{number} pages")
        made = revised(new, edition, records, datetime(2026, 7, number, tzinfo=UTC), NOW)
        assert made is not None
        records.append(made)
    history = records[-1].history
    assert (len(history), history[0].version, history[-1].version) == (MAX_HISTORY, 1, 18)


def test_the_pointer_to_a_newer_version_never_goes_back() -> None:
    second_of = NextVersion("2026-06-22", 2, withdrawn=False)
    third_of = NextVersion("2026-06-23", 3, withdrawn=True)
    pointing = superseded(superseded(SHOWN, third_of), second_of)
    assert pointing.superseded == third_of
    assert superseded(pointing, third_of) is pointing
