"""arXiv's XML and the text inside it, made safe: shared by the feed and the API reader.

Everything here bounds and cleans what comes from outside. LaTeX stays as it is: it is content.
"""

from __future__ import annotations

import re
import unicodedata
from itertools import accumulate
from typing import TYPE_CHECKING

from arxivdaily.errors import TransientError

if TYPE_CHECKING:
    from lxml.etree import XMLParser, _Element

ATOM = "{http://www.w3.org/2005/Atom}"
ARXIV = "{http://arxiv.org/schemas/atom}"
DC = "{http://purl.org/dc/elements/1.1/}"

# Bytes as JSON in UTF-8, so that a record fits into an item of the table, which has 400 KB.
MAX_TITLE = 2_000  # arXiv's longest are under 500
MAX_ABSTRACT = 20_000  # arXiv's own limit is 1,920 characters
MAX_COMMENT = 4_000
MAX_REFERENCE = 1_000
MAX_NAME = 300
MAX_AUTHORS = 5_000
MAX_NAMES = 80_000  # of all names together; those of 3,000 authors have 60,000
MAX_CATEGORIES = 50
MAX_MARKUP = 1_000_000  # angle brackets of a document; a day of 1,500 papers has 60,000

_WORKED_ON = 50  # times a field's limit: of a longer text the rest is not looked at
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
# What may stand before a document's type: a byte order mark, comments and processing instructions.
_DOCTYPE = re.compile(rb"(?:\xef\xbb\xbf)?(?:\s++|<\?.*?\?>|<!--.*?-->)*+<!DOCTYPE", re.DOTALL)
_NOT_XML = {code: " " for code in (*range(0x20), 0xFFFE, 0xFFFF) if chr(code) not in "\t\n\r"}
_REFERENCE = re.compile(
    r"&(?:#x(?P<hex>[0-9A-Fa-f]{1,8})|#(?P<decimal>[0-9]{1,10})|(?P<name>[A-Za-z][A-Za-z0-9]{0,40}));",
    re.ASCII,
)
_OPENING, _CLOSING = "([{", ")]}"
GROUP = r"(?:[Cc]ollaborations?|[Cc]onsorti(?:um|a)|[Gg]roups?|[Tt]eams?|[Tt]ask [Ff]orce|[Cc]ommittee)"
_SPEAKS_FOR = re.compile(rf",? (?:for|on behalf of) (?:the )?(?=[^,;:()]{{1,80}}\b{GROUP}(?![^,;:()]))")


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
    if _DOCTYPE.match(body):
        raise TransientError(f"{what} has a document type declaration, which arXiv never sends")
    if body.count(b"<") > MAX_MARKUP:
        raise TransientError(f"{what} has more than {MAX_MARKUP:,} angle brackets")
    try:
        element = etree.fromstring(body, _parser())
    except etree.XMLSyntaxError as error:
        line, column = error.position
        reason = clean(error.msg, 200).partition(", line ")[0]
        body = _mended(body)
        try:
            element = etree.fromstring(body, _parser())
        except etree.XMLSyntaxError:
            raise TransientError(
                f"{what} is not whole XML: {reason} (line {line}, column {column} of {len(body):,} bytes)"
            ) from None
    if element.getroottree().docinfo.internalDTD is not None:
        raise TransientError(f"{what} has a document type declaration, which arXiv never sends")
    if element.tag != root:
        raise TransientError(
            f"{what} begins with <{etree.QName(element).localname[:80]}>, not <{etree.QName(root).localname}>"
        )
    return element


def _parser() -> XMLParser:
    from lxml import etree

    return etree.XMLParser(
        # The encoding is arXiv's, whatever the document says of itself.
        encoding="utf-8",
        resolve_entities=False,
        load_dtd=False,
        no_network=True,
        # Without a document type, which is refused before, there are no entities to expand. What libxml2
        # limits besides is the length of a text: one absurd abstract would lose the whole announcement.
        huge_tree=True,
        remove_comments=True,
        remove_pis=True,
    )


