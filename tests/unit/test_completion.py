"""When an edition is complete: nothing is under way, and what failed is little."""

from __future__ import annotations

from collections import Counter

import pytest
from arxivdaily.domain.completion import LOST_OF, failed_share, failed_too_many, is_complete
from arxivdaily.domain.records import State
from fakes import record
from hypothesis import given
from hypothesis import strategies as st

DONE = (State.PUBLISHED, State.UNTRANSLATED, State.UNMATCHED)
ENDED = st.lists(st.sampled_from([state for state in State if state is not State.PENDING]), max_size=60)


def complete(*states: State) -> bool:
    return is_complete([record(number, state) for number, state in enumerate(states)])


@pytest.mark.parametrize(
    ("failed", "done", "expected"),
    [
        (0, 0, True),  # replacements alone, or nothing at all
        (1, 0, False),
        (1, 1, True),
        (1, 499, True),
        (2, 2, False),
        (2, 8, True),
        (3, 9, False),
        (100, 400, True),
        (101, 399, False),
        (500, 0, False),
    ],
)
def test_a_few_may_have_failed(failed: int, done: int, expected: bool) -> None:
    revisions = [State.REVISION] * 40  # which have no part in it
    assert complete(*[State.FAILED] * failed, *[State.UNMATCHED] * done, *revisions) is expected


@given(ENDED)
def test_an_edition_of_which_nothing_came_through_is_never_complete(states: list[State]) -> None:
    counts = Counter(states)
    if counts[State.FAILED] and not any(counts[state] for state in DONE):
        assert not complete(*states)
    if not counts[State.FAILED]:
        assert complete(*states)


@given(ENDED)
def test_what_is_under_way_keeps_an_edition_open(states: list[State]) -> None:
    assert not complete(*states, State.PENDING)


@given(ENDED, st.integers(0, 59))
def test_one_that_comes_through_never_opens_an_edition_again(states: list[State], place: int) -> None:
    if State.FAILED in states and complete(*states):
        mended = states.copy()
        mended[states.index(State.FAILED)] = DONE[place % 3]
        assert complete(*mended)


@given(ENDED)
def test_a_share_beyond_the_limit_is_of_an_edition_that_is_open_but_for_a_single_failure(
    states: list[State],
) -> None:
    records = [record(number, state) for number, state in enumerate(states)]
    share = failed_share(records)
    assert 0 <= share <= 100
    if share > 100 / LOST_OF and Counter(states)[State.FAILED] > 1:
        assert not is_complete(records)
    if share <= 100 / LOST_OF:
        assert is_complete(records)


def test_a_share_is_of_all_that_is_to_be_sorted_also_of_what_is_under_way() -> None:
    states = [State.FAILED] * 2 + [State.PENDING] * 6 + [State.REVISION] * 5
    assert failed_share([record(number, state) for number, state in enumerate(states)]) == 25
    assert failed_share([]) == 0


@given(st.lists(st.sampled_from(list(State)), max_size=60))
def test_what_has_ended_is_complete_unless_too_many_failed(states: list[State]) -> None:
    records = [record(number, state) for number, state in enumerate(states)]
    assert is_complete(records) is (State.PENDING not in states and not failed_too_many(records))
