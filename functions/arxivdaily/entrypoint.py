"""What the queue-driven handlers share: reading a batch, and saying which messages to deliver again."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Generic, TypedDict, TypeVar

from arxivdaily.adapters import story
from arxivdaily.adapters.aws import client, translated_errors
from arxivdaily.adapters.logs import logger
from arxivdaily.errors import ArxivDailyError, PermanentError, TransientError
from arxivdaily.ports import Attempts
from arxivdaily.settings import load_settings

Key = TypeVar("Key")
_Message = Mapping[str, Any]  # as Lambda's event has it

# A message is given up in the sixth of its deliveries that were worked on. One before that a passing failure
# is made final and recorded, so what comes to a sixth is poison. (The queues' own limit, maxReceiveCount in
# template.yaml, is SQS's highest: SQS counts deliveries that Lambda throttled, of which no function knew.)
LAST_ATTEMPT = 5
GIVE_UP_ATTEMPT = 6
SPLIT_ATTEMPT = 4  # a message with several papers has had three attempts as a whole
PATIENCE = 8  # deliveries: with growing delays about an hour, at thirty seconds for the first
_LONGEST_DELAY = 900  # seconds
# A message that is deferred for days comes less often: fourteen days of it are less than maxReceiveCount.
_OFTEN = 100  # deliveries
_RARELY = 1800  # seconds
_MOST_REASON = 500  # characters
_UNSAYABLE = re.compile(r"[^\t\n\r\x20-\ud7ff\ue000-\ufffd]")  # in an attribute of a message


class ItemFailure(TypedDict):
    itemIdentifier: str


class BatchResponse(TypedDict):
    """Lambda's partial batch response: the messages that SQS is to deliver again."""

    batchItemFailures: list[ItemFailure]


@dataclass(frozen=True, slots=True)
class _Delivery(Generic[Key]):
    """A message as it has come now. `attempt` counts the deliveries that were worked on, with this one."""

    message: _Message
    keys: Sequence[Key]
    attempt: int

    @property
    def id(self) -> str:
        return str(self.message["messageId"])

    @property
    def number(self) -> int:
        """How often SQS has handed it out, whether or not any function saw it."""
        return int(self.message.get("attributes", {}).get("ApproximateReceiveCount", 1))


_Failure = tuple[_Delivery[Key], ArxivDailyError]


def process_batch(
    event: Mapping[str, Any],
    queue_url: str,
    decode: Callable[[str], Sequence[Key]],
    work: Callable[[list[Key], Collection[Key]], Mapping[Key, ArxivDailyError]],
    send_apart: Callable[[Sequence[Key]], None] | None = None,
    *,
    is_fifo: bool = False,
    give_up: Callable[[Sequence[Key]], Mapping[Key, ArxivDailyError]] | None = None,
    put_off: Callable[[Mapping[Key, ArxivDailyError]], Mapping[Key, ArxivDailyError]] | None = None,
    dead_letters: str = "",
    attempts: Attempts | None = None,
) -> BatchResponse:
    """Decode an SQS event's messages, hand their keys to `work`, and report what failed.

    `work` gets the distinct keys and those on their last attempt, and returns the errors by key.
    A message that cannot be decoded fails alone; one with several keys fails if any of them does.
    A transient failure comes back after a delay that doubles with each delivery; anything else at
    the queue's own pace, towards its DLQ.

    A delivery is an attempt if a function worked on it and it was not deferred (`DeferredError`: throttled by
    a model, say). `attempts` remembers them; without it each delivery counts as one. The first delivery is
    noted only if it fails in order, which spares a day without failures every write; so a message that
    crashes its function is delivered once more.

    With `send_apart`, a message with several keys that keeps coming back is replaced by a message
    a key, so that one poisonous key does not take its neighbours to the DLQ.

    In a FIFO queue a hidden message holds up its whole group, so there (`is_fifo`) what failed for
    good comes back at once, until it is in the DLQ.

    A message in its last attempt has crashed its function each time. With `give_up` it is not worked on
    again: its keys are recorded as given up. With `dead_letters`, the DLQ's URL, such a message, one that
    fails in its last attempt, and at once one that cannot be read are put there from here, with the
    reason (SQS, which moves what is left, knows none).

    With `put_off`, keys that were deferred through `PATIENCE` deliveries are recorded as waiting, and their
    messages are done.
    """
    read, unread = _read(event["Records"], decode)
    logger.debug(
        "messages received",
        messages=len(read) + len(unread),
        keys=sum(len(delivery.keys) for delivery in read),
    )
    read, uncounted = _counted(read, attempts)
    failed = [*unread, *uncounted]
    if send_apart:
        read, unsent = _split(read, send_apart)
        failed += unsent
    if give_up:
        read, given_up = _give_up(read, give_up)
        failed += given_up
    failed += _work(read, work, put_off)
    if dead_letters:
        failed = _bury_the_dead(dead_letters, failed, unread, is_fifo=is_fifo)
    if attempts:
        unknown = {delivery.id for delivery, _ in uncounted}
        _note_attempts(attempts, [failure for failure in failed if failure[0].id not in unknown])
    for delivery, error in failed:
        logger.warning(
            "message comes back",
            correlation_id=delivery.id,
            attempt=delivery.attempt,
            delivery=delivery.number,
            error=str(error),
            kind=type(error).__name__,
        )
    _delay(
        queue_url,
        [(d, e) for d, e in failed if is_fifo or isinstance(e, TransientError)],
        is_fifo=is_fifo,
    )
    return {"batchItemFailures": [{"itemIdentifier": delivery.id} for delivery, _ in failed]}


