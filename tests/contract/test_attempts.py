"""What `Attempts` promises, on the fake and on DynamoDB."""

from __future__ import annotations

from collections.abc import Iterator

import boto3
import pytest
from arxivdaily.adapters.dynamodb import DynamoAttempts
from arxivdaily.ports import Attempts
from aws_resources import create_table, load_template
from fakes import NOW, MemoryAttempts
from moto import mock_aws


@pytest.fixture(params=["memory", "dynamodb"])
def attempts(request: pytest.FixtureRequest) -> Iterator[Attempts]:
    if request.param == "memory":
        yield MemoryAttempts()
        return
    with mock_aws():
        yield DynamoAttempts(create_table(load_template()), lambda: NOW)


def test_deliveries_of_a_message_are_counted(attempts: Attempts) -> None:
    assert [attempts.note("a", number) for number in (2, 3, 9)] == [1, 2, 3]
    assert attempts.note("b", 2) == 1


def test_a_delivery_that_is_noted_twice_counts_once(attempts: Attempts) -> None:
    """The reply to a write may be lost, and the client sends it again."""
    assert [attempts.note("a", number) for number in (2, 2, 3, 2)] == [1, 1, 2, 2]


def test_a_delivery_that_was_no_attempt_is_forgotten(attempts: Attempts) -> None:
    attempts.note("a", 2)
    attempts.forget("a", 2)
    attempts.forget("a", 2)
    assert attempts.note("a", 3) == 1
    attempts.note("a", 4)
    attempts.forget("a", 3)
    assert attempts.note("a", 5) == 2


def test_what_was_never_noted_can_be_forgotten(attempts: Attempts) -> None:
    attempts.forget("nothing", 7)
    assert attempts.note("nothing", 8) == 1


def test_notes_end_by_themselves_after_their_message() -> None:
    with mock_aws():
        table = create_table(load_template())
        DynamoAttempts(table, lambda: NOW).note("a", 2)
        (item,) = boto3.client("dynamodb").scan(TableName=table)["Items"]
    assert item["kind"] == {"S": "claim"}, "which the journal of one computer leaves out"
    kept = int(item["expires"]["N"]) - NOW.timestamp()
    queues = [
        r["Properties"] for r in load_template()["Resources"].values() if r["Type"] == "AWS::SQS::Queue"
    ]
    assert kept > max(queue["MessageRetentionPeriod"] for queue in queues)
