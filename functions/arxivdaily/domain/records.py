"""The ledger: what became of every announced paper, and the only ways that may change.

A `Record` is one paper version in one edition. It carries everything later stages learn about
it, so a paper is in exactly one state by construction, and every count is a count of records.
Transitions are pure functions that return a new record, or the same object when the step has
been taken already: at-least-once delivery makes every step run twice some day.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from itertools import chain
from typing import Literal

from arxivdaily.domain.affiliations import Affiliations
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


class Extent(StrEnum):
    """How much of a paper is in Chinese: what a shrinking budget leaves out comes first."""

    FULL = "full"
    SUMMARY = "summary"  # title and summary
    TITLE = "title"


@dataclass(frozen=True, slots=True)
class Translation:
    """A paper in Chinese. `summary` is one sentence (AI总结); what was not asked for is empty.

    `repaired`: the first answer was refused, and this is what a second one brought.
    """

    title: str
    abstract: str
    summary: str
    made_by: Provenance
    repaired: bool = False

    @property
    def extent(self) -> Extent:
        if self.abstract:
            return Extent.FULL
        return Extent.SUMMARY if self.summary else Extent.TITLE


@dataclass(frozen=True, slots=True)
class PastVersion:
    """A version of a paper as an earlier edition showed it; `published` is when that edition was
    made (UTC). `complete`: whether the metadata API had been asked for its comment."""

    edition: str
    version: int
    title: str
    abstract: str
    comment: str | None
    published: datetime
    complete: bool = True


@dataclass(frozen=True, slots=True)
class NextVersion:
    """Where a newer version of a paper is: what its older records point to."""

    edition: str
    version: int
    withdrawn: bool


@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens of one call; `cached_tokens` are the part of `input_tokens` read from a cache."""

    input_tokens: int = 0
    cached_tokens: int = 0
    output_tokens: int = 0

    def __add__(self, other: Usage) -> Usage:
        return Usage(
            self.input_tokens + other.input_tokens,
            self.cached_tokens + other.cached_tokens,
            self.output_tokens + other.output_tokens,
        )


MAX_TOKENS = 100_000_000  # of one call; no service takes as many


def tokens(count: object) -> int:
    """A count of tokens as a service states it; 0 for what cannot be one."""
    if isinstance(count, bool) or not isinstance(count, (int, float)) or not 0 <= count <= MAX_TOKENS:
        return 0
    return int(count)


@dataclass(frozen=True, slots=True)
class Spent:
    """What one stage of one paper has cost with one model: its share of shared calls."""

    stage: Literal["classify", "translate"]
    model: str
    usage: Usage


def added(*parts: Iterable[Spent]) -> tuple[Spent, ...]:
    """All of it, one entry for a stage and model, in order of first appearance; no empty ones."""
    sums: dict[tuple[Literal["classify", "translate"], str], Usage] = {}
    for entry in chain(*parts):
        key = (entry.stage, entry.model)
        sums[key] = sums.get(key, Usage()) + entry.usage
    return tuple(Spent(stage, model, usage) for (stage, model), usage in sums.items() if usage != Usage())


@dataclass(frozen=True, slots=True)
class Repair:
    """How a paper that has not come through stands with repair without a person (`repairs.py`).

    `since` (UTC): when it last failed, or was last sent on again. `tries`: how often the schedule has
    sent it on again after a failure. `lasting`: it was refused, where another try helps less than after an
    outage. `sent`: how often it was sent on since because it stayed pending, which is no failure of its own.
    """

    since: datetime
    tries: int = 0
    lasting: bool = False
    sent: int = 0


@dataclass(frozen=True, slots=True)
class Record:
    """One announced paper version in one edition (`edition`: ISO date, US Eastern).

    `matches` is None until the paper has been classified; an empty tuple means no channel.
    `reason` explains the state where it needs explaining. `revision` grows by one with every
    stored change and guards against lost updates. `changed` is when readable content last
    changed (UTC). `spent` is what models were paid for it, failed answers included.

    `affiliations` is None until they have been looked for. A replacement of a paper that earlier
    editions showed is an update: `history` has those versions, oldest first, and `kept` what still
    holds of the last one's translation (the parts whose English has not changed, others empty).
    `superseded` says where a newer version is. `repair` is None where nothing has failed, or a setting
    has left the paper in English.
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
    spent: tuple[Spent, ...] = ()
    affiliations: Affiliations | None = None
    history: tuple[PastVersion, ...] = ()
    kept: Translation | None = None
    superseded: NextVersion | None = None
    repair: Repair | None = None

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
    def lacks_words(self) -> bool:
        """Whether the paper is published with less than a full translation."""
        if self.state is State.UNTRANSLATED:
            return True
        partial = self.translation is not None and self.translation.extent is not Extent.FULL
        return self.state is State.PUBLISHED and partial

    @property
    def is_shown(self) -> bool:
        """Whether the paper stands on a channel page, translated or not."""
        return bool(self.matches)

    @property
    def is_update(self) -> bool:
        """Whether it stands among a channel's updates: earlier editions showed the paper."""
        return bool(self.history)

    @property
    def is_listed(self) -> bool:
        """Whether it stands in a channel's list and counts as one of its papers."""
        return self.is_shown and not self.is_update

    @property
    def is_translated_here(self) -> bool:
        """Whether this edition's models translated it; an update may carry over the last version's."""
        return self.translation is not None and self.state is not State.REVISION

    @property
    def awaits_affiliations(self) -> bool:
        """Whether it is shown and nobody has looked for its affiliations yet."""
        return self.is_shown and self.affiliations is None

    def match_for(self, channel: str) -> Match | None:
        return next((m for m in self.matches or () if m.channel == channel), None)

    @property
    def best_score(self) -> int:
        return max((m.score for m in self.matches or ()), default=0)


