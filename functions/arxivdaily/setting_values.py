"""One setting's text: its value, or what is wrong with it and what was probably meant.

Every error is a ConfigurationError that names the variable, what it holds and what is right. Values may hold
a password (in an address): it is masked.
"""

from __future__ import annotations

import math
import re
from collections.abc import Collection, Iterable
from urllib.parse import urlsplit

from arxivdaily.domain.taxonomy import ARCHIVES, CATEGORIES
from arxivdaily.errors import ConfigurationError

TAXONOMY_PAGE = "https://arxiv.org/category_taxonomy"
_LONGEST_SHOWN = 120  # characters of a value in a message
_MOST_NEAREST = 8  # equally near spellings that a message lists
_YES, _NO = ("true", "1", "yes", "on"), ("false", "0", "no", "off")
_WHOLE = re.compile(r"[+-]?[0-9]{1,15}")
_NUMBER = re.compile(r"[+-]?([0-9]{1,15}(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]{1,3})?")
_SEPARATORS = re.compile(r"[\s,;，；、]+")  # as people write lists, in Chinese too
_HOST = re.compile(
    r"(?=.{1,253}\Z)[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?(\.[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?)*"
)
_NOT_IN_ADDRESSES = re.compile(r"[^!$&'()*+,./0-9:;=?@A-Z_a-z~%#\[\]-]")  # RFC 3986, sections 2.2 and 2.3
_CHAT = "/chat/completions"


def shown(value: str) -> str:
    """A value for a message: quoted, bounded, without the password of an address."""
    masked = re.sub(r"(//)[^/\s]*@", r"\1***@", value)
    return repr(masked if len(masked) <= _LONGEST_SHOWN else f"{masked[:_LONGEST_SHOWN]}…")


def wrong(name: str, value: str, what: str) -> ConfigurationError:
    """The error for a value; `what` goes on after "it"."""
    return ConfigurationError(f"{name} is {shown(value)}; it {what}")


