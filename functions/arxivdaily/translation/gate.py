"""The gate: what a translation must be before it is stored and shown.

Pure functions over the source and the Chinese text. Each rule looks for one kind of damage that
models do in practice and says so in a `Refusal`, whose reason goes into the second prompt and
into the ledger. The rules were set on 143 good pairs of abstracts: they accept what good
translators do (5,250 or 5250, 10 million or 1000万, 2.3x or 2.3倍, 2D or 二维, 1990s or 90年代).
"""

from __future__ import annotations

import re
from collections import Counter, deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from functools import cache
from pathlib import Path

from arxivdaily.domain.additions import additions
from arxivdaily.domain.papers import Paper
from arxivdaily.domain.records import Extent
from arxivdaily.translation import alignment, spans
from arxivdaily.translation.prompt import SYSTEM
from arxivdaily.translation.spans import Number, Spans

MAX_SUMMARY = 220  # characters; good ones have 45 to 110
_CLIP = 60  # characters of outside text quoted in a reason


class Code(StrEnum):
    """The kinds of damage; the values are stable (they are stored in the ledger)."""

    EMPTY = "empty"
    FORMULA = "formula"
    COMMAND = "command"
    NUMBER = "number"
    MISPLACED = "misplaced-number"
    UNIT = "unit"
    URL = "url"
    ADDED = "added-markup"
    CITATION = "citation"
    ACRONYM = "acronym"
    NOT_CHINESE = "not-chinese"
    LENGTH = "length"
    OMITTED = "omitted"
    COPIED = "copied-english"
    REFUSAL = "refusal"
    LEAK = "leaked-instruction"
    REPEATED = "repeated"
    TRUNCATED = "truncated"


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a text was refused. `part` is title, abstract or summary; `detail` quotes what is wrong."""

    code: Code
    part: str
    detail: str = ""

    @property
    def reason(self) -> str:
        """For the ledger and for the second prompt, in Chinese with the code in English."""
        detail = f"：{self.detail}" if self.detail else ""
        return f"{PARTS[self.part]}{REASONS[self.code]}{detail}（{self.code}）"


PARTS = {"title": "标题", "abstract": "摘要", "summary": "总结"}
REASONS = {
    Code.EMPTY: "没有译文",
    Code.FORMULA: "缺少或改动了公式",
    Code.COMMAND: "缺少 LaTeX 命令",
    Code.NUMBER: "数字与原文不符",
    Code.MISPLACED: "数字的位置与原文不符",
    Code.UNIT: "单位或百分号与原文不符",
    Code.URL: "网址与原文不符",
    Code.ADDED: "混入了原文没有的标记或链接",
    Code.CITATION: "缺少引文",
    Code.ACRONYM: "缺少英文缩写或名称",
    Code.NOT_CHINESE: "不是中文",
    Code.LENGTH: "长度与原文不相称",
    Code.OMITTED: "漏译了句子",
    Code.COPIED: "照抄了英文",
    Code.REFUSAL: "是拒绝回答",
    Code.LEAK: "混入了提示词",
    Code.REPEATED: "有重复的语句",
    Code.TRUNCATED: "没有写完",
}


def check(
    source: Paper, title: str, abstract: str, summary: str, extent: Extent = Extent.FULL
) -> tuple[Refusal, ...]:
    """Every objection to a translation of `source`, in a fixed order; empty when it is good.

    What `extent` does not ask for is not looked at.
    """
    refusals = [*check_text("title", source.title, title)]
    if extent is Extent.FULL:
        refusals += check_text("abstract", source.abstract, abstract)
    if extent is not Extent.TITLE:
        refusals += _check_summary(source, summary)
    return tuple(refusals)


def check_text(part: str, english: str, chinese: str) -> Iterator[Refusal]:
    """The objections to a title or an abstract alone, or to any sentence (as a `title`)."""
    if not chinese.strip():
        yield Refusal(Code.EMPTY, part)
        return
    if len(chinese) > _longest(english):  # before anything looks closer at a text without an end
        yield Refusal(Code.LENGTH, part, f"译文 {len(chinese)} 字，原文 {len(english)} 字符")
        return
    if refusal := _refusal(part, english, chinese):
        yield refusal  # what else is wrong with it says nothing
        return
    source, target = spans.find(english), spans.find(chinese)
    yield from _formulas(part, source, target, chinese)
    yield from _commands(part, source, chinese)
    yield from _numbers(part, english, source, chinese)
    yield from _urls(part, source, target)
    yield from _additions(part, english, chinese)
    yield from _citations(part, source, chinese)
    yield from _acronyms(part, english, source, target, chinese)
    yield from _language(part, source, target)
    yield from _length(part, source, target)
    yield from _copied(part, source, target, chinese)
    yield from _manners(part, english, chinese)
    if part == "abstract":
        yield from _sentences(part, english, chinese)
        yield from _ending(part, english, chinese)


def _longest(english: str) -> int:
    """Characters that no translation exceeds: Chinese is shorter than English, but for short texts."""
    return 2 * len(english) + 200


def _check_summary(source: Paper, summary: str) -> Iterator[Refusal]:
    """A summary is free in what it leaves out, but may not invent."""
    part = "summary"
    if not summary.strip():
        yield Refusal(Code.EMPTY, part)
        return
    english = f"{source.title}\n{source.abstract}"
    if len(summary) > 4 * MAX_SUMMARY:
        yield Refusal(Code.LENGTH, part, f"{len(summary)} 字，至多 {MAX_SUMMARY} 字")
        return
    if refusal := _refusal(part, english, summary):
        yield refusal
        return
    if len(summary) > MAX_SUMMARY:
        yield Refusal(Code.LENGTH, part, f"{len(summary)} 字，至多 {MAX_SUMMARY} 字")
    whole, target = spans.find(english), spans.find(summary)
    if spans.chinese_count(summary) < 6:
        yield Refusal(Code.NOT_CHINESE, part)
    else:
        yield from _language(part, whole, target)
    invented = [url for url in target.urls if url not in whole.urls]
    if invented:
        yield Refusal(Code.URL, part, _quote(invented))
    yield from _additions(part, english, summary)
    yield from _invented_numbers(part, english, summary)
    yield from _copied(part, whole, target, summary)
    yield from _manners(part, english, summary)


# --- what must be carried over ---------------------------------------------------------------

_OPERATOR = re.compile(
    r"\\(?:times|to|rightarrow|Rightarrow|leftarrow|leftrightarrow|uparrow|downarrow|sim|approx|pm|cdot|%|ll|gg"
    r"|leq?|geq?|circ|dagger|ddagger|star|ast|bullet)|[<>=+~*-]"
)
_PLAIN_NUMBER = re.compile(
    r"(?:\\sim|\\approx|\\pm|[~+<>-])*\s*[\d.,{}\s]+(?:\s*(?:\\times|\\%|%|x|\\,|\\!))*"
)
_MARKUP = re.compile(r"[\\^_{}]")
_GREEK_NAMES = """
alpha beta gamma delta epsilon zeta eta theta kappa lambda mu nu xi pi rho sigma tau phi chi psi omega
"""
_GREEK = dict(zip(_GREEK_NAMES.split(), "αβγδϵζηθκλμνξπρστφχψω", strict=True))


def _formulas(part: str, source: Spans, target: Spans, chinese: str) -> Iterator[Refusal]:
    """Every formula as often as in the source, byte for byte between its delimiters.

    Not asked for: the sentence's full stop that stood inside, a bare operator (`$\\times$`, which
    reads 倍), a plain number (the number rule has it). A formula without LaTeX markup may stand
    bare (O(N)), a lone Greek letter as itself (ρ), and neighbours may have been joined
    (`$m=2$, $p=4$` to `$m=2, p=4$`).
    """
    wanted = Counter(_body(f) for f in source.formulas)
    have = Counter(_body(f) for f in target.formulas)
    # \(…\) may lose its delimiters throughout, because they look like brackets: then its commands
    # must be there. A broken $$ shifts every delimiter after it: then the body must be there.
    unwrapped = not have and not any(f.startswith("$") for f in source.formulas)
    shifted = any(f.startswith("$$") for f in source.formulas)
    commands = _commands_of(chinese)
    missing = []
    for body, count in wanted.items():
        if have[body] >= count or _OPERATOR.fullmatch(body) or _PLAIN_NUMBER.fullmatch(body):
            continue
        others = [other for other in have if other not in wanted and len(body) >= 3 and body in other]
        bare = 0 if _MARKUP.search(body[1:]) else _standing(_GREEK.get(body[1:], body), target.prose)
        if max(have[body], bare) + len(others) >= count:
            continue
        if (unwrapped and _commands_of(body) <= commands) or (shifted and body in chinese):
            continue
        if not _reads_the_same(body, target.prose):
            missing.append(f"${body}$")
    if missing:
        yield Refusal(Code.FORMULA, part, _quote(missing))


_SYMBOLS = _GREEK | {
    "to": "→", "rightarrow": "→", "infty": "∞", "leq": "≤", "le": "≤", "geq": "≥", "ge": "≥",
    "neq": "≠", "times": "×", "pm": "±", "approx": "≈", "sim": "~", "cdot": "·", "in": "∈",
    "epsilon": "ε", "varepsilon": "ε",
}  # fmt: skip
_RAISED = str.maketrans("0123456789+-n", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻ⁿ")
_LIMIT = re.compile(r"\s*([A-Za-z])\s*\\(?:to|rightarrow)\s*\\infty\s*")


def _reads_the_same(body: str, prose: str) -> bool:
    """Whether a formula stands there as plain characters (χ² = 32.94) or in its idiom (n趋于无穷)."""
    if limit := _LIMIT.fullmatch(body):
        return bool(re.search(rf"(?<![A-Za-z]){limit[1]}\$?\s?趋(?:于|向于?|近于?)(?:正)?无穷", prose))
    plain = re.sub(r"\^\{?([0-9n+-])\}?", lambda m: m[1].translate(_RAISED), body)
    plain = re.sub(r"\\([A-Za-z]+)", lambda m: _SYMBOLS.get(m[1], m[0]), plain)
    if _MARKUP.search(plain) or len(plain) < 3:
        return False
    return _dense(plain) in _dense(prose)


def _dense(text: str) -> str:
    return re.sub(
        r"[\s{}]", "", text.replace("，", ",").replace("＜", "<").replace("（", "(").replace("）", ")")
    )


def _standing(word: str, prose: str) -> int:
    return len(re.findall(rf"(?<![A-Za-z0-9\\]){re.escape(word)}(?![A-Za-z0-9])", prose))


def _commands_of(text: str) -> set[str]:
    return set(re.findall(r"\\[A-Za-z]+", text))


def _body(formula: str) -> str:
    return spans.formula_body(formula).rstrip(".,;").rstrip()


def _commands(part: str, source: Spans, chinese: str) -> Iterator[Refusal]:
    missing = [
        command
        for command in dict.fromkeys(source.commands)
        if command not in chinese and _GREEK.get(command[1:], command) not in chinese
    ]
    if missing:
        yield Refusal(Code.COMMAND, part, _quote(missing))


def _urls(part: str, source: Spans, target: Spans) -> Iterator[Refusal]:
    missing = [url for url in dict.fromkeys(source.urls) if url not in target.urls]
    invented = [url for url in dict.fromkeys(target.urls) if url not in source.urls]
    # "see www.example.org" may be worded otherwise; with its scheme an address is always carried over
    missing = [url for url in missing if "://" in url]
    if missing or invented:
        yield Refusal(Code.URL, part, _quote(missing + invented))


def _additions(part: str, english: str, chinese: str) -> Iterator[Refusal]:
    """Tags, links and commands that the source does not have, however they are written."""
    if added := additions(english, chinese):
        yield Refusal(Code.ADDED, part, _quote(list(added)))


def _citations(part: str, source: Spans, chinese: str) -> Iterator[Refusal]:
    r"""Keys of \cite, and surnames before "et al." that became Chinese (琼斯等人).

    Bracketed numbers and years are numbers, and the number rule has them.
    """
    missing = [key for key in dict.fromkeys(source.citations) if key not in chinese]
    if "等人" in chinese or re.search(r"\bet al\b", chinese):
        missing += [name for name in dict.fromkeys(source.authors) if name not in chinese]
    if missing:
        yield Refusal(Code.CITATION, part, _quote(missing))


_NUMERALS = {
    0: "零〇无", 1: "一首单", 2: "二两双倍", 3: "三", 4: "四", 5: "五", 6: "六", 7: "七", 8: "八", 9: "九",
    10: "十", 12: "十二", 20: "二十", 50: "五十半", 100: "百全", 1000: "千", 10000: "万",
}  # fmt: skip


def _numbers(part: str, english: str, source: Spans, chinese: str) -> Iterator[Refusal]:
    """Each number as often as in the source, with its scale and its % or times mark."""
    wanted = list(source.numbers)
    for formula in source.formulas:
        if _PLAIN_NUMBER.fullmatch(_body(formula)):
            wanted += spans.numbers(_body(formula))
    pool, digits = _Pool(spans.numbers(chinese)), _Digits(english, chinese)
    missing, wrong = [], []
    # Marked numbers first, so that "10%" is not used up by a plain 10.
    for number in sorted(wanted, key=lambda n: (not n.mark, n.scale == 1)):
        found = pool.take(number)
        if found is None:
            if not digits.are_written_out(number):
                missing.append(number.text)
        elif found.mark != number.mark and number.mark and not digits.have_mark_elsewhere(number):
            wrong.append(number.text)
    if missing:
        yield Refusal(Code.NUMBER, part, _quote(missing))
    if wrong:
        yield Refusal(Code.UNIT, part, _quote(wrong))
    yield from _invented_numbers(part, english, chinese)
    yield from _units(part, english, digits)


class _Pool:
    """Numbers, each of which is taken once; found by digits or value, since a hostile text has thousands."""

    def __init__(self, numbers: Iterable[Number]) -> None:
        self._places: dict[Number, deque[int]] = {}
        self._by_digits: dict[str, list[Number]] = {}
        self._by_value: dict[Decimal, list[Number]] = {}
        for place, number in enumerate(numbers):
            if number not in self._places:
                self._places[number] = deque()
                self._by_digits.setdefault(number.digits, []).append(number)
                if (value := number.value) is not None:
                    self._by_value.setdefault(value, []).append(number)
            self._places[number].append(place)

    def take(self, wanted: Number) -> Number | None:
        """The first that is the same number and has its mark, else the first that is the same; None
        without one."""
        alike = [*self._by_digits.get(wanted.digits, ()), *self._by_digits.get(wanted.text[1:], ())]
        if (value := wanted.value) is not None:
            alike += self._by_value.get(value, ())
        same = [number for number in alike if self._places[number] and _same(wanted, number)]
        if not same:
            return None
        best: Number = min(same, key=lambda one: (one.mark != wanted.mark, self._places[one][0]))
        self._places[best].popleft()
        return best


def _same(wanted: Number, found: Number) -> bool:
    if wanted.text == f".{found.digits}":
        return True
    if wanted.digits == found.digits and (wanted.scale == found.scale or 1 in (wanted.scale, found.scale)):
        return True
    value = wanted.value
    return value is not None and value == found.value


class _Digits:
    """Where digits stand in the two texts: looked up once, since a hostile text has thousands."""

    def __init__(self, english: str, chinese: str) -> None:
        self._chinese = chinese
        self._around: dict[str, list[tuple[str, str]]] = {}  # what stands before and after, in English
        for found in _ENGLISH_DIGITS.finditer(english):
            before = english[max(0, found.start() - 1) : found.start()]
            after = english[found.end() : found.end() + 14]
            self._around.setdefault(found[0], []).append((before, after))
        self._decades = {found[1] for found in _DECADE.finditer(chinese)}
        self._ends: dict[str, list[int]] = {}  # of each in Chinese
        for found in _CHINESE_DIGITS.finditer(chinese):
            self._ends.setdefault(found[0], []).append(found.end())
        self._percents = {found[1] for found in _PERCENT_OF.finditer(chinese)}
        self._answers: dict[tuple[str, str], bool] = {}

    def are_written_out(self, number: Number) -> bool:
        """Whether Chinese may have put this number in characters, going by what stands around it.

        Decades (1990s: 90年代), dimensions (2D: 二维), ordinals (1st: 第一), list numbers ((2): 其二)
        and small counts before a word (3 datasets: 三个数据集); nothing else.
        """
        if not number.digits.isdigit() or number.mark:
            return False
        question = (number.digits, "written out")
        if question not in self._answers:
            self._answers[question] = self._is_written_out(number.digits)
        return self._answers[question]

    def _is_written_out(self, digits: str) -> bool:
        numerals = "|".join(_numeral(int(digits))) if len(digits) < 6 else ""
        tried: set[str] = set()
        for before, after in self._around.get(digits, ()):
            if len(digits) == 4 and re.match(r"'?s\b", after):
                return not self._decades.isdisjoint((f"{int(digits) % 100:02d}", digits))
            if not numerals:
                continue
            if re.match(r"[- ]?(?:D\b|dim)", after):
                forms = f"(?:{numerals})维"
            elif re.match(r"(?:st|nd|rd|th)\b", after):
                forms = f"(?:第|首)(?:{numerals})?"
            elif before == "(" or after.startswith(")"):
                circled = chr(0x2460 + int(digits) - 1) if 1 <= int(digits) <= 20 else "①"
                forms = f"第(?:{numerals})|其(?:{numerals})|(?:{numerals})是|[（(](?:{numerals})|{circled}"
            elif re.match(r"[ -][A-Za-z]", after):
                forms = f"(?:{numerals}){_MEASURE}"
            else:
                continue
            if forms not in tried and re.search(forms, self._chinese):
                return True
            tried.add(forms)
        return False

    def have_mark_elsewhere(self, number: Number) -> bool:
        """百分之十, a range whose last member carries the mark (10至20%), a mark after a bracket."""
        if number.mark == "x" and r"\times" in self._chinese:
            return True
        if number.mark == "%" and number.digits in self._percents:
            return True
        question = (number.digits, number.mark)
        if question not in self._answers:
            mark = _PERCENT_AFTER if number.mark == "%" else _TIMES_AFTER
            ends = self._ends.get(number.digits, ())
            self._answers[question] = any(mark.match(self._chinese, end) for end in ends)
        return self._answers[question]

    def units_after(self, digits: str) -> list[str]:
        """The units that follow these digits in Chinese."""
        found = (_UNIT_AFTER.match(self._chinese, end) for end in self._ends.get(digits, ()))
        return [unit[1] for unit in found if unit]


# Digits that stand for themselves: not the end of a longer number, nor its beginning.
_ENGLISH_DIGITS = re.compile(r"(?<![\d.,])\d++(?!\.?\d)")
_CHINESE_DIGITS = re.compile(r"(?<![\d.])\d(?:[\d.]*\d)?+")
_DECADE = re.compile(r"(?<!\d)(\d++)\s?年代")
_PERCENT_OF = re.compile(r"百分之\s*(\d(?:[\d.]*\d)?+)")
_TO_MARK = r"[\d\s.,，、()（）±$~∼\\a-z–—\-到至和或与/]{0,40}?"
_PERCENT_AFTER = re.compile(_TO_MARK + r"(?:\\?%|％|个?百分点)")
_TIMES_AFTER = re.compile(_TO_MARK + r"(?:[x×✕]|倍|\$?\\times|\$\\times)")
# Measure words and nouns that follow a counted numeral.
_MEASURE = "[个种类项层维次阶倍名位条篇步年级大组轮元点期天台张段人方路家款套对份处跳折步级小周月者代分]"


def _numeral(value: int) -> tuple[str, ...]:
    found = _NUMERALS.get(value, "")
    return (found,) if value in (12, 20) and found else tuple(found)


_LARGE = 1000


def _invented_numbers(part: str, english: str, chinese: str) -> Iterator[Refusal]:
    """Numbers from nowhere. Small whole ones are spelt out in English too often to object to."""
    known = spans.numbers(english)
    digits = {n.digits for n in known} | set(spans.digit_runs(english))
    values = {n.value for n in known} | {1}
    # "two billion" gives 20亿: any round multiple is possible where a scale word stands in the source
    scales = bool(
        re.search(r"\b(?:dozen|hundred|thousand|million|billion|trillion)s?\b", english, re.IGNORECASE)
    )
    invented = []
    for number in spans.find(chinese).numbers:
        value = number.value
        if number.digits in digits or value in values or value is None:
            continue
        percent = number.mark == "%" and value not in (50, 100, 25, 75, 20)
        precise = value != int(value)
        large = value >= _LARGE and not (scales and number.scale > 1)
        if percent or precise or large:
            invented.append(number.text)
    if invented and not re.search(r"\d\s*(?:fold|orders? of magnitude)\b|\bpercent", english):
        yield Refusal(Code.NUMBER, part, _quote(invented))


# What may follow the number in Chinese for a unit that follows it in English. A unit that is
# another one of this table is an error; another word is the sentence going on.
_UNITS: dict[str, tuple[str, ...]] = {
    "ms": ("ms", "毫秒"), "s": ("s", "秒"), "sec": ("s", "秒"), "seconds": ("s", "秒"), "second": ("s", "秒"),
    "min": ("min", "分钟"), "minutes": ("min", "分钟"), "h": ("h", "小时"), "hours": ("h", "小时"),
    "days": ("天", "日"), "weeks": ("周", "星期"), "months": ("个月", "月"), "years": ("年", "岁"),
    "mm": ("mm", "毫米"), "cm": ("cm", "厘米"), "m": ("m", "米"), "km": ("km", "公里", "千米"),
    "meters": ("m", "米"), "kg": ("kg", "公斤", "千克"), "g": ("g", "克"), "mg": ("mg", "毫克"),
    "Hz": ("Hz", "赫兹"), "kHz": ("kHz", "千赫"), "MHz": ("MHz", "兆赫"), "GHz": ("GHz", "吉赫"),
    "KB": ("KB", "千字节"), "MB": ("MB", "兆字节"), "GB": ("GB", "吉字节"), "TB": ("TB", "太字节"),
    "dB": ("dB", "分贝"), "FPS": ("FPS", "fps", "帧"), "fps": ("fps", "FPS", "帧"),
    "mW": ("mW", "毫瓦"), "W": ("W", "瓦"), "kW": ("kW", "千瓦"), "V": ("V", "伏"),
}  # fmt: skip
_WITH_UNIT = re.compile(
    r"(?<![A-Za-z\d.])(\d+(?:\.\d+)?)[\s~-]?("
    + "|".join(sorted(_UNITS, key=len, reverse=True))
    + r")(?![A-Za-z0-9])"
)
_ANY_FORM = sorted({form for forms in _UNITS.values() for form in forms}, key=len, reverse=True)
_UNIT_AFTER = re.compile(r"\s?(" + "|".join(map(re.escape, _ANY_FORM)) + ")(?![A-Za-z])")


def _units(part: str, english: str, digits: _Digits) -> Iterator[Refusal]:
    """A number whose unit became another one (10 ms as 10秒)."""
    wrong = []
    places = list(_WITH_UNIT.finditer(english))
    allowed: dict[str, set[str]] = {}  # forms of all units that a number has in English
    for match in places:
        allowed.setdefault(match[1], set()).update(_UNITS[match[2]])
    became = {number: set(digits.units_after(number)) for number in allowed}
    for match in places:
        after = became[match[1]]
        if after and after.isdisjoint(allowed[match[1]]):
            wrong.append(match[0])
    if wrong:
        yield Refusal(Code.UNIT, part, _quote(wrong))


# Emphasis, not names.
_SHOUTED_WORDS = """
A AN AND ARE ALL ANY AS AT BE BOTH BUT BY CAN DO FOR FROM HOW IF IN IS IT ITS MORE MOST NO NOT OF ON ONE
ONLY OR OUR OVER SAME THE THEIR THIS TO TWO US WE WHAT WHEN WHERE WHICH WHO WHY WILL WITH WITHOUT YES YET YOU
"""
_SHOUTED = frozenset(_SHOUTED_WORDS.split())
_PIECES = re.compile(r"[-_/+]")


def _acronyms(part: str, english: str, source: Spans, target: Spans, chinese: str) -> Iterator[Refusal]:
    """Names with capitals inside or with digits keep their letters: DRL, GPT-4, LoRA, ResNet18."""
    letters = [c for c in source.prose if c.isalpha()]
    if letters and sum(c.isupper() for c in letters) > 0.6 * len(letters):
        return  # a title in capitals has no acronyms to tell apart
    runs = set(spans.digit_runs(chinese))
    missing = []
    for name in dict.fromkeys(source.names):
        for piece in _PIECES.split(name):
            head = piece.split(".", 1)[0]
            if not _is_name(head) or not head[0].isalpha():
                continue
            stem = head[:-1] if re.fullmatch(r"[A-Z0-9][A-Za-z0-9]*[A-Z0-9]s", head) else head
            if stem in _SHOUTED or _stands_in(stem, target.prose):
                continue
            if _is_written_out(stem, chinese) or _is_spelt_throughout(stem, english, chinese):
                continue
            missing.append(stem)
        lost = [run for run in spans.digit_runs(name) if run not in runs and not _spelt(run, chinese)]
        if lost and not missing:
            missing.append(name)
    if missing:
        yield Refusal(Code.ACRONYM, part, _quote(list(dict.fromkeys(missing))))


def _is_name(word: str) -> bool:
    """Two capitals, or a capital followed by a digit: a word that is spelt, not translated."""
    return bool(re.search(r"[A-Z][A-Za-z]*[A-Z0-9]", word)) and len(word) <= 40


def _stands_in(stem: str, prose: str) -> bool:
    return bool(re.search(rf"(?<![A-Za-z]){re.escape(stem)}(?:s|es)?(?![A-Za-z]{{2}})", prose, re.IGNORECASE))


@cache
def _written_out_forms() -> dict[str, tuple[str, ...]]:
    """What good translators write for common acronyms; the file comes with the package."""
    import tomllib

    data = tomllib.loads(Path(__file__).with_name("acronyms.toml").read_text("utf-8"))
    return {acronym: tuple(forms) for acronym, forms in data["acronyms"].items()}


def _is_written_out(stem: str, chinese: str) -> bool:
    """By the table of acronyms, or a word made with an acronym whose first part became Chinese.

    SpeechLLM as 语音大模型, PureTD as 纯TD.
    """
    known = _written_out_forms().get(stem, ())
    if not known and (made := re.fullmatch(r"[A-Z][a-z]+([A-Z]{2,})", stem)):
        if re.search(rf"[\u4e00-\u9fff]\s?{made[1]}(?![A-Za-z])", chinese):
            return True
        known = _written_out_forms().get(made[1], ()) if made[1].endswith("LM") else ()
    return any(word in chinese for word in known)


def _is_spelt_throughout(stem: str, english: str, chinese: str) -> bool:
    """Whether the source gives the full term with the acronym in brackets and the Chinese keeps to the term.

    Then every sentence that uses the acronym must share words (four characters in a row) with the
    one that introduces it.
    """
    uses = re.findall(rf"(?<![A-Za-z0-9]){re.escape(stem)}s?(?![A-Za-z0-9])", english)
    if not re.search(rf"[a-z]\s*\({re.escape(stem)}s?\)", english):
        return False
    if len(uses) == 1:
        return True
    bitext = alignment.Bitext(english, chinese)
    using = [
        "".join(bitext.targets[j] for j in places or ())
        for source, places in zip(bitext.sources, bitext.align(), strict=True)
        if re.search(rf"(?<![A-Za-z0-9]){re.escape(stem)}s?(?![A-Za-z0-9])", source)
    ]
    first, *others = (_han_grams(text) for text in using)
    return all(first & grams for grams in others)


def _han_grams(text: str) -> set[str]:
    return {text[i : i + 4] for i in range(len(text) - 3) if spans.chinese_count(text[i : i + 4]) == 4}


def _spelt(run: str, chinese: str) -> bool:
    return len(run) < 6 and any(numeral in chinese for numeral in _numeral(int(run)))


# --- what it must be -------------------------------------------------------------------------

_WORD = re.compile(r"[A-Za-z]+(?:['’][a-z]+)?")


def _language(part: str, source: Spans, target: Spans) -> Iterator[Refusal]:
    """Han characters against Latin words that are not names of the source."""
    han = spans.chinese_count(target.prose)
    names = {piece for name in (*source.names, *target.names) for piece in _PIECES.split(name)}
    words = [w for w in _WORD.findall(target.prose) if len(w) > 1 and w not in names]
    if part == "title":
        # "PyTorch Geometric 2.0" has nothing to translate; a title with three plain words has
        plain = [w for w in _WORD.findall(source.prose) if w.islower() and len(w) > 2]
        if han < 2 and len(plain) >= 2:
            yield Refusal(Code.NOT_CHINESE, part)
        elif han < len(words) and len(plain) >= 3:
            yield Refusal(Code.NOT_CHINESE, part, _quote(words[:5]))
    elif han < 4 or han < 2.5 * len(words):
        yield Refusal(Code.NOT_CHINESE, part, _quote(words[:5]))


_ENGLISH_END = re.compile(r"[.!?](?=\s+[A-Z\0]|\s*$)")
_CHINESE_END = re.compile(r"[。！？；.!?;](?!\d)")
_FEW_SENTENCES = 4  # below it one merged sentence weighs too much
_SENTENCES = 0.7


def _length(part: str, source: Spans, target: Spans) -> Iterator[Refusal]:
    """Good abstracts have 0.28 to 0.48 characters for one of English, white space and formulas left
    out, and at least 0.86 sentences for one of English."""
    english, chinese = (len(re.sub(r"\s+", "", s.prose.replace("\0", ""))) for s in (source, target))
    if english < 20:
        return
    low, high = (0.12, 1.2) if part == "title" else (0.22, 0.75)
    if not low * english <= chinese <= high * english + 20:
        yield Refusal(Code.LENGTH, part, f"译文 {chinese} 字，原文 {english} 字符")
        return
    wanted, found = len(_ENGLISH_END.findall(source.prose)), len(_CHINESE_END.findall(target.prose))
    if wanted >= _FEW_SENTENCES and found < _SENTENCES * wanted:
        yield Refusal(Code.LENGTH, part, f"译文 {found} 句，原文 {wanted} 句")


def _sentences(part: str, english: str, chinese: str) -> Iterator[Refusal]:
    """Sentences that were left out, and numbers that are in another one's place."""
    if spans.chinese_count(chinese) < _WORTH_ALIGNING:
        return
    bitext = alignment.Bitext(english, chinese)
    if omitted := bitext.missing_sentences():
        yield Refusal(Code.OMITTED, part, _quote(omitted))
    elif misplaced := bitext.misplaced_numbers():
        yield Refusal(Code.MISPLACED, part, _quote(misplaced))


