"""Asking a language model: bounded patience, and an answer that is a JSON object or an error.

The classifier and the translator share this, so that both treat a busy service, a truncated
answer and text that is not JSON in the same way, whatever adapter is behind the port.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from threading import Lock

from arxivdaily.domain.records import Usage
from arxivdaily.errors import PermanentError, ThrottledError, TransientError
from arxivdaily.ports import Completion, LanguageModel, Prompt

MAX_ANSWER = 200_000  # characters; the longest honest answer (ten papers) stays below 20,000
# Chat models wrap JSON in a code fence and reasoning models think aloud first, whatever was asked.
_THINKING = ("<think>", "</think>")
_FENCE = "```"


class Pause:
    """When a service wants to be asked again: one for all threads that ask it, so that those that
    have not been throttled yet do not add to the crowd."""

    def __init__(self) -> None:
        self._until = float("-inf")
        self._lock = Lock()

    def extend(self, until: float) -> None:
        with self._lock:
            self._until = max(self._until, until)

    def left(self, now: float) -> float:
        """Seconds still to wait, 0 or more."""
        with self._lock:
            return max(0.0, self._until - now)


@dataclass(frozen=True, slots=True)
class Patience:
    """How long one question goes on being asked of a service that is busy or broken.

    At most `tries` calls; no call begins later than `budget` seconds after the first one began,
    waiting included, so a call that took its whole time-out is not repeated here: the queue
    does that. Waits double from `first_wait` seconds with jitter, so that callers that were
    throttled together do not come back together; a Retry-After is a lower bound, for every thread
    that shares this patience.
    """

    tries: int = 3
    budget: float = 30.0
    first_wait: float = 1.0
    clock: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep
    random: Callable[[], float] = random.random  # in [0, 1)
    pause: Pause = field(default_factory=Pause)


class UnusableAnswerError(PermanentError):
    """The model answered, but not with a JSON object. `usage` was paid all the same."""

    def __init__(self, message: str, *, usage: Usage, truncated: bool = False) -> None:
        super().__init__(message)
        self.usage = usage
        self.truncated = truncated


def complete(model: LanguageModel, prompt: Prompt, patience: Patience) -> Completion:
    """`model.complete` with patience: TransientErrors are retried while `patience` lasts.

    Raises the last TransientError (its `retry_after` kept for the queue) or a PermanentError.
    """
    began = patience.clock()
    for attempt in range(1, patience.tries + 1):
        asked_to_wait = patience.pause.left(patience.clock())
        if patience.clock() - began + asked_to_wait > patience.budget:
            raise ThrottledError("the model service asked for a pause", retry_after=asked_to_wait)
        if asked_to_wait:
            patience.sleep(asked_to_wait + patience.first_wait * patience.random())
        try:
            return model.complete(prompt)
        except TransientError as error:
            wait = patience.first_wait * 2 ** (attempt - 1) * (0.5 + patience.random())
            if error.retry_after is not None:
                patience.pause.extend(patience.clock() + error.retry_after)
                wait = 0.0  # the pause is waited for above, with jitter
            too_late = patience.clock() - began + max(wait, error.retry_after or 0.0) > patience.budget
            if attempt == patience.tries or too_late:
                raise
        if wait:
            patience.sleep(wait)
    raise ValueError("Patience.tries must be at least 1")


def ask(model: LanguageModel, prompt: Prompt, patience: Patience) -> tuple[Mapping[str, object], Usage]:
    """The answer as a JSON object, and what it cost.

    The object's content is not validated: that is for the caller, who knows what it asked.
    Raises what `complete` raises, and UnusableAnswerError for text that is no JSON object.
    """
    completion = complete(model, prompt, patience)
    if completion.truncated:
        raise UnusableAnswerError("the answer was cut off", usage=completion.usage, truncated=True)
    try:
        return json_object(completion.text), completion.usage
    except ValueError as error:
        raise UnusableAnswerError(str(error), usage=completion.usage) from error


def json_object(text: str) -> Mapping[str, object]:
    """Parse a model's text as one JSON object; ValueError when it is anything else or too long."""
    import msgspec

    if len(text) > MAX_ANSWER:
        raise ValueError(f"the answer is {len(text)} characters long")
    text = text.strip()
    if text.startswith(_THINKING[0]):
        text = (text.partition(_THINKING[1])[2] or text).strip()
    if text.startswith(_FENCE) and text.endswith(_FENCE) and len(text) > 2 * len(_FENCE):
        text = text.removeprefix(_FENCE).removesuffix(_FENCE).removeprefix("json")
    try:
        value = msgspec.json.decode(text)
    except (msgspec.DecodeError, RecursionError, UnicodeError) as error:
        raise ValueError("the answer is not JSON") from error
    if not isinstance(value, dict):
        raise ValueError("the answer is not a JSON object")
    return value
