"""Text read line by line, as the authors wrote it: a line names people, or it is of an affiliation.

Covers names with marks beside them or above them, affiliations with marks before them, after them or
as plain text (`1FAIR at Meta`, `1]FAIR at Meta`), and affiliations below the names they belong to.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from enum import Enum, auto

from arxivdaily.adapters.latexml.icml import read_icml
from arxivdaily.adapters.latexml.page import Page, Person
from arxivdaily.adapters.latexml.people import people_in, with_strangers
from arxivdaily.adapters.latexml.remarks import read_note_of
from arxivdaily.adapters.latexml.tokens import MAX_LINE, Kind, Token, labels_of, split_lines
from arxivdaily.domain.institution_parts import Rank
from arxivdaily.domain.institutions import numbered, rank

BRACKETED = re.compile(r"\s*+(?:\[\s*+)?(\d{1,2}(?:\s*+,\s*+\d{1,2})*+)\s*+\]\s*+")
_BRACKET = re.compile(r"(?:^|(?<=\s))\[?(\d{1,2}(?:\s?,\s?\d{1,2})*)\]\s?(?=[^\W\d_])")
_GLUED = re.compile(r"[\s,]*+(\d[\d\s,]*+|[*†‡§¶]++)")
_DIGIT_FIRST = re.compile(r"\s*(\d{1,2})\s?(?=[^\W\d_])")


@dataclass
class _Line:
    """What one line holds, in order: people, marks and texts."""

    items: list[Person | Token] = field(default_factory=list)

    @property
    def people(self) -> list[Person]:
        return [item for item in self.items if isinstance(item, Person)]


class Context(Enum):
    """Where a text stands, and so what it may be."""

    NAME = auto()  # `ltx_personname`: the first line is a name
    CONTACT = auto()  # text that should be an affiliation
    PARAGRAPH = auto()  # anything


def read_lines(tokens: Sequence[Token], page: Page, context: Context) -> None:
    """Reads tokens line by line into `page`."""
    if any(token.kind is Kind.MACRO and token.text == "\\icmlauthor" for token in tokens):
        read_icml(tokens, page)
        return
    is_first = context is Context.NAME
    for tokens_of_line in split_lines(tokens):
        if not page.afford(sum(len(token.text) for token in tokens_of_line)):
            break
        if tokens_of_line[0].kind is Kind.NEXT:
            page.close()
            is_first = context is Context.NAME
            tokens_of_line = tokens_of_line[1:]
        line = _line(tokens_of_line, page, context, is_first)
        if line.items and _read_line(line, page, context):
            is_first = False


def _line(tokens: Sequence[Token], page: Page, context: Context, is_first: bool) -> _Line:
    line = _Line()
    budget = MAX_LINE
    joined: list[tuple[Token, list[str]]] = []
    for token in tokens:
        if token.kind is Kind.TEXT and joined and joined[-1][0].kind is Kind.TEXT:
            joined[-1][1].append(token.text)
        else:
            joined.append((token, [token.text]))
    for token, texts in joined:
        if token.kind is Kind.TEXT:
            text = " ".join("".join(texts)[: max(0, budget)].split())
            budget -= len(text)
            if text.strip(" ,;"):
                line.items += people_in(text, page)
        elif token.kind in (Kind.MARK, Kind.GAP, Kind.NOTE):
            line.items.append(token)
    if (line.people or is_first) and context is Context.NAME:
        line.items = list(with_strangers(line.items, is_first and not line.people))
    return line


def _read_line(line: _Line, page: Page, context: Context) -> bool:
    """Gives a line's people, marks and texts to the page; whether it held any."""
    if line.people:
        if context is Context.CONTACT and not any(_is_affiliation(item) for item in line.items):
            page.is_scrambled = True
        _read_names(line.items, page)
        return True
    if context is Context.PARAGRAPH and not page.people:
        return False  # above the names: a title
    return _read_affiliations(line.items, page, context)


def _is_affiliation(item: Person | Token) -> bool:
    return isinstance(item, Token) and item.kind is Kind.TEXT and rank(item.text) >= Rank.UNIT