_WORTH_ALIGNING = 20  # characters of Chinese; with fewer the language rule has spoken
_RUN = re.compile(r"(?<![A-Za-z])[A-Za-z][A-Za-z'’-]*+(?:[\s,;:()]++[A-Za-z][A-Za-z'’-]*+){6,}+")


def _copied(part: str, source: Spans, target: Spans, chinese: str) -> Iterator[Refusal]:
    """Seven or more English words in a row, names in a list (capitals) not counted, or five ordinary
    words left standing among the Chinese.

    Nor does the argument of a LaTeX command kept whole, which rule 2 of the instructions permits.
    """
    runs = [
        r
        for r in _RUN.findall(target.prose)
        if not _is_argument(r, source) and sum(w[0].islower() for w in _WORD.findall(r)) >= 5
    ]
    kept = " ".join(found[0] for found in _KEPT.finditer(chinese))
    left = [
        word
        for word in dict.fromkeys(_ORDINARY.findall(target.prose))
        if word in source.prose and word not in kept
    ]
    if runs:
        yield Refusal(Code.COPIED, part, _quote(runs[:1]))
    elif len(left) >= _WORDS_LEFT:
        yield Refusal(Code.COPIED, part, _quote(left))


_ORDINARY = re.compile(r"(?<![\w@/.-])[a-z]{4,}(?![\w@/-])", re.ASCII)  # no part of a name or an address
_KEPT = re.compile(r"\\[A-Za-z]+\*?\s*\{[^{}]*\}|\$[^$]*\$")  # arguments of commands, what dollars enclose
_WORDS_LEFT = 5  # different ones; good translations leave one at most, small models two or three


