"""Reading arXiv's announcement feeds: Atom 1.0 with arXiv's own elements.

Source: https://info.arxiv.org/help/atom_specifications.html. An entry's `published` is midnight
US Eastern of the announcement's date. The first category is the primary one. On days without an
announcement the feed is valid and has no entries.
"""

from __future__ import annotations

import contextlib
import re
from collections import Counter
from datetime import datetime
from typing import TYPE_CHECKING

from arxivdaily.adapters import arxiv_xml as xml
from arxivdaily.domain.calendar import EASTERN, eastern_date
from arxivdaily.domain.papers import AnnounceType, parse_arxiv_id
from arxivdaily.ports import Feed, FeedEntry

if TYPE_CHECKING:
    from lxml.etree import _Element

_ID_PREFIX = "oai:arXiv.org:"
_PREAMBLE = re.compile(
    r"\s*(?:arXiv:\S{1,40}\s+)?Announce Type:\s*(?P<type>[a-z-]{1,20})\s*(?:Abstract:(?P<abstract>.*))?\Z",
    re.DOTALL | re.IGNORECASE,
)


def parse_feed(body: bytes, spec: str) -> Feed:
    """The announcement feed for `spec` in an Atom document.

    Entries keep the feed's order. Every announced paper is one, whatever of it cannot be read or bears
    another date than most: only without an identifier nothing can be recorded. Each such trouble has a
    line in `problems`. A paper that is listed twice is taken once, in its newest version.

    Raises TransientError for a body that is not a whole Atom feed.
    """
    root = xml.parse_root(body, xml.ATOM + "feed", f"the feed for {spec}")
    entries: dict[str, FeedEntry] = {}
    dates: Counter[str] = Counter()
    dated: list[tuple[str, str]] = []  # where, date
    problems: list[str] = []
    whole = True
    for number, element in enumerate(root.iterchildren(xml.ATOM + "entry"), start=1):
        where = f"entry {number} (id {xml.clean(element.findtext(xml.ATOM + 'id'), 80) or 'missing'})"
        troubles: list[str] = []
        try:
            entry = _entry(element, spec, troubles)
        except ValueError as error:
            problems.append(f"{where}: {error}")
            whole = False
            continue
        try:
            date = _date(element, "published")
            dates[date] += 1
            dated.append((where, date))
        except ValueError as error:
            troubles.append(str(error))
        problems += [f"{where}: {trouble}" for trouble in troubles]
        earlier = entries.get(entry.arxiv_id)
        if earlier is None or earlier.version < entry.version:
            entries[entry.arxiv_id] = entry
    edition = max(dates, key=lambda date: (dates[date], date), default=None)
    problems += [f"{where}: dated {date}, the feed {edition}" for where, date in dated if date != edition]
    made = None
    with contextlib.suppress(ValueError):
        made = _date(root, "updated")
    return Feed(spec, edition, tuple(entries.values()), tuple(problems), whole, made)


def _entry(element: _Element, spec: str, troubles: list[str]) -> FeedEntry:
    """One entry; what is wrong with it is added to `troubles`. ValueError if no paper is named."""
    identifier = (element.findtext(xml.ATOM + "id") or "").strip()[:100]
    arxiv_id, version = parse_arxiv_id(identifier.removeprefix(_ID_PREFIX))
    if version is None:
        troubles.append("no version in the identifier")
    title = xml.clean(element.findtext(xml.ATOM + "title"), xml.MAX_TITLE)
    if not title:
        troubles.append("no title")
    terms = [category.get("term") for category in element.iterchildren(xml.ATOM + "category")]
    categories = xml.clean_categories(terms)
    if not categories:
        troubles.append("no arXiv category")
    summary = (element.findtext(xml.ATOM + "summary") or "")[: 50 * xml.MAX_ABSTRACT]
    preamble = _PREAMBLE.match(summary)
    kind = element.findtext(xml.ARXIV + "announce_type") or (preamble["type"] if preamble else "")
    abstract = preamble["abstract"] if preamble else summary
    return FeedEntry(
        arxiv_id=arxiv_id,
        version=version or 1,
        title=title or f"arXiv:{arxiv_id}",
        abstract=xml.clean_paragraphs(abstract, xml.MAX_ABSTRACT),
        authors=xml.split_authors(element.findtext(xml.DC + "creator")),
        categories=categories or (spec.partition("+")[0],),
        announce_type=_announce_type(kind, troubles),
    )


def _announce_type(text: str, troubles: list[str]) -> AnnounceType:
    try:
        return AnnounceType(text.strip().lower())
    except ValueError:
        troubles.append(f"announce type {text.strip()[:40]!r}")
        return AnnounceType.NEW


def _date(element: _Element, name: str) -> str:
    """The ISO date in US Eastern time of a child that is an instant; ValueError where it is none."""
    text = (element.findtext(xml.ATOM + name) or "").strip()[:40]
    try:
        instant = datetime.fromisoformat(text)
        return eastern_date(instant if instant.tzinfo else instant.replace(tzinfo=EASTERN)).isoformat()
    except (ValueError, OverflowError):
        raise ValueError(f"{name} {text!r} is not a date") from None
