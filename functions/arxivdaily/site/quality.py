"""Quality figures for the about page: this edition's from its records, the evaluation's from a file."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path

import msgspec

from arxivdaily.domain.records import Extent, Record, State
from arxivdaily.site import labels, latex
from arxivdaily.site.contexts import Figure

FILE = "quality.json"  # beside the templates; `make eval` writes it


class ClassifierFigures(msgspec.Struct, frozen=True):
    """Of the embedded classifier on labelled papers; rates from 0 to 1, means over the labels. `recorded`:
    the labels are the papers' own arXiv categories and a language model's, else the project's."""

    recorded: bool
    papers: int
    labels: int
    average_precision: float
    precision: float
    recall: float


class GateFigures(msgspec.Struct, frozen=True):
    """Of the check before publishing: good translations refused, damaged ones caught."""

    pairs: int
    good_refused: int
    damaged: int
    caught: int


class FormulaFigures(msgspec.Struct, frozen=True):
    """Formulas in titles and abstracts, and how many of them become MathML."""

    formulas: int
    converted: int


class Evaluation(msgspec.Struct, frozen=True):
    """What `make eval` measured last."""

    classifier: ClassifierFigures
    gate: GateFigures
    formulas: FormulaFigures


@lru_cache(maxsize=8)
def load(templates_dir: Path) -> Evaluation:
    """Read once a process. Raises ValueError (msgspec's) for a file that `make eval` did not write."""
    return msgspec.json.decode((templates_dir / FILE).read_bytes(), type=Evaluation)


def of_evaluation(found: Evaluation) -> tuple[Figure, ...]:
    judged, gate, formulas = found.classifier, found.gate, found.formulas
    return (
        Figure(
            "分类",
            f"平均精度 {judged.average_precision:.2f}，精确率 {_percent(judged.precision)}，"
            f"召回率 {_percent(judged.recall)}",
            f"内置分类器，{judged.papers} 篇论文、{judged.labels} 个标签的均值；"
            + (
                "标签取自 arXiv 分类与语言模型，未经人工复核。"
                if judged.recorded
                else "标签出自本项目的小样本。"
            ),
        ),
        Figure(
            "译文检查",
            f"损坏的译文查出 {_percent(gate.caught / max(1, gate.damaged), 1)}，"
            f"好译文被误判 {_percent(gate.good_refused / max(1, gate.pairs), 1)}",
            f"{gate.pairs} 对好译文，与由它们改坏的 {gate.damaged} 份（改数字、漏公式、漏句、夹英文等）。",
        ),
        Figure(
            "公式",
            f"转为 MathML {_percent(formulas.converted / max(1, formulas.formulas), 1)}",
            f"{formulas.formulas} 个公式；其余照原样显示 TeX。",
        ),
    )


def of_edition(records: Iterable[Record]) -> tuple[Figure, ...]:
    """What became of the papers that an edition lists; empty where it lists none."""
    announced = list(records)
    listed = [record for record in announced if record.is_listed]
    if not listed:
        return ()
    words = [record.translation for record in listed if record.translation]
    waiting = sum(record.state is State.PENDING for record in listed)
    missing = len(listed) - len(words) - waiting
    full = [translation for translation in words if translation.extent is Extent.FULL]
    repaired = sum(translation.repaired for translation in full)
    looked_up = [record.affiliations for record in listed if record.affiliations]
    with_places = sum(bool(known.block.institutions) for known in looked_up)
    return (
        Figure(
            "译文",
            f"一次通过检查 {len(full) - repaired}，重译后通过 {repaired}，"
            f"只译标题或总结 {len(words) - len(full)}，{labels.UNTRANSLATED} {missing}"
            + (f"，{labels.STATES[State.PENDING]} {waiting}" if waiting else ""),
            _models(translation.made_by.model for translation in words),
        ),
        Figure(
            "分类",
            f"公告 {len(announced)} 篇，收录 {len(listed)} 篇",
            _models(record.classified_by.model for record in listed if record.classified_by),
        ),
        Figure("机构", f"查过 {len(looked_up)} 篇，找到 {with_places} 篇", ""),
    )


def _models(names: Iterable[str]) -> str:
    found = sorted({latex.clean(name) for name in names})
    return f"模型：{'、'.join(found)}。" if found else ""


def _percent(rate: float, digits: int = 0) -> str:
    return f"{100 * rate:.{digits}f}%"
