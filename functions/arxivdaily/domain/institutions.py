"""From the text of an affiliation to the institution that a reader knows.

`Institut de Ciències del Cosmos (ICCUB), Universitat de Barcelona (UB), E-08028 Barcelona, Spain` is
`Universitat de Barcelona` to a reader. The rules are those of addresses in papers: parts go from the
small (department) to the large (university), then comes the postal address. A name is always a part
of the cleaned text, never a form made up for it; where no part is clearly the institution, the text
without its postal address stands.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import islice, pairwise

from arxivdaily.domain.affiliations import Institution
from arxivdaily.domain.institution_names import MAX_TEXT, fold, key
from arxivdaily.domain.institution_parts import (
    FUNDER,
    GENERIC,
    ORGANISATION,
    UNIT,
    UNIVERSITY,
    Part,
    Rank,
    ends_short,
    is_known,
    parts_of,
)
from arxivdaily.domain.institution_text import EDGES, clean, is_noise, without_subject
from arxivdaily.domain.institution_words import GIVEN_NAMES, MINOR, PARENTS, SURNAMES

MAX_NAME = 200
MAX_LINES = 500  # of one address block
MAX_SEVERAL = 100  # institutions in one text

_ACADEMY = re.compile(
    r"\bacadem(?:y|ia) of (?:\w+ )?(?:sciences?|sinica)\b|^cas$|^chinese academy of|\bcnr$"
    r"|^national research council"
)
_UMBRELLA = re.compile(
    r"\bpsl\b|\bcnrs\b|\bumr\b|\bhesam\b|\bcomue\b|saclay|\binserm\b|\binria\b|polytechnique de paris"
)


def institution(full: str) -> Institution | None:
    """The institution that an affiliation text means, or None where it names none.

    `full` of the answer is the cleaned text, address included.
    """
    text = without_subject(clean(full))
    if not text or is_noise(text):
        return None
    parts = parts_of(text)
    name = _name(text, parts)
    if name is None:
        return None
    name = name[:MAX_NAME].strip(EDGES if not ends_short(name, len(name)) else " ")
    return Institution(name, text) if sum(c.isalpha() for c in name) >= 2 else None


def _name(text: str, parts: Sequence[Part]) -> str | None:
    academy = _academy(text, parts)
    if academy:
        return academy
    best = max((part.rank for part in parts), default=Rank.ADDRESS)
    if best is Rank.ADDRESS:
        return None
    if best >= Rank.ORGANISATION:
        return next(part.text for part in parts if part.rank is best)
    if best is Rank.UNIT:
        # `Las Campanas Observatory, Carnegie Observatories`: the last is the largest.
        return [part.text for part in parts if part.rank is best][-1]
    if best is Rank.UNKNOWN and _are_people(parts):
        return None
    departments = [part.text for part in parts if part.rank is Rank.DEPARTMENT]
    if departments and all(FUNDER.match(fold(text)) for text in departments):
        return departments[0]
    named = [part for part in parts if part.rank > Rank.ADDRESS]
    # Up to the postal address only.
    last = named[0]
    for before, part in zip(parts[parts.index(last) :], parts[parts.index(last) + 1 :], strict=False):
        if part.rank is Rank.ADDRESS and before is last:
            break
        last = part if part.rank > Rank.ADDRESS else last
    return text[named[0].start : last.end]


def _academy(text: str, parts: Sequence[Part]) -> str:
    """`Institute of Automation, Chinese Academy of Sciences`: the institute alone would not be known."""
    if any(part.rank is Rank.UNIVERSITY and not _ACADEMY.search(fold(part.text)) for part in parts[:1]):
        return ""
    for before, part in pairwise(parts):
        if part.rank < Rank.DEPARTMENT and fold(part.text) != "cas":
            continue
        folded = fold(part.text)
        if not _ACADEMY.search(folded) or "universi" in folded:
            continue
        if before.rank is Rank.UNIT or ORGANISATION.search(fold(before.text)):
            return text[before.start : part.end]
    return ""


def _are_people(parts: Sequence[Part]) -> bool:
    named = [part.text for part in parts if part.rank is Rank.UNKNOWN]
    if all(is_person(text) for text in named):
        return True
    # A list of names of two to four capitalised words each, and nothing that says otherwise.
    return len(named) >= 3 and all(2 <= len(text.split()) <= 4 and _is_capitalised(text) for text in named)


def is_person(text: str) -> bool:
    """Whether a text looks like a person's name: an initial, a common given name or surname."""
    words = [word for word in re.split(r"[\s.]+", text.strip(" .,;")) if word]
    if not 2 <= len(words) <= 5 or not _is_capitalised(text) or is_known(fold(text)):
        return False
    if UNIT.search(fold(text)) or ORGANISATION.search(fold(text)) or UNIVERSITY.search(fold(text)):
        return False
    if re.match(r"(?:[A-Z]\.[\s-]?)+[A-Z][\w’'-]+", text.strip()):
        return True
    return fold(words[0]) in GIVEN_NAMES or (len(words) == 2 and fold(words[-1]) in SURNAMES)


