"""Where an edition stands, read from its records."""

from __future__ import annotations

import pytest
from arxivdaily.domain.governor import BUDGET_REACHED, BUDGET_SHORT, Tariff
from arxivdaily.domain.records import Extent, Record, Spent, State, Usage
from arxivdaily.use_cases.allowance import Budget
from arxivdaily.use_cases.dispatch import LIMIT_REACHED, NO_TRANSLATOR
from arxivdaily.use_cases.figures import Figures, figures
from fakes import match, record, translation
from hypothesis import given
from hypothesis import strategies as st

TOKENS = Tariff({})


def published(number: int, reason: str = "") -> Record:
    return record(number, State.PUBLISHED, matches=(match(),), translation=translation(), reason=reason)


def untranslated(number: int, reason: str) -> Record:
    return record(number, State.UNTRANSLATED, matches=(match(),), reason=reason)


def of(*records: Record, budget: Budget | None = None) -> Figures:
    return figures(records, money=None, budget=budget)


@given(st.lists(st.sampled_from(State), max_size=30))
def test_every_announced_paper_is_counted_once(states: list[State]) -> None:
    found = of(*(record(number, state) for number, state in enumerate(states)))
    others = sum(state in (State.UNMATCHED, State.REVISION) for state in states)
    known = found.published + found.untranslated + found.failed + found.pending
    assert known + others == found.announced == len(states)
    assert not (found.complete and State.PENDING in states)


@pytest.mark.parametrize("reason", [NO_TRANSLATOR, LIMIT_REACHED.format(limit=5), BUDGET_REACHED])
def test_what_the_operator_leaves_in_english_is_no_failure(reason: str) -> None:
    found = of(published(1), untranslated(2, reason))
    assert (found.untranslated, found.untranslated_share) == (1, 0)
    assert of(untranslated(1, reason)).untranslated_share is None


def test_the_share_is_of_what_was_to_be_in_chinese() -> None:
    others = [record(9, State.UNMATCHED, matches=()), record(8, State.REVISION, matches=(match(),))]
    found = of(published(1), published(2), published(3), untranslated(4, "HTTP 503"), *others)
    assert found.untranslated_share == 25


def test_an_edition_under_way_has_no_share_yet() -> None:
    """Two papers of the first minute, one refused, would be half."""
    assert of(published(1), untranslated(2, "refused"), record(3)).untranslated_share is None


def test_a_budget_runs_short_before_it_is_used_up() -> None:
    """The governor asks for nothing it cannot pay, so 100 % may never be reached."""
    spent = (Spent("translate", "m", Usage(900, 0, 50)),)
    paid = record(1, State.PUBLISHED, matches=(match(),), translation=translation(), spent=spent)
    title_only = published(2, BUDGET_SHORT[Extent.TITLE])
    found = of(paid, title_only, untranslated(3, BUDGET_REACHED), budget=Budget(1000, TOKENS))
    assert (found.budget_used, found.budget_short) == (95, 2)
    assert of(paid).budget_short is None


def test_a_budget_of_nothing_is_used_up() -> None:
    assert of(published(1), budget=Budget(0, TOKENS)).budget_used == 100
