"""The queues on SQS."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import msgspec

from arxivdaily.adapters.aws import translated_errors
from arxivdaily.domain.papers import PaperKey, parse_arxiv_id
from arxivdaily.errors import ConfigurationError, PermanentError, TransientError

if TYPE_CHECKING:
    from arxivdaily.ports import Clock

_SEND_BATCH = 10  # SendMessageBatch's limit


def encode_key(key: PaperKey) -> str:
    return msgspec.json.encode(key).decode()


def decode_key(body: str) -> PaperKey:
    """The paper a message is about; PermanentError says what is wrong with the body."""
    try:
        key = msgspec.json.decode(body, type=PaperKey)
        parse_arxiv_id(f"{key.arxiv_id}v{key.version}")
    except (msgspec.MsgspecError, ValueError) as error:
        raise PermanentError(f"not a paper's message: {error}") from error
    return key


class SqsMessages:
    """`ports.Messages` on two standard queues and one FIFO queue.

    `window` is the length in seconds of the slot in which all render requests for an edition
    are one message. The queue's delivery delay must not be shorter (template.yaml sets both
    from one parameter), so that a render always begins after its slot has ended and sees what
    was written before each of the requests it stands for.
    """

    def __init__(
        self,
        client: Any,
        *,
        clock: Clock,
        window: int,
        papers_url: str = "",
        matched_url: str = "",
        render_url: str = "",
    ) -> None:
        self._client = client
        self._clock = clock
        self._window = window
        self._urls = {"PAPERS": papers_url, "MATCHED": matched_url, "RENDER": render_url}

    def to_classify(self, keys: Sequence[PaperKey]) -> None:
        self._send("PAPERS", keys)

    def to_translate(self, keys: Sequence[PaperKey]) -> None:
        self._send("MATCHED", keys)

    def render(self, edition: str) -> None:
        slot = int(self._clock().timestamp()) // self._window
        with translated_errors(f"ask for a render of {edition}"):
            self._client.send_message(
                QueueUrl=self._url("RENDER"),
                MessageBody=msgspec.json.encode({"edition": edition}).decode(),
                MessageGroupId="site",
                MessageDeduplicationId=f"{edition}.{slot}",
            )

    def _send(self, queue: str, keys: Sequence[PaperKey]) -> None:
        url = self._url(queue)
        for start in range(0, len(keys), _SEND_BATCH):
            entries = [
                {"Id": str(number), "MessageBody": encode_key(key)}
                for number, key in enumerate(keys[start : start + _SEND_BATCH])
            ]
            for _attempt in range(3):
                with translated_errors(f"queue {len(entries)} papers"):
                    answer = self._client.send_message_batch(QueueUrl=url, Entries=entries)
                failed = {entry["Id"]: entry for entry in answer.get("Failed", ())}
                if not failed:
                    break
                entries = [entry for entry in entries if entry["Id"] in failed]
            else:
                first = next(iter(failed.values()))
                raise TransientError(
                    f"cannot queue {len(failed)} papers: {first.get('Code')}: {first.get('Message', '')}"
                )

    def _url(self, queue: str) -> str:
        url = self._urls[queue]
        if not url:
            raise ConfigurationError(f"{queue}_QUEUE_URL is not set")
        return url


def decode_render_request(body: str) -> str:
    """The edition to render; PermanentError says what is wrong with the body."""
    try:
        request = msgspec.json.decode(body, type=dict[str, str])
        return request["edition"]
    except (msgspec.MsgspecError, KeyError) as error:
        raise PermanentError(f"not a render request: {error}") from error
