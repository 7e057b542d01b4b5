"""boto3's clients and errors, in one place."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from functools import cache
from typing import Any

from arxivdaily.errors import PermanentError, TransientError

_TRANSIENT_CODES = frozenset(
    {
        "InternalError",
        "InternalFailure",
        "InternalServerError",
        "OperationAborted",
        "RequestThrottled",
        "RequestTimeout",
        "ServiceUnavailable",
        "SlowDown",
        "Throttling",
        "ThrottlingException",
        "TooManyRequestsException",
    }
)


@cache
def client(service: str) -> Any:
    """A boto3 client with bounded waiting and the standard retry mode; made once a process."""
    import boto3
    from botocore.config import Config

    return boto3.client(
        service,
        config=Config(
            connect_timeout=3,
            read_timeout=20,
            retries={"mode": "standard", "total_max_attempts": 4},
            max_pool_connections=32,
        ),
    )


@contextlib.contextmanager
def translated_errors(doing: str) -> Iterator[None]:
    """Turn botocore's errors into ours; `doing` completes "cannot …"."""
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        yield
    except ClientError as error:
        details = error.response.get("Error", {})
        code = str(details.get("Code", ""))
        message = f"cannot {doing}: {code}: {details.get('Message', '')}"
        status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
        if code in _TRANSIENT_CODES or status >= 500:
            raise TransientError(message) from error
        raise PermanentError(message) from error
    except BotoCoreError as error:
        raise TransientError(f"cannot {doing}: {type(error).__name__}: {error}") from error
