"""arXiv's OAI-PMH behind the `ArxivHistory` port: which papers' records changed on a day.

Sources: arXiv's help page on OAI-PMH (https://info.arxiv.org/help/oa/index.html), the protocol
(https://www.openarchives.org/OAI/openarchivesprotocol.html) and recorded answers. `arXivRaw` is the
one format that has every version with its date. Long lists come in pages, each with a token for the
next; a token that has expired means that the list is begun again.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from arxivdaily.adapters import arxiv_xml as xml
from arxivdaily.adapters.http import HttpClient, retrying, user_agent
from arxivdaily.domain.papers import parse_arxiv_id
from arxivdaily.errors import ArxivDailyError, PermanentError, TransientError
from arxivdaily.ports import ArchivedPaper, History, Metadata
from arxivdaily.settings import Settings

if TYPE_CHECKING:
    from lxml.etree import _Element

_OAI = "{http://www.openarchives.org/OAI/2.0/}"
_RAW = "{http://arxiv.org/OAI/arXivRaw/}"
_MEGABYTE = 1024 * 1024
_MOST_PAGES = 200  # of one list; arXiv's have a thousand papers or more each
_MOST_VERSIONS = 1_000
_BEGINNINGS = 2  # times a list is begun, where its token expires
# `CMS and ATLAS Collaborations` is one name.
_AND = re.compile(r",? (?:and|&) (?![^,:;()]{0,80}\b(?:[Cc]ollaborations|[Cc]onsortia|[Gg]roups|[Tt]eams)\b)")
_FOR_GROUP = re.compile(rf" ?\((?=(?:for|on behalf of) [^()]{{1,80}}\b{xml.GROUP}\))([^()]{{1,120}})\)")
_OTHERS = re.compile(r",? (?:and )?et\.? al\b\.?", re.IGNORECASE)
_BRACKETS = re.compile(r" ?\([^()]*\)")
# Archives that OAI-PMH keeps in the set `physics`.
_OF_PHYSICS = re.compile(r"(astro-ph|cond-mat|gr-qc|hep-[a-z]+|math-ph|nlin|nucl-[a-z]+|physics|quant-ph)")

Page = tuple[list[ArchivedPaper], list[str], str]  # papers, problems, token of the next page
Retry = Callable[[Callable[[], Page]], Page]


class ExpiredTokenError(ArxivDailyError):
    """A list has to be begun again: asking for the same page cannot help."""


class ArxivOai:
    """`ArxivHistory` over HTTP, one request after the other."""

    def __init__(self, settings: Settings, http: HttpClient | None = None, retry: Retry = retrying) -> None:
        self._url = settings.arxiv_oai_url
        self._http = http or HttpClient(
            agent=user_agent(settings.arxiv_contact), interval=settings.arxiv_request_interval
        )
        self._retry = retry

    def changed_on(self, day: str, categories: Sequence[str]) -> History:
        """See the port. A paper that is in several sets is in the answer once."""
        papers: dict[str, ArchivedPaper] = {}
        problems: dict[str, None] = {}
        for name in dict.fromkeys(map(set_of, categories)):
            found, trouble = self._list(day, name)
            papers.update((paper.metadata.arxiv_id, paper) for paper in found)
            problems.update(dict.fromkeys(trouble))
        return History(tuple(papers.values()), tuple(problems))

    def _list(self, day: str, name: str) -> tuple[list[ArchivedPaper], list[str]]:
        for beginning in range(1, _BEGINNINGS + 1):
            try:
                return self._pages(day, name)
            except ExpiredTokenError as error:
                if beginning == _BEGINNINGS:
                    raise TransientError(str(error)) from error
        raise AssertionError  # the last round has returned or raised

    def _pages(self, day: str, name: str) -> tuple[list[ArchivedPaper], list[str]]:
        first = {"metadataPrefix": "arXivRaw", "set": name, "from": day, "until": day}
        papers: list[ArchivedPaper] = []
        problems: list[str] = []
        query = first
        seen: set[str] = set()
        for _page in range(_MOST_PAGES):
            url = f"{self._url}?{urlencode({'verb': 'ListRecords', **query})}"
            what = f"OAI-PMH's list of {name} for {day}"

            def ask(url: str = url, what: str = what) -> Page:
                return parse_page(self._http.get(url, max_bytes=64 * _MEGABYTE).body, what)

            try:
                found, trouble, token = self._retry(ask)
            except ExpiredTokenError:
                if query is first:  # no token was sent: nothing to begin again
                    raise PermanentError(f"{what}: refused a token that was not sent") from None
                raise
            papers += found
            problems += trouble
            if not token:
                return papers, problems
            if token in seen:
                raise TransientError(f"{what} repeats itself")
            seen.add(token)
            query = {"resumptionToken": token}
        raise TransientError(f"{what} has more than {_MOST_PAGES} pages")


def set_of(category: str) -> str:
    """The OAI-PMH set of an archive or category: `cs`, `stat:stat:ML`, `physics:astro-ph:CO`."""
    archive, _, subject = category.partition(".")
    inside = _OF_PHYSICS.fullmatch(archive)
    if subject:
        return f"{'physics' if inside else archive}:{archive}:{subject}"
    return f"physics:{archive}" if inside and archive != "physics" else archive


def parse_page(body: bytes, what: str = "OAI-PMH's answer") -> Page:
    """A page of a list: its papers, a line for each that could not be read, and the next page's token
    (empty at the end). A list without papers is an empty page.

    Raises ExpiredTokenError for a token that OAI-PMH does not take (any more), PermanentError for
    every other error of the protocol, TransientError for a body that is not a whole answer.
    """
    root = xml.parse_root(body, _OAI + "OAI-PMH", what)
    for error in root.iterchildren(_OAI + "error"):
        code, text = error.get("code") or "", xml.clean(error.text, 300)
        if code == "noRecordsMatch":
            return [], [], ""
        kind = ExpiredTokenError if code == "badResumptionToken" else PermanentError
        raise kind(f"{what}: {code or 'an error'}: {text or 'no reason given'}")
    listing = root.find(_OAI + "ListRecords")
    if listing is None:
        raise TransientError(f"{what} has neither records nor an error")
    papers: list[ArchivedPaper] = []
    problems: list[str] = []
    for record in listing.iterchildren(_OAI + "record"):
        header = record.find(_OAI + "header")
        if header is not None and header.get("status") == "deleted":
            continue
        raw = record.find(f"{_OAI}metadata/{_RAW}arXivRaw")
        name = xml.clean(header.findtext(_OAI + "identifier") if header is not None else "", 100)
        paper = None if raw is None else _paper(raw)
        if paper is None:
            problems.append(f"{what}: {name or 'a record'} cannot be read")
        else:
            papers.append(paper)
    return papers, problems, (listing.findtext(_OAI + "resumptionToken") or "").strip()[:4_000]


def _paper(raw: _Element) -> ArchivedPaper | None:
    try:
        arxiv_id, _version = parse_arxiv_id(raw.findtext(_RAW + "id") or "")
    except ValueError:
        return None
    title = xml.clean(raw.findtext(_RAW + "title"), xml.MAX_TITLE)
    terms: list[str | None] = list((raw.findtext(_RAW + "categories") or "")[:2_000].split())
    categories = xml.clean_categories(terms)
    versions = _versions(raw)
    if not title or not categories or not versions:
        return None
    metadata = Metadata(
        arxiv_id=arxiv_id,
        version=len(versions),
        title=title,
        abstract=xml.clean_paragraphs(raw.findtext(_RAW + "abstract"), xml.MAX_ABSTRACT),
        authors=_authors(raw.findtext(_RAW + "authors")),
        categories=categories,
        comment=_optional(raw, "comments", xml.MAX_COMMENT),
        doi=_optional(raw, "doi", xml.MAX_REFERENCE),
        journal_ref=_optional(raw, "journal-ref", xml.MAX_REFERENCE),
        submitted=versions[0].date().isoformat(),
        withdrawn=_is_withdrawn(raw),
    )
    return ArchivedPaper(metadata, versions)


def _versions(raw: _Element) -> tuple[datetime, ...]:
    """When each version was submitted (UTC), v1 first; none if any is missing or has no readable date."""
    dates: dict[int, datetime] = {}
    for element in list(raw.iterchildren(_RAW + "version"))[:_MOST_VERSIONS]:
        number = re.fullmatch(r"v([1-9]\d{0,3})", (element.get("version") or "").strip(), re.ASCII)
        try:
            when = parsedate_to_datetime((element.findtext(_RAW + "date") or "").strip())
            when = (when if when.tzinfo else when.replace(tzinfo=UTC)).astimezone(UTC)
        except (ValueError, OverflowError):
            return ()
        if number is None:
            return ()
        dates[int(number[1])] = when
    numbers = sorted(dates)
    return tuple(dates[n] for n in numbers) if numbers == list(range(1, len(numbers) + 1)) else ()


def _is_withdrawn(raw: _Element) -> bool:
    """Whether the newest version has the source type of a withdrawal, `I` (the other letters say what its
    files are). Source: https://github.com/inspirehep/inspire-next/issues/2636."""
    versions = list(raw.iterchildren(_RAW + "version"))[:_MOST_VERSIONS]
    newest = max(versions, key=lambda version: int((version.get("version") or "").strip()[1:] or 0))
    return "I" in (newest.findtext(_RAW + "source_type") or "")


def _authors(text: str | None) -> tuple[str, ...]:
    """arXivRaw has authors as they were typed: affiliations in brackets, "and" before the last name,
    `et al.`, the group that somebody speaks for in brackets or before a colon."""
    names = " ".join((text or "")[: xml.MAX_AUTHORS * 100].split())
    names = _OTHERS.sub("", _FOR_GROUP.sub(r" \1", names))
    for _depth in range(4):
        shorter = _BRACKETS.sub("", names)
        if shorter == names:
            break
        names = shorter
    return xml.split_authors(_AND.sub(", ", " ".join(names.split())))


def _optional(raw: _Element, name: str, limit: int) -> str | None:
    return xml.clean(raw.findtext(_RAW + name), limit) or None
