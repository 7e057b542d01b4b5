"""What Lambda keeps of a function's output: its log-level filter, from its documentation.

"Log-level filtering", AWS Lambda Developer Guide: a JSON object counts by its key `level`; with a value that
is none of Lambda's levels, without the key, or without a valid RFC 3339 timestamp it counts as INFO. So does
what is no JSON object.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from datetime import datetime
from typing import Any

LEVELS = ("TRACE", "DEBUG", "INFO", "WARN", "ERROR", "FATAL")  # least severe first
_RFC_3339 = re.compile(
    r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]([01]\d|2[0-3]):[0-5]\d)", re.ASCII
)


def is_timestamp(text: object) -> bool:
    """Whether it is a time by RFC 3339's grammar, of a day that there is."""
    if not isinstance(text, str) or not _RFC_3339.fullmatch(text):
        return False
    try:
        datetime.fromisoformat(text[:19].upper())
    except ValueError:
        return False
    return True


def parsed(line: str) -> dict[str, Any]:
    """The line's object; empty if it is none."""
    try:
        found = json.loads(line)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def level_of(line: str) -> str:
    """What Lambda takes a line for."""
    found = parsed(line)
    level = found.get("level")
    if not is_timestamp(found.get("timestamp")) or not isinstance(level, str) or level.upper() not in LEVELS:
        return "INFO"
    return level.upper()


def kept(lines: Iterable[str], level: str) -> list[str]:
    """The lines that reach CloudWatch with this ApplicationLogLevel."""
    least = LEVELS.index(level)
    return [line for line in lines if LEVELS.index(level_of(line)) >= least]


def is_metric(line: str) -> bool:
    """Whether CloudWatch makes metrics of it (embedded metric format)."""
    return "CloudWatchMetrics" in parsed(line).get("_aws", {})
