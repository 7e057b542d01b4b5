"""What was read of a page so far: its people, its institutions, and the marks between them."""

from __future__ import annotations

from collections.abc import Container, Iterable, Sequence
from dataclasses import dataclass, field
from itertools import islice

from arxivdaily.adapters.latexml.names import Names
from arxivdaily.adapters.latexml.tokens import MAX_LABELS, MAX_LINE, labels_of
from arxivdaily.domain.affiliations import AuthorBlock, Institution
from arxivdaily.domain.institution_names import MAX_TEXT, key
from arxivdaily.domain.institution_parts import Rank
from arxivdaily.domain.institutions import from_lines, rank

MAX_AUTHORS = 5_000
MAX_INSTITUTIONS = 2_000
_MAX_WORK = 20_000  # what a page may cost, in short lines: each takes a tenth of a millisecond
_SHORT_LINE = 100  # characters
_MAX_PEOPLE = 2 * MAX_AUTHORS
_MAX_SAME_MARK = 20  # institutions of one mark


@dataclass(eq=False)
class Person:
    """Somebody whom the page names. `author` is the index in the paper's list, where it is known."""

    name: str
    author: int | None = None
    labels: list[str] = field(default_factory=list)
    doubled: str = ""  # marks as llncs leaves them: `1122`
    found: list[Institution] = field(default_factory=list)


class Page:
    """What was read so far."""

    def __init__(self, authors: Sequence[str]) -> None:
        self.names = Names(authors)
        self.count = len(authors)
        self.people: list[Person] = []
        self.by_author: dict[int, list[Person]] = {}
        self.has_people: dict[str, bool] = {}  # by line, where that was looked for
        self._work_left = _MAX_WORK
        self._labels: set[str] = set()
        self._addresses: dict[tuple[str, ...], list[Institution]] = {}
        self._labelled = 0
        self.is_scrambled = False  # names stand where affiliations should
        self._order: dict[str, Institution] = {}
        self._defined: dict[str, list[Institution]] = {}
        self._sources: dict[str, set[str]] = {}
        self._run: list[Person] = []
        self._lines: list[str] = []
        self.is_resumed = False
        self.is_shared = False  # the institution is one of the whole paper
        self.is_last = False  # no author but the last has a box with anything in it
        self._mark: list[str] = []  # of the affiliation that the last line began
        self._marked: list[str] = []

    @property
    def has_institutions(self) -> bool:
        return bool(self._order)

    def afford(self, length: int) -> bool:
        """Whether there is time for another text of this length, which is taken from what is left.

        Looking for institutions takes the square of a text's length, up to `MAX_TEXT`, and looking for
        names its length: without this, a hostile page of long lines takes minutes.
        """
        long = min(length, MAX_TEXT) // _SHORT_LINE
        self._work_left -= 1 + 2 * long * long + min(length, MAX_LINE) // MAX_TEXT * 20
        return not self.is_spent

    @property
    def is_spent(self) -> bool:
        """Whether the page has cost what it may."""
        return self._work_left < 0

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
        found = self.read_address(tuple(line for line in lines if not weak or rank(line) >= Rank.UNIT))
        if not found:
            return
        known = self.register(found)
        for label in labels:
            self._defined.setdefault(label, [])
            self._sources.setdefault(label, set()).add(known[0].name if known else "")
            if len(self._defined[label]) < _MAX_SAME_MARK:
                self._defined[label] += [one for one in known if one not in self._defined[label]]

    def give(self, people: Sequence[Person], found: Sequence[Institution]) -> None:
        """Institutions of people who are named together: of each, if it is one person or one institution."""
        known = self.register(found)
        if len(people) == 1 or len(known) == 1:
            for person in people:
                person.found += known

    def read_address(self, lines: tuple[str, ...]) -> list[Institution]:
        """The institutions in an address, which hundreds of a collaboration's authors may share."""
        if lines not in self._addresses:
            is_full = len(self._order) >= MAX_INSTITUTIONS
            self._addresses[lines] = [] if is_full else from_lines(lines)
        return self._addresses[lines]

    # -- lines

    def begin_person(self, person: Person) -> None:
        """A name; what follows belongs to it, and to the names just before it."""
        if self._lines:
            self.close()
        self.end_mark()
        if self.add_person(person):
            self._run.append(person)

    def add_person(self, person: Person) -> bool:
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

    def add_line(self, text: str) -> None:
        """An affiliation's line without a mark."""
        if self._mark:
            self._marked.append(text)
        else:
            self._lines.append(text)

    def begin_mark(self, mark: str, text: str) -> None:
        """The first line of the affiliation that a mark stands for; lines without a mark go on with it."""
        self.end_mark()
        self._mark, self._marked = labels_of(mark), [text]

    def end_mark(self) -> None:
        """The affiliation of the last mark ends here."""
        if self._mark:
            self.define(self._mark, self._marked)
        self._mark, self._marked = [], []

    def close_text(self) -> None:
        """The lines of a name end here; contacts may follow for the same people."""
        self.end_mark()
        if self._lines:
            self.give(self._run, self.read_address(tuple(self._lines)))
        self._lines = []

    def take_lines(self) -> list[str]:
        """Lines without marks that were read and given to nobody yet."""
        self.end_mark()
        lines, self._lines = self._lines, []
        return lines

    def resume(self, people: Sequence[Person]) -> None:
        """What follows belongs to these people."""
        self._run = list(people)
        self.is_resumed = True

    def add_lines(self, lines: Sequence[str]) -> None:
        """Lines of one affiliation without a mark."""
        self._lines += lines

    def close(self) -> None:
        """Ends an author's box; what was in it belongs to the people named in it."""
        self.close_text()
        self._run = []
        self.is_resumed = False

    # -- the end

    def result(self) -> AuthorBlock:
        """Everybody's institutions, once the whole page was read."""
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

    def _resolved(self, person: Person) -> list[str]:
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
    pieces = list(label[:MAX_LABELS])
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
