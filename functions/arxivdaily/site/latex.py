r"""arXiv's LaTeX-flavoured text for readers: Unicode words and MathML formulas.

arXiv titles, abstracts and comments are fragments of LaTeX that nobody compiled: accents
(`\'e`), quotes, dashes, `\%`, `\emph{…}`, formulas between `$…$`, `$$…$$`, `\(…\)`, `\[…\]`, and
plain dollar amounts beside them. pylatexenc reads the words and latex2mathml the formulas; neither
was made for hostile input, so their work is counted and bounded (`tex_work`) and their answers are
rebuilt element by element from allow-lists, never passed through. Every function here is total: what
cannot be converted comes back as its TeX, a formula in `<code>`.
"""

from __future__ import annotations

import html
import re
import unicodedata
from collections.abc import Iterator
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from markupsafe import Markup, escape

from arxivdaily.domain.injection import visible
from arxivdaily.domain.links import Link, LinkKind, find_links, judge
from arxivdaily.site.tex_work import Work

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element  # nosec B405 # for its type; nothing is parsed with it

MAX_TEXT = 20_000  # characters; arXiv's own limit for an abstract is 1,920
MAX_FORMULA = 1_500
_WIDE = 40  # characters of a formula in a line
_CACHE = 16_384

# What XML or HTML forbids (U+FFFE and its like in every plane), controls, marks that turn the reading
# direction, line ends of their own kind, and private characters, which mean nothing to a reader.
_CONTROL = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ud800-\uf8ff\ufdd0-\ufdef\ufffe\uffff"
    + "".join(f"{chr(plane + 0xFFFE)}{chr(plane + 0xFFFF)}" for plane in range(0x10000, 0xF0000, 0x10000))
    + "\U000f0000-\U0010ffff]"
)
_COMBINING = "\u0300-\u036f\u0483-\u0489\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f"
_MARK = re.compile(f"[{_COMBINING}]")
# Letters have up to two or three marks; a tower of them would cover the lines above.
_TOWER = re.compile(f"([{_COMBINING}]{{4}})[{_COMBINING}]+")
# Where nothing stands before them they would fall on what the page has there.
_LOOSE = re.compile(f'(^|[>\\s"])[{_COMBINING}]+')


def _settled(html_text: str) -> Markup:
    """Markup whose combining marks each have a letter of their own, and not too many."""
    if not _MARK.search(html_text):
        return Markup(html_text)  # nosec B704 # Markup already
    return Markup(_LOOSE.sub(r"\1", _TOWER.sub(r"\1", html_text)))  # nosec B704 # the same without marks


def clean(text: str) -> str:
    """Bounded text in Unicode's composed form without what XML forbids, controls, marks that turn the
    reading direction, and what nobody can see."""
    text = text[:MAX_TEXT]
    if text.isascii() and not _CONTROL.search(text):
        return text  # most texts: nothing else below is of ASCII
    text = unicodedata.normalize("NFC", visible(_CONTROL.sub(" ", text)))
    return _LOOSE.sub(r"\1", _TOWER.sub(r"\1", text)) if _MARK.search(text) else text


@lru_cache(maxsize=_CACHE)
def to_html(text: str, *, mathml: bool = True, links: bool = False) -> Markup:
    """`text` as phrasing content. With `mathml` False, formulas become Unicode text instead:
    feed readers strip MathML elements and would run their contents together. With `links`, addresses
    that may be followed become links: for authors' abstracts and comments alone, never for titles
    (which stand inside links themselves) nor for anything a model wrote."""
    parts: list[Markup] = []
    for kind, piece in _pieces(clean(text)):
        if kind == "text" or (links and _ONLY_LINK.match(piece)):
            parts.append(_linked_words(piece) if links else _words(piece))
        elif mathml:
            parts.append(_formula(piece, display=kind == "display"))
        else:
            parts.append(escape(_formula_as_text(piece)))
    return _settled("".join(parts))


@lru_cache(maxsize=_CACHE)
def to_plain(text: str) -> str:
    """`text` in Unicode alone, on one line: for titles of feeds and documents."""
    return " ".join(to_html(text, mathml=False).striptags().split())


# --- where the formulas are ----------------------------------------------------------------

