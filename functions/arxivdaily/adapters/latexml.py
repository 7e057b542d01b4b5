"""The author block of a paper's HTML page on arXiv, which LaTeXML writes from the paper's source.

Every LaTeX class leaves its own shape there, and a class LaTeXML does not know leaves the ruins of
one. What is read is what they have in common: the paper's authors are known by name, so a text is a
name, a mark that ties names to texts, or something else, which is an affiliation or a remark.

Sources: LaTeXML's schema and stylesheets (classes `ltx_creator`, `ltx_personname`, `ltx_contact` and
`ltx_note` with `ltx_role_…`, https://github.com/brucemiller/LaTeXML), pages of arXiv from 2023 to
2026, and LaTeXML 0.8.7 run on the author blocks of twenty classes.

What a page does not say stays unsaid: two authors before two affiliations without marks are
authors without affiliations, and the institutions stand by themselves.
"""

from __future__ import annotations

import re
from collections.abc import Container, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from enum import Enum, auto
from itertools import islice, pairwise
from typing import TYPE_CHECKING

from arxivdaily.domain.affiliations import AuthorBlock, Institution
from arxivdaily.domain.institutions import (
    Rank,
    clean,
    fold,
    from_lines,
    is_noise,
    is_person,
    key,
    numbered,
    rank,
    unique,
)
from arxivdaily.errors import PermanentError

if TYPE_CHECKING:
    from lxml.etree import _Element

MAX_AUTHORS = 5_000
MAX_INSTITUTIONS = 2_000
_MAX_TOKENS = 200_000
_MAX_CELLS = 4_000
_MAX_LINE = 100_000  # characters of one line that are looked at: 3,000 names have 60,000
_MAX_LABELS = 60  # marks of one author
_MAX_PARAGRAPHS = 40
_MAX_NAMESAKES = 50
_MAX_LINES = 20_000  # of a page, each of which costs a tenth of a millisecond
_MAX_PEOPLE = 2 * MAX_AUTHORS
_MAX_NOTES = 50  # of one author
_MAX_CONTACTS = 500  # of one author
_MAX_SAME_MARK = 20  # institutions of one mark
_MOST_NAME_WORDS = 6


def read_author_block(body: bytes, authors: Sequence[str]) -> AuthorBlock:
    """What a page says of the paper's authors, whose names `authors` has as arXiv's metadata does.

    `body` may end anywhere: the front matter stands at the beginning. Raises PermanentError where
    the conversion had failed or the page has no author block.
    """
    root = _parsed(body)
    article = _first(root, "ltx_document")
    if article is None:
        raise PermanentError("the page holds no document that LaTeXML converted")
    page = _Page(authors[:MAX_AUTHORS])
    block = _first(article, "ltx_authors")
    if block is not None:
        _read_creators(block, page)
    _read_notes(article, page)
    if not page.has_institutions:
        _read_paragraphs(article, page, everywhere=block is None)
    if not page.has_institutions:
        _read_dates(article, page)
    if not page.people and not page.has_institutions:
        if _first(article, "ltx_title_document") is None and _first(article, "ltx_ERROR") is not None:
            raise PermanentError("LaTeXML could not convert the paper: its page has errors and no authors")
        raise PermanentError("the page has no author block")
    return page.result()


# --- the page ------------------------------------------------------------------------------

_NOT_TEXT = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\ufdd0-\ufdef\ufffe\uffff]")


def _parsed(body: bytes) -> _Element:
    from lxml import etree

    text = _NOT_TEXT.sub(" ", body.decode("utf-8", "replace"))
    parser = etree.HTMLParser(
        encoding="utf-8",
        no_network=True,
        huge_tree=False,
        remove_comments=True,
        remove_pis=True,
        recover=True,
    )
    try:
        root = etree.fromstring(text.encode(), parser) if text.strip() else None
    except (etree.XMLSyntaxError, ValueError):
        root = None
    if root is None:
        raise PermanentError("the page is no HTML")
    return root


def _classes(element: _Element) -> list[str]:
    return (element.get("class") or "").split() if isinstance(element.tag, str) else []


def _all(root: _Element, name: str) -> Iterator[_Element]:
    return (element for element in root.iter() if name in _classes(element))


def _outermost(root: _Element, *names: str) -> Iterator[_Element]:
    """Elements inside `root` with one of these classes, without those inside one another."""
    wanted = set(names)
    stack = list(reversed(root))
    while stack:
        element = stack.pop()
        if wanted & set(_classes(element)):
            yield element
        else:
            stack.extend(reversed(element))


def _near(root: _Element, name: str) -> _Element | None:
    """The first element with this class among the next few."""
    return next((e for e in islice(root.iter(), 40) if name in _classes(e)), None)


def _first(root: _Element, name: str) -> _Element | None:
    return next(_all(root, name), None)


def _content(element: _Element) -> str:
    return "".join(str(text) for text in element.itertext())


def _role(element: _Element) -> str:
    """`affiliation` of `ltx_contact ltx_role_affiliation`."""
    return next((c.removeprefix("ltx_role_") for c in _classes(element) if c.startswith("ltx_role_")), "")


# --- tokens --------------------------------------------------------------------------------


class _Kind(Enum):
    TEXT = auto()
    MARK = auto()  # a superscript: labels
    GAP = auto()  # a wide space
    BREAK = auto()  # a line ends
    NEXT = auto()  # `\And`: the next author's box begins
    MACRO = auto()  # a command LaTeXML did not know
    NOTE = auto()


@dataclass(frozen=True, slots=True)
class _Token:
    kind: _Kind
    text: str = ""
    note: _Note | None = None


@dataclass(frozen=True, slots=True)
class _Note:
    role: str
    mark: str
    tokens: tuple[_Token, ...]


_BREAK = _Token(_Kind.BREAK)
_GAP = _Token(_Kind.GAP)

_SKIPPED_TAGS = {
    "script", "style", "svg", "button", "nav", "annotation", "annotation-xml", "head", "img", "figure",
}  # fmt: skip
_SKIPPED = {
    "ltx_note_type", "ltx_note_name", "ltx_contact_name", "ltx_orcid", "ltx_author_before",
    "ltx_note_mark", "ltx_tag_note", "ltx_role_email", "ltx_role_orcid", "ltx_role_url", "ltx_pubnotes",
    "ltx_role_urladdr",
}  # fmt: skip
_BLOCKS = {
    "p",
    "div",
    "li",
    "ul",
    "ol",
    "tr",
    "table",
    "section",
    "article",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
}
_SPACES = re.compile(r"[ \t\n\u00a0\u2000-\u200a]+")
_ORDINAL = re.compile(r"st|nd|rd|th")
_ANDS = {"\\and", "\\And", "\\AND", "\\ANDD", "\\AndS"}
_MAILS = {
    "\\email",
    "\\emails",
    "\\mail",
    "\\ead",
    "\\Email",
    "\\url",
    "\\href",
    "\\orcid",
    "\\orcidlink",
    "\\urladdr",
}
_LINES = {
    "\\addr", "\\affiliations", "\\emails", "\\affiliation", "\\institute", "\\affil", "\\address",
    "\\newline", "\\contribution", "\\equalcont", "\\correspondence", "\\correspondingauthor", "\\thanks",
    "\\authornote", "\\note", "\\footnotetext", "\\abstract", "\\printAffiliationsAndNotice",
}  # fmt: skip


