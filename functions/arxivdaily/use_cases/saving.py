"""Storing a transition so that a lost race is tried again on what is there now."""

from __future__ import annotations

from collections.abc import Callable

from arxivdaily.domain.records import Record
from arxivdaily.errors import ConflictError
from arxivdaily.ports import PaperStore

_TRIES = 5


def save_transition(store: PaperStore, record: Record, transition: Callable[[Record], Record]) -> Record:
    """Apply a pure transition and store it; the stored record, unchanged if there was nothing to do.

    Raises ConflictError when others kept writing the same record.
    """
    for _ in range(_TRIES):
        changed = transition(record)
        if changed is record:
            return record
        try:
            return store.save(changed)
        except ConflictError:
            found = store.find([record.key])
            if record.key not in found:
                raise
            record = found[record.key]
    raise ConflictError(f"{record.paper.versioned_id} in {record.edition} keeps changing")
