"""Errors of AWS's services as ours: what says that a service takes no more is no attempt at the work."""

from __future__ import annotations

import pytest
from arxivdaily.adapters.aws import translated_errors
from arxivdaily.errors import PermanentError, ThrottledError, TransientError
from botocore.exceptions import ClientError, EndpointConnectionError


def said(code: str, status: int) -> ClientError:
    return ClientError(
        {"Error": {"Code": code, "Message": "words"}, "ResponseMetadata": {"HTTPStatusCode": status}},
        "Operation",
    )


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (said("ThrottlingException", 400), ThrottledError),  # SSM
        (said("RequestThrottled", 403), ThrottledError),  # SQS
        (said("SlowDown", 503), ThrottledError),  # S3
        (said("Throttling", 400), ThrottledError),  # CloudFront
        (said("TooManyRequestsException", 429), ThrottledError),  # Lambda
        (said("SomethingNew", 429), ThrottledError),
        (said("InternalError", 500), TransientError),
        (said("OperationAborted", 409), TransientError),
        (said("SomethingNew", 502), TransientError),
        (EndpointConnectionError(endpoint_url="https://x"), TransientError),
        (said("AccessDenied", 403), PermanentError),
    ],
)
def test_kinds_of_errors(error: Exception, expected: type[Exception]) -> None:
    with pytest.raises(expected) as caught, translated_errors("ask"):
        raise error
    assert type(caught.value) is expected
    assert str(caught.value).startswith("cannot ask: ")