def _is_capitalised(text: str) -> bool:
    return all(word[:1].isupper() or fold(word) in MINOR for word in text.split() if word[:1].isalpha())


def rank(text: str) -> Rank:
    """The best rank of a text's parts; ADDRESS for one that names no institution."""
    return _rank(text[:MAX_TEXT])


@lru_cache(maxsize=1_024)  # a text is ranked again each time it is tried as a piece of a longer one
def _rank(text: str) -> Rank:
    text = without_subject(clean(text))
    if not text or is_noise(text):
        return Rank.ADDRESS
    parts = parts_of(text)
    best = max((part.rank for part in parts), default=Rank.ADDRESS)
    return Rank.ADDRESS if best is Rank.UNKNOWN and _are_people(parts) else best


# --- several institutions in one text ------------------------------------------------------

_NUMBERED = re.compile(r"(?:^|[\s,;])[\[(]?(\d{1,2})[\])]?\s?(?=[A-ZÀ-Þ])")
_HARD = re.compile(r"\s?(?:;|；|•|\s/\s|\s\|\s|\|\|)\s?")
# `University of Posts` goes on after `and`; `University of Oxford` may not.
_OPEN_END = re.compile(r"\b(?:of|in|for)(?:\s\w+){0,3}$")
_CLOSED_END = re.compile(r"\buniversity of \w+(?: \w+)?$|\btechnology$")
_ALSO = re.compile(r",?\s(?:and|&)\s(?:is\s|are\s)?(?:also\s)?(?:with|at)\s(?:the\s)?")
_AND = re.compile(r",?\s(?:and|&)\s")


def several(text: str) -> list[str]:
    """The texts of single institutions in a text that may hold several; itself where it does not."""
    text = text[:MAX_TEXT].strip()
    pieces: list[str] = []
    for first in [piece for _, piece in numbered(text)] or _ALSO.split(text):
        for piece in _split_hard(first):
            for half in _split_and(piece):
                pieces += _split_commas(half)
    return pieces[:MAX_SEVERAL]


def numbered(text: str) -> list[tuple[str, str]]:
    """`1FAIR at Meta, 2Columbia University` as numbers and texts, where the numbers count up from 1;
    else nothing."""
    found = list(_NUMBERED.finditer(text))
    numbers = [int(match[1]) for match in found]
    if len(found) < 2 or numbers != list(range(1, len(numbers) + 1)) or text[: found[0].start()].strip():
        return []
    ends = [match.start() for match in found[1:]] + [len(text)]
    return [(match[1], text[match.end() : end].strip(" ,;")) for match, end in zip(found, ends, strict=True)]


def _split_hard(text: str) -> list[str]:
    if "Smithsonian" in text:  # the bar is part of `Center for Astrophysics | Harvard & Smithsonian`
        return [text]
    pieces = [piece for piece in _HARD.split(text) if piece.strip(EDGES)][:MAX_SEVERAL]
    if len(pieces) < 2 or not all(rank(piece) >= Rank.UNIT for piece in pieces):
        # A semicolon between the parts of one address, or an e-mail after it.
        named = [piece for piece in pieces if rank(piece) > Rank.ADDRESS]
        return [named[0]] if len(named) == 1 and ";" in text and rank(named[0]) >= Rank.UNIT else [text]
    return pieces


