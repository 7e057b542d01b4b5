"""`make eval`: quality figures on labelled papers, pairs and formulas; a JSON summary on the last line.

    python -m infrastructure.evaluation [DATA] [--report FILE] [--figures FILE] [--llm-papers N]

Writes a report for developers and, for the site's about page, the figures that readers are shown.

DATA is laid out like the recorded data of the project's engineers: labels/papers_*.jsonl,
zh/complete_pairs.jsonl, days/*.jsonl; any part may be missing. The project's own small sets are
always used. With LLM_PROVIDER and CLASSIFY_MODEL set, the language-model classifier is measured as
well, and that costs money.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from arxivdaily import wiring
from arxivdaily.adapters.channel_file import load_catalogue
from arxivdaily.adapters.minilm import MiniLmEncoder
from arxivdaily.classification.llm import LlmClassifier
from arxivdaily.domain.channels import Catalogue
from arxivdaily.errors import ArxivDailyError
from arxivdaily.settings import Settings

from infrastructure.evaluation.classification import (
    EmbeddedFigures,
    SetFigures,
    evaluate_classifier,
    evaluate_embedded,
)
from infrastructure.evaluation.formulas import evaluate_formulas, load_texts
from infrastructure.evaluation.labels import EvaluationDataError, LabelSet, load_label_sets
from infrastructure.evaluation.report import for_site, markdown, summary
from infrastructure.evaluation.translation import evaluate_gate, load_pairs

ROOT = Path(__file__).parents[2]


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, write the report, print the summary. Exit status 2 for data that cannot be read."""
    parser = argparse.ArgumentParser(prog="make eval", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("data", nargs="?", type=Path, help="folder of recorded data")
    parser.add_argument("--report", type=Path, default=ROOT / "docs" / "quality.md")
    parser.add_argument("--figures", type=Path, default=ROOT / "templates" / "site" / "quality.json")
    parser.add_argument("--llm-papers", type=int, default=200, metavar="N", help="papers a set for the model")
    options = parser.parse_args(arguments)
    if options.data and not options.data.is_dir():
        parser.error(f"{options.data} is not a folder")
    try:
        _evaluate(options.data, options.report, options.figures, options.llm_papers)
    except (EvaluationDataError, ArxivDailyError) as error:
        print(f"make eval: {error}", file=sys.stderr)
        return 2
    return 0


def _evaluate(data: Path | None, report: Path, figures: Path, llm_papers: int) -> None:
    catalogue = load_catalogue(ROOT / "functions" / "channels.toml")
    sets = load_label_sets(data, catalogue)
    _say(f"classifying {sum(len(found.papers) for found in sets)} labelled papers by embeddings")
    embedded = evaluate_embedded(sets, MiniLmEncoder(), catalogue)
    _say_sets(embedded)
    llm = _language_model(sets, catalogue, llm_papers)
    pairs = load_pairs(data)
    _say(f"showing the gate {sum(map(len, pairs.values()))} good translations and what is left of them")
    gates = [evaluate_gate(name, found) for name, found in pairs.items()]
    texts = load_texts(data)
    _say(f"converting the formulas of {len(texts)} titles and abstracts")
    formulas = evaluate_formulas(texts)
    report.write_text(markdown(embedded, llm, gates, formulas), encoding="utf-8")
    figures.write_text(json.dumps(for_site(embedded, gates, formulas), indent=2) + "\n", encoding="utf-8")
    _say(f"written: {report}, {figures}")
    print(json.dumps(summary(embedded, llm, gates, formulas), ensure_ascii=False, allow_nan=False))


def _language_model(
    sets: Sequence[LabelSet], catalogue: Catalogue, most: int
) -> tuple[str, list[SetFigures]] | None:
    """The figures of the configured model, by its name; None where there is none."""
    settings = Settings.from_env(os.environ)
    if not (os.environ.get("LLM_PROVIDER") and settings.classify_model):
        _say("no language model is configured (LLM_PROVIDER, CLASSIFY_MODEL): none is measured")
        return None
    model = wiring.language_model(settings, settings.classify_model)
    classifier = LlmClassifier(model, catalogue, concurrency=settings.llm_concurrency)
    figures = []
    for found in sets:
        some = replace(found, papers=found.papers[:most], min_positives=min(found.min_positives, 5))
        began = time.monotonic()
        figures.append(evaluate_classifier(some, classifier, settings.classify_group))
        _say(f"{found.name}: {len(some.papers)} papers by {model.model} in {time.monotonic() - began:.0f} s")
    return model.model, figures


def _say_sets(embedded: EmbeddedFigures) -> None:
    for found in embedded.sets:
        _say(
            f"{found.name}: mean average precision {found.mean_average_precision:.3f} "
            f"over {len(found.labels)} labels"
        )


def _say(text: str) -> None:
    print(text, flush=True)


if __name__ == "__main__":
    raise SystemExit(main())