def _tokens(
    root: _Element, *, contacts: bool = True, in_table: bool = False, in_note: bool = False
) -> list[_Token]:
    """What an element holds, in order. `contacts` says whether contacts inside it count; a note in a
    note and a table in a table are not looked into.

    The stack holds what is still to come, so no depth of a hostile page is a depth of calls.
    """
    tokens: list[_Token] = []
    stack: list[_Element | _Token] = [root]
    while stack and len(tokens) < _MAX_TOKENS:
        item = stack.pop()
        if isinstance(item, _Token):
            tokens.append(item)
            continue
        names = set(_classes(item))
        tag = item.tag if isinstance(item.tag, str) else "script"
        if item is not root and (
            tag in _SKIPPED_TAGS or names & _SKIPPED or (not contacts and "ltx_contact" in names)
        ):
            continue
        if tag == "br":
            tokens.append(_BREAK)
        elif item is not root and "ltx_note" in names:
            if not in_note:
                tokens.append(_note_token(item))
        elif tag == "math":
            tokens += _math(item)
        elif tag == "sup":
            tokens += _superscript(_content(item), tokens)
        elif "ltx_ERROR" in names:
            tokens.append(_macro(_content(item).strip()))
        elif not (in_table or in_note) and (tag == "table" or "ltx_tabular" in names):
            tokens += _table(item)
        else:
            _push(stack, item, tag in _BLOCKS or "ltx_tr" in names)
    return tokens


def _push(stack: list[_Element | _Token], element: _Element, is_block: bool) -> None:
    inside: list[_Element | _Token] = [_BREAK] if is_block else []
    inside += _text(element.text)
    for child in element:
        inside.append(child)
        inside += _text(child.tail)
    if is_block:
        inside.append(_BREAK)
    stack.extend(reversed(inside))


def _text(text: str | None) -> list[_Token]:
    """Text and the wide spaces in it. What LaTeXML writes for `\\quad` separates, a line end does not."""
    if not text:
        return []
    text = text[: _MAX_LINE * 10]
    tokens: list[_Token] = []
    start = 0
    for found in _SPACES.finditer(text):
        if "\u2001" in found[0] or "\u2003" in found[0] or found[0].count("\u00a0") > 1:
            tokens += (_Token(_Kind.TEXT, text[start : found.start()]), _GAP)
            start = found.end()
    return [*tokens, _Token(_Kind.TEXT, text[start:].replace("\n", " "))]


def _macro(name: str) -> _Token:
    return _Token(_Kind.NEXT) if name in _ANDS else _Token(_Kind.MACRO, name)


def _superscript(text: str, before: list[_Token]) -> list[_Token]:
    text = text.strip()
    if _ORDINAL.fullmatch(text):
        # `1st Alice Moreau`: the number goes with it.
        if before and before[-1].kind is _Kind.TEXT:
            before[-1] = _Token(_Kind.TEXT, before[-1].text.rstrip().rstrip("0123456789"))
        return []
    if len(text) > 40 or re.search(r"[^\W\d_]{5}", text):
        found = re.match(r"[\d,\s*†‡§¶]+", text)
        mark = [_Token(_Kind.MARK, found[0])] if found else []
        return [*mark, _Token(_Kind.TEXT, text[found.end() if found else 0 :])]
    return [_Token(_Kind.MARK, text)] if text else []


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


def _untexed(tex: str) -> str:
    for _ in range(3):
        tex = _TEXT_MACRO.sub(r"\1", tex)
    tex = _COMMAND.sub(
        lambda m: _SIGNS.get(m[1], " " if m[1] in (",", ";", ":", " ", "quad", "qquad") else ""), tex
    )
    return tex.replace("{", "").replace("}", "").strip()


def _math(element: _Element) -> list[_Token]:
    """Marks of a formula such as `{}^{1,\\dagger}`; what else it holds, as text."""
    tex = (element.get("alttext") or "")[:500]
    tokens: list[_Token] = []
    at = 0
    for found in _SCRIPT.finditer(tex):
        tokens += _plain(tex[at : found.start()])
        if mark := _untexed(found["braced"] if found["braced"] is not None else found["bare"]):
            tokens.append(_Token(_Kind.MARK, mark))
        at = found.end()
    rest = tex[at:]
    if not tokens and re.fullmatch(r"[\s{}]*(?:\\(?:dagger|ddagger|ast|star|dag|ddag|S|P)|\*)[\s{}]*", rest):
        return [_Token(_Kind.MARK, _untexed(rest))]
    return [*tokens, *_plain(rest)]


def _plain(tex: str) -> list[_Token]:
    gap = [_GAP] if "quad" in tex else []
    text = _untexed(tex).strip("~")
    return [*gap, _Token(_Kind.TEXT, f" {text} ")] if text else gap


def _note_token(element: _Element) -> _Token:
    mark = _near(element, "ltx_note_mark")
    content = _near(element, "ltx_note_content")
    text = _content(mark).strip() if mark is not None else ""
    role = _role(element)
    if role == "footnotemark":
        return _Token(_Kind.MARK, text)
    inside = _tokens(content, in_note=True) if content is not None else []
    return _Token(_Kind.NOTE, note=_Note(role, text[:40], tuple(inside)))


def _table(element: _Element) -> list[_Token]:
    """A table column by column: authors stand side by side, each above the own affiliation.

    A row with one cell in a table of several columns is for everybody, and comes last.
    """
    cells: list[list[list[_Token]]] = []
    left = _MAX_CELLS
    for row in _rows(element):
        inside = [c for c in row if c.tag in ("td", "th") or set(_classes(c)) & {"ltx_td", "ltx_th"}]
        left -= len(inside)
        if left < 0:
            break
        cells.append([_tokens(cell, in_table=True) for cell in inside])
    width = max((len(row_cells) for row_cells in cells), default=0)
    tokens: list[_Token] = [_BREAK]
    for column in range(width):
        for row_cells in cells:
            if column < len(row_cells) and not (width > 1 and len(row_cells) == 1):
                tokens += [*row_cells[column], _BREAK]
    if width > 1:
        for row_cells in cells:
            if len(row_cells) == 1:
                tokens += [*row_cells[0], _BREAK]
    return tokens


def _rows(table: _Element) -> Iterator[_Element]:
    stack = list(reversed(table))
    while stack:
        element = stack.pop()
        if element.tag == "tr" or "ltx_tr" in _classes(element):
            yield element
        else:
            stack.extend(reversed(element))


