r"""Authors' LaTeX made harmless for whoever cites it.

A BibTeX field is run by TeX on somebody else's computer, and titles, names and comments are whatever their
author typed: `\input`, `\write18`, `\def`, a lone `%` that eats the closing brace, `^^5c`, a `$` too many.
So a field is not cleaned but written anew. The text is read token by token; what is on a list of accents,
symbols, fonts and mathematics is written as LaTeX knows it, with its arguments, and everything else as the
characters that a reader sees (`\textbackslash{}input`). The result is even in its braces, with no brace
escaped, which BibTeX would count, and ASCII where LaTeX has a name for the character, because BibTeX cuts
labels and initials out of the middle of a letter of two bytes. Letters that LaTeX's default encoding cannot
set (ą, đ, þ) lose what makes them special, pictures are left out; other scripts stay, and want an engine with
fonts for them.

Formulas keep LaTeX's and AMS's commands (amsmath, amssymb); `\url` wants the package url or hyperref, as most
BibTeX styles do. A formula that uses anything else, or whose arguments or scripts do not fit, is written as
the text that pages show.
"""

from __future__ import annotations

import re
import unicodedata
from functools import cache, lru_cache

from arxivdaily.site import latex
from arxivdaily.site.tex_lists import (
    ACCENTS,
    AS_OTHERS,
    COMBINING,
    ESCAPED,
    FONTS,
    LETTERS,
    MATH_ARGUMENTS,
    MATH_SYMBOLS,
    MATH_TEXTS,
    MATH_UNSAID,
    OLD_FONTS,
    PERMITTED,
    SIZES,
    SYMBOLS,
    UNSAID,
    WRITTEN,
)

_MAX_DEPTH = 20  # groups within groups; deeper ones lose their braces
_MAX_LEVELS = 40  # of a formula's groups and arguments: Python's own limit depends on who calls
_CACHE = 4_096


@lru_cache(maxsize=_CACHE)
def from_latex(text: str) -> str:
    """arXiv's LaTeX-flavoured text (a title, a comment) as the value of a BibTeX field, on one line."""
    parts = []
    for kind, piece in latex.pieces(text):
        if kind == "text":
            parts.append(_words(" ".join(piece.split()), piece))
        else:
            parts.append(_formula(piece) or from_plain(latex.to_plain(f"${piece}$")))
    return _settled("".join(parts))


def from_plain(text: str) -> str:
    """Plain text as the value of a BibTeX field, on one line: every character means itself."""
    return _settled("".join(_character(c) for c in " ".join(latex.clean(text).split())))


def plain(text: str) -> str:
    r"""Plain text for reference managers: commands that are not on the lists lose their force (`\ input`),
    since programs copy RIS and page metadata into BibTeX as they are."""
    text = _COMMAND_NAME.sub(lambda found: found[0] if found[1] in PERMITTED else f"\\ {found[1]}", text)
    return re.sub(r"\^(?=\^)", "^ ", text)  # `^^5c` is a backslash to TeX


_COMMAND_NAME = re.compile(r"\\([A-Za-z@]+)")
# BibTeX's readers look for the next entry's beginning, some of them inside values too.
_ENTRY = re.compile(r"@(?=\w*\s*\{)")


def _settled(text: str) -> str:
    return _ENTRY.sub("{@}", " ".join(text.split()))


# --- characters ----------------------------------------------------------------------------


@lru_cache(maxsize=_CACHE)
def _character(c: str) -> str:
    """A character that means itself."""
    if c.isascii():
        return ESCAPED.get(c, c)
    if c in WRITTEN:
        return WRITTEN[c]
    if c in LETTERS:
        return f"{{\\{LETTERS[c]}}}"
    if c.isspace():
        return " "
    base = unicodedata.normalize("NFD", c)
    # Of two accents (Vietnamese) the letter's own: TeX sets no accent on an accent.
    if len(base) > 1 and base[0].isascii() and base[0].isalpha() and base[1] in COMBINING:
        return _accented(COMBINING[base[1]], base[0])
    if name := _symbol(c):
        return rf"\ensuremath{{{name}}}"
    plain_form = unicodedata.normalize("NFKD", c).encode("ascii", "ignore").decode()
    if plain_form and (base[0].isascii() or "LATIN" in unicodedata.name(c, "") or c.isdigit()):
        return "".join(ESCAPED.get(one, one) for one in plain_form)
    # Other scripts stay, for engines that have fonts for them; pictures and loose marks do not.
    return c if unicodedata.category(c)[0] in "LNP" else ""


def _accented(accent: str, letter: str) -> str:
    if accent == "k":  # an ogonek stops LaTeX in its default encoding
        return letter
    return f"{{\\{accent}{{{letter}}}}}" if accent.isalpha() else f"{{\\{accent}{letter}}}"


