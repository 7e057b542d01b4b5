"""What the queue-driven handlers share: reading a batch, and saying which messages to deliver again."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import Any, TypedDict, TypeVar

from aws_lambda_powertools import Logger

from arxivdaily.adapters.aws import client, translated_errors
from arxivdaily.errors import ArxivDailyError, PermanentError, TransientError
from arxivdaily.settings import load_settings

logger = Logger()

Key = TypeVar("Key")

# The queues give up on a message after six deliveries (template.yaml, maxReceiveCount). One before
# that a passing failure is made final and recorded, so only poison reaches a dead-letter queue.
LAST_ATTEMPT = 5
_LONGEST_DELAY = 900  # seconds


class ItemFailure(TypedDict):
    itemIdentifier: str


class BatchResponse(TypedDict):
    """Lambda's partial batch response: the messages that SQS is to deliver again."""

    batchItemFailures: list[ItemFailure]


def process_batch(
    event: Mapping[str, Any],
    queue_url: str,
    decode: Callable[[str], Key],
    work: Callable[[list[Key], Collection[Key]], Mapping[Key, ArxivDailyError]],
) -> BatchResponse:
    """Decode an SQS event's messages, hand them to `work`, and report what failed.

    `work` gets the distinct keys and those on their last attempt, and returns the errors by key.
    A message that cannot be decoded fails alone. A transient failure comes back after a delay
    that doubles with each attempt; anything else at the queue's own pace, towards its DLQ.
    """
    failed: list[tuple[Mapping[str, Any], ArxivDailyError]] = []
    by_key: dict[Key, list[Mapping[str, Any]]] = {}
    for message in event["Records"]:
        try:
            by_key.setdefault(decode(message["body"]), []).append(message)
        except PermanentError as undecodable:
            failed.append((message, undecodable))
    last = {key for key, found in by_key.items() if any(_attempt(m) >= LAST_ATTEMPT for m in found)}
    errors = work(list(by_key), last) if by_key else {}
    failed += [(message, error) for key, error in errors.items() for message in by_key[key]]
    for message, error in failed:
        logger.warning(
            "message comes back",
            message_id=message["messageId"],
            attempt=_attempt(message),
            error=str(error),
            kind=type(error).__name__,
        )
    _delay(queue_url, [(m, e) for m, e in failed if isinstance(e, TransientError)])
    return {"batchItemFailures": [{"itemIdentifier": m["messageId"]} for m, _error in failed]}


def _attempt(message: Mapping[str, Any]) -> int:
    return int(message.get("attributes", {}).get("ApproximateReceiveCount", 1))


def _delay(queue_url: str, failed: list[tuple[Mapping[str, Any], TransientError]]) -> None:
    """Shorten the wait of messages that failed for a passing reason.

    Best effort: without it they come back when the queue's visibility timeout ends.
    """
    base = load_settings().retry_delay
    for start in range(0, len(failed), 10):
        entries = [
            {
                "Id": str(number),
                "ReceiptHandle": message["receiptHandle"],
                "VisibilityTimeout": int(
                    min(_LONGEST_DELAY, max(error.retry_after or 0, base * 2 ** (_attempt(message) - 1)))
                ),
            }
            for number, (message, error) in enumerate(failed[start : start + 10])
        ]
        try:
            with translated_errors("delay messages"):
                client("sqs").change_message_visibility_batch(QueueUrl=queue_url, Entries=entries)
        except ArxivDailyError as error:
            logger.warning("messages come back late", error=str(error))
