"""`arxivdaily redrive`: messages that were given up, shown with their reasons and sent on again."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

from arxivdaily.adapters.aws import translated_errors
from arxivdaily.adapters.sqs import decode_keys, decode_lookups, decode_render_request
from arxivdaily.errors import ArxivDailyError
from rich.console import RenderableType
from rich.text import Text

from infrastructure.operator.access import OperatorError, Readable
from infrastructure.operator.report import row, table
from infrastructure.operator.stack import STAGES, StackApplication, dead_letter_queue_of, queue_of
from infrastructure.reasons import in_english
from infrastructure.words import ARE, WERE, counted

_SHOWN = 10  # messages of a queue whose reasons are looked for
_PEEK = 20  # seconds for which a message that is looked at is hidden, unless it is given back before
_PATIENCE = 120.0  # seconds to watch SQS move messages; it goes on by itself
_UNSUPPORTED = ("InvalidAction", "UnsupportedOperation", "UnknownOperation", "NotImplemented")


@dataclass(frozen=True)
class DeadLetter:
    """A message that was given up: what it is about, and what is known of why."""

    sent: str
    about: str
    reason: str


@dataclass(frozen=True)
class DeadLetters:
    """A dead-letter queue. `moved` is None until something was done."""

    stage: str
    count: int
    shown: Sequence[DeadLetter] = ()
    moved: int | None = None
    problem: str = ""


@dataclass(frozen=True)
class Redrive:
    queues: Sequence[DeadLetters]
    dry_run: bool
    problems: Sequence[str] = field(default=())

    def data(self) -> Mapping[str, Any]:
        return {"dry_run": self.dry_run, "queues": [asdict(queue) for queue in self.queues]}

    def shown(self) -> Iterator[RenderableType]:
        if not any(queue.count for queue in self.queues):
            yield Text("No message was given up.")
        for queue in self.queues:
            if not queue.count:
                continue
            title = f"{queue.stage}: {counted(queue.count, 'message')} given up"
            made = table(title, "sent (UTC)", "about", "reason")
            for letter in queue.shown:
                row(made, letter.sent[:16].replace("T", " "), letter.about, letter.reason)
            if queue.count > len(queue.shown):
                row(made, "…", f"{queue.count - len(queue.shown)} more", "")
            yield made
            if queue.moved is not None:
                yield Text(f"{queue.stage}: {counted(queue.moved, 'message', ARE)} on the way again.")
        if self.dry_run and any(queue.count for queue in self.queues):
            yield Text("Nothing was moved (--dry-run).")


@dataclass(frozen=True)
class NothingHere:
    """A redrive on this computer, whose queues begin empty with every run."""

    again: str
    dry_run: bool
    problems: Sequence[str] = ()

    @classmethod
    def of(cls, application: Readable, *, dry_run: bool) -> NothingHere:
        """Raises OperatorError where nothing is stored."""
        newest = application.store.editions(limit=1)
        place = application.place
        return cls(place.again(newest[0].date) if newest else place.first(), dry_run)

    def data(self) -> Mapping[str, Any]:
        return {"dry_run": self.dry_run, "queues": []}

    def shown(self) -> Iterator[RenderableType]:
        yield Text("On this computer queues begin empty with every run: no message waits to be sent again.")
        yield Text(f"What failed or is untranslated is tried again by `{self.again}`")


def redrive(
    application: StackApplication,
    stages: Sequence[str],
    *,
    dry_run: bool,
    sleep: Callable[[float], None] = time.sleep,
    monotonic: Callable[[], float] = time.monotonic,
) -> Redrive:
    """Show what was given up and, unless `dry_run`, send it on again."""
    found: list[DeadLetters] = []
    problems: list[str] = []
    for stage in stages or (*STAGES, "schedule"):
        count = application.dead_letters(stage)
        letters = DeadLetters(stage, count, _peek(application, stage) if count else ())
        if count and not dry_run:
            try:
                moved = (
                    _fetch_again(application)
                    if stage == "schedule"
                    else _move(application, stage, count, sleep, monotonic)
                )
                letters = replace(letters, moved=moved)
            except (ArxivDailyError, OperatorError) as error:
                letters = replace(letters, problem=str(error))
                problems.append(f"{stage}: {error}")
        elif count:
            problems.append(f"{stage}: {counted(count, 'message', WERE)} given up")
        found.append(letters)
    return Redrive(found, dry_run, problems)


# --- looking -------------------------------------------------------------------------------


def _receive(application: StackApplication, url: str, most: int, hidden: int) -> list[Mapping[str, Any]]:
    """At most so many messages, each once."""
    messages: dict[str, Mapping[str, Any]] = {}
    while len(messages) < most:
        with translated_errors(f"read {url}"):
            answer = application.sqs.receive_message(
                QueueUrl=url,
                MaxNumberOfMessages=min(10, most - len(messages)),
                VisibilityTimeout=hidden,
                WaitTimeSeconds=1,
                MessageSystemAttributeNames=["All"],
                MessageAttributeNames=["All"],
            )
        new = [m for m in answer.get("Messages", ()) if m["MessageId"] not in messages]
        if not new:
            break
        messages.update((message["MessageId"], message) for message in new)
    return list(messages.values())


def _give_back(application: StackApplication, url: str, messages: Sequence[Mapping[str, Any]]) -> None:
    for start in range(0, len(messages), 10):
        entries = [
            {"Id": str(number), "ReceiptHandle": message["ReceiptHandle"], "VisibilityTimeout": 0}
            for number, message in enumerate(messages[start : start + 10])
        ]
        with translated_errors(f"give back what was read of {url}"):
            application.sqs.change_message_visibility_batch(QueueUrl=url, Entries=entries)


def _peek(application: StackApplication, stage: str) -> list[DeadLetter]:
    url = application.resource(dead_letter_queue_of(stage))
    messages = _receive(application, url, _SHOWN, _PEEK)
    try:
        return [_letter(application, stage, message) for message in messages]
    finally:
        _give_back(application, url, messages)


def _letter(application: StackApplication, stage: str, message: Mapping[str, Any]) -> DeadLetter:
    attributes = message.get("Attributes", {})
    sent = datetime.fromtimestamp(int(attributes.get("SentTimestamp", 0)) / 1000, UTC)
    about, reason = _explained(application, stage, message)
    return DeadLetter(sent.isoformat(timespec="seconds"), about[:300], reason[:500])


def _explained(application: StackApplication, stage: str, message: Mapping[str, Any]) -> tuple[str, str]:
    body = str(message.get("Body", ""))
    told = message.get("MessageAttributes", {})
    noted = told.get("Reason", {}).get("StringValue", "")  # by the function that gave it up
    if stage == "schedule":  # EventBridge Scheduler says why in the message's attributes
        words = [told[name]["StringValue"] for name in ("ERROR_CODE", "ERROR_MESSAGE") if name in told]
        return "the schedule could not start fetch", ": ".join(words) or body
    try:
        if stage == "render":
            return ", ".join(
                request.edition for request in decode_render_request(body)
            ), noted or "rendering failed"
        keys = [lookup.key for lookup in decode_lookups(body)] if stage == "enrich" else decode_keys(body)
    except ArxivDailyError as error:
        return body, f"{error}: it will be given up again"
    about = ", ".join(f"{key.arxiv_id}v{key.version}" for key in keys)
    records = application.store.earlier([key.arxiv_id for key in keys], "9999-12-31")
    here = {r.key: r for found in records.values() for r in found}
    reasons = dict.fromkeys(
        f"{here[key].state.value}: {in_english(here[key].reason)}".rstrip(": ")
        if key in here
        else "not in the ledger"
        for key in keys
    )
    return f"{keys[0].edition}: {about}", "; ".join(dict.fromkeys(filter(None, (noted, *reasons))))


# --- sending on again ----------------------------------------------------------------------


def _move(
    application: StackApplication,
    stage: str,
    count: int,
    sleep: Callable[[float], None],
    monotonic: Callable[[], float],
) -> int:
    """Have SQS move a queue's messages back, or move them one by one where it cannot."""
    arn = _arn(application, dead_letter_queue_of(stage))
    # Of messages that a function has put there itself SQS does not know where they came from.
    target = _arn(application, queue_of(stage))
    try:
        before = _newest_task(application, stage, arn)
        is_under_way = before.get("Status") == "RUNNING"  # an earlier command's: a queue has one at a time
        if not is_under_way:
            with translated_errors(f"move the messages of {stage}"):
                application.sqs.start_message_move_task(SourceArn=arn, DestinationArn=target)
    except ArxivDailyError as error:
        if not _is_unsupported(error):
            raise
        return _move_each(application, stage, count)
    end = monotonic() + _PATIENCE
    while True:
        task = _newest_task(application, stage, arn)
        if not is_under_way and task.get("StartedTimestamp") == before.get("StartedTimestamp"):
            task = {}  # the last command's still: the list is told of new ones a moment later
        status, moved = task.get("Status", ""), int(task.get("ApproximateNumberOfMessagesMoved", 0))
        so_far = counted(moved, "message")
        if status == "COMPLETED":
            return moved
        if status in ("FAILED", "CANCELLED"):
            raise OperatorError(f"SQS stopped after {so_far}: {task.get('FailureReason') or status}")
        if monotonic() > end:
            raise OperatorError(f"{so_far} moved so far; SQS goes on by itself")
        sleep(2)


