"""The application over two announcement days, in virtual time: its handlers, its queues, its schedule.

What Lambda and EventBridge do stands here: batches of an event source mapping with its concurrency,
function timeouts, a message that comes back when its visibility ends, schedules and their retries. Queues,
table and bucket are moto's, made from template.yaml; their clock is the simulation's.
"""

from __future__ import annotations

import contextlib
import hashlib
import io
import json
import os
import random
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from types import SimpleNamespace
from typing import Any

import boto3
from arxivdaily.domain.calendar import EASTERN
from aws_resources import Resources, load_template
from chaos.arxiv import ArxivBoundary
from chaos.aws import Aws, Call, stored_object, written_answers
from chaos.day import Day
from chaos.faults import Faults
from chaos.kernel import Kernel, Killed, Process
from chaos.models import Ledger, Models
from chaos.models_boundary import ModelBoundary
from chaos.readers import Readers
from moto.sqs.models import sqs_backends
from pipeline import handler, sqs_record

_STAGES = (
    ("PapersQueue", "classify"),
    ("MatchedQueue", "translate"),
    ("EnrichQueue", "enrich"),
    ("RenderQueue", "render"),
)
_QUIET_AFTER = timedelta(hours=5)  # of the second day: what was announced is through, or was killed
_POISON = ("{}", "not JSON", "[]", '{"edition":7}', '{"papers":[["x",1]]}')
_OUTLASTS = 1000.0  # seconds: longer than any function's timeout


@dataclass
class Invocation:
    """A function at work on a batch (none for fetch)."""

    process: Process
    queue: str | None
    event: Mapping[str, Any]
    messages: Sequence[Any] = ()
    attempt: int = 1


@dataclass
class Outcome:
    """What a simulation came to. `wrong` are broken promises, one line each."""

    seed: int
    wrong: list[str] = field(default_factory=list)
    events: Counter[str] = field(default_factory=Counter)
    faults: Counter[str] = field(default_factory=Counter)
    repeated: Counter[str] = field(default_factory=Counter)
    papers: int = 0
    repaired: int = 0
    calls: int = 0
    trace: str = ""


