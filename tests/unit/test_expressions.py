"""No regular expression of the package divides a short text in so many ways that it hangs.

`hostile.expressions` makes texts for every repeat of every expression; that a few dozen characters are
slow means that a few more would never end. What grows with a power of the length is `growth`'s.
"""

from __future__ import annotations

import re
from typing import Any

import pytest
from hostile import expressions, growth

SECONDS = 0.5  # of processor time for a text of 24 repeats; a good expression takes microseconds
REPEATS = 24


def hanging(pattern: re.Pattern[Any]) -> str | None:
    """A text that the pattern takes long over, or None."""
    for attack in expressions.attacks(pattern):
        text: Any = attack.times(REPEATS)
        if isinstance(pattern.pattern, bytes):
            text = text.encode()
        try:
            with growth.limit(SECONDS):
                pattern.search(text)
                pattern.match(text)
                pattern.fullmatch(text)
        except growth.HangingError:
            return repr(text)
    return None


def test_no_expression_hangs_on_a_short_text() -> None:
    found = expressions.all_expressions()
    assert len(found) > 300
    slow = {one.where: text for one in found if (text := hanging(one.pattern))}
    assert slow == {}


@pytest.mark.parametrize(
    "careless",
    [
        r"(?:a+)+$",
        r"(?:\w+\s?)+!",
        r"(?:a|ab|b)*c",
        # Two that were ours: the years before a venue, and the digits behind a name.
        r"\b20\d\d[\s,-]+(?:(?:the|ieee|\d+(?:st|nd)|[/&-])[\s/]*)*$",
        r"[\s,]*((?:\d{1,2}[\s,]*)+|[*†]+)",
    ],
)
def test_a_careless_expression_is_found(careless: str) -> None:
    assert hanging(re.compile(careless)) is not None


def test_expressions_are_found_wherever_they_are_written() -> None:
    places = {one.where for one in expressions.all_expressions()}
    assert "arxivdaily.domain.comments:_YEAR_BEFORE" in places
    assert any(place.startswith("arxivdaily.adapters.latexml.marks, line ") for place in places)
    assert "arxivdaily.domain.comments:_KINDS" in places
