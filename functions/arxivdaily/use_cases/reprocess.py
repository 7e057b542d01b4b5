"""Reprocess: which papers a new prompt, model, channel file or glossary concerns, and at what price."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

from arxivdaily.domain.governor import Tariff, estimates
from arxivdaily.domain.records import Extent, Provenance, Record, can_be_done_again
from arxivdaily.ports import Answer, AnswerKey

Stage = Literal["classify", "translate"]


class Answers(Protocol):
    """The part of `PaperStore` that is needed."""

    def answers(self, keys: Collection[AnswerKey]) -> Mapping[AnswerKey, Answer]: ...


@dataclass(frozen=True, slots=True)
class Plan:
    """What doing a stage again comes to, for one edition.

    `papers` were made by another prompt or model than what is in use (`made_by`); `stored` of them have
    an answer of the one in use already, which costs nothing. `cost` is an estimate for the others, from
    what this edition's papers have cost: tokens where no prices are known (`currency` is empty). A
    paper that a channel wants only now is translated, too: `cost` cannot know how many these are.
    """

    edition: str
    stage: Stage
    made_by: tuple[Provenance, ...]
    papers: tuple[str, ...]
    stored: int
    cost: float
    currency: str


def plan(
    store: Answers,
    edition: str,
    records: Sequence[Record],
    stage: Stage,
    made_by: Sequence[Provenance],
    tariff: Tariff | None,
) -> Plan:
    """`made_by` are those who may make an answer now, the preferred one first. Nothing is written."""
    concerned = [
        record
        for record in records
        if can_be_done_again(record, stage) and _maker(record, stage) not in made_by
    ]
    keys = {
        record.paper.arxiv_id: [
            AnswerKey(record.paper.arxiv_id, record.paper.version, stage, maker) for maker in made_by
        ]
        for record in concerned
    }
    there = store.answers([key for wanted in keys.values() for key in wanted]) if keys else {}
    stored = sum(any(key in there for key in wanted) for wanted in keys.values())
    counted = tariff or Tariff({})
    classify, translate = estimates(records, counted, made_by[0].model)
    each = classify if stage == "classify" else translate[Extent.FULL]
    return Plan(
        edition,
        stage,
        tuple(made_by),
        tuple(keys),
        stored,
        (len(concerned) - stored) * each,
        counted.currency,
    )


def _maker(record: Record, stage: Stage) -> Provenance | None:
    if stage == "classify":
        return record.classified_by
    return record.translation.made_by if record.translation else None
