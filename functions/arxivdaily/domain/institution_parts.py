"""The parts of an affiliation: department, university, postal address, each with its rank.

The rules are those of addresses in papers: parts stand between commas, from the small to the large.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import IntEnum
from functools import lru_cache
from itertools import islice

from arxivdaily.domain.institution_names import fold, is_acronym, key
from arxivdaily.domain.institution_text import EDGES
from arxivdaily.domain.institution_words import (
    CAMPUSES,
    KNOWN,
    MINOR,
    MOST_KNOWN_WORDS,
    OF_COMPANIES,
    WORDS_TOO,
)
from arxivdaily.domain.places import CITIES, COUNTRIES, MOST_PLACE_WORDS, PLACES, REGIONS, phrases


class Rank(IntEnum):
    """What a part of an affiliation is, the larger the better known."""

    ADDRESS = 0
    UNKNOWN = 1
    DEPARTMENT = 2
    UNIT = 3  # an institute, centre or laboratory: an institution, unless it is part of a larger one
    ORGANISATION = 4
    UNIVERSITY = 5  # or as well known by itself: companies, national institutes


UNIVERSITY = re.compile(
    r"\buni[vw]ersi(?!ade\b)\w*|\buniv\b|universitat\b|\bunivers\b|hochschule\b|yliopisto|\begyetem"
    r"|\bsveuciliste|\bulikool|\bhaskoli|大学|大學|\binstitut\w* (?:of|for|fur|de"
    r"|di) (?:(?:science|information) (?:and )?){0,2}technolog\w*|\bpolytechni\w*|\bpolitec\w*|\bpolitech\w*"
    r"|^(?:l )?ecole (?!doctorale)|^grande ecole|\bescola superior"
    r"|^scuola (?:normale|superiore|internazionale)|^(?:tu|fh|uc|iit|iiit|nit|rwth|suny|cuny|sissa) \w"
    r"|^technion\b|(?<!^)\bcollege(?! of)\b|\bcollege of (?:london|william|charleston|dublin)\b"
    r"|\binstitute of (?:science|management)\b$|\b(?:indian|weizmann|korea advanced) institute of science"
    r"|\bacademy of (?:arts|fine arts)\b"
)
ORGANISATION = re.compile(
    r"\bnational (?:\w+ ){0,4}(?:laborator\w+|labs?|institut\w*|cent(?:er|re)|council|observator\w+|agency"
    r"|academy)|\b(?:laboratory|observatory|institute) of japan\b|\bobservatories$|\bhospitals?\b|\bhopital\b"
    r"|\bhospices\b|\bospedale\b|\bklinik\w*|\bclinics?\b|\bcharite\b|\bmedical college\b"
    r"|\b\w+ (?:medical|business|law) school\b|\bmedical cent(?:er|re)\b|\bhealth system\b|\bcancer center\b"
    r"|\b(?:london|stockholm|paris|toulouse|barcelona|higher) school of economics\b|\binc\b"
    r"|\bcorp(?:oration)?\b|\bltd\b|\bllc\b|\bgmbh\b|\bplc\b|\bs ?a ?s\b|\bs ?r ?l\b|\bb ?v$|\bco$"
    r"|\bcompany\b|\blimited\b|\btechnologies$|\bholdings?$|\bnetworks$|\bsemiconductor\w*$|\bmotors?$"
    r"|\belectronics$|\brobotics$|\bstudios?$|\btelecoms?$|\bfoundation\b|\bfondation\b|\bfondazione\b"
    r"|\bacadem(?:y|ia) of (?:\w{1,30} ){0,3}(?:sciences?|sinica)\b|\bacademia sinica\b|\bsociety$"
    r"|\bassociation\b|\bministry\b|\bagency\b|\bresearch council\b|\bmuseum\b|\bhelmholtz\b"
    r"|\bconsiglio nazionale\b|\bcommission\b|\bauthority\b|\bbank$|\binsurance$"
    r"|\bindependent (?:researcher|scholar|scientist)\b|\bunaffiliated\b"
)
UNIT = re.compile(
    r"\b(?:institut|instytut|istituto|instituto|institucio)\w*|\bcent(?:er|re|ro|rum)\b|zentrum\b"
    r"|\blabs?\b|\blaborator\w*|\bobservato\w*|\bacadem(?:y|ie|ia)\b|\bresearch$|\bai$|^ai \w|\bcollege\b"
    r"|\bschool of\b|研究院|研究所|实验室"
    r"|\bgraduate school\b|\binitiative$|\bcollaboration$|\bhub$|\balliance$"
    r"|\bconsortium\b"
)
_DEPARTMENT = re.compile(
    r"^(?:the )?(?:departments?|dept|depart[ae]ment[oe]?|departament\w*|dipartimento|dpto|fachbereich|faculty"
    r"|faculties|facultad|faculdade|faculte|facolta|fakultat|wydzial|schools?|college of|division|groups?"
    r"|chair|lehrstuhl|section|units?|program(?:me)?|laboratoire|umr|equipe|team|sector|office|abteilung"
    r"|\w* ?key lab\w*|vicerrectoria|ufr|unite|escuela|arbeitsgruppe|dep|doctoral|ecole doctorale|studiengang"
    r"|engineering research cent)\b|\bkey lab\w*|\bdepartments?$|\bdept$|\bdivision$|\bgroup$|\bteam$"
    r"|\bschool$|\bfaculty$|\bprogram(?:me)?$|\bunit$|\bumr \d|\bumr$|\bumi$|\bengineering research cent"
    r"|\bjoint lab\w*|\boffice$|\bsection$|\bchair$"
)
# Parts of universities that are named like universities.
_PART_OF_UNIVERSITY = re.compile(
    r"^(?:the )?(?:department|dept|faculty|school|college|division|centre|center) of"
)
_TEAM = re.compile(r" (?:group|team|chair|unit|office|division)$")
GENERIC = re.compile(  # an institute named by its subject only belongs to somebody
    r"^(?:the )?(?:\w+ )?(?:institut\w*|instytut|istituto|cent(?:er|re|ro|rum)|laborator\w+|labs?"
    r"|research cent\w+) (?:of|for|fur|de|di|d|des|du|in|on)\b|^academy of"
)
FUNDER = re.compile(r"^(?:cnrs|universite psl|psl|cnrs .*|umr.*|research fellow)$")
# Campuses that carry a country's name.
_ABROAD = re.compile(r"\b(?:nottingham|monash|curtin|reading|swinburne|heriot watt|rmit|xiamen)\b")
_FILLERS = phrases("cedex|province|city|district|prefecture|county|state|area|shi")
# Countries that stand in no institution's own name: one of them after a name is its address.
_AFTER_NAMES = phrases("usa|uk|u s a|u k|prc|pr china|p r china|united states|united kingdom")
_STREET = re.compile(
    r"\b(?:street|avenue|ave|road|boulevard|blvd|bd|rue|strasse|str|platz|allee|piazza|viale|plaza|avda|calle"
    r"|carrer|lane|drive|highway|parkway|building|bldg|floor|room|suite|p ?o ?box|postfach|casilla|box|km|via"
    r"|apartado|cedex|quai|chemin|zip|postal|campus|esplanade|ring|way|place|square|town|village|no|route)\b"
    r"|strasse\b|straat\b|weg\b|laan\b|gasse\b|vagen\b|gatan\b"
)
_NUMBER = re.compile(r"(?<![^\W\d_])(?<!\w-)\d[\d-]*(?![^\W_])")


@dataclass(frozen=True, slots=True)
class Part:
    """text[start:end] of a cleaned text."""

    start: int
    end: int
    text: str
    rank: Rank


_CONTINUED = re.compile(r"(?:Ltd|Inc|LLC|Co|Corp|GmbH|S\.?A|PLC|Limited|Pte)\b\.?")


def parts_of(text: str) -> list[Part]:
    """The parts between commas, semicolons and bars outside brackets."""
    spans: list[tuple[int, int]] = []
    start = depth = 0
    for position, character in enumerate(text):
        if character in "([":
            depth += 1
        elif character in ")]":
            depth = max(0, depth - 1)
        elif depth == 0 and character in ",;，；、":
            spans.append((start, position))
            start = position + 1
    spans.append((start, len(text)))
    if depth:  # unbalanced brackets say nothing
        spans = [(found.start(), found.end()) for found in re.finditer(r"[^,;，；、]+", text)]
    merged: list[tuple[int, int]] = []
    for begin, end in spans:
        part = text[begin:end].strip()
        if merged and (_CONTINUED.match(part) or _joins(text[merged[-1][0] : merged[-1][1]], part)):
            merged[-1] = (merged[-1][0], end)
        else:
            merged.append((begin, end))
    return [part for begin, end in merged for part in _part(text, begin, end)]


def _joins(before: str, part: str) -> bool:
    """Whether a comma is inside a name: `University of California, Berkeley`."""
    folded = fold(part)
    campuses = CAMPUSES.get(key(before))
    if campuses and (folded in campuses or folded.removeprefix("at ") in campuses):
        return True
    return fold(before).endswith("agency for science") and folded.startswith("technology and research")


def _part(text: str, start: int, end: int) -> list[Part]:
    start, end = _stripped(text, start, end)
    if start >= end:
        return []
    begin, finish = _core(text, start, end)
    return [Part(begin, finish, text[begin:finish], part_rank(text[begin:finish]))]


def _stripped(text: str, start: int, end: int) -> tuple[int, int]:
    while start < end and text[start] in EDGES:
        start += 1
    while start < end and (text[end - 1] in EDGES and not (text[end - 1] == "." and ends_short(text, end))):
        end -= 1
    return start, end


def ends_short(text: str, end: int) -> bool:
    """Whether the full stop before `end` belongs to a short form (`Inc.`, `Ltd.`, `U.S.`)."""
    return bool(re.search(r"(?:\b(?:Inc|Ltd|Co|Corp|Univ)|\.[A-Z])\.$", text[max(0, end - 6) : end]))


_ACRONYM = re.compile(r"\s?\(([^()]{1,40})\)\s*$")
_MAX_AT = 6  # prepositions of one part; real ones have up to five
_AT = re.compile(r" (?:at|of|in|from) (?:the )?(?=[^\W\d_])")
_THEN_DEPARTMENT = re.compile(r",? (?:Department|Dept\.?|Faculty) of ")


def _core(text: str, start: int, end: int) -> tuple[int, int]:
    """The part without a trailing acronym, a department before or after, a place after."""
    if acronym := _ACRONYM.search(text[start:end]):
        inside = fold(acronym[1])
        if acronym.start() > 2 and (is_acronym(acronym[1]) or inside in COUNTRIES):
            end = start + acronym.start()
    folded = fold(text[start:end])
    if _DEPARTMENT.search(folded) or GENERIC.match(folded):
        for found in reversed([*islice(_AT.finditer(text, start, end), _MAX_AT)]):
            right = fold(text[found.end() : end])
            if is_known(fold(text[start : found.start()])):
                break  # `Broad Institute of MIT and Harvard`
            if _is_university(right) and not _PART_OF_UNIVERSITY.match(right):
                return _without_place(text, found.end(), end)
    if then := _THEN_DEPARTMENT.search(text, start + 3, end):
        left = fold(text[start : then.start()])
        if _is_university(left) and not _DEPARTMENT.search(left):
            end = then.start()
    return _without_place(text, start, end)


def _is_university(folded: str) -> bool:
    return bool(UNIVERSITY.search(folded)) or is_known(folded)


def _without_place(text: str, start: int, end: int) -> tuple[int, int]:
    """Cuts a postcode, or `USA` or city and country, that follow a name without a comma."""
    words = list(re.finditer(r"\S+", text[start:end]))
    folded = [fold(word[0]) for word in words]
    if len(words) < 3 or _ABROAD.search(" ".join(folded)):
        return start, end
    last, kinds = len(words), set[str]()
    for _ in range(5):
        for size in range(min(4, last - 2), 0, -1):
            candidate = " ".join(folded[last - size : last]).strip()
            if kind := _place_kind(
                candidate, text[start + words[last - size].start() : start + words[last - 1].end()]
            ):
                last -= size
                kinds.add(kind)
                break
        else:
            break
    if last == len(words) or folded[last - 1] in MINOR or not folded[last - 1]:
        return start, end
    if len(kinds) < 2 and not kinds & {"far", "code"}:
        return start, end
    return start, start + words[last - 1].end()


def _place_kind(folded: str, raw: str) -> str:
    if folded in _AFTER_NAMES:
        return "far"
    if re.fullmatch(r"\d{4,6}(?: \d{3,4})?", folded):
        return "code"
    if folded in COUNTRIES:
        return "country"
    if folded in CITIES:
        return "city"
    return "region" if folded in REGIONS and (len(folded) > 2 or raw.isupper()) else ""


def is_known(folded: str) -> bool:
    words = folded.removeprefix("the ").split(" ")
    if len(words) > 10:
        return False
    if words[0] in WORDS_TOO and len(words) > 1 and words[1] not in OF_COMPANIES:
        return folded in KNOWN
    return any(" ".join(words[:size]) in KNOWN for size in range(1, min(len(words), MOST_KNOWN_WORDS) + 1))


@lru_cache(maxsize=4_096)
def part_rank(part: str) -> Rank:
    folded = fold(part)
    if not any(c.isalpha() for c in folded) or (len(folded) < 2 and folded.isascii()):
        return Rank.ADDRESS
    if FUNDER.match(folded):
        return Rank.DEPARTMENT
    if folded in COUNTRIES or folded in CITIES or (len(folded) > 2 and folded in REGIONS):
        return Rank.ADDRESS
    university = bool(UNIVERSITY.search(folded))
    if is_known(folded) and not _DEPARTMENT.search(_TEAM.sub("", folded)):
        return Rank.UNIVERSITY
    if _is_street(folded, part, is_named=university or bool(UNIT.search(folded))) or _is_address(
        folded, part
    ):
        return Rank.ADDRESS
    if university and not _PART_OF_UNIVERSITY.match(folded) and not _is_key_laboratory(folded):
        return Rank.UNIVERSITY
    if _DEPARTMENT.search(folded) and not re.search(r"\b(?:medical|business|law) school$", folded):
        return Rank.DEPARTMENT
    if ORGANISATION.search(folded):
        return Rank.ORGANISATION
    if UNIT.search(folded):
        return Rank.UNIT
    if _NUMBER.search(part):
        return Rank.ADDRESS
    return Rank.UNKNOWN


def _is_street(folded: str, raw: str, *, is_named: bool) -> bool:
    if not _STREET.search(folded):
        return False
    return bool(_NUMBER.search(raw)) or (not is_named and len(folded.split()) <= 4)


def _is_key_laboratory(folded: str) -> bool:
    return bool(re.search(r"\bkey lab", folded)) and not re.search(r"\buniversity\b", folded)


def _is_address(folded: str, raw: str) -> bool:
    """Whether all words are places, numbers and postcodes (`Beijing 100871 China`, `MA 02139`)."""
    words = folded.split()
    if len(words) > 12:
        return False
    at = 0
    while at < len(words):
        for size in range(min(MOST_PLACE_WORDS, len(words) - at), 0, -1):
            if " ".join(words[at : at + size]) in PLACES:
                at += size
                break
        else:
            word = words[at]
            # Postcodes mix letters and digits: `CB3 0FD`, `E 08028`, `M5S 3G4`.
            is_code = word.isdigit() or (len(word) <= 4 and bool(re.search(r"\d", word)))
            is_before_code = len(word) <= 2 and at + 1 < len(words) and words[at + 1][0].isdigit()
            if not (word in _FILLERS or is_code or is_before_code):
                return False
            at += 1
    # Two letters alone (`IN`, `ME`) are a state only next to something.
    return len(words) > 1 or len(folded) > 2 or raw.isupper()
