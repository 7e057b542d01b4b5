"""Author boxes (`ltx_creator`): a name, contacts below it, notes beside it.

The shape of article's `\\author{A \\and B}`, amsart, revtex, aastex, acmart, elsarticle, authblk and A&A.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING

from arxivdaily.adapters.latexml.content import note_token, tokens_of
from arxivdaily.adapters.latexml.elements import (
    ADDRESS_ROLES,
    AFFILIATION_ROLES,
    IGNORED_ROLES,
    classes,
    outermost,
    role_of,
)
from arxivdaily.adapters.latexml.lines import Context, read_lines
from arxivdaily.adapters.latexml.page import MAX_AUTHORS, Page, Person
from arxivdaily.adapters.latexml.people import names_somebody
from arxivdaily.adapters.latexml.remarks import institutions_in_remark, read_note_of, read_remark
from arxivdaily.adapters.latexml.tokens import Kind, plain_lines, plain_text
from arxivdaily.domain.affiliations import Institution
from arxivdaily.domain.institution_names import key
from arxivdaily.domain.institution_text import clean
from arxivdaily.domain.institutions import from_lines, unique

if TYPE_CHECKING:
    from lxml.etree import _Element

_MAX_NOTES = 50  # of one author
_MAX_CONTACTS = 500  # of one author
_MAX_PARTS = 50  # of one affiliation, where the class names them


def read_creators(block: _Element, page: Page) -> None:
    """Each author's box; a block without boxes is read as one name's text."""
    outer = islice(outermost(block, "ltx_creator", "ltx_role_author"), MAX_AUTHORS)
    creators = [e for e in outer if role_of(e) in ("", "author", "affiliation", "correspondent")]
    if not creators:
        read_lines(tokens_of(block), page, Context.NAME)
        page.close()
        return
    boxes = [_read_creator(creator, page) for creator in creators]
    page.is_shared = any(role_of(creator) == "affiliation" for creator in creators)
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

    people: list[Person]
    found: list[Institution]
    is_bare: bool
    from_contacts: bool


def _read_creator(creator: _Element, page: Page) -> _Box:
    before = len(page.people)
    lines = 0
    if role_of(creator) != "affiliation":
        for name in outermost(creator, "ltx_personname"):
            tokens = tokens_of(name)
            lines += sum(token.kind in (Kind.BREAK, Kind.NEXT) for token in tokens)
            read_lines(tokens, page, Context.NAME)
    page.close_text()
    people = page.people[before:]
    found: list[Institution] = []
    address: list[str] = []
    contacts = [
        contact for contact in islice(outermost(creator, "ltx_contact"), _MAX_CONTACTS) if page.afford(0)
    ]
    if role_of(creator) == "affiliation" and not contacts:
        contacts = [creator]
    for contact in contacts:
        role = role_of(contact)
        if role in ADDRESS_ROLES and role != "institution":
            address.append(plain_text(tokens_of(contact)))
        elif role in AFFILIATION_ROLES and not address:
            found += _read_contact(contact, page)
        elif role in AFFILIATION_ROLES:
            address.append(plain_text(tokens_of(contact)))
        elif role not in IGNORED_ROLES:
            found += institutions_in_remark(tokens_of(contact), page)
    if address:
        found += from_lines(line for line in address if page.afford(len(line)))
    from_contacts = bool(contacts)
    if not people:
        people = page.people[before:]  # names that stood where affiliations should
        if people and not found:
            page.close()
    found = unique(found)
    if people or found:
        page.give(people, found)
    outside = outermost(creator, "ltx_note", "ltx_personname", "ltx_contact")
    notes = [
        token.note
        for element in islice(outside, _MAX_NOTES + len(contacts))
        if "ltx_note" in classes(element) and (token := note_token(element)).note
    ]
    for note in notes[:_MAX_NOTES]:
        read_note_of(people, note, page)
    for element in islice(outermost(creator, "ltx_author_notes"), _MAX_NOTES):
        read_remark(tokens_of(element, contacts=False), people, page)
    page.close()
    return _Box(people, found, not (contacts or notes or lines), from_contacts)


def _give_nameless(boxes: Sequence[_Box], page: Page) -> None:
    """A box without a name holds the affiliation of the only author who has none (A&A)."""
    nameless = [box for box in boxes if not box.people and box.found]
    bare = [box for box in boxes if box.people and not box.found and box.is_bare]
    if len(nameless) == len(bare) == 1 and len(bare[0].people) == 1:
        person = bare[0].people[0]
        if not person.labels and not person.found:
            person.found += page.register(nameless[0].found)


def _read_contact(contact: _Element, page: Page) -> list[Institution]:
    if acm := _read_acm(contact):
        return acm
    tokens = tokens_of(contact)
    has_marks = any(token.kind is Kind.MARK for token in tokens)
    # Marks may be plain text: `1School of …` after `Alice Moreau1`.
    follows_marks = any(person.labels for person in page.people[-50:])
    if has_marks or follows_marks or names_somebody(tokens, page):
        read_lines(tokens, page, Context.CONTACT)
        return page.read_address(tuple(page.take_lines()))
    return [] if page.is_spent else page.read_address(tuple(plain_lines(tokens)))


def _read_acm(contact: _Element) -> list[Institution]:
    """acmart says which part is the institution."""
    named = ((name, element) for element in contact.iter() if (name := _acm_part(element)))
    parts = [(name, plain_text(tokens_of(element))) for name, element in islice(named, _MAX_PARTS)]
    full = clean(", ".join(text for _, text in parts if text))
    names = [text for name, text in parts if name == "ltx_affiliation_institution" and text]
    return [Institution(one.name, full) for name in names for one in from_lines([name])]


def _acm_part(element: _Element) -> str:
    """`ltx_affiliation_institution`, or nothing."""
    return next((name for name in classes(element) if name.startswith("ltx_affiliation_")), "")