def _read(
    records: Sequence[_Message], decode: Callable[[str], Sequence[Key]]
) -> tuple[list[_Delivery[Key]], list[_Failure[Key]]]:
    """The messages with their keys, and those that cannot be read."""
    read: list[_Delivery[Key]] = []
    unread: list[_Failure[Key]] = []
    for message in records:
        bare: _Delivery[Key] = _Delivery(message, (), 1)
        try:
            read.append(_Delivery(message, decode(message["body"]), bare.number))
        except ArxivDailyError as error:
            unread.append((_Delivery(message, (), bare.number), error))
    return read, unread


def _counted(
    read: Sequence[_Delivery[Key]], attempts: Attempts | None
) -> tuple[list[_Delivery[Key]], list[_Failure[Key]]]:
    """The messages with the number of their attempt, noted as begun; and those of which that could not be
    noted, which are not worked on: should they crash, nobody would know."""
    if attempts is None:
        return list(read), []
    counted: list[_Delivery[Key]] = []
    failed: list[_Failure[Key]] = []
    for delivery in read:
        if delivery.number == 1:
            counted.append(delivery)
            continue
        try:
            attempt = attempts.note(delivery.id, delivery.number)
        except ArxivDailyError as error:
            failed.append((replace(delivery, attempt=1), error))
        else:
            counted.append(replace(delivery, attempt=attempt))
    return counted, failed


def _note_attempts(attempts: Attempts, failed: Iterable[_Failure[Key]]) -> None:
    """Have attempts noted, and those forgotten that were none. Best effort: without it a message has one more
    attempt, or one less."""
    for delivery, error in failed:
        try:
            if error.is_attempt and delivery.number == 1:
                attempts.note(delivery.id, delivery.number)
            elif not error.is_attempt and delivery.number > 1:
                attempts.forget(delivery.id, delivery.number)
        except ArxivDailyError as trouble:
            logger.warning("attempt is miscounted", error=str(trouble), correlation_id=delivery.id)


def _split(
    read: Sequence[_Delivery[Key]], send_apart: Callable[[Sequence[Key]], None]
) -> tuple[list[_Delivery[Key]], list[_Failure[Key]]]:
    """Replace messages that keep coming back by a message a key: what is left, and what was not split."""
    left: list[_Delivery[Key]] = []
    unsent: list[_Failure[Key]] = []
    for delivery in read:
        if len(delivery.keys) <= 1 or delivery.attempt < SPLIT_ATTEMPT:
            left.append(delivery)
            continue
        for key in delivery.keys:
            logger.warning("message is split", **{**story.about(key), "correlation_id": delivery.id})
        try:
            send_apart(delivery.keys)
        except ArxivDailyError as error:
            unsent.append((delivery, error))
    return left, unsent


def _give_up(
    read: Sequence[_Delivery[Key]],
    give_up: Callable[[Sequence[Key]], Mapping[Key, ArxivDailyError]],
) -> tuple[list[_Delivery[Key]], list[_Failure[Key]]]:
    """Have the keys of messages in their last attempt recorded: what is left, and these with the reason."""
    left = [delivery for delivery in read if delivery.attempt < GIVE_UP_ATTEMPT]
    last = [delivery for delivery in read if delivery.attempt >= GIVE_UP_ATTEMPT]
    if not last:
        return left, []
    keys = list(dict.fromkeys(key for delivery in last for key in delivery.keys))
    try:
        unrecorded = give_up(keys)
    except ArxivDailyError as trouble:  # the others' work has nothing to do with it
        unrecorded = dict.fromkeys(keys, trouble)
    failed: list[_Failure[Key]] = []
    for delivery in last:
        error = next((unrecorded[key] for key in delivery.keys if key in unrecorded), None)
        failed.append((delivery, error or PermanentError("every function that worked on it crashed")))
    return left, failed


