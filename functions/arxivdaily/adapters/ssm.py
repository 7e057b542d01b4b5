"""Secrets from SSM's parameter store."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import datetime, timedelta

from arxivdaily.adapters.aws import client, translated_errors
from arxivdaily.errors import ConfigurationError, PermanentError
from arxivdaily.ports import Clock

_KEPT = timedelta(minutes=5)


def secret(name: str, clock: Clock) -> Callable[[], str]:
    """Reads a SecureString when it is first asked for, and anew after five minutes: a key that was
    exchanged is in use without a deployment, and calls at the same time share one request.

    What it returns raises TransientError, and ConfigurationError where the parameter is missing or may
    not be read.
    """
    lock = threading.Lock()
    kept: tuple[datetime, str] | None = None

    def read() -> str:
        nonlocal kept
        with lock:
            now = clock()
            if kept is None or now - kept[0] >= _KEPT:
                kept = (now, _read(name))
            return kept[1]

    return read


def _read(name: str) -> str:
    try:
        with translated_errors(f"read the API key from SSM parameter {name}"):
            answer = client("ssm").get_parameter(Name=name, WithDecryption=True)
    except PermanentError as error:
        raise ConfigurationError(str(error)) from error
    return str(answer["Parameter"]["Value"])
