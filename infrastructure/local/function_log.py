"""What functions say of themselves in the emulator's log, for whoever watches a run."""

from __future__ import annotations

import re
from dataclasses import dataclass

import msgspec
from arxivdaily.wiring import ANSWERS_AGAIN, IN_TROUBLE

# How ministack logs a batch whose function raised: its messages stay hidden for the queue's visibility.
_FUNCTION_FAILED = re.compile(r"Lambda (\S+) failed processing .* errorMessage=(.*)\)$")
_WARNINGS = ("WARN", "ERROR", "FATAL")


@dataclass(frozen=True, slots=True)
class ModelNews:
    """What happened to a model: `error` is empty when it answers again; `is_stopped`: it is not asked."""

    stage: str  # classify | translate
    model: str
    address: str
    error: str = ""
    kind: str = ""
    is_stopped: bool = False


class _Line(msgspec.Struct):
    level: str
    message: object = ""
    stage: str = ""
    model: str = ""
    address: str = ""
    error: str = ""
    kind: str = ""
    is_stopped: bool = False


def is_worth_keeping(line: str) -> bool:
    """Whether a function's line goes to the emulator's log: a warning, or what became of a model."""
    found = _read(line)
    return found is not None and (found.level in _WARNINGS or found.message == ANSWERS_AGAIN)


def model_news(line: str) -> ModelNews | None:
    """What a line says of a model; None for any other line."""
    found = _read(line)
    if found is None or found.message not in (IN_TROUBLE, ANSWERS_AGAIN):
        return None
    error = found.error if found.message == IN_TROUBLE else ""
    return ModelNews(found.stage, found.model, found.address, error, found.kind, found.is_stopped)


def failure(line: str) -> str | None:
    """What a function that reads from a queue raised; None for any other line."""
    found = _FUNCTION_FAILED.search(line)
    return f"{found[1]} failed: {found[2]}" if found else None


def _read(line: str) -> _Line | None:
    if not line.startswith("{"):
        return None
    try:
        return msgspec.json.decode(line, type=_Line)
    except (msgspec.MsgspecError, UnicodeError):
        return None
