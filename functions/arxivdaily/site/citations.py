r"""Papers as BibTeX and RIS, for reference managers, and as page metadata.

What authors wrote is written anew, so that nothing of it is run by whoever cites: as LaTeX that is on lists
for BibTeX (`site.inert_tex`), as Unicode on one line for RIS and metadata. Sources: arXiv's own BibTeX export
for the fields of an e-print (`eprint`, `archivePrefix`, `primaryClass`), arXiv's DOIs at DataCite
(`10.48550/arXiv.…`), "Tame the BeaST" for names, the RIS format specification of Research Information Systems
(2011).
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

from arxivdaily.domain.comments import without_counts
from arxivdaily.domain.papers import Paper
from arxivdaily.site import inert_tex, latex
from arxivdaily.site.citation_names import Name, Names, names_of

BIBTEX_TYPE = "application/x-bibtex; charset=utf-8"
RIS_TYPE = "application/x-research-info-systems; charset=utf-8"

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


def names(paper: Paper) -> Names:
    """Its authors in Unicode."""
    return names_of(plain(author) for author in paper.authors)


def plain(text: str) -> str:
    """A text for reference managers: Unicode on one line, with no command that TeX would run."""
    return _one_line(inert_tex.plain(latex.to_plain(text)))


def doi(paper: Paper) -> str:
    """The publisher's, where arXiv knows one that is well formed, else arXiv's own."""
    given = re.sub(
        r"^(?:https?://(?:dx\.)?doi\.org/|doi:)", "", (paper.doi or "").split(" ")[0], flags=re.IGNORECASE
    )
    return given if _DOI.fullmatch(given) else f"10.48550/arXiv.{paper.arxiv_id}"


_DOI = re.compile(r"10\.\d{4,9}(?:\.\d+)*/[A-Za-z0-9._;()/:<>\[\]+-]{1,200}")  # the handbook's own pattern


def bibtex_key(paper: Paper, year: str) -> str:
    """`beltranvelez2026reward`: surname, year and the title's first telling word, in ASCII letters."""
    authors = names(paper).authors
    words = (_ascii(word) for word in latex.to_plain(paper.title).split())
    word = next((w for w in words if w and w not in _SMALL_WORDS), "")
    return f"{(_ascii(authors[0].family) if authors else '') or 'anonymous'}{year}{word}"


def bibtex(paper: Paper, year: str, key: str = "") -> str:
    """The paper as one `@misc` entry; `year` is that of its announcement."""
    who = names(paper)
    authors = [_bibtex_name(name) for name in who.authors] + ["others"] * who.has_more
    collaborations = ", ".join(inert_tex.from_plain(team) for team in who.collaborations)
    fields = {
        "title": f"{{{inert_tex.from_latex(paper.title)}}}",  # twice in braces: capitals stay
        "author": " and ".join(authors),
        "collaboration": f"{{{collaborations}}}",
        "year": year,
        "eprint": paper.arxiv_id,
        "archivePrefix": "arXiv",
        "primaryClass": inert_tex.from_plain(paper.primary),
        "url": f"https://arxiv.org/abs/{paper.arxiv_id}",
        "doi": inert_tex.from_plain(doi(paper)),
        "note": inert_tex.from_latex(_note(paper)),
    }
    lines = (f"  {name} = {{{value}}}," for name, value in fields.items() if value.strip("{} "))
    return f"@misc{{{key or bibtex_key(paper, year)},\n" + "\n".join(lines) + "\n}\n"


def _note(paper: Paper) -> str:
    """Where it was published, or what its authors say of it besides its length."""
    return paper.journal_ref or without_counts(paper.comment or "")


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
    who = names(paper)
    lines = [("TY", "UNPB"), ("ID", paper.arxiv_id), ("TI", plain(paper.title))]
    lines += [("AU", name.inverted) for name in who.authors]
    lines += [("AU", team) for team in who.collaborations]
    lines += [
        ("PY", year),
        ("AB", plain(paper.abstract)),
        ("PB", "arXiv"),
        ("M1", f"arXiv:{paper.versioned_id}"),
        ("DO", doi(paper)),
        ("N1", plain(_note(paper))),
    ]
    lines += [("KW", plain(category)) for category in paper.categories]
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


def _bibtex_name(name: Name) -> str:
    """A name as BibTeX reads it: `Last, Jr., First`, or as a whole in braces."""
    family, given = inert_tex.from_plain(name.family), inert_tex.from_plain(name.given)
    # A comma or an ` and ` at the top would begin another part or another author.
    if not given or re.search(r",|\band\b", f"{family} {given}", re.IGNORECASE):
        return f"{{{f'{given} {family}'.strip()}}}"
    return ", ".join(filter(None, (family, name.suffix, given)))


def _one_line(text: str) -> str:
    return " ".join(text.split())
