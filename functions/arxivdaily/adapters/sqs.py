"""The queues on SQS."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from itertools import groupby, pairwise
from operator import attrgetter
from typing import TYPE_CHECKING, Any

import msgspec

from arxivdaily.adapters.aws import translated_errors
from arxivdaily.domain.papers import PaperKey, parse_arxiv_id
from arxivdaily.errors import ConfigurationError, PermanentError, TransientError
from arxivdaily.ports import Lookup, RenderRequest

if TYPE_CHECKING:
    from arxivdaily.ports import Clock

_SEND_BATCH = 10  # SendMessageBatch's limit
_LONGEST_DELAY = 900  # seconds, SQS's limit
_APART = 20  # seconds: longer than Lambda gathers a batch (template.yaml, MaximumBatchingWindowInSeconds)
_ENRICH_GROUP = 10  # papers in one message: half a minute at arXiv's three seconds
_SAME_REQUEST = 60  # seconds in which the same request to enrich is one message


class PaperGroup(msgspec.Struct, forbid_unknown_fields=True, omit_defaults=True):
    """Papers of one edition in one message: identifiers and versions."""

    edition: str
    papers: list[tuple[str, int]]
    again: bool = False


def encode_keys(keys: Sequence[PaperKey], *, again: bool = False) -> str:
    """A message about papers of one edition."""
    papers = [(key.arxiv_id, key.version) for key in keys]
    return msgspec.json.encode(PaperGroup(keys[0].edition, papers, again)).decode()


def decode_keys(body: str) -> list[PaperKey]:
    """The papers a message is about; PermanentError says what is wrong with the body."""
    return [lookup.key for lookup in decode_lookups(body)]


def decode_lookups(body: str) -> list[Lookup]:
    """`decode_keys` for a message that asks for affiliations."""
    try:
        group = msgspec.json.decode(body, type=PaperGroup)
        for arxiv_id, version in group.papers:
            parse_arxiv_id(f"{arxiv_id}v{version}")
    except (msgspec.MsgspecError, ValueError) as error:
        raise PermanentError(f"not a message about papers: {error}") from error
    if not group.papers:
        raise PermanentError("not a message about papers: there are none in it")
    return [
        Lookup(PaperKey(group.edition, arxiv_id, version), group.again) for arxiv_id, version in group.papers
    ]


class SqsMessages:
    """`ports.Messages` on two standard queues and two FIFO queues of one message group each: one
    renderer works at a time, and one reader of arXiv's pages.

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
        enrich_url: str = "",
    ) -> None:
        self._client = client
        self._clock = clock
        self._window = window
        self._group = group
        self._urls = {
            "PAPERS": papers_url,
            "MATCHED": matched_url,
            "RENDER": render_url,
            "ENRICH": enrich_url,
        }

    def to_classify(self, keys: Sequence[PaperKey], *, apart: bool = False) -> None:
        self._send("PAPERS", _groups(keys, 1 if apart else self._group), apart=apart)

    def to_translate(self, keys: Sequence[PaperKey], *, apart: bool = False) -> None:
        self._send("MATCHED", _groups(keys, 1), apart=apart)

    def to_enrich(self, keys: Sequence[PaperKey], *, again: bool = False) -> None:
        # Asked for twice within a minute, by a message that came twice: once.
        slot = int(self._clock().timestamp()) // _SAME_REQUEST
        self._send(
            "ENRICH",
            _groups(keys, _ENRICH_GROUP),
            again=again,
            fifo=lambda body: {
                "MessageGroupId": "arxiv",
                "MessageDeduplicationId": f"{hashlib.sha256(body.encode()).hexdigest()[:40]}.{slot}",
            },
        )

    def render(self, edition: str, *, anew: bool = False) -> None:
        slot = int(self._clock().timestamp()) // self._window
        with translated_errors(f"ask for a render of {edition}"):
            self._client.send_message(
                QueueUrl=self._url("RENDER"),
                MessageBody=msgspec.json.encode(
                    {"edition": edition, **({"anew": True} if anew else {})}
                ).decode(),
                MessageGroupId="site",
                MessageDeduplicationId=f"{edition}.{slot}" + (".anew" if anew else ""),
            )

    def _send(
        self,
        queue: str,
        groups: Sequence[Sequence[PaperKey]],
        *,
        again: bool = False,
        apart: bool = False,
        fifo: Callable[[str], Mapping[str, str]] = lambda _body: {},
    ) -> None:
        """`fifo` gives a FIFO queue's fields of a message by its body."""
        url = self._url(queue)
        bodies = [encode_keys(keys, again=again) for keys in groups]
        for start in range(0, len(bodies), _SEND_BATCH):
            entries = [
                {"Id": str(number), "MessageBody": body, **(_later(start + number) if apart else fifo(body))}
                for number, body in enumerate(bodies[start : start + _SEND_BATCH])
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


def _later(place: int) -> Mapping[str, int]:
    """The delay that keeps a message of a standard queue out of the batches of those before it."""
    return {"DelaySeconds": min(_LONGEST_DELAY, place * _APART)}


def _groups(keys: Sequence[PaperKey], size: int) -> list[Sequence[PaperKey]]:
    """At most `size` papers of one edition a group, in order and as equal as can be."""
    groups: list[Sequence[PaperKey]] = []
    for _edition, found in groupby(keys, key=attrgetter("edition")):
        papers = list(found)
        count = -(-len(papers) // size)
        bounds = [len(papers) * place // count for place in range(count + 1)]
        groups += [papers[start:end] for start, end in pairwise(bounds)]
    return groups


def decode_render_request(body: str) -> list[RenderRequest]:
    """The request, alone; PermanentError says what is wrong with the body."""
    try:
        return [msgspec.json.decode(body, type=RenderRequest)]
    except msgspec.MsgspecError as error:
        raise PermanentError(f"not a render request: {error}") from error
