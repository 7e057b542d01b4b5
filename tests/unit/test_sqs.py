"""Messages about papers: who shares one, and what is read back."""

from __future__ import annotations

from typing import Any

from arxivdaily.adapters.sqs import SqsMessages, decode_keys, decode_lookups
from arxivdaily.domain.papers import PaperKey
from arxivdaily.ports import Lookup
from fakes import Clock
from hypothesis import given
from hypothesis import strategies as st


class Queue:
    """As much of SQS as sending needs."""

    def __init__(self) -> None:
        self.bodies: list[str] = []
        self.entries: list[dict[str, Any]] = []
        self.requests = 0

    def send_message_batch(self, QueueUrl: str, Entries: list[dict[str, Any]]) -> dict[str, Any]:  # noqa: N803
        assert 1 <= len(Entries) <= 10
        assert len({entry["Id"] for entry in Entries}) == len(Entries)
        self.requests += 1
        self.entries += Entries
        self.bodies += [entry["MessageBody"] for entry in Entries]
        return {}


def messages(queue: Queue, group: int = 14) -> SqsMessages:
    return SqsMessages(
        queue, clock=Clock(), window=60, group=group, papers_url="p", matched_url="m", enrich_url="e"
    )


def keys(count: int, edition: str = "2026-06-18") -> list[PaperKey]:
    return [PaperKey(edition, f"2606.{number:05d}", 1) for number in range(1, count + 1)]


def test_papers_to_classify_share_messages_as_equal_as_can_be() -> None:
    queue = Queue()
    messages(queue).to_classify(keys(325))
    sizes = [len(decode_keys(body)) for body in queue.bodies]
    assert len(sizes) == 24
    assert set(sizes) == {13, 14}
    assert queue.requests == 3
    assert [key for body in queue.bodies for key in decode_keys(body)] == keys(325)


def test_papers_apart_and_papers_to_translate_travel_alone() -> None:
    queue = Queue()
    messages(queue).to_classify(keys(3), apart=True)
    messages(queue).to_translate(keys(2))
    assert [len(decode_keys(body)) for body in queue.bodies] == [1] * 5


def test_papers_apart_follow_one_another_slowly_enough_to_share_no_batch() -> None:
    queue = Queue()
    messages(queue).to_translate(keys(60), apart=True)
    delays = [entry["DelaySeconds"] for entry in queue.entries]
    assert delays[:3] == [0, 20, 40]
    assert delays[44:47] == [880, 900, 900], "SQS delays for a quarter of an hour at most"
    messages(queue).to_translate(keys(2))
    assert not any("DelaySeconds" in entry for entry in queue.entries[60:])


def test_editions_do_not_share_a_message() -> None:
    queue = Queue()
    both = keys(2) + keys(2, "2026-06-19")
    messages(queue).to_classify(both)
    assert [decode_keys(body) for body in queue.bodies] == [both[:2], both[2:]]


def test_pages_are_read_by_one_function_at_a_time_in_the_order_asked_for() -> None:
    queue = Queue()
    messages(queue).to_enrich(keys(25))
    messages(queue).to_enrich(keys(1), again=True)
    assert {entry["MessageGroupId"] for entry in queue.entries} == {"arxiv"}
    assert len({entry["MessageDeduplicationId"] for entry in queue.entries}) == 4
    found = [lookup for body in queue.bodies for lookup in decode_lookups(body)]
    assert found == [Lookup(key) for key in keys(25)] + [Lookup(keys(1)[0], again=True)]
    messages(queue).to_enrich(keys(25))
    assert len({entry["MessageDeduplicationId"] for entry in queue.entries}) == 4, "the same within a minute"


@given(st.integers(0, 200), st.integers(1, 20))
def test_every_paper_is_in_one_message_of_no_more_than_the_group(count: int, group: int) -> None:
    queue = Queue()
    messages(queue, group).to_classify(keys(count))
    found = [decode_keys(body) for body in queue.bodies]
    assert [key for part in found for key in part] == keys(count)
    assert all(1 <= len(part) <= group for part in found)
    assert len(found) == -(-count // group)
