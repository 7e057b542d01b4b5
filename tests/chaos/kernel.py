"""A simulation's clock and its tasks: many may be under way, one runs, and chance decides nothing.

Everything that takes time (a call to AWS, a model's answer, a pause) is `sleep` of virtual seconds.
The task that wakes first runs next, so invocations overtake one another at every call they make,
in an order that follows from the seed alone. Real time passes only for computing.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterable, Iterator
from itertools import count
from types import TracebackType
from typing import Any, Self, TypeVar

from greenlet import getcurrent, greenlet

Item = TypeVar("Item")
Result = TypeVar("Result")


class Killed(BaseException):
    """The process is gone: raised at its next call, and at every call that its clean-up tries."""


class Process:
    """One invocation of a function, with all its threads. `deadline`: when Lambda ends it."""

    def __init__(self, name: str, number: int, deadline: float) -> None:
        self.name = name
        self.number = number
        self.deadline = deadline
        self.about: frozenset[str] = frozenset()  # versioned identifiers of the papers it works on
        self.calls = 0  # to the world outside
        self.dies_at: int | None = None  # the call at which it is killed
        self.stalls_at: int | None = None  # the call that takes until the function's time is up
        self.ended: str = ""  # why, once it is dead

    def die(self, why: str) -> None:
        self.ended = self.ended or why


class Task:
    """A thread of control that runs when the kernel says so."""

    def __init__(self, kernel: Kernel, work: Callable[[], None], process: Process | None) -> None:
        self.process = process
        self.waiting: Task | None = None  # who waits for this one to end
        self.is_done = False
        self.error: BaseException | None = None
        self._kernel = kernel
        self._work = work
        self.thread = greenlet(self._run, kernel.main)

    def _run(self) -> None:
        try:
            self._work()
        except Exception as error:  # raised where somebody waits for it
            self.error = error
        except Killed as end:
            self.error = end
        self.is_done = True
        if self.waiting is not None:
            self._kernel.wake(self.waiting)


class Kernel:
    """Virtual time in seconds since the epoch, and who runs next."""

    def __init__(self, start: float) -> None:
        self.now = start
        self._task: Task | None = None
        self._queue: list[tuple[float, int, Task]] = []
        self._order = count()
        self.main = getcurrent()

    def spawn(self, work: Callable[[], None], process: Process | None = None, delay: float = 0.0) -> Task:
        task = Task(self, work, process)
        self._push(task, self.now + delay)
        return task

    def sleep(self, seconds: float) -> None:
        """Let virtual time pass; Killed if the process is dead by then. Outside of tasks: nothing."""
        task = self.current()
        if task is None:
            return
        self._push(task, self.now + max(0.0, seconds))
        self._leave()

    def park(self) -> None:
        """Wait until `wake`."""
        if self.current() is None:
            raise RuntimeError("nothing may wait outside of the simulation")
        self._leave()

    def wake(self, task: Task) -> None:
        self._push(task, self.now)

    def check(self) -> None:
        """Killed if the current process is dead."""
        task = self.current()
        process = task.process if task else None
        if process is None:
            return
        if not process.ended and self.now >= process.deadline:
            process.die("timeout")
        if process.ended:
            raise Killed(process.ended)

    def current(self) -> Task | None:
        """The task that asks; None for what is not the simulation's."""
        task = self._task
        return task if task is not None and task.thread is getcurrent() else None

    def run(self) -> None:
        """Run until nobody is left; whatever a task without a process raised is raised here."""
        while self._queue:
            wake, _, task = heapq.heappop(self._queue)
            self.now = max(self.now, wake)
            self._task = task
            task.thread.switch()
            self._task = None
            if task.is_done and task.error is not None and task.process is None:
                raise task.error

    def _push(self, task: Task, when: float) -> None:
        heapq.heappush(self._queue, (when, next(self._order), task))

    def _leave(self) -> None:
        self.main.switch()
        self.check()


def executor_for(kernel: Kernel) -> type:
    """A class that stands in for ThreadPoolExecutor (`with`, `map`), its threads the kernel's."""

    class Executor:
        def __init__(self, max_workers: int | None = None, thread_name_prefix: str = "") -> None:
            self._workers = max_workers or 1

        def __enter__(self) -> Self:
            return self

        def __exit__(
            self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
        ) -> None:
            return None

        def map(self, work: Callable[..., Result], *items: Iterable[Any]) -> Iterator[Result]:
            calls = list(zip(*items, strict=True))
            owner = kernel.current()
            if owner is None:
                return iter([work(*call) for call in calls])
            outcomes: list[tuple[Result | None, Exception | None]] = [(None, None)] * len(calls)
            places = iter(range(len(calls)))

            def worker() -> None:
                for place in places:
                    try:
                        outcomes[place] = (work(*calls[place]), None)
                    except Exception as error:  # raised where the result is asked for
                        outcomes[place] = (None, error)

            tasks = [kernel.spawn(worker, owner.process) for _ in range(min(self._workers, len(calls)))]
            for task in tasks:
                while not task.is_done:
                    task.waiting = owner
                    kernel.park()
                task.waiting = None
            kernel.check()
            return _results(outcomes)

    return Executor


def _results(outcomes: list[tuple[Any, Exception | None]]) -> Iterator[Any]:
    for result, error in outcomes:
        if error is not None:
            raise error
        yield result


def semaphore_for(kernel: Kernel) -> type:
    """A class that stands in for BoundedSemaphore, under which the kernel's tasks wait."""

    class Semaphore:
        def __init__(self, value: int = 1) -> None:
            self._free = value

        def __enter__(self) -> None:
            while self._free == 0:
                kernel.sleep(0.05)
            self._free -= 1

        def __exit__(
            self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
        ) -> None:
            self._free += 1

    return Semaphore
