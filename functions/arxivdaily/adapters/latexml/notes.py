"""Affiliations as notes of the whole paper, tied to names by marks.

The shape of llncs's and svjour's `\\institute`, JHEP, ICML's and authors' own `\\footnotetext`.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from arxivdaily.adapters.latexml.content import note_token
from arxivdaily.adapters.latexml.elements import AFFILIATION_ROLES, IGNORED_ROLES, classes, front
from arxivdaily.adapters.latexml.lines import Context, read_lines
from arxivdaily.adapters.latexml.page import Page, Person
from arxivdaily.adapters.latexml.people import people_in
from arxivdaily.adapters.latexml.remarks import sentences
from arxivdaily.adapters.latexml.tokens import Kind, Note, Token, labels_of, plain_lines, plain_text
from arxivdaily.domain.institution_parts import Rank
from arxivdaily.domain.institutions import rank

if TYPE_CHECKING:
    from lxml.etree import _Element


def read_notes(article: _Element, page: Page) -> None:
    """Affiliations as notes of the whole paper, by their marks (llncs, svjour, JHEP, footnotetext)."""
    defined = 0
    for child in front(article):
        if "ltx_note" not in classes(child) or not page.afford(0):
            continue
        note = note_token(child).note
        if note is None or note.role in IGNORED_ROLES:
            continue
        if note.role in AFFILIATION_ROLES:
            defined += 1
            _read_institute(note, page)
        elif note.mark:
            for labels, tokens in _by_mark(note):
                named = [
                    s for s in sentences(plain_text(tokens)) if page.afford(len(s)) and rank(s) >= Rank.UNIT
                ]
                page.define(labels, named[:1])
    page.close()
    if defined == 1:
        page.is_shared = True


def _by_mark(note: Note) -> Iterator[tuple[list[str], list[Token]]]:
    """A note's texts by the marks before them; the first has the note's own (ICML puts all in one)."""
    labels, tokens = labels_of(note.mark)[:1], list[Token]()
    for token in note.tokens:
        if token.kind is Kind.MARK:
            yield labels, tokens
            labels, tokens = labels_of(token.text), []
        else:
            tokens.append(token)
    yield labels, tokens


def _read_institute(note: Note, page: Page) -> None:
    lines = plain_lines(note.tokens)
    items = [item for line in lines[:1] for item in people_in(line, page)]
    people = [item for item in items if isinstance(item, Person)]
    if people and len(people) == len(items):
        # svjour: `A. Moreau \at Department …` becomes two notes, the name and its address.
        page.close()
        known = [known for p in people if p.author is not None for known in page.by_author.get(p.author, [])]
        page.resume(known)
        page.add_lines(lines[1:])
        return
    if page.is_resumed:
        page.add_lines(lines)
        page.close()
        return
    if any(token.kind is Kind.MARK for token in note.tokens):
        read_lines([Token(Kind.MARK, note.mark), *note.tokens], page, Context.CONTACT)
        page.close()
    else:
        page.define(labels_of(note.mark)[:1], [line for line in lines if page.afford(len(line))])