def nearest(word: str, known: Iterable[str]) -> list[str]:
    """The known words that `word` was probably meant to be, the least different, upper and lower case alike:
    none where all are too different."""
    typed = word.casefold()
    if len(typed) > 100:
        return []
    most = max(1, len(typed) // 3)
    near = [name for name in known if abs(len(name) - len(typed)) <= most]
    distances = {name: distance(typed, name.casefold()) for name in near}
    least = min(distances.values(), default=len(typed))
    if least > most or least >= len(typed):
        return []
    return [name for name, distance in distances.items() if distance == least][:_MOST_NEAREST]


def suggestion(word: str, known: Iterable[str]) -> str:
    """ " Did you mean cs.CV?", or nothing."""
    return meant(nearest(word, known))


def meant(names: Collection[str]) -> str:
    *first, last = names or [""]
    return f" Did you mean {', '.join(first)}{' or ' if first else ''}{last}?" if last else ""


def distance(one: str, other: str) -> int:
    """Letters to insert, delete, replace or swap with their neighbour (optimal string alignment)."""
    before: list[int] = []
    last = list(range(len(other) + 1))
    for i, a in enumerate(one, start=1):
        row = [i]
        for j, b in enumerate(other, start=1):
            cost = min(last[j] + 1, row[-1] + 1, last[j - 1] + (a != b))
            if i > 1 and j > 1 and a == other[j - 2] and one[i - 2] == b:
                cost = min(cost, before[j - 2] + 1)
            row.append(cost)
        before, last = last, row
    return last[-1]


def one_of(name: str, raw: str, allowed: Collection[str]) -> str:
    """One of the allowed words, spelt as they are."""
    for word in allowed:
        if raw.casefold() == word.casefold():
            return word
    *first, last = allowed
    words = f"{', '.join(first)} or {last}" if first else last
    raise wrong(name, raw, f"must be {words}.{suggestion(raw, allowed)}")


def flag(name: str, raw: str) -> bool:
    word = raw.casefold()
    if word not in (*_YES, *_NO):
        raise wrong(name, raw, f"must be true or false.{suggestion(raw, ('true', 'false'))}")
    return word in _YES


def whole_number(name: str, raw: str) -> int:
    if not _WHOLE.fullmatch(raw):
        raise wrong(name, raw, "must be a whole number, in digits")
    return int(raw)


def number(name: str, raw: str) -> float:
    if not _NUMBER.fullmatch(raw) or not math.isfinite(float(raw)):
        raise wrong(name, raw, "must be a number, such as 3 or 0.5")
    return float(raw)


def categories(name: str, raw: str) -> tuple[str, ...]:
    """Categories and archives of arXiv's taxonomy, each once, separated by commas, spaces or both."""
    words = [word for word in _SEPARATORS.split(raw) if word]
    if not words:
        raise wrong(name, raw, "must name arXiv categories, such as cs.CV,stat.ML")
    for word in words:
        if word not in CATEGORIES and word not in ARCHIVES:
            raise ConfigurationError(
                f"{name} has {shown(word)}, which is not an arXiv category (see {TAXONOMY_PAGE})."
                + meant(_nearest_categories(word))
            )
    return tuple(dict.fromkeys(words))


def _nearest_categories(word: str) -> list[str]:
    """Other spellings, and the same subject in another archive: cs.ML is stat.ML."""
    known = (*ARCHIVES, *CATEGORIES)
    if not any(word.casefold() == name.casefold() for name in known):
        _, dot, subject = word.rpartition(".")
        elsewhere = [
            name for name in CATEGORIES if dot and name.casefold().endswith(f".{subject.casefold()}")
        ]
        if elsewhere and subject:
            near = nearest(word, known)
            return list(dict.fromkeys([*(n for n in near if n in elsewhere), *elsewhere, *near]))[
                :_MOST_NEAREST
            ]
    return nearest(word, known)


def address(name: str, raw: str, *, with_path: bool = True) -> str:
    """An http or https address without a slash at its end, as paths are put after it."""
    if found := _NOT_IN_ADDRESSES.search(raw):
        what = "a space" if found[0].isspace() else shown(found[0])
        raise wrong(name, raw, f"has {what} in it, which no address has")
    scheme, colon, rest = raw.partition("://")
    if not colon:
        hint = ""
        if re.match(r"[A-Za-z0-9.-]+(:[0-9]+)?(/|\Z)", raw) and ("." in raw or "localhost" in raw):
            here = raw.startswith(("127.", "localhost"))
            hint = f" Did you mean {'http' if here else 'https'}://{raw}?"
        raise wrong(name, raw, f"must begin with http:// or https://.{hint}")
    if scheme.lower() not in ("http", "https"):
        near = nearest(scheme, ("http", "https"))
        raise wrong(
            name,
            raw,
            f"must begin with http:// or https://.{meant([f'{found}://{_masked(rest)}' for found in near])}",
        )
    if "://" in rest:
        raise wrong(name, raw, "must be one address, and holds '://' twice")
    if raw[-1] in ".,;!*'()=&":
        raise wrong(name, raw, f"ends in {raw[-1]!r}, which is no part of an address")
    try:
        parts = urlsplit(raw)
        host, port = parts.hostname or "", parts.port
    except ValueError as error:
        raise wrong(name, raw, f"is no address: {error}") from None
    if not host or (":" not in host and not _HOST.fullmatch(host)):
        raise wrong(name, raw, "must name a host after ://, such as https://host.example")
    if port == 0 or parts.netloc.endswith(":"):
        raise wrong(name, raw, "must name a port from 1 to 65535 after the host's colon, or none")
    if "?" in raw or "#" in raw:
        raise wrong(name, raw, "must end before the '?' or '#': paths are put after it")
    trimmed = raw.rstrip("/")
    if trimmed.endswith(_CHAT):
        raise wrong(name, raw, f"must end before {_CHAT}: that is put after it")
    if not with_path and parts.path.strip("/"):
        raise wrong(name, raw, "must end after the host: the site is at a host's root")
    return trimmed


def _masked(rest: str) -> str:
    return re.sub(r"^[^/\s]*@", "***@", rest)
