"""The translator: one call a paper, the gate, one more call with the gate's reasons."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from arxivdaily.domain.papers import Paper
from arxivdaily.domain.records import Extent, Provenance, Spent, Translation, Usage
from arxivdaily.errors import ArxivDailyError, PermanentError
from arxivdaily.model_calls import PaidOnce, Patience, UnusableAnswerError, ask
from arxivdaily.ports import LanguageModel, NoProgress, Progress, TranslateAnswer
from arxivdaily.translation import gate
from arxivdaily.translation.glossary import Glossary, load_glossary
from arxivdaily.translation.normalise import normalise
from arxivdaily.translation.prompt import FIELDS, PROMPT_VERSION, translation_prompt

MAX_SOURCE = 8_000  # characters; arXiv accepts abstracts of 1,920
MAX_TEXT = 3 * MAX_SOURCE  # characters of an answer's field that are looked at; the gate refuses long ones
MAX_REASONS = 6  # in a prompt and in an error


class LlmTranslator:
    """Implements `ports.Translator` over any language model. Holds no state between papers."""

    def __init__(
        self,
        model: LanguageModel,
        glossary: Glossary | None = None,
        *,
        patience: Patience | None = None,
        tries: int = 2,
    ) -> None:
        """`glossary` None is the one that comes with the package.

        `tries` counts answers, not calls: a busy service is `patience`'s business.
        """
        self._model = model
        self._glossary = load_glossary() if glossary is None else glossary
        self._patience = patience or Patience()
        self._tries = tries

    def made_by(self, extent: Extent) -> Sequence[Provenance]:
        part = "" if extent is Extent.FULL else f"/{extent}"
        return (Provenance(self._model.model, f"{PROMPT_VERSION}{part}+{self._glossary.version}"),)

    def translate(
        self, paper: Paper, extent: Extent = Extent.FULL, progress: Progress | None = None
    ) -> TranslateAnswer:
        """A translation that passed the gate, with what every call for it cost.

        Raises TransientError when the model cannot be asked, PermanentError with the reasons when
        no answer passed; both say what was spent.
        """
        if not paper.abstract.strip():
            raise PermanentError("没有摘要可译")
        if len(paper.title) + len(paper.abstract) > MAX_SOURCE:
            raise PermanentError(f"原文超过 {MAX_SOURCE} 字符，不送翻译")
        text = paper.title if extent is Extent.TITLE else f"{paper.title}\n{paper.abstract}"
        terms = self._glossary.found_in(text)
        model = PaidOnce(self._model, progress or NoProgress())
        reasons: Sequence[str] = ()
        for attempt in range(self._tries):
            prompt = translation_prompt(paper, terms, reasons, extent)
            try:
                value, _ = ask(model, prompt, self._patience)
            except UnusableAnswerError as error:
                reasons = ("回答没有写完",) if error.truncated else ("回答不是 JSON 对象",)
                continue
            except ArxivDailyError as error:
                error.spent = self._spent(model.usage)
                raise
            translation, reasons = self._judge(paper, value, extent)
            if translation:
                return TranslateAnswer(replace(translation, repaired=attempt > 0), self._spent(model.usage))
        refused = PermanentError("；".join(reasons))
        refused.spent = self._spent(model.usage)
        raise refused

    def _spent(self, usage: Usage) -> tuple[Spent, ...]:
        return (Spent("translate", self._model.model, usage),)

    def _judge(
        self, paper: Paper, value: Mapping[str, object], extent: Extent
    ) -> tuple[Translation | None, Sequence[str]]:
        """The translation if it may be stored, else the reasons why not."""
        texts = {
            name: normalise(text[:MAX_TEXT]) if isinstance(text := value.get(name), str) else ""
            for name in FIELDS[extent]
        }
        title, abstract, summary = (texts.get(name, "") for name in FIELDS[Extent.FULL])
        refusals = gate.check(paper, title, abstract, summary, extent)
        if refusals:
            return None, tuple(refusal.reason for refusal in refusals[:MAX_REASONS])
        return Translation(title, abstract, summary, self.made_by(extent)[0]), ()
