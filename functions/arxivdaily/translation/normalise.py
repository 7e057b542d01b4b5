"""One typography for stored Chinese, applied before the gate; formulas and addresses stay as they are.

The convention: full-width punctuation in Chinese context, and *no* space between Chinese and
Latin letters, digits or formulas. The gap is the page's business (`text-autospace`), so search,
feeds and copied text do not depend on each model's habit. Addresses keep the space around them,
because programs that make links out of text need it.
"""

from __future__ import annotations

import re
import unicodedata

from arxivdaily.translation import spans

_HAN = "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
_FULL = "，。；：！？、（）「」『』《》【】“”‘’"
_PLACE = "\ue000"  # stands for a formula
_ADDRESS = "\ue001"  # stands for a web address
_MARKS = {",": "，", ";": "；", ":": "：", "?": "？", "!": "！"}
_MARK = re.compile(rf"(?<=[{_HAN}）”’》])\s*([,;:?!])\s*(?=[{_HAN}A-Za-z0-9“‘（《{_PLACE}{_ADDRESS}]|$)")
_MARK_BEFORE_HAN = re.compile(rf"(?<=[A-Za-z0-9%)）{_PLACE}])\s*([,;:?!])\s*(?=[{_HAN}])")
_STOP = re.compile(rf"(?<=[{_HAN}）”])\s*\.(?=\s*(?:[{_HAN}]|$))")
_BRACKETS = re.compile(r"\(([^()（）]{1,200})\)")
_GAP = re.compile(
    rf"(?<=[{_HAN}{_FULL}])[ \u3000]+(?=[{_HAN}{_FULL}A-Za-z0-9(\\{_PLACE}])"
    rf"|(?<=[A-Za-z0-9%){_PLACE}])[ \u3000]+(?=[{_HAN}{_FULL}])"
)
_SPACES = re.compile(r"\s+")


def normalise(text: str) -> str:
    """The same text in the stored typography. Idempotent; invisible characters are removed."""
    text = "".join(c for c in unicodedata.normalize("NFC", text) if _is_visible(c))
    text = _SPACES.sub(" ", text).strip()
    pieces: list[str] = []
    masked, position = [], 0
    for start, end in spans.protected(text):
        masked.append(text[position:start])
        pieces.append(text[start:end])
        masked.append(_PLACE if text[start] in "$\\" else _ADDRESS)
        position = end
    masked.append(text[position:])
    result = _typeset("".join(masked))
    keep = iter(pieces)
    return "".join(next(keep) if c in (_PLACE, _ADDRESS) else c for c in result)


def _typeset(text: str) -> str:
    text = _BRACKETS.sub(_bracket, text)
    text = _MARK.sub(lambda m: _MARKS[m[1]], text)
    text = _MARK_BEFORE_HAN.sub(lambda m: _MARKS[m[1]], text)
    text = _STOP.sub("。", text)
    return _GAP.sub("", text)


def _bracket(match: re.Match[str]) -> str:
    """Brackets are Chinese where they hold Chinese or stand after it."""
    before = match.string[: match.start()].rstrip()[-1:]
    if spans.chinese_count(match[1]) or (before and spans.is_chinese(before)):
        return f"（{match[1].strip()}）"
    return match[0]


def _is_visible(character: str) -> bool:
    """White space stays; controls, zero-width and direction marks, and private-use characters go."""
    return character.isspace() or unicodedata.category(character) not in ("Cc", "Cf", "Co", "Cn", "Cs")