# --- names ---------------------------------------------------------------------------------


class _Names:
    """The paper's authors, found by the spelling of a page: accents, case, hyphens, initials, middle
    names and the order of family and given name may differ."""

    def __init__(self, authors: Sequence[str]) -> None:
        self.words = [_words(re.sub(r"\(.*", "", author[:300])) for author in authors]
        self._exact: dict[str, list[int]] = {}
        self._near: dict[tuple[str, str], list[int]] = {}
        for index, words in enumerate(self.words):
            if not words:
                continue
            for spelling in {
                "".join(words),
                "".join([*words[-1:], *words[:-1]]),
                "".join([*words[1:], words[0]]),
            }:
                if len(same := self._exact.setdefault(spelling, [])) < _MAX_NAMESAKES:
                    same.append(index)
            for initial, word in {(words[0][0], w) for w in words[1:] if len(w) > 1} | {
                (w[0], words[0]) for w in words[1:] if len(words[0]) > 1
            }:
                if len(alike := self._near.setdefault((initial, word), [])) < _MAX_NAMESAKES:
                    alike.append(index)

    def exact(self, words: Sequence[str]) -> list[int]:
        return self._exact.get("".join(words), [])

    def near(self, words: Sequence[str]) -> list[int]:
        """Authors that may be meant by a text of these words only; the best first."""
        if exact := self.exact(words):
            return exact
        if not 2 <= len(words) <= _MOST_NAME_WORDS + 2:
            return []
        found: dict[int, int] = {}
        for initial, word in (
            (words[0][0], words[-1]),
            (words[-1][0], words[0]),
            *((words[0][0], w) for w in words[1:]),
        ):
            for index in self._near.get((initial, word), []):
                if index not in found and (likeness := _likeness(words, self.words[index])):
                    found[index] = likeness
        best = max(found.values(), default=0)
        return [index for index, likeness in found.items() if likeness == best]


def _words(name: str) -> list[str]:
    return fold(name).split()


def _likeness(one: Sequence[str], other: Sequence[str]) -> int:
    """0 for different people; more for the same words, less for initials and missing middle names."""
    if sorted(one) == sorted(other):
        return 4
    if one[-1] != other[-1]:
        if one[0] == other[-1] and len(one) == 2:  # family name first
            return _likeness([*one[1:], one[0]], other)
        if other[0] == one[-1] and len(other) == 2:
            return _likeness(one, [*other[1:], other[0]])
        if abs(len(one) - len(other)) > 2:
            return 0
        # `Adriana Romero` and `Adriana Romero-Soriano`
        full = one[0] == other[0] and len(one[0]) > 1
        return 1 if full and (one[-1] in other[1:] or other[-1] in one[1:]) else 0
    if len(one) < 2 or len(other) < 2:
        return 0
    if "".join(one) == "".join(other):
        return 4
    a, b = one[0], other[0]
    if a == b:
        return 3
    if "".join(one[:-1]) == "".join(other[:-1]):
        return 3
    if len(a) == 1 or len(b) == 1:
        if a[0] != b[0]:
            return 0
        # second initials must not contradict each other
        seconds = [w[1][0] for w in (one, other) if len(w) > 2]
        return 0 if len(seconds) == 2 and seconds[0] != seconds[1] else 2
    return 1 if min(len(a), len(b)) >= 3 and (a.startswith(b) or b.startswith(a)) else 0


@dataclass(eq=False)
class _Person:
    """Somebody whom the page names. `author` is the index in the paper's list, where it is known."""

    name: str
    author: int | None = None
    labels: list[str] = field(default_factory=list)
    doubled: str = ""  # marks as llncs leaves them: `1122`
    found: list[Institution] = field(default_factory=list)


# --- lines ---------------------------------------------------------------------------------

_SEPARATOR = re.compile(r"\s*(?:[,;，、·•|(]|(?<!\w)(?:and|&)(?!\w))\s*")
_BRACKETED = re.compile(r"\s*\[?\s*(\d{1,2}(?:\s*,\s*\d{1,2})*)\s*\]\s*")
_BRACKET = re.compile(r"(?:^|(?<=\s))\[?(\d{1,2}(?:\s?,\s?\d{1,2})*)\]\s?(?=[^\W\d_])")
_GLUED = re.compile(r"\s*(?:\(?(\d{1,2}(?:\s*,\s*\d{1,2})*)\)?(?![^\W_])|([*†‡§¶]+))")
_DIGIT_FIRST = re.compile(r"\s*(\d{1,2})\s?(?=[^\W\d_])")
_WORD = re.compile(r"[^\W\d_]+")
_BETWEEN = re.compile(r"[\s.\-‐‑’'`~\u00a0]*")


@dataclass
class _Line:
    """What one line holds, in order: people, marks and texts."""

    items: list[_Person | _Token] = field(default_factory=list)

    @property
    def people(self) -> list[_Person]:
        return [item for item in self.items if isinstance(item, _Person)]


def _labels(mark: str) -> list[str]:
    """`1,2*` as 1, 2, *: numbers, runs of letters and single signs."""
    return re.findall(r"\d+|[^\W\d_]+|[^\w\s,;.()\[\]{}^-]", mark)[:_MAX_LABELS]


# --- collecting ----------------------------------------------------------------------------