class World:
    """One simulation; `run` it once, inside `stage.set_up`."""

    def __init__(
        self,
        seed: int,
        days: tuple[Day, Day],
        resources: Resources,
        *,
        intensity: float = 1.0,
        brief: bool = False,
    ) -> None:
        """`brief`: fetch is called less often than the template's schedules say, to save real time."""
        self.chance = random.Random(f"chaos {seed}")
        self.days = days
        self.resources = resources
        first, second = (date.fromisoformat(day.edition) for day in days)
        self.start = _midnight(first) - 600
        self.quiet = _midnight(second) + _QUIET_AFTER.total_seconds()
        self.evening = _midnight(second) + 20 * 3600
        self._brief = brief
        self.kernel = Kernel(self.start)
        self.faults = Faults(self.chance, self.start, self.quiet, intensity)
        self.ledger = Ledger()
        self.readers = Readers()
        self.outcome = Outcome(seed)
        self.aws = Aws(self.kernel, self.faults, self.chance, self.begin, self._wrote, self._refused)
        every = [paper for day in days for paper in day.papers]
        from arxivdaily import wiring

        self.models = Models(every, [channel.slug for channel in wiring.catalogue()])
        self.arxiv = ArxivBoundary(self)
        self.model_boundary = ModelBoundary(self)
        self.writes = 0
        self._running: Counter[str] = Counter()
        self._numbers = 0
        self._copies: list[
            tuple[float, str, list[Any]]
        ] = []  # deliveries nobody ordered: when, queue, messages
        self._trace = hashlib.sha256()
        self.poison: Counter[str] = Counter()
        self.poisonous = frozenset(_POISON)
        resource = load_template()["Resources"]
        self._timeouts = {
            name: float(resource[f"{name.capitalize()}Function"]["Properties"]["Timeout"])
            for name in ("fetch", "classify", "translate", "enrich", "render")
        }

    # --- what the boundaries ask --------------------------------------------------------------

    def now(self) -> datetime:
        return datetime.fromtimestamp(self.kernel.now, UTC)

    def begin(self, process: Process) -> bool:
        """A process calls the world outside: whether it dies with the answer under way."""
        process.calls += 1
        if process.stalls_at == process.calls:
            self.faults.count("process", "function timeout")
            self.kernel.sleep(_OUTLASTS)
        if process.dies_at is None or process.calls < process.dies_at:
            return False
        self.faults.count("process", "kill")
        process.dies_at = None
        if self.chance.random() < 0.5:
            process.die("killed")
            self.kernel.check()
        return True

    def _wrote(self, call: Call) -> None:
        self.note(f"{call.process.name} {call.operation} {call.path}")
        for question in written_answers(call):
            self.ledger.stored(question, call.process)
        if call.operation == "PutObject":
            self.readers.put(*stored_object(call, self.resources.bucket), call.process.number)
        if call.operation == "GetItem" and call.process.name == "render":
            self.readers.began(call.process.number, self.kernel.now)
        if call.operation in ("PutItem", "UpdateItem", "BatchWriteItem", "TransactWriteItems", "PutEvents"):
            self.writes += 1

    def _refused(self, call: Call) -> None:
        for question in written_answers(call):
            self.ledger.refused(question, call.process)

    def note(self, text: str) -> None:
        self._trace.update(f"{self.kernel.now:.6f} {text}\n".encode())

    # --- the course of events -----------------------------------------------------------------

    def run(self, check: Callable[[World], None]) -> Outcome:
        """Two days with faults, a quiet evening, and what `check` makes of it."""
        with (
            self.aws,
            self.arxiv,
            self.model_boundary,
            _environment(
                {
                    **self.resources.environment(),
                    **self.arxiv.environment(),
                    **self.model_boundary.environment(),
                }
            ),
            contextlib.redirect_stdout(io.StringIO()),
        ):
            self.kernel.spawn(self._days)
            self.kernel.run()
            check(self)
        self.outcome.faults = self.faults.counts
        self.outcome.repeated = self.ledger.repeated
        self.outcome.wrong += self.ledger.wrong + self.readers.wrong
        self.outcome.calls = self.aws.calls
        self.outcome.trace = self._trace.hexdigest()[:16]
        return self.outcome

    def _days(self) -> None:
        scheduled = iter(_schedule(self.start, self.evening, self._brief))
        poison = iter(sorted(self._poison()))
        next_fetch, next_poison = next(scheduled, None), next(poison, None)
        while self.kernel.now < self.evening:
            if next_fetch is not None and next_fetch <= self.kernel.now:
                self.invoke("fetch", {})
                if self.faults.happens(0.05, self.kernel.now):
                    self.faults.count("schedule", "twice")
                    self.invoke("fetch", {})
                next_fetch = next(scheduled, None)
            if next_poison is not None and next_poison[0] <= self.kernel.now:
                self._send_poison(next_poison[1], next_poison[2])
                next_poison = next(poison, None)
            self._poll()
            times = [t for t in (next_fetch, next_poison[0] if next_poison else None) if t is not None]
            self._pause(min([*times, self.evening]))

    def settle(self, *requests: Mapping[str, Any]) -> None:
        """A quiet run: faults are over, these fetches are asked for, and the queues run empty."""
        self.faults.is_over = True

        def work() -> None:
            for request in requests:
                self.invoke("fetch", request)
            while True:
                self._poll()
                if not sum(self._running.values()) and not self._copies and not self._waiting():
                    return
                self._pause(self.kernel.now + 3600)

        self.kernel.spawn(work)
        self.kernel.run()

    def _pause(self, until: float) -> None:
        """To the next moment at which something may happen."""
        if sum(self._running.values()):
            self.kernel.sleep(2.0)
            return
        times = [until] + [when for when, *_ in self._copies]
        for queue, _ in _STAGES:
            # What is due already waits for the message before it in its group.
            due = (max(m.visible_at, m.delayed_until) / 1000 + 0.01 for m in self._queue(queue)._messages)
            times += [when for when in due if when > self.kernel.now]
        self.kernel.sleep(max(0.05, min(times) - self.kernel.now))

    def _waiting(self) -> int:
        return sum(len(self._queue(queue)._messages) for queue, _ in _STAGES)

    def _queue(self, logical: str) -> Any:
        name = self.resources.queues[logical].rsplit("/", 1)[1]
        return sqs_backends["123456789012"]["us-east-1"].queues[name]

    def _poison(self) -> Iterator[tuple[float, str, str]]:
        if not self.faults.happens(0.7, self.start):
            return
        for queue, _ in _STAGES:
            for _ in range(self.chance.choice((0, 0, 1, 2))):
                when = self.start + 600 + self.chance.choice((0, 86_400)) + self.chance.expovariate(1 / 1200)
                yield when, queue, self.chance.choice(_POISON)

    def _send_poison(self, queue: str, body: str) -> None:
        self.faults.count("sqs", "poison message")
        self.poison[queue] += 1
        group = {"MessageGroupId": "site", "MessageDeduplicationId": f"poison {self.poison[queue]}"}
        fields = group if queue in ("EnrichQueue", "RenderQueue") else {}
        boto3.client("sqs").send_message(QueueUrl=self.resources.queues[queue], MessageBody=body, **fields)

    # --- Lambda -------------------------------------------------------------------------------

    def _poll(self) -> None:
        """Hand out what is due, as far as concurrency allows."""
        due = [copy for copy in self._copies if copy[0] <= self.kernel.now]
        self._copies = [copy for copy in self._copies if copy[0] > self.kernel.now]
        for _, queue, messages in due:
            self._start(queue, messages)
        for queue, name in _STAGES:
            is_fifo = queue in ("EnrichQueue", "RenderQueue")
            while self._running[name] < (1 if is_fifo else 5):
                found = self._queue(queue)
                if not is_fifo and len(found.messages) > 1 and self.faults.happens(0.3, self.kernel.now):
                    self.chance.shuffle(found._messages)
                    self.faults.count("sqs", "reordered")
                size = 5 if name == "enrich" else 10
                messages = sqs_backends["123456789012"]["us-east-1"].receive_message(
                    found.name, size, 0, found.visibility_timeout
                )
                if not messages:
                    break
                self._start(queue, messages)
                if self.faults.happens(0.08, self.kernel.now):
                    # At once: a message that became visible while it was being worked on. Or much later.
                    delay = self.chance.choice((0.05, 1.0, 5.0, 700.0, 20_000.0))
                    self._copies.append((self.kernel.now + delay, queue, messages))
                    self.faults.count("sqs", "delivered twice" if delay < 60 else "delivered again late")

    def _start(self, queue: str, messages: Sequence[Any]) -> None:
        name = dict(_STAGES)[queue]
        records = [
            sqs_record(
                {
                    "MessageId": m.id,
                    "ReceiptHandle": m.receipt_handle,
                    "Body": m.body,
                    "Attributes": {"ApproximateReceiveCount": str(m.approximate_receive_count)},
                }
            )
            for m in messages
        ]
        self.outcome.events[f"{name} messages"] += len(records)
        self._invoke(name, {"Records": records}, queue, messages)

    def invoke(self, name: str, event: Mapping[str, Any]) -> None:
        self._invoke(name, event, None, ())

    def _invoke(
        self,
        name: str,
        event: Mapping[str, Any],
        queue: str | None,
        messages: Sequence[Any],
        attempt: int = 1,
    ) -> None:
        self._numbers += 1
        process = Process(name, self._numbers, self.kernel.now + self._timeouts[name])
        if self.faults.happens(0.15, self.kernel.now):
            process.dies_at = 1 + int(self.chance.expovariate(1 / self.chance.choice((5, 20, 80, 200))))
        elif self.faults.happens(0.04, self.kernel.now):
            process.stalls_at = 1 + int(self.chance.expovariate(1 / self.chance.choice((5, 20, 80))))
        process.about = frozenset(_papers_in(event))
        self._running[name] += 1
        self.outcome.events[name] += 1
        invocation = Invocation(process, queue, event, messages, attempt)
        self.kernel.spawn(lambda: self._work(invocation), process)

    def _work(self, invocation: Invocation) -> None:
        process = invocation.process
        try:
            response = self._handle(invocation)
        except Killed:
            self.note(f"{process.name} {process.ended}")
            self._again(invocation)
            return
        except Exception as error:  # the runtime reports it, and the batch comes back
            self.note(f"{process.name} raised {type(error).__name__}")
            self._raised(process, error)
            self._again(invocation)
            return
        finally:
            self._running[process.name] -= 1
        if invocation.queue:
            failed = {item["itemIdentifier"] for item in response["batchItemFailures"]}
            for message in invocation.messages:
                if message.id not in failed:
                    with contextlib.suppress(Exception):  # a copy's receipt is void once it is deleted
                        self._queue(invocation.queue).delete_message(message.receipt_handle)

    def _handle(self, invocation: Invocation) -> Mapping[str, Any]:
        from arxivdaily import wiring

        process = invocation.process
        # Two that work at once are two processes, each with its own connection to arXiv.
        wiring.fetch_edition.cache_clear()
        wiring.enrich_papers.cache_clear()
        context = SimpleNamespace(
            function_name=process.name,
            memory_limit_in_mb=512,
            invoked_function_arn=f"arn:aws:lambda:us-east-1:123456789012:function:{process.name}",
            aws_request_id=f"chaos-{process.number}",
            get_remaining_time_in_millis=lambda: int(1000 * max(0.0, process.deadline - self.kernel.now)),
        )
        return handler(process.name)(json.loads(json.dumps(invocation.event)), context)

    def _raised(self, process: Process, error: Exception) -> None:
        from arxivdaily.errors import ArxivDailyError

        self.outcome.events[f"{process.name} raised {type(error).__name__}"] += 1
        if not isinstance(error, ArxivDailyError):
            self.outcome.wrong.append(f"{process.name} raised {type(error).__name__}: {error}")

    def _again(self, invocation: Invocation) -> None:
        """The scheduler's invocations are repeated twice, after one and two minutes."""
        if invocation.queue is None and invocation.attempt < 3:
            event, attempt = invocation.event, invocation.attempt

            def later() -> None:
                self._invoke("fetch", event, None, (), attempt + 1)

            self.kernel.spawn(later, delay=60.0 * attempt)


