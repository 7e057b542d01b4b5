"""The functions' own log: one logger, in lines that Lambda's log-level filter can read.

The filter looks for `level`, one of TRACE, DEBUG, INFO, WARN, ERROR and FATAL, and for `timestamp`, in
RFC 3339. A line in which either is something else counts as INFO ("Log-level filtering" in AWS Lambda's
Developer Guide), and Powertools writes `2026-06-18 04:05:06,789+0000`, WARNING and CRITICAL.
"""

from __future__ import annotations

from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.logging.formatter import LambdaPowertoolsFormatter

from arxivdaily.adapters.quiet import keep_others_quiet

_RFC_3339 = "%Y-%m-%dT%H:%M:%S.%FZ"  # %F: milliseconds, Powertools' own directive
_LEVELS = {"WARNING": "WARN", "CRITICAL": "FATAL"}


class LambdaFormatter(LambdaPowertoolsFormatter):
    """Powertools' lines with Lambda's names of levels, and the time in UTC."""

    def __init__(self) -> None:
        super().__init__(datefmt=_RFC_3339, utc=True)

    def serialize(self, log: Any) -> str:
        return super().serialize({**log, "level": _LEVELS.get(log["level"], log["level"])})


keep_others_quiet()
logger = Logger(logger_formatter=LambdaFormatter())
