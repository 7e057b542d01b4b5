"""The translator: one call a paper, the gate, one more call with the gate's reasons."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from arxivdaily.domain.papers import Paper
from arxivdaily.domain.records import Provenance, Translation
from arxivdaily.errors import PermanentError
from arxivdaily.model_calls import Patience, UnusableAnswerError, ask
from arxivdaily.ports import LanguageModel, TranslateAnswer, Usage
from arxivdaily.translation import gate
from arxivdaily.translation.glossary import Glossary, load_glossary
from arxivdaily.translation.normalise import normalise
from arxivdaily.translation.prompt import PROMPT_VERSION, translation_prompt

MAX_SOURCE = 8_000  # characters; arXiv accepts abstracts of 1,920
MAX_REASONS = 6  # in a prompt and in an error
_FIELDS = ("title_zh", "abstract_zh", "summary_zh")


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

    @property
    def made_by(self) -> Provenance:
        return Provenance(self._model.model, f"{PROMPT_VERSION}+{self._glossary.version}")

    def translate(self, paper: Paper) -> TranslateAnswer:
        """A translation that passed the gate, with the usage of every call it took.

        Raises TransientError when the model cannot be asked, PermanentError with the reasons when
        no answer passed.
        """
        if not paper.abstract.strip():
            raise PermanentError("没有摘要可译")
        if len(paper.title) + len(paper.abstract) > MAX_SOURCE:
            raise PermanentError(f"原文超过 {MAX_SOURCE} 字符，不送翻译")
        terms = self._glossary.found_in(f"{paper.title}\n{paper.abstract}")
        usage = Usage()
        reasons: Sequence[str] = ()
        for _ in range(self._tries):
            try:
                value, paid = ask(self._model, translation_prompt(paper, terms, reasons), self._patience)
            except UnusableAnswerError as error:
                usage += error.usage
                reasons = ("回答没有写完",) if error.truncated else ("回答不是 JSON 对象",)
                continue
            usage += paid
            translation, reasons = self._judge(paper, value)
            if translation:
                return TranslateAnswer(translation, usage)
        raise PermanentError("；".join(reasons))

    def _judge(self, paper: Paper, value: Mapping[str, object]) -> tuple[Translation | None, Sequence[str]]:
        """The translation if it may be stored, else the reasons why not."""
        texts = [value.get(name) for name in _FIELDS]
        title, abstract, summary = (normalise(t) if isinstance(t, str) else "" for t in texts)
        refusals = gate.check(paper, title, abstract, summary)
        if refusals:
            return None, tuple(refusal.reason for refusal in refusals[:MAX_REASONS])
        return Translation(title, abstract, summary, self.made_by), ()
