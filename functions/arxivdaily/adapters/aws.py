"""AWS's clients and errors, in one place."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from functools import cache
from threading import Lock
from typing import TYPE_CHECKING, Any

from arxivdaily.adapters.quiet import keep_others_quiet
from arxivdaily.errors import PermanentError, ThrottledError, TransientError

if TYPE_CHECKING:
    from botocore.config import Config
    from botocore.session import Session

# How services say that they take no more requests now (each one's "Common errors").
THROTTLED_CODES = frozenset(
    {
        "ProvisionedThroughputExceededException",
        "RequestLimitExceeded",
        "RequestThrottled",
        "SlowDown",
        "Throttling",
        "ThrottlingException",
        "TooManyRequestsException",
    }
)
_TRANSIENT_CODES = frozenset(
    {
        "InternalError",
        "InternalFailure",
        "InternalServerError",
        "OperationAborted",
        "RequestTimeout",
        "ServiceUnavailable",
    }
)


creating = Lock()  # threads must not make clients from one session at the same time


@cache
def session() -> Session:
    """The session that every client is made from. botocore's, below boto3: boto3's transfers and resources,
    which nothing here uses, would be a tenth of a cold start (docs/adr/0021).

    Nobody makes a client before botocore is kept from telling what it sends."""
    keep_others_quiet()
    from botocore.session import get_session

    return get_session()


def new_client(service: str, config: Config) -> Any:
    with creating:
        return session().create_client(service, config=config)


@cache
def client(service: str) -> Any:
    """A client with bounded waiting and the standard retry mode; made once a process."""
    from botocore.config import Config

    return new_client(
        service,
        Config(
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
        if code in THROTTLED_CODES or status == 429:
            raise ThrottledError(message) from error
        if code in _TRANSIENT_CODES or status >= 500:
            raise TransientError(message) from error
        raise PermanentError(message) from error
    except BotoCoreError as error:
        raise TransientError(f"cannot {doing}: {type(error).__name__}: {error}") from error
