"""The queues on SQS."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby, pairwise
from operator import attrgetter
from typing import TYPE_CHECKING, Any

import msgspec

from arxivdaily.adapters.aws import translated_errors
from arxivdaily.domain.papers import PaperKey, parse_arxiv_id
from arxivdaily.errors import ConfigurationError, PermanentError, TransientError

if TYPE_CHECKING:
    from arxivdaily.ports import Clock

_SEND_BATCH = 10  # SendMessageBatch's limit


class PaperGroup(msgspec.Struct, forbid_unknown_fields=True):
    """Papers of one edition in one message: identifiers and versions."""

    edition: str
    papers: list[tuple[str, int]]


def encode_keys(keys: Sequence[PaperKey]) -> str:
    """A message about papers of one edition."""
    papers = [(key.arxiv_id, key.version) for key in keys]
    return msgspec.json.encode(PaperGroup(keys[0].edition, papers)).decode()


def decode_keys(body: str) -> list[PaperKey]:
    """The papers a message is about; PermanentError says what is wrong with the body."""
    try:
        group = msgspec.json.decode(body, type=PaperGroup)
        for arxiv_id, version in group.papers:
            parse_arxiv_id(f"{arxiv_id}v{version}")
    except (msgspec.MsgspecError, ValueError) as error:
        raise PermanentError(f"not a message about papers: {error}") from error
    if not group.papers:
        raise PermanentError("not a message about papers: there are none in it")
    return [PaperKey(group.edition, arxiv_id, version) for arxiv_id, version in group.papers]


class SqsMessages:
    """`ports.Messages` on two standard queues and one FIFO queue.

    `window` is the length in seconds of the slot in which all render requests for an edition
    are one message. The queue's delivery delay must not be shorter (template.yaml sets both
    from one parameter), so that a render always begins after its slot has ended and sees what
    was written before each of the requests it stands for. `group` papers share a message to
    classify.
    """

    def __init__(
        self,
        client: Any,
        *,
        clock: Clock,
        window: int,
        group: int = 1,
        papers_url: str = "",
        matched_url: str = "",
        render_url: str = "",
    ) -> None:
        self._client = client
        self._clock = clock
        self._window = window
        self._group = group
        self._urls = {"PAPERS": papers_url, "MATCHED": matched_url, "RENDER": render_url}

    def to_classify(self, keys: Sequence[PaperKey], *, apart: bool = False) -> None:
        self._send("PAPERS", _groups(keys, 1 if apart else self._group))

    def to_translate(self, keys: Sequence[PaperKey]) -> None:
        self._send("MATCHED", _groups(keys, 1))

    def render(self, edition: str) -> None:
        slot = int(self._clock().timestamp()) // self._window
        with translated_errors(f"ask for a render of {edition}"):
            self._client.send_message(
                QueueUrl=self._url("RENDER"),
                MessageBody=msgspec.json.encode({"edition": edition}).decode(),
                MessageGroupId="site",
                MessageDeduplicationId=f"{edition}.{slot}",
            )

    def _send(self, queue: str, groups: Sequence[Sequence[PaperKey]]) -> None:
        url = self._url(queue)
        for start in range(0, len(groups), _SEND_BATCH):
            entries = [
                {"Id": str(number), "MessageBody": encode_keys(keys)}
                for number, keys in enumerate(groups[start : start + _SEND_BATCH])
            ]
            for _attempt in range(3):
                with translated_errors(f"queue {len(entries)} messages about papers"):
                    answer = self._client.send_message_batch(QueueUrl=url, Entries=entries)
                failed = {entry["Id"]: entry for entry in answer.get("Failed", ())}
                if not failed:
                    break
                entries = [entry for entry in entries if entry["Id"] in failed]
            else:
                first = next(iter(failed.values()))
                why = f"{first.get('Code')}: {first.get('Message', '')}"
                raise TransientError(f"cannot queue {len(failed)} messages about papers: {why}")

    def _url(self, queue: str) -> str:
        url = self._urls[queue]
        if not url:
            raise ConfigurationError(f"{queue}_QUEUE_URL is not set")
        return url


def _groups(keys: Sequence[PaperKey], size: int) -> list[Sequence[PaperKey]]:
    """At most `size` papers of one edition a group, in order and as equal as can be."""
    groups: list[Sequence[PaperKey]] = []
    for _edition, found in groupby(keys, key=attrgetter("edition")):
        papers = list(found)
        count = -(-len(papers) // size)
        bounds = [len(papers) * place // count for place in range(count + 1)]
        groups += [papers[start:end] for start, end in pairwise(bounds)]
    return groups


def decode_render_request(body: str) -> list[str]:
    """The edition to render, alone; PermanentError says what is wrong with the body."""
    try:
        request = msgspec.json.decode(body, type=dict[str, str])
        return [request["edition"]]
    except (msgspec.MsgspecError, KeyError) as error:
        raise PermanentError(f"not a render request: {error}") from error
