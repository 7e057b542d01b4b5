r"""Papers as BibTeX and RIS, for reference managers.

BibTeX takes arXiv's LaTeX-flavoured title as it is (that is what BibTeX is for), with its braces made
even for BibTeX and for programs that know `\{`, so that one paper cannot swallow the next entry of a
file. RIS is plain text: Unicode, a line a field. Sources: arXiv's own BibTeX export for the fields of an
e-print (`eprint`, `archivePrefix`, `primaryClass`), and the RIS format specification of Research
Information Systems (2011).
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from itertools import accumulate

from arxivdaily.domain.papers import Paper
from arxivdaily.site import latex

BIBTEX_TYPE = "application/x-bibtex; charset=utf-8"
RIS_TYPE = "application/x-research-info-systems; charset=utf-8"

_PARTICLES = {
    "af",
    "da",
    "de",
    "del",
    "della",
    "den",
    "der",
    "di",
    "dos",
    "du",
    "el",
    "la",
    "le",
    "ten",
    "ter",
    "van",
    "von",
    "zu",
    "zum",
    "zur",
}
_SUFFIX = re.compile(r",? (Jr|Sr|II|III|IV)\.?$")
_SMALL_WORDS = {
    "a",
    "an",
    "the",
    "on",
    "of",
    "in",
    "for",
    "to",
    "and",
    "with",
    "from",
    "by",
    "at",
    "is",
    "are",
}


def split_name(name: str) -> tuple[str, str]:
    """A name as (surname, given names): particles go with the surname, a suffix behind it."""
    suffix = _SUFFIX.search(name)
    words = (name[: suffix.start()] if suffix else name).split()
    at = max(len(words) - 1, 0)
    while at > 1 and words[at - 1].casefold() in _PARTICLES:
        at -= 1
    surname = " ".join(words[at:]) + (f", {suffix[1]}" if suffix else "")
    return surname, " ".join(words[:at])


def bibtex_key(paper: Paper, year: str) -> str:
    """`beltranvelez2026reward`: surname, year and the title's first telling word, in ASCII letters."""
    first = latex.to_plain(paper.authors[0]) if paper.authors else ""
    surname = _ascii(split_name(first)[0])
    words = (_ascii(word) for word in latex.to_plain(paper.title).split())
    word = next((w for w in words if w and w not in _SMALL_WORDS), "")
    return f"{surname or 'anonymous'}{year}{word}"


def bibtex(paper: Paper, year: str, key: str = "") -> str:
    """The paper as one `@misc` entry; `year` is that of its announcement."""
    authors = " and ".join(_braced_name(author) for author in paper.authors)
    fields = {
        "title": f"{{{_even(latex.clean(paper.title))}}}",  # twice in braces: capitals stay
        "author": authors,
        "year": year,
        "eprint": paper.arxiv_id,
        "archivePrefix": "arXiv",
        "primaryClass": paper.primary,
        "url": f"https://arxiv.org/abs/{paper.arxiv_id}",
        "doi": _even(latex.clean(paper.doi or "")),
        "note": _even(latex.clean(paper.journal_ref or paper.comment or "")),
    }
    lines = (f"  {name} = {{{value}}}," for name, value in fields.items() if value.strip("{} "))
    return f"@misc{{{key or bibtex_key(paper, year)},\n" + "\n".join(lines) + "\n}\n"


def bibtex_file(papers: Iterable[tuple[Paper, str]]) -> str:
    """Several papers with their years; keys that would be the same get `a`, `b`, … behind them."""
    taken: dict[str, int] = {}
    entries = []
    for paper, year in papers:
        key = bibtex_key(paper, year)
        count = taken[key] = taken.get(key, -1) + 1
        entries.append(bibtex(paper, year, key + _letters(count)))
    return "\n".join(entries)


def ris(paper: Paper, year: str) -> str:
    """The paper as one RIS record."""
    lines = [("TY", "UNPB"), ("ID", paper.arxiv_id), ("TI", latex.to_plain(paper.title))]
    for author in paper.authors:
        surname, given = split_name(latex.to_plain(author))
        lines.append(("AU", f"{surname}, {given}" if given else surname))
    lines += [
        ("PY", year),
        ("AB", latex.to_plain(paper.abstract)),
        ("PB", "arXiv"),
        ("M1", f"arXiv:{paper.versioned_id}"),
        ("DO", latex.clean(paper.doi or "")),
        ("N1", latex.to_plain(paper.journal_ref or paper.comment or "")),
    ]
    lines += [("KW", category) for category in paper.categories]
    lines.append(("UR", f"https://arxiv.org/abs/{paper.arxiv_id}"))
    body = "".join(f"{tag}  - {_one_line(text)}\r\n" for tag, text in lines if text)
    return f"{body}ER  - \r\n"


def _letters(count: int) -> str:
    """Nothing, a, b, …, z, aa, …"""
    text = ""
    while count > 0:
        count, place = divmod(count - 1, 26)
        text = chr(ord("a") + place) + text
    return text


def _ascii(text: str) -> str:
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
    return re.sub(r"[^a-z0-9]", "", plain.casefold())[:40]


def _braced_name(name: str) -> str:
    """A name as BibTeX reads it; one that has its ` and ` or comma in it, or no given name, as a whole."""
    text = _even(latex.clean(name))
    surname, given = split_name(text)
    if not given or "," in text or " and " in text:
        return f"{{{text}}}"
    return _even(f"{surname}, {given}")  # a brace or a backslash may have lost its partner


def _even(text: str) -> str:
    """The text on one line, with braces that have no partner taken out (`\\{` is no brace)."""
    kept: list[str] = []
    open_at: list[int] = []
    for part in re.findall(r"\\.|[{}]|[^\\{}]+|\\", _one_line(text), re.DOTALL):
        if part == "}" and not open_at:
            continue
        if part == "}":
            open_at.pop()
        elif part == "{":
            open_at.append(len(kept))
        kept.append(part)
    for at in open_at:
        kept[at] = ""
    even = "".join(kept)
    even = _one_line(even)  # a brace that went may leave its spaces
    if not _is_even_for_bibtex(even):
        even = _ESCAPED.sub(lambda found: _BRACE_NAMES.get(found[0], found[0]), even)
    return even + "\\" if _ends_in_odd_backslash(even) else even


_ESCAPED = re.compile(r"\\.", re.DOTALL)
_BRACE_NAMES = {r"\{": r"\ensuremath{\lbrace}", r"\}": r"\ensuremath{\rbrace}"}


def _is_even_for_bibtex(text: str) -> bool:
    """Whether the braces have partners as BibTeX counts them, for which `\\{` is a brace as well."""
    depths = list(accumulate(1 if char == "{" else -1 for char in text if char in "{}"))
    return not depths or (min(depths) >= 0 and depths[-1] == 0)


def _ends_in_odd_backslash(text: str) -> bool:
    """Whether a closing brace behind the text would be escaped by it."""
    return (len(text) - len(text.rstrip("\\"))) % 2 == 1


def _one_line(text: str) -> str:
    return " ".join(text.split())
