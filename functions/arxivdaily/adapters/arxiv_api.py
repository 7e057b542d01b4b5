"""Reading answers of arXiv's metadata API (`/api/query`), in the form since 2026 and the older one.

Source: the API user's manual (https://info.arxiv.org/help/api/user-manual.html) and recorded
answers. Identifiers that arXiv does not know are simply not in an answer; a malformed one turns
the whole answer into an error feed with status 400.
"""

from __future__ import annotations

import re
from datetime import date
from itertools import accumulate
from typing import TYPE_CHECKING

from arxivdaily.adapters import arxiv_xml as xml
from arxivdaily.domain.papers import parse_arxiv_id
from arxivdaily.errors import PermanentError, TransientError
from arxivdaily.ports import Metadata

if TYPE_CHECKING:
    from lxml.etree import _Element

_MAX_AFFILIATIONS = 20  # of one author
_MAX_PLACES = 60_000  # bytes of all affiliations of a paper

_OPENSEARCH = "{http://a9.com/-/spec/opensearch/1.1/}"
_ERROR_ID = re.compile(r"https?://[^/]+/api/errors(?:#|\Z)")
_ABSTRACT_PAGE = re.compile(r"https?://(?:[a-z]+\.)?arxiv\.org/abs/(?P<id>\S+)")
_BAD_ID = re.compile(r"incorrect id format for (?P<id>\S+)")


class BadIdentifierError(PermanentError):
    """arXiv refused a query because of one identifier; the others can be asked for without it."""

    def __init__(self, arxiv_id: str) -> None:
        super().__init__(f"arXiv's API does not take {arxiv_id!r} for an identifier")
        self.arxiv_id = arxiv_id


def parse_metadata(body: bytes, what: str = "the API's answer") -> list[Metadata]:
    """The papers in an answer, in its order. `what` names the answer in messages.

    An entry without a readable identifier, title or category is left out, as if arXiv did not
    know the paper: what the announcement feed said of it stands.

    Raises BadIdentifierError or PermanentError for an error feed, and TransientError for a body
    that is not a whole feed, or that has fewer entries than it says (arXiv's API at times does).
    """
    root = xml.parse_root(body, xml.ATOM + "feed", what)
    elements = list(root.iterchildren(xml.ATOM + "entry"))
    for element in elements:
        _raise_if_error(element)
    expected = _entries_announced(root)
    if expected is not None and len(elements) < expected:
        raise TransientError(f"{what} has {len(elements)} entries and says it has {expected}")
    return [paper for element in elements if (paper := _paper(element))]


def _raise_if_error(element: _Element) -> None:
    if not _ERROR_ID.match((element.findtext(xml.ATOM + "id") or "").strip()):
        return
    message = xml.clean(element.findtext(xml.ATOM + "summary"), 300)
    if bad := _BAD_ID.match(message):
        raise BadIdentifierError(bad["id"])
    raise PermanentError(f"arXiv's API refused the query: {message or 'no reason given'}")


def _entries_announced(root: _Element) -> int | None:
    """How many entries the answer says it has; None where it does not say."""
    numbers = []
    for name in ("totalResults", "startIndex", "itemsPerPage"):
        text = (root.findtext(_OPENSEARCH + name) or "").strip()
        if not re.fullmatch(r"\d{1,9}", text):
            return None
        numbers.append(int(text))
    total, start, page = numbers
    return max(min(total - start, page), 0)


def _paper(element: _Element) -> Metadata | None:
    page = _ABSTRACT_PAGE.match((element.findtext(xml.ATOM + "id") or "").strip())
    if page is None:
        return None
    try:
        arxiv_id, version = parse_arxiv_id(page["id"])
    except ValueError:
        return None
    title = xml.clean(element.findtext(xml.ATOM + "title"), xml.MAX_TITLE)
    terms = [category.get("term") for category in element.iterchildren(xml.ATOM + "category")]
    primary = element.find(xml.ARXIV + "primary_category")
    if primary is not None:
        terms.insert(0, primary.get("term"))
    categories = xml.clean_categories(terms)
    if not title or not categories:
        return None
    people = [
        (name, _affiliations(author))
        for author in element.iterchildren(xml.ATOM + "author")
        if (name := author.findtext(xml.ATOM + "name"))
    ]
    authors = xml.clean_authors([name for name, _ in people])
    return Metadata(
        arxiv_id=arxiv_id,
        version=version or 1,
        title=title,
        abstract=xml.clean_paragraphs(element.findtext(xml.ATOM + "summary"), xml.MAX_ABSTRACT),
        authors=authors,
        categories=categories,
        comment=_optional(element, "comment", xml.MAX_COMMENT),
        doi=_optional(element, "doi", xml.MAX_REFERENCE),
        journal_ref=_optional(element, "journal_ref", xml.MAX_REFERENCE),
        affiliations=_by_author(authors, people),
        submitted=_day(element.findtext(xml.ATOM + "published")),
    )


def _affiliations(author: _Element) -> tuple[str, ...]:
    texts = (
        xml.clean(place.text, xml.MAX_REFERENCE) for place in author.iterchildren(xml.ARXIV + "affiliation")
    )
    return tuple(text for text in texts if text)[:_MAX_AFFILIATIONS]


def _by_author(
    authors: tuple[str, ...], people: list[tuple[str, tuple[str, ...]]]
) -> tuple[tuple[str, ...], ...]:
    """The affiliations of each author; cleaning drops and joins names, so they are found by name."""
    stated = {
        cleaned[0]: places for name, places in people if places and (cleaned := xml.clean_authors([name]))
    }
    found = [stated.get(author) or stated.get(author.rpartition(", ")[0], ()) for author in authors]
    sizes = accumulate(sum(map(xml.stored_size, places)) for places in found)
    bounded = tuple(places if size <= _MAX_PLACES else () for places, size in zip(found, sizes, strict=True))
    return bounded if any(bounded) else ()


def _day(text: str | None) -> str | None:
    """The UTC date of an Atom instant as arXiv writes it (`2026-06-17T17:59:59Z`); None for others."""
    try:
        return date.fromisoformat((text or "").strip()[:10]).isoformat()
    except ValueError:
        return None


def _optional(element: _Element, name: str, limit: int) -> str | None:
    return xml.clean(element.findtext(xml.ARXIV + name), limit) or None