def _read_names(items: Sequence[Person | Token], page: Page) -> None:
    first = next((item for item in items if isinstance(item, Person) or item.kind is not Kind.GAP), None)
    last = next(
        (i for i in reversed(items) if isinstance(i, Person) or i.kind not in (Kind.GAP, Kind.NOTE)), None
    )
    marks_first = isinstance(first, Token) and first.kind is Kind.MARK and isinstance(last, Person)
    person: Person | None = None
    waiting: list[str] = []
    for item in items:
        if isinstance(item, Person):
            person = item
            person.labels += waiting
            waiting = []
            page.begin_person(person)
        elif item.kind is Kind.MARK:
            if marks_first or person is None:
                waiting += labels_of(item.text)
            else:
                person.labels += labels_of(item.text)
        elif item.kind is Kind.NOTE and item.note and person:
            read_note_of([person], item.note, page)
        elif item.kind is Kind.TEXT:
            if bracket := BRACKETED.fullmatch(item.text):
                waiting += labels_of(bracket[1])
            elif rank(item.text) >= Rank.UNIT:
                page.add_line(item.text.strip("() "))
            elif person and (glued := _GLUED.fullmatch(item.text)):
                person.labels += labels_of(glued[1])


def _read_affiliations(items: Sequence[Person | Token], page: Page, context: Context) -> bool:
    tokens = [
        item for item in items if isinstance(item, Token) and item.kind in (Kind.TEXT, Kind.MARK, Kind.GAP)
    ]
    if context is Context.CONTACT or context is Context.NAME or page.people:
        tokens = list(_with_plain_marks(tokens, page))
    solid = [token for token in tokens if token.kind is not Kind.GAP]
    if not solid:
        return False
    marks_after = solid[0].kind is Kind.TEXT and solid[-1].kind is Kind.MARK
    if marks_after and len(solid) > 1:
        text = ""
        for token in solid:
            if token.kind is Kind.TEXT:
                text = f"{text} {token.text}".strip(" ,;")
            elif text:
                page.begin_mark(token.text, text)
                page.end_mark()
                text = ""
        return True
    mark, pieces = "", list[str]()
    for token in [*tokens, Token(Kind.MARK)]:
        if token.kind is Kind.GAP:
            pieces.append("")
        elif token.kind is Kind.TEXT:
            if pieces:
                pieces[-1] = f"{pieces[-1]} {token.text}".strip()
            else:
                pieces = [token.text]
        else:
            texts = [piece.strip(" ,;") for piece in pieces if piece.strip(" ,;")]
            if texts and mark:
                page.begin_mark(mark, texts[0])
                for text in texts[1:]:
                    page.add_line(text)
                mark = ""
            elif texts:
                for text in texts:
                    if context is not Context.PARAGRAPH or (
                        len(text) < 300 and rank(text) >= Rank.ORGANISATION
                    ):
                        page.add_line(text)
            mark, pieces = f"{mark},{token.text}" if mark else token.text, []
    return True


def _with_plain_marks(tokens: Sequence[Token], page: Page) -> Iterator[Token]:
    """Marks that stand as plain text (`1FAIR at Meta, 2Columbia University`, `1]FAIR at Meta`)."""
    labels = page.labels()
    before: Token | None = None
    for token in tokens:
        if token.kind is not Kind.TEXT or (before and before.kind is Kind.MARK):
            yield token
        elif several := numbered(token.text):
            for label, text in several:
                yield Token(Kind.MARK, label)
                yield Token(Kind.TEXT, text)
        elif brackets := list(_BRACKET.finditer(token.text)):
            if before_first := token.text[: brackets[0].start()].strip():
                yield Token(Kind.TEXT, before_first)
            for bracket, end in zip(
                brackets, [*(b.start() for b in brackets[1:]), len(token.text)], strict=True
            ):
                yield Token(Kind.MARK, bracket[1])
                yield Token(Kind.TEXT, token.text[bracket.end() : end])
        elif (first := _DIGIT_FIRST.match(token.text)) and (first[1] in labels or first[1] in page.digits()):
            yield Token(Kind.MARK, first[1])
            yield Token(Kind.TEXT, token.text[first.end() :])
        else:
            yield token
        before = token