def classified(
    record: Record, matches: tuple[Match, ...], by: Provenance, now: datetime, spent: Iterable[Spent] = ()
) -> Record:
    """After classification: on to translation, or done because no channel wants the paper, or because
    an earlier classification had it translated already."""
    if not record.awaits_classification:
        return record
    ordered = tuple(sorted(matches, key=lambda m: (-m.score, m.channel)))
    done = record.translation is not None and record.translation.extent is Extent.FULL
    return replace(
        record,
        matches=ordered,
        classified_by=by,
        translation=record.translation if ordered else None,
        state=State.UNMATCHED if not ordered else State.PUBLISHED if done else State.PENDING,
        reason="",
        changed=now,
        spent=added(record.spent, spent),
        repair=None,
    )


def failing(record: Record, now: datetime, *, lasting: bool) -> Repair:
    """Its repair after another failure."""
    return Repair(now, record.repair.tries if record.repair else 0, lasting)


def classification_failed(
    record: Record, reason: str, now: datetime, spent: Iterable[Spent] = (), *, lasting: bool = False
) -> Record:
    """No channel could be decided: nothing can be published yet. `lasting`: the paper was refused."""
    if not record.awaits_classification:
        return record
    paid = added(record.spent, spent)
    repair = failing(record, now, lasting=lasting)
    return replace(record, state=State.FAILED, reason=reason, spent=paid, repair=repair)


def translated(
    record: Record, translation: Translation, now: datetime, reason: str = "", spent: Iterable[Spent] = ()
) -> Record:
    """After a translation that passed the gate; `reason` says why it is not a full one."""
    if not record.awaits_translation:
        return record
    return replace(
        record,
        translation=translation,
        kept=None,
        state=State.PUBLISHED,
        reason=reason,
        changed=now,
        spent=added(record.spent, spent),
        repair=None,
    )


def left_untranslated(
    record: Record, reason: str, now: datetime, spent: Iterable[Spent] = (), *, repair: Repair | None = None
) -> Record:
    """Published as it is, `reason` being for the ledger: in English with its label (译文待补), or
    with the part of a translation that it has already. `repair` is None for a choice of the operator."""
    if not record.awaits_translation:
        return record
    paid = added(record.spent, spent)
    if record.translation:
        repair = repair if record.translation.extent is not Extent.FULL else None
        return replace(record, state=State.PUBLISHED, reason=reason, spent=paid, repair=repair)
    return replace(record, state=State.UNTRANSLATED, reason=reason, changed=now, spent=paid, repair=repair)


def translation_failed(
    record: Record, reason: str, now: datetime, spent: Iterable[Spent] = (), *, lasting: bool
) -> Record:
    """Left untranslated for a failure. `lasting`: every answer was refused."""
    return left_untranslated(record, reason, now, spent, repair=failing(record, now, lasting=lasting))


def charged(record: Record, spent: Iterable[Spent]) -> Record:
    """After calls that were paid and brought nothing that could be used; its state stays."""
    total = added(record.spent, spent)
    return record if total == record.spent else replace(record, spent=total)


def to_retry(record: Record, now: datetime) -> Record:
    """Back to where the failed step begins, for a person: what the schedule has tried is forgotten.

    Other records are returned as they are, and so are versions that a newer one has replaced: what they
    lack is not translated any more.
    """
    if record.state is State.FAILED or (record.matches and record.lacks_words and not record.superseded):
        return replace(record, state=State.PENDING, reason="", repair=Repair(now))
    if record.state is State.PENDING and record.repair and (record.repair.tries or record.repair.sent):
        return replace(record, repair=Repair(now))
    return record


def can_be_done_again(record: Record, stage: Literal["classify", "translate"]) -> bool:
    """Whether a stage has been taken and may be taken anew. Updates follow the papers that they update,
    and replacements that went to no model have nothing to do again."""
    if record.is_update or record.state is State.REVISION or not record.paper.abstract:
        return False
    if stage == "classify":
        return record.state in (State.UNMATCHED, State.PUBLISHED, State.UNTRANSLATED)
    return record.translation is not None and record.state is State.PUBLISHED


def to_do_again(record: Record, stage: Literal["classify", "translate"], now: datetime) -> Record:
    """Back to where a stage begins. A translation stays on the page until a new one has come, and is
    not paid for again because the channels have changed."""
    if not can_be_done_again(record, stage):
        return record
    if stage == "classify":
        return replace(record, state=State.PENDING, matches=None, reason="", repair=Repair(now))
    return replace(record, state=State.PENDING, reason="", repair=Repair(now))


def enriched(record: Record, found: Affiliations, now: datetime) -> Record:
    """After looking for affiliations; what its HTML page said once is not replaced by less."""
    known = record.affiliations
    if known is not None and (not known.problem or known.tries >= found.tries):
        return record
    is_new = bool(found.block.institutions) and (known is None or known.block != found.block)
    return replace(record, affiliations=found, changed=now if is_new else record.changed)


def listed_counts(records: Iterable[Record]) -> Counter[str]:
    """How many papers each channel lists, by slug."""
    return Counter(match.channel for record in records if record.is_listed for match in record.matches or ())


def revisions(records: Iterable[Record]) -> int:
    """The number of writes that made an edition's records: another one means that something has changed, or
    that a paper has come."""
    return sum(record.revision + 1 for record in records)


def superseded(record: Record, by: NextVersion) -> Record:
    """A newer version is in a later edition; never back to an older one."""
    known = record.superseded
    if known == by or (known is not None and (known.edition, known.version) > (by.edition, by.version)):
        return record
    return replace(record, superseded=by)