_MATHEMATICS = re.compile(r"\\ensuremath\{(.+)\}")


@cache
def _names() -> dict[int, str]:
    from pylatexenc.latexencode import get_builtin_uni2latex_dict

    return dict(get_builtin_uni2latex_dict())


def _symbol(c: str) -> str | None:
    """A character's name in mathematics (`α`: `\\alpha`), if it is on our lists."""
    found = _MATHEMATICS.fullmatch(_names().get(ord(c), ""))
    return (_Mathematics(found[1]).read() or "").strip() if found else None


# --- words ---------------------------------------------------------------------------------

_TOKEN = re.compile(r"\\(?:[A-Za-z@]+\*?\s?|.|$)|[{}]|[^\\{}]", re.DOTALL)
_ACCENTED = re.compile(r"\s*(?:\{\s*(?:\\(?P<dotless>[ij])(?:\s|\{\})*|(?P<group>[A-Za-z]))\s*\}"
                       r"|\\(?P<bare>[ij])(?![A-Za-z])(?:\{\}|\s)?|(?P<letter>[A-Za-z]))")  # fmt: skip
_BLANKS = {" ": " ", ",": r"\,", ";": " ", ":": " ", "!": "", "/": "", "-": r"\-", "\\": " ", "\n": " "}
_ESCAPES = frozenset("%&#_$")
_ADDRESS = re.compile(
    r"https?://(?:[A-Za-z0-9._~:/?#@!$&*+=%,;'()\[\]-]"
    r"|\\[_%&#$~-](?:\{\})?|\\textasciitilde(?:\{\}|\s(?=\S)|(?![A-Za-z]))|\{\\textasciitilde\})+"
)
_TEX_ADDRESS = re.compile(
    r"\\(?:url|nolinkurl|path)\s?\{(?P<url>[^{}]*)\}|\\href\s?\{(?P<href>[^{}]*)\}\s?\{(?P<words>[^{}]*)\}"
)
_TEX_IN_ADDRESS = re.compile(
    r"\{\\textasciitilde\}|\\textasciitilde(?:\{\}|\s)?|\\?~(?:\{\})?|\\string|\\-|\\(?=[_%&#$])(?:\{\})?"
)
_IN_URL = re.compile(r"[A-Za-z0-9._~:/?@!$&*+=,;'()\[\]-]+")  # what `\url` takes also inside another command


def _words(text: str, original: str) -> str:
    """A text without formulas, its outer spaces as `original` has them."""
    parts: list[str] = []
    at = 0
    for start, end, made in _addresses(text):
        parts += (_Words(text[at:start]).read(), made)
        at = end
    parts.append(_Words(text[at:]).read())
    before, after = original[:1].isspace(), original[-1:].isspace()
    return f"{' ' * before}{''.join(parts)}{' ' * after}"


def _addresses(text: str) -> list[tuple[int, int, str]]:
    """Where web addresses stand, and each as it is written; those within an open group as well."""
    found: list[tuple[int, int, str]] = []
    for macro in _TEX_ADDRESS.finditer(text):
        address = (macro["url"] if macro["url"] is not None else macro["href"]).strip()
        made = _url(_unescaped(address))
        if (words := (macro["words"] or "").strip()) and words != address:
            made = f"{_Words(words).read()} ({made})"
        found.append((*macro.span(), made))
    taken = [(start, end) for start, end, _ in found]
    for bare in _ADDRESS.finditer(text):
        if any(start < bare.end() and bare.start() < end for start, end in taken):
            continue
        address = _without_tail(bare[0])
        found.append((bare.start(), bare.start() + len(address), _url(_unescaped(address))))
    return sorted(found)


def _unescaped(address: str) -> str:
    return _TEX_IN_ADDRESS.sub(lambda m: "~" if "~" in m[0] or "tilde" in m[0] else "", address)


def _without_tail(address: str) -> str:
    """The address without the punctuation of the sentence around it."""
    opening = {")": "(", "]": "["}
    counts = {bracket: address.count(bracket) for bracket in "()[]"}
    end = len(address)
    while end:
        last = address[end - 1]
        if last in opening and counts[last] > counts[opening[last]]:
            counts[last] -= 1
        elif last not in ".,;:!?'*-$&=\\":
            break
        end -= 1
    return address[:end]


def _url(address: str) -> str:
    r"""`\url{…}`; with `%` or `#` inside, which styles that hand the note on to another command break at,
    as text."""
    if _IN_URL.fullmatch(address) and "^^" not in address:
        return rf"\url{{{address}}}"
    return "".join(_character(c) for c in address)