class _Page:
    """What was read so far."""

    def __init__(self, authors: Sequence[str]) -> None:
        self.names = _Names(authors)
        self.count = len(authors)
        self.people: list[_Person] = []
        self.by_author: dict[int, list[_Person]] = {}
        self.lines_left = _MAX_LINES
        self._labels: set[str] = set()
        self._addresses: dict[tuple[str, ...], list[Institution]] = {}
        self._labelled = 0
        self.is_scrambled = False  # names stand where affiliations should
        self._order: dict[str, Institution] = {}
        self._defined: dict[str, list[Institution]] = {}
        self._sources: dict[str, set[str]] = {}
        self._run: list[_Person] = []
        self._lines: list[str] = []
        self.is_resumed = False
        self.is_shared = False  # the institution is one of the whole paper
        self.is_last = False  # no author but the last has a box with anything in it
        self._mark: list[str] = []  # of the affiliation that the last line began
        self._marked: list[str] = []

    @property
    def has_institutions(self) -> bool:
        return bool(self._order)

    # -- institutions

    def register(self, found: Iterable[Institution]) -> list[Institution]:
        """Notes institutions and gives them back as they were first seen."""
        result = []
        for one in found:
            name = key(one.name)
            if name not in self._order and len(self._order) >= MAX_INSTITUTIONS:
                continue
            result.append(self._order.setdefault(name, one))
        return result

    def define(self, labels: Sequence[str], lines: Sequence[str]) -> None:
        """The affiliation that marks stand for."""
        weak = all(not label.isalnum() for label in labels)
        # A dagger mostly explains a person's role: only a clear institution counts.
        found = from_lines(line for line in lines if not weak or rank(line) >= Rank.UNIT)
        if not found:
            return
        known = self.register(found)
        for label in labels:
            self._defined.setdefault(label, [])
            self._sources.setdefault(label, set()).add(known[0].name if known else "")
            if len(self._defined[label]) < _MAX_SAME_MARK:
                self._defined[label] += [one for one in known if one not in self._defined[label]]

    def give(self, people: Sequence[_Person], found: Sequence[Institution]) -> None:
        """Institutions of people who are named together: of each, if it is one person or one institution."""
        known = self.register(found)
        if len(people) == 1 or len(known) == 1:
            for person in people:
                person.found += known

    def read_address(self, lines: tuple[str, ...]) -> list[Institution]:
        """The institutions in an address, which hundreds of a collaboration's authors may share."""
        if lines not in self._addresses:
            self._addresses[lines] = from_lines(lines)
        return self._addresses[lines]

    # -- lines

    def person(self, person: _Person) -> None:
        if self._lines:
            self.close()
        self._end_mark()
        if self.add(person):
            self._run.append(person)

    def add(self, person: _Person) -> bool:
        """Notes a person, if the page has not named far too many."""
        if len(self.people) >= _MAX_PEOPLE:
            return False
        self.people.append(person)
        if person.author is not None:
            self.by_author.setdefault(person.author, []).append(person)
        return True

    def labels(self) -> set[str]:
        """The marks of the people named so far."""
        for person in self.people[self._labelled :]:
            self._labels.update(person.labels)
        self._labelled = len(self.people)
        return self._labels

    def digits(self) -> set[str]:
        """Each digit of the marks: LaTeXML may have lost what stood between two of them."""
        return {character for label in islice(self.labels(), 500) for character in label}

    def text(self, text: str) -> None:
        """An affiliation's line without a mark."""
        if self._mark:
            self._marked.append(text)
        else:
            self._lines.append(text)

    def marked(self, mark: str, text: str) -> None:
        self._end_mark()
        self._mark, self._marked = _labels(mark), [text]

    def close_mark(self) -> None:
        """The affiliation of the last mark ends here."""
        self._end_mark()

    def close_text(self) -> None:
        """The lines of a name end here; contacts may follow for the same people."""
        self._end_mark()
        if self._lines:
            self.give(self._run, from_lines(self._lines))
        self._lines = []

    def take_lines(self) -> list[str]:
        """Lines without marks that were read and given to nobody yet."""
        self._end_mark()
        lines, self._lines = self._lines, []
        return lines

    def resume(self, people: Sequence[_Person]) -> None:
        """What follows belongs to these people."""
        self._run = list(people)
        self.is_resumed = True

    def text_all(self, lines: Sequence[str]) -> None:
        self._lines += lines

    def _end_mark(self) -> None:
        if self._mark:
            self.define(self._mark, self._marked)
        self._mark, self._marked = [], []

    def close(self) -> list[_Person]:
        """Ends an author's box; what was in it belongs to the people named in it."""
        self._end_mark()
        if self._lines:
            self.give(self._run, from_lines(self._lines))
        run, self._run, self._lines = self._run, [], []
        self.is_resumed = False
        return run

    # -- the end

    def result(self) -> AuthorBlock:
        self.close()
        self._match_by_place()
        for person in self.people:
            for label in self._resolved(person):
                if len(self._sources[label]) <= 1 or label.isalnum():
                    person.found += self._defined[label]
        self._share_the_only_one()
        institutions = tuple(self._order.values())
        if self.count == 1 and len(self.people) <= 1:
            return AuthorBlock(institutions, (tuple(range(len(institutions))),))
        places = {key(one.name): place for place, one in enumerate(institutions)}
        of_authors: list[dict[int, None]] = [{} for _ in range(self.count)]
        for person in self.people:
            if person.author is not None:
                of_authors[person.author] |= dict.fromkeys(places[key(one.name)] for one in person.found)
        return AuthorBlock(institutions, tuple(tuple(found) for found in of_authors))

    def _resolved(self, person: _Person) -> list[str]:
        labels: list[str] = []
        for label in person.labels:
            if label in self._defined:
                labels.append(label)
            elif len(label) > 1:
                labels += _taken_apart(label, self._defined)
        return [*labels, *_undoubled(person.doubled, self._defined)]

    def _match_by_place(self) -> None:
        """People whom no author's name fits, where the page has as many people as the paper authors."""
        taken = {person.author for person in self.people if person.author is not None}
        if len(self.people) == self.count:
            for place, person in enumerate(self.people):
                if person.author is None and place not in taken:
                    person.author = place

    def _share_the_only_one(self) -> None:
        """The only institution of a page belongs to everybody where only the last author's box holds it
        (`\\author{A \\and B \\\\ X}`), or a note of the whole paper."""
        if len(self._order) != 1:
            return
        holders = [person for person in self.people if person.found]
        everybodys = self.is_scrambled or self.is_shared
        lasts = self.is_last and bool(holders) and holders[-1] is self.people[-1]
        by_mark = any(person.labels and self._resolved(person) for person in self.people)
        if (everybodys or lasts) and not by_mark:
            for person in self.people:
                person.found = list(self._order.values())


def _taken_apart(label: str, defined: Container[str]) -> list[str]:
    """`12` where only 1 and 2 are defined: LaTeXML loses what stood between marks."""
    pieces = list(label[:_MAX_LABELS])
    return pieces if all(piece in defined for piece in pieces) else []


def _undoubled(text: str, defined: Container[str]) -> list[str]:
    """`1122` as 1 and 2: llncs's marks, each of which LaTeXML writes twice; nothing if it is not that."""
    digits = text[:200]
    # ways[i] is how the text from i on can be read, found from the end.
    ways: list[list[str] | None] = [None] * len(digits) + [[]]
    for start in range(len(digits) - 1, -1, -1):
        for size in (2, 1):
            label = digits[start : start + size]
            end = start + 2 * size
            if (
                len(label) == size
                and label in defined
                and digits[start + size : end] == label
                and end <= len(digits)
            ):
                rest = ways[end]
                if rest is not None:
                    ways[start] = [label, *rest]
                    break
    return ways[0] or []


# --- reading lines -------------------------------------------------------------------------


class _Context(Enum):
    NAME = auto()  # `ltx_personname`: the first line is a name
    CONTACT = auto()  # text that should be an affiliation
    PARAGRAPH = auto()  # anything


