"""Who wrote a paper, for whom: institutions by author, and where that is known from.

Sources are asked in order: the author block of the paper's HTML page on arXiv, what the metadata
API states, and else nothing: an institution is never guessed.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

# A page that is not there yet is looked for again after these gaps, then no more: arXiv converts most
# papers within hours of their announcement, and some never.
_GAPS = (timedelta(hours=1), timedelta(hours=6), timedelta(days=1), timedelta(days=3))


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
    """A paper's author block with its provenance; `retrieved` is a UTC instant.

    `problem` says why the preferred source could not be read, and is empty where it was; `tries`
    counts how often it was asked.
    """

    block: AuthorBlock
    source: Source
    retrieved: datetime
    tries: int = 1
    problem: str = ""

    def is_due(self, now: datetime) -> bool:
        """Whether the preferred source is worth asking again by now."""
        if not self.problem or self.tries > len(_GAPS):
            return False
        return now >= self.retrieved + _GAPS[self.tries - 1]
