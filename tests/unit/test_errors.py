"""Which failures are attempts at a paper, and which say nothing about it."""

from __future__ import annotations

import pytest
from arxivdaily.domain.records import Spent, Usage
from arxivdaily.errors import (
    ArxivDailyError,
    ConflictError,
    DeferredError,
    OutOfTimeError,
    PermanentError,
    ThrottledError,
    TransientError,
)

PAID = (Spent("translate", "m", Usage(10, 0, 1)),)
NOTHING = (Spent("translate", "m", Usage()),)


@pytest.mark.parametrize("error", [PermanentError("no"), TransientError("503"), ConflictError("moved")])
def test_a_failure_of_the_work_is_an_attempt(error: ArxivDailyError) -> None:
    assert error.is_attempt


@pytest.mark.parametrize("error", [DeferredError("held"), ThrottledError("429"), OutOfTimeError()])
def test_what_was_not_begun_is_none_unless_it_has_cost_something(error: ArxivDailyError) -> None:
    assert not error.is_attempt
    error.spent = NOTHING
    assert not error.is_attempt
    error.spent = PAID
    assert error.is_attempt