_ENVIRONMENTS = r"(?:equation|align|gather|multline|eqnarray|displaymath|math)\*?"
_OPENER = re.compile(rf"\\\\|\\\$|\$\$|\$|\\\(|\\\[|\\begin\{{({_ENVIRONMENTS})\}}")
_DOLLAR = re.compile(r"\\.|\$", re.DOTALL)
_AMOUNT = re.compile(r"[+-]?\d")
_PROSE = re.compile(r"(?:^|\s)(?!\\)[A-Za-z]{2,}\s|\s$")
_BLANK_LINE = re.compile(r"\n\s*\n")


def formulas(text: str) -> Iterator[tuple[str, bool]]:
    """The TeX of every formula in `text`, and whether it becomes MathML on the page."""
    for kind, piece in _pieces(clean(text)):
        if kind != "text":
            yield piece, "<math" in _formula(piece, display=kind == "display")


def pieces(text: str) -> Iterator[tuple[str, str]]:
    """A text's words and formulas in order, as (`text`, `inline` or `display`; the TeX between the
    delimiters)."""
    return _pieces(clean(text))


def _pieces(text: str) -> Iterator[tuple[str, str]]:
    """Alternating `text`, `inline` and `display` pieces, in one pass (an opener without its closer
    is remembered, so hostile input cannot make the scan quadratic)."""
    start = at = 0
    hopeless: set[str] = set()
    while found := _OPENER.search(text, at):
        opener = found[0]
        at = found.end()
        if opener in ("\\\\", "\\$") or opener in hopeless:
            continue
        end, after = _closer(text, opener, at, found[1])
        if end < 0:
            hopeless.add(opener)
            continue
        content = text[at:end]
        if not content.strip() or (opener == "$" and _is_money(content)):
            continue
        if start < found.start():
            yield "text", text[start : found.start()]
        is_display = opener in ("$$", "\\[") or found[1] is not None
        if found[1] and found[1].startswith(("align", "eqnarray", "gather", "multline")):
            content = rf"\begin{{align*}}{content}\end{{align*}}"
        yield ("display" if is_display else "inline"), content.strip()
        start = at = after
    if start < len(text):
        yield "text", text[start:]


def _closer(text: str, opener: str, at: int, environment: str | None) -> tuple[int, int]:
    """Where the formula ends and where reading goes on; (-1, -1) without a closer."""
    if opener == "$":
        for mark in _DOLLAR.finditer(text, at):
            if mark[0] == "$":
                return mark.start(), mark.end()
        return -1, -1
    closing = rf"\end{{{environment}}}" if environment else {"$$": "$$", "\\(": "\\)", "\\[": "\\]"}[opener]
    end = text.find(closing, at)
    return (end, end + len(closing)) if end >= 0 else (-1, -1)


def _is_money(content: str) -> bool:
    """Whether `$5 and $10` was about dollars: an amount, then words or a space before the sign."""
    starts_with_amount = bool(_AMOUNT.match(content))
    return (starts_with_amount and bool(_PROSE.search(content))) or bool(_BLANK_LINE.search(content))


def _code(tex: str) -> Markup:
    return Markup('<code class="tex">{}</code>').format(tex)


# --- formulas ------------------------------------------------------------------------------

# MathML Core without anything that links, scripts, loads or carries a style of its own.
_MATHML: dict[str, tuple[str, ...]] = {
    "mrow": (), "mi": ("mathvariant",), "mn": (), "mtext": (), "ms": (), "merror": (), "mphantom": (),
    "mo": ("stretchy", "fence", "form", "lspace", "rspace", "minsize", "maxsize", "movablelimits"),
    "mspace": ("width",), "mfrac": ("linethickness",), "msqrt": (), "mroot": (),
    "mstyle": ("displaystyle", "scriptlevel"), "mpadded": ("width", "height", "depth", "lspace"),
    "msub": (), "msup": (), "msubsup": (), "munder": (), "mover": (), "munderover": (),
    "mmultiscripts": (), "mprescripts": (), "menclose": ("notation",),
    "mtable": ("columnalign", "rowspacing"), "mtr": (), "mtd": ("columnalign", "columnspan"),
}  # fmt: skip
_TRANSPARENT = {"math", "semantics", "mlabeledtr"}
_ATTRIBUTE_VALUE = re.compile(r"[A-Za-z0-9 .%-]{1,40}")
_LENGTH = re.compile(
    r"[a-z]{1,30}|-?\d{0,2}(?:\.\d{1,6})?(?:em|ex|px|pt)?"
)  # of a space: none is wider than a page
_LENGTHS = {
    "width",
    "height",
    "depth",
    "lspace",
    "rspace",
    "minsize",
    "maxsize",
    "rowspacing",
    "linethickness",
}
# latex2mathml gives some operators as ASCII look-alikes.
_GLYPHS = {"~": "\u223c", "-": "\u2212", "*": "\u2217"}
_SPACES = {r"\,": " ", r"\;": " ", r"\:": " ", r"\ ": " ", r"\!": ""}
# Commands that define, load, link or style: none has business in an abstract, some are bombs.
_FORBIDDEN = re.compile(
    r"\\(?:(?:re)?new(?:command|environment)|providecommand|[egx]?def|let|DeclareMathOperator|input|include\w*|"
    r"href|url|class|cssId|style|html\w*|unicode|require|loop|csname|expandafter|write\w*|read|catcode)(?![A-Za-z])"
)