def _split_and(text: str) -> list[str]:
    """`A and B` where each is an institution by itself."""
    pieces: list[str] = []
    start = 0
    for found in islice(_AND.finditer(text), 8):
        left, right = text[start : found.start()], text[found.end() :]
        head = re.split(r",|\s(?:and|&)\s", right, maxsplit=1)[0]
        is_inside = re.search(r"\b(?:of|for) (?:MIT|the)$", left) or _OPEN_END.search(fold(left)[-30:])
        if is_inside and not _CLOSED_END.search(fold(left)):
            continue
        if _known_pair(left.rsplit(",", 1)[-1], head):
            pieces.append(left)
            start = found.end()
    return [*pieces, text[start:]]


def _known_pair(left: str, right: str) -> bool:
    """Two institutions, at least one of them more than an institute, neither named by its subject only."""
    ranks = sorted((rank(left), rank(right)))
    generic = any(GENERIC.match(fold(text)) and rank(text) is Rank.UNIT for text in (left, right))
    return ranks[0] >= Rank.UNIT and ranks[1] >= Rank.ORGANISATION and not generic


def _split_commas(text: str) -> list[str]:
    """`Mila, Université de Montréal`: every part an institution known by itself, none a place."""
    cleaned = clean(text)
    if "," not in cleaned or is_noise(cleaned) or _UMBRELLA.search(fold(cleaned)):
        return [text]
    parts = parts_of(cleaned)
    if not 2 <= len(parts) <= 8 or any(part.rank is not Rank.UNIVERSITY for part in parts):
        return [text]
    if fold(parts[-1].text) in PARENTS and not UNIVERSITY.search(fold(parts[0].text)):
        return [text]
    return [part.text for part in parts]


@dataclass
class _Group:
    """Lines of one address."""

    lines: list[str] = field(default_factory=list)
    best: Rank = Rank.ADDRESS
    generic: bool = False
    department_first: bool = False
    is_closed: bool = False


def from_lines(lines: Iterable[str]) -> list[Institution]:
    """The institutions in the lines of an address block, each once.

    Department, university and city on lines of their own are one institution; several lines that
    each name an institution are several.
    """
    groups: list[_Group] = []
    for line in islice(lines, MAX_LINES):
        for text in several(line):
            _add_line(groups, clean(text))
    return unique(found for group in groups if (found := institution(", ".join(group.lines))))


def _add_line(groups: list[_Group], text: str) -> None:
    if not text or is_noise(text):
        return
    here, parts = rank(text), parts_of(text)
    if here is Rank.ADDRESS and not all(part.rank is Rank.ADDRESS for part in parts):
        return  # people
    last = groups[-1] if groups else None
    named = last is not None and last.best >= Rank.UNIT
    if here is Rank.ADDRESS:
        if last:
            last.lines.append(text)
            last.is_closed = True
        return
    if here is Rank.UNKNOWN and last is not None:
        last.lines.append(text)
        last.best = max(last.best, here)
        return
    joins = last is not None and (
        not (named or last.is_closed)
        or (here is Rank.DEPARTMENT and not last.is_closed and not last.department_first)
        or (here > Rank.UNIT and last.best is Rank.UNIT and last.generic and not last.is_closed)
    )
    if last is not None and last.best is Rank.UNKNOWN and here >= Rank.UNIT:
        joins = False
    if not joins or last is None:
        last = _Group(department_first=here is Rank.DEPARTMENT)
        groups.append(last)
    last.lines.append(text)
    if here > last.best:
        last.best, last.generic = here, bool(GENERIC.match(fold(text)))
    last.is_closed |= len(parts) > 1 and parts[-1].rank is Rank.ADDRESS


def unique(found: Iterable[Institution]) -> list[Institution]:
    """Each institution once, by name."""
    once: dict[str, Institution] = {}
    for one in found:
        once.setdefault(key(one.name), one)
    return list(once.values())
