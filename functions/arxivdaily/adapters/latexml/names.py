"""Names of people: which of the paper's authors a name on a page means."""

from __future__ import annotations

import re
from collections.abc import Sequence

from arxivdaily.domain.institution_names import fold

_MAX_NAMESAKES = 50
MOST_NAME_WORDS = 6


class Names:
    """The paper's authors, found by the spelling of a page: accents, case, hyphens, initials, middle
    names and the order of family and given name may differ."""

    def __init__(self, authors: Sequence[str]) -> None:
        self.words = [words_of(re.sub(r"\(.*", "", author[:300])) for author in authors]
        self._exact: dict[str, list[int]] = {}
        self._near: dict[tuple[str, str], list[int]] = {}
        for index, words in enumerate(self.words):
            if not words:
                continue
            for spelling in {
                "".join(words),
                "".join([*words[-1:], *words[:-1]]),
                "".join([*words[1:], words[0]]),
            }:
                if len(same := self._exact.setdefault(spelling, [])) < _MAX_NAMESAKES:
                    same.append(index)
            for initial, word in {(words[0][0], w) for w in words[1:] if len(w) > 1} | {
                (w[0], words[0]) for w in words[1:] if len(words[0]) > 1
            }:
                if len(alike := self._near.setdefault((initial, word), [])) < _MAX_NAMESAKES:
                    alike.append(index)

    def exact(self, words: Sequence[str]) -> list[int]:
        return self._exact.get("".join(words), [])

    def near(self, words: Sequence[str]) -> list[int]:
        """Authors that may be meant by a text of these words only; the best first."""
        if exact := self.exact(words):
            return exact
        if not 2 <= len(words) <= MOST_NAME_WORDS + 2:
            return []
        found: dict[int, int] = {}
        for initial, word in (
            (words[0][0], words[-1]),
            (words[-1][0], words[0]),
            *((words[0][0], w) for w in words[1:]),
        ):
            for index in self._near.get((initial, word), []):
                if index not in found and (likeness := _likeness(words, self.words[index])):
                    found[index] = likeness
        best = max(found.values(), default=0)
        return [index for index, likeness in found.items() if likeness == best]


def words_of(name: str) -> list[str]:
    return fold(name).split()


def _likeness(one: Sequence[str], other: Sequence[str]) -> int:
    """0 for different people; more for the same words, less for initials and missing middle names."""
    if sorted(one) == sorted(other):
        return 4
    if one[-1] != other[-1]:
        if one[0] == other[-1] and len(one) == 2:  # family name first
            return _likeness([*one[1:], one[0]], other)
        if other[0] == one[-1] and len(other) == 2:
            return _likeness(one, [*other[1:], other[0]])
        if abs(len(one) - len(other)) > 2:
            return 0
        # `Adriana Romero` and `Adriana Romero-Soriano`
        full = one[0] == other[0] and len(one[0]) > 1
        return 1 if full and (one[-1] in other[1:] or other[-1] in one[1:]) else 0
    if len(one) < 2 or len(other) < 2:
        return 0
    if "".join(one) == "".join(other):
        return 4
    a, b = one[0], other[0]
    if a == b:
        return 3
    if "".join(one[:-1]) == "".join(other[:-1]):
        return 3
    if len(a) == 1 or len(b) == 1:
        if a[0] != b[0]:
            return 0
        # second initials must not contradict each other
        seconds = [w[1][0] for w in (one, other) if len(w) > 2]
        return 0 if len(seconds) == 2 and seconds[0] != seconds[1] else 2
    return 1 if min(len(a), len(b)) >= 3 and (a.startswith(b) or b.startswith(a)) else 0
