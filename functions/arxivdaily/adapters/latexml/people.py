"""People in a text: the paper's authors by name, and strangers between them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import pairwise

from arxivdaily.adapters.latexml.names import MOST_NAME_WORDS, words_of
from arxivdaily.adapters.latexml.page import Page, Person
from arxivdaily.adapters.latexml.tokens import MAX_LINE, Kind, Token, labels_of, plain_lines
from arxivdaily.domain.institution_names import fold
from arxivdaily.domain.institution_parts import Rank
from arxivdaily.domain.institution_text import clean, is_noise
from arxivdaily.domain.institutions import is_person, rank

_SEPARATOR = re.compile(r"\s*(?:[,;，、·•|(]|(?<!\w)(?:and|&)(?!\w))\s*")
_GLUED = re.compile(r"\s*(?:\(?(\d{1,2}(?:\s*,\s*\d{1,2})*)\)?(?![^\W_])|([*†‡§¶]+))")
_WORD = re.compile(r"[^\W\d_]+")
_BETWEEN = re.compile(r"[\s.\-‐‑’'`~\u00a0]*")


def people_in(text: str, page: Page) -> list[Person | Token]:
    """A text taken apart into authors' names and what stands between them."""
    if (
        len(text) < 120 and text.count(",") == 1 and (authors := page.names.exact(words_of(text)))
    ):  # `Moreau, Alice`
        return [Person(text, _choose(authors, page))]
    bracket = re.match(r"\[\d[\d,\s]{0,20}\]\s*(?!\[)", text)
    if bracket:  # its comma separates no names
        rest = people_in(text[bracket.end() :].strip(), page)
        if rest and isinstance(rest[0], Person):
            return [Token(Kind.TEXT, bracket[0].strip()), *rest]
    items: list[Person | Token] = []
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


def _whole(chunk: str, page: Page) -> list[Person | Token]:
    """A chunk that is an author's name, perhaps with marks glued to it; else nothing."""
    name = re.sub(r"^(?:\[[\d,\s]+\]|(?:Dr|Prof|Mr|Ms|Mrs)\.?\s)\s*", "", chunk.strip())
    marks = ""
    if found := re.search(r"(?<=[^\W\d_.])[\s,]*([\d*†‡§¶#]{1,12}|\(\d{1,2}\))$", name):
        marks, name = found[1], name[: found.start()]
    if not name or len(name) > 120 or re.search(r"[\d@:/]", name):
        return []
    authors = page.names.near(words_of(name))
    if not authors or rank(name) >= Rank.UNIT:
        return []
    bracket = re.match(r"\[([\d,\s]+)\]", chunk.strip())
    person = Person(name.strip(), _choose(authors, page))
    person.labels += labels_of(marks) + (labels_of(bracket[1]) if bracket else [])
    return [person]


def _choose(authors: Sequence[int], page: Page) -> int | None:
    """One of the authors a name fits: the first who has not been named yet, if they are namesakes."""
    if len(authors) == 1:
        return authors[0]
    free = [author for author in authors if author not in page.by_author]
    return free[0] if free and len({tuple(page.names.words[a]) for a in authors}) == 1 else None


def _inside(text: str, page: Page) -> list[Person | Token]:
    """Names of authors anywhere in a text, spelt out in full."""
    words = [(fold(found[0]), found.start(), found.end()) for found in _WORD.finditer(text)]
    items: list[Person | Token] = []
    start = at = 0
    while at < len(words):
        for size in range(min(MOST_NAME_WORDS, len(words) - at), 1, -1):
            window = words[at : at + size]
            authors = page.names.exact([word for word, _, _ in window])
            if authors and all(_BETWEEN.fullmatch(text, one[2], two[1]) for one, two in pairwise(window)):
                begin, end = window[0][1], window[-1][2]
                items += _texts(text[start:begin])
                items.append(Person(text[begin:end], _choose(authors, page)))
                start, at = end, at + size
                break
        else:
            at += 1
    return [*items, *_texts(text[start:], bool(items))]


def _texts(text: str, after_name: bool = False) -> list[Person | Token]:
    items: list[Person | Token] = []
    text = text.strip()
    if after_name and (found := _GLUED.match(text)):
        items.append(Token(Kind.MARK, found[1] or found[2]))
        text = text[found.end() :]
    text = re.sub(r"^(?:\W*\b(?:and|&)\s)+|\s(?:and|&)\s*$", "", text).strip(" ,;")
    return [*items, Token(Kind.TEXT, text)] if text and text not in ("and", "&") else items


def with_strangers(items: Sequence[Person | Token], all_are: bool) -> Iterator[Person | Token]:
    """Texts among names that say no institution are people whom the metadata spells otherwise."""
    for item in items:
        if isinstance(item, Person) or item.kind is not Kind.TEXT or rank(item.text) >= Rank.UNIT:
            yield item
            continue
        for chunk in _SEPARATOR.split(item.text):
            name = clean(chunk)
            if glued := re.fullmatch(r"[\d*†‡§¶]{1,6}", chunk.strip()):
                yield Token(Kind.MARK, glued[0])
            elif (
                1 < len(name) < 80
                and not is_noise(name)
                and (all_are or is_person(name))
                and "@" not in chunk
            ):
                yield Person(name)


def names_somebody(tokens: Sequence[Token], page: Page) -> bool:
    """Whether one of the paper's authors is named in a text."""
    return any(_is_about_people(line[:MAX_LINE], page) for line in plain_lines(tokens))


def _is_about_people(line: str, page: Page) -> bool:
    if line not in page.has_people:  # an address that many authors share is looked through once
        page.has_people[line] = page.afford(len(line)) and any(
            isinstance(item, Person) for item in people_in(line, page)
        )
    return page.has_people[line]
