"""The channel file (TOML): groups, channels and topics, validated into a `Catalogue`.

An operator edits this file by hand, so every mistake is found in one reading and each line of
the error says where it is: file, channel (by slug, or by position while it has none), field.
"""

from __future__ import annotations

import difflib
import hashlib
import json
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from arxivdaily.domain.channels import Catalogue, Channel, Group, Topic
from arxivdaily.errors import ConfigurationError
from arxivdaily.toml_file import read_toml

# Lower-case words joined by single hyphens, with a letter somewhere: a slug is a folder of the
# site, and one of digits alone could be taken for a date or an arXiv identifier.
_SLUG = re.compile(r"(?=[a-z0-9-]*[a-z])[a-z0-9]+(?:-[a-z0-9]+)*")
_MAX_SLUG = 40
# The forms in arXiv's taxonomy: `cs.CV`, `physics.ao-ph`, and archives that are categories (`hep-th`).
_CATEGORY = re.compile(r"(?:physics|cond-mat)\.[a-z]+(?:-[a-z]+)*|[a-z]+(?:-[a-z]+)?\.[A-Z]{2}|[a-z]+-[a-z]+")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")

# Folders and files of the site's root, and words that answers and pages use for themselves.
RESERVED_SLUGS = frozenset(
    {"404", "about", "all", "api", "archive", "assets", "en", "favicon", "feed", "feeds", "home", "index"}
    | {"ledger", "none", "papers", "robots", "search", "site", "sitemap", "sitemaps", "static", "today", "zh"}
)
MIN_TOPICS, MAX_TOPICS = 3, 8

_GROUP_FIELDS = ("slug", "zh", "en", "channels")
_CHANNEL_FIELDS = (
    "slug",
    "zh",
    "en",
    "description",
    "description_en",
    "sources",
    "topics",
    "phrases",
    "exclusions",
)
_TOPIC_FIELDS = ("slug", "zh", "en", "phrases")
# Longest text of each field in characters: what a page, a prompt and an embedding can carry.
_MAX_LENGTH = {"zh": 40, "en": 80, "description": 200, "description_en": 600}
_MAX_ITEM = 120
_MAX_ITEMS = 30


def load_catalogue(path: Path) -> Catalogue:
    """Read and validate a channel file.

    The version is a short hash of the parsed content: comments and layout do not change it, so
    they do not make paid answers look stale. Raises ConfigurationError with every problem found.
    """
    data = read_toml(path, "channel file")
    return parse_catalogue(data, content_version(data), path.name)


def content_version(data: Mapping[str, object]) -> str:
    """12 hex digits that change with the parsed content (dates and times count by their ISO form)."""
    canonical = json.dumps(data, sort_keys=True, ensure_ascii=False, default=str)
    return hashlib.sha256(canonical.encode()).hexdigest()[:12]


def parse_catalogue(data: Mapping[str, object], version: str, source: str) -> Catalogue:
    """Validate parsed TOML. `source` names the file in messages. Raises ConfigurationError."""
    problems = _Problems()
    root = _Place(problems, source)
    root.known_fields(data, ("groups",))
    groups = [
        _group(table, _Place(problems, f"{source}: group {_label(table, position)}"), source)
        for position, table in enumerate(root.tables(data, "groups"), 1)
    ]
    _unique(
        ((g.slug, f"group #{number}") for number, g in enumerate(groups, 1)),
        lambda slug, where, first: root.report(f"{where}, field slug: {slug!r} is already {first}"),
    )
    _unique(
        (
            (c.slug, f"channel #{number} of group {g.slug!r}")
            for g in groups
            for number, c in enumerate(g.channels, 1)
        ),
        lambda slug, where, first: root.report(f"{where}, field slug: {slug!r} is already {first}"),
    )
    problems.raise_if_any()
    return Catalogue(tuple(groups), version)


def _group(table: Mapping[str, object], place: _Place, source: str) -> Group:
    place.known_fields(table, _GROUP_FIELDS)
    slug = place.slug(table)
    name = f"group {_label(table)}"
    channels = [
        _channel(entry, _Place(place.problems, f"{source}: channel {_label(entry, position)} ({name})"), slug)
        for position, entry in enumerate(place.tables(table, "channels"), 1)
    ]
    return Group(slug, place.text(table, "zh"), place.text(table, "en"), tuple(channels))


def _channel(table: Mapping[str, object], place: _Place, group: str) -> Channel:
    place.known_fields(table, _CHANNEL_FIELDS)
    slug = place.slug(table)
    if slug in RESERVED_SLUGS:
        place.field("slug", f"{slug!r} is reserved for the site itself")
    topics = _topics(table, place)
    sources = place.texts(table, "sources")
    for position, category in enumerate(sources):
        if not _CATEGORY.fullmatch(category):
            place.field(
                f"sources[{position}]", f"{category!r} is not an arXiv category (like cs.CV or stat.ML)"
            )
    return Channel(
        slug=slug,
        group=group,
        zh=place.text(table, "zh"),
        en=place.text(table, "en"),
        description=place.text(table, "description"),
        description_en=place.text(table, "description_en"),
        sources=sources,
        topics=topics,
        phrases=place.texts(table, "phrases"),
        exclusions=place.texts(table, "exclusions", required=False),
    )


