"""What the queue-driven handlers share: reading a batch, and saying which messages to deliver again."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any, TypedDict, TypeVar

from arxivdaily.adapters import story
from arxivdaily.adapters.aws import client, translated_errors
from arxivdaily.adapters.logs import logger
from arxivdaily.errors import ArxivDailyError, PermanentError, TransientError
from arxivdaily.settings import load_settings

Key = TypeVar("Key")
_Message = Mapping[str, Any]  # as Lambda's event has it
_Batch = list[tuple[_Message, Sequence[Key]]]
_Failure = tuple[_Message, ArxivDailyError]

# The queues give up on a message after six deliveries (template.yaml, maxReceiveCount). One before
# that a passing failure is made final and recorded, so what comes a sixth time is poison.
LAST_ATTEMPT = 5
GIVE_UP_ATTEMPT = 6
SPLIT_ATTEMPT = 4  # a message with several papers has had three attempts as a whole
_LONGEST_DELAY = 900  # seconds
_MOST_REASON = 500  # characters
_UNSAYABLE = re.compile(r"[^\t\n\r\x20-\ud7ff\ue000-\ufffd]")  # in an attribute of a message


class ItemFailure(TypedDict):
    itemIdentifier: str


class BatchResponse(TypedDict):
    """Lambda's partial batch response: the messages that SQS is to deliver again."""

    batchItemFailures: list[ItemFailure]


def process_batch(
    event: Mapping[str, Any],
    queue_url: str,
    decode: Callable[[str], Sequence[Key]],
    work: Callable[[list[Key], Collection[Key]], Mapping[Key, ArxivDailyError]],
    send_apart: Callable[[Sequence[Key]], None] | None = None,
    *,
    is_fifo: bool = False,
    give_up: Callable[[Sequence[Key]], Mapping[Key, ArxivDailyError]] | None = None,
    dead_letters: str = "",
) -> BatchResponse:
    """Decode an SQS event's messages, hand their keys to `work`, and report what failed.

    `work` gets the distinct keys and those on their last attempt, and returns the errors by key.
    A message that cannot be decoded fails alone; one with several keys fails if any of them does.
    A transient failure comes back after a delay that doubles with each attempt; anything else at
    the queue's own pace, towards its DLQ.

    With `send_apart`, a message with several keys that keeps coming back is replaced by a message
    a key, so that one poisonous key does not take its neighbours to the DLQ.

    In a FIFO queue a hidden message holds up its whole group, so there (`is_fifo`) what failed for
    good comes back at once, until it is in the DLQ.

    A message in its last delivery has crashed its function each time. With `give_up` it is not worked on
    again: its keys are recorded as given up. With `dead_letters`, the DLQ's URL, such a message, one that
    fails in its last delivery, and at once one that cannot be read are put there from here, with the
    reason (SQS, which moves what is left, knows none).
    """
    read, unread = _read(event["Records"], decode)
    logger.debug(
        "messages received", messages=len(read) + len(unread), keys=sum(len(keys) for _, keys in read)
    )
    failed = list(unread)
    if send_apart:
        read, unsent = _split(read, send_apart)
        failed += unsent
    if give_up:
        read, given_up = _give_up(read, give_up)
        failed += given_up
    failed += _work(read, work)
    if dead_letters:
        failed = _bury_the_dead(dead_letters, failed, unread, is_fifo=is_fifo)
    for message, error in failed:
        logger.warning(
            "message comes back",
            correlation_id=_id(message),
            attempt=_attempt(message),
            error=str(error),
            kind=type(error).__name__,
        )
    _delay(
        queue_url,
        [(m, e) for m, e in failed if is_fifo or isinstance(e, TransientError)],
        is_fifo=is_fifo,
    )
    return {"batchItemFailures": [{"itemIdentifier": _id(message)} for message, _ in failed]}


def _read(
    records: Sequence[_Message], decode: Callable[[str], Sequence[Key]]
) -> tuple[_Batch[Key], list[_Failure]]:
    """The messages with their keys, and those that cannot be read."""
    read: _Batch[Key] = []
    unread: list[_Failure] = []
    for message in records:
        try:
            read.append((message, decode(message["body"])))
        except ArxivDailyError as error:
            unread.append((message, error))
    return read, unread


def _split(
    read: _Batch[Key], send_apart: Callable[[Sequence[Key]], None]
) -> tuple[_Batch[Key], list[_Failure]]:
    """Replace messages that keep coming back by a message a key: what is left, and what was not split."""
    left: _Batch[Key] = []
    unsent: list[_Failure] = []
    for message, keys in read:
        if len(keys) <= 1 or _attempt(message) < SPLIT_ATTEMPT:
            left.append((message, keys))
            continue
        for key in keys:
            logger.warning("message is split", **{**story.about(key), "correlation_id": _id(message)})
        try:
            send_apart(keys)
        except ArxivDailyError as error:
            unsent.append((message, error))
    return left, unsent


