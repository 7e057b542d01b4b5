"""Replacements of papers that earlier editions showed: what changed, and what to do about it.

A replacement stands among the updates of the channels that its last version was in. Only text that
changed is put into Chinese again; a withdrawal is shown and costs nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from enum import StrEnum

from arxivdaily.domain.affiliations import Source
from arxivdaily.domain.papers import Paper
from arxivdaily.domain.records import Extent, PastVersion, Record, State, Translation
from arxivdaily.domain.withdrawals import is_gone, is_withdrawn

MAX_HISTORY = 8  # versions kept with a record: the first, and the newest
MAX_HISTORY_TEXT = 80_000  # characters of all of them; arXiv's longest papers have 20,000 in eight versions
REPEATED = "announced again as it was"
OLDER = "an older version than the one shown"
NOT_SENT = "an update whose text is the same, or a withdrawal: not sent to the models"


class Part(StrEnum):
    """What of a paper can change from one version to the next, as far as arXiv's metadata says."""

    TITLE = "title"
    ABSTRACT = "abstract"
    COMMENT = "comment"


class UpdateKind(StrEnum):
    """What an update is to a reader, the weightiest first."""

    WITHDRAWN = "withdrawn"
    ACCEPTED = "accepted"
    REVISED = "revised"


def changed_parts(before: PastVersion, after: Paper) -> tuple[Part, ...]:
    """What differs, white space apart. Comments count only where the API had been asked for both."""
    parts = []
    if _differ(before.title, after.title):
        parts.append(Part.TITLE)
    if _differ(before.abstract, after.abstract):
        parts.append(Part.ABSTRACT)
    if before.complete and after.complete and _differ(before.comment or "", after.comment or ""):
        parts.append(Part.COMMENT)
    return tuple(parts)


def update_kind(record: Record) -> UpdateKind:
    """Withdrawn now, newly accepted (the comment names a venue that it did not name), or revised."""
    before, after = record.history[-1], record.paper
    if is_gone(after) and not is_withdrawn(before.comment, before.abstract):
        return UpdateKind.WITHDRAWN
    from arxivdaily.domain.comments import venue  # fetch, which needs the rest, need not load it

    accepted = venue(after.comment)
    if accepted and before.complete and accepted != venue(before.comment):
        return UpdateKind.ACCEPTED
    return UpdateKind.REVISED


def revised(
    paper: Paper, edition: str, earlier: Sequence[Record], published: datetime, now: datetime
) -> Record | None:
    """The record of a replacement, from the paper's records in earlier editions (oldest first).

    None if no earlier edition showed the paper. `published` is when the edition that showed it last
    was made.
    """
    shown = [record for record in earlier if record.is_shown]
    if not shown:
        return None
    last = shown[-1]
    before = PastVersion(
        last.edition,
        last.paper.version,
        last.paper.title,
        last.paper.abstract,
        last.paper.comment,
        published,
        last.paper.complete,
    )
    record = Record(edition, paper, State.REVISION, changed=now)
    if paper.version < last.paper.version:
        return replace(record, reason=OLDER)
    changes = changed_parts(before, paper)
    if paper.version == last.paper.version and not changes:
        return replace(record, reason=REPEATED)
    kept = _kept(last.translation or last.kept, changes)
    known = last.affiliations if paper.authors == last.paper.authors else None
    record = replace(
        record,
        matches=last.matches,
        classified_by=last.classified_by,
        history=_bounded((*last.history, before)),
        # What a page said of the same authors; what it did not say, the new version's page may.
        affiliations=known if known and known.source is Source.HTML else None,
    )
    if is_gone(paper):
        return replace(record, reason=NOT_SENT, translation=kept if kept and kept.title else None)
    if kept and kept.title and kept.extent is Extent.FULL:
        return replace(record, reason=NOT_SENT, translation=kept)
    return replace(record, state=State.PENDING, kept=kept)


def wanted_extent(record: Record) -> Extent:
    """How much of a paper is to be translated: of an update, only what changed."""
    return Extent.TITLE if record.kept and record.kept.abstract else Extent.FULL


def with_kept(record: Record, new: Translation) -> Translation:
    """A translation completed by what still holds of the last version's, which stays as it was."""
    kept = record.kept
    if kept is None:
        return new
    return replace(
        new,
        title=kept.title or new.title,
        abstract=kept.abstract or new.abstract,
        summary=kept.summary or new.summary,
    )


def _kept(translation: Translation | None, changes: Sequence[Part]) -> Translation | None:
    """The parts of a translation whose English has not changed; None if there are none."""
    if translation is None:
        return None
    kept = translation
    if Part.TITLE in changes:
        kept = replace(kept, title="")
    if Part.ABSTRACT in changes:
        kept = replace(kept, abstract="", summary="")
    return kept if kept.title or kept.abstract or kept.summary else None


def _bounded(history: tuple[PastVersion, ...]) -> tuple[PastVersion, ...]:
    """The first version and the newest, as many as there is room for with a record."""
    kept = history if len(history) <= MAX_HISTORY else history[:1] + history[1 - MAX_HISTORY :]
    while len(kept) > 2 and sum(map(_length, kept)) > MAX_HISTORY_TEXT:
        kept = kept[:1] + kept[2:]
    return kept


def _length(version: PastVersion) -> int:
    return len(version.title) + len(version.abstract) + len(version.comment or "")


def _differ(before: str, after: str) -> bool:
    return before.split() != after.split()