def _read(tokens: Sequence[_Token], page: _Page, context: _Context) -> None:
    """Reads tokens line by line into `page`."""
    if any(token.kind is _Kind.MACRO and token.text == "\\icmlauthor" for token in tokens):
        _read_icml(tokens, page)
        return
    is_first = context is _Context.NAME
    for tokens_of_line in islice(_split(tokens), page.lines_left):
        page.lines_left -= 1
        if tokens_of_line and tokens_of_line[0].kind is _Kind.NEXT:
            page.close()
            is_first = context is _Context.NAME
            tokens_of_line = tokens_of_line[1:]
        line = _line(tokens_of_line, page, context, is_first)
        if line.items and _read_line(line, page, context):
            is_first = False


def _split(tokens: Sequence[_Token]) -> Iterator[list[_Token]]:
    """Lines; one that begins a new author's box begins with the token that says so."""
    line: list[_Token] = []
    in_mail = False
    for token in tokens:
        is_line = token.kind is _Kind.MACRO and token.text in _LINES
        if token.kind in (_Kind.BREAK, _Kind.NEXT) or is_line:
            if line:
                yield line
            line = [token] if token.kind is _Kind.NEXT else []
            in_mail = False
        if token.kind is _Kind.MACRO:
            in_mail = token.text in _MAILS
            line.append(_Token(_Kind.TEXT, " "))  # what stood on its two sides were not one word
        elif token.kind not in (_Kind.BREAK, _Kind.NEXT):
            if in_mail and token.kind is _Kind.TEXT:
                continue
            line.append(token)
    if line:
        yield line


def _line(tokens: Sequence[_Token], page: _Page, context: _Context, is_first: bool) -> _Line:
    line = _Line()
    budget = _MAX_LINE
    joined: list[tuple[_Token, list[str]]] = []
    for token in tokens:
        if token.kind is _Kind.TEXT and joined and joined[-1][0].kind is _Kind.TEXT:
            joined[-1][1].append(token.text)
        else:
            joined.append((token, [token.text]))
    for token, texts in joined:
        if token.kind is _Kind.TEXT:
            text = " ".join("".join(texts)[: max(0, budget)].split())
            budget -= len(text)
            if text.strip(" ,;"):
                line.items += _people_in(text, page)
        elif token.kind in (_Kind.MARK, _Kind.GAP, _Kind.NOTE):
            line.items.append(token)
    if (line.people or is_first) and context is _Context.NAME:
        line.items = list(_with_strangers(line.items, is_first and not line.people))
    return line


def _people_in(text: str, page: _Page) -> list[_Person | _Token]:
    """A text taken apart into authors' names and what stands between them."""
    if (
        len(text) < 120 and text.count(",") == 1 and (authors := page.names.exact(_words(text)))
    ):  # `Moreau, Alice`
        return [_Person(text, _choose(authors, page))]
    bracket = re.match(r"\[\d[\d,\s]{0,20}\]\s*(?!\[)", text)
    if bracket:  # its comma separates no names
        rest = _people_in(text[bracket.end() :].strip(), page)
        if rest and isinstance(rest[0], _Person):
            return [_Token(_Kind.TEXT, bracket[0].strip()), *rest]
    items: list[_Person | _Token] = []
    waiting = 0  # what follows this place was not given out yet
    at = 0
    for found in [*_SEPARATOR.finditer(text), None]:
        end = found.start() if found else len(text)
        chunk = text[at:end]
        if person := _whole(chunk, page):
            if text_before := text[waiting:at].strip(" ,;"):
                items += _inside(text_before, page)
            items += person
            waiting = found.end() if found else end
        at = found.end() if found else end
    if text_after := text[waiting:].strip():
        items += _inside(text_after, page)
    return items


def _whole(chunk: str, page: _Page) -> list[_Person | _Token]:
    """A chunk that is an author's name, perhaps with marks glued to it; else nothing."""
    name = re.sub(r"^(?:\[[\d,\s]+\]|(?:Dr|Prof|Mr|Ms|Mrs)\.?\s)\s*", "", chunk.strip())
    marks = ""
    if found := re.search(r"(?<=[^\W\d_.])[\s,]*([\d*†‡§¶#]{1,12}|\(\d{1,2}\))$", name):
        marks, name = found[1], name[: found.start()]
    if not name or len(name) > 120 or re.search(r"[\d@:/]", name):
        return []
    authors = page.names.near(_words(name))
    if not authors or rank(name) >= Rank.UNIT:
        return []
    bracket = re.match(r"\[([\d,\s]+)\]", chunk.strip())
    person = _Person(name.strip(), _choose(authors, page))
    person.labels += _labels(marks) + (_labels(bracket[1]) if bracket else [])
    return [person]


def _choose(authors: Sequence[int], page: _Page) -> int | None:
    """One of the authors a name fits: the first who has not been named yet, if they are namesakes."""
    if len(authors) == 1:
        return authors[0]
    free = [author for author in authors if author not in page.by_author]
    return free[0] if free and len({tuple(page.names.words[a]) for a in authors}) == 1 else None


def _inside(text: str, page: _Page) -> list[_Person | _Token]:
    """Names of authors anywhere in a text, spelt out in full."""
    words = [(fold(found[0]), found.start(), found.end()) for found in _WORD.finditer(text)]
    items: list[_Person | _Token] = []
    start = at = 0
    while at < len(words):
        for size in range(min(_MOST_NAME_WORDS, len(words) - at), 1, -1):
            window = words[at : at + size]
            authors = page.names.exact([word for word, _, _ in window])
            if authors and all(_BETWEEN.fullmatch(text, one[2], two[1]) for one, two in pairwise(window)):
                begin, end = window[0][1], window[-1][2]
                items += _texts(text[start:begin])
                items.append(_Person(text[begin:end], _choose(authors, page)))
                start, at = end, at + size
                break
        else:
            at += 1
    return [*items, *_texts(text[start:], bool(items))]


def _texts(text: str, after_name: bool = False) -> list[_Person | _Token]:
    items: list[_Person | _Token] = []
    text = text.strip()
    if after_name and (found := _GLUED.match(text)):
        items.append(_Token(_Kind.MARK, found[1] or found[2]))
        text = text[found.end() :]
    text = re.sub(r"^(?:\W*\b(?:and|&)\s)+|\s(?:and|&)\s*$", "", text).strip(" ,;")
    return [*items, _Token(_Kind.TEXT, text)] if text and text not in ("and", "&") else items


def _with_strangers(items: Sequence[_Person | _Token], all_are: bool) -> Iterator[_Person | _Token]:
    """Texts among names that say no institution are people whom the metadata spells otherwise."""
    for item in items:
        if isinstance(item, _Person) or item.kind is not _Kind.TEXT or rank(item.text) >= Rank.UNIT:
            yield item
            continue
        for chunk in _SEPARATOR.split(item.text):
            name = clean(chunk)
            if glued := re.fullmatch(r"[\d*†‡§¶]{1,6}", chunk.strip()):
                yield _Token(_Kind.MARK, glued[0])
            elif (
                1 < len(name) < 80
                and not is_noise(name)
                and (all_are or is_person(name))
                and "@" not in chunk
            ):
                yield _Person(name)


