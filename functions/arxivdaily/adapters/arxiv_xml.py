"""arXiv's XML and the text inside it, made safe: shared by the feed and the API reader.

Everything here bounds and cleans what comes from outside. LaTeX stays as it is: it is content.
"""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING

from arxivdaily.errors import TransientError

if TYPE_CHECKING:
    from lxml.etree import _Element

ATOM = "{http://www.w3.org/2005/Atom}"
ARXIV = "{http://arxiv.org/schemas/atom}"
DC = "{http://purl.org/dc/elements/1.1/}"

MAX_TITLE = 2_000  # characters; arXiv's longest are under 500
MAX_ABSTRACT = 20_000  # arXiv's own limit is 1,920
MAX_COMMENT = 4_000
MAX_REFERENCE = 1_000
MAX_NAME = 300
MAX_AUTHORS = 5_000
MAX_CATEGORIES = 50

_CATEGORY = re.compile(r"[a-z]+(?:-[a-z]+)*(?:\.[A-Za-z-]{1,20})?")
_PARAGRAPH = re.compile(r"\n(?=[ \t])|\n[ \t]*\n")  # an indented line begins a paragraph
_KEPT_CONTROLS = "\t\n\r\x85"  # white space, which ends up as a single space
_NOT_TEXT = {
    code: None
    for code in (*range(0x20), *range(0x7F, 0xA0), *range(0x202A, 0x202F), *range(0x2066, 0x206A), 0xFEFF)
    if chr(code) not in _KEPT_CONTROLS
}
_SUFFIX = re.compile(r"(?:[JS]r|[js]r|Esq)\.?|I{2,3}|IV|Ph\.? ?D\.?|M\.?D\.?")
_AND = re.compile(r"(?:and|&) ")
_OPENING, _CLOSING = "([{", ")]}"


def parse_root(body: bytes, root: str, what: str) -> _Element:
    """The root element of an XML document whose root must be `root` (in Clark notation).

    Raises TransientError with one message that names `what` and the place of the trouble:
    an empty body, HTML, a document cut off, another root, a document type (never arXiv's, and
    the door to entity attacks).
    """
    from lxml import etree

    if not body.strip():
        raise TransientError(f"{what} is empty")
    if re.match(rb"\s*<(?:!doctype\s+html|html)\b", body, re.IGNORECASE):
        raise TransientError(f"{what} is an HTML page, not XML")
    parser = etree.XMLParser(
        # The encoding is arXiv's, whatever the document says of itself.
        encoding="utf-8",
        resolve_entities=False,
        load_dtd=False,
        no_network=True,
        huge_tree=False,
        remove_comments=True,
        remove_pis=True,
    )
    try:
        element = etree.fromstring(body, parser)
    except etree.XMLSyntaxError as error:
        line, column = error.position
        reason = clean(error.msg, 200).partition(", line ")[0]
        raise TransientError(
            f"{what} is not whole XML: {reason} (line {line}, column {column} of {len(body):,} bytes)"
        ) from None
    if element.getroottree().docinfo.internalDTD is not None:
        raise TransientError(f"{what} has a document type declaration, which arXiv never sends")
    if element.tag != root:
        raise TransientError(f"{what} begins with <{etree.QName(element).localname}>, not <feed>")
    return element


def clean(text: str | None, limit: int) -> str:
    """One line of at most `limit` characters, without control or text-direction characters."""
    if not text:
        return ""
    # Bounded twice: before, so that a hostile text is not worked on; after, for the promise.
    return " ".join(text[: 4 * limit].translate(_NOT_TEXT).split())[:limit].rstrip()


def clean_paragraphs(text: str | None, limit: int) -> str:
    """Like `clean`, but with a newline where arXiv marks a paragraph (an indented line)."""
    if not text:
        return ""
    parts = (clean(part, limit) for part in _PARAGRAPH.split(text[: 4 * limit].strip()))
    return "\n".join(part for part in parts if part)[:limit].rstrip()


def clean_categories(terms: list[str | None]) -> tuple[str, ...]:
    """The terms that look like arXiv categories, in order, each once."""
    valid = (term.strip() for term in terms if term and len(term) < 40)
    return tuple(dict.fromkeys(term for term in valid if _CATEGORY.fullmatch(term)))[:MAX_CATEGORIES]


def clean_authors(names: list[str]) -> tuple[str, ...]:
    """Names as they should be read.

    What arXiv's own data holds is put right: a lone `:` between a collaboration and its members
    is dropped, as is a leading `and`; a suffix that a comma had separated (`Jr.`, `III`) goes
    back to its name.
    """
    authors: list[str] = []
    for raw in names:
        name = clean(raw, MAX_NAME)
        if leading := _AND.match(name):
            name = name[leading.end() :]
        name = name.strip(" ,;:")
        if authors and _SUFFIX.fullmatch(name):
            authors[-1] = f"{authors[-1]}, {name}"
        elif any(unicodedata.category(character)[0] in "LN" for character in name):
            authors.append(name)
    return tuple(authors[:MAX_AUTHORS])


def split_authors(text: str | None) -> tuple[str, ...]:
    """The names in a comma-separated string; commas inside brackets do not separate."""
    if not text:
        return ()
    text = text[: MAX_AUTHORS * MAX_NAME]
    names, start, depth = [], 0, 0
    for position, character in enumerate(text):
        if character in _OPENING:
            depth += 1
        elif character in _CLOSING:
            depth -= 1
        elif character == "," and depth == 0:
            names.append(text[start:position])
            start = position + 1
        if depth < 0:
            break
    if depth != 0:  # unbalanced brackets say nothing
        return clean_authors(text.split(","))
    return clean_authors([*names, text[start:]])
