"""A second model that takes over where the first one is throttled, down or refuses.

Its answers are attributed to it, and stored answers of both are looked for before anybody is asked.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from arxivdaily.domain.papers import Paper
from arxivdaily.domain.records import Extent, Provenance, added
from arxivdaily.errors import ArxivDailyError, ConfigurationError
from arxivdaily.ports import Classifier, ClassifyAnswer, Progress, TranslateAnswer, Translator, always


class FallbackClassifier:
    """`ports.Classifier`: papers that `first` could not classify go to `second`, together."""

    is_paid = True

    def __init__(self, first: Classifier, second: Classifier) -> None:
        self._first = first
        self._second = second

    @property
    def made_by(self) -> Sequence[Provenance]:
        return (*self._first.made_by, *self._second.made_by)

    def classify(
        self, papers: Sequence[Paper], time_left: Callable[[], bool] = always
    ) -> Sequence[ClassifyAnswer | ArxivDailyError]:
        outcomes = list(self._first.classify(papers, time_left))
        open_places = [
            place
            for place, outcome in enumerate(outcomes)
            if isinstance(outcome, ArxivDailyError) and not isinstance(outcome, ConfigurationError)
        ]
        if not open_places or not time_left():
            return outcomes
        answers = self._second.classify([papers[place] for place in open_places], time_left)
        for place, answer in zip(open_places, answers, strict=True):
            before = outcomes[place].spent
            if isinstance(answer, ClassifyAnswer):
                outcomes[place] = replace(answer, spent=added(before, answer.spent))
            else:
                answer.spent = added(before, answer.spent)
                outcomes[place] = answer
        return outcomes


class FallbackTranslator:
    """`ports.Translator`: a paper that `first` could not translate goes to `second`."""

    def __init__(self, first: Translator, second: Translator) -> None:
        self._first = first
        self._second = second

    def made_by(self, extent: Extent) -> Sequence[Provenance]:
        return (*self._first.made_by(extent), *self._second.made_by(extent))

    def translate(
        self, paper: Paper, extent: Extent = Extent.FULL, progress: Progress | None = None
    ) -> TranslateAnswer:
        try:
            return self._first.translate(paper, extent, progress)
        except ConfigurationError:
            raise
        except ArxivDailyError as error:
            before = error.spent
        try:
            answer = self._second.translate(paper, extent, progress)
        except ArxivDailyError as error:
            error.spent = added(before, error.spent)
            raise
        repaired = replace(answer.translation, repaired=True)
        return TranslateAnswer(repaired, added(before, answer.spent))
