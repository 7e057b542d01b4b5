"""Papers as arXiv announces them.

Identifier forms: arXiv's "Understanding the arXiv identifier" (new scheme since April 2007,
`YYMM.NNNN` and since 2015 `YYMM.NNNNN`; before that `archive/YYMMNNN`).
"""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass
from enum import StrEnum

_NEW_ID = r"\d{4}\.\d{4,5}"
_OLD_ID = r"[a-z-]{2,20}(?:\.[A-Z]{2})?/\d{7}"
_VERSIONED = re.compile(rf"(?P<id>{_NEW_ID}|{_OLD_ID})(?:v(?P<version>[1-9]\d{{0,3}}))?", re.ASCII)


def parse_arxiv_id(text: str) -> tuple[str, int | None]:
    """Split `2606.19162v2` into (`2606.19162`, 2); the version is None where none is given.

    Raises ValueError when `text` is not an arXiv identifier.
    """
    found = _VERSIONED.fullmatch(text.strip())
    if not found:
        raise ValueError(f"not an arXiv identifier: {text[:80]!r}")
    version = found["version"]
    return found["id"], int(version) if version else None


def sort_key(arxiv_id: str) -> tuple[int, str]:
    """Orders identifiers by age: old-scheme ones (with a slash) before all new-scheme ones, and of those
    `hep-th/9901001` before `math/0309136` (the scheme was in use from 1991 to 2007)."""
    if "/" not in arxiv_id:
        return 1, arxiv_id
    number = arxiv_id.rpartition("/")[2]
    return 0, ("19" if number[:2] >= "91" else "20") + number


class AnnounceType(StrEnum):
    """Why a paper is in an announcement; the values are arXiv's."""

    NEW = "new"
    CROSS = "cross"
    REPLACE = "replace"
    REPLACE_CROSS = "replace-cross"

    @property
    def is_replacement(self) -> bool:
        return self in (AnnounceType.REPLACE, AnnounceType.REPLACE_CROSS)

    def relative_to(self, primary: str, categories: Collection[str]) -> AnnounceType:
        """The type as a feed for `categories` (`cs`, `stat.ML`, …) would give it.

        arXiv's announce type is relative to the feed asked for: a new cs.DC paper is `cross`
        in the feed of cs.CV. What a reader wants is relative to all of our categories.
        """
        inside = any(primary == part or primary.startswith(part + ".") for part in categories)
        if self.is_replacement:
            return AnnounceType.REPLACE if inside else AnnounceType.REPLACE_CROSS
        return AnnounceType.NEW if inside else AnnounceType.CROSS


@dataclass(frozen=True, slots=True)
class Paper:
    """One version of a paper. Text fields hold arXiv's own LaTeX-flavoured text, unescaped.

    `categories` begins with the primary one. `stated_affiliations` is what the metadata API says of
    each author, in the order of `authors`, and empty where it says nothing of anybody. `submitted` is
    the day of the first version (ISO, UTC), where known. `complete`
    says whether that API has confirmed and completed what the announcement feed said. `withdrawn` is arXiv's
    own mark, which only OAI-PMH has: `withdrawals.is_gone` reads the words, too.
    """

    arxiv_id: str
    version: int
    title: str
    abstract: str
    authors: tuple[str, ...]
    categories: tuple[str, ...]
    announce_type: AnnounceType
    comment: str | None = None
    doi: str | None = None
    journal_ref: str | None = None
    stated_affiliations: tuple[tuple[str, ...], ...] = ()
    submitted: str | None = None
    complete: bool = False
    withdrawn: bool = False

    @property
    def primary(self) -> str:
        return self.categories[0]

    @property
    def versioned_id(self) -> str:
        return f"{self.arxiv_id}v{self.version}"


@dataclass(frozen=True, slots=True)
class PaperKey:
    """Which announced paper a message is about; `edition` is an ISO date."""

    edition: str
    arxiv_id: str
    version: int
