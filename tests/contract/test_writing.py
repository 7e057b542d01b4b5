"""Writing a day on DynamoDB as it throttles: at its pace, again as a whole, and each paper once."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import count, pairwise
from typing import Any
from unittest import mock

import pytest
from arxivdaily.adapters import dynamodb
from arxivdaily.adapters.dynamodb import DynamoPaperStore
from arxivdaily.adapters.pace import Pace
from arxivdaily.domain.records import Record
from arxivdaily.errors import ConflictError, PermanentError, ThrottledError
from arxivdaily.ports import AnswerKey, ClassifyAnswer
from aws_resources import create_table, load_template
from botocore.awsrequest import AWSResponse
from fakes import MODEL, match, paper, record
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from moto import mock_aws
from moto.core.botocore_stubber import BotocoreStubber, MockRawResponse

PARTITION = 1000  # write units a second
Answer = tuple[int, dict[str, Any]] | None


class Time:
    """Seconds that pass only while somebody sleeps."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        assert seconds >= 0
        self.now += seconds


class Table:
    """moto's, before which `answers` are given in turn: None is moto's own."""

    def __init__(self, store: DynamoPaperStore, time: Time) -> None:
        self.store = store
        self.time = time
        self.answers: list[Answer] = []
        self.requests: list[tuple[float, str, dict[str, Any]]] = []
        self._moto = BotocoreStubber.__call__

    def __call__(self, stubber: BotocoreStubber, event_name: str, request: Any, **options: Any) -> Any:
        operation = event_name.rpartition(".")[2]
        answer = None
        if operation in ("TransactWriteItems", "BatchWriteItem", "PutItem"):
            self.requests.append((self.time.now, operation, json.loads(request.body)))
            answer = self.answers.pop(0) if self.answers else None
        if answer is None:
            return self._moto(stubber, event_name, request, **options)
        status, body = answer
        raw = MockRawResponse(json.dumps(body).encode())
        return AWSResponse(request.url, status, {"Content-Type": "application/x-amz-json-1.0"}, raw)

    def requested(self, operation: str) -> list[tuple[float, dict[str, Any]]]:
        return [(at, body) for at, name, body in self.requests if name == operation]


@pytest.fixture
def table() -> Iterator[Table]:
    with mock_aws():
        dynamodb.models.cache_clear()
        time = Time()
        pace = Pace(700, clock=time, sleep=time.sleep, jitter=lambda: 0.5)
        made = Table(DynamoPaperStore(create_table(load_template()), pace=pace), time)

        def stubbed(stubber: BotocoreStubber, event_name: str, request: Any, **options: Any) -> Any:
            return made(stubber, event_name, request, **options)

        # In its place: botocore calls every handler of an event, whichever answers first.
        with mock.patch.object(BotocoreStubber, "__call__", stubbed):
            yield made
    dynamodb.models.cache_clear()


