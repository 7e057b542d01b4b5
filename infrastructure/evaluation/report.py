"""The figures as `docs/quality.md` and as the JSON summary."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import Any

from arxivdaily.classification.scoring import WEIGHTS

from infrastructure.evaluation.classification import EmbeddedFigures, SetFigures, mean
from infrastructure.evaluation.formulas import FormulaFigures
from infrastructure.evaluation.translation import GateFigures

LlmFigures = tuple[str, list[SetFigures]] | None  # the model's name and its figures by set


def markdown(
    embedded: EmbeddedFigures, llm: LlmFigures, gates: Sequence[GateFigures], formulas: FormulaFigures
) -> str:
    """The whole report."""
    lines = [
        "# Quality",
        "",
        "Made by `make eval`; do not edit. Recorded papers and pairs are not part of the project: without",
        "them the command measures the project's own small sets (`infrastructure/evaluation/data`).",
        "",
        "## Classification: the embedded classifier",
        "",
        f"Shown are papers with a score of {WEIGHTS.threshold} or more. Papers that the classifier has learned",
        "from are judged by what was learned without them (five folds; docs/adr/0007). Average precision (AP)",
        "judges the order, precision and recall judge what is shown. *Without categories* leaves the papers'",
        "arXiv categories out, which matters where the labels are categories themselves; *channel file alone*",
        "leaves out what was learned.",
        "",
        "| set | papers | labels | mean AP | without categories | channel file alone | precision | recall "
        "| calibration |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    for found in embedded.sets:
        lines.append(
            f"| {found.name} | {found.papers} | {len(found.labels)} | **{found.mean_average_precision:.3f}** "
            f"| {embedded.without_category[found.name]:.3f} | {embedded.without_heads[found.name]:.3f} "
            f"| {found.mean_precision:.2f} | {found.mean_recall:.2f} | off by {found.calibration_error:.1f} points |"
        )
    recorded = _recorded(embedded.sets)
    if recorded:
        average = mean([label.average_precision for found in recorded for label in found.labels])
        count = sum(len(found.labels) for found in recorded)
        lines += ["", f"Mean AP over the {count} labels of recorded papers: **{average:.3f}**."]
    lines += [
        "",
        f"Speed: {embedded.papers_per_second:.0f} papers a second on the machine that made this report.",
    ]
    for found in embedded.sets:
        lines += _set_tables(found)
    lines += ["", "## Classification: a language model", ""]
    if llm is None:
        lines.append("Not measured: no model was configured (`LLM_PROVIDER`, `CLASSIFY_MODEL`).")
    else:
        name, sets = llm
        lines.append(f"Model: `{name}`. Papers that it names for no channel share the lowest rank.")
        for found in sets:
            lines += [
                "",
                f"**{found.name}**: {found.papers} papers, {found.failed} without a valid answer; mean AP "
                f"{found.mean_average_precision:.3f}, precision {found.mean_precision:.2f}, "
                f"recall {found.mean_recall:.2f}.",
            ]
    lines += _gate(gates)
    lines += [
        "",
        "## Formulas",
        "",
        f"{formulas.converted} of {formulas.formulas} formulas in {formulas.texts} titles and abstracts "
        f"become MathML (**{_percent(formulas.converted, formulas.formulas)}**); the others are shown as their TeX.",
    ]
    if formulas.failures:
        shown = "; ".join(f"`{_inline(tex)}` ({count})" for tex, count in formulas.failures)
        lines += ["", f"Most frequent among the others: {shown}."]
    return "\n".join(lines) + "\n"


def summary(
    embedded: EmbeddedFigures, llm: LlmFigures, gates: Sequence[GateFigures], formulas: FormulaFigures
) -> dict[str, Any]:
    """The same for programs: rates from 0 to 1, scores in points."""
    recorded = _recorded(embedded.sets) or list(embedded.sets)
    return {
        "embedded": {
            "mean_average_precision": _rounded(
                mean([label.average_precision for found in recorded for label in found.labels]), 4
            ),
            "papers_per_second": _rounded(embedded.papers_per_second, 1),
            "sets": {
                found.name: {
                    **_set_summary(found),
                    "mean_average_precision_without_categories": _rounded(
                        embedded.without_category[found.name], 4
                    ),
                    "mean_average_precision_of_channel_file_alone": _rounded(
                        embedded.without_heads[found.name], 4
                    ),
                }
                for found in embedded.sets
            },
        },
        "llm": None if llm is None else {"model": llm[0], "sets": {f.name: _set_summary(f) for f in llm[1]}},
        "gate": {
            found.name: {
                "pairs": found.pairs,
                "good_refused": found.good_refused,
                "good_refused_rate": _rounded(found.good_refused / max(1, found.pairs), 4),
                "corrupted": found.made,
                "caught": found.caught,
                "caught_rate": _rounded(found.caught / max(1, found.made), 4),
                "by_kind": {name: [kind.caught, kind.made] for name, kind in found.kinds.items()},
            }
            for found in gates
        },
        "formulas": {
            "formulas": formulas.formulas,
            "converted": formulas.converted,
            "converted_rate": _rounded(formulas.converted / max(1, formulas.formulas), 5),
        },
    }


def for_site(
    embedded: EmbeddedFigures, gates: Sequence[GateFigures], formulas: FormulaFigures
) -> dict[str, dict[str, float]]:
    """What the site's about page says of quality (arxivdaily.site.quality): of the classifier on the
    recorded sets where there are any, of the gate on all pairs; rates from 0 to 1."""
    recorded = _recorded(embedded.sets) or list(embedded.sets)
    labels = [label for found in recorded for label in found.labels]
    return {
        "classifier": {
            "recorded": bool(_recorded(embedded.sets)),
            "papers": sum(found.papers for found in recorded),
            "labels": len(labels),
            "average_precision": round(mean([label.average_precision for label in labels]), 3),
            "precision": round(mean([p for label in labels if (p := label.precision) is not None]), 3),
            "recall": round(mean([label.recall for label in labels]), 3),
        },
        "gate": {
            "pairs": sum(found.pairs for found in gates),
            "good_refused": sum(found.good_refused for found in gates),
            "damaged": sum(found.made for found in gates),
            "caught": sum(found.caught for found in gates),
        },
        "formulas": {"formulas": formulas.formulas, "converted": formulas.converted},
    }


def _recorded(sets: Iterable[SetFigures]) -> list[SetFigures]:
    return [found for found in sets if found.name != "own"]


def _set_summary(found: SetFigures) -> dict[str, Any]:
    return {
        "papers": found.papers,
        "failed": found.failed,
        "mean_average_precision": _rounded(found.mean_average_precision, 4),
        "mean_precision": _rounded(found.mean_precision, 4),
        "mean_recall": _rounded(found.mean_recall, 4),
        "calibration_error": _rounded(found.calibration_error, 2),
        "calibration": {
            f"{b.start}-{min(100, b.end - 1)}": {
                "count": b.count,
                "score": _rounded(b.mean_score, 1),
                "right": _rounded(b.right, 1),
            }
            for b in found.bins
        },
        "labels": {
            label.label: {
                "positives": label.positives,
                "average_precision": _rounded(label.average_precision, 4),
                "precision": None if label.precision is None else _rounded(label.precision, 4),
                "recall": _rounded(label.recall, 4),
                "mean_score": None if label.mean_score is None else _rounded(label.mean_score, 1),
            }
            for label in found.labels
        },
    }


def _set_tables(found: SetFigures) -> list[str]:
    lines = [
        "",
        f"### {found.name}",
        "",
        "| score | papers | mean score | right in 100 |",
        "|---|---|---|---|",
        *(
            f"| {b.start}–{min(100, b.end - 1)} | {b.count} | {b.mean_score:.0f} | {b.right:.0f} |"
            for b in found.bins
            if b.count
        ),
        "",
        "| label | papers | AP | precision | recall | mean score of those shown |",
        "|---|---|---|---|---|---|",
    ]
    for label in found.labels:
        precision = "–" if label.precision is None else f"{label.precision:.2f}"
        score = "–" if label.mean_score is None else f"{label.mean_score:.0f}"
        lines.append(
            f"| {label.label} | {label.positives} | {label.average_precision:.2f} | {precision} | {label.recall:.2f} | {score} |"
        )
    return lines


def _gate(gates: Sequence[GateFigures]) -> list[str]:
    lines = [
        "",
        "## The gate",
        "",
        "Good translations that it refuses, and damaged ones that it catches. The damage is made by",
        "`infrastructure/evaluation/corruption.py` with a seed, three times a pair and kind.",
        "",
        "| set | pairs | good refused | damaged | caught |",
        "|---|---|---|---|---|",
        *(
            f"| {found.name} | {found.pairs} "
            f"| {found.good_refused} (**{_percent(found.good_refused, found.pairs)}**) | {found.made} | {found.caught} (**{_percent(found.caught, found.made)}**) |"
            for found in gates
        ),
        "",
        f"| damage | {' | '.join(found.name for found in gates)} |",
        f"|---|{'---|' * len(gates)}",
    ]
    for kind in gates[0].kinds if gates else ():
        cells = [f"{g.kinds[kind].caught} of {g.kinds[kind].made}" for g in gates]
        lines.append(f"| {kind} | {' | '.join(cells)} |")
    return lines


def _rounded(value: float, digits: int) -> float | None:
    """None for NaN, which JSON does not have: the mean of nothing."""
    return round(value, digits) if math.isfinite(value) else None


def _percent(part: int, whole: int) -> str:
    return f"{100 * part / whole:.2f}%" if whole else "–"


def _inline(tex: str) -> str:
    short = " ".join(tex.split()).replace("`", "'").replace("|", r"\|")
    return short if len(short) <= 60 else short[:59] + "…"
