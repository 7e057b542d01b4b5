"""What a translation must carry over unchanged, found in arXiv's LaTeX-flavoured text.

Text is cut in one order, so that no character counts twice: web addresses, formulas, LaTeX
commands, then numbers and names in what is left. All functions are pure.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache

# The opening `$` of a formula touches its content in practice and a formula is short; a lone
# dollar sign ("$100 and") must not swallow half an abstract.
_FORMULA = re.compile(
    r"(?<!\\)\$\$(?P<display>[^$]{1,600}?)\$\$"
    r"|(?<!\\)\$(?P<inline>(?:[^$\\]|\\.){1,400}?)\$"
    r"|\\\((?P<round>.{1,400}?)\\\)"
    r"|\\\[(?P<square>.{1,600}?)\\\]",
    re.DOTALL,
)
_PROSE = re.compile(r"(?<![\\A-Za-z{_^])[A-Za-z]{3,}(?:\s+[a-z]{2,}){2,}")
_CJK = r"\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
_CHINESE = re.compile(f"[{_CJK}]")
# ASCII only: an address in Chinese text is often followed by Chinese without a space.
_URL = re.compile(
    r"(?:https?://|www\.)[!#%-;=?-\[\]_a-z~]+"
    r"|(?<![\w.@/-])(?:[a-z0-9-]+\.)+(?:com|org|net|io|ai|edu|gov|cn|co|dev|app)/[!#%-;=?-\[\]_a-z~]*",
    re.IGNORECASE,
)
_COMMAND = re.compile(r"\\(?P<name>[A-Za-z]+)\*?|\\(?P<symbol>[^A-Za-z\s])")
# Commands that say how text looks or is split; a translation without them has lost nothing.
_TYPOGRAPHY_NAMES = """
emph textbf textit texttt textsc textsf textrm textmd text mbox underline uline bf it em tt sc rm sf sl
bfseries itshape ttfamily small large footnotesize url href footnote textsuperscript textsubscript xspace
noindent par newline linebreak item begin end textasciitilde textasciicircum ensuremath texttimes
textpercent textcolor color textquotesingle textquotedblleft textquotedblright textendash textemdash ldots
dots o O aa AA ae AE ss l L i j c v u H k r t b d
"""
_TYPOGRAPHY = frozenset(_TYPOGRAPHY_NAMES.split())
_ARGUMENT = re.compile(r"\\[A-Za-z]+\*?\{(?P<text>[^{}\s]*+\s[^{}]*+)\}")  # more than one word: running text
_CITE = re.compile(r"\\[cC]ite[a-zA-Z]*\*?(?:\[[^\]]*\])*\{(?P<keys>[^}]*)\}")
_ET_AL = re.compile(r"\b([A-Z][A-Za-z'’-]+)\s+et\s+al\b")

_SCALES = {
    "hundred": 10**2, "thousand": 10**3, "million": 10**6, "billion": 10**9, "trillion": 10**12,
    "K": 10**3, "k": 10**3, "M": 10**6, "B": 10**9, "T": 10**12,
    "百": 10**2, "千": 10**3, "万": 10**4, "十万": 10**5, "百万": 10**6, "千万": 10**7,
    "亿": 10**8, "十亿": 10**9, "百亿": 10**10, "千亿": 10**11, "万亿": 10**12, "兆": 10**12,
}  # fmt: skip
_NUMBER = re.compile(
    r"(?P<digits>\d{1,3}(?:,\d{3})+(?:\.\d+)?(?![\d,])|\d+(?:\.\d+)*|(?<![\d\w])\.\d+)"
    r"(?P<scale>\s?(?:十万|百万|千万|百亿|千亿|万亿|十亿|[百千万亿兆])"
    r"|[- ]?(?:hundred|thousand|million|billion|trillion)\b"
    r"|[KkMBT](?![A-Za-z0-9]))?"
    r"(?P<mark>\s?(?:\\?%|％|个?百分点)|\s?[x×✕](?![A-Za-z0-9])|\s?倍|\s?\$?\\times\b)?"
)
_NAME = re.compile(r"(?<![A-Za-z0-9_.])[A-Za-z][A-Za-z0-9]*(?:[.\-_/+][A-Za-z0-9]+)*")
_UNUSUAL = re.compile("[A-Z0-9]")  # what a word does not have after its first letter
_DIGITS = re.compile(r"\d+")


@dataclass(frozen=True, slots=True)
class Number:
    """A number as written: `digits` without thousands separators, `scale` (million, 万; 1 if none).

    `mark` is `%` or `x` where one follows, else empty.
    """

    digits: str
    scale: int
    mark: str
    text: str

    @property
    def value(self) -> Decimal | None:
        """None for what is no decimal number (a version such as 2.6.1)."""
        if self.digits.count(".") > 1 or len(self.digits) > 30:
            return None
        return Decimal(self.digits) * self.scale


@dataclass(frozen=True, slots=True)
class Spans:
    """The parts of a text that must survive translation, each in order of appearance.

    `formulas` are whole, with their delimiters; `names` are words with a capital beyond the
    first letter or a digit (DRL, GPT-4, LoRA); `citations` are keys of LaTeX citations and
    `authors` the surnames before "et al."; `arguments` are the running texts inside LaTeX
    commands; `prose` is the rest, with spaces in the gaps.
    """

    urls: tuple[str, ...]
    formulas: tuple[str, ...]
    commands: tuple[str, ...]
    citations: tuple[str, ...]
    authors: tuple[str, ...]
    numbers: tuple[Number, ...]
    names: tuple[str, ...]
    arguments: tuple[str, ...]
    prose: str


def is_chinese(character: str) -> bool:
    return bool(_CHINESE.match(character))


def chinese_count(text: str) -> int:
    """How many characters of `text` are Han characters."""
    return len(_CHINESE.findall(text))


def protected(text: str) -> list[tuple[int, int]]:
    """The (start, end) of web addresses and formulas, in order and without overlap."""
    addresses, found, position = list[tuple[int, int]](), list[tuple[int, int]](), 0
    if "/" in text or "www" in text.lower():  # most sentences have no address, and the expression is dear
        addresses = [(m.start(), m.start() + len(_trim_url(m[0]))) for m in _URL.finditer(text)]
    while match := _FORMULA.search(text, position):
        start, end = match.span()
        body = formula_body(match[0])
        if overlaps(addresses, start, end) or _is_prose(body) or _is_money(match):
            position = start + 1  # inside an address, or a dollar sign that opens nothing
            continue
        found.append((start, end))
        position = end
    return sorted(addresses + found)


def overlaps(places: Sequence[tuple[int, int]], start: int, end: int) -> bool:
    """Whether any of the (start, end) in `places`, which are in order and apart, has a part of this one."""
    before = bisect_left(places, (end, end)) - 1  # the last that begins before its end
    return before >= 0 and places[before][1] > start


def formula_body(formula: str) -> str:
    """A formula without its delimiters and outer white space."""
    if formula.startswith(("$$", "\\(", "\\[")):
        return formula[2:-2].strip()
    return formula[1:-1].strip()


@lru_cache(maxsize=64)
def find(text: str) -> Spans:
    """Everything in `text` that must survive, in one pass."""
    urls, formulas, rest, position = [], [], [], 0
    for start, end in protected(text):
        rest.append(text[position:start])
        piece = text[start:end]
        if piece.startswith(("$", "\\(", "\\[")):
            formulas.append(piece)
            # "2.3$\times$" is the number 2.3x: the operator is left where the number can see it
            rest.append("×" if formula_body(piece) == r"\times" else " \0 ")
        else:
            urls.append(piece)
            rest.append(" \0 ")
        position = end
    rest.append(text[position:])
    prose = "".join(rest)

    citations = [key for m in _CITE.finditer(prose) for key in re.split(r"\s*,\s*", m["keys"].strip()) if key]
    authors = [m[1] for m in _ET_AL.finditer(prose)]
    prose = _CITE.sub(" ", prose)
    # A command around running text (\rev{…}) says how the text looks, whatever its name.
    arguments = [m["text"] for m in _ARGUMENT.finditer(prose)]
    bare = _ARGUMENT.sub(" ", prose)
    commands = [m[0] for m in _COMMAND.finditer(bare) if (name := m["name"]) and name not in _TYPOGRAPHY]
    plain = _COMMAND.sub(lambda m: m["symbol"] if m["symbol"] and m["symbol"] in "%&_#$" else " ", prose)
    names = [m for m in _NAME.finditer(plain) if _UNUSUAL.search(m[0], 1)]
    inside = [False] * (len(plain) + 1)
    for name in names:
        inside[name.start() : name.end()] = [True] * (name.end() - name.start())
    numbers = [_number(m) for m in _NUMBER.finditer(plain) if not inside[m.start()]]
    return Spans(
        urls=tuple(urls),
        formulas=tuple(formulas),
        commands=tuple(commands),
        citations=tuple(citations),
        authors=tuple(authors),
        numbers=tuple(numbers),
        names=tuple(m[0] for m in names),
        arguments=tuple(arguments),
        prose=plain,
    )


def numbers(text: str) -> tuple[Number, ...]:
    """Every number in `text`, those inside names and formulas included."""
    return tuple(_number(m) for m in _NUMBER.finditer(text))


def digit_runs(text: str) -> tuple[str, ...]:
    """Every unbroken run of digits: `Qwen2.5-7B` has 2, 5 and 7."""
    return tuple(_DIGITS.findall(text))


def _number(match: re.Match[str]) -> Number:
    digits = match["digits"].replace(",", "")
    if digits.startswith("."):
        digits = "0" + digits
    mark = (match["mark"] or "").strip()
    if mark:
        mark = "x" if mark in ("x", "×", "✕", "倍") or "times" in mark else "%"
    scale = _SCALES.get((match["scale"] or "").strip(" -"), 1)
    return Number(digits, scale, mark, match[0].strip())


def _trim_url(url: str) -> str:
    """Without the sentence's punctuation; a closing bracket stays if it was opened in the address."""
    while url and (url[-1] in ".,;:!?'\"$" or (url[-1] in ")]}" and _unopened(url))):
        url = url[:-1]
    return url


def _unopened(url: str) -> bool:
    opening = {")": "(", "]": "[", "}": "{"}[url[-1]]
    return url.count(url[-1]) > url.count(opening)


def _is_money(match: re.Match[str]) -> bool:
    """`$100 to $200`: a digit after both signs, a space before the second."""
    inline = match["inline"] or ""
    return inline[:1].isdigit() and inline[-1:].isspace() and match.string[match.end() :][:1].isdigit()


def _is_prose(body: str) -> bool:
    """Whether what two dollar signs enclose is running English, not a formula."""
    without_text = re.sub(
        r"\\(?:text|mathrm|mbox|operatorname|texttt|mathit|textit|textbf)\{[^}]*\}", "", body
    )
    return bool(_PROSE.search(without_text)) or bool(
        _CHINESE.search(body) and not re.search(r"[\\_^=]", body)
    )
