"""The two kinds of failure that the rest of the system tells apart.

An adapter turns whatever its library raises into one of these, once. Use cases decide by kind
alone: a transient failure goes back to the queue, a permanent one is recorded and labelled.
"""

from __future__ import annotations

from arxivdaily.domain.records import Spent, added


class ArxivDailyError(Exception):
    """Base of every error this package raises on purpose; the message is fit for an operator.

    `spent` is what models were paid before it came to this.
    """

    spent: tuple[Spent, ...] = ()

    @property
    def is_attempt(self) -> bool:
        """Whether what ended so counts as an attempt at the work."""
        return True


class TransientError(ArxivDailyError):
    """Worth trying again later: throttling, time-outs, server errors, a list not out yet.

    `retry_after` is the wait in seconds that the other side asked for, if it did.
    """

    def __init__(self, message: str, *, retry_after: float | None = None) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class DeferredError(TransientError):
    """The work was not begun, for a reason that says nothing about it: however often that happens, nothing is
    given up for it. What has cost something is an attempt all the same, or it would be paid without end.
    """

    @property
    def is_attempt(self) -> bool:
        return bool(added(self.spent))


class ThrottledError(DeferredError):
    """A service takes no more requests now: too many a second, or a quota of the day is used up."""


class OutOfTimeError(DeferredError):
    """The invocation ends too soon for another call to be begun."""

    def __init__(self, *, retry_after: float | None = None) -> None:
        super().__init__("there was no time left in this invocation", retry_after=retry_after)


class UnavailableError(TransientError):
    """A service cannot be asked, whatever about: nobody listens at its address, nobody knows its name, its
    certificate is not trusted, it is something else, or it answers nothing. Asking at once again cannot help;
    later it may.
    """


class PermanentError(ArxivDailyError):
    """Trying again the same way cannot help: bad input, bad configuration, a refusal."""


class GoneByError(PermanentError):
    """arXiv's feeds do not show an edition any more: a backfill makes it."""


class ConfigurationError(PermanentError):
    """A setting or the channel file is wrong; the message names the place and the field."""


class ConflictError(TransientError):
    """A conditional write found that somebody else had written first."""