class _Words:
    """Reads words and writes them; in one pass, whatever they are."""

    def __init__(self, text: str) -> None:
        self._tokens = [found[0] for found in _TOKEN.finditer(text)]
        self._partner = _partners(self._tokens)
        self._text = text

    def read(self) -> str:
        made: list[str] = []
        at = 0
        while at < len(self._tokens):
            at = self._one(at, made)
        return "".join(made)

    def _one(self, at: int, made: list[str]) -> int:
        """Write the token at a place; where the next one is."""
        piece = self._tokens[at]
        if piece in "{}":
            if at in self._partner:
                made.append(piece)
        elif piece[0] != "\\":
            made.append("~" if piece == "~" else _character(piece))
        else:
            return self._command(at, made)
        return at + 1

    def _command(self, at: int, made: list[str]) -> int:
        piece = self._tokens[at]
        name = piece[1:].rstrip().rstrip("*")
        after = at + 1
        if name in ACCENTS and (accented := self._accented(after, name)):
            made.append(accented[0])
            return accented[1]
        if piece[1:2] in _ESCAPES:
            made.append(piece)
        elif piece in (r"\{", r"\}"):
            made.append(ESCAPED[piece[1]])
        elif piece[1:] in _BLANKS:
            made.append(_BLANKS[piece[1:]])
        elif name in SYMBOLS:
            made.append(f"{{\\{name}}}")
        elif name in FONTS and self._tokens[after : after + 1] == ["{"] and after in self._partner:
            made.append(f"\\{name}")
        elif name in UNSAID:
            made.append(" " if name in ("par", "newline", "linebreak", "break") else "")
        elif name in FONTS:
            pass  # a font of nothing
        else:
            made.append("".join(map(_character, piece)))
        return after

    def _accented(self, after: int, accent: str) -> tuple[str, int] | None:
        """An accent with its letter, and where reading goes on; None without a letter."""
        following = "".join(self._tokens[after : after + 6])
        found = _ACCENTED.match(following)
        if not found:
            return None
        letter = found["letter"] or found["group"] or found["dotless"] or found["bare"]
        used, length = after, 0
        while length < found.end():
            length += len(self._tokens[used])
            used += 1
        is_open = (found["group"] or found["dotless"]) and after not in self._partner
        if length > found.end() or is_open:
            return None
        return _accented(accent, letter), used


def _partners(tokens: list[str]) -> frozenset[int]:
    """The places of braces that have a partner, and are not too deep."""
    open_at: list[int] = []
    found: list[int] = []
    for at, piece in enumerate(tokens):
        if piece == "{":
            open_at.append(at)
        elif piece == "}" and open_at:
            if len(open_at) <= _MAX_DEPTH:
                found += (open_at[-1], at)
            open_at.pop()
    return frozenset(found)


# --- mathematics ---------------------------------------------------------------------------

_DELIMITER = re.compile(
    r"[()\[\]|./<>]|\\[{}|]|\\(?:lbrace|rbrace|langle|rangle|lceil|rceil|lfloor|rfloor|vert|Vert|lvert|rvert|lVert"
    r"|rVert|backslash|lbrack|rbrack|uparrow|downarrow|updownarrow|Uparrow|Downarrow|Updownarrow)\s?"
)
_MATH_BLANKS = frozenset(",;:! >")
_RIGHT = r"\right"
_MATH_BRACES = {r"\{": r"\lbrace ", r"\}": r"\rbrace ", r"\|": r"\Vert "}


def _formula(tex: str) -> str | None:
    """A formula between dollar signs, or None if LaTeX might stop at it."""
    if len(tex) > latex.MAX_FORMULA:
        return None
    made = _Mathematics(tex).read()
    return f"${made}$" if made and made.strip() else None


class _MathError(Exception):
    pass


