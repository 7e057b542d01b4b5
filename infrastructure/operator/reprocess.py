"""`arxivdaily reprocess`: what a new prompt, model, channel file or glossary would change, and doing it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from arxivdaily.adapters.channel_file import load_catalogue
from arxivdaily.domain.records import Extent, Provenance
from arxivdaily.ports import Completion, Prompt
from arxivdaily.settings import Settings
from arxivdaily.use_cases.reprocess import Plan, Stage, plan
from rich.console import RenderableType
from rich.text import Text

from infrastructure.local.model_use import is_free
from infrastructure.operator.access import Application, OperatorError, Readable
from infrastructure.operator.editions import tariff_of, wanted_edition
from infrastructure.operator.report import row, table
from infrastructure.words import ARE, counted


class _Named:
    """A model that is only asked for its name."""

    def __init__(self, model: str) -> None:
        self.model = model

    def complete(self, prompt: Prompt) -> Completion:
        raise AssertionError(f"the operator's command asks no model: {prompt.name}")


def made_by(settings: Settings, stage: Stage) -> tuple[Provenance, ...]:
    """Who makes answers of a stage with these settings and this checkout's prompts and files; none if
    nobody does."""
    if stage == "classify":
        catalogue = load_catalogue(Path(settings.channels_file))
        if settings.classifier == "embedded":
            from arxivdaily.adapters.minilm import MiniLmEncoder
            from arxivdaily.classification.embedded import EmbeddedClassifier

            return tuple(EmbeddedClassifier(MiniLmEncoder(), catalogue).made_by)
        from arxivdaily.classification.llm import LlmClassifier

        models = filter(None, (settings.classify_model, settings.classify_fallback_model))
        return tuple(p for m in models for p in LlmClassifier(_Named(m), catalogue).made_by)
    if settings.translator == "none":
        return ()
    from arxivdaily.translation.by_sentence import SentenceTranslator
    from arxivdaily.translation.glossary import load_glossary
    from arxivdaily.translation.translator import LlmTranslator

    glossary = load_glossary(Path(settings.glossary_file))
    if settings.translate_style == "sentences":
        by_sentence = SentenceTranslator(_Named(settings.translate_model), glossary)
        return tuple(by_sentence.made_by(Extent.FULL))
    models = filter(None, (settings.translate_model, settings.translate_fallback_model))
    return tuple(p for m in models for p in LlmTranslator(_Named(m), glossary).made_by(Extent.FULL))


def stage_of(name: str) -> Stage:
    return "translate" if name == "translate" else "classify"


@dataclass(frozen=True)
class Plans:
    """What would be done, a plan an edition and stage; `queued` papers once it was asked for, and `is_done`
    where they have come through by now."""

    plans: Sequence[Plan]
    queued: int | None = None
    is_done: bool = False
    problems: Sequence[str] = ()

    def data(self) -> Mapping[str, Any]:
        return {"plans": [asdict(one) for one in self.plans], "queued": self.queued}

    def shown(self) -> Iterator[RenderableType]:
        numbers = ("papers", "answers stored", "to pay for", "cost, about")
        made = table("to be done again", "edition", "stage", *numbers, right=numbers)
        for one in self.plans:
            cost = f"{one.cost:.4f} {one.currency}" if one.currency else f"{one.cost:,.0f} tokens"
            if all(is_free(maker.model) for maker in one.made_by):
                cost = "free"
            paid = len(one.papers) - one.stored
            row(made, one.edition, one.stage, len(one.papers), one.stored, paid, cost)
        yield made
        for stage in dict.fromkeys(one.stage for one in self.plans):
            makers = next(one.made_by for one in self.plans if one.stage == stage)
            words = ", else ".join(f"{maker.model} ({maker.prompt_version})" for maker in makers)
            yield Text(f"{stage} by {words}")
        if any(one.stage == "classify" and one.papers for one in self.plans):
            yield Text(
                "Until a paper is sorted again it is in no channel; papers that a channel wants only then "
                "are translated as well, which is not in the cost."
            )
        if self.queued is None and any(one.papers for one in self.plans):
            yield Text("Nothing was changed. The same command with --yes does it.")
        elif self.queued is not None:
            ended = "done again" if self.is_done else "on the way"
            yield Text(f"{counted(self.queued, 'paper', ARE)} {ended}.")


def plans(application: Readable, dates: Sequence[str | None], stage: Stage) -> Plans:
    """Raises OperatorError for an edition that is not stored, or where nobody does the stage."""
    tariff = tariff_of(application.settings)
    makers = made_by(application.settings, stage)
    if not makers:
        nobody = f"no model is configured to {stage} on {application.name}"
        if application.place.is_local:
            again = application.place.translating.again((dates[0] if dates else None) or "YYYY-MM-DD")
            nobody += (
                f": `{again}` translates what is in English, --translator llm has a language model do it"
            )
        raise OperatorError(nobody)
    found = []
    for date in dates:
        edition = wanted_edition(application, date).date
        records = application.store.records(edition)
        found.append(plan(application.store, edition, records, stage, makers, tariff))
    return Plans(found)


def carry_out(application: Application, planned: Plans) -> Plans:
    """Ask for what was planned, an edition and stage after the other."""
    queued = 0
    for one in planned.plans:
        if one.papers:
            answer = application.fetch(
                {"edition": one.edition, "stored": True, "again": one.stage, "papers": list(one.papers)}
            )
            queued += int(answer.get("queued", 0))
    return Plans(planned.plans, queued)
