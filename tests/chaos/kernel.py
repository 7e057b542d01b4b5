"""A simulation's clock and its threads: many may be under way, one runs, and chance decides nothing.

Everything that takes time (a call to AWS, a model's answer, a pause) is `sleep` of virtual seconds.
The thread that wakes first runs next, so invocations overtake one another at every call they make,
in an order that follows from the seed alone. Real time passes only for computing.
"""

from __future__ import annotations

import heapq
import threading
from collections.abc import Callable, Iterable, Iterator
from itertools import count
from types import TracebackType
from typing import Any, Self, TypeVar

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
        self.is_finished = False  # it came to its end by itself
        self.ended: str = ""  # why, once it is dead

    def die(self, why: str) -> None:
        self.ended = self.ended or why


class Task:
    """A thread that runs when the kernel says so."""

    def __init__(self, kernel: Kernel, work: Callable[[], None], process: Process | None) -> None:
        self.process = process
        self.turn = threading.Semaphore(0)
        self.waiting: Task | None = None  # who waits for this one to end
        self.is_done = False
        self.error: BaseException | None = None
        self._kernel = kernel
        self._work = work
        self.thread = threading.Thread(target=self._run, daemon=True)

    def _run(self) -> None:
        self.turn.acquire()
        try:
            self._work()
        except BaseException as error:  # noqa: BLE001 - handed to whoever waits
            self.error = error
        self.is_done = True
        self._kernel.ended(self)


class Kernel:
    """Virtual time in seconds since the epoch, and who runs next."""

    def __init__(self, start: float) -> None:
        self.now = start
        self.task: Task | None = None
        self._queue: list[tuple[float, int, Task]] = []
        self._order = count()
        self._main = threading.Semaphore(0)

    def spawn(self, work: Callable[[], None], process: Process | None = None, delay: float = 0.0) -> Task:
        task = Task(self, work, process)
        task.thread.start()
        self._push(task, self.now + delay)
        return task

    def sleep(self, seconds: float) -> None:
        """Let virtual time pass; Killed if the process is dead by then. Outside of tasks: nothing."""
        task = self.current()
        if task is None:
            return
        self._push(task, self.now + max(0.0, seconds))
        self._leave(task)

    def park(self) -> None:
        """Wait until `wake`."""
        task = self.current()
        if task is None:
            raise RuntimeError("nothing may wait outside of the simulation")
        self._leave(task)

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
        """The task whose thread asks; None for threads that are not the simulation's."""
        task = self.task
        return task if task is not None and task.thread is threading.current_thread() else None

    def run(self) -> None:
        """Run until nobody is left; whatever a task without a process raised is raised here."""
        while self._queue:
            wake, _, task = heapq.heappop(self._queue)
            self.now = max(self.now, wake)
            self.task = task
            task.turn.release()
            self._main.acquire()
            self.task = None
            if task.is_done:
                task.thread.join()
                if task.error is not None and task.process is None:
                    raise task.error

    def ended(self, task: Task) -> None:
        """Called by a task's thread as its last act."""
        if task.waiting is not None:
            self._push(task.waiting, self.now)
        self._main.release()

    def _push(self, task: Task, when: float) -> None:
        heapq.heappush(self._queue, (when, next(self._order), task))

    def _leave(self, task: Task) -> None:
        self._main.release()
        task.turn.acquire()
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
                    except Exception as error:  # noqa: BLE001 - raised where the result is asked for
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