@pytest.fixture(autouse=True)
def _no_pause_of_the_client(table: Table, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    import botocore.endpoint

    class Instead:
        sleep = table.time.sleep

    monkeypatch.setattr(botocore.endpoint, "time", Instead)
    table.requests.clear()
    yield
    table.answers.clear()


def cancelled(*codes: str) -> Answer:
    """As DynamoDB tells it: a reason an item, in their order."""
    reasons = [{"Code": code} | ({} if code == "None" else {"Message": f"{code} it is"}) for code in codes]
    return 400, {
        "__type": "com.amazonaws.dynamodb.v20120810#TransactionCanceledException",
        "CancellationReasons": reasons,
        "Message": "Transaction cancelled, please refer cancellation reasons for specific reasons "
        f"[{', '.join(codes)}]",
    }


THROTTLES: dict[str, Answer] = {
    "a partition": cancelled("None", "ThrottlingError"),
    "a table": cancelled("ProvisionedThroughputExceeded", "None"),
    "another transaction": cancelled("TransactionConflict", "None"),
    "a throttle beside a paper that is there": cancelled("ConditionalCheckFailed", "ThrottlingError"),
    "the account": (
        400,
        {"__type": "com.amazonaws.dynamodb.v20120810#ThrottlingException", "message": "Rate of requests"},
    ),
}
DAYS = count(1)


def day(number: int, size: int = 1000) -> list[Record]:
    """Papers of an edition of their own, each of about `size` bytes."""
    edition = f"day-{next(DAYS):05d}"
    return [
        replace(record(n), edition=edition, paper=paper(n, abstract="x" * size)) for n in range(1, number + 1)
    ]


def units(item: dict[str, Any]) -> int:
    """What DynamoDB counts: names and values."""
    size = sum(len(name) + len(next(iter(value.values())).encode()) for name, value in item.items())
    return math.ceil(size / 1024)


@pytest.mark.parametrize("why", THROTTLES)
def test_a_transaction_that_is_throttled_is_tried_again_as_a_whole(table: Table, why: str) -> None:
    papers = day(2)
    table.answers = [THROTTLES[why]] * 3
    assert table.store.add_records(papers) == 2
    assert table.store.records(papers[0].edition) == papers
    sent = table.requested("TransactWriteItems")
    assert all(len(body["TransactItems"]) == 2 for _, body in sent)
    assert not table.requested("PutItem")


@given(st.lists(st.sampled_from([*THROTTLES, "none"]), max_size=12))
@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_whatever_is_throttled_within_the_patience_each_paper_is_written_once(
    table: Table, course: list[str]
) -> None:
    papers = day(8, 30_000)  # of which a transaction takes four
    told: list[str] = []
    table.store._tell = lambda event, found: told.append(found.paper.arxiv_id)
    table.requests.clear()
    table.answers = [THROTTLES.get(why) for why in course]
    assert table.store.add_records(papers) == 8
    assert table.store.records(papers[0].edition) == papers
    assert sorted(told) == [found.paper.arxiv_id for found in papers]
    assert table.store.add_records(papers) == 0, "and again it is there"


def test_what_is_throttled_for_too_long_is_told_as_that_and_goes_on_later(table: Table) -> None:
    papers = day(3)
    table.answers = [THROTTLES["a partition"]] * 1000
    began = table.time.now
    with pytest.raises(ThrottledError, match="ThrottlingError"):
        table.store.add_records(papers)
    assert 60 < table.time.now - began <= 120
    assert table.store.records(papers[0].edition) == []
    table.answers.clear()
    assert table.store.add_records(papers) == 3


@pytest.mark.parametrize("codes", [("ValidationError", "None"), ("ThrottlingError", "ValidationError")])
def test_what_can_never_be_written_is_said_at_once(table: Table, codes: Sequence[str]) -> None:
    table.answers = [cancelled(*codes)]
    with pytest.raises(PermanentError, match="ValidationError"):
        table.store.add_records(day(2))
    assert len(table.requested("TransactWriteItems")) == 1


def test_papers_that_are_there_meanwhile_leave_the_others_to_be_written_one_by_one(
    table: Table, monkeypatch: pytest.MonkeyPatch
) -> None:
    papers = day(3)
    assert table.store.add_records(papers[:1]) == 1
    changed = replace(papers[0], reason="by another run")
    # As another run found them, a moment before.
    monkeypatch.setattr(table.store, "_known_ids", lambda _edition: set())
    assert table.store.add_records([changed, *papers[1:]]) == 2
    assert table.store.records(papers[0].edition) == papers


@pytest.mark.parametrize("size", [100, 2000, 9000, 60_000])
def test_no_second_asks_for_more_than_a_partition_takes(table: Table, size: int) -> None:
    """Counted by what was sent, of small papers and of the largest."""
    table.requests.clear()
    papers = day(160, size)
    assert table.store.add_records(papers) == 160
    asked = [
        (at, 2 * sum(units(one["Put"]["Item"]) for one in body["TransactItems"]))
        for at, body in table.requested("TransactWriteItems")
    ]
    assert len(asked) >= 4
    for at, _ in asked:
        second = sum(its for when, its in asked if at <= when < at + 1)
        assert second <= PARTITION, f"{second} units in the second from {at}"


@given(st.lists(st.floats(1, 250), min_size=1, max_size=200), st.lists(st.floats(0, 2), max_size=50))
def test_no_second_takes_more_than_the_rate_and_the_last(taken: list[float], idle: list[float]) -> None:
    time = Time()
    pace = Pace(700, clock=time, sleep=time.sleep)
    when = []
    for place, amount in enumerate(taken):
        time.sleep(idle[place] if place < len(idle) else 0)
        pace.take(amount)
        when.append((time.now, amount))
    for at, _ in when:
        assert sum(amount for its, amount in when if at <= its < at + 0.999) <= 700 + 250 + 1


def test_a_clock_that_is_put_back_makes_nobody_wait_for_hours() -> None:
    time = Time()
    pace = Pace(700, clock=time, sleep=time.sleep)
    time.now = 86_400.0
    pace.take(250)
    time.now = 0.0
    pace.take(250)
    assert time.now < 1


def test_a_table_on_this_computer_is_not_paced(table: Table, monkeypatch: pytest.MonkeyPatch) -> None:
    assert not table.store._models.is_emulated
    for address, expected in (
        ("http://127.0.0.1:4566", True),
        ("http://localhost:4566", True),
        ("https://vpce-1.dynamodb.eu-west-1.vpce.amazonaws.com", False),
    ):
        meta = table.store._models.connection.client.meta
        monkeypatch.setattr(meta, "_endpoint_url", address)
        assert table.store._models.is_emulated is expected


def test_what_a_batch_leaves_out_is_sent_again_until_it_is_in(
    table: Table, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("arxivdaily.adapters.pace.time", _Clock(table.time))
    answers = {
        AnswerKey(f"2606.{n:05d}", 1, "classify", MODEL): ClassifyAnswer((match(),), MODEL)
        for n in range(1, 31)
    }
    item = dynamodb.models("arxivdaily").answer("ANSWERS#2606.00001v1", "x", body="{}").serialize()
    refused = {"UnprocessedItems": {"arxivdaily": [{"PutRequest": {"Item": item}}]}}
    table.answers = [(200, refused)] * 4
    table.store.put_answers(answers)
    sent = table.requested("BatchWriteItem")
    sizes = [len(body["RequestItems"]["arxivdaily"]) for _, body in sent]
    assert sizes == [25, 1, 1, 1, 1, 5]
    pauses = [after - before for (before, _), (after, _) in pairwise(sent[:5])]
    assert all(pause >= 0.05 for pause in pauses)
    assert pauses[-1] > pauses[0]
    table.answers = [(200, refused)] * 100
    with pytest.raises(ThrottledError, match="left out"):
        table.store.put_answers(answers)


class _Clock:
    def __init__(self, time: Time) -> None:
        self.monotonic = time
        self.sleep = time.sleep


def test_conflicts_and_throttles_of_single_writes_are_told_apart(table: Table) -> None:
    (found,) = day(1)
    table.store.add_records([found])
    stored = table.store.save(found)
    with pytest.raises(ConflictError):
        table.store.save(replace(found, reason="another change"))
    body = {"__type": "com.amazonaws.dynamodb.v20120810#ProvisionedThroughputExceededException"}
    table.answers = [(400, body)] * 20
    with pytest.raises(ThrottledError):
        table.store.save(stored)
