"""Partial batch responses."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from typing import Any

import pytest
from arxivdaily import entrypoint, settings
from arxivdaily.adapters.sqs import decode_keys, decode_render_request, encode_keys
from arxivdaily.domain.papers import PaperKey
from arxivdaily.errors import (
    ArxivDailyError,
    OutOfTimeError,
    PermanentError,
    ThrottledError,
    TransientError,
)
from arxivdaily.ports import RenderRequest
from fakes import MemoryAttempts
from hypothesis import HealthCheck, given
from hypothesis import settings as settings_of_hypothesis
from hypothesis import strategies as st

A = PaperKey("2026-06-18", "2606.00001", 1)
B = PaperKey("2026-06-18", "2606.00002", 1)


class FakeSqs:
    def __init__(self) -> None:
        self.delays: dict[str, int] = {}
        self.error: Exception | None = None
        self.sent: list[dict[str, Any]] = []

    def send_message(self, **fields: Any) -> None:
        if self.error:
            raise self.error
        self.sent.append(fields)

    def change_message_visibility_batch(self, QueueUrl: str, Entries: list[dict[str, Any]]) -> None:  # noqa: N803
        if self.error:
            raise self.error
        self.delays.update({e["ReceiptHandle"]: e["VisibilityTimeout"] for e in Entries})


@pytest.fixture
def sqs(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeSqs]:
    fake = FakeSqs()
    monkeypatch.setattr(entrypoint, "client", lambda _service: fake)
    monkeypatch.setenv("RETRY_DELAY", "10")
    settings.load_settings.cache_clear()
    yield fake
    settings.load_settings.cache_clear()


def message(name: str, body: str, attempt: int = 1) -> dict[str, Any]:
    return {
        "messageId": name,
        "receiptHandle": f"handle-{name}",
        "body": body,
        "attributes": {"ApproximateReceiveCount": str(attempt)},
    }


def run(
    records: list[dict[str, Any]],
    errors: Mapping[PaperKey, ArxivDailyError],
    send_apart: Callable[[Sequence[PaperKey]], None] | None = None,
    *,
    is_fifo: bool = False,
) -> tuple[list[str], list[PaperKey], Collection[PaperKey]]:
    seen: list[tuple[list[PaperKey], Collection[PaperKey]]] = []

    def work(keys: list[PaperKey], last: Collection[PaperKey]) -> Mapping[PaperKey, ArxivDailyError]:
        seen.append((keys, last))
        return {key: error for key, error in errors.items() if key in keys}

    response = entrypoint.process_batch(
        {"Records": records}, "queue", decode_keys, work, send_apart, is_fifo=is_fifo
    )
    failed = [item["itemIdentifier"] for item in response["batchItemFailures"]]
    return failed, *(seen[0] if seen else ([], []))


def test_a_good_batch_reports_nothing(sqs: FakeSqs) -> None:
    assert run([message("a", encode_keys([A])), message("b", encode_keys([B]))], {}) == ([], [A, B], set())
    assert sqs.delays == {}


@pytest.mark.parametrize(
    "body",
    [
        "",
        "{",
        "[]",
        "null",
        '{"edition": "2026-06-18"}',
        '{"edition":"2026-06-18","papers":[["../x",1]]}',
        '{"edition":"2026-06-18","papers":[["2606.00001"]]}',
        '{"edition":"2026-06-18","papers":[]}',
    ],
)
def test_a_message_that_cannot_be_read_fails_alone(sqs: FakeSqs, body: str) -> None:
    failed, keys, _ = run([message("poison", body), message("a", encode_keys([A]))], {})
    assert (failed, keys) == (["poison"], [A])


def test_only_poison_asks_no_work(sqs: FakeSqs) -> None:
    assert run([message("poison", "{")], {}) == (["poison"], [], [])


def test_a_paper_that_comes_twice_in_a_batch_is_worked_on_once(sqs: FakeSqs) -> None:
    records = [message("a", encode_keys([A])), message("again", encode_keys([A]))]
    failed, keys, _ = run(records, {A: TransientError("later")})
    assert (failed, keys) == (["a", "again"], [A])


def test_passing_failures_come_back_with_growing_delays(sqs: FakeSqs) -> None:
    records = [message("a", encode_keys([A])), message("b", encode_keys([B]), attempt=3)]
    run(records, {A: TransientError("x", retry_after=25.0), B: TransientError("x")})
    assert sqs.delays == {"handle-a": 25, "handle-b": 40}


def test_lasting_failures_keep_the_queues_own_pace(sqs: FakeSqs) -> None:
    failed, _, _ = run([message("a", encode_keys([A]))], {A: PermanentError("unknown paper")})
    assert (failed, sqs.delays) == (["a"], {})


def test_in_a_fifo_queue_poison_does_not_hold_up_the_others(sqs: FakeSqs) -> None:
    records = [message("poison", "{"), message("a", encode_keys([A])), message("b", encode_keys([B]))]
    errors = {A: PermanentError("unknown paper"), B: TransientError("x", retry_after=25.0)}
    run(records, errors, is_fifo=True)
    assert sqs.delays == {"handle-poison": 0, "handle-a": 0, "handle-b": 25}


def test_the_attempt_before_the_dead_letter_queue_is_the_last(sqs: FakeSqs) -> None:
    records = [message("a", encode_keys([A]), attempt=5), message("b", encode_keys([B]), attempt=4)]
    assert run(records, {})[2] == {A}


def test_a_message_fails_if_any_of_its_papers_does_and_what_passes_decides_when_it_comes_back(
    sqs: FakeSqs,
) -> None:
    records = [message("ab", encode_keys([A, B])), message("b", encode_keys([B]))]
    failed, keys, _ = run(records, {A: PermanentError("never"), B: TransientError("x", retry_after=99)})
    assert (failed, keys) == (["ab", "b"], [A, B])
    assert sqs.delays == {"handle-ab": 99, "handle-b": 99}
    assert run(records, {A: PermanentError("never")})[0] == ["ab"]


def test_a_message_that_keeps_coming_back_is_split(sqs: FakeSqs) -> None:
    """A paper that kills the function does not take its neighbours to the dead-letter queue."""
    apart: list[Sequence[PaperKey]] = []
    both = encode_keys([A, B])
    assert run([message("ab", both, attempt=3)], {}, apart.append) == ([], [A, B], set())
    records = [message("ab", both, attempt=4), message("a", encode_keys([A]), attempt=4)]
    assert run(records, {}, apart.append) == ([], [A], set())
    assert apart == [[A, B]]


def test_a_message_that_cannot_be_split_comes_back(sqs: FakeSqs) -> None:
    def broken(_keys: Sequence[PaperKey]) -> None:
        raise TransientError("the queue is not there")

    assert run([message("ab", encode_keys([A, B]), attempt=4)], {}, broken)[0] == ["ab"]


def test_a_delay_that_cannot_be_set_loses_nothing(sqs: FakeSqs) -> None:
    from botocore.exceptions import EndpointConnectionError

    sqs.error = EndpointConnectionError(endpoint_url="x")
    assert run([message("a", encode_keys([A]))], {A: TransientError("later")})[0] == ["a"]


# --- the last attempt ------------------------------------------------------------------------


def last_delivery(
    sqs: FakeSqs,
    records: list[dict[str, Any]],
    errors: Mapping[PaperKey, ArxivDailyError],
    *,
    unrecorded: Mapping[PaperKey, ArxivDailyError] | None = None,
    is_fifo: bool = False,
    gives_up: bool = True,
) -> tuple[list[str], list[PaperKey], list[PaperKey]]:
    """The messages left to SQS, the papers worked on, and those given up."""
    worked: list[PaperKey] = []
    dead: list[PaperKey] = []

    def work(keys: list[PaperKey], _last: Collection[PaperKey]) -> Mapping[PaperKey, ArxivDailyError]:
        worked.extend(keys)
        return {key: errors[key] for key in keys if key in errors}

    def give_up(keys: Sequence[PaperKey]) -> Mapping[PaperKey, ArxivDailyError]:
        dead.extend(keys)
        return unrecorded or {}

    response = entrypoint.process_batch(
        {"Records": records},
        "queue",
        decode_keys,
        work,
        is_fifo=is_fifo,
        give_up=give_up if gives_up else None,
        dead_letters="dead",
    )
    return [item["itemIdentifier"] for item in response["batchItemFailures"]], worked, dead


def reasons(sqs: FakeSqs) -> dict[str, str]:
    return {m["MessageBody"]: m["MessageAttributes"]["Reason"]["StringValue"] for m in sqs.sent}


def test_what_comes_a_sixth_time_is_recorded_and_not_worked_on(sqs: FakeSqs) -> None:
    records = [message("a", encode_keys([A]), attempt=6), message("b", encode_keys([B]), attempt=5)]
    assert last_delivery(sqs, records, {}) == ([], [B], [A])
    assert reasons(sqs) == {encode_keys([A]): "every function that worked on it crashed"}
    (sent,) = sqs.sent
    assert sent["QueueUrl"] == "dead"
    assert sent["MessageAttributes"]["MessageId"]["StringValue"] == "a"
    assert "MessageGroupId" not in sent


def test_what_cannot_be_recorded_is_dead_all_the_same_and_says_so(sqs: FakeSqs) -> None:
    records = [message("a", encode_keys([A]), attempt=6)]
    away = {A: TransientError("the table is away")}
    assert last_delivery(sqs, records, {}, unrecorded=away) == ([], [], [A])
    assert reasons(sqs) == {encode_keys([A]): "the table is away"}


def test_a_message_that_cannot_be_read_is_put_aside_at_once_with_the_reason(sqs: FakeSqs) -> None:
    failed, worked, _ = last_delivery(sqs, [message("poison", "{"), message("a", encode_keys([A]))], {})
    assert (failed, worked) == ([], [A])
    assert reasons(sqs)["{"].startswith("not a message about papers")
    assert sqs.delays == {}


@pytest.mark.parametrize(("attempt", "left"), [(4, ["ab"]), (6, [])])
def test_a_message_that_cannot_be_split_is_put_aside_in_its_last_delivery_only(
    sqs: FakeSqs, attempt: int, left: list[str]
) -> None:
    def broken(_keys: Sequence[PaperKey]) -> None:
        raise TransientError("the queue is busy")

    both = encode_keys([A, B])
    response = entrypoint.process_batch(
        {"Records": [message("ab", both, attempt)]},
        "queue",
        decode_keys,
        lambda _keys, _last: {},
        broken,
        dead_letters="dead",
    )
    assert [item["itemIdentifier"] for item in response["batchItemFailures"]] == left
    assert reasons(sqs) == ({} if left else {both: "the queue is busy"})


def test_a_failure_in_the_last_delivery_takes_its_reason_along(sqs: FakeSqs) -> None:
    records = [message("a", encode_keys([A]), attempt=6), message("b", encode_keys([B]), attempt=2)]
    errors = {A: TransientError("S3 refuses\x00 an upload" + "!" * 900), B: TransientError("later")}
    assert last_delivery(sqs, records, errors, is_fifo=True, gives_up=False) == (["b"], [A, B], [])
    (sent,) = sqs.sent
    reason = sent["MessageAttributes"]["Reason"]["StringValue"]
    assert reason.startswith("S3 refuses? an upload!")
    assert len(reason) == 500
    assert (sent["MessageGroupId"], sent["MessageDeduplicationId"]) == ("dead", "a")
    assert sqs.delays == {"handle-b": 20}


def test_what_cannot_be_put_aside_is_left_to_sqs(sqs: FakeSqs) -> None:
    from botocore.exceptions import EndpointConnectionError

    sqs.error = EndpointConnectionError(endpoint_url="x")
    assert last_delivery(sqs, [message("poison", "{"), message("a", encode_keys([A]), 6)], {}) == (
        ["poison", "a"],
        [],
        [A],
    )


# --- what is an attempt ----------------------------------------------------------------------


class Queue:
    """A message in a standard queue, its functions, and what became of its paper. `deliver` says how."""

    def __init__(self, sqs: FakeSqs) -> None:
        self.sqs = sqs
        self.attempts = MemoryAttempts()
        self.number = 0
        self.given_up: list[PaperKey] = []
        self.put_off: list[PaperKey] = []
        self.final: list[PaperKey] = []
        self.is_gone = False

    def deliver(self, how: str) -> None:
        self.number += 1
        if how == "throttled by Lambda":
            return
        sent = len(self.sqs.sent)
        event = {"Records": [message("a", encode_keys([A]), self.number)]}

        def work(keys: list[PaperKey], last: Collection[PaperKey]) -> Mapping[PaperKey, ArxivDailyError]:
            if how == "crashes":
                raise MemoryError
            error = {
                "throttled": ThrottledError("Too many tokens per day"),
                "out of time": OutOfTimeError(),
                "fails": TransientError("HTTP 503"),
                "away": ThrottledError("the table is throttled"),
            }[how]
            if how == "away":
                raise error
            if how == "fails" and A in last:
                self.final += keys
                return {}
            return dict.fromkeys(keys, error)

        def give_up(keys: Sequence[PaperKey]) -> Mapping[PaperKey, ArxivDailyError]:
            self.given_up += keys
            return {}

        try:
            response = entrypoint.process_batch(
                event,
                "queue",
                decode_keys,
                work,
                give_up=give_up,
                dead_letters="dead",
                attempts=self.attempts,
            )
        except MemoryError:
            return
        self.is_gone = not response["batchItemFailures"]
        assert len(self.sqs.sent) == sent + bool(self.given_up)


DEFERRED = ("throttled by Lambda", "throttled", "out of time", "away")
COURSES = st.lists(st.sampled_from([*DEFERRED, "fails", "crashes"]), max_size=40)


@given(COURSES)
@settings_of_hypothesis(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_message_ends_by_its_attempts_alone(sqs: FakeSqs, course: list[str]) -> None:
    """Whatever throttles it, however often: its fifth attempt is the last, and its sixth is given up. A crash
    in the very first delivery leaves no trace."""
    queue = Queue(sqs)
    attempts = 0
    for place, how in enumerate(course):
        queue.deliver(how)
        attempts += how in ("fails", "crashes") and (place > 0 or how == "fails")
        if queue.is_gone:
            break
        assert not queue.given_up
        assert not queue.final
        assert len(queue.attempts.deliveries.get("a", ())) == attempts
    assert not queue.given_up or attempts + (how in DEFERRED) >= entrypoint.GIVE_UP_ATTEMPT
    assert not queue.final or attempts == entrypoint.LAST_ATTEMPT


@pytest.mark.parametrize("how", DEFERRED)
def test_throttling_alone_never_ends_a_message(sqs: FakeSqs, how: str) -> None:
    queue = Queue(sqs)
    for _ in range(700):
        queue.deliver(how)
    assert (queue.given_up, queue.final, queue.is_gone, sqs.sent) == ([], [], False, [])
    queue.deliver("fails")
    assert (queue.given_up, queue.final) == ([], []), "this is its first attempt"


def test_what_no_function_ever_saw_is_worked_on_when_one_does(sqs: FakeSqs) -> None:
    worked: list[PaperKey] = []

    def work(keys: list[PaperKey], last: Collection[PaperKey]) -> Mapping[PaperKey, ArxivDailyError]:
        assert not last
        worked.extend(keys)
        return {}

    def give_up(_keys: Sequence[PaperKey]) -> Mapping[PaperKey, ArxivDailyError]:
        raise AssertionError

    records = [message("a", encode_keys([A]), attempt=6), message("b", encode_keys([B]), attempt=40)]
    response = entrypoint.process_batch(
        {"Records": records}, "queue", decode_keys, work, give_up=give_up, attempts=MemoryAttempts()
    )
    assert (response["batchItemFailures"], worked) == ([], [A, B])


def test_without_a_failure_no_attempt_is_noted(sqs: FakeSqs) -> None:
    class Nothing(MemoryAttempts):
        def note(self, message: str, delivery: int) -> int:
            raise AssertionError

    records = [message("a", encode_keys([A]))]
    response = entrypoint.process_batch(
        {"Records": records}, "queue", decode_keys, lambda _keys, _last: {}, attempts=Nothing()
    )
    assert response == {"batchItemFailures": []}


def test_what_cannot_be_noted_is_not_worked_on(sqs: FakeSqs) -> None:
    """A crash would leave no trace, for ever."""

    class Away(MemoryAttempts):
        def note(self, message: str, delivery: int) -> int:
            raise TransientError("the table is away")

    worked: list[PaperKey] = []

    def work(keys: list[PaperKey], _last: Collection[PaperKey]) -> Mapping[PaperKey, ArxivDailyError]:
        worked.extend(keys)
        return dict.fromkeys(keys, TransientError("HTTP 503"))

    records = [message("a", encode_keys([A]), attempt=9), message("b", encode_keys([B]))]
    response = entrypoint.process_batch({"Records": records}, "queue", decode_keys, work, attempts=Away())
    assert [item["itemIdentifier"] for item in response["batchItemFailures"]] == ["a", "b"]
    assert worked == [B], "and a first delivery that cannot be noted afterwards comes back all the same"


def test_a_message_of_which_a_part_was_throttled_has_had_no_attempt(sqs: FakeSqs) -> None:
    attempts = MemoryAttempts()
    errors = {A: TransientError("HTTP 503"), B: ThrottledError("HTTP 429", retry_after=99)}
    for number in range(1, 9):
        entrypoint.process_batch(
            {"Records": [message("ab", encode_keys([A, B]), number)]},
            "queue",
            decode_keys,
            lambda _keys, _last: errors,
            attempts=attempts,
        )
    assert not attempts.deliveries["ab"]
    assert sqs.delays["handle-ab"] == 900


def test_a_message_that_comes_for_days_comes_less_often_than_the_queue_counts(sqs: FakeSqs) -> None:
    """Fourteen days of deliveries stay below maxReceiveCount, so SQS never takes one for dead."""
    attempts = MemoryAttempts()
    for is_fifo, retry_after in ((False, None), (True, None), (True, 900.0), (False, 5.0)):
        number, seconds = 0, 0.0
        while seconds < 14 * 86_400:
            number += 1
            entrypoint.process_batch(
                {"Records": [message("a", encode_keys([A]), number)]},
                "queue",
                decode_keys,
                lambda _keys, _last, wait=retry_after: {A: ThrottledError("429", retry_after=wait)},  # type: ignore[misc]
                is_fifo=is_fifo,
                attempts=attempts,
            )
            seconds += sqs.delays["handle-a"]
        assert number < 1000


def test_what_was_deferred_for_long_is_put_off(sqs: FakeSqs) -> None:
    off: list[Mapping[PaperKey, ArxivDailyError]] = []
    throttled = ThrottledError("HTTP 429")
    unrecorded: dict[PaperKey, ArxivDailyError] = {}

    def put_off(errors: Mapping[PaperKey, ArxivDailyError]) -> Mapping[PaperKey, ArxivDailyError]:
        off.append(errors)
        return unrecorded

    def failed(number: int) -> list[str]:
        records = [message("a", encode_keys([A]), number), message("b", encode_keys([B]), number)]
        response = entrypoint.process_batch(
            {"Records": records},
            "queue",
            decode_keys,
            lambda _keys, _last: {A: throttled, B: TransientError("HTTP 503")},
            put_off=put_off,
            attempts=MemoryAttempts(),
        )
        return [item["itemIdentifier"] for item in response["batchItemFailures"]]

    assert failed(entrypoint.PATIENCE - 1) == ["a", "b"]
    assert off == []
    assert failed(entrypoint.PATIENCE) == ["b"], "what fails is not put off"
    assert off == [{A: throttled}]
    unrecorded[A] = TransientError("the table is away")
    assert failed(entrypoint.PATIENCE) == ["a", "b"]


@pytest.mark.parametrize("says_so_by", ["answer", "exception"])
def test_what_cannot_be_put_off_or_given_up_now_costs_nobody_an_attempt(
    sqs: FakeSqs, says_so_by: str
) -> None:
    def away(keys: Collection[PaperKey]) -> Mapping[PaperKey, ArxivDailyError]:
        trouble = TransientError("the table is away")
        if says_so_by == "exception":
            raise trouble
        return dict.fromkeys(keys, trouble)

    attempts = MemoryAttempts()
    worked: list[PaperKey] = []

    def work(keys: list[PaperKey], _last: Collection[PaperKey]) -> Mapping[PaperKey, ArxivDailyError]:
        worked.extend(keys)
        return dict.fromkeys(keys, ThrottledError("HTTP 429"))

    attempts.deliveries["crashes"] = set(range(1, entrypoint.GIVE_UP_ATTEMPT))
    for number in range(entrypoint.PATIENCE, entrypoint.PATIENCE + 20):
        records = [message("crashes", encode_keys([A]), number), message("waits", encode_keys([B]), number)]
        response = entrypoint.process_batch(
            {"Records": records},
            "queue",
            decode_keys,
            work,
            give_up=away,
            put_off=lambda errors: away(errors.keys()),
            attempts=attempts,
        )
        assert {item["itemIdentifier"] for item in response["batchItemFailures"]} == {"crashes", "waits"}
    assert set(worked) == {B}
    assert not attempts.deliveries["waits"]


def test_render_requests() -> None:
    assert decode_render_request('{"edition": "2026-06-18"}') == [RenderRequest("2026-06-18")]
    assert decode_render_request('{"edition": "2026-06-18", "anew": true}') == [
        RenderRequest("2026-06-18", anew=True)
    ]
    for body in ("", "[]", '{"edition": 5}', "{}", '{"edition": "2026-06-18", "anew": "yes"}'):
        with pytest.raises(PermanentError, match="not a render request"):
            decode_render_request(body)
