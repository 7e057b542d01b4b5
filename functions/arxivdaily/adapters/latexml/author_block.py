"""From a page to its author block: each place where one may stand, in order."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from arxivdaily.adapters.latexml.content import tokens_of
from arxivdaily.adapters.latexml.creators import read_creators
from arxivdaily.adapters.latexml.elements import find, find_all, parsed
from arxivdaily.adapters.latexml.notes import read_notes
from arxivdaily.adapters.latexml.page import MAX_AUTHORS, Page
from arxivdaily.adapters.latexml.paragraphs import read_paragraphs
from arxivdaily.adapters.latexml.tokens import plain_lines
from arxivdaily.domain.affiliations import AuthorBlock
from arxivdaily.domain.institution_parts import Rank
from arxivdaily.domain.institutions import from_lines, rank
from arxivdaily.errors import PermanentError

if TYPE_CHECKING:
    from lxml.etree import _Element


def read_author_block(body: bytes, authors: Sequence[str]) -> AuthorBlock:
    """What a page says of the paper's authors, whose names `authors` has as arXiv's metadata does.

    `body` may end anywhere: the front matter stands at the beginning. Raises PermanentError where
    the conversion had failed or the page has no author block.
    """
    root = parsed(body)
    article = find(root, "ltx_document")
    if article is None:
        raise PermanentError("the page holds no document that LaTeXML converted")
    page = Page(authors[:MAX_AUTHORS])
    block = find(article, "ltx_authors")
    if block is not None:
        read_creators(block, page)
    read_notes(article, page)
    if not page.has_institutions:
        read_paragraphs(article, page, everywhere=block is None)
    if not page.has_institutions:
        _read_dates(article, page)
    if not page.people and not page.has_institutions:
        if find(article, "ltx_title_document") is None and find(article, "ltx_ERROR") is not None:
            raise PermanentError("LaTeXML could not convert the paper: its page has errors and no authors")
        raise PermanentError("the page has no author block")
    return page.result()


def _read_dates(article: _Element, page: Page) -> None:
    """`\\date`, where authors without a command for it put their affiliation."""
    for element in list(find_all(article, "ltx_dates"))[:3]:
        lines = [line.strip("()") for line in plain_lines(tokens_of(element))]
        if found := from_lines(line for line in lines if rank(line) >= Rank.ORGANISATION):
            page.give(page.people, found)