def _is_argument(run: str, source: Spans) -> bool:
    return any(run in argument for argument in source.arguments)


_SORRY = re.compile(
    r"(?:^|[。！？!?：:\n]\s{0,3})(?:非常|很|十分)?(?:抱歉|对不起)[，,。！!]"
    r"|我(?:无法|不能|没有办法|没办法)(?:协助|帮助|提供|处理|完成|翻译|满足|回答|生成)"
    r"|无法(?:协助处理|为您|完成(?:您|该|此)(?:的)?请求|处理(?:您的|该|此)请求|提供翻译)"
    r"|作为(?:一个|一名)?(?:AI|人工智能|大?语言)(?:语言)?(?:模型|助手)，?我"
    r"|\b(?:I'm|I am) (?:sorry|unable)\b|\bI (?:cannot|can't) (?:assist|help|comply|translate|provide)\b"
    r"|\bAs an AI\b"
)
_LABEL = re.compile(
    r"^\s*(?:以下是|下面是|好的[，,]|当然[，,]|译文[：:]|翻译[：:]|标题[：:]|摘要[：:]|总结[：:]|中文(?:标题|摘要|翻译)[：:]"
    r"|Title:|Abstract:|Summary:|Sure[,!])"
    r"|title_zh|abstract_zh|summary_zh|```|</?(?:think|paper|title|abstract)>|<\|[a-z_]+\|>"
    r"|术语[：:].{1,40}＝|\bJSON Schema\b"
)
_LEAK = 14  # characters in a row shared with the instructions; 13 occur in no good translation


