"""Editions: arXiv's announcement days, named by their date in US Eastern time."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Edition:
    """One announcement day. `date` is ISO; instants are UTC.

    `channel_counts` (channel slug to papers shown) is derived from the records each time the
    edition is rendered, so that an archive page need not read every record again. `rendered` is
    the sum of its records' revisions when it was last published: another sum means that a page
    is out of date, whatever became of the message that asked for it.

    `filled` once every paper of a whole run was recorded: an edition whose making was cut short before has
    a part of its papers, perhaps none, and is not published. `unread` names the feeds that have not been
    read whole: papers that stand in them alone may be missing.
    """

    date: str
    created: datetime
    completed: datetime | None = None
    channel_counts: Mapping[str, int] = field(default_factory=dict)
    rendered: int | None = None
    filled: bool = True
    unread: frozenset[str] = frozenset()

    @property
    def is_open(self) -> bool:
        """Whether announced papers may be missing."""
        return not self.filled or bool(self.unread)

    @property
    def is_complete(self) -> bool:
        return self.completed is not None
