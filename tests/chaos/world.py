"""The application over two announcement days, in virtual time: its handlers, its queues, its schedule.

What Lambda does stands in `lambdas.py`, what the scheduler does in `schedule.py`. Queues, table and bucket
are moto's, made from template.yaml; their clock is the simulation's.
"""

from __future__ import annotations

import contextlib
import hashlib
import io
import os
import random
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any

from aws_resources import Resources
from chaos.arxiv import ArxivBoundary
from chaos.aws import Aws, Call, answers_in_records, stored_object, written_answers, written_record
from chaos.day import Day
from chaos.faults import Faults, Throttling
from chaos.kernel import Kernel, Process
from chaos.lambdas import Lambda
from chaos.models import Ledger, Models
from chaos.models_boundary import ModelBoundary
from chaos.outcome import Outcome
from chaos.queues import POISON, Queues
from chaos.readers import Readers
from chaos.schedule import midnight, poison, scheduled

_QUIET_AFTER = timedelta(hours=5)  # of the second day: what was announced is through, or was killed
_OUTLASTS = 1000.0  # seconds: longer than any function's timeout


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
        throttled: float = 0.0,
    ) -> None:
        """`brief`: fetch and repair are called less often than the template's schedules say, and the
        watch never, to save real time. `throttled`: for so many hours the account is, and nothing else
        goes wrong, whatever `intensity` says."""
        self.chance = random.Random(f"chaos {seed}")
        self.days = days
        self.resources = resources
        first, second = (date.fromisoformat(day.edition) for day in days)
        self.start = midnight(first) - 600
        self.quiet = midnight(second) + _QUIET_AFTER.total_seconds()
        self._brief = brief
        self.kernel = Kernel(self.start)
        self.faults = (
            Throttling(self.chance, self.start, self.quiet, throttled)
            if throttled
            else Faults(self.chance, self.start, self.quiet, intensity)
        )
        self.ledger = Ledger()
        self.readers = Readers()
        self.outcome = Outcome(seed)
        self.aws = Aws(self.kernel, self.faults, self.chance, self.begin, self._wrote, self._refused)
        every = [paper for day in days for paper in day.papers]
        from arxivdaily import wiring

        self.models = Models(every, [channel.slug for channel in wiring.catalogue()])
        if intensity and not throttled:
            self.models.refuse_one(random.Random(f"refused {seed}"), days[0].papers)
        self.arxiv = ArxivBoundary(self)
        self.model_boundary = ModelBoundary(self)
        self.writes = 0
        self._trace = hashlib.sha256()
        self.poisonous = frozenset(POISON)
        self._queues = Queues(resources)
        self.poison = self._queues.poison
        self._lambda = Lambda(self.kernel, self.faults, self.chance, self._queues, self.outcome, self.note)

    # --- what boundaries and checks ask -------------------------------------------------------

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
        for question in (*written_answers(call), *answers_in_records(call)):
            self.ledger.stored(question, call.process)
        if arxiv_id := written_record(call):
            self.ledger.record(arxiv_id, call.process, is_saved=True)
            item = call.body["Item"]
            self.outcome.written[item["state"]["S"], item.get("reason", {}).get("S", "")] += 1
        if call.operation == "PutObject":
            self.readers.put(*stored_object(call, self.resources.bucket), call.process.number)
        if call.operation == "GetItem" and call.process.name == "render":
            self.readers.began(call.process.number, self.kernel.now)
        if call.operation in ("PutItem", "UpdateItem", "BatchWriteItem", "TransactWriteItems", "PutEvents"):
            self.writes += 1

    def _refused(self, call: Call) -> None:
        for question in written_answers(call):
            self.ledger.refused(question, call.process)
        for question in answers_in_records(call):
            self.ledger.unsaved(question, call.process)
        if arxiv_id := written_record(call):
            self.ledger.record(arxiv_id, call.process, is_saved=False)

    def note(self, text: str) -> None:
        self._trace.update(f"{self.kernel.now:.6f} {text}\n".encode())

    def _queue(self, logical: str) -> Any:
        return self._queues.named(logical)

    # --- the course of events -----------------------------------------------------------------

    def run(self, check: Callable[[World], None]) -> Outcome:
        """Until the quiet moment of the second day, and what `check` makes of it."""
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
        self._course(self.quiet, poison(self.chance, self.faults, self.start))

    def _course(self, end: float, poisons: Iterable[tuple[float, str, str]] = ()) -> None:
        """What the schedules and the queues set going until `end`, and until it has come to its end."""
        coming = scheduled(self.kernel.now, end, self._brief)
        poison_coming = iter(sorted(poisons))
        next_call, next_poison = next(coming, None), next(poison_coming, None)
        while self.kernel.now < end or (self.faults.is_over and self._is_at_work()):
            if next_call is not None and next_call[0] <= self.kernel.now:
                self._lambda.invoke("fetch", next_call[1])
                if self.faults.happens(0.05, self.kernel.now):
                    self.faults.count("schedule", "twice")
                    self._lambda.invoke("fetch", next_call[1])
                next_call = next(coming, None)
                continue  # another may have the same minute
            if next_poison is not None and next_poison[0] <= self.kernel.now:
                self.faults.count("sqs", "poison message")
                self._queues.put_poison(next_poison[1], next_poison[2])
                next_poison = next(poison_coming, None)
            self._lambda.poll()
            times = [known[0] for known in (next_call, next_poison) if known is not None]
            self._pause(min([*times, max(end, self.kernel.now + 1)]))

    def _is_at_work(self) -> bool:
        return bool(self._lambda.is_busy or self._lambda.copies_due() or self._queues.waiting())

    def leave_alone(self, hours: float) -> None:
        """Quiet hours without a person: faults are over, the schedules go on."""
        self.faults.is_over = True
        end = self.kernel.now + hours * 3600
        self.kernel.spawn(lambda: self._course(end))
        self.kernel.run()

    def settle(self, *requests: Mapping[str, Any]) -> None:
        """A person asks for these fetches in a quiet world, and the queues run empty."""
        self.faults.is_over = True

        def work() -> None:
            for request in requests:
                self._lambda.invoke("fetch", request)
            while True:
                self._lambda.poll()
                if not self._is_at_work():
                    return
                self._pause(self.kernel.now + 3600)

        self.kernel.spawn(work)
        self.kernel.run()

    def _pause(self, until: float) -> None:
        """To the next moment at which something may happen."""
        if self._lambda.is_busy:
            soon = min(self._lambda.copies_due(), default=self.kernel.now + 2.0)
            self.kernel.sleep(min(2.0, max(0.01, soon - self.kernel.now)))
            return
        times = [until, *self._lambda.copies_due(), *self._queues.due_after(self.kernel.now)]
        self.kernel.sleep(max(0.05, min(times) - self.kernel.now))


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