def _leak_grams() -> frozenset[str]:
    texts = [re.sub(r"\s", "", system) for system in SYSTEM.values()]
    return frozenset(text[i : i + _LEAK] for text in texts for i in range(len(text) - _LEAK + 1))


_GRAMS = _leak_grams()


def _refusal(part: str, english: str, chinese: str) -> Refusal | None:
    sorry = _SORRY.search(chinese)
    if not sorry:
        return None
    is_subject = re.search(r"\bsorry\b|as an ai\b|i cannot\b|i can't\b|refus", english, re.IGNORECASE)
    if is_subject and sorry.start() > 0:
        return None
    return Refusal(Code.REFUSAL, part, _quote([sorry[0].strip()]))


def _manners(part: str, english: str, chinese: str) -> Iterator[Refusal]:
    """Leaked instructions and loops: what no paper's text would say."""
    label = _LABEL.search(chinese)
    if label and label[0].strip() not in english:
        yield Refusal(Code.LEAK, part, _quote([label[0].strip()]))
    else:
        dense = re.sub(r"\s", "", chinese)
        leaked = next((g for i in range(len(dense)) if (g := dense[i : i + _LEAK]) in _GRAMS), None)
        if leaked:
            yield Refusal(Code.LEAK, part, _quote([leaked]))
    yield from _repeated(part, english, chinese)


