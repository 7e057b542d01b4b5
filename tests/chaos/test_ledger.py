"""What the suite's model service excuses: a good answer that was bought twice."""

from __future__ import annotations

import pytest
from arxivdaily.use_cases.saving import ALWAYS
from chaos.kernel import Process
from chaos.models import Ledger

QUESTION = ("translate", "2606.00001v1")


@pytest.mark.parametrize(
    ("refused", "unsaved", "ended", "is_wrong"),
    [
        (0, False, "", True),
        (ALWAYS + 1, False, "", True),  # its record was never tried
        (ALWAYS, True, "", True),  # there were tries left
        (ALWAYS + 1, True, "", False),
        (0, False, "timeout", False),
    ],
)
def test_a_second_purchase_is_excused_where_nothing_could_keep_the_first(
    refused: int, unsaved: bool, ended: str, is_wrong: bool
) -> None:
    ledger, first = Ledger(), Process("translate", 1, 900.0)
    ledger.bought(QUESTION, first, 10.0)
    for _ in range(refused):
        ledger.refused(QUESTION, first)
    if unsaved:
        ledger.unsaved(QUESTION, first)
    if ended:
        first.die(ended)
    ledger.bought(QUESTION, Process("translate", 2, 900.0), 500.0)
    assert bool(ledger.wrong) is is_wrong


def test_nothing_excuses_a_second_purchase_of_what_is_stored() -> None:
    ledger, first = Ledger(), Process("translate", 1, 900.0)
    ledger.bought(QUESTION, first, 10.0)
    ledger.stored(QUESTION, first)
    first.die("killed")
    ledger.bought(QUESTION, Process("translate", 2, 900.0), 500.0)
    assert len(ledger.wrong) == 1