def _papers_in(event: Mapping[str, Any]) -> Iterator[str]:
    for record in event.get("Records", ()):
        with contextlib.suppress(ValueError, TypeError, KeyError):
            for arxiv_id, version in json.loads(record["body"])["papers"]:
                yield f"{arxiv_id}v{version}"


def _midnight(day: date) -> float:
    return datetime.combine(day, time(0, 0), EASTERN).timestamp()


def _schedule(start: float, end: float, brief: bool) -> Iterator[float]:
    """When the template's schedules call fetch: each quarter of an hour, then each hour."""
    now = datetime.fromtimestamp(start, EASTERN).replace(minute=0, second=0, microsecond=0)
    while now.timestamp() < end:
        if brief:
            minutes: tuple[int, ...] = (
                (5, 20, 35) if now.hour == 0 else (5,) if now.hour in (1, 2, 6, 12) else ()
            )
        else:
            minutes = (5, 20, 35, 50) if now.hour <= 3 else (5,) if now.hour <= 19 else ()
        for minute in minutes:
            moment = now.replace(minute=minute).timestamp()
            if start < moment < end and now.weekday() < 5:
                yield moment
        now += timedelta(hours=1)


@contextlib.contextmanager
def _environment(values: Mapping[str, str]) -> Iterator[None]:
    before = {name: os.environ.get(name) for name in values}
    os.environ.update(values)
    from arxivdaily.settings import load_settings

    load_settings.cache_clear()
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value
        load_settings.cache_clear()
