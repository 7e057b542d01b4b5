"""What a model takes of a request, found out by asking it.

Models and servers refuse a request for one of its fields, and which of them refuse which changes with
every release. So a request begins as it should be; where a refusal names a field, that field is left
out or exchanged and the question asked again at once. Fields that made a refused request an accepted
one are remembered for the life of the process (docs/adr/0026).

A refusal alone is only a hint: services quote requests, papers and all, in what they say. Nothing is
remembered before a request without the field has been accepted, so that no text can talk the process
out of a field that its model takes.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from threading import Lock
from typing import Any, Final, TypeVar

from arxivdaily.errors import ArxivDailyError
from arxivdaily.ports import Prompt

Answer = TypeVar("Answer")
Forms = Mapping[str, str]  # of each field, the form it has in a request

NAMED_WITHIN: Final = 1_000  # characters of a refusal that are searched for names of fields
ROOM_FOR_THOUGHTS: Final = (
    8_000  # tokens for a model that thinks before it answers, and pays for that from them
)
_NOT_EVERYWHERE = frozenset({"additionalProperties", "minimum", "maximum"})


@dataclass(frozen=True, slots=True)
class Exchange:
    """Where a refusal matches `named`, `field` goes from the form it has to the one in `steps`."""

    named: re.Pattern[str]
    field: str
    steps: Mapping[str, str]


class RefusedError(Exception):
    """A service refused a request for what it says. `said`: its own words, bounded, without what they repeat
    of the prompt. `error`: what the caller is told if nothing can be exchanged."""

    def __init__(self, error: ArxivDailyError, said: str) -> None:
        super().__init__(str(error))
        self.error = error
        self.said = said


class Terms:
    """The forms in which one model takes a request; safe to use from several threads."""

    def __init__(
        self,
        ladders: Mapping[str, Sequence[str]],
        exchanges: Sequence[Exchange],
        begin: Forms,
        *,
        note: Callable[[str], None] = lambda _: None,
    ) -> None:
        """`ladders`: of each field its forms, from the one that asks most of a model to the one that asks
        least; `begin` says where to start, if not with the first. The first of `exchanges` that fits a
        refusal counts, so more exact names come before vaguer ones. `note` is told, once, what has changed.
        """
        self._ladders = {field: tuple(forms) for field, forms in ladders.items()}
        self._exchanges = tuple(exchanges)
        self._note = note
        self._lock = Lock()
        self._agreed = {field: begin.get(field, forms[0]) for field, forms in self._ladders.items()}

    def agreed(self) -> Forms:
        """The forms to ask with now."""
        with self._lock:
            return dict(self._agreed)

    def ask(self, send: Callable[[Forms], Answer]) -> Answer:
        """What `send` brings, with forms that the model takes. `send` raises RefusedError for a refusal.

        Every exchange takes a field down its ladder and none goes up, so the number of refusals is at most
        that of all steps. Raises the last refusal's `error` when it names nothing that can be exchanged.
        """
        forms = self.agreed()
        while True:
            try:
                answer = send(forms)
            except RefusedError as refusal:
                changed = self._exchanged(forms, refusal.said)
                if changed is None:
                    raise refusal.error from refusal.__cause__
                forms = changed
            else:
                for field, form in forms.items():
                    self.settle(field, form)
                return answer

    def settle(self, field: str, form: str) -> None:
        """Ask with this form from now on, unless a lower one is agreed."""
        rank = self._ladders[field].index
        with self._lock:
            is_new = rank(form) > rank(self._agreed[field])
            if is_new:
                self._agreed[field] = form
        if is_new:
            self._note(f"{field}: {form}")

    def _exchanged(self, forms: Forms, said: str) -> Forms | None:
        for exchange in self._exchanges:
            form = exchange.steps.get(forms[exchange.field])
            if form is not None and exchange.named.search(said):
                return {**forms, exchange.field: form}
        return None


def bare_schema(schema: Mapping[str, Any]) -> dict[str, Any]:
    """A JSON schema without the keywords that some services do not know. Answers are validated anyway."""
    return {
        key: {name: bare_schema(part) for name, part in value.items()}
        if key == "properties"
        else bare_schema(value)
        if isinstance(value, Mapping)
        else value
        for key, value in schema.items()
        if key not in _NOT_EVERYWHERE
    }


def with_schema_in_words(prompt: Prompt) -> str:
    """The system text for a model that is given no schema beside it."""
    schema = json.dumps(prompt.schema, ensure_ascii=False, separators=(",", ":"))
    return f"{prompt.system}\nJSON schema: {schema}"
