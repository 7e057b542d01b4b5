"""What the text of a page is made of: texts, marks, breaks, notes, and commands that LaTeXML did not know."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import Enum, auto

MAX_LINE = 100_000  # characters of one line that are looked at: 3,000 names have 60,000
MAX_LABELS = 60  # marks of one author

# Commands of classes that LaTeXML does not know.
AND_MACROS = {"\\and", "\\And", "\\AND", "\\ANDD", "\\AndS"}
MAIL_MACROS = {
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
LINE_MACROS = {
    "\\addr", "\\affiliations", "\\emails", "\\affiliation", "\\institute", "\\affil", "\\address",
    "\\newline", "\\contribution", "\\equalcont", "\\correspondence", "\\correspondingauthor", "\\thanks",
    "\\authornote", "\\note", "\\footnotetext", "\\abstract", "\\printAffiliationsAndNotice",
}  # fmt: skip


class Kind(Enum):
    """What a token is."""

    TEXT = auto()
    MARK = auto()  # a superscript: labels
    GAP = auto()  # a wide space
    BREAK = auto()  # a line ends
    NEXT = auto()  # `\And`: the next author's box begins
    MACRO = auto()  # a command LaTeXML did not know
    NOTE = auto()


@dataclass(frozen=True, slots=True)
class Token:
    """One piece of a page's text; `note` is set for a NOTE only."""

    kind: Kind
    text: str = ""
    note: Note | None = None


@dataclass(frozen=True, slots=True)
class Note:
    """A footnote or remark: LaTeXML's role for it, the mark before it, what it holds."""

    role: str
    mark: str
    tokens: tuple[Token, ...]


BREAK = Token(Kind.BREAK)
GAP = Token(Kind.GAP)


def labels_of(mark: str) -> list[str]:
    """`1,2*` as 1, 2, *: numbers, runs of letters and single signs."""
    return re.findall(r"\d+|[^\W\d_]+|[^\w\s,;.()\[\]{}^-]", mark)[:MAX_LABELS]


def split_lines(tokens: Sequence[Token]) -> Iterator[list[Token]]:
    """Lines; one that begins a new author's box begins with the token that says so."""
    line: list[Token] = []
    in_mail = False
    for token in tokens:
        is_line = token.kind is Kind.MACRO and token.text in LINE_MACROS
        if token.kind in (Kind.BREAK, Kind.NEXT) or is_line:
            if line:
                yield line
            line = [token] if token.kind is Kind.NEXT else []
            in_mail = False
        if token.kind is Kind.MACRO:
            in_mail = token.text in MAIL_MACROS
            line.append(Token(Kind.TEXT, " "))  # what stood on its two sides were not one word
        elif token.kind not in (Kind.BREAK, Kind.NEXT):
            if in_mail and token.kind is Kind.TEXT:
                continue
            line.append(token)
    if line:
        yield line


def plain_lines(tokens: Sequence[Token]) -> list[str]:
    """The lines that have any text, without marks and notes."""
    lines = [plain_text(line) for line in split_lines(tokens)]
    return [line for line in lines if line]


def plain_text(tokens: Sequence[Token]) -> str:
    """The text on one line, without marks and notes."""
    text = "".join(token.text if token.kind is Kind.TEXT else " " for token in tokens)
    return " ".join(text[:MAX_LINE].split())