class _UnknownCommandError(Exception):
    pass


@lru_cache(maxsize=_CACHE)
def _formula(tex: str, *, display: bool) -> Markup:
    body = _mathml(tex, display=display)
    if body is None:
        return _code(tex)
    block = Markup(' display="block"') if display else Markup("")
    made = Markup(
        '<math{} alttext="{}"><semantics>{}<annotation encoding="application/x-tex">{}</annotation>'
        "</semantics></math>"
    ).format(block, tex, body, tex)
    # Browsers break no line within a formula: one that may be wider than a telephone scrolls by itself.
    size = len(body.striptags().replace(" ", "")) + body.count("<mtd") + 2 * body.count("<mspace")
    is_wide = not display and size > _WIDE
    return Markup('<span class="formula">{}</span>').format(made) if is_wide else made


def _mathml(tex: str, *, display: bool) -> Markup | None:
    if len(tex) > MAX_FORMULA or _FORBIDDEN.search(tex):
        return None
    try:
        from arxivdaily.site import tex_formulas

        element = tex_formulas.to_element(_prepared(tex), Work(len(tex)), display=display)
        parts: list[str] = []
        _write_mathml(element, parts)
    except Exception:  # too much work, or one of the library's dozen kinds, IndexError among them
        return None
    return Markup("".join(parts))  # nosec B704 # built below from an allow-list, every text escaped


_COMMON_MACROS = {
    "arg": r"\operatorname{arg}",
    "bm": r"\boldsymbol",
    "pmb": r"\boldsymbol",
    "mathds": r"\mathbb",
    "bigO": r"\mathcal{O}",
    "logdet": r"\operatorname{logdet}",
    "E": r"\mathbb{E}",
    "R": r"\mathbb{R}",
}
_COMMON = re.compile(rf"\\({'|'.join(_COMMON_MACROS)})(?![A-Za-z])")


def _prepared(tex: str) -> str:
    """Packages' commands and authors' usual macros that arXiv abstracts use without defining them."""
    return _COMMON.sub(lambda found: _COMMON_MACROS[found[1]], tex)


_FUNCTIONS = frozenset({
    "arccos", "arcsin", "arctan", "arg", "cos", "cosh", "cot", "coth", "csc", "deg", "dim", "exp", "hom",
    "ker", "lg", "ln", "log", "sec", "sin", "sinh", "tan", "tanh",
})  # fmt: skip
_SCRIPTED = {"msub", "msup", "msubsup", "munder", "mover", "munderover"}
_ROWS = {"math", "mrow", "msqrt", "mstyle", "mtd", "semantics"}
_OPENING = frozenset("([{|\u2016\u27e8")
_CLOSING = frozenset(")]}|\u2016\u27e9!")


def _space_functions(row: Element) -> None:
    """TeX's thin spaces around the name of a function (`d log D`, but `log(x)`): without them a browser
    sets names from latex2mathml as variables, close to their neighbours, or as relations, far from them."""
    children = list(row)
    for at, child in enumerate(children):
        name = _core(child)
        if not _is_function(name):
            continue
        before = _core(children[at - 1]) if at else None
        after = _core(children[at + 1]) if at + 1 < len(children) else None
        # An operator or a function before it has its own space.
        spaced = before is None or _is_function(before) or _is_operator(before)
        name.set("lspace", "0" if spaced else "0.167em")
        name.set("rspace", "0" if after is None or _glyph(after) in _OPENING else "0.167em")
    for name in filter(_is_function, map(_core, children)):
        name.tag = "mo"


