"""Compare: what another channel file would have made of papers that are stored. Nothing is written."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from arxivdaily.domain.papers import Paper
from arxivdaily.domain.records import Match, Record, State
from arxivdaily.errors import ArxivDailyError
from arxivdaily.ports import Classifier


@dataclass(frozen=True, slots=True)
class Change:
    """A paper that a channel gains or loses; `match` is the one that is new, or the one that is gone."""

    paper: Paper
    match: Match


@dataclass(frozen=True, slots=True)
class ChannelChange:
    channel: str
    before: int
    after: int
    gained: tuple[Change, ...]
    lost: tuple[Change, ...]


@dataclass(frozen=True, slots=True)
class Comparison:
    """`channels` has those with papers before or after, by slug; `matched` counts papers in any."""

    papers: int
    matched_before: int
    matched_after: int
    channels: tuple[ChannelChange, ...]


def classifiable(records: Sequence[Record]) -> list[Paper]:
    """Papers of an edition that classification is for: not its replacements."""
    return [
        r.paper for r in records if r.state is not State.REVISION and not r.is_update and r.paper.abstract
    ]


def compare(before: Classifier, after: Classifier, papers: Sequence[Paper]) -> Comparison:
    """Ask both about the same papers. Raises the first error that a paper meets."""
    old, new = (_matches(classifier, papers) for classifier in (before, after))
    slugs = sorted({match.channel for matches in (*old, *new) for match in matches.values()})
    return Comparison(
        papers=len(papers),
        matched_before=sum(bool(matches) for matches in old),
        matched_after=sum(bool(matches) for matches in new),
        channels=tuple(
            ChannelChange(
                slug,
                before=sum(slug in matches for matches in old),
                after=sum(slug in matches for matches in new),
                gained=_only_in(new, old, papers, slug),
                lost=_only_in(old, new, papers, slug),
            )
            for slug in slugs
        ),
    )


def _matches(classifier: Classifier, papers: Sequence[Paper]) -> list[dict[str, Match]]:
    found = []
    for outcome in classifier.classify(papers):
        if isinstance(outcome, ArxivDailyError):
            raise outcome
        found.append({match.channel: match for match in outcome.matches})
    return found


def _only_in(
    here: Sequence[dict[str, Match]], there: Sequence[dict[str, Match]], papers: Sequence[Paper], slug: str
) -> tuple[Change, ...]:
    changes = [
        Change(paper, mine[slug])
        for paper, mine, other in zip(papers, here, there, strict=True)
        if slug in mine and slug not in other
    ]
    return tuple(sorted(changes, key=lambda change: (-change.match.score, change.paper.arxiv_id)))
