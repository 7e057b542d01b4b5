"""Reasons as a person at a terminal reads them: in English, whichever language the record has them in.

The counterpart of `arxivdaily.site.reasons`. What translations are refused for is stored in Chinese, because
the model is told so too; `--json` gives every reason as it is stored.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from arxivdaily.translation.gate import PARTS, REASONS, Code

_HAN = re.compile(r"[\u3400-\u9fff]")

OBJECTIONS = {
    Code.EMPTY: "is missing",
    Code.FORMULA: "lacks or changes a formula",
    Code.COMMAND: "lacks a LaTeX command",
    Code.NUMBER: "has other numbers than the original",
    Code.MISPLACED: "has a number in another place",
    Code.UNIT: "has another unit or percentage",
    Code.URL: "has other addresses than the original",
    Code.ADDED: "has tags or links that the original does not have",
    Code.CITATION: "lacks a citation",
    Code.ACRONYM: "lacks an acronym or a name",
    Code.NOT_CHINESE: "is not Chinese",
    Code.LENGTH: "is too long or too short",
    Code.OMITTED: "leaves a sentence out",
    Code.COPIED: "copies the English",
    Code.REFUSAL: "is a refusal to answer",
    Code.LEAK: "repeats the prompt",
    Code.REPEATED: "repeats itself",
    Code.TRUNCATED: "is not finished",
}
_CLAUSE = re.compile(
    rf"(?P<part>{'|'.join(PARTS.values())})(?:{'|'.join(map(re.escape, REASONS.values()))})"
    r"(?:：(?P<detail>.*?))?（(?P<code>[a-z-]+)）(?:；|$)",
    re.DOTALL,
)
_PART_NAMES = {chinese: name for name, chinese in PARTS.items()}
_SAID = tuple(
    (re.compile(pattern), words)
    for pattern, words in (
        (r"没有摘要可译", "there is no abstract to translate"),
        (
            r"原文超过 (\d+) 字符，不送翻译",
            r"the text is longer than \1 characters and is not sent",
        ),
        (r"回答没有写完", "the model's answer breaks off"),
        (r"回答不是 JSON 对象", "the model's answer is not a JSON object"),
    )
)
_MEASURES = (
    (re.compile(r"译文 (\d+) 字，原文 (\d+) 字符"), r"\1 characters for \2"),
    (re.compile(r"译文 (\d+) 句，原文 (\d+) 句"), r"\1 sentences for \2"),
    (re.compile(r"(\d+) 字，至多 (\d+) 字"), r"\1 characters, at most \2"),
)
_MORE = re.compile(r" 等 (\d+) 处$")


def in_english(reason: str) -> str:
    """A record's reason in English; what it quotes (a formula, words of an answer) stays as it is.

    A service's message is left alone, whatever it is written in.
    """
    if not _HAN.match(reason):
        return reason
    for pattern, words in _SAID:
        if found := pattern.fullmatch(reason):
            return found.expand(words)
    clauses = list(_clauses(reason))
    return "; ".join(clauses) if clauses else f"refused: “{reason}”"


def _clauses(reason: str) -> Iterator[str]:
    """The objections of the gate, one by one; none for a text that is not all of its making."""
    end, found = 0, []
    while match := _CLAUSE.match(reason, end):
        end = match.end()
        found.append(match)
    if end < len(reason):
        return
    for match in found:
        code, detail = match["code"], _detail(match["detail"] or "")
        said = OBJECTIONS[Code(code)] if code in set(Code) else f"was refused ({code})"
        yield f"the {_PART_NAMES[match['part']]} {said}" + (f" ({detail})" if detail else "")


def _detail(text: str) -> str:
    for pattern, words in _MEASURES:
        if found := pattern.fullmatch(text):
            return found.expand(words)
    more = _MORE.search(text)
    pieces = (text[: more.start()] if more else text).split("、")
    # What an answer said is quoted; names, numbers and formulas speak for themselves.
    shown = ", ".join(f"“{piece}”" if _HAN.search(piece) else piece for piece in pieces if piece)
    return f"{shown} and others, {more[1]} in all" if more else shown
