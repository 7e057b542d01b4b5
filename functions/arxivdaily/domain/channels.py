"""Channels: the subjects a reader follows, as an operator's channel file defines them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property


@dataclass(frozen=True, slots=True)
class Topic:
    """A subdivision of a channel (专题). `phrases` are English expressions that point to it."""

    slug: str
    zh: str
    en: str
    phrases: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Channel:
    """A reader's subject.

    `description` (Chinese) is shown on the page, `description_en` is what models and embeddings
    read. `sources` are arXiv categories that usually carry the subject: a prior, not a filter.
    `phrases` are English expressions that define it; `exclusions` say in English what it is not.
    """

    slug: str
    group: str
    zh: str
    en: str
    description: str
    description_en: str
    sources: tuple[str, ...]
    topics: tuple[Topic, ...]
    phrases: tuple[str, ...]
    exclusions: tuple[str, ...] = ()

    def topic(self, slug: str | None) -> Topic | None:
        return next((t for t in self.topics if t.slug == slug), None)


@dataclass(frozen=True, slots=True)
class Group:
    slug: str
    zh: str
    en: str
    channels: tuple[Channel, ...]


@dataclass(frozen=True)
class Catalogue:
    """Every group and channel, in the order of the file. `version` changes with the content."""

    groups: tuple[Group, ...]
    version: str

    @cached_property
    def _by_slug(self) -> dict[str, Channel]:
        return {channel.slug: channel for group in self.groups for channel in group.channels}

    def __iter__(self) -> Iterator[Channel]:
        return iter(self._by_slug.values())

    def __len__(self) -> int:
        return len(self._by_slug)

    def get(self, slug: str) -> Channel | None:
        return self._by_slug.get(slug)

    def group_of(self, channel: Channel) -> Group:
        return next(group for group in self.groups if group.slug == channel.group)
