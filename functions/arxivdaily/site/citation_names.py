"""Authors' names as reference managers want them: surname, given names and suffix, or a name that is whole.

arXiv gives names as their owners typed them, given name first. A team, a collaboration or a company has no
given name, and neither has a name in Chinese characters alone; cut in two it would be sorted and abbreviated
as a person's.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Name:
    """`family` alone is a name that is not to be cut: a team's, or one word. `suffix` is `Jr.`, `Sr.`
    or a number."""

    family: str
    given: str = ""
    suffix: str = ""
    is_team: bool = False

    @property
    def inverted(self) -> str:
        """`Last, First, Suffix`, as RIS and search engines have it."""
        return ", ".join(filter(None, (self.family, self.given, self.suffix.rstrip("."))))


@dataclass(frozen=True, slots=True)
class Names:
    """A paper's authors, the collaborations that some of them write for, and whether more are meant
    (`et al.`)."""

    authors: tuple[Name, ...]
    collaborations: tuple[str, ...] = ()
    has_more: bool = False


_PARTICLES = frozenset({
    "af", "al", "bin", "da", "de", "del", "della", "den", "der", "di", "do", "dos", "du", "el", "ibn", "la",
    "le", "ten", "ter", "van", "von", "zu", "zum", "zur",
})  # fmt: skip
_SUFFIX = re.compile(r",?\s+(?P<suffix>(?:Jr|Sr|jr|sr|JR|SR)\.?|II|III|IV)$")  # not V: many end in an initial
_KINDS = (
    r"collaborations?|teams?|(?:research |working |study |interest )?groups?|consorti(?:um|a)|initiative"
    r"|committee|society|association|alliance|foundation|institut(?:e|ion)s?|university|laborator(?:y|ies)"
    r"|labs?|network|projects?|task force|centers?|centres?|community|company|corporation|inc|ltd|llc|gmbh"
    r"|contributors|developers|organi[sz]ation|council|agency|department|faculty|school|college|research"
    r"|technologies|coalition|partnership|observatory|participants|organizers|members"
)
_TEAM = re.compile(
    rf"(?:^|[\s-])(?:{_KINDS})\.?(?:\s+(?:for|of|on|at|in)\s.+)?$|^(?:the|team)\s|\s(?:&|@)\s|\d{{2,}}",
    re.IGNORECASE,
)
_COMPANY = re.compile(r"[\s-]AI$")  # Kettle AI, but Weiwei Ai
_TEAM_ZH = re.compile(r"(?:团队|團隊|课题组|課題組|协作组|合作组|实验室|研究院|研究所|大学|公司|小组)$")
# What leads from a person to the collaboration that the person writes for; the team is the rest of the name.
_WRITES_FOR = re.compile(r",?\s\(?(?:on behalf of|for|from|and|representing|with)(?=\s)|\s?\(", re.IGNORECASE)
_IS_LAST = re.compile(rf"\b(?:{_KINDS})\)?$", re.IGNORECASE)
_TEAM_FIRST = re.compile(rf"(?P<team>[^:]*\b(?:{_KINDS}))\s*+:\s*+(?P<person>.+)", re.IGNORECASE)
_THE = re.compile(r"^the\s+", re.IGNORECASE)
_CJK = "\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af\uf900-\ufaff\U00020000-\U0003ffff"
_HAS_CJK = re.compile(f"[{_CJK}]")
_CJK_PART = re.compile(rf"\s*[(（\[【]?\s*[{_CJK}][{_CJK}·・\s]*[)）\]】]?\s*")
_LATIN = re.compile(r"[A-Za-z\u00c0-\u024f]{2,}")
_BRACKETED = re.compile(r"^[(（\[]\s*(.+?)\s*[)）\]]$")
_OTHERS = re.compile(
    r"(?:and |& ?)?(?:others|et\.? ?al\.?|many others|\d+ (?:additional|more) authors.*)", re.IGNORECASE
)
_AND = re.compile(r"^and\s+|\s+and$", re.IGNORECASE)


def names_of(written: Iterable[str]) -> Names:
    """The names of a paper's authors, given as plain text. What has no letter in it is left out."""
    authors: list[Name] = []
    teams: dict[str, None] = {}
    has_more = False
    for one in written:
        text = _AND.sub("", " ".join(one.split())).strip(" ,;")
        if _OTHERS.fullmatch(text):
            has_more = True
            continue
        if not any(c.isalnum() for c in text):
            continue
        person, team = _apart(text)
        if team:
            teams[team] = None
        authors.append(split(person))
    return Names(tuple(authors), tuple(teams), has_more)


def _apart(text: str) -> tuple[str, str]:
    """A name, and the collaboration that it is joined with, or nothing."""
    person, team = _joined(text)
    if person and not is_team(person) and len(person.split()) > 1:
        return person, _THE.sub("", team)
    return text, ""


def _joined(text: str) -> tuple[str, str]:
    """The parts of `Ada Example for the XYZ Collaboration` in whichever order, or nothing."""
    if _IS_LAST.search(text):
        is_closed = text.endswith(")")
        end = len(text) - is_closed
        nested = max(text.rfind(bracket, 0, end) for bracket in "()")  # a team's name has no brackets
        for joint in _WRITES_FOR.finditer(text, 1):
            if joint.end() > nested and (is_closed or joint[0].strip() != "("):
                return text[: joint.start()].strip(" ,"), text[joint.end() : end].strip()
    if found := _TEAM_FIRST.fullmatch(text):
        return found["person"].strip(" ,"), found["team"].strip()
    return "", ""


def is_team(name: str) -> bool:
    """Whether a name is that of several people or of an institution."""
    is_company = _COMPANY.search(name) and not name.isupper()
    return bool(is_company or _TEAM.search(name) or _TEAM_ZH.search(name))


def split(name: str) -> Name:
    """One name: particles go with the surname; of a name in two scripts the Latin form is taken."""
    name = " ".join(name.split())
    if _HAS_CJK.search(name):
        latin = _BRACKETED.sub(r"\1", " ".join(_CJK_PART.sub(" ", name).split()))
        if not _LATIN.search(latin):
            return Name(name, is_team=bool(_TEAM_ZH.search(name)))
        name = latin
    if is_team(name):
        return Name(name, is_team=True)
    suffix = _SUFFIX.search(name)
    words = (name[: suffix.start()] if suffix else name).split()
    if len(words) < 2 or any("," in word or word.casefold() == "and" for word in words):
        return Name(name)
    at = len(words) - 1
    while at > 1 and words[at - 1].casefold() in _PARTICLES:
        at -= 1
    end = suffix["suffix"] if suffix else ""
    end = f"{end.rstrip('.').capitalize()}." if end[:1] in tuple("JjSs") else end
    return Name(" ".join(words[at:]), " ".join(words[:at]), end)
