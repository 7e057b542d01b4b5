"""The ledger's transitions: each does its step once, and nothing else."""

from __future__ import annotations

import pytest
from arxivdaily.domain.records import (
    Record,
    State,
    classification_failed,
    classified,
    left_untranslated,
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
    failed = classification_failed(record(), "model away")
    assert to_retry(failed).awaits_classification
    untranslated = left_untranslated(classified(record(), (match(),), MODEL, NOW), "model away", NOW)
    assert to_retry(untranslated).awaits_translation


@pytest.mark.parametrize("state", [State.PUBLISHED, State.UNMATCHED, State.REVISION, State.PENDING])
def test_what_did_not_fail_is_not_retried(state: State) -> None:
    settled = record(state=state)
    assert to_retry(settled) is settled


Step = st.sampled_from(["match", "no match", "no answer", "translate", "leave", "retry"])


def take(step: str, before: Record) -> Record:
    if step == "match":
        return classified(before, (match(),), MODEL, NOW)
    if step == "no match":
        return classified(before, (), MODEL, NOW)
    if step == "no answer":
        return classification_failed(before, "no answer")
    if step == "translate":
        return translated(before, translation(), NOW)
    if step == "leave":
        return left_untranslated(before, "gate", NOW)
    return to_retry(before)


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
