"""What seeds of the suite have found of connections: answers that were lost, and calls that never arrived."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from types import SimpleNamespace
from typing import Any
from unittest import mock

import pytest
from arxivdaily import wiring
from arxivdaily.adapters.aws import client
from arxivdaily.adapters.s3 import S3SiteStore
from arxivdaily.domain.records import Provenance, Spent, State, Usage
from arxivdaily.errors import ConflictError, TransientError
from arxivdaily.ports import AnswerKey, SiteObject
from aws_resources import Resources
from botocore.awsrequest import AWSResponse
from botocore.exceptions import ConnectionClosedError, EndpointConnectionError, ReadTimeoutError
from fakes import EDITION, record
from moto.core.botocore_stubber import BotocoreStubber, MockRawResponse


@pytest.fixture(autouse=True)
def _settings(aws: Resources, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in aws.environment().items():
        monkeypatch.setenv(name, value)
    # Between two tries the client waits for up to a second.
    monkeypatch.setattr("botocore.endpoint.time", SimpleNamespace(sleep=lambda _seconds: None))


_TRIES = 4  # of DynamoDB's client


@contextlib.contextmanager
def _throttled(operation: str, times: int) -> Iterator[None]:
    """The first calls of an operation are refused."""
    original = BotocoreStubber.__call__
    refused: list[str] = []

    def stubbed(stubber: Any, event_name: str, request: Any, **options: Any) -> Any:
        if event_name.endswith(f".{operation}") and len(refused) < times:
            refused.append(event_name)
            body = MockRawResponse(json.dumps({"__type": "ThrottlingException", "message": "no"}))
            return AWSResponse(request.url, 400, {}, body)
        return original(stubber, event_name, request, **options)

    with mock.patch.object(BotocoreStubber, "__call__", stubbed):
        yield


@contextlib.contextmanager
def losing_the_answer(operation: str, times: int = 1) -> Iterator[list[str]]:
    """The first calls of an operation take effect, and their caller hears nothing."""
    original = BotocoreStubber.__call__
    lost: list[str] = []

    def stubbed(stubber: Any, event_name: str, request: Any, **options: Any) -> Any:
        answer = original(stubber, event_name, request, **options)
        if event_name.endswith(f".{operation}") and len(lost) < times:
            lost.append(event_name)
            raise ReadTimeoutError(endpoint_url=request.url)
        return answer

    with mock.patch.object(BotocoreStubber, "__call__", stubbed):
        yield lost


def test_a_record_is_saved_once_so_nothing_is_charged_twice() -> None:
    store = wiring.store()
    store.add_records([record(1)])
    spent = (Spent("classify", "model", Usage(100, 0, 10)),)
    with losing_the_answer("PutItem") as lost:
        saved = store.save(replace(store.records(EDITION)[0], spent=spent))
    assert lost
    assert store.records(EDITION) == [saved]
    assert (saved.revision, saved.spent) == (1, spent)
    with pytest.raises(ConflictError):
        store.save(replace(saved, revision=0, state=State.FAILED))


def test_added_papers_count_as_added_so_that_they_are_sent_on_their_way() -> None:
    store = wiring.store()
    papers = [record(number) for number in range(1, 4)]
    with losing_the_answer("TransactWriteItems") as lost:
        assert store.add_records(papers) == 3
    assert lost
    assert store.records(EDITION) == papers
    assert store.add_records([replace(paper, reason="another") for paper in papers]) == 0


def test_the_right_to_publish_is_not_lost_to_oneself() -> None:
    store, now = wiring.store(), wiring.utc_now()
    with losing_the_answer("PutItem") as lost:
        assert store.begin_render("one", now, now.replace(year=now.year + 1))
    assert lost


def test_a_claim_does_not_stand_in_the_way_of_who_made_it() -> None:
    store, now = wiring.store(), wiring.utc_now()
    key = AnswerKey("2606.00001", 1, "translate", Provenance("model", "prompt"))
    until = now + timedelta(minutes=16)
    with losing_the_answer("PutItem") as lost:
        assert store.claim(key, now, until)
    assert lost
    assert not store.claim(key, now, until)


def test_an_object_whose_note_could_not_be_written_is_uploaded_again(aws: Resources) -> None:
    """Or its note would still say what it was before, and be believed when it is to be that again."""
    site = S3SiteStore(client("s3"), aws.bucket, aws.table)
    was, now = (SiteObject("x/index.html", text, "text/html", "no-store") for text in (b"was", b"now"))
    site.publish(EDITION, [was])
    original = BotocoreStubber.__call__
    calls: list[str] = []

    def stubbed(stubber: Any, event_name: str, request: Any, **options: Any) -> Any:
        calls.append(event_name.rpartition(".")[2])
        if calls[-1] == "BatchWriteItem" and "PutObject" in calls:
            raise ConnectionClosedError(endpoint_url=request.url)
        return original(stubber, event_name, request, **options)

    with mock.patch.object(BotocoreStubber, "__call__", stubbed), pytest.raises(TransientError):
        site.publish(EDITION, [now], replacing=[was.path])
    assert calls[:2] == ["BatchWriteItem", "PutObject"]
    assert site.published(EDITION)[was.path] not in (was.sha256, now.sha256)


def test_a_claim_whose_every_answer_was_lost_is_given_back_and_nobody_elses_is() -> None:
    store, now = wiring.store(), wiring.utc_now()
    key = AnswerKey("2606.00001", 1, "translate", Provenance("model", "prompt"))
    until = now + timedelta(minutes=16)
    with losing_the_answer("PutItem", _TRIES) as lost, pytest.raises(TransientError):
        store.claim(key, now, until)
    assert len(lost) == _TRIES
    assert store.claim(key, now, until), "it does not wait for itself"
    with _throttled("PutItem", _TRIES), pytest.raises(TransientError):
        store.claim(key, now, until)
    assert not store.claim(key, now, until), "it is another's"


@pytest.mark.parametrize(
    "error",
    [
        ConnectionClosedError(endpoint_url="https://dynamodb"),
        ReadTimeoutError(endpoint_url="https://dynamodb"),
        EndpointConnectionError(endpoint_url="https://dynamodb"),
    ],
)
def test_a_connection_that_fails_at_every_try_is_a_passing_failure(error: Exception) -> None:
    def stubbed(stubber: Any, event_name: str, request: Any, **options: Any) -> Any:
        raise error

    store = wiring.store()
    with mock.patch.object(BotocoreStubber, "__call__", stubbed):
        for call in (lambda: store.edition(EDITION), lambda: store.add_records([record(1)])):
            with pytest.raises(TransientError):
                call()
