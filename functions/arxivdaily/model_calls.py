"""Asking a language model: bounded patience, and an answer that is a JSON object or an error.

The classifier and the translator share this, so that both treat a busy service, a truncated
answer and text that is not JSON in the same way, whatever adapter is behind the port.
"""

from __future__ import annotations

import hashlib
import json
import random
import re
import time
from bisect import bisect
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from threading import Lock

from arxivdaily.domain.records import Usage
from arxivdaily.errors import PermanentError, ThrottledError, TransientError, UnavailableError
from arxivdaily.ports import Completion, LanguageModel, Progress, Prompt

MAX_ANSWER = 200_000  # characters; the longest honest answer (ten papers) stays below 20,000
# Reasoning models think aloud first, whatever was asked; a template may have eaten the tag that begins it.
_THINKING = re.compile(r"<(/?)(?:think|thinking|thought|reasoning)>|\[(/?)THINK\]")
_MARK = re.compile(r'\\.|["{}]', re.DOTALL)
# What stands before an object that is part of a larger one: a key, a list's beginning or an earlier element.
_WITHIN_JSON = re.compile(r'(?:"\s*:|\[|(?:[\]}"0-9]|\b(?:true|false|null))\s*,)\s*\Z')
_WORK = 8  # times that a text is gone through for its answer, at most


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


class PaidOnce:
    """`ports.LanguageModel`: another one, which is not asked what it has answered already.

    `usage` is what its calls have cost; answers that were there cost nothing.
    """

    def __init__(self, model: LanguageModel, progress: Progress) -> None:
        self._model = model
        self._progress = progress
        self.usage = Usage()

    @property
    def model(self) -> str:
        return self._model.model

    def complete(self, prompt: Prompt) -> Completion:
        question = self._question(prompt)
        if known := self._progress.known(question):
            return replace(known, usage=Usage())
        completion = self._model.complete(prompt)
        self.usage += completion.usage
        self._progress.keep(question, completion)
        return completion

    def _question(self, prompt: Prompt) -> str:
        asked = (self.model, prompt.name, prompt.system, prompt.user, prompt.max_tokens)
        return hashlib.sha256(json.dumps(asked).encode()).hexdigest()[:32]


class UnusableAnswerError(PermanentError):
    """The model answered, but not with a JSON object. `usage` was paid all the same."""

    def __init__(self, message: str, *, usage: Usage, truncated: bool = False) -> None:
        super().__init__(message)
        self.usage = usage
        self.truncated = truncated


def complete(model: LanguageModel, prompt: Prompt, patience: Patience) -> Completion:
    """`model.complete` with patience: TransientErrors but UnavailableErrors are retried while it lasts.

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
        except UnavailableError:
            raise  # waiting for seconds does not help
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
    """The answer in a model's text: the JSON object that the text is, or the last complete one in it that is
    not part of another, nor of thoughts. ValueError where there is none, or the text is too long.

    Chat models put prose and code fences around it, reasoning models drafts before it: of several the last
    one is meant. What thoughts that do not end contain is no answer. Takes time in proportion to the text.
    """
    if len(text) > MAX_ANSWER:
        raise ValueError(f"the answer is {len(text)} characters long")
    try:
        value = _parsed(text)
    except ValueError:
        value = _last_object(text)
    if not isinstance(value, dict):
        raise ValueError("the answer is not a JSON object")
    return value


def is_json_object(text: str) -> bool:
    """Whether a text is one JSON object and nothing else."""
    try:
        return len(text) <= MAX_ANSWER and isinstance(_parsed(text), dict)
    except ValueError:
        return False


def has_thoughts(text: str) -> bool:
    """Whether a model thinks aloud in its answer."""
    return _THINKING.match(text.lstrip()[:20]) is not None


def _parsed(text: str) -> object:
    import msgspec

    try:
        return msgspec.json.decode(text.strip())
    except (msgspec.DecodeError, RecursionError, UnicodeError) as error:
        raise ValueError("the answer is not JSON") from error


def _last_object(text: str) -> Mapping[str, object]:
    """As `json_object`, of a text that is more than an object. An empty object is no answer, and may be part
    of a string that does not end.

    From the end: prose and thoughts before an answer have any number of braces, and little comes after it.
    """
    tags = [(tag.start(), bool(tag.group(1) or tag.group(2))) for tag in _THINKING.finditer(text)]
    last_end = max((place for place, ends in tags if ends), default=-1)
    marks = [(mark.start(), mark.group()) for mark in _MARK.finditer(text) if len(mark.group()) == 1]
    work = _WORK * len(marks)
    place = len(marks) - 1
    while place >= 0 and work > 0:
        if marks[place][1] != "}":
            place -= 1
            continue
        first = _partner(marks, place)
        work -= place - max(first, 0)
        if first < 0:
            place -= 1
            continue
        start, end = marks[first][0], marks[place][0] + 1
        value = _object_of(text[start:end])
        if value is None:
            place -= 1
            continue
        before = bisect(tags, (start,)) - 1
        if last_end < end and (before < 0 or tags[before][1]):
            if _WITHIN_JSON.search(text[max(0, start - 100) : start]):
                break  # all there is of an answer that does not end
            return value
        place = first - 1
    raise ValueError("the answer is not JSON")


def _partner(marks: Sequence[tuple[int, str]], last: int) -> int:
    """The place of the brace that the one at `last` closes, as far as quotes and braces tell; -1 for none."""
    depth, is_string = 0, False
    for place in range(last, -1, -1):
        mark = marks[place][1]
        if mark == '"':
            is_string = not is_string
        elif not is_string:
            depth += 1 if mark == "}" else -1
            if not depth:
                return place
    return -1


def _object_of(text: str) -> Mapping[str, object] | None:
    try:
        value = _parsed(text)
    except ValueError:
        return None
    return value if isinstance(value, dict) and value else None
