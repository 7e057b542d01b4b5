"""The queues as moto has them, past their API: what waits there, when it is due, and poison put among it."""

from __future__ import annotations

from collections import Counter
from typing import Any

import boto3
from aws_resources import Resources
from moto.sqs.models import sqs_backends

STAGES = (
    ("PapersQueue", "classify"),
    ("MatchedQueue", "translate"),
    ("EnrichQueue", "enrich"),
    ("RenderQueue", "render"),
)
FIFO = ("EnrichQueue", "RenderQueue")
POISON = ("{}", "not JSON", "[]", '{"edition":7}', '{"papers":[["x",1]]}')


class Queues:
    """By their logical names in the template. `poison` counts what was put into each."""

    def __init__(self, resources: Resources) -> None:
        self.poison: Counter[str] = Counter()
        self._urls = resources.queues

    def named(self, logical: str) -> Any:
        return self._backend().queues[self._urls[logical].rsplit("/", 1)[1]]

    def receive(self, logical: str, size: int) -> list[Any]:
        """At most `size` messages, hidden from now on for the queue's visibility timeout."""
        queue = self.named(logical)
        found: list[Any] = self._backend().receive_message(queue.name, size, 0, queue.visibility_timeout)
        return found

    def waiting(self) -> int:
        """Messages of all stages, those under way included."""
        return sum(len(self.named(queue)._messages) for queue, _ in STAGES)

    def due_after(self, now: float) -> list[float]:
        """When messages become visible; what is due already waits for the message before it in its group."""
        times: list[float] = []
        for queue, _ in STAGES:
            due = (max(m.visible_at, m.delayed_until) / 1000 + 0.01 for m in self.named(queue)._messages)
            times += [when for when in due if when > now]
        return times

    def put_poison(self, queue: str, body: str) -> None:
        self.poison[queue] += 1
        group = {"MessageGroupId": "site", "MessageDeduplicationId": f"poison {self.poison[queue]}"}
        fields = group if queue in FIFO else {}
        boto3.client("sqs").send_message(QueueUrl=self._urls[queue], MessageBody=body, **fields)

    def _backend(self) -> Any:
        return sqs_backends["123456789012"]["us-east-1"]
