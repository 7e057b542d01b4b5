"""Who wrote a paper, for whom: institutions by author, and where that is known from.

Sources are asked in order: the author block of the paper's HTML page on arXiv, what the metadata
API states, and else nothing: an institution is never guessed.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

# A page that is not there yet is looked for again after these gaps, then no more: arXiv converts most
# papers within hours of their announcement, and some never. Who looks is fetch: while the edition is
# the newest one, and with each of the next two.
_GAPS = (timedelta(hours=1), timedelta(hours=6), timedelta(hours=12), timedelta(hours=20))
_MAX_TEXT = 100_000  # characters of a block: with its paper it has to fit into an item of the store


class Source(StrEnum):
    """Where affiliations are known from."""

    HTML = "html"
    API = "api"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class Institution:
    """`name` as a reader knows it (`Technical University of Munich`), `full` as the source has it,
    department and address included."""

    name: str
    full: str


@dataclass(frozen=True, slots=True)
class AuthorBlock:
    """What a source says of a paper's authors.

    `institutions` has each institution once, in order of appearance; `of_authors` has, for each
    of the paper's authors in the paper's order, indices into it (empty where it is not said).
    Institutions that the source assigns to nobody are in `institutions` alone.
    """

    institutions: tuple[Institution, ...] = ()
    of_authors: tuple[tuple[int, ...], ...] = ()


@dataclass(frozen=True, slots=True)
class Affiliations:
    """A paper's author block with its provenance; `version` is the paper's whose page or answer was
    read, `retrieved` a UTC instant.

    `problem` says why the preferred source could not be read, and is empty where it was; `tries`
    counts how often it was asked.
    """

    block: AuthorBlock
    source: Source
    retrieved: datetime
    tries: int = 1
    problem: str = ""
    version: int = 1

    def is_due(self, now: datetime) -> bool:
        """Whether the preferred source is worth asking again by now."""
        if not self.problem or self.tries > len(_GAPS):
            return False
        return now >= self.retrieved + _GAPS[self.tries - 1]


def bounded(block: AuthorBlock) -> AuthorBlock:
    """The block, or as much of one of absurd length as fits: names alone, then the first of them."""
    if _length(block) <= _MAX_TEXT:
        return block
    short = tuple(Institution(place.name, place.name) for place in block.institutions)
    while sum(len(place.name) for place in short) > _MAX_TEXT // 2:
        short = short[: len(short) // 2]
    kept = len(short)
    of_authors = tuple(tuple(n for n in numbers if n < kept) for numbers in block.of_authors)
    return AuthorBlock(short, of_authors)


def _length(block: AuthorBlock) -> int:
    return sum(len(place.name) + len(place.full) for place in block.institutions)