_LOOP = re.compile(r"([^\s\d.·…—-][^\0]{5,40}?)\1{2,}|([^\s\d.·…—-][^\0]{1,4}?)\2{4,}")
_CLAUSE = re.compile(r"[。！？；;!?，,\n]+")
_SENTENCE = re.compile(r"[。！？!?\n]+")


def _repeated(part: str, english: str, chinese: str) -> Iterator[Refusal]:
    """A phrase three times running, a sentence twice, a clause three times."""
    loop = _LOOP.search(chinese)
    if loop and not _LOOP.search(english):
        yield Refusal(Code.REPEATED, part, _quote([loop[1] or loop[2]]))
        return
    source = Counter(s.strip() for s in re.split(r"[.!?;,]\s+", english))
    excused = max((n for s, n in source.items() if len(s) > 15), default=1)
    for pattern, shortest, most in ((_SENTENCE, 8, 1), (_CLAUSE, 8, 2)):
        counts = Counter(piece.strip() for piece in pattern.split(chinese))
        again = [
            p for p, n in counts.items() if spans.chinese_count(p) >= shortest and n > max(most, excused)
        ]
        if again:
            yield Refusal(Code.REPEATED, part, _quote(again[:1]))
            return


_TERMINAL = re.compile(r"[。！？!?.…；;][\"'”’」』）)\]】〉》*}$\s]*$|[）)】」』”$}]\s*$")


def _ending(part: str, english: str, chinese: str) -> Iterator[Refusal]:
    """An abstract that ends in the middle of a sentence though the source did not."""
    end = chinese.rstrip()
    if _TERMINAL.search(end) or not _TERMINAL.search(english.rstrip()):
        return
    places = spans.protected(end)
    if places and places[-1][1] == len(end):
        return  # an address or a formula at the end needs no full stop
    yield Refusal(Code.TRUNCATED, part, end[-12:])


def _quote(pieces: list[str]) -> str:
    """At most five pieces, each clipped: reasons are stored and go into a prompt."""
    shown = [p if len(p) <= _CLIP else p[: _CLIP - 1] + "…" for p in (" ".join(p.split()) for p in pieces)]
    more = f" 等 {len(shown)} 处" if len(shown) > 5 else ""
    return "、".join(shown[:5]) + more
