"""Field terms and how they are put in Chinese, and which of them a text has."""

from __future__ import annotations

import hashlib
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from arxivdaily.errors import ConfigurationError

GLOSSARY_FILE = Path(__file__).with_name("glossary.toml")
MAX_TERMS = 12  # in one prompt: each costs about eight tokens


@dataclass(frozen=True, slots=True)
class Term:
    """`en` in lower case unless it is a name; `note` is for people who edit the file."""

    en: str
    zh: str
    note: str = ""


@dataclass(frozen=True)
class Glossary:
    """A set of terms. `version` changes with what models see of it, not with the notes."""

    terms: tuple[Term, ...]

    @cached_property
    def version(self) -> str:
        lines = "\n".join(sorted(f"{term.en}\t{term.zh}" for term in self.terms))
        return hashlib.sha256(lines.encode()).hexdigest()[:8]

    @cached_property
    def _by_key(self) -> dict[str, Term]:
        return {_key(term.en): term for term in self.terms}

    @cached_property
    def _pattern(self) -> re.Pattern[str]:
        # Longest first, so that "large language model" is found before "language model".
        words = sorted((_key(term.en) for term in self.terms), key=len, reverse=True)
        # A space in a term also matches a hyphen, so one entry covers "few shot" and "few-shot".
        alternatives = "|".join(re.escape(word).replace(r"\ ", r"[\s-]+") for word in words)
        return re.compile(rf"(?<![a-z0-9])(?P<term>{alternatives})(?:s|es)?(?![a-z0-9])")

    def found_in(self, text: str, limit: int = MAX_TERMS) -> tuple[Term, ...]:
        """The terms that occur in `text`, by first appearance, at most `limit`."""
        if not self.terms:
            return ()
        found: dict[str, Term] = {}
        for match in self._pattern.finditer(text.lower()):
            key = _key(match["term"])
            found.setdefault(key, self._by_key[key])
            if len(found) == limit:
                break
        return tuple(found.values())


def load_glossary(path: Path = GLOSSARY_FILE) -> Glossary:
    """Read a glossary file: `"english" = "中文"` or `"english" = {zh = "中文", note = "…"}`.

    Raises ConfigurationError that names the file and the entry.
    """
    try:
        with path.open("rb") as file:
            data = tomllib.load(file)
    except (OSError, ValueError) as error:
        raise ConfigurationError(f"{path.name}: {error}") from error
    entries = data.get("terms")
    if not isinstance(entries, Mapping) or set(data) != {"terms"}:
        raise ConfigurationError(f"{path.name}: must have one table, [terms]")
    terms = tuple(_term(path, en, entry) for en, entry in entries.items())
    if len({_key(term.en) for term in terms}) != len(terms):
        raise ConfigurationError(f"{path.name}: two entries differ only in case or hyphens")
    return Glossary(terms)


def _term(path: Path, en: str, entry: object) -> Term:
    fields = {"zh": entry} if isinstance(entry, str) else entry
    if not isinstance(fields, Mapping) or not set(fields) <= {"zh", "note"}:
        raise ConfigurationError(f"{path.name}: {en!r} must be a text or have zh and note")
    zh, note = fields.get("zh", ""), fields.get("note", "")
    if not (isinstance(zh, str) and isinstance(note, str) and zh.strip() and en.strip()):
        raise ConfigurationError(f"{path.name}: {en!r} has no translation")
    return Term(en.strip(), zh.strip(), note.strip())


def _key(text: str) -> str:
    return re.sub(r"[\s-]+", " ", text.lower())
