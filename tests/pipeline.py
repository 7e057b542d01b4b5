"""The deployed pipeline in one process: the real handlers over moto's queues, table and bucket.

It stands in for Lambda's event source mappings: receives what a queue has, calls the handler with a
real SQS event, deletes what the partial batch response does not name.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

import boto3
from aws_resources import Resources

Handler = Callable[[dict[str, Any], Any], Mapping[str, Any]]


def context(name: str) -> Any:
    """A Lambda context with ten minutes left."""
    return SimpleNamespace(
        function_name=name,
        memory_limit_in_mb=512,
        invoked_function_arn=f"arn:aws:lambda:us-east-1:123456789012:function:{name}",
        aws_request_id="00000000-0000-0000-0000-000000000000",
        get_remaining_time_in_millis=lambda: 600_000,
    )


def handler(name: str) -> Handler:
    """The handler of a function folder, as the template names it."""
    import importlib

    found: Handler = importlib.import_module(f"{name}.app").handler
    return found


@dataclass
class Pipeline:
    resources: Resources
    handled: dict[str, int] = field(default_factory=dict)  # messages by queue

    STAGES = (
        ("PapersQueue", "classify"),
        ("MatchedQueue", "translate"),
        ("EnrichQueue", "enrich"),
        ("RenderQueue", "render"),
    )

    def fetch(self, **event: Any) -> Mapping[str, Any]:
        return handler("fetch")(event, context("fetch"))

    def drain(self, seconds: float = 240) -> None:
        """Deliver messages until every queue is empty; AssertionError if that takes too long."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            delivered = [self.deliver(queue, name) for queue, name in self.STAGES]
            if not any(delivered):
                if not any(self.waiting(queue) for queue, _ in self.STAGES):
                    return
                time.sleep(0.05)
        raise AssertionError(f"queues do not empty: { {q: self.waiting(q) for q, _ in self.STAGES} }")

    def deliver(self, queue: str, name: str) -> bool:
        """One batch of a queue to its function; whether there was any."""
        sqs = boto3.client("sqs")
        url = self.resources.queues[queue]
        messages = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10, AttributeNames=["All"]).get(
            "Messages", []
        )
        if not messages:
            return False
        self.handled[queue] = self.handled.get(queue, 0) + len(messages)
        response = handler(name)({"Records": [sqs_record(m) for m in messages]}, context(name))
        failed = {item["itemIdentifier"] for item in response["batchItemFailures"]}
        for message in messages:
            if message["MessageId"] not in failed:
                sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
        return True

    def waiting(self, queue: str) -> int:
        """Messages that are there, visible or not."""
        names = [
            "ApproximateNumberOfMessages",
            "ApproximateNumberOfMessagesNotVisible",
            "ApproximateNumberOfMessagesDelayed",
        ]
        answer = boto3.client("sqs").get_queue_attributes(
            QueueUrl=self.resources.queues[queue], AttributeNames=names
        )
        return sum(int(answer["Attributes"][name]) for name in names)

    def published(self) -> dict[str, bytes]:
        """Every object of the site by path."""
        s3 = boto3.client("s3")
        found: dict[str, bytes] = {}
        for page in s3.get_paginator("list_objects_v2").paginate(Bucket=self.resources.bucket):
            for item in page.get("Contents", []):
                answer = s3.get_object(Bucket=self.resources.bucket, Key=item["Key"])
                found[item["Key"]] = answer["Body"].read()
        return found


def sqs_record(message: Mapping[str, Any]) -> dict[str, Any]:
    """An SQS message as Lambda's event source mapping hands it over."""
    return {
        "messageId": message["MessageId"],
        "receiptHandle": message["ReceiptHandle"],
        "body": message["Body"],
        "attributes": dict(message.get("Attributes", {})),
        "messageAttributes": {},
        "eventSource": "aws:sqs",
        "awsRegion": "us-east-1",
    }