def _glyph(element: Element) -> str:
    text = html.unescape(element.text or "")
    return _GLYPHS.get(text, text)


def _is_operator(element: Element) -> bool:
    """Whether it has a space of its own after it: a bracket that closes has none."""
    operator = element.tag == "mo" or html.unescape(element.text or "") in _GLYPHS
    return operator and _glyph(element) not in _CLOSING


def _is_function(element: Element) -> bool:
    """Whether it is the name of a function: `mod` is a relation, and text is text."""
    text = _glyph(element)
    if element.tag == "mo":
        return len(text) > 1 and text[0].isalpha() and text != "mod"
    return element.tag == "mi" and text in _FUNCTIONS


def _core(element: Element) -> Element:
    """What scripts stand on."""
    while element.tag in _SCRIPTED and len(element):
        element = element[0]
    return element


def _write_mathml(element: Element, parts: list[str]) -> None:
    tag = element.tag
    if tag in _ROWS:
        _space_functions(element)
    text = html.unescape(element.text or "")
    if tag in _TRANSPARENT:
        children = list(element)
        if tag == "math" and len(children) == 1 and children[0].tag == "mrow":
            _write_mathml(children[0], parts)
            return
        parts.append("<mrow>")
        for child in children:
            _write_mathml(child, parts)
        parts.append("</mrow>")
        return
    if tag not in _MATHML:
        raise _UnknownCommandError(tag)
    if tag in ("mi", "mo", "mn"):
        if text.startswith("\\") and len(text) > 1:
            if text not in _SPACES:
                raise _UnknownCommandError(text)
            text = _SPACES[text]
        if text == "&":  # an alignment outside any table: the library gave up
            raise _UnknownCommandError(text)
        if text in _GLYPHS:
            tag, text = "mo", _GLYPHS[text]
    parts.append(f"<{tag}")
    for name in _MATHML[element.tag]:
        value = element.get(name)
        if value is not None and (_LENGTH if name in _LENGTHS else _ATTRIBUTE_VALUE).fullmatch(value):
            parts.append(f' {name}="{value}"')
    parts.append(">")
    parts.append(str(escape(text)))
    for child in element:
        _write_mathml(child, parts)
        if child.tail and child.tail.strip():
            parts.append(f"<mtext>{escape(html.unescape(child.tail))}</mtext>")
    parts.append(f"</{tag}>")


@lru_cache(maxsize=_CACHE)
def _formula_as_text(tex: str) -> str:
    """A formula in Unicode (`9.38 → 2.62`, `ℓ_2`), or its TeX."""
    if len(tex) > MAX_FORMULA or _FORBIDDEN.search(tex):
        return tex
    try:
        from arxivdaily.site import tex_words

        found = tex_words.to_text(f"${tex}$", Work(len(tex)))
    except Exception:  # too much work, or pylatexenc's ValueError, KeyError … on broken TeX
        return tex
    if "%s" in found:  # its template for a command whose arguments are missing
        return tex
    return " ".join(found.split()) or tex


# --- words ---------------------------------------------------------------------------------

_SPECIAL = re.compile(r"[\\{}~]|``|''|--")
_HREF = re.compile(r"\\href\{[^{}]*\}\s*\{([^{}]*)\}")
_LITERAL = re.compile(r"\\.|[%$&#]", re.DOTALL)
_URL = re.compile(r"(?<![{\w])https?://[^\s{}\\]+")
_TAGS = {
    "emph": "em", "textit": "em", "textsl": "em", "textbf": "strong", "texttt": "code",
    "textsuperscript": "sup", "textsubscript": "sub",
}  # fmt: skip
# Commands whose last argument is what a reader reads.
_WRAPPERS = {
    "text", "textrm", "textsf", "textsc", "textup", "textnormal", "mbox", "hbox", "underline", "uline",
    "textcolor", "footnote", "mathrm", "ensuremath", "title", "hl", "enquote",
}  # fmt: skip
_VERBATIM = {"url", "nolinkurl", "path"}
_SWITCHES = {
    "it", "bf", "em", "tt", "rm", "sc", "sf", "sl", "itshape", "bfseries", "noindent", "centering", "small",
    "footnotesize", "large", "Large", "xspace", "protect", "par", "newline", "break",
}  # fmt: skip
_QUOTES = {
    "``": "“",
    "''": "”",
    "---": "—",
    "--": "–",
    "~": "\u00a0",
    "!`": "¡",
    "?`": "¿",
    "<<": "«",
    ">>": "»",
}


