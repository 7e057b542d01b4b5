"""What the queue-driven handlers share: reading a batch, and saying which messages to deliver again."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any, TypedDict, TypeVar

from aws_lambda_powertools import Logger

from arxivdaily.adapters import story
from arxivdaily.adapters.aws import client, translated_errors
from arxivdaily.errors import ArxivDailyError, PermanentError, TransientError
from arxivdaily.settings import load_settings

logger = Logger()

Key = TypeVar("Key")

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
    failed: list[tuple[Mapping[str, Any], ArxivDailyError]] = []
    messages: list[tuple[Mapping[str, Any], Sequence[Key]]] = []
    dead: list[tuple[Mapping[str, Any], Sequence[Key]]] = []
    unread: list[str] = []
    for message in event["Records"]:
        try:
            keys = decode(message["body"])
            if send_apart and len(keys) > 1 and _attempt(message) >= SPLIT_ATTEMPT:
                for key in keys:
                    about = {**story.about(key), "correlation_id": message["messageId"]}
                    logger.warning("message is split", **about)
                send_apart(keys)
            elif give_up and _attempt(message) >= GIVE_UP_ATTEMPT:
                dead.append((message, keys))
            else:
                messages.append((message, keys))
        except ArxivDailyError as unreadable:
            failed.append((message, unreadable))
            unread.append(message["messageId"])
    if give_up and dead:
        unrecorded = give_up(list(dict.fromkeys(key for _, keys in dead for key in keys)))
        for message, keys in dead:
            error = next((unrecorded[key] for key in keys if key in unrecorded), None)
            failed.append((message, error or PermanentError("every function that worked on it crashed")))
    distinct = list(dict.fromkeys(key for _, keys in messages for key in keys))
    last = {key for message, keys in messages if _attempt(message) >= LAST_ATTEMPT for key in keys}
    first = {key: message["messageId"] for message, keys in reversed(messages) for key in keys}
    errors: Mapping[Key, ArxivDailyError] = {}
    if distinct:
        with story.brought(first):
            errors = work(distinct, last)
            for key, error in errors.items():
                logger.warning("comes back", error=str(error), kind=type(error).__name__, **story.about(key))
    for message, keys in messages:
        found = [errors[key] for key in keys if key in errors]
        # What passes decides when it comes back: the rest of the message is tried with it.
        found.sort(key=lambda error: not isinstance(error, TransientError))
        failed += [(message, error) for error in found[:1]]
    if dead_letters:
        buried = [
            message["messageId"]
            for message, error in failed
            if (message["messageId"] in unread or _attempt(message) >= GIVE_UP_ATTEMPT)
            and _bury(dead_letters, message, error, is_fifo=is_fifo)
        ]
        failed = [(message, error) for message, error in failed if message["messageId"] not in buried]
    for message, error in failed:
        logger.warning(
            "message comes back",
            correlation_id=message["messageId"],
            attempt=_attempt(message),
            error=str(error),
            kind=type(error).__name__,
        )
    _delay(
        queue_url,
        [(m, e) for m, e in failed if is_fifo or isinstance(e, TransientError)],
        is_fifo=is_fifo,
    )
    return {"batchItemFailures": [{"itemIdentifier": m["messageId"]} for m, _error in failed]}


def _bury(url: str, message: Mapping[str, Any], error: ArxivDailyError, *, is_fifo: bool) -> bool:
    """Put a message where the dead ones are, with the reason; False if that failed, and SQS is to do it."""
    reason = _UNSAYABLE.sub("?", str(error))[:_MOST_REASON] or type(error).__name__
    told = {"Reason": reason, "MessageId": message["messageId"], "Deliveries": str(_attempt(message))}
    fields: dict[str, Any] = {
        "MessageAttributes": {
            name: {"DataType": "String", "StringValue": text} for name, text in told.items()
        }
    }
    if is_fifo:
        group = message.get("attributes", {}).get("MessageGroupId", "dead")
        fields |= {"MessageGroupId": group, "MessageDeduplicationId": message["messageId"]}
    try:
        with translated_errors("put a message where the dead ones are"):
            client("sqs").send_message(QueueUrl=url, MessageBody=message["body"], **fields)
    except ArxivDailyError as failure:
        logger.error(
            "message is given up without its reason", error=str(failure), correlation_id=message["messageId"]
        )
        return False
    logger.error(
        "message given up", reason=reason, correlation_id=message["messageId"], attempt=_attempt(message)
    )
    return True


def _attempt(message: Mapping[str, Any]) -> int:
    return int(message.get("attributes", {}).get("ApproximateReceiveCount", 1))


def _wait(error: ArxivDailyError, usual: float, *, is_fifo: bool) -> int:
    """Seconds until a message is delivered again; a FIFO group waits for no longer than it must."""
    if not isinstance(error, TransientError):
        return 0
    if is_fifo and error.retry_after is not None:
        return int(min(_LONGEST_DELAY, error.retry_after))
    return int(min(_LONGEST_DELAY, max(error.retry_after or 0, usual)))


def _delay(queue_url: str, failed: list[tuple[Mapping[str, Any], ArxivDailyError]], *, is_fifo: bool) -> None:
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
