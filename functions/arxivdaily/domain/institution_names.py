"""Names of institutions: which spellings are one name, and what they are called in Chinese.

What a page is rendered with; how a name is found in an affiliation is in `institutions`.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property, lru_cache

from arxivdaily.domain.places import CITIES

MAX_TEXT = 1_500  # characters of a text that are looked at; addresses of real papers have under 400


@lru_cache(maxsize=4_096)
def fold(text: str) -> str:
    """Lower case without accents; what is neither letter nor digit is one space."""
    plain = "".join(c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c)).casefold()
    plain = plain.translate({0xF8: "o", 0x142: "l", 0x131: "i", 0xE6: "ae", 0x153: "oe", 0x111: "d"})
    return " ".join(re.sub(r"[\W_]+", " ", plain).split())


def key(name: str) -> str:
    """What two spellings of one name share: case, accents, a leading `The`, hyphens, commas, `&`,
    an acronym in brackets do not count."""
    name = re.sub(
        r"\(([A-Z][A-Za-z*&/-]{1,11})\)", lambda m: " " if is_acronym(m[1]) else m[0], name[:MAX_TEXT]
    )
    folded = fold(name.replace("&", " and ").replace("’", "").replace("'", ""))
    return folded.removeprefix("the ")


def is_acronym(text: str) -> bool:
    """Whether a text in brackets is its name's short form (`UB`), not a campus (`GZ`, `SHENZHEN`)."""
    letters = [c for c in text if c.isalpha()]
    if sum(c.isupper() for c in letters) * 2 <= len(letters):
        return False
    folded = fold(text)
    return folded not in CITIES and folded not in ("gz", "sz")


def has_chinese(text: str) -> bool:
    """Whether a text has Chinese characters."""
    return any("\u4e00" <= character <= "\u9fff" or "\u3400" <= character <= "\u4dbf" for character in text)


@dataclass(frozen=True)
class Institutions:
    """Institutions' names in Chinese. `names` has English to Chinese, `also` another English spelling
    to the one in `names`."""

    names: Mapping[str, str] = field(default_factory=dict)
    also: Mapping[str, str] = field(default_factory=dict)

    @cached_property
    def _by_key(self) -> Mapping[str, str]:
        found = {
            lookup_key(spelling): self.names[name]
            for spelling, name in self.also.items()
            if name in self.names
        }
        return found | {lookup_key(name): zh for name, zh in self.names.items()}

    def zh(self, name: str) -> str | None:
        """The Chinese name, or None where it is not known or `name` has Chinese characters already."""
        if has_chinese(name[:MAX_TEXT]):
            return None
        return self._by_key.get(lookup_key(name))


_SHORT = {"univ": "university"}


def lookup_key(name: str) -> str:
    """What `Institutions` compares: like `key`, and `University of California, Berkeley` is `… at Berkeley`
    and `…-Berkeley`, `Stanford Univ.` is Stanford University."""
    words = key(name).replace(" at ", " ").split()
    return " ".join(_SHORT.get(word, word) for word in words)
