"""The ledger's transitions: each does its step once, and nothing else."""

from __future__ import annotations

from dataclasses import replace

import pytest
from arxivdaily.domain.records import (
    PastVersion,
    Record,
    State,
    classification_failed,
    classified,
    left_untranslated,
    to_do_again,
    to_retry,
    translated,
)
from fakes import MODEL, NOW, match, record, translation
from hypothesis import given
from hypothesis import strategies as st


def test_a_matched_paper_waits_for_its_translation() -> None:
    after = classified(record(), (match("b", 60), match("a", 90)), MODEL, NOW)
    assert after.awaits_translation
    assert [m.channel for m in after.matches or ()] == ["a", "b"]
    assert after.best_score == 90


def test_a_paper_that_no_channel_wants_is_done() -> None:
    after = classified(record(), (), MODEL, NOW)
    assert (after.state, after.is_shown) == (State.UNMATCHED, False)


def test_a_translation_publishes() -> None:
    after = translated(classified(record(), (match(),), MODEL, NOW), translation(), NOW)
    assert (after.state, after.translation) == (State.PUBLISHED, translation())


def test_without_a_translation_the_paper_is_shown_in_english() -> None:
    after = left_untranslated(classified(record(), (match(),), MODEL, NOW), "refused", NOW)
    assert (after.state, after.reason, after.is_shown) == (State.UNTRANSLATED, "refused", True)


def test_retrying_goes_back_to_the_step_that_failed() -> None:
    failed = classification_failed(record(), "model away", NOW)
    assert to_retry(failed, NOW).awaits_classification
    untranslated = left_untranslated(classified(record(), (match(),), MODEL, NOW), "model away", NOW)
    assert to_retry(untranslated, NOW).awaits_translation


@pytest.mark.parametrize("state", [State.PUBLISHED, State.UNMATCHED, State.REVISION, State.PENDING])
def test_what_did_not_fail_is_not_retried(state: State) -> None:
    settled = record(state=state)
    assert to_retry(settled, NOW) is settled


Step = st.sampled_from(["match", "no match", "no answer", "translate", "leave", "retry"])


def take(step: str, before: Record) -> Record:
    if step == "match":
        return classified(before, (match(),), MODEL, NOW)
    if step == "no match":
        return classified(before, (), MODEL, NOW)
    if step == "no answer":
        return classification_failed(before, "no answer", NOW)
    if step == "translate":
        return translated(before, translation(), NOW)
    if step == "leave":
        return left_untranslated(before, "gate", NOW)
    return to_retry(before, NOW)


@given(st.lists(Step, max_size=30))
def test_any_order_of_steps_keeps_the_ledger_consistent(steps: list[str]) -> None:
    now = record()
    for step in steps:
        after = take(step, now)
        assert take(step, after) is after, f"{step} twice is {step} once"
        if now.state in (State.PUBLISHED, State.UNMATCHED):
            assert after is now, "what is settled stays settled"
        assert (after.state is State.PUBLISHED) == (after.translation is not None)
        assert (after.state is State.UNMATCHED) == (after.matches == ())
        now = after


def test_a_paper_sorted_anew_keeps_its_translation_and_is_not_sent_to_be_translated() -> None:
    shown = record(1, State.PUBLISHED, matches=(match(),), translation=translation())
    waiting = to_do_again(shown, "classify", NOW)
    assert waiting.awaits_classification
    moved = classified(waiting, (match("robotics"),), MODEL, NOW)
    assert (moved.state, moved.translation) == (State.PUBLISHED, shown.translation)
    gone = classified(waiting, (), MODEL, NOW)
    assert (gone.state, gone.translation) == (State.UNMATCHED, None)


def test_a_paper_translated_anew_shows_what_it_has_until_then() -> None:
    shown = record(1, State.PUBLISHED, matches=(match(),), translation=translation("old"))
    waiting = to_do_again(shown, "translate", NOW)
    assert waiting.awaits_translation
    assert left_untranslated(waiting, "refused", NOW).translation == translation("old")
    assert translated(waiting, translation("new"), NOW).translation == translation("new")


def test_what_cannot_be_done_again_stays_as_it_is() -> None:
    update = replace(
        record(1, State.PUBLISHED, matches=(match(),)),
        history=(PastVersion("2026-06-01", 1, "T", "A", None, NOW),),
    )
    for kept in (update, record(2), record(3, State.FAILED), record(4, State.REVISION, matches=(match(),))):
        assert to_do_again(kept, "classify", NOW) is kept
        assert to_do_again(kept, "translate", NOW) is kept
    untranslated = record(5, State.UNTRANSLATED, matches=(match(),))
    assert to_do_again(untranslated, "translate", NOW) is untranslated
