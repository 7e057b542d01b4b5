"""One typography for Chinese from models, applied before the gate and before anything is stored.

The convention (docs/adr/0006): full-width punctuation in Chinese context, and one space (U+0020)
between Han characters and Latin letters, digits, formulas or web addresses; none beside full-width
punctuation. It is in the text itself, so that pages, feeds, the JSON and copied text agree whatever
draws them. Formulas and addresses keep every byte.
"""

from __future__ import annotations

import re
import unicodedata

from arxivdaily.translation import spans

_HAN = "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
_FULL = "，。；：！？、（）「」『』《》〈〉【】“”‘’…—"
_PLACE = "\ue000"  # stands for a formula
_ADDRESS = "\ue001"  # stands for a web address
_KEPT = _PLACE + _ADDRESS
_LATIN = f"A-Za-z0-9\u00c0-\u024f\u0370-\u03ff{_KEPT}"
_MARKS = {",": "，", ";": "；", ":": "：", "?": "？", "!": "！"}
_MARK = re.compile(rf"(?<=[{_HAN}）”’》])\s*([,;:?!])\s*(?=[{_HAN}A-Za-z0-9“‘（《{_KEPT}]|$)")
_MARK_BEFORE_HAN = re.compile(rf"(?<=[A-Za-z0-9%)）{_PLACE}])\s*([,;:?!])\s*(?=[{_HAN}])")
_STOP = re.compile(rf"(?<=[{_HAN}）”])\s*\.(?=\s*(?:[{_HAN}]|$))")
_BRACKETS = re.compile(r"\(([^()（）]{1,200})\)")
_QUOTED = re.compile(r"``([^`'\n]{1,200})''|\"([^\"\n]{1,200})\"")
_DASH = re.compile(rf"(?<=[{_HAN}）”])\s*-{{2,3}}\s*(?=[{_HAN}“（《])")
# Full-width letters, digits and percent signs: some models write １２％.
_WIDE = (*range(0xFF10, 0xFF1A), *range(0xFF21, 0xFF3B), *range(0xFF41, 0xFF5B))
_NARROW = {code: code - 0xFEE0 for code in _WIDE}
_NARROW[ord("％")] = ord("%")
_POINT = re.compile(r"(?<=\d)．(?=\d)")

_NEEDLESS = re.compile(rf"(?<=[{_HAN}{_FULL}])\s+(?=[{_HAN}{_FULL}])|(?<=[{_FULL}])\s+|\s+(?=[{_FULL}])")
# What may end or begin something Latin besides its letters: 12.5%, f(x), C++, ~3, $100, \cite{a}.
_GAP = re.compile(
    rf"(?<=[{_HAN}])\s*(?=[{_LATIN}(\\]|[~≈∼<>≤≥±$€£]\s?[\d.])|(?<=[{_LATIN}%‰°)\]}}+#])\s*(?=[{_HAN}])"
)
_SPACES = re.compile(r"\s+")


def normalise(text: str) -> str:
    """The same text in the stored typography, on one line.

    Idempotent; invisible characters are removed. Any text may be given, also English, which stays
    as it is but for its white space.
    """
    text = "".join(c for c in unicodedata.normalize("NFC", text) if _is_visible(c))
    text = _SPACES.sub(" ", text).strip()
    if not spans.chinese_count(text):
        return text
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
    return "".join(next(keep) if c in _KEPT else c for c in result)


def _typeset(text: str) -> str:
    text = _POINT.sub(".", text.translate(_NARROW))
    text = _BRACKETS.sub(_bracket, text)
    text = _QUOTED.sub(_quote, text)
    text = _MARK.sub(lambda m: _MARKS[m[1]], text)
    text = _MARK_BEFORE_HAN.sub(lambda m: _MARKS[m[1]], text)
    text = _STOP.sub("。", text)
    text = _DASH.sub("——", text)
    text = _NEEDLESS.sub("", text)
    return _GAP.sub(" ", text)


def _bracket(match: re.Match[str]) -> str:
    """Brackets are Chinese where they hold Chinese or stand after it."""
    before = match.string[: match.start()].rstrip()[-1:]
    if spans.chinese_count(match[1]) or (before and spans.is_chinese(before)):
        return f"（{match[1].strip()}）"
    return match[0]


def _quote(match: re.Match[str]) -> str:
    """Quotation marks likewise."""
    words = match[1] or match[2]
    beside = match.string[: match.start()].rstrip()[-1:] + match.string[match.end() :].lstrip()[:1]
    if spans.chinese_count(words) or spans.chinese_count(beside):
        return f"“{words.strip()}”"
    return match[0]


def _is_visible(character: str) -> bool:
    """White space stays; controls, zero-width and direction marks, and private-use characters go."""
    return character.isspace() or unicodedata.category(character) not in ("Cc", "Cf", "Co", "Cn", "Cs")
