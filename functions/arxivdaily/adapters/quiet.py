"""Other people's log lines, kept to those that name no secret."""

from __future__ import annotations

import logging

LEAST = logging.INFO


def keep_others_quiet() -> None:
    """Have every logger but our own say what is INFO or more severe, whatever `LogLevel` is.

    Lambda's runtime client gives the root logger the function's level (awslambdaric, bootstrap.py,
    `_setup_logging`) before it imports a handler. At DEBUG botocore then writes every request and answer
    whole: the decrypted key, prompts, session tokens. Our own logger has a handler of its own
    (adapters/logs.py), and nothing of it passes here.
    """
    root = logging.getLogger()
    root.setLevel(max(root.level, LEAST))
    # A logger with a level of its own does not ask the root logger's, but ends at its handlers too.
    for handler in root.handlers:
        handler.setLevel(max(handler.level, LEAST))