# --- links ---------------------------------------------------------------------------------

_ONLY_LINK = re.compile(r"\\(?:href|url)\s*\{")  # `$\href{…}{…}$`, which some authors write
_MAX_LINKS = 100
_PLACES = range(0xE000, 0xE000 + _MAX_LINKS)  # private characters that hold a link's place
_PLACE = re.compile(f"[{chr(_PLACES[0])}-{chr(_PLACES[-1])}]")
# \href{address}{words}, the words in one more pair of braces at most; \url{address}
_MACRO = re.compile(
    r"\\href\s{0,2}\{([^{}]*+)\}\s{0,3}\{((?:[^{}]++|\{[^{}]*+\})*+)\}|\\(?:url|nolinkurl)\s{0,2}\{([^{}]*+)\}"
)
_ESCAPE = (
    r"(?:\{\\textasciitilde\}"
    r"|\\(?:[_%&#$]|~(?:\{\})?|textasciitilde(?:\{\}|\s(?=\S)|(?![A-Za-z]))|string~|-))"
)
_ESCAPED = re.compile(
    rf"(?:https?://|\b[a-z]{{2,20}}\.(?:com|org|io|co|science)/)[^\s{{}}\\]*+(?:{_ESCAPE}[^\s{{}}\\]*+)++"
)
_ESCAPES = re.compile(_ESCAPE)
_HAS_LINK = re.compile(r"://|\\(?:href|url|nolinkurl)|\.(?:com|org|io|co|science)\b", re.IGNORECASE)
_LABELS = {LinkKind.CODE: "代码", LinkKind.DATA: "数据"}


@lru_cache(maxsize=_CACHE)
def _linked_words(text: str) -> Markup:
    """A text without formulas, with its links. Each is taken out before LaTeX is read and put back
    after it, a private character holding its place, so that it may stand inside \\emph and the like."""
    if not _HAS_LINK.search(text):
        return _words(text)
    held: list[Markup] = []

    def hold(made: Markup) -> str:
        held.append(made)
        return chr(_PLACES[len(held) - 1])

    def from_macro(found: re.Match[str]) -> str:
        if len(held) == _MAX_LINKS:
            return found[0]
        address, words, bare = found.groups()
        link = judge(_unescaped(bare if address is None else address).strip())
        if address is None:
            written = _unescaped(bare)
            return hold(_anchor(link, escape(written)) if link else escape(written))
        shown = _words(words)
        if link and shown.striptags().strip() and not _misleads(shown, link):
            return hold(_anchor(link, shown))
        return hold(shown)

    text = _MACRO.sub(from_macro, _PLACE.sub(" ", text))
    text = _ESCAPED.sub(lambda found: _unescaped(found[0]), text)
    parts: list[str] = []
    at = 0
    for start, end, link in find_links(text):
        if len(held) == _MAX_LINKS:
            break
        # where it is no link, `~` and `--` still mean themselves
        shown = escape(text[start:end])
        parts += (text[at:start], hold(_anchor(link, shown) if link else shown))
        at = end
    parts.append(text[at:])
    html_words = _words("".join(parts))
    return Markup(_PLACE.sub(lambda found: _held(held, found[0]), str(html_words)))  # nosec B704 # made of Markup


def _held(held: list[Markup], place: str) -> str:
    number = ord(place) - _PLACES[0]
    return str(held[number]) if number < len(held) else " "


def _unescaped(address: str) -> str:
    return _ESCAPES.sub(
        lambda found: "~" if "~" in found[0] or "tilde" in found[0] else found[0][1:].strip("-"), address
    )


def _misleads(shown: Markup, link: Link) -> bool:
    """Whether a link's words are an address of another host than the link's."""
    host = link.url.split("/")[2]
    for _, _, said in find_links(shown.striptags()):
        if said is None or said.url.split("/")[2].removeprefix("www.") != host.removeprefix("www."):
            return True
    return False