def _mended(body: bytes) -> bytes:
    """The document without what XML forbids and a careless field may bring: bytes that are not UTF-8,
    control characters, written out or as references, and names of entities that XML does not know.

    One bad character must not lose a day's announcement. A document that is cut off stays so.
    """
    text = body.decode("utf-8", errors="replace").translate(_NOT_XML)
    mended = _REFERENCE.sub(_reference, text).encode()
    return b"" if _DOCTYPE.match(mended) else mended  # it was hidden behind what is mended


def _reference(found: re.Match[str]) -> str:
    if name := found["name"]:
        return found[0] if name in ("amp", "lt", "gt", "quot", "apos") else f"&amp;{name};"
    code = int(found["hex"], 16) if found["hex"] else int(found["decimal"])
    allowed = code in (0x9, 0xA, 0xD) or 0x20 <= code <= 0xD7FF or 0xE000 <= code <= 0xFFFD
    return found[0] if allowed or 0x10000 <= code <= 0x10FFFF else "\ufffd"


def stored_size(text: str) -> int:
    """Bytes of a text as JSON in UTF-8, which escapes quotes and backslashes."""
    return len(text.encode("utf-8", "ignore")) + text.count("\\") + text.count('"') + text.count("\n")


def clean(text: str | None, limit: int) -> str:
    """One line of at most `limit` bytes (`stored_size`), without control or text-direction characters."""
    if not text:
        return ""
    # Bounded twice: before, so that a hostile text is not worked on; after, for the promise.
    return _cut(" ".join(text[: _WORKED_ON * limit].translate(_NOT_TEXT).split()), limit)


def clean_paragraphs(text: str | None, limit: int) -> str:
    """Like `clean`, but with a newline where arXiv marks a paragraph (an indented line)."""
    if not text:
        return ""
    parts = (clean(part, limit) for part in _PARAGRAPH.split(text[: _WORKED_ON * limit].strip()))
    return _cut("\n".join(part for part in parts if part), limit)


def _cut(text: str, limit: int) -> str:
    """As much of a text as fits, with an ellipsis where something is missing."""
    if len(text) <= limit // 4 or stored_size(text) <= limit:
        return text
    sizes = accumulate(stored_size(character) for character in text[:limit])
    fits = sum(size <= limit - len("…".encode()) for size in sizes)
    return text[:fits].rstrip() + "…" if fits else ""


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
    authors = authors[:MAX_AUTHORS]
    sizes = accumulate(map(stored_size, authors))
    return tuple(name for name, size in zip(authors, sizes, strict=True) if size <= MAX_NAMES)


def split_authors(text: str | None) -> tuple[str, ...]:
    """The names in a string with commas between them; commas inside brackets do not separate.

    A semicolon separates as well, and so does the colon between a group and its members (`XYZ
    Collaboration: A. Author`): no name has either. A group that an author speaks for (`A. Author for the
    XYZ Collaboration`) is a name of its own.
    """
    if not text:
        return ()
    text = _SPEAKS_FOR.sub(", ", text[: MAX_AUTHORS * MAX_NAME])
    names, start, depth = [], 0, 0
    for position, character in enumerate(text):
        if character in _OPENING:
            depth += 1
        elif character in _CLOSING:
            depth -= 1
        elif depth == 0 and (character == "," or _ends_name(text, position)):
            names.append(text[start:position])
            start = position + 1
        if depth < 0:
            break
    if depth != 0:  # unbalanced brackets say nothing
        return clean_authors(text.split(","))
    return clean_authors([*names, text[start:]])


def _ends_name(text: str, position: int) -> bool:
    """Whether a colon or semicolon there stands between names, and is no part of a TeX command or word."""
    before, after = text[position - 1 : position], text[position + 1 : position + 2]
    return text[position] in ":;" and before != "\\" and (not after or after.isspace())
