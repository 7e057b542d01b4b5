"""What a render reads, and what it makes of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from arxivdaily.domain.channels import Catalogue
from arxivdaily.domain.editions import Edition
from arxivdaily.domain.records import Record
from arxivdaily.ports import SiteObject

TAGLINE = "arXiv 每日学术速递：计算机科学新论文的中文标题、摘要与总结，按频道整理，周一至周五更新。"


@dataclass(frozen=True)
class SiteState:
    """What a render reads. Other editions stand in it once they have been published, so that nothing
    leads to a page that is not there yet. `recent` (the feeds' window) is filled for the newest alone."""

    edition: Edition
    records: Sequence[Record]  # this edition's, by identifier
    previous: Edition | None  # neighbours in time
    following: Edition | None
    recent: Sequence[tuple[Edition, Sequence[Record]]]  # newest first, this edition included
    year: Sequence[Edition]  # editions of the same calendar year, oldest first, with their counts
    first: Edition  # the oldest edition there is
    catalogue: Catalogue
    site_url: str  # absolute, without a trailing slash
    # Superseded papers (identifiers) that have a page by now: it is the newer version's.
    handed_on: frozenset[str] = frozenset()
    overtaken: bool = False  # a later edition has been announced, even if it is not published yet

    @property
    def is_newest(self) -> bool:
        return self.following is None and not self.overtaken


@dataclass(frozen=True)
class Phase:
    """Objects that may be uploaded together. `scope` is an edition's date, or `site` for what
    several editions share; a later phase links to what an earlier one uploaded."""

    scope: str
    objects: tuple[SiteObject, ...]
