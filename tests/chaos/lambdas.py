"""What Lambda does: batches of event source mappings with their concurrency, time-outs, repeats."""

from __future__ import annotations

import contextlib
import json
import random
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

from aws_resources import load_template
from chaos.faults import Faults
from chaos.kernel import Kernel, Killed, Process
from chaos.outcome import Outcome
from chaos.queues import FIFO, STAGES, Queues
from pipeline import handler, sqs_record


@dataclass
class Invocation:
    """A function at work on a batch (none for fetch)."""

    process: Process
    queue: str | None
    event: Mapping[str, Any]
    messages: Sequence[Any] = ()
    attempt: int = 1


class Lambda:
    """Runs the handlers in the kernel's time. `note` is told how invocations end that fail."""

    def __init__(
        self,
        kernel: Kernel,
        faults: Faults,
        chance: random.Random,
        queues: Queues,
        outcome: Outcome,
        note: Callable[[str], None],
    ) -> None:
        self._kernel = kernel
        self._faults = faults
        self._chance = chance
        self._queues = queues
        self._outcome = outcome
        self._note = note
        self._running: Counter[str] = Counter()
        self._numbers = 0
        # Deliveries nobody ordered: when, queue, messages.
        self._copies: list[tuple[float, str, list[Any]]] = []
        resource = load_template()["Resources"]
        self._timeouts = {
            name: float(resource[f"{name.capitalize()}Function"]["Properties"]["Timeout"])
            for name in ("fetch", "classify", "translate", "enrich", "render")
        }

    @property
    def is_busy(self) -> bool:
        """Whether any function is at work."""
        return bool(sum(self._running.values()))

    def copies_due(self) -> list[float]:
        """When messages are delivered another time."""
        return [when for when, *_ in self._copies]

    def poll(self) -> None:
        """Hand out what is due, as far as concurrency allows."""
        due = [copy for copy in self._copies if copy[0] <= self._kernel.now]
        self._copies = [copy for copy in self._copies if copy[0] > self._kernel.now]
        for _, queue, messages in due:
            self._start(queue, messages)
        for queue, name in STAGES:
            is_fifo = queue in FIFO
            while self._running[name] < (1 if is_fifo else 5):
                found = self._queues.named(queue)
                if not is_fifo and len(found.messages) > 1 and self._faults.happens(0.3, self._kernel.now):
                    self._chance.shuffle(found._messages)
                    self._faults.count("sqs", "reordered")
                size = 5 if name == "enrich" else 10
                messages = self._queues.receive(queue, size)
                if not messages:
                    break
                if self._faults.throttles(self._kernel.now):
                    self._faults.count("lambda", "throttle")
                    continue
                self._start(queue, messages)
                if self._faults.happens(0.5 if name == "render" else 0.25, self._kernel.now):
                    # At once: a message that became visible while it was being worked on. Or much later.
                    soon = (0.05, 0.1, 0.2) if name == "render" else (0.05, 0.2, 1.0, 5.0)
                    delay = self._chance.choice((*soon, 700.0, 20_000.0))
                    self._copies.append((self._kernel.now + delay, queue, messages))
                    self._faults.count("sqs", "delivered twice" if delay < 60 else "delivered again late")

    def _start(self, queue: str, messages: Sequence[Any]) -> None:
        name = dict(STAGES)[queue]
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
        self._outcome.events[f"{name} messages"] += len(records)
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
        process = Process(name, self._numbers, self._kernel.now + self._timeouts[name])
        if self._faults.happens(0.15, self._kernel.now):
            process.dies_at = 1 + int(self._chance.expovariate(1 / self._chance.choice((5, 20, 80, 200))))
        elif self._faults.happens(0.04, self._kernel.now):
            process.stalls_at = 1 + int(self._chance.expovariate(1 / self._chance.choice((5, 20, 80))))
        process.about = frozenset(_papers_in(event))
        self._running[name] += 1
        self._outcome.events[name] += 1
        invocation = Invocation(process, queue, event, messages, attempt)
        self._kernel.spawn(lambda: self._work(invocation), process)

    def _work(self, invocation: Invocation) -> None:
        process = invocation.process
        try:
            response = self._handle(invocation)
        except Killed:
            self._note(f"{process.name} {process.ended}")
            self._again(invocation)
            return
        except Exception as error:  # the runtime reports it, and the batch comes back
            self._note(f"{process.name} raised {type(error).__name__}")
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
                        self._queues.named(invocation.queue).delete_message(message.receipt_handle)

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
            get_remaining_time_in_millis=lambda: int(1000 * max(0.0, process.deadline - self._kernel.now)),
        )
        return handler(process.name)(json.loads(json.dumps(invocation.event)), context)

    def _raised(self, process: Process, error: Exception) -> None:
        from arxivdaily.errors import ArxivDailyError

        self._outcome.events[f"{process.name} raised {type(error).__name__}"] += 1
        if not isinstance(error, ArxivDailyError):
            self._outcome.wrong.append(f"{process.name} raised {type(error).__name__}: {error}")

    def _again(self, invocation: Invocation) -> None:
        """The scheduler's invocations are repeated twice, after one and two minutes."""
        if invocation.queue is None and invocation.attempt < 3:
            event, attempt = invocation.event, invocation.attempt

            def later() -> None:
                self._invoke("fetch", event, None, (), attempt + 1)

            self._kernel.spawn(later, delay=60.0 * attempt)


def _papers_in(event: Mapping[str, Any]) -> Iterator[str]:
    for record in event.get("Records", ()):
        with contextlib.suppress(ValueError, TypeError, KeyError):
            for arxiv_id, version in json.loads(record["body"])["papers"]:
                yield f"{arxiv_id}v{version}"
