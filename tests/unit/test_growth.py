"""No text from outside takes a function more than a moment: regular expressions do not run away.

`python tests/hostile/growth.py` measures how long each takes and how that grows; here a call that has
not come back after `growth.LIMIT` seconds hangs, whatever the machine is.
"""

from __future__ import annotations

import re

import pytest
from hostile import growth


@pytest.mark.parametrize("name", growth.FUNCTIONS)
def test_no_text_makes_it_hang(name: str) -> None:
    for label, text in growth.some_texts(name):
        try:
            growth.seconds_for(growth.FUNCTIONS[name], text)
        except growth.HangingError:
            pytest.fail(f"{name} hangs on {label}")


def test_a_careless_expression_would_hang(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(growth, "LIMIT", 0.3)
    with pytest.raises(growth.HangingError):
        growth.seconds_for(lambda text: re.search(r"\s+x", text), " " * 100_000)