def _newest_task(application: StackApplication, stage: str, arn: str) -> Mapping[str, Any]:
    """What SQS says of the last time that a queue's messages were moved; empty if it never was."""
    with translated_errors(f"watch the messages of {stage}"):
        tasks = application.sqs.list_message_move_tasks(SourceArn=arn, MaxResults=1).get("Results", ())
    return tasks[0] if tasks else {}


def _is_unsupported(error: ArxivDailyError) -> bool:
    from botocore.exceptions import ClientError

    cause = error.__cause__
    code = cause.response.get("Error", {}).get("Code", "") if isinstance(cause, ClientError) else ""
    return any(word in code for word in _UNSUPPORTED)


def _arn(application: StackApplication, queue: str) -> str:
    url = application.resource(queue)
    with translated_errors(f"read the name of {url}"):
        answer = application.sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])
    return str(answer["Attributes"]["QueueArn"])


def _move_each(application: StackApplication, stage: str, count: int) -> int:
    """Sent on before they are deleted: a message may come twice, none is lost."""
    source = application.resource(dead_letter_queue_of(stage))
    target = application.resource(queue_of(stage))
    moved = 0
    # Ten at a time: a group in order hands out no more until those are deleted.
    while moved < count and (messages := _receive(application, source, min(10, count - moved), 60)):
        for message in messages:
            fields: dict[str, str] = {}
            if target.endswith(".fifo"):
                # A new deduplication id: with its old one a message of the last five minutes is ignored.
                fields["MessageGroupId"] = message["Attributes"]["MessageGroupId"]
                redriven = f"redrive.{message['MessageId']}.{message['Attributes'].get('SentTimestamp', '')}"
                fields["MessageDeduplicationId"] = hashlib.sha256(redriven.encode()).hexdigest()
            with translated_errors(f"send a message of {stage} on again"):
                application.sqs.send_message(QueueUrl=target, MessageBody=message["Body"], **fields)
                application.sqs.delete_message(QueueUrl=source, ReceiptHandle=message["ReceiptHandle"])
        moved += len(messages)
    return moved


def _fetch_again(application: StackApplication) -> int:
    """What the schedule could not start is one question, however often it was asked."""
    application.fetch({})
    url = application.resource(dead_letter_queue_of("schedule"))
    answered = 0
    while messages := _receive(application, url, 100, 60):
        for message in messages:
            with translated_errors("forget what has been done"):
                application.sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
        answered += len(messages)
    return answered
