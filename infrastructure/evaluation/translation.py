"""How well the gate tells good translations from damaged ones."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from arxivdaily.domain.papers import AnnounceType, Paper
from arxivdaily.translation import gate
from arxivdaily.translation.normalise import normalise

from infrastructure.evaluation.corruption import KINDS, Pair, corruptions
from infrastructure.evaluation.labels import EvaluationDataError, json_lines

OWN = Path(__file__).parent / "data" / "pairs.jsonl"
SEED = "2026"


@dataclass(frozen=True, slots=True)
class KindFigures:
    """One kind of damage: how many translations were damaged so, and how many the gate refused."""

    made: int
    caught: int


@dataclass(frozen=True)
class GateFigures:
    """One set of pairs. `refused` counts good pairs by the codes of the first objection."""

    name: str
    pairs: int
    refused: Mapping[str, int]
    kinds: Mapping[str, KindFigures]

    @property
    def good_refused(self) -> int:
        return sum(self.refused.values())

    @property
    def made(self) -> int:
        return sum(kind.made for kind in self.kinds.values())

    @property
    def caught(self) -> int:
        return sum(kind.caught for kind in self.kinds.values())


def load_pairs(data: Path | None) -> dict[str, list[Pair]]:
    """The project's own pairs, and those in `data`/zh where there are any, by name of the set.

    Raises EvaluationDataError for a file that cannot be read.
    """
    pairs = {"own": _pairs(OWN)}
    recorded = data / "zh" / "complete_pairs.jsonl" if data else None
    if recorded and recorded.is_file():
        pairs["recorded"] = _pairs(recorded)
    return pairs


def evaluate_gate(name: str, pairs: Sequence[Pair], seed: str = SEED, rounds: int = 3) -> GateFigures:
    """Show the gate every pair as it is, and damaged in every way, `rounds` times."""
    refused: Counter[str] = Counter()
    made: Counter[str] = Counter()
    caught: Counter[str] = Counter()
    for number, pair in enumerate(pairs):
        if objections := objections_to(pair):
            refused[objections[0].code] += 1
        for turn in range(rounds):
            for kind, damaged in corruptions(pair, f"{seed}:{number}:{turn}"):
                made[kind] += 1
                caught[kind] += bool(objections_to(damaged))
    kinds = {kind: KindFigures(made[kind], caught[kind]) for kind in KINDS}
    return GateFigures(name, len(pairs), dict(refused), kinds)


def objections_to(pair: Pair) -> tuple[gate.Refusal, ...]:
    """What the gate says to a pair, in the typography in which answers are stored."""
    paper = Paper("2606.00001", 1, pair.title, pair.abstract, (), ("cs.LG",), AnnounceType.NEW)
    return gate.check(
        paper, normalise(pair.title_zh), normalise(pair.abstract_zh), normalise(pair.summary_zh)
    )


def _pairs(path: Path) -> list[Pair]:
    pairs = []
    for place, line in json_lines(path):
        try:
            fields = (
                line["title_en"],
                line["abstract_en"],
                line["title_zh"],
                line["abstract_zh"],
                line["tldr_zh"],
            )
            if not all(isinstance(field, str) for field in fields):
                raise TypeError("a field is not text")
            pairs.append(Pair(*fields))
        except (KeyError, TypeError) as error:
            raise EvaluationDataError(f"{place}: not a pair ({error})") from error
    return pairs
