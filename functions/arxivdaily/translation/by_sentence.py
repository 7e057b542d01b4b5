"""The translator for small models: a sentence a call, formulas out of sight.

A model of one or two billion parameters loses the thread of a whole abstract: it leaves words in
English, drops formulas and spoils the JSON with their backslashes. One sentence it translates
well, if formulas and links are replaced by short symbols that it only has to copy.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from arxivdaily.domain.injection import visible
from arxivdaily.domain.papers import Paper
from arxivdaily.domain.records import Extent, Provenance, Spent, Translation
from arxivdaily.errors import ArxivDailyError, PermanentError
from arxivdaily.model_calls import PaidOnce, Patience, UnusableAnswerError, ask
from arxivdaily.ports import LanguageModel, NoProgress, Progress, Prompt, TranslateAnswer
from arxivdaily.translation import gate, spans
from arxivdaily.translation.glossary import Glossary
from arxivdaily.translation.normalise import normalise
from arxivdaily.translation.translator import MAX_REASONS, MAX_SOURCE

PROMPT_VERSION: Final = "sentence-2"
"""Stored with every answer; raise it when the words below change what comes back."""

_SENTENCE: Final = """\
你是计算机科学论文的译者，把一句英文译成通顺的简体中文，不增不减。
普通英文词都要译成中文；数字、英文缩写、模型名和 X1 这样的记号照抄。
只输出 JSON：{"zh": "译文"}"""
_SUMMARY: Final = """\
用一句不超过 60 字的中文概括这篇论文：针对什么问题，提出什么方法，有什么效果。不写数字。
只输出 JSON：{"zh": "概括"}"""
_SCHEMA: Final[dict[str, Any]] = {
    "type": "object",
    "properties": {"zh": {"type": "string"}},
    "required": ["zh"],
    "additionalProperties": False,
}
_MAX_TERMS = 6
_LONG = 80  # characters; shorter sentences are not cut
_LEFT = re.compile(r"(?<![A-Za-z0-9_-])[a-z]{4,}(?![A-Za-z0-9_-])|(?:[A-Za-z-]+ ){2,}[A-Za-z-]+")
_ABBREVIATION = re.compile(r"(?:\b(?:e\.g|i\.e|et al|etc|cf|vs|resp|w\.r\.t|Fig|Eq|Sec|Dr|No)|\b[A-Z])\.$")


class SentenceTranslator:
    """Implements `ports.Translator`. Holds no state between papers."""

    def __init__(self, model: LanguageModel, glossary: Glossary, *, patience: Patience | None = None) -> None:
        self._model = model
        self._glossary = glossary
        self._patience = patience or Patience()

    def made_by(self, extent: Extent) -> Sequence[Provenance]:
        part = "" if extent is Extent.FULL else f"/{extent}"
        return (Provenance(self._model.model, f"{PROMPT_VERSION}{part}+{self._glossary.version}"),)

    def translate(
        self, paper: Paper, extent: Extent = Extent.FULL, progress: Progress | None = None
    ) -> TranslateAnswer:
        """What was asked for, having passed the gate, with what all calls cost.

        Raises TransientError when the model cannot be asked, PermanentError with the gate's reasons; both
        say what was spent. `progress` is saved with each sentence.
        """
        if not paper.abstract.strip():
            raise PermanentError("没有摘要可译")
        if len(paper.title) + len(paper.abstract) > MAX_SOURCE:
            raise PermanentError(f"原文超过 {MAX_SOURCE} 字符，不送翻译")
        progress = progress or NoProgress()
        model = PaidOnce(self._model, progress)
        try:
            translation = self._translated(paper, extent, _Questions(model, self._patience), progress)
        except ArxivDailyError as error:
            error.spent = (Spent("translate", model.model, model.usage),)
            raise
        return TranslateAnswer(translation, (Spent("translate", model.model, model.usage),))

    def _translated(
        self, paper: Paper, extent: Extent, questions: _Questions, progress: Progress
    ) -> Translation:
        title = self._sentence(paper.title, questions)
        progress.save()
        translated = []
        # A summary is made from the Chinese, so that it needs the abstract in any case.
        for sentence in sentences(paper.abstract) if extent is not Extent.TITLE else ():
            translated.append(self._sentence(sentence, questions))
            progress.save()
        abstract, summary = normalise("".join(translated)), ""
        if extent is not Extent.TITLE:
            summary = _summary(title, abstract, questions)
        if extent is not Extent.FULL:
            abstract = ""
        refusals = gate.check(paper, title, abstract, summary, extent)
        if refusals:
            raise PermanentError("；".join(refusal.reason for refusal in refusals[:MAX_REASONS]))
        return Translation(title, abstract, summary, self.made_by(extent)[0])

    def _sentence(self, english: str, questions: _Questions) -> str:
        """The best of a few answers; the whole text's gate has the last word."""
        best = self._answer(english, questions)
        faults = Faults.of(english, best)
        if faults:
            second = self._answer(english, questions, faults.reasons)
            best, faults = min((best, faults), (second, Faults.of(english, second)), key=_by_weight)
        halves = clauses(english)
        if faults and halves:
            parts = [self._answer(half, questions).rstrip("。，；") for half in halves]
            joined = normalise("，".join(parts) + best[-1:])
            best, faults = min((best, faults), (joined, Faults.of(english, joined)), key=_by_weight)
        return best

    def _answer(self, english: str, questions: _Questions, objections: Sequence[str] = ()) -> str:
        # Names are shown at first, for they mean something; a model that loses them gets symbols.
        masked, symbols = mask(english, spans.find(english).names if objections else ())
        terms = self._glossary.found_in(english, _MAX_TERMS)
        lines = ["术语：" + "；".join(f"{t.en}＝{t.zh}" for t in terms)] if terms else []
        lines.append(f"Sentence: {visible(masked)}")
        if objections:
            lines.append("上次的译文有误：" + "；".join(objections[:3]) + "。请重译。")
        answer = questions.ask(_SENTENCE, "\n".join(lines), room=100 + len(english))
        return normalise(unmask(answer, symbols))