def _read_line(line: _Line, page: _Page, context: _Context) -> bool:
    """Gives a line's people, marks and texts to the page; whether it held any."""
    if line.people:
        if context is _Context.CONTACT and not any(_is_affiliation(item) for item in line.items):
            page.is_scrambled = True
        _read_names(line.items, page)
        return True
    if context is _Context.PARAGRAPH and not page.people:
        return False  # above the names: a title
    return _read_affiliations(line.items, page, context)


def _is_affiliation(item: _Person | _Token) -> bool:
    return isinstance(item, _Token) and item.kind is _Kind.TEXT and rank(item.text) >= Rank.UNIT


def _read_names(items: Sequence[_Person | _Token], page: _Page) -> None:
    first = next((item for item in items if isinstance(item, _Person) or item.kind is not _Kind.GAP), None)
    last = next(
        (i for i in reversed(items) if isinstance(i, _Person) or i.kind not in (_Kind.GAP, _Kind.NOTE)), None
    )
    marks_first = isinstance(first, _Token) and first.kind is _Kind.MARK and isinstance(last, _Person)
    person: _Person | None = None
    waiting: list[str] = []
    for item in items:
        if isinstance(item, _Person):
            person = item
            person.labels += waiting
            waiting = []
            page.person(person)
        elif item.kind is _Kind.MARK:
            if marks_first or person is None:
                waiting += _labels(item.text)
            else:
                person.labels += _labels(item.text)
        elif item.kind is _Kind.NOTE and item.note and person:
            _read_note_of([person], item.note, page)
        elif item.kind is _Kind.TEXT:
            if bracket := _BRACKETED.fullmatch(item.text):
                waiting += _labels(bracket[1])
            elif rank(item.text) >= Rank.UNIT:
                page.text(item.text.strip("() "))
            elif person and (glued := re.fullmatch(r"[\s,]*((?:\d{1,2}[\s,]*)+|[*†‡§¶]+)", item.text)):
                person.labels += _labels(glued[1])


def _read_affiliations(items: Sequence[_Person | _Token], page: _Page, context: _Context) -> bool:
    tokens = [
        item
        for item in items
        if isinstance(item, _Token) and item.kind in (_Kind.TEXT, _Kind.MARK, _Kind.GAP)
    ]
    if context is _Context.CONTACT or context is _Context.NAME or page.people:
        tokens = list(_with_plain_marks(tokens, page))
    solid = [token for token in tokens if token.kind is not _Kind.GAP]
    if not solid:
        return False
    marks_after = solid[0].kind is _Kind.TEXT and solid[-1].kind is _Kind.MARK
    if marks_after and len(solid) > 1:
        text = ""
        for token in solid:
            if token.kind is _Kind.TEXT:
                text = f"{text} {token.text}".strip(" ,;")
            elif text:
                page.marked(token.text, text)
                page.close_mark()
                text = ""
        return True
    mark, pieces = "", list[str]()
    for token in [*tokens, _Token(_Kind.MARK)]:
        if token.kind is _Kind.GAP:
            pieces.append("")
        elif token.kind is _Kind.TEXT:
            if pieces:
                pieces[-1] = f"{pieces[-1]} {token.text}".strip()
            else:
                pieces = [token.text]
        else:
            texts = [piece.strip(" ,;") for piece in pieces if piece.strip(" ,;")]
            if texts and mark:
                page.marked(mark, texts[0])
                for text in texts[1:]:
                    page.text(text)
                mark = ""
            elif texts:
                for text in texts:
                    if context is not _Context.PARAGRAPH or (
                        len(text) < 300 and rank(text) >= Rank.ORGANISATION
                    ):
                        page.text(text)
            mark, pieces = f"{mark},{token.text}" if mark else token.text, []
    return True


def _with_plain_marks(tokens: Sequence[_Token], page: _Page) -> Iterator[_Token]:
    """Marks that stand as plain text (`1FAIR at Meta, 2Columbia University`, `1]FAIR at Meta`)."""
    labels = page.labels()
    before: _Token | None = None
    for token in tokens:
        if token.kind is not _Kind.TEXT or (before and before.kind is _Kind.MARK):
            yield token
        elif several := numbered(token.text):
            for label, text in several:
                yield _Token(_Kind.MARK, label)
                yield _Token(_Kind.TEXT, text)
        elif brackets := list(_BRACKET.finditer(token.text)):
            if before_first := token.text[: brackets[0].start()].strip():
                yield _Token(_Kind.TEXT, before_first)
            for bracket, end in zip(
                brackets, [*(b.start() for b in brackets[1:]), len(token.text)], strict=True
            ):
                yield _Token(_Kind.MARK, bracket[1])
                yield _Token(_Kind.TEXT, token.text[bracket.end() : end])
        elif (first := _DIGIT_FIRST.match(token.text)) and (first[1] in labels or first[1] in page.digits()):
            yield _Token(_Kind.MARK, first[1])
            yield _Token(_Kind.TEXT, token.text[first.end() :])
        else:
            yield token
        before = token


# --- the parts of a page -------------------------------------------------------------------

_AFFILIATION_ROLES = {
    "affiliation", "affiliationtext", "address", "institutetext", "institute", "institution",
    "altaffiliation", "altaffiliationtext", "curraddr", "organization", "organisation", "affil",
    "affiliations",
}  # fmt: skip
_ADDRESS_ROLES = {
    "department", "division", "institution", "organization", "city", "country", "state", "location",
    "postcode", "streetaddress", "position",
}  # fmt: skip
_IGNORED_ROLES = {
    "email", "orcid", "url", "urladdr", "homepage", "dedicatory", "correspondent", "phone", "fax", "date",
    "mark", "affiliationmark", "institutemark", "keywords", "classification", "received", "accepted",
    "biography", "preprint", "slugcomment", "offprints",
}  # fmt: skip


def _read_creators(block: _Element, page: _Page) -> None:
    creators = list(islice(_outermost(block, "ltx_creator", "ltx_role_author"), MAX_AUTHORS))
    creators = [e for e in creators if not _role(e) or _role(e) in ("author", "affiliation", "correspondent")]
    if not creators:
        _read(_tokens(block), page, _Context.NAME)
        page.close()
        return
    boxes = [_read_creator(creator, page) for creator in creators]
    page.is_shared = any(_role(creator) == "affiliation" for creator in creators)
    _give_nameless(boxes, page)
    named = [box for box in boxes if box.people]
    page.is_last = bool(named) and all(box.is_bare for box in named[:-1])
    if page.is_last and len(named) > 1:
        # elsarticle leaves everybody's affiliations with the last author.
        last = named[-1]
        if len({key(one.name) for person in last.people for one in person.found}) > 1 and last.from_contacts:
            for person in last.people:
                person.found.clear()


