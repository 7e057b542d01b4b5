"""Author blocks without the markup of one: a class LaTeXML does not know leaves plain paragraphs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from arxivdaily.adapters.latexml.content import tokens_of
from arxivdaily.adapters.latexml.elements import classes, front, text_of
from arxivdaily.adapters.latexml.lines import BRACKETED, Context, read_lines
from arxivdaily.adapters.latexml.page import Page
from arxivdaily.adapters.latexml.people import names_somebody
from arxivdaily.adapters.latexml.tokens import LINE_MACROS, Kind

if TYPE_CHECKING:
    from lxml.etree import _Element

_MAX_PARAGRAPHS = 40


def read_paragraphs(article: _Element, page: Page, *, everywhere: bool) -> None:
    """Author blocks without the markup of one: commands LaTeXML does not know leave paragraphs."""
    seen = 0
    after_macro = False
    for child in front(article):
        if "ltx_ERROR" in classes(child):
            after_macro = text_of(child).strip() in LINE_MACROS
            continue
        if not set(classes(child)) & {
            "ltx_para",
            "ltx_p",
            "ltx_logical-block",
            "ltx_align_center",
            "ltx_centering",
        }:
            continue
        tokens = tokens_of(child)
        seen += 1
        if seen > _MAX_PARAGRAPHS:
            break
        is_marked = any(
            token.kind is Kind.MARK or (token.kind is Kind.TEXT and BRACKETED.match(token.text))
            for token in tokens
        )
        if everywhere or is_marked or after_macro or names_somebody(tokens, page):
            read_lines(tokens, page, Context.PARAGRAPH)
        after_macro = False
        if everywhere and page.has_institutions and seen > 3:
            break
    page.close()
