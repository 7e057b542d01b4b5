"""What a published site says of each paper, place by place, and whether its files are what they should be."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping

import lxml.html
from lxml import etree

_ARTICLE = re.compile(r'<article class="paper[^>]* id="p([^"]+)".*?</article>', re.DOTALL)
_ROW = re.compile(r'<tr id="([^"]+)">.*?</tr>', re.DOTALL)
_SECTION = re.compile(r'<section id="p([^"]+)">.*?</section>', re.DOTALL)


def blocks(site: Mapping[str, bytes]) -> Mapping[tuple[str, str], bytes | str]:
    """Each paper's part of every object, by (object, identifier): its own pages and citations, its entry
    in listings, feeds and abstracts, its row in the ledger, its object in JSON."""
    found: dict[tuple[str, str], bytes | str] = {}
    for path, body in site.items():
        if path.startswith("papers/") and path != "papers/index.html":
            found[path, path.split("/")[1]] = body
        elif path.endswith(".html"):
            for pattern in (_ARTICLE, _ROW, _SECTION):
                for block in pattern.finditer(body.decode()):
                    found[path, block[1]] = block[0]
        elif path.endswith(".json"):
            found.update(((path, paper), text) for paper, text in _in_json(json.loads(body)))
        elif path.endswith((".atom", ".xml")) and "sitemap" not in path:
            found.update(((path, paper), text) for paper, text in _in_feed(body))
    return found


def _in_json(document: object) -> Iterator[tuple[str, str]]:
    if not isinstance(document, dict):
        return
    for name in ("papers", "updates"):
        for paper in document.get(name, ()):
            yield paper["arxiv_id"], json.dumps(paper)
    for item in document.get("items", ()):
        yield item["url"].rstrip("/").rpartition("/")[2], json.dumps(item)


def _in_feed(body: bytes) -> Iterator[tuple[str, str]]:
    root = etree.fromstring(body)
    for entry in root.iter("{http://www.w3.org/2005/Atom}entry", "item"):
        text = etree.tostring(entry, encoding="unicode", with_tail=False)
        tag = entry.findtext("{http://www.w3.org/2005/Atom}id") or entry.findtext("guid") or ""
        yield tag.partition("papers/")[2].partition("/")[0], text


def malformed(site: Mapping[str, bytes]) -> list[str]:
    """Objects that are not what their name says."""
    found = []
    for path, body in site.items():
        try:
            text = body.decode() if not path.endswith(".png") else ""
            if path.endswith(".json"):
                json.loads(body, parse_constant=_refuse)
            elif path.endswith((".atom", ".xml", ".opml", ".svg")):
                _check_descriptions(etree.fromstring(body))
            elif path.endswith("cite.bib"):
                _check_bibtex(text, 1)
            elif path.endswith("papers.bib"):
                _check_bibtex(text, None)
            elif path.endswith(".ris"):
                _check_ris(text)
        except (ValueError, etree.XMLSyntaxError) as error:
            found.append(f"{path}: {error}")
    return found


def _refuse(constant: str) -> object:
    raise ValueError(f"{constant} is not JSON")


def _check_descriptions(root: etree._Element) -> None:
    """RSS's descriptions are HTML; what texts say of themselves must not become elements in it."""
    for description in root.iterfind("channel//description"):
        made = lxml.html.fragment_fromstring(description.text or "-", create_parent="div")
        if len(made):
            raise ValueError(f"a description has {made[0].tag}: {(description.text or '')[:60]!r}")


def _check_bibtex(text: str, entries: int | None) -> None:
    """Braces even, nothing outside them but entries, each an @misc of its own key."""
    depth, at, outside = 0, 0, []
    while at < len(text):
        character = text[at]
        if character == "\\":
            at += 2
            continue
        if character == "{":
            depth += 1
        elif character == "}":
            depth -= 1
            if depth < 0:
                raise ValueError(f"a brace closes nothing at {at}")
        elif depth == 0:
            outside.append(character)
        at += 1
    kinds = "".join(outside).split()
    if depth or any(kind != "@misc" for kind in kinds) or (entries and len(kinds) != entries):
        raise ValueError(f"depth {depth}, entries {kinds[:5]}")
    # BibTeX's own reader knows no escaped brace: counted its way they are even as well.
    if entries and text.count("{") - text.count("}"):
        raise ValueError("braces are uneven for BibTeX, which knows no escaped ones")


def _check_ris(text: str) -> None:
    """One record: a line a field, of the tags that are written."""
    lines = text.split("\r\n")
    if lines[0][:6] != "TY  - " or lines[-2:] != ["ER  - ", ""] or len(lines) < 8:
        raise ValueError(f"begins with {lines[0][:20]!r}, ends with {lines[-2:]}")
    for line in lines[:-1]:
        if not re.fullmatch(r"[A-Z][A-Z0-9]  - [^\r\n\v\f\x1c-\x1e\x85\u2028\u2029]*", line):
            raise ValueError(f"line {line[:60]!r}")
    if [line[:2] for line in lines].count("TY") != 1 or [line[:2] for line in lines].count("ER") != 1:
        raise ValueError("not one record")
