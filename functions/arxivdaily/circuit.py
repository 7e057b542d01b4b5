"""A model that cannot be asked is not asked for a while: a circuit breaker around `ports.LanguageModel`.

Where nobody listens, or a key is refused, a thousand papers learn no more than three; and whoever watches
is to hear of it at once, not when the last paper has failed.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from threading import Lock
from typing import Final

from arxivdaily.errors import ArxivDailyError, ConfigurationError, TransientError, UnavailableError
from arxivdaily.ports import Completion, LanguageModel, Prompt

AFTER: Final = 3  # failures in a row
REST: Final = 20.0  # seconds; less than the queues' second delay, so that a paper's later attempts are calls

# What is told when something changes: the failure, None once the model answers again; and whether it is not
# asked for now.
Tell = Callable[[ArxivDailyError | None, bool], None]


class GuardedModel:
    """`ports.LanguageModel`: another one, which is not asked for `rest` seconds after `after` calls in a row
    that found that it cannot be asked (UnavailableError, ConfigurationError). Then one call tries, while
    others are still refused; what comes of it decides. Safe to call from several threads.

    Anything else that a service says, throttling above all, shows that it is there. A call that is not made
    ends in an UnavailableError with the words of the last failure; it is passing even where that was a wrong
    setting, for nobody has asked about its paper.
    """

    def __init__(
        self,
        model: LanguageModel,
        tell: Tell = lambda _error, _is_stopped: None,
        *,
        clock: Callable[[], float] = time.monotonic,
        after: int = AFTER,
        rest: float = REST,
    ) -> None:
        """`tell` hears of each kind of trouble once, until a call succeeds. `clock` is in seconds."""
        self._model = model
        self._tell = tell
        self._clock = clock
        self._after = after
        self._rest = rest
        self._lock = Lock()
        self._failures = 0  # in a row
        self._cause = ""
        self._open_until: float | None = None  # None: it is asked
        self._is_trying = False
        self._told: set[tuple[type[ArxivDailyError], bool]] = set()

    @property
    def model(self) -> str:
        return self._model.model

    def complete(self, prompt: Prompt) -> Completion:
        """As the model's own; UnavailableError where it is not asked."""
        is_trial = self._admit()
        try:
            completion = self._model.complete(prompt)
        except ArxivDailyError as error:
            self._failed(error)
            raise
        finally:
            if is_trial:
                with self._lock:
                    self._is_trying = False
        self._succeeded()
        return completion

    def _admit(self) -> bool:
        """Whether this call is the one that tries. Raises UnavailableError for one that is not made."""
        with self._lock:
            if self._open_until is None:
                return False
            if self._is_trying or self._clock() < self._open_until:
                raise UnavailableError(self._cause)
            self._is_trying = True
            return True

    def _failed(self, error: ArxivDailyError) -> None:
        with self._lock:
            if isinstance(error, (UnavailableError, ConfigurationError)):
                self._failures += 1
                self._cause = str(error)
                if self._failures >= self._after:
                    self._open_until = self._clock() + self._rest
            else:
                self._failures = 0
                self._open_until = None
            is_stopped = self._open_until is not None
            about_service = isinstance(error, (TransientError, ConfigurationError))
            is_news = about_service and (type(error), is_stopped) not in self._told
            if is_news:
                self._told.add((type(error), is_stopped))
        if is_news:
            self._tell(error, is_stopped)

    def _succeeded(self) -> None:
        with self._lock:
            self._failures = 0
            self._open_until = None
            had_trouble = bool(self._told)
            self._told.clear()
        if had_trouble:
            self._tell(None, False)
