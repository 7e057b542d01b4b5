"""Which defining expressions stand in a text: words as evidence, beside vectors.

Matching ignores case, hyphens, punctuation and English plurals: "Text-to-Image Diffusion Models"
has the phrases "text-to-image" and "diffusion model".
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

_WORD = re.compile(r"[^\W_]+")
_KEEPS_S = ("ss", "us", "is")  # class, corpus, analysis: no plurals


def normalise(text: str) -> str:
    """Words in lower case without plural s, separated and surrounded by single spaces."""
    return f" {' '.join(_singular(word) for word in _WORD.findall(text.lower()))} "


def _singular(word: str) -> str:
    if len(word) > 3 and word.endswith("s") and not word.endswith(_KEEPS_S):
        return word[:-1]
    return word


def occurrences(phrases: Sequence[str], text: str) -> Mapping[str, int]:
    """How often each of the phrases stands in the text as whole words; both `normalise`d.

    Absent ones are left out, and so is one inside a longer one that is there too ("attack" in
    "adversarial attack"): it is the same evidence.
    """
    found = [phrase for phrase in phrases if phrase in text]
    return {
        phrase: text.count(phrase)
        for phrase in found
        if not any(phrase != other and phrase in other for other in found)
    }
