"""The institution file (TOML): names in English and Chinese, validated into `Institutions`.

An operator edits this file by hand, so every mistake is found in one reading and each line of the
error says where it is: file, table, entry.
"""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from pathlib import Path

from arxivdaily.domain.institution_names import Institutions, has_chinese, lookup_key
from arxivdaily.errors import ConfigurationError
from arxivdaily.toml_file import read_toml

_TABLES = ("names", "also")
_MAX_NAME = 200  # characters: what a page has room for


def load_institutions(path: Path) -> Institutions:
    """Read and validate an institution file. Raises ConfigurationError with every problem found."""
    return parse_institutions(read_toml(path, "institution file"), path.name)


def parse_institutions(data: Mapping[str, object], source: str) -> Institutions:
    """Validate parsed TOML. `source` names the file in messages. Raises ConfigurationError."""
    problems: list[str] = []
    for name in data:
        if name not in _TABLES:
            near = difflib.get_close_matches(name, _TABLES, n=1)
            problems.append(
                f"{source}: {name!r} is neither [names] nor [also]"
                + (f"; did you mean {near[0]!r}?" if near else "")
            )
    names = _table(data, "names", source, problems)
    also = _table(data, "also", source, problems)
    if "names" not in data:
        problems.append(f"{source}: the table [names] is missing")
    for name, zh in names.items():
        if not has_chinese(zh):
            problems.append(f"{source}, [names], {name!r}: {zh[:60]!r} has no Chinese characters")
    for spelling, name in also.items():
        if name not in names:
            near = difflib.get_close_matches(name, list(names), n=1)
            problems.append(
                f"{source}, [also], {spelling!r}: {name[:60]!r} is not in [names]"
                + (f"; did you mean {near[0]!r}?" if near else "")
            )
    _unique(names, also, source, problems)
    if problems:
        raise ConfigurationError("\n".join(problems))
    return Institutions(names, also)


def _table(data: Mapping[str, object], table: str, source: str, problems: list[str]) -> dict[str, str]:
    """The usable entries of a table; what is wrong with the others goes to `problems`."""
    entries = data.get(table, {})
    if not isinstance(entries, Mapping):
        problems.append(f"{source}: {table!r} must be a table: [{table}]")
        return {}
    usable: dict[str, str] = {}
    for key, value in entries.items():
        where = f"{source}, [{table}], {str(key)[:60]!r}"
        if not isinstance(value, str):
            problems.append(f"{where}: must be a text, not {type(value).__name__}")
        elif not lookup_key(key):
            problems.append(f"{where}: the name has no letters")
        elif has_chinese(key):
            problems.append(f"{where}: the name on the left must be English")
        elif not value.strip():
            problems.append(f"{where}: is empty")
        elif len(key) > _MAX_NAME or len(value) > _MAX_NAME:
            problems.append(f"{where}: longer than {_MAX_NAME} characters")
        else:
            usable[key] = value.strip()
    return usable


def _unique(names: Mapping[str, str], also: Mapping[str, str], source: str, problems: list[str]) -> None:
    """Report entries that nobody could tell apart: they differ in case, accents or punctuation only."""
    first: dict[str, tuple[str, str]] = {}
    for table, entries in (("names", names), ("also", also)):
        for name in entries:
            known = first.setdefault(lookup_key(name), (table, name))
            if known != (table, name):
                problems.append(
                    f"{source}, [{table}], {name!r}: the same as {known[1]!r} in [{known[0]}]"
                    " but for case, accents or punctuation"
                )
