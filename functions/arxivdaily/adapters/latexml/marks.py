"""Marks that tie names to affiliations: superscripts, and formulas such as `{}^{1,\\dagger}`.

The signs are those that LaTeX classes and authors use for footnotes, as TeX names them.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from arxivdaily.adapters.latexml.tokens import GAP, Kind, Token

if TYPE_CHECKING:
    from lxml.etree import _Element

_ORDINAL = re.compile(r"st|nd|rd|th")


def superscript(text: str, before: list[Token]) -> list[Token]:
    text = text.strip()
    if _ORDINAL.fullmatch(text):
        # `1st Alice Moreau`: the number goes with it.
        if before and before[-1].kind is Kind.TEXT:
            before[-1] = Token(Kind.TEXT, before[-1].text.rstrip().rstrip("0123456789"))
        return []
    if len(text) > 40 or re.search(r"[^\W\d_]{5}", text):
        found = re.match(r"[\d,\s*†‡§¶]+", text)
        mark = [Token(Kind.MARK, found[0])] if found else []
        return [*mark, Token(Kind.TEXT, text[found.end() if found else 0 :])]
    return [Token(Kind.MARK, text)] if text else []


_SCRIPT = re.compile(
    r"(?:\{\s*\})?\s*\^(?:\{(?P<braced>(?:[^{}]|\{(?:[^{}]|\{[^{}]*\})*\})*)\}|(?P<bare>\\[A-Za-z]+|[^\\{}]))"
)
_TEXT_MACRO = re.compile(r"\\(?:text\w*|math(?:rm|bf|sf|it|tt)|mbox|hbox|operatorname\*?)\s*\{([^{}]*)\}")
_SIGNS = {
    "dagger": "†", "dag": "†", "ddagger": "‡", "ddag": "‡", "ast": "*", "star": "*", "bigstar": "★",
    "S": "§", "P": "¶", "lx@sectionsign": "§", "lx@paragraphsign": "¶", "diamond": "◇", "Diamond": "◇",
    "diamondsuit": "♢", "clubsuit": "♣", "spadesuit": "♠", "heartsuit": "♥", "flat": "♭", "natural": "♮",
    "sharp": "♯", "circ": "○", "bullet": "•", "triangle": "△", "square": "□", "Box": "□",
    "dagger\\dagger": "††", "parallel": "‖", "|": "‖", "alpha": "α", "beta": "β", "gamma": "γ",
    "delta": "δ", "epsilon": "ε", "zeta": "ζ", "eta": "η", "theta": "θ", "lambda": "λ", "mu": "μ",
    "pi": "π", "sigma": "σ", "tau": "τ", "phi": "φ", "psi": "ψ", "omega": "ω", "Letter": "✉",
    "textdagger": "†", "textasteriskcentered": "*", "prime": "′", "ddagger\\ddagger": "‡‡",
}  # fmt: skip
_COMMAND = re.compile(r"\\([A-Za-z@]+|.)")


_TEX_SPACES = (",", ";", ":", " ", "quad", "qquad")


def _untexed(tex: str) -> str:
    if "\\" in tex:
        for _ in range(3):
            tex = _TEXT_MACRO.sub(r"\1", tex)
        tex = _COMMAND.sub(lambda m: _SIGNS.get(m[1], " " if m[1] in _TEX_SPACES else ""), tex)
    return tex.replace("{", "").replace("}", "").strip()


def formula(element: _Element) -> list[Token]:
    """Marks of a formula such as `{}^{1,\\dagger}`; what else it holds, as text."""
    tex = (element.get("alttext") or "")[:500]
    tokens: list[Token] = []
    at = 0
    for found in _SCRIPT.finditer(tex):
        tokens += _plain(tex[at : found.start()])
        if mark := _untexed(found["braced"] if found["braced"] is not None else found["bare"]):
            tokens.append(Token(Kind.MARK, mark))
        at = found.end()
    rest = tex[at:]
    if not tokens and re.fullmatch(r"[\s{}]*(?:\\(?:dagger|ddagger|ast|star|dag|ddag|S|P)|\*)[\s{}]*", rest):
        return [Token(Kind.MARK, _untexed(rest))]
    return [*tokens, *_plain(rest)]


def _plain(tex: str) -> list[Token]:
    gap = [GAP] if "quad" in tex else []
    text = _untexed(tex).strip("~")
    return [*gap, Token(Kind.TEXT, f" {text} ")] if text else gap
