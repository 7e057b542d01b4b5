"""The ledger: what became of every announced paper, and the only ways that may change.

A `Record` is one paper version in one edition. It carries everything later stages learn about
it, so a paper is in exactly one state by construction, and every count is a count of records.
Transitions are pure functions that return a new record, or the same object when the step has
been taken already: at-least-once delivery makes every step run twice some day.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from arxivdaily.domain.papers import Paper, PaperKey


class State(StrEnum):
    """The public states of a ledger entry (`/ledger/<date>.json`)."""

    PENDING = "pending"
    UNMATCHED = "unmatched"
    PUBLISHED = "published"
    UNTRANSLATED = "untranslated"
    REVISION = "revision"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Match:
    """A paper in a channel. `score` is 0 to 100; `topic` is a topic slug of that channel."""

    channel: str
    topic: str | None
    score: int
    reason: str


@dataclass(frozen=True, slots=True)
class Provenance:
    """Which model and prompt made an answer."""

    model: str
    prompt_version: str


@dataclass(frozen=True, slots=True)
class Translation:
    """A paper in Chinese. `summary` is one sentence (AI总结)."""

    title: str
    abstract: str
    summary: str
    made_by: Provenance


@dataclass(frozen=True, slots=True)
class Record:
    """One announced paper version in one edition (`edition`: ISO date, US Eastern).

    `matches` is None until the paper has been classified; an empty tuple means no channel.
    `reason` explains the state where it needs explaining. `revision` grows by one with every
    stored change and guards against lost updates. `changed` is when readable content last
    changed (UTC).
    """

    edition: str
    paper: Paper
    state: State
    reason: str = ""
    matches: tuple[Match, ...] | None = None
    classified_by: Provenance | None = None
    translation: Translation | None = None
    revision: int = 0
    changed: datetime | None = None

    @property
    def key(self) -> PaperKey:
        return PaperKey(self.edition, self.paper.arxiv_id, self.paper.version)

    @property
    def awaits_classification(self) -> bool:
        return self.state is State.PENDING and self.matches is None

    @property
    def awaits_translation(self) -> bool:
        return self.state is State.PENDING and bool(self.matches)

    @property
    def is_shown(self) -> bool:
        """Whether the paper stands on a channel page, translated or not."""
        return bool(self.matches)

    def match_for(self, channel: str) -> Match | None:
        return next((m for m in self.matches or () if m.channel == channel), None)

    @property
    def best_score(self) -> int:
        return max((m.score for m in self.matches or ()), default=0)


def classified(record: Record, matches: tuple[Match, ...], by: Provenance, now: datetime) -> Record:
    """After classification: on to translation, or done because no channel wants the paper."""
    if not record.awaits_classification:
        return record
    ordered = tuple(sorted(matches, key=lambda m: (-m.score, m.channel)))
    return replace(
        record,
        matches=ordered,
        classified_by=by,
        state=State.PENDING if ordered else State.UNMATCHED,
        reason="",
        changed=now,
    )


def classification_failed(record: Record, reason: str) -> Record:
    """No channel could be decided: nothing can be published yet."""
    if not record.awaits_classification:
        return record
    return replace(record, state=State.FAILED, reason=reason)


def translated(record: Record, translation: Translation, now: datetime) -> Record:
    """After a translation that passed the gate."""
    if not record.awaits_translation:
        return record
    return replace(record, translation=translation, state=State.PUBLISHED, reason="", changed=now)


def left_untranslated(record: Record, reason: str, now: datetime) -> Record:
    """Published in English with its label (译文待补); `reason` is for the ledger."""
    if not record.awaits_translation:
        return record
    return replace(record, state=State.UNTRANSLATED, reason=reason, changed=now)


def to_retry(record: Record) -> Record:
    """Back to where the failed step begins; other records are returned as they are."""
    if record.state is State.FAILED or (record.state is State.UNTRANSLATED and record.matches):
        return replace(record, state=State.PENDING, reason="")
    return record


def completed(record: Record, paper: Paper) -> Record:
    """The metadata API's fuller account of the same paper; never an older or another version."""
    same = paper.arxiv_id == record.paper.arxiv_id and paper.version == record.paper.version
    if not same or record.paper.complete or paper == record.paper:
        return record
    return replace(record, paper=paper)
