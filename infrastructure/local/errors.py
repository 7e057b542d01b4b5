"""What the local application says when it cannot go on."""

from __future__ import annotations


class LocalError(Exception):
    """Ends the run with exit status 1; the message is one clear line for whoever started it."""


class GoneByError(LocalError):
    """An edition is not in arXiv's feeds any more; a backfill can make it."""


class UsageError(LocalError):
    """The options or the environment ask for something that cannot be; exit status 2."""
