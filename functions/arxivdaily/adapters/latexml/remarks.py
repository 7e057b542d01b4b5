"""Remarks (`\\thanks` and footnotes of a name): prose that may say where somebody works."""

from __future__ import annotations

import re
from collections.abc import Sequence

from arxivdaily.adapters.latexml.elements import AFFILIATION_ROLES, IGNORED_ROLES
from arxivdaily.adapters.latexml.page import Page, Person
from arxivdaily.adapters.latexml.people import people_in
from arxivdaily.adapters.latexml.tokens import MAX_LINE, Note, Token, plain_lines, plain_text
from arxivdaily.domain.affiliations import Institution
from arxivdaily.domain.institution_names import fold
from arxivdaily.domain.institution_parts import Rank
from arxivdaily.domain.institutions import rank

_SENTENCE = re.compile(
    r"(?:(?<=[^\W_]{2}[.;])|(?<=\)[.;])|(?<=\)))(?<!\b(?:St|Dr|Mr|Ft|Mt|No|Av)\.)"
    + "".join(rf"(?<!{short}\.)" for short in ("Univ", "Dept", "Prof", "Inst", "Lab", "Str", "Bldg", "Mrs"))
    + r"\s?(?=[A-Z])"
)
_MAIL = re.compile(
    r"\((?:e-?mails?|Email)?:?[^()]{0,600}@[^()]{0,300}\)"
    r"|[\w.+-]{1,80}@[\w-]{1,60}(?:\.[\w-]{1,60}){1,6}?(?=\.?[A-Z(]|\W|$)"
)
_LEAST = 100  # characters: a sentence is looked at more often than a line of an address


def sentences(text: str) -> list[str]:
    """The sentences of a remark without e-mails; LaTeXML leaves no space between two remarks."""
    text = re.sub(r"\s+(?=[.;,])", "", " ".join(_MAIL.sub(" ", text[:MAX_LINE]).split()))
    return [piece.strip() for piece in _SENTENCE.split(text) if piece.strip()]


_SUBJECT = re.compile(
    r"^(.{1,300}?)\s(?:is|are)\s(?:also\s|currently\s|now\s|both\s)?(?:affiliated\s)?(?:with|at|from)\b"
)


def institutions_in_remark(tokens: Sequence[Token], page: Page) -> list[Institution]:
    """Institutions of a remark: only what is clearly one."""
    found: list[Institution] = []
    for line in plain_lines(tokens):
        for sentence in sentences(line):
            if page.afford(len(sentence)) and rank(sentence) >= Rank.UNIT:
                found += page.read_address((sentence,))
    return found


def read_remark(tokens: Sequence[Token], people: Sequence[Person], page: Page) -> None:
    """`\\thanks`: remarks, institutions or llncs's doubled marks, one after the other without a space."""
    text = plain_text(tokens)
    if found := re.search(r"(?:^|(?<=[^\W\d_.]))\s?(\d{2,40})\s*$", text):
        for person in people:
            person.doubled = found[1]
        text = text[: found.start()]
    for sentence in sentences(text):
        if not page.afford(max(len(sentence), _LEAST)):
            break
        about = people
        if subject := _SUBJECT.match(sentence):
            is_everybody = re.match(r"(?:both|all|the) authors\b", fold(subject[1]))
            if is_everybody:
                sentence = sentence[subject.end() :].removeprefix(" the")
            if authors := _authors_in(subject[1], page):
                meant = [person for author in authors for person in page.by_author.get(author, [])]
                if meant and rank(sentence) >= Rank.UNIT:
                    known = page.register(page.read_address((sentence,)))
                    for person in meant:
                        person.found += known
                continue
            if not is_everybody:
                about = []  # somebody whom the page does not name
        if rank(sentence) >= Rank.UNIT and (found_here := page.read_address((sentence,))):
            page.give(about, found_here)


def _authors_in(text: str, page: Page) -> set[int]:
    people = [item for item in people_in(text, page) if isinstance(item, Person)]
    return {person.author for person in people if person.author is not None}


def read_note_of(people: Sequence[Person], note: Note, page: Page) -> None:
    """A note at a name or in an author's box: its role says whether it is an affiliation or a remark."""
    if note.role in IGNORED_ROLES:
        return
    if note.role in AFFILIATION_ROLES:
        lines = [line for line in plain_lines(note.tokens) if page.afford(len(line))]
        page.give(people, page.read_address(tuple(lines)))
    else:
        read_remark(note.tokens, people, page)
