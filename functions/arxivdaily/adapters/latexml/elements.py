"""Elements of a page and how to find them: LaTeXML tells what one is by its classes.

`ltx_contact ltx_role_affiliation` is a contact with the role of an affiliation. Walking is done with a
stack or lxml's iterators, so no depth of a hostile page is a depth of calls.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import islice
from typing import TYPE_CHECKING

from arxivdaily.errors import PermanentError

if TYPE_CHECKING:
    from lxml.etree import _Element

AFFILIATION_ROLES = {
    "affiliation", "affiliationtext", "address", "institutetext", "institute", "institution",
    "altaffiliation", "altaffiliationtext", "curraddr", "organization", "organisation", "affil",
    "affiliations",
}  # fmt: skip
ADDRESS_ROLES = {
    "department", "division", "institution", "organization", "city", "country", "state", "location",
    "postcode", "streetaddress", "position",
}  # fmt: skip
IGNORED_ROLES = {
    "email", "orcid", "url", "urladdr", "homepage", "dedicatory", "correspondent", "phone", "fax", "date",
    "mark", "affiliationmark", "institutemark", "keywords", "classification", "received", "accepted",
    "biography", "preprint", "slugcomment", "offprints",
}  # fmt: skip
_NOT_TEXT = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\ufdd0-\ufdef\ufffe\uffff]")

# libxml2 compares each attribute of a tag with those before it, so that a tag of 165,000 takes half a minute.
_MAX_ATTRIBUTES = 500  # of one tag; LaTeXML's have up to twenty
_TAG = re.compile(r"<[A-Za-z][^\s/>]*+")
# As HTML's own rules cut them: a quote begins a value only behind `=`, and what never closes goes to the end.
_ATTRIBUTE = r"""[\s/]*+[^\s/>][^\s/>=]*+(?:\s*+=\s*+(?:"[^"]*+"?+|'[^']*+'?+|[^\s>"'][^\s>]*+)?+)?+"""
_ATTRIBUTES = re.compile(f"(?:{_ATTRIBUTE}){{0,{_MAX_ATTRIBUTES}}}+")
_ONE_MORE = re.compile(_ATTRIBUTE)
_MAX_OVERLAP = 4  # times the page's length; a real page's tags are less than the page
_SPARE = 100_000  # characters, so that a short page may have some


def parsed(body: bytes) -> _Element:
    """The root of a page, however broken. Raises PermanentError where there is none, and for a page that
    the parser would take long over."""
    from lxml import etree

    text = _NOT_TEXT.sub(" ", body.decode("utf-8", "replace"))
    _check_tags(text)
    parser = etree.HTMLParser(
        encoding="utf-8",
        no_network=True,
        huge_tree=False,
        remove_comments=True,
        remove_pis=True,
        recover=True,
    )
    try:
        root = etree.fromstring(text.encode(), parser) if text.strip() else None
    except (etree.XMLSyntaxError, ValueError):
        root = None
    if root is None:
        raise PermanentError("the page is no HTML")
    return root


def _check_tags(text: str) -> None:
    """Refuses a page with a tag of far too many attributes.

    Whatever may begin a tag is looked at, also inside comments, scripts and values: so none that the
    parser sees is missed, whatever goes before it.
    """
    left = _SPARE + _MAX_OVERLAP * len(text)
    for tag in _TAG.finditer(text):
        found = _ATTRIBUTES.match(text, tag.end())
        end = found.end() if found else tag.end()
        left -= end - tag.start()
        if left < 0:
            raise PermanentError("the page has tags inside tags without an end")
        if _ONE_MORE.match(text, end):
            raise PermanentError(f"the page has a tag of more than {_MAX_ATTRIBUTES} attributes")


def classes(element: _Element) -> list[str]:
    return (element.get("class") or "").split() if isinstance(element.tag, str) else []


def find_all(root: _Element, name: str) -> Iterator[_Element]:
    return (element for element in root.iter() if name in classes(element))


def outermost(root: _Element, *names: str) -> Iterator[_Element]:
    """Elements inside `root` with one of these classes, without those inside one another."""
    wanted = set(names)
    stack = list(reversed(root))
    while stack:
        element = stack.pop()
        if wanted & set(classes(element)):
            yield element
        else:
            stack.extend(reversed(element))


def find_near(root: _Element, name: str) -> _Element | None:
    """The first element with this class among the next few."""
    return next((e for e in islice(root.iter(), 40) if name in classes(e)), None)


def find(root: _Element, name: str) -> _Element | None:
    return next(find_all(root, name), None)


def text_of(element: _Element) -> str:
    return "".join(str(text) for text in element.itertext())


def role_of(element: _Element) -> str:
    """`affiliation` of `ltx_contact ltx_role_affiliation`."""
    return next((c.removeprefix("ltx_role_") for c in classes(element) if c.startswith("ltx_role_")), "")


def front(article: _Element) -> Iterator[_Element]:
    """The article's children that are neither abstract nor body."""
    for child in article:
        names = set(classes(child))
        if names & {"ltx_section", "ltx_chapter", "ltx_part", "ltx_bibliography", "ltx_appendix"}:
            return
        if not names & {"ltx_abstract", "ltx_authors", "ltx_TOC", "ltx_keywords", "ltx_classification"}:
            yield child