def _topics(table: Mapping[str, object], place: _Place) -> tuple[Topic, ...]:
    entries = place.tables(table, "topics")
    if entries and not MIN_TOPICS <= len(entries) <= MAX_TOPICS:
        place.field("topics", f"{len(entries)} topics; there must be {MIN_TOPICS} to {MAX_TOPICS}")
    topics = []
    for position, entry in enumerate(entries):
        inner = _Place(place.problems, place.where, f"topics[{position}].")
        inner.known_fields(entry, _TOPIC_FIELDS)
        slug = inner.slug(entry)
        if slug == "none":  # what a model answers when no topic fits
            inner.field("slug", "'none' is reserved")
        topics.append(
            Topic(slug, inner.text(entry, "zh"), inner.text(entry, "en"), inner.texts(entry, "phrases"))
        )
    _unique(
        ((topic.slug, f"topics[{position}]") for position, topic in enumerate(topics)),
        lambda slug, where, first: place.field(f"{where}.slug", f"duplicate of {first} ({slug!r})"),
    )
    return tuple(topics)


def _unique(named: Iterable[tuple[str, str]], report: Callable[[str, str, str], None]) -> None:
    """Report (name, where, where first) for every name seen before; an empty one is reported already."""
    first: dict[str, str] = {}
    for name, where in named:
        if name and name in first:
            report(name, where, first[name])
        first.setdefault(name, where)


def _label(table: Mapping[str, object], position: int | None = None) -> str:
    """How an operator finds a table: its slug, or its position where it has no usable slug."""
    slug = table.get("slug")
    if isinstance(slug, str) and slug and len(slug) <= _MAX_SLUG:
        return repr(slug)
    return f"#{position}" if position else "without slug"


@dataclass
class _Problems:
    lines: list[str] = field(default_factory=list)

    def raise_if_any(self) -> None:
        if self.lines:
            raise ConfigurationError("\n".join(self.lines))


@dataclass(frozen=True)
class _Place:
    """Reads the fields of one table and notes what is wrong with them, and where.

    After a problem it returns an empty value, so that the rest is checked too.
    """

    problems: _Problems
    where: str
    prefix: str = ""

    def report(self, text: str) -> None:
        self.problems.lines.append(f"{self.where}: {text}")

    def field(self, name: str, text: str) -> None:
        self.problems.lines.append(f"{self.where}, field {self.prefix}{name}: {text}")

    def known_fields(self, table: Mapping[str, object], known: Sequence[str]) -> None:
        for name in table:
            if name not in known:
                near = difflib.get_close_matches(name, known, n=1)
                self.field(name, "unknown field" + (f"; did you mean {near[0]!r}?" if near else ""))

    def slug(self, table: Mapping[str, object]) -> str:
        value = self._string(table, "slug")
        if value and (len(value) > _MAX_SLUG or not _SLUG.fullmatch(value)):
            self.field(
                "slug",
                f"{value[:60]!r} is not a slug: lower-case letters, digits and single hyphens,"
                f" at most {_MAX_SLUG} characters",
            )
            return ""
        return value

    def text(self, table: Mapping[str, object], name: str) -> str:
        value = self._string(table, name)
        if value:
            self._bounded(name, value, _MAX_LENGTH[name])
        return value

    def texts(self, table: Mapping[str, object], name: str, *, required: bool = True) -> tuple[str, ...]:
        """A list of distinct texts; an absent or empty one is a problem where it is required."""
        value = table.get(name)
        if value is None:
            if required:
                self.field(name, "missing")
            return ()
        if not isinstance(value, list):
            self.field(name, f"must be a list of texts, not {_kind(value)}")
            return ()
        if required and not value:
            self.field(name, "empty list")
        if len(value) > _MAX_ITEMS:
            self.field(name, f"{len(value)} entries; at most {_MAX_ITEMS}")
        items: dict[str, int] = {}
        for position, entry in enumerate(value):
            label = f"{name}[{position}]"
            if not isinstance(entry, str):
                self.field(label, f"must be text, not {_kind(entry)}")
            elif not entry.strip():
                self.field(label, "empty text")
            elif entry.casefold() in items:
                self.field(label, f"duplicate of {name}[{items[entry.casefold()]}] ({entry[:60]!r})")
            else:
                self._bounded(label, entry, _MAX_ITEM)
                items[entry.casefold()] = position
        return tuple(value[position].strip() for position in items.values())

    def tables(self, table: Mapping[str, object], name: str) -> list[Mapping[str, object]]:
        value = table.get(name)
        if value is None:
            self.field(name, "missing")
            return []
        if not isinstance(value, list):
            self.field(name, f"must be a list of tables, not {_kind(value)}")
            return []
        if not value:
            self.field(name, "empty list")
        found: list[Mapping[str, object]] = []
        for position, entry in enumerate(value):
            if isinstance(entry, dict):
                found.append(entry)
            else:
                self.field(f"{name}[{position}]", f"must be a table, not {_kind(entry)}")
        return found

    def _string(self, table: Mapping[str, object], name: str) -> str:
        value = table.get(name)
        if value is None:
            self.field(name, "missing")
            return ""
        if not isinstance(value, str):
            self.field(name, f"must be text, not {_kind(value)}")
            return ""
        if not value.strip():
            self.field(name, "empty text")
        return value.strip()

    def _bounded(self, name: str, value: str, longest: int) -> None:
        if len(value) > longest:
            self.field(name, f"{len(value)} characters; at most {longest}")
        if _CONTROL.search(value):
            self.field(name, "a line break or control character; write one line")


def _kind(value: object) -> str:
    names = {bool: "true/false", int: "a number", float: "a number", str: "text", list: "a list"}
    return names.get(type(value), "a table" if isinstance(value, dict) else type(value).__name__)