@dataclass(frozen=True, slots=True)
class _Questions:
    """To a model, about one paper."""

    model: LanguageModel
    patience: Patience

    def ask(self, system: str, user: str, room: int) -> str:
        """The model's one text; empty if it gave none."""
        prompt = Prompt("sentence", system, user, _SCHEMA, max_tokens=room)
        try:
            value, _ = ask(self.model, prompt, self.patience)
        except UnusableAnswerError:
            return ""
        text = value.get("zh")
        return text if isinstance(text, str) else ""


def _summary(title: str, abstract: str, questions: _Questions) -> str:
    """One sentence; of a longer answer the first. The title said again is no summary, and a
    small model that is shown it does just that."""
    user = f"摘要：{abstract}"
    for question in (user, f"{user}\n只写一句，不超过 60 字。"):
        first = normalise(questions.ask(_SUMMARY, question, room=300)).partition("。")[0]
        if first not in ("", title.rstrip("。")) and len(first) < gate.MAX_SUMMARY:
            return f"{first}。"
    return ""


@dataclass(frozen=True, slots=True)
class Faults:
    """What is wrong with a sentence: what the gate refuses, and English words left standing,
    which it lets pass."""

    refusals: tuple[str, ...]
    left: tuple[str, ...]

    @classmethod
    def of(cls, english: str, chinese: str) -> Faults:
        return cls(
            tuple(refusal.reason for refusal in gate.check_text("title", english, chinese)),
            tuple(word for word in _LEFT.findall(spans.find(chinese).prose) if word in english),
        )

    def __bool__(self) -> bool:
        return bool(self.refusals or self.left)

    @property
    def reasons(self) -> tuple[str, ...]:
        return self.refusals + ((f"没有译出 {'、'.join(self.left[:4])}",) if self.left else ())


def _by_weight(candidate: tuple[str, Faults]) -> tuple[int, int]:
    _text, faults = candidate
    return len(faults.refusals), len(faults.left)


def clauses(sentence: str) -> tuple[str, str] | None:
    """A long sentence in two, at the comma or semicolon nearest its middle; None for a short one."""
    if len(sentence) < _LONG:
        return None
    kept = spans.protected(sentence)
    gaps = [
        gap
        for gap in re.finditer(r"[,;:]\s+", sentence)
        if not any(begin < gap.start() < end for begin, end in kept)
    ]
    if not gaps:
        return None
    gap = min(gaps, key=lambda gap: abs(gap.start() - len(sentence) // 2))
    return sentence[: gap.start()], sentence[gap.end() :]


def sentences(text: str) -> list[str]:
    """An abstract's sentences; formulas, links and abbreviations do not end one."""
    flat = " ".join(text.split())
    kept = spans.protected(flat)
    found, start = [], 0
    for gap in re.finditer(r"(?<=[.!?])[\"'”’)]*\s+(?=[A-Z0-9$\\(\"'“‘])", flat):
        inside = any(begin < gap.start() < end for begin, end in kept)
        if inside or _ABBREVIATION.search(flat[start : gap.start()]):
            continue
        found.append(flat[start : gap.end()].strip())
        start = gap.end()
    return [*found, flat[start:].strip()]


def mask(text: str, names: Sequence[str] = ()) -> tuple[str, dict[str, str]]:
    r"""Replace formulas, links and the given names by symbols X1, X2 …; the text and what each
    symbol stands for. What occurs twice has one symbol.

    An escaped percent sign becomes a plain one: the gate takes them for the same.
    """
    letter = next((c for c in "XYZQWVJKUH" if not re.search(rf"{c}\d", text)), "Ω")
    ranges = spans.protected(text)
    for name in names:
        for found in re.finditer(rf"(?<![\w$\\-]){re.escape(name)}(?![\w-])", text):
            if not any(start < found.end() and found.start() < end for start, end in ranges):
                ranges.append(found.span())
    symbols: dict[str, str] = {}
    pieces, position = [], 0
    for start, end in sorted(ranges):
        original = text[start:end]
        symbol = next((s for s, o in symbols.items() if o == original), f"{letter}{len(symbols) + 1}")
        symbols[symbol] = original
        pieces += [text[position:start], symbol]
        position = end
    pieces.append(text[position:])
    return "".join(pieces).replace(r"\%", "%"), symbols


def unmask(text: str, symbols: dict[str, str]) -> str:
    """Put back what the symbols stand for, the last first: X12 is not X1 and a 2."""
    for symbol, original in reversed(symbols.items()):
        text = re.sub(rf"{symbol}(?!\d)", lambda _, original=original: original, text)  # type: ignore[misc]
    return text