@dataclass
class _Box:
    """One `ltx_creator`. `is_bare` is a name and nothing else."""

    people: list[_Person]
    found: list[Institution]
    is_bare: bool
    from_contacts: bool


def _read_creator(creator: _Element, page: _Page) -> _Box:
    before = len(page.people)
    lines = 0
    if _role(creator) != "affiliation":
        for name in _outermost(creator, "ltx_personname"):
            tokens = _tokens(name)
            lines += sum(token.kind in (_Kind.BREAK, _Kind.NEXT) for token in tokens)
            _read(tokens, page, _Context.NAME)
    page.close_text()
    people = page.people[before:]
    found: list[Institution] = []
    address: list[str] = []
    contacts = list(islice(_outermost(creator, "ltx_contact"), max(0, min(_MAX_CONTACTS, page.lines_left))))
    page.lines_left -= len(contacts)
    if _role(creator) == "affiliation" and not contacts:
        contacts = [creator]
    for contact in contacts:
        role = _role(contact)
        if role in _ADDRESS_ROLES and role != "institution":
            address.append(_plain_text(_tokens(contact)))
        elif role in _AFFILIATION_ROLES and not address:
            found += _read_contact(contact, page)
        elif role in _AFFILIATION_ROLES:
            address.append(_plain_text(_tokens(contact)))
        elif role not in _IGNORED_ROLES:
            found += _weak(_tokens(contact))
    if address:
        found += from_lines(address)
    from_contacts = bool(contacts)
    if not people:
        people = page.people[before:]  # names that stood where affiliations should
        if people and not found:
            page.close()
    found = unique(found)
    if people or found:
        page.give(people, found)
    outside = _outermost(creator, "ltx_note", "ltx_personname", "ltx_contact")
    notes = [
        token.note
        for element in islice(outside, _MAX_NOTES + len(contacts))
        if "ltx_note" in _classes(element) and (token := _note_token(element)).note
    ]
    for note in notes[:_MAX_NOTES]:
        _read_note_of(people, note, page)
    for element in islice(_outermost(creator, "ltx_author_notes"), _MAX_NOTES):
        _read_thanks(_tokens(element, contacts=False), people, page)
    page.close()
    return _Box(people, found, not (contacts or notes or lines), from_contacts)


def _give_nameless(boxes: Sequence[_Box], page: _Page) -> None:
    """A box without a name holds the affiliation of the only author who has none (A&A)."""
    nameless = [box for box in boxes if not box.people and box.found]
    bare = [box for box in boxes if box.people and not box.found and box.is_bare]
    if len(nameless) == len(bare) == 1 and len(bare[0].people) == 1:
        person = bare[0].people[0]
        if not person.labels and not person.found:
            person.found += page.register(nameless[0].found)


def _read_contact(contact: _Element, page: _Page) -> list[Institution]:
    if acm := _read_acm(contact):
        return acm
    tokens = _tokens(contact)
    if any(token.kind is _Kind.MARK for token in tokens) or _names_somebody(tokens, page):
        _read(tokens, page, _Context.CONTACT)
        return from_lines(page.take_lines())
    if page.people and any(person.labels for person in page.people[-50:]):
        # Marks as plain text: `1School of …` after `Alice Moreau1`.
        _read(tokens, page, _Context.CONTACT)
        return from_lines(page.take_lines())
    return page.read_address(tuple(_plain_lines(tokens)))


def _names_somebody(tokens: Sequence[_Token], page: _Page) -> bool:
    return any(
        isinstance(item, _Person)
        for line in _plain_lines(tokens)
        for item in _people_in(line[:_MAX_LINE], page)
    )


def _plain_lines(tokens: Sequence[_Token]) -> list[str]:
    lines = [_plain_text(line) for line in _split(tokens)]
    return [line for line in lines if line]


def _plain_text(tokens: Sequence[_Token]) -> str:
    text = "".join(token.text if token.kind is _Kind.TEXT else " " for token in tokens)
    return " ".join(text[:_MAX_LINE].split())


def _read_acm(contact: _Element) -> list[Institution]:
    """acmart says which part is the institution."""
    parts = [
        (next(c for c in _classes(e) if c.startswith("ltx_affiliation_")), _plain_text(_tokens(e)))
        for e in contact.iter()
        if any(c.startswith("ltx_affiliation_") for c in _classes(e))
    ]
    full = ", ".join(text for _, text in parts if text)
    found: list[Institution] = []
    for name, text in parts:
        if name == "ltx_affiliation_institution" and text:
            found += [Institution(one.name, clean(full)) for one in from_lines([text])]
    return found


def _weak(tokens: Sequence[_Token]) -> list[Institution]:
    """Institutions of a remark: only what is clearly one."""
    found: list[Institution] = []
    for line in _plain_lines(tokens):
        for sentence in _sentences(line):
            if rank(sentence) >= Rank.UNIT:
                found += from_lines([sentence])
    return found


_SENTENCE = re.compile(
    r"(?:(?<=[^\W_]{2}[.;])|(?<=\)[.;])|(?<=\)))(?<!\b(?:St|Dr|Mr|Ft|Mt|No|Av)\.)"
    + "".join(rf"(?<!{short}\.)" for short in ("Univ", "Dept", "Prof", "Inst", "Lab", "Str", "Bldg", "Mrs"))
    + r"\s?(?=[A-Z])"
)
_MAIL = re.compile(
    r"\((?:e-?mails?|Email)?:?[^()]{0,600}@[^()]{0,300}\)"
    r"|[\w.+-]{1,80}@[\w-]{1,60}(?:\.[\w-]{1,60}){1,6}?(?=\.?[A-Z(]|\W|$)"
)


def _sentences(text: str) -> list[str]:
    text = re.sub(r"\s+(?=[.;,])", "", " ".join(_MAIL.sub(" ", text[:_MAX_LINE]).split()))
    return [piece.strip() for piece in _SENTENCE.split(text) if piece.strip()]


_SUBJECT = re.compile(
    r"^(.{1,300}?)\s(?:is|are)\s(?:also\s|currently\s|now\s|both\s)?(?:affiliated\s)?(?:with|at|from)\b"
)


def _read_thanks(tokens: Sequence[_Token], people: Sequence[_Person], page: _Page) -> None:
    """`\\thanks`: remarks, institutions or llncs's doubled marks, one after the other without a space."""
    text = _plain_text(tokens)
    if found := re.search(r"(?:^|(?<=[^\W\d_.]))\s?(\d{2,40})\s*$", text):
        for person in people:
            person.doubled = found[1]
        text = text[: found.start()]
    for sentence in _sentences(text):
        about = list(people)
        if subject := _SUBJECT.match(sentence):
            named = [item for item in _people_in(subject[1], page) if isinstance(item, _Person)]
            authors = {item.author for item in named if item.author is not None}
            everybody = re.match(r"(?:both|all|the) authors\b", fold(subject[1]))
            about = (
                [p for author in authors for p in page.by_author.get(author, [])]
                if authors
                else about
                if everybody
                else []
            )
            if everybody:
                sentence = sentence[subject.end() :].removeprefix(" the")
            for person in about if authors else []:
                if rank(sentence) >= Rank.UNIT:
                    person.found += page.register(from_lines([sentence]))
            if authors:
                continue
        if rank(sentence) >= Rank.UNIT and (found_here := from_lines([sentence])):
            page.give(about, found_here)