def _work(
    read: Sequence[_Delivery[Key]],
    work: Callable[[list[Key], Collection[Key]], Mapping[Key, ArxivDailyError]],
    put_off: Callable[[Mapping[Key, ArxivDailyError]], Mapping[Key, ArxivDailyError]] | None,
) -> list[_Failure[Key]]:
    """Have the keys worked on, each once; the messages that failed, one error each."""
    if not (distinct := list(dict.fromkeys(key for delivery in read for key in delivery.keys))):
        return []
    last = {key for delivery in read if delivery.attempt >= LAST_ATTEMPT for key in delivery.keys}
    first = {key: delivery.id for delivery in reversed(read) for key in delivery.keys}
    with story.brought(first):
        try:
            errors = dict(work(distinct, last))
        except ArxivDailyError as trouble:  # of no paper: a table that throttles, a queue that is away
            errors = dict.fromkeys(distinct, trouble)
        if put_off:
            errors = _put_off(read, errors, put_off)
        for key, error in errors.items():
            logger.warning("comes back", error=str(error), kind=type(error).__name__, **story.about(key))
    failed: list[_Failure[Key]] = []
    for delivery in read:
        found = [errors[key] for key in delivery.keys if key in errors]
        # A message whose work was in part deferred has had no attempt as a whole. Else what passes decides
        # when it comes back: the rest of the message is tried with it.
        found.sort(key=lambda error: (error.is_attempt, not isinstance(error, TransientError)))
        failed += [(delivery, error) for error in found[:1]]
    return failed


def _put_off(
    read: Sequence[_Delivery[Key]],
    errors: Mapping[Key, ArxivDailyError],
    put_off: Callable[[Mapping[Key, ArxivDailyError]], Mapping[Key, ArxivDailyError]],
) -> dict[Key, ArxivDailyError]:
    """What is left of the errors when keys that were deferred often enough have been put off. What could not
    be recorded is deferred once more."""
    weary = {
        key: error
        for delivery in read
        if delivery.number >= PATIENCE
        for key in delivery.keys
        if (error := errors.get(key)) is not None and not error.is_attempt
    }
    if not weary:
        return dict(errors)
    try:
        unrecorded = put_off(weary)
    except ArxivDailyError as trouble:
        unrecorded = dict.fromkeys(weary, trouble)
    for key, error in unrecorded.items():
        logger.warning("cannot be put off", error=str(error), **story.about(key))
    return {key: error for key, error in errors.items() if key not in weary or key in unrecorded}


def _bury_the_dead(
    url: str, failed: Sequence[_Failure[Key]], unread: Sequence[_Failure[Key]], *, is_fifo: bool
) -> list[_Failure[Key]]:
    """Bury what nobody can read and what has no further attempt; what of `failed` is left for SQS."""
    hopeless = {delivery.id for delivery, _ in unread}
    left: list[_Failure[Key]] = []
    for delivery, error in failed:
        is_dead = delivery.id in hopeless or (delivery.attempt >= GIVE_UP_ATTEMPT and error.is_attempt)
        if not (is_dead and _bury(url, delivery, error, is_fifo=is_fifo)):
            left.append((delivery, error))
    return left


def _bury(url: str, delivery: _Delivery[Key], error: ArxivDailyError, *, is_fifo: bool) -> bool:
    """Put a message where the dead ones are, with the reason; False if that failed, and it comes back."""
    reason = _UNSAYABLE.sub("?", str(error))[:_MOST_REASON] or type(error).__name__
    told = {"Reason": reason, "MessageId": delivery.id, "Deliveries": str(delivery.number)}
    fields: dict[str, Any] = {
        "MessageAttributes": {
            name: {"DataType": "String", "StringValue": text} for name, text in told.items()
        }
    }
    if is_fifo:
        group = delivery.message.get("attributes", {}).get("MessageGroupId", "dead")
        fields |= {"MessageGroupId": group, "MessageDeduplicationId": delivery.id}
    try:
        with translated_errors("put a message where the dead ones are"):
            client("sqs").send_message(QueueUrl=url, MessageBody=delivery.message["body"], **fields)
    except ArxivDailyError as failure:
        logger.error("message cannot be put aside", error=str(failure), correlation_id=delivery.id)
        return False
    logger.error("message given up", reason=reason, correlation_id=delivery.id, attempt=delivery.attempt)
    return True


def _wait(delivery: _Delivery[Key], error: ArxivDailyError, base: int, *, is_fifo: bool) -> int:
    """Seconds until a message is delivered again; a FIFO group waits for no longer than it must."""
    if not isinstance(error, TransientError):
        return 0
    usual = base * 2 ** min(delivery.number - 1, 20)
    wait = error.retry_after if is_fifo and error.retry_after is not None else None
    if wait is None:
        wait = max(error.retry_after or 0, usual)
    if delivery.number >= _OFTEN:
        return _RARELY
    return int(min(_LONGEST_DELAY, wait))


def _delay(queue_url: str, failed: Sequence[_Failure[Key]], *, is_fifo: bool) -> None:
    """Shorten the wait of messages that need not wait for the visibility timeout.

    Best effort: without it they come back when the queue's visibility timeout ends.
    """
    base = load_settings().retry_delay
    for start in range(0, len(failed), 10):
        entries = [
            {
                "Id": str(number),
                "ReceiptHandle": delivery.message["receiptHandle"],
                "VisibilityTimeout": _wait(delivery, error, base, is_fifo=is_fifo),
            }
            for number, (delivery, error) in enumerate(failed[start : start + 10])
        ]
        try:
            with translated_errors("delay messages"):
                client("sqs").change_message_visibility_batch(QueueUrl=queue_url, Entries=entries)
        except ArxivDailyError as error:
            logger.warning("messages come back late", error=str(error))
