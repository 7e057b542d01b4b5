"""Editions that are asked for one after another, so that today's papers do not wait behind them.

Every edition's papers stand in the same queues. A month asked for at once would be a backlog of thousands
of papers, and this morning's at its end.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Sequence

from infrastructure.operator.access import OperatorError, Reader

AT_ONCE = 2  # being made: one's papers are at the models while the next one's are read from arXiv
LOOK = 2.0  # seconds between two looks
PATIENCE = 1800.0  # seconds for an edition to be made; a thousand papers take minutes


def wait_for_room(
    store: Reader,
    asked: Sequence[str],
    coming: Collection[str],
    say: Callable[[str], None],
    *,
    status: str = "arxivdaily status",
    sleep: Callable[[float], None] = time.sleep,
    clock: Callable[[], float] = time.monotonic,
) -> None:
    """Return once the first of `coming` may be asked for, after those in `asked`: the newest edition is made
    (if it is none of these), and fewer than AT_ONCE of `asked` are still being made. `status` is
    the command that shows an edition.

    Raises OperatorError when that takes longer than PATIENCE.
    """
    end, told = clock() + PATIENCE, False
    while blocking := _under_way(store, asked, coming):
        names = ", ".join(blocking)
        if clock() > end:
            raise OperatorError(
                f"{names} has been in the making for {PATIENCE / 60:.0f} minutes: see `{status}`. "
                "Nothing more was asked for; the same command goes on from here."
            )
        if not told:
            say(f"waiting for {names}")
            told = True
        sleep(LOOK)


def _under_way(store: Reader, asked: Sequence[str], coming: Collection[str]) -> Sequence[str]:
    """The editions to wait for."""
    ours = {*asked, *coming}
    newest = [e for e in store.editions(limit=1) if e.date not in ours and not e.is_complete]
    if newest:
        return [newest[0].date]
    known = ((date, store.edition(date)) for date in asked)
    making = [date for date, edition in known if edition is not None and not edition.is_complete]
    return making if len(making) >= AT_ONCE else []