class _Mathematics:
    """Reads a formula and writes it, refusing what is not on the lists or does not fit."""

    def __init__(self, tex: str) -> None:
        self._tokens = [found[0] for found in _TOKEN.finditer(" ".join(tex.split()))]
        self._at = 0
        self._level = 0
        self._is_changed = False

    def read(self) -> str | None:
        """The formula, as its author wrote it where that is possible; None if it is refused."""
        try:
            made = self._row(())
        except _MathError:
            return None
        return made if self._is_changed else "".join(self._tokens)

    def _peek(self) -> str:
        return self._tokens[self._at] if self._at < len(self._tokens) else ""

    def _next(self) -> str:
        piece = self._peek()
        self._at += 1
        return piece

    def _row(self, ends: tuple[str, ...]) -> str:
        r"""Until one of `ends` (`}` or `\right`), which stays, or the end where there is none."""
        made: list[str] = []
        scripts: set[str] = set()
        while (piece := self._peek()) and piece.rstrip() not in ends:
            if piece in ("^", "_", "'"):
                self._next()
                kind = "^" if piece == "'" else piece
                if kind in scripts:
                    raise _MathError
                if piece == "'":
                    while self._peek() == "'":
                        piece += self._next()
                    made.append(piece)
                    if self._peek() == "^":
                        self._next()
                        made.append(f"^{self._argument()}")
                else:
                    made.append(f"{piece}{self._argument()}")
                scripts.add(kind)
                continue
            if not piece.isspace():
                scripts = set()
            self._atom(made, ends)
        if ends and not self._peek():
            raise _MathError
        return "".join(made)

    def _atom(self, made: list[str], ends: tuple[str, ...]) -> None:
        """Write the next token with all that belongs to it: its group, its arguments."""
        self._level += 1
        if self._level > _MAX_LEVELS:
            raise _MathError
        piece = self._next()
        if piece == "{":
            made.append(f"{{{self._row(('}',))}}}")
            self._next()
        elif piece[0] == "\\":
            self._command(piece, made, ends)
        else:
            made.append(_math_character(piece))
            self._is_changed |= made[-1] != piece
        self._level -= 1

    def _argument(self) -> str:
        """The next argument, always in braces."""
        while self._peek().isspace():
            self._next()
        piece = self._peek()
        if not piece or piece in ("}", "^", "_", "'", "&"):
            raise _MathError
        made: list[str] = []
        start = self._at
        self._atom(made, ())
        text = "".join(made)
        if not text.strip():
            raise _MathError
        if piece == "{":
            return text
        self._is_changed |= self._at - start > 1  # `x^\\mathrm{T}`: braces make one argument of it
        return f"{{{text}}}"

    def _command(self, piece: str, made: list[str], ends: tuple[str, ...]) -> None:
        name = piece[1:].rstrip()
        if name in AS_OTHERS:
            name = self._changed(AS_OTHERS[name])
        if piece[1:2] in _ESCAPES:
            made.append(piece)
        elif piece in _MATH_BRACES:
            made.append(self._changed(_MATH_BRACES[piece]))
        elif piece[1:] in _MATH_BLANKS:
            made.append(piece)
        elif name in MATH_SYMBOLS:
            made.append(f"\\{name} ")
        elif name in MATH_ARGUMENTS:
            degree = self._degree() if name == "sqrt" and self._peek() == "[" else ""
            arguments = "".join(self._argument() for _ in range(MATH_ARGUMENTS[name]))
            made.append(f"\\{name}{degree}{arguments}")
        elif name in MATH_TEXTS:
            made.append(f"\\{name}{{{self._words()}}}")
        elif name in OLD_FONTS and "}" in ends:
            made.append(f"\\{self._changed(OLD_FONTS[name])}{{{self._row(ends)}}}")
        elif name in MATH_UNSAID:
            self._changed("")
        elif name in SIZES:
            made.append(f"\\{name}{self._delimiter()}")
        elif name == "left":
            made.append(f"\\left{self._delimiter()}{self._row((_RIGHT,))}")
            self._next()
            made.append(f"{_RIGHT}{self._delimiter()}")
        elif name == "not" and (self._peek() in tuple("=<>") or self._peek()[1:].rstrip() in MATH_SYMBOLS):
            made.append(r"\not ")
        else:
            raise _MathError

    def _changed(self, instead: str) -> str:
        """What stands there instead of what the author wrote."""
        self._is_changed = True
        return instead

    def _degree(self) -> str:
        """The `[3]` of a root: plain characters."""
        made = self._next()
        while (piece := self._next()) != "]":
            if not piece or not re.fullmatch(r"[A-Za-z0-9 /+-]", piece):
                raise _MathError
            made += piece
        return made + "]"

    def _delimiter(self) -> str:
        while self._peek().isspace():
            self._next()
        piece = self._next()
        if not _DELIMITER.fullmatch(piece):
            raise _MathError
        if piece in _MATH_BRACES:
            return self._changed(_MATH_BRACES[piece])
        return f"{piece.rstrip()} " if piece[0] == "\\" else piece

    def _words(self) -> str:
        """The words of a `\\text{…}`."""
        if self._next() != "{":
            raise _MathError
        depth, start = 1, self._at
        while depth:
            piece = self._next()
            depth += (piece == "{") - (piece == "}")
            if not piece or piece == "$":
                raise _MathError
        inner = "".join(self._tokens[start : self._at - 1])
        before, after = inner[:1].isspace(), inner[-1:].isspace()
        words = f"{' ' * before}{_Words(inner.strip()).read()}{' ' * after}"
        self._is_changed |= words != inner
        return words


def _math_character(c: str) -> str:
    if c in "%#":
        return f"\\{c}"
    if c.isascii():
        if c in "\\{}$&^_" or not (c.isprintable() or c == " "):
            raise _MathError
        return c
    if c in "–−":
        return "-"
    found = _MATHEMATICS.fullmatch(_names().get(ord(c), ""))
    name = found[1] if found else ""
    if not re.fullmatch(r"\\[A-Za-z]+", name) or name[1:] not in MATH_SYMBOLS:
        raise _MathError
    return f"{name} "
