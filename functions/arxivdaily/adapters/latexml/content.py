"""From elements to tokens: what a part of a page holds, in the order in which a reader sees it.

Covers paragraphs and line breaks, wide spaces, superscripts and formulas, footnotes, tables (authors
side by side, as of `tabular` and ACL's style), and commands that LaTeXML did not know.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from arxivdaily.adapters.latexml.elements import classes, find_near, role_of, text_of
from arxivdaily.adapters.latexml.marks import formula, superscript
from arxivdaily.adapters.latexml.tokens import AND_MACROS, BREAK, GAP, MAX_LINE, Kind, Note, Token

if TYPE_CHECKING:
    from lxml.etree import _Element

_MAX_TOKENS = 100_000  # 3,000 authors with two marks each have 30,000
_MAX_CELLS = 4_000


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


def tokens_of(
    root: _Element, *, contacts: bool = True, in_table: bool = False, in_note: bool = False
) -> list[Token]:
    """What an element holds, in order. `contacts` says whether contacts inside it count; a note in a
    note and a table in a table are not looked into.

    The stack holds what is still to come, so no depth of a hostile page is a depth of calls.
    """
    tokens: list[Token] = []
    stack: list[_Element | Token] = [root]
    while stack and len(tokens) < _MAX_TOKENS:
        item = stack.pop()
        if isinstance(item, Token):
            tokens.append(item)
            continue
        names = set(classes(item))
        tag = item.tag if isinstance(item.tag, str) else "script"
        if item is not root and (
            tag in _SKIPPED_TAGS or names & _SKIPPED or (not contacts and "ltx_contact" in names)
        ):
            continue
        if tag == "br":
            tokens.append(BREAK)
        elif item is not root and "ltx_note" in names:
            if not in_note:
                tokens.append(note_token(item))
        elif tag == "math":
            tokens += formula(item)
        elif tag == "sup":
            tokens += superscript(text_of(item), tokens)
        elif "ltx_ERROR" in names:
            tokens.append(_macro(text_of(item).strip()))
        elif not (in_table or in_note) and (tag == "table" or "ltx_tabular" in names):
            tokens += _table(item)
        else:
            _push(stack, item, tag in _BLOCKS or "ltx_tr" in names)
    return tokens


def _push(stack: list[_Element | Token], element: _Element, is_block: bool) -> None:
    inside: list[_Element | Token] = [BREAK] if is_block else []
    inside += _text(element.text)
    for child in element:
        inside.append(child)
        inside += _text(child.tail)
    if is_block:
        inside.append(BREAK)
    stack.extend(reversed(inside))


def _text(text: str | None) -> list[Token]:
    """Text and the wide spaces in it. What LaTeXML writes for `\\quad` separates, a line end does not."""
    if not text:
        return []
    text = text[: MAX_LINE * 10]
    tokens: list[Token] = []
    start = 0
    for found in _SPACES.finditer(text):
        if "\u2001" in found[0] or "\u2003" in found[0] or found[0].count("\u00a0") > 1:
            tokens += (Token(Kind.TEXT, text[start : found.start()]), GAP)
            start = found.end()
    return [*tokens, Token(Kind.TEXT, text[start:].replace("\n", " "))]


def _macro(name: str) -> Token:
    return Token(Kind.NEXT) if name in AND_MACROS else Token(Kind.MACRO, name)


def note_token(element: _Element) -> Token:
    mark = find_near(element, "ltx_note_mark")
    content = find_near(element, "ltx_note_content")
    text = text_of(mark).strip() if mark is not None else ""
    role = role_of(element)
    if role == "footnotemark":
        return Token(Kind.MARK, text)
    inside = tokens_of(content, in_note=True) if content is not None else []
    return Token(Kind.NOTE, note=Note(role, text[:40], tuple(inside)))


def _table(element: _Element) -> list[Token]:
    """A table column by column: authors stand side by side, each above the own affiliation.

    A row with one cell in a table of several columns is for everybody, and comes last.
    """
    cells: list[list[list[Token]]] = []
    left = _MAX_CELLS
    for row in _rows(element):
        inside = [c for c in row if c.tag in ("td", "th") or set(classes(c)) & {"ltx_td", "ltx_th"}]
        left -= len(inside)
        if left < 0:
            break
        cells.append([tokens_of(cell, in_table=True) for cell in inside])
    width = max((len(row_cells) for row_cells in cells), default=0)
    tokens: list[Token] = [BREAK]
    for column in range(width):
        for row_cells in cells:
            if column < len(row_cells) and not (width > 1 and len(row_cells) == 1):
                tokens += [*row_cells[column], BREAK]
    if width > 1:
        for row_cells in cells:
            if len(row_cells) == 1:
                tokens += [*row_cells[0], BREAK]
    return tokens


def _rows(table: _Element) -> Iterator[_Element]:
    stack = list(reversed(table))
    while stack:
        element = stack.pop()
        if element.tag == "tr" or "ltx_tr" in classes(element):
            yield element
        else:
            stack.extend(reversed(element))
