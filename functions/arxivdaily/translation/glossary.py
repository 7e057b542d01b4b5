"""Field terms and how they are put in Chinese, and which of them a text has."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from arxivdaily.errors import ConfigurationError
from arxivdaily.toml_file import read_toml

GLOSSARY_FILE = Path(__file__).with_name("glossary.toml")
MAX_TERMS = 8  # in one prompt: each costs about eight tokens


@dataclass(frozen=True, slots=True)
class Term:
    """`en` in lower case unless it is a name; `source` (where the usage is from: a key of the file's
    sources) and `note` are for people who edit the file."""

    en: str
    zh: str
    source: str = ""
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


def load_glossary(more: Path | None = None) -> Glossary:
    """The project's glossary, with an operator's terms over it: those with the same English count.

    Raises ConfigurationError that names the file and the entry.
    """
    terms = {_key(term.en): term for path in (GLOSSARY_FILE, more) if path for term in read_terms(path)}
    return Glossary(tuple(terms.values()))


def read_terms(path: Path) -> tuple[Term, ...]:
    """Read a glossary file: `"english" = "中文"`, or a table with `zh` and perhaps `source` and `note`.

    `source` names an entry of the file's `[sources]`. Raises ConfigurationError that names the file
    and the entry.
    """
    data = read_toml(path, "glossary")
    entries, sources = data.get("terms"), data.get("sources", {})
    if (
        not isinstance(entries, Mapping)
        or not isinstance(sources, Mapping)
        or set(data) - {"terms", "sources"}
    ):
        raise ConfigurationError(f"{path.name}: must have a table [terms], and may have [sources]")
    terms = tuple(_term(path, en, entry, sources) for en, entry in entries.items())
    if len({_key(term.en) for term in terms}) != len(terms):
        raise ConfigurationError(f"{path.name}: two entries differ only in case or hyphens")
    return terms


def _term(path: Path, en: str, entry: object, sources: Mapping[str, object]) -> Term:
    fields = {"zh": entry} if isinstance(entry, str) else entry
    if not isinstance(fields, Mapping) or not set(fields) <= {"zh", "source", "note"}:
        raise ConfigurationError(f"{path.name}: {en!r} must be a text or have zh, source and note")
    zh, source, note = (fields.get(name, "") for name in ("zh", "source", "note"))
    if not (isinstance(zh, str) and isinstance(source, str) and isinstance(note, str)):
        raise ConfigurationError(f"{path.name}: {en!r} has something that is not text")
    if not (zh.strip() and en.strip()):
        raise ConfigurationError(f"{path.name}: {en!r} has no translation")
    if source and source not in sources:
        raise ConfigurationError(f"{path.name}: {en!r} names the source {source!r}, which [sources] lacks")
    return Term(en.strip(), zh.strip(), source, note.strip())


def _key(text: str) -> str:
    return re.sub(r"[\s-]+", " ", text.lower())
