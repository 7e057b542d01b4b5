"""What a run says of its models while it lasts: trouble within seconds, with its cause and the address."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from arxivdaily.domain.records import Record, State
from arxivdaily.settings import Settings

from infrastructure.local.function_log import ModelNews
from infrastructure.local.model_use import Trouble, Use, look
from infrastructure.words import ARE, counted

_SILENT_AFTER = 15.0  # seconds without any change
_AND_AGAIN = 60.0
_THROTTLED = "ThrottledError"
_CANNOT_BE_ASKED = ("UnavailableError", "ConfigurationError")
_DOING = {"classify": "sorted", "translate": "translated"}


class ModelWatch:
    """Tells `note` what becomes of the models in `uses`. `settings` are those of the functions."""

    def __init__(self, uses: Sequence[Use], settings: Settings, note: Callable[[str], None]) -> None:
        self._uses = uses
        self._settings = settings
        self._note = note
        self._said: set[tuple[str, str, str, bool]] = set()
        self._away: dict[tuple[str, str], ModelNews] = {}  # by stage and model
        self._causes: dict[str, set[str]] = {}  # by stage: why papers were not asked about
        self._silent_from = _SILENT_AFTER

    def begin(self) -> list[Trouble]:
        """Look for the models' endpoints; what is wrong is told and returned."""
        found = look(self._uses, self._settings)
        for line in dict.fromkeys(map(str, found)):
            self._note(line)
        return found

    def spare(self, stage: str) -> None:
        """Expect nothing of the models in `uses` for a stage that another model has taken over."""
        self._uses = [use for use in self._uses if use.stage != stage]

    def take(self, news: Iterable[ModelNews]) -> None:
        """Tell what functions have told. Processes of a function tell the same, each for itself."""
        for one in news:
            about = f"{one.model} at {one.address}"
            key = (one.stage, one.model)
            if not one.error:
                self._said = {said for said in self._said if said[:2] != key}
                if self._away.pop(key, None):
                    self._note(f"{about} answers again.")
                continue
            if one.kind in _CANNOT_BE_ASKED:
                self._away[key] = one
                self._causes.setdefault(one.stage, set()).add(one.error)
            said = (*key, one.error, one.is_stopped)
            if said in self._said:
                continue
            self._said.add(said)
            if one.is_stopped:
                self._note(f"{about} is left alone for now, and tried every 20 s: {one.error}.")
            elif one.kind == _THROTTLED:
                self._note(f"{about} takes no more for now, papers wait: {one.error}.")
            else:
                self._note(f"{about}: {one.error}.")

    def changed(self) -> None:
        """Something has changed: the models are at work."""
        self._silent_from = _SILENT_AFTER

    def silent(self, seconds: float, records: Sequence[Record]) -> None:
        """Nothing has changed for so long; told once in a while, for what waits for a language model."""
        if seconds < self._silent_from:
            return
        waiting = {
            "classify": sum(record.awaits_classification for record in records),
            "translate": sum(record.awaits_translation for record in records),
        }
        told = False
        for use in self._uses:
            if use.setting and (count := waiting.pop(use.stage, 0)):
                told = True
                if away := self._away.get((use.stage, use.model)):
                    self._note(
                        f"{use.model} at {use.place} still cannot be asked ({away.error}): "
                        f"{counted(count, 'paper', ARE)} still to be {_DOING[use.stage]}."
                    )
                    continue
                self._note(
                    f"Nothing has come from {use.model} at {use.place} for {seconds:.0f} s: "
                    f"{counted(count, 'paper', ARE)} still to be {_DOING[use.stage]} (a call may take "
                    f"{self._settings.llm_timeout:g} s, LLM_TIMEOUT)."
                )
        if told:
            self._silent_from = seconds + _AND_AGAIN

    def is_hopeless(self, records: Sequence[Record]) -> bool:
        """Whether every model that is to sort papers is left alone, and none has sorted one of these: waiting
        for each paper's attempts would only be waiting."""
        sorting = [use for use in self._uses if use.setting and use.stage == "classify"]
        news = [self._away.get((use.stage, use.model)) for use in sorting]
        names = {use.model for use in sorting}
        return bool(sorting) and (
            all(one is not None and one.is_stopped for one in news)
            and not any(record.classified_by and record.classified_by.model in names for record in records)
        )

    def blocked(self, records: Sequence[Record]) -> list[Record]:
        """Papers that nobody has sorted because the model could not be asked."""
        causes = self._causes.get("classify", set())
        return [r for r in records if r.state is State.FAILED and r.matches is None and r.reason in causes]

    def summary(self) -> list[str]:
        """What is still wrong when the run ends."""
        return [
            f"{one.model} at {one.address} could not be asked: {one.error}" for one in self._away.values()
        ]


def sorted_by_others(records: Sequence[Record], models: Iterable[str]) -> dict[str, int]:
    """How many papers other models than these have sorted, by model."""
    return _counts((r.classified_by.model for r in records if r.classified_by), models)


def translated_by_others(records: Sequence[Record], models: Iterable[str]) -> dict[str, int]:
    """How many papers other models than these have translated, by model."""
    return _counts((r.translation.made_by.model for r in records if r.translation), models)


def _counts(makers: Iterable[str], models: Iterable[str]) -> dict[str, int]:
    ours, found = set(models), dict[str, int]()
    for maker in makers:
        if maker not in ours:
            found[maker] = found.get(maker, 0) + 1
    return found
