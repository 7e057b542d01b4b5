"""Counting what a day asks of AWS: requests by service and operation, items, bytes and capacity units."""

from __future__ import annotations

import json
import math
import threading
from collections import defaultdict
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from botocore.client import BaseClient

_WRITES = {"PutItem", "UpdateItem", "DeleteItem"}


@contextmanager
def counted() -> Iterator[dict[str, float]]:
    """Requests of every botocore client, pynamodb's too, as `service.Operation`; beside them
    `dynamodb.read_units`, `dynamodb.write_units` (DynamoDB developer guide, "Read and write operations")
    and `s3.bytes`. Index writes count as their table's."""
    counts: dict[str, float] = defaultdict(float)
    lock = threading.Lock()  # uploads are concurrent
    make = BaseClient._make_api_call

    def counting(self: Any, operation: str, parameters: dict[str, Any]) -> Any:
        service = self.meta.service_model.service_name
        length = len(parameters["Body"]) if operation == "PutObject" else 0  # botocore makes a stream of it
        answer = make(self, operation, parameters)
        with lock:
            counts[f"{service}.{operation}"] += 1
            if service == "dynamodb":
                counts["dynamodb.read_units"] += _read(operation, parameters, answer)
                counts["dynamodb.write_units"] += _written(operation, parameters)
            elif length:
                counts["s3.bytes"] += length
        return answer

    BaseClient._make_api_call = counting
    try:
        yield counts
    finally:
        BaseClient._make_api_call = make


def of(counts: Mapping[str, float], service: str) -> int:
    """Requests to one service."""
    return int(
        sum(
            n
            for name, n in counts.items()
            if name.startswith(f"{service}.") and name.split(".")[1][0].isupper()
        )
    )


def _size(item: Mapping[str, Any]) -> int:
    """Bytes of an item in DynamoDB's own form, near enough: names and values without their types."""
    return sum(len(name) + len(next(iter(value.values())) if isinstance(value, dict) and "S" in value
               else json.dumps(value)) for name, value in item.items())  # fmt: skip


def _read(operation: str, parameters: Mapping[str, Any], answer: Mapping[str, Any]) -> float:
    """Read units: strongly consistent 4 KB each; a query's items are summed, an item got is rounded up."""
    if operation == "Query":
        share = 1.0 if parameters.get("ConsistentRead") else 0.5
        return share * max(1, math.ceil(sum(_size(item) for item in answer["Items"]) / 4096))
    if operation == "GetItem":
        return max(1, math.ceil(_size(answer.get("Item", {})) / 4096))
    if operation == "BatchGetItem":
        asked = sum(len(keys["Keys"]) for keys in parameters["RequestItems"].values())
        found = [item for items in answer["Responses"].values() for item in items]
        return sum(math.ceil(_size(item) / 4096) for item in found) + asked - len(found)
    return 0


def _written(operation: str, parameters: Mapping[str, Any]) -> int:
    """Write units: 1 KB each, twice that in a transaction."""
    if operation in _WRITES:
        return max(1, math.ceil(_size(parameters.get("Item", {})) / 1024))
    if operation == "BatchWriteItem":
        requests = [request for items in parameters["RequestItems"].values() for request in items]
        return sum(
            max(1, math.ceil(_size(request.get("PutRequest", {}).get("Item", {})) / 1024))
            for request in requests
        )
    if operation == "TransactWriteItems":
        puts = [item.get("Put", {}).get("Item", {}) for item in parameters["TransactItems"]]
        return sum(2 * max(1, math.ceil(_size(item) / 1024)) for item in puts)
    return 0
