"""Server processes that end with the run that started them, however that run ends."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path

_STOP_TIMEOUT = 5.0  # seconds between asking a process to stop and killing its group


def end_with_parent() -> None:
    """Called by a child that `Child` started: kill its whole group once the parent is gone.

    The parent holds the other end of our standard input for as long as it lives, so the end of
    that file means the parent's end, by SIGKILL too. Unlike Linux's PR_SET_PDEATHSIG this works on
    every Unix and reaches grandchildren (the emulator's function workers).
    """

    def watch() -> None:
        with contextlib.suppress(OSError):
            while os.read(0, 1):
                pass
        os.killpg(os.getpgrp(), signal.SIGKILL)

    threading.Thread(target=watch, name="end-with-parent", daemon=True).start()


class Child:
    """`python -m module` in a process group of its own, its output in a log file."""

    def __init__(
        self, module: str, arguments: Sequence[str], *, environment: Mapping[str, str], log: Path
    ) -> None:
        self.log = log
        with log.open("wb") as output:
            self._process = subprocess.Popen(  # nosec B603 # our own module, no shell
                [sys.executable, "-m", module, *arguments],
                stdin=subprocess.PIPE,
                stdout=output,
                stderr=subprocess.STDOUT,
                env=dict(environment),
                start_new_session=True,
            )

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def is_running(self) -> bool:
        return self._process.poll() is None

    def stop(self) -> None:
        """Ask the process to stop, then kill whatever is left of its group; safe to repeat."""
        if self._process.stdin is None or self._process.stdin.closed:
            return
        if self.is_running:
            self._process.terminate()
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(_STOP_TIMEOUT)
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
        self._process.stdin.close()

    def log_tail(self, lines: int = 5) -> str:
        """The last lines that the process wrote, for an error message."""
        with contextlib.suppress(OSError):
            return "\n".join(self.log.read_text(errors="replace").splitlines()[-lines:])
        return ""


def free_port() -> int:
    """A TCP port of 127.0.0.1 that nobody listens on at this moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