def _anchor(link: Link, shown: Markup) -> Markup:
    anchor = Markup('<a href="{}" rel="nofollow noopener">{}</a>').format(link.url, shown)
    if label := _LABELS.get(link.kind):
        anchor += Markup(' <span class="label" lang="zh-Hans">{}</span>').format(label)
    return anchor


# --- pylatexenc ----------------------------------------------------------------------------


@lru_cache(maxsize=_CACHE)
def _words(text: str) -> Markup:
    """A text without formulas."""
    if not _SPECIAL.search(text):
        return escape(text)
    parts: list[Markup] = []
    at = 0
    for url in _URL.finditer(text):  # `~` and `--` mean themselves in an address
        parts += (_latex_words(text[at : url.start()]), escape(url[0]))
        at = url.end()
    parts.append(_latex_words(text[at:]))
    return Markup("").join(parts)


def _latex_words(text: str) -> Markup:
    if not _SPECIAL.search(text):
        return escape(text)
    if "\\" not in text and "{" not in text and "}" not in text:
        return escape(_ligatures(text))
    # Outside TeX, authors write % $ & # as themselves; pylatexenc would see comments and formulas.
    source = _HREF.sub(r"{\1}", text)
    source = _LITERAL.sub(lambda m: m[0] if m[0].startswith("\\") else "\\" + m[0], source)
    try:
        from arxivdaily.site import tex_words

        work = Work(len(source))
        return _join(tex_words.nodes(source, work), work)
    except Exception:  # too much work, or what tolerant parsing still raises on some broken input
        return escape(text)


def _ligatures(text: str) -> str:
    """TeX's quotes, dashes and tie, except the two hyphens of a command-line option."""
    text = re.sub(r"---|--(?!(?<=\s--)[A-Za-z])", lambda m: _QUOTES[m[0]], text)
    return text.replace("``", "“").replace("''", "”").replace("~", "\u00a0")


def _join(nodes: Any, work: Work) -> Markup:
    return Markup("").join([_node(node, work) for node in nodes if node is not None])


def _node(node: Any, work: Work) -> Markup:
    from pylatexenc import latexwalker as walker

    if node.isNodeType(walker.LatexCharsNode):
        return escape(_ligatures(node.chars))
    if node.isNodeType(walker.LatexGroupNode):
        return _join(node.nodelist, work)
    if node.isNodeType(walker.LatexSpecialsNode):
        return escape(_QUOTES.get(node.specials_chars, node.specials_chars))
    if node.isNodeType(walker.LatexEnvironmentNode):
        return _join(node.nodelist, work)
    if node.isNodeType(walker.LatexMacroNode):
        return _macro(node, work)
    return escape(node.latex_verbatim())


def _macro(node: Any, work: Work) -> Markup:
    name, space = str(node.macroname), str(node.macro_post_space)
    arguments = [a for a in (node.nodeargd.argnlist if node.nodeargd else ()) if a is not None]
    if name in _TAGS and arguments:
        return Markup("<{0}>{1}</{0}>").format(Markup(_TAGS[name]), _node(arguments[-1], work))  # nosec B704 # a constant
    if name in _VERBATIM and arguments:
        return escape(arguments[-1].latex_verbatim().strip("{}").replace("\\", ""))
    if name in _WRAPPERS:
        return _node(arguments[-1], work) if arguments else Markup("")
    if name in _SWITCHES:
        return Markup(" ") if name in ("par", "newline") else Markup("")
    if name.startswith("cite"):
        return escape(f"[{arguments[-1].latex_verbatim().strip('{}')}]") if arguments else Markup("")
    if name == "item":
        return Markup(" • ")
    if name in ("\\", " ", ",", ";", ":", "quad", "qquad", "/", "!", "-"):
        return Markup("") if name in ("/", "!", "-") else Markup(" ")
    if len(name) == 1 and not name.isalpha() and not arguments:
        return escape(name + space)  # \% \& \_ \# \$ \{ \}
    from arxivdaily.site import tex_words

    spec = tex_words.known().get_macro_spec(name)
    # an empty name means a macro that pylatexenc does not know
    if spec is None or not spec.macroname:
        return _code(str(node.latex_verbatim()).rstrip()) + escape(str(space))
    converted = tex_words.text_of(node, work)
    return escape(converted + (space if not arguments and name.isalpha() and space == "\n" else ""))