def _give_up(
    read: _Batch[Key],
    give_up: Callable[[Sequence[Key]], Mapping[Key, ArxivDailyError]],
) -> tuple[_Batch[Key], list[_Failure]]:
    """Have the keys of messages in their last delivery recorded: what is left, and these with the reason."""
    left = [(message, keys) for message, keys in read if _attempt(message) < GIVE_UP_ATTEMPT]
    last = [(message, keys) for message, keys in read if _attempt(message) >= GIVE_UP_ATTEMPT]
    if not last:
        return left, []
    unrecorded = give_up(list(dict.fromkeys(key for _, keys in last for key in keys)))
    failed: list[_Failure] = []
    for message, keys in last:
        error = next((unrecorded[key] for key in keys if key in unrecorded), None)
        failed.append((message, error or PermanentError("every function that worked on it crashed")))
    return left, failed


def _work(
    read: _Batch[Key],
    work: Callable[[list[Key], Collection[Key]], Mapping[Key, ArxivDailyError]],
) -> list[_Failure]:
    """Have the keys worked on, each once; the messages that failed, one error each."""
    if not (distinct := list(dict.fromkeys(key for _, keys in read for key in keys))):
        return []
    last = {key for message, keys in read if _attempt(message) >= LAST_ATTEMPT for key in keys}
    first = {key: _id(message) for message, keys in reversed(read) for key in keys}
    with story.brought(first):
        errors = work(distinct, last)
        for key, error in errors.items():
            logger.warning("comes back", error=str(error), kind=type(error).__name__, **story.about(key))
    failed: list[_Failure] = []
    for message, keys in read:
        found = [errors[key] for key in keys if key in errors]
        # What passes decides when it comes back: the rest of the message is tried with it.
        found.sort(key=lambda error: not isinstance(error, TransientError))
        failed += [(message, error) for error in found[:1]]
    return failed


def _bury_the_dead(
    url: str, failed: Sequence[_Failure], unread: Sequence[_Failure], *, is_fifo: bool
) -> list[_Failure]:
    """Bury what nobody can read and what has no further delivery; what of `failed` is left for SQS."""
    hopeless = {_id(message) for message, _ in unread}
    left: list[_Failure] = []
    for message, error in failed:
        is_dead = _id(message) in hopeless or _attempt(message) >= GIVE_UP_ATTEMPT
        if not (is_dead and _bury(url, message, error, is_fifo=is_fifo)):
            left.append((message, error))
    return left


def _bury(url: str, message: _Message, error: ArxivDailyError, *, is_fifo: bool) -> bool:
    """Put a message where the dead ones are, with the reason; False if that failed, and SQS is to do it."""
    reason = _UNSAYABLE.sub("?", str(error))[:_MOST_REASON] or type(error).__name__
    told = {"Reason": reason, "MessageId": _id(message), "Deliveries": str(_attempt(message))}
    fields: dict[str, Any] = {
        "MessageAttributes": {
            name: {"DataType": "String", "StringValue": text} for name, text in told.items()
        }
    }
    if is_fifo:
        group = message.get("attributes", {}).get("MessageGroupId", "dead")
        fields |= {"MessageGroupId": group, "MessageDeduplicationId": _id(message)}
    try:
        with translated_errors("put a message where the dead ones are"):
            client("sqs").send_message(QueueUrl=url, MessageBody=message["body"], **fields)
    except ArxivDailyError as failure:
        logger.error(
            "message is given up without its reason", error=str(failure), correlation_id=_id(message)
        )
        return False
    logger.error("message given up", reason=reason, correlation_id=_id(message), attempt=_attempt(message))
    return True


def _id(message: _Message) -> str:
    return str(message["messageId"])


def _attempt(message: _Message) -> int:
    return int(message.get("attributes", {}).get("ApproximateReceiveCount", 1))


def _wait(error: ArxivDailyError, usual: float, *, is_fifo: bool) -> int:
    """Seconds until a message is delivered again; a FIFO group waits for no longer than it must."""
    if not isinstance(error, TransientError):
        return 0
    if is_fifo and error.retry_after is not None:
        return int(min(_LONGEST_DELAY, error.retry_after))
    return int(min(_LONGEST_DELAY, max(error.retry_after or 0, usual)))


def _delay(queue_url: str, failed: Sequence[_Failure], *, is_fifo: bool) -> None:
    """Shorten the wait of messages that need not wait for the visibility timeout.

    Best effort: without it they come back when the queue's visibility timeout ends.
    """
    base = load_settings().retry_delay
    for start in range(0, len(failed), 10):
        entries = [
            {
                "Id": str(number),
                "ReceiptHandle": message["receiptHandle"],
                "VisibilityTimeout": _wait(error, base * 2 ** (_attempt(message) - 1), is_fifo=is_fifo),
            }
            for number, (message, error) in enumerate(failed[start : start + 10])
        ]
        try:
            with translated_errors("delay messages"):
                client("sqs").change_message_visibility_batch(QueueUrl=queue_url, Entries=entries)
        except ArxivDailyError as error:
            logger.warning("messages come back late", error=str(error))