def _read_note_of(people: Sequence[_Person], note: _Note, page: _Page) -> None:
    if note.role in _IGNORED_ROLES:
        return
    if note.role in _AFFILIATION_ROLES:
        page.give(people, from_lines(_plain_lines(note.tokens)))
    else:
        _read_thanks(note.tokens, people, page)


def _front(article: _Element) -> Iterator[_Element]:
    """The article's children that are neither abstract nor body."""
    for child in article:
        names = set(_classes(child))
        if names & {"ltx_section", "ltx_chapter", "ltx_part", "ltx_bibliography", "ltx_appendix"}:
            return
        if not names & {"ltx_abstract", "ltx_authors", "ltx_TOC", "ltx_keywords", "ltx_classification"}:
            yield child


def _read_notes(article: _Element, page: _Page) -> None:
    """Affiliations as notes of the whole paper, by their marks (llncs, svjour, JHEP, footnotetext)."""
    defined = 0
    for child in _front(article):
        if "ltx_note" not in _classes(child) or page.lines_left <= 0:
            continue
        page.lines_left -= 1
        note = _note_token(child).note
        if note is None or note.role in _IGNORED_ROLES:
            continue
        if note.role in _AFFILIATION_ROLES:
            defined += 1
            _read_institute(note, page)
        elif note.mark:
            for labels, tokens in _by_mark(note):
                sentences = [s for s in _sentences(_plain_text(tokens)) if rank(s) >= Rank.UNIT]
                if sentences:
                    page.define(labels, sentences[:1])
    page.close()
    if defined == 1:
        page.is_shared = True


def _by_mark(note: _Note) -> Iterator[tuple[list[str], list[_Token]]]:
    """A note's texts by the marks before them; the first has the note's own (ICML puts all in one)."""
    labels, tokens = _labels(note.mark)[:1], list[_Token]()
    for token in note.tokens:
        if token.kind is _Kind.MARK:
            yield labels, tokens
            labels, tokens = _labels(token.text), []
        else:
            tokens.append(token)
    yield labels, tokens


def _read_institute(note: _Note, page: _Page) -> None:
    lines = _plain_lines(note.tokens)
    items = [item for line in lines[:1] for item in _people_in(line, page)]
    people = [item for item in items if isinstance(item, _Person)]
    if people and len(people) == len(items):
        # svjour: `A. Moreau \at Department …` becomes two notes, the name and its address.
        page.close()
        known = [known for p in people if p.author is not None for known in page.by_author.get(p.author, [])]
        page.resume(known)
        page.text_all(lines[1:])
        return
    if page.is_resumed:
        page.text_all(lines)
        page.close()
        return
    if any(token.kind is _Kind.MARK for token in note.tokens):
        _read([_Token(_Kind.MARK, note.mark), *note.tokens], page, _Context.CONTACT)
        page.close()
    else:
        page.define(_labels(note.mark)[:1], lines)


def _read_paragraphs(article: _Element, page: _Page, *, everywhere: bool) -> None:
    """Author blocks without the markup of one: commands LaTeXML does not know leave paragraphs."""
    seen = 0
    after_macro = False
    for child in _front(article):
        if "ltx_ERROR" in _classes(child):
            after_macro = _content(child).strip() in _LINES
            continue
        if not set(_classes(child)) & {
            "ltx_para",
            "ltx_p",
            "ltx_logical-block",
            "ltx_align_center",
            "ltx_centering",
        }:
            continue
        tokens = _tokens(child)
        seen += 1
        if seen > _MAX_PARAGRAPHS:
            break
        is_marked = any(
            token.kind is _Kind.MARK or (token.kind is _Kind.TEXT and _BRACKETED.match(token.text))
            for token in tokens
        )
        if everywhere or is_marked or after_macro or _names_somebody(tokens, page):
            _read(tokens, page, _Context.PARAGRAPH)
        after_macro = False
        if everywhere and page.has_institutions and seen > 3:
            break
    page.close()


def _read_dates(article: _Element, page: _Page) -> None:
    for element in list(_all(article, "ltx_dates"))[:3]:
        lines = [line.strip("()") for line in _plain_lines(_tokens(element))]
        if found := from_lines(line for line in lines if rank(line) >= Rank.ORGANISATION):
            page.give(page.people, found)


def _read_icml(tokens: Sequence[_Token], page: _Page) -> None:
    """`\\icmlauthor{Name}{a1,a2}` and `\\icmlaffiliation{a1}{Text}` without the commands: the arguments run
    into each other, and the names and the labels seen so far tell them apart."""
    macro, texts = "", list[str]()
    entries: list[tuple[str, str]] = []
    for token in [*tokens, _Token(_Kind.MACRO)]:
        if token.kind is _Kind.MACRO:
            entries.append((macro, " ".join("".join(texts)[:1_500].split())))
            macro, texts = token.text, []
        elif token.kind is _Kind.TEXT:
            texts.append(token.text)
    known: set[str] = set()
    targets = [text[:80] for macro, text in entries if macro == "\\icmlaffiliation"][:200]
    for macro, text in entries[: 2 * MAX_AUTHORS]:
        if macro == "\\icmlauthor" and (person := _icml_author(text, page, targets)):
            page.add(person)
            known |= set(person.labels)
        elif macro == "\\icmlaffiliation":
            for label in sorted((label for label in known if text.startswith(label)), key=len, reverse=True)[
                :1
            ]:
                page.define([label], [text[len(label) :]])


def _icml_author(text: str, page: _Page, targets: Sequence[str]) -> _Person | None:
    """The longest beginning that is an author's name before labels that some affiliation begins with."""
    head = text[:300].partition(",")[0]
    found: list[_Person] = []
    for end in range(len(head), max(2, len(head) - 40), -1):
        if not head[end - 1].isalpha():
            continue
        authors = [index for index in page.names.near(_words(head[:end])) if index not in page.by_author]
        labels = [label.strip() for label in text[end:].split(",")[:_MAX_LABELS]]
        if not authors or not all(re.fullmatch(r"\w*", label) for label in labels):
            continue
        found.append(_Person(head[:end], authors[0], [label for label in labels if label]))
        if any(target.startswith(label) for label in found[-1].labels for target in targets):
            meant = [any(target.startswith(label) for target in targets) for label in found[-1].labels]
            if all(known or label == "equal" for known, label in zip(meant, found[-1].labels, strict=True)):
                return found[-1]
    return found[0] if found else None
