"""One paper's story: what became of it, a log line each, under the same keys in every function.

Every stored change of a record is a line, so none can be forgotten; no line has a paper's text. What
belongs to a paper stands in its own line and nowhere else: there is nothing to clear afterwards, and
threads cannot give one paper's line another's keys.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping
from typing import Any

from arxivdaily.adapters.logs import logger
from arxivdaily.domain.papers import PaperKey
from arxivdaily.domain.records import Record
from arxivdaily.ports import Lookup, RenderRequest

_MOST_REASON = 200  # characters
_brought: dict[object, str] = {}  # by which message, while its invocation works on it


@contextlib.contextmanager
def brought(messages: Mapping[Any, str]) -> Iterator[None]:
    """While this lasts, lines about a key bear the identifier of the message that brought it."""
    _brought.update((_plain(key), message) for key, message in messages.items())
    try:
        yield
    finally:
        _brought.clear()


def about(key: object) -> dict[str, Any]:
    """What a line about a message's key bears: a paper's, a lookup's, or an edition's alone."""
    plain = _plain(key)
    fields: dict[str, Any] = {"edition": plain}
    if isinstance(plain, PaperKey):
        fields = {"arxiv_id": plain.arxiv_id, "version": plain.version, "edition": plain.edition}
    message = _brought.get(plain) or _brought.get(fields["edition"])
    return {**fields, "correlation_id": message} if message else fields


def _plain(key: object) -> object:
    if isinstance(key, RenderRequest):
        return key.edition
    return key.key if isinstance(key, Lookup) else key


def tell(event: str, record: Record) -> None:
    """`ports.Tell`: where a paper stands now."""
    fields: dict[str, Any] = {"state": record.state.value, "revision": record.revision}
    if record.reason:
        fields["reason"] = record.reason[:_MOST_REASON]
    if record.matches is not None:
        fields["channels"] = [match.channel for match in record.matches]
    if record.classified_by:
        fields["classified_by"] = record.classified_by.model
    if record.translation:
        fields["translated_by"] = record.translation.made_by.model
        fields["extent"] = record.translation.extent.value
    if record.affiliations:
        fields["affiliations"] = record.affiliations.source.value
    if record.superseded:
        fields["superseded_by"] = record.superseded.version
    logger.info(event, **fields, **about(record.key))
