"""No text from outside, long or short, takes a function more than a moment.

`python tests/hostile/growth.py` measures how long each takes and how that grows; here a call that has
not come back after `growth.LIMIT` seconds hangs, whatever the machine is.
"""

from __future__ import annotations

import re

import pytest
from hostile import growth

SHORT_TEXTS = 60  # for each function; `make fuzz` takes thousands


@pytest.mark.parametrize("name", growth.FUNCTIONS)
def test_no_text_makes_it_hang(name: str) -> None:
    for label, text in growth.some_texts(name):
        try:
            growth.seconds_for(growth.FUNCTIONS[name], text)
        except growth.HangingError:
            pytest.fail(f"{name} hangs on {label}")


@pytest.mark.parametrize("name", growth.FUNCTIONS)
def test_no_short_text_makes_it_hang(name: str) -> None:
    for label, text in growth.short_texts(name, SHORT_TEXTS):
        try:
            growth.seconds_for(growth.FUNCTIONS[name], text, growth.SHORT_LIMIT)
        except growth.HangingError:
            pytest.fail(f"{name} hangs on {label}")


def test_every_function_that_reads_outside_text_is_tried() -> None:
    """A new one is named in `growth.FUNCTIONS`, or among those that read nothing from outside."""
    unread = growth.unread()
    assert [name for name in unread if not name.startswith(growth.NOT_FROM_OUTSIDE)] == []
    unneeded = [one for one in growth.NOT_FROM_OUTSIDE if not any(name.startswith(one) for name in unread)]
    assert unneeded == [], "a function is tried after all, or is no more"


def test_a_careless_expression_would_hang(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(growth, "LIMIT", 0.3)
    with pytest.raises(growth.HangingError):
        growth.seconds_for(lambda text: re.search(r"\s+x", text), " " * 100_000)
