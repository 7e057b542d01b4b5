"""The key of a model service in SSM's parameter store."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import boto3
import pytest
from arxivdaily.adapters import aws
from arxivdaily.adapters.ssm import secret
from arxivdaily.errors import ConfigurationError
from moto import mock_aws

NAME = "/arxivdaily/key"


@pytest.fixture(autouse=True)
def _moto(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
    with mock_aws():
        aws.client.cache_clear()
        yield
        aws.client.cache_clear()


def put(value: str) -> None:
    boto3.client("ssm").put_parameter(Name=NAME, Value=value, Type="SecureString", Overwrite=True)


def test_a_key_is_read_once_in_five_minutes_so_that_an_exchanged_one_is_used() -> None:
    now = [datetime(2026, 6, 18, tzinfo=UTC)]
    key = secret(NAME, lambda: now[0])
    put("first")
    assert key() == "first"
    put("second")
    now[0] += timedelta(minutes=4)
    assert key() == "first"
    now[0] += timedelta(minutes=1)
    assert key() == "second"


def test_a_parameter_that_is_not_there_is_named_each_time_until_it_is() -> None:
    key = secret(NAME, lambda: datetime(2026, 6, 18, tzinfo=UTC))
    for _ in range(2):
        with pytest.raises(ConfigurationError, match=f"SSM parameter {NAME}: ParameterNotFound"):
            key()
    put("late")
    assert key() == "late"
