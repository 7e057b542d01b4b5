"""AWS as moto has it, with faults on the way there and back, and a look at every write that took effect."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any
from unittest import mock
from urllib.parse import unquote, urlsplit

from botocore.awsrequest import AWSPreparedRequest, AWSResponse
from botocore.exceptions import ConnectionClosedError, ReadTimeoutError
from chaos.faults import Faults
from chaos.kernel import Kernel, Process
from moto.core.botocore_stubber import BotocoreStubber, MockRawResponse
from moto.s3.models import s3_backends

_LATENCY = {"dynamodb": 0.006, "sqs": 0.012, "s3": 0.04, "eventbridge": 0.02}  # seconds, typical
_SLOW = (2.0, 5.0, 9.0)
_HEADERS = {"x-amzn-RequestId": "CHAOS", "Content-Type": "application/x-amz-json-1.0"}
_PARTIAL = {"BatchWriteItem", "BatchGetItem", "SendMessageBatch", "PutEvents"}


@dataclass(frozen=True)
class Call:
    """One call; `body` is its JSON, and nothing for S3."""

    service: str
    operation: str
    process: Process
    body: Any
    path: str


@dataclass
class Aws:
    """Installed for the length of a simulation over moto's stubber.

    `begin` is told who calls, and says whether the process is to die with the answer under way. `wrote` is
    told of every call that took effect, `refused` of every one that certainly did not.
    """

    kernel: Kernel
    faults: Faults
    chance: Any
    begin: Callable[[Process], bool]
    wrote: Callable[[Call], None]
    refused: Callable[[Call], None]

    def __post_init__(self) -> None:
        self.calls = 0
        self._patch: Any = None

    def __enter__(self) -> Aws:
        original, boundary = BotocoreStubber.__call__, self._call

        def stubbed(stubber: Any, event_name: str, request: AWSPreparedRequest, **options: Any) -> Any:
            def send() -> Any:
                return original(stubber, event_name, request, **options)

            return boundary(event_name, request, send)

        self._patch = mock.patch.object(BotocoreStubber, "__call__", stubbed)
        self._patch.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._patch.stop()

    def _call(self, event_name: str, request: AWSPreparedRequest, send: Callable[[], Any]) -> Any:
        task = self.kernel.current()
        process = task.process if task else None
        if process is None:
            return send()  # the simulation's own, or the checks'
        _, service, operation = event_name.split(".")
        self.calls += 1
        call = Call(service, operation, process, _body(service, request), urlsplit(request.url).path)
        dies = self.begin(process)
        fault = self.faults.draw(service, self.kernel.now)
        if fault == "partial" and operation not in _PARTIAL:
            fault = "throttle"
        latency = self.chance.expovariate(1 / _LATENCY.get(service, 0.02))
        self.kernel.sleep(latency + (self.chance.choice(_SLOW) if fault == "slow" else 0.0))
        if fault:
            self.faults.count(service, fault)
        if refusal := self._refusal(call, fault):
            self.refused(call)
            return refusal
        if fault == "reset":
            self.refused(call)
            raise ConnectionClosedError(endpoint_url=request.url)
        left_out = self._leave_out(call, request) if fault == "partial" else []
        if left_out and operation == "BatchWriteItem":
            self.refused(Call(service, operation, process, {"RequestItems": {"": left_out}}, call.path))
        answer = send()
        if answer is not None and answer.status_code < 300:
            self.wrote(Call(service, operation, process, _body(service, request), call.path))
        if left_out:
            answer = self._with_left_out(call, answer, left_out)
        if dies:
            process.die("killed")
        self.kernel.sleep(self.chance.expovariate(1 / _LATENCY.get(service, 0.02)))
        if fault == "answer lost":
            raise ReadTimeoutError(endpoint_url=request.url)
        return answer

    def _refusal(self, call: Call, fault: str) -> AWSResponse | None:
        if call.service == "s3":
            codes = {"slow down": (503, "SlowDown"), "server error": (500, "InternalError")}
            if fault not in codes:
                return None
            status, code = codes[fault]
            text = f"<?xml version='1.0'?><Error><Code>{code}</Code><Message>Chaos</Message></Error>"
            return _answer(status, text, {"Content-Type": "application/xml"})
        if fault == "server error":
            return _answer(500, json.dumps({"__type": "InternalServerError", "message": "Chaos"}))
        if fault == "throttle":
            if call.operation == "TransactWriteItems":
                count = len(call.body["TransactItems"])
                reasons = [{"Code": "TransactionConflict", "Message": "Chaos"}] + [{"Code": "None"}] * (
                    count - 1
                )
                error = {"__type": "TransactionCanceledException", "CancellationReasons": reasons}
                named = ", ".join(reason["Code"] for reason in reasons)
                return _answer(400, json.dumps({**error, "Message": f"Transaction cancelled [{named}]"}))
            kinds = {"dynamodb": "ProvisionedThroughputExceededException", "sqs": "RequestThrottled"}
            kind = kinds.get(call.service, "ThrottlingException")
            return _answer(400, json.dumps({"__type": kind, "message": "Chaos"}))
        return None

    def _leave_out(self, call: Call, request: AWSPreparedRequest) -> list[Any]:
        """Take some of a batch's entries out of the request: those the service does not get to."""
        body = call.body
        if call.operation in ("BatchWriteItem", "BatchGetItem"):
            (_table, entries), *_ = body["RequestItems"].items()
            requests = entries if isinstance(entries, list) else entries["Keys"]
            taken = requests[::2] if len(requests) > 1 else []
            del requests[::2]
        else:
            requests = body["Entries"]
            taken = requests[1:]
            del requests[1:]
        if taken:
            request.body = json.dumps(body).encode()
            if "Content-Length" in request.headers:
                del request.headers["Content-Length"]
                request.headers["Content-Length"] = str(len(request.body))
        return taken

    def _with_left_out(self, call: Call, answer: AWSResponse, taken: list[Any]) -> AWSResponse:
        said = json.loads(answer.content)
        if call.operation == "BatchWriteItem":
            said["UnprocessedItems"] = {next(iter(call.body["RequestItems"])): taken}
        elif call.operation == "BatchGetItem":
            said["UnprocessedKeys"] = {next(iter(call.body["RequestItems"])): {"Keys": taken}}
        elif call.operation == "SendMessageBatch":
            failed = [{"Id": e["Id"], "SenderFault": False, "Code": "InternalError"} for e in taken]
            said["Failed"] = failed
        else:
            said["FailedEntryCount"] = len(taken)
            said["Entries"] += [{"ErrorCode": "InternalFailure"}] * len(taken)
        return _answer(200, json.dumps(said))


def _answer(status: int, text: str, headers: dict[str, str] = _HEADERS) -> AWSResponse:
    return AWSResponse("https://chaos.invalid/", status, headers, MockRawResponse(text))


def _body(service: str, request: AWSPreparedRequest) -> Any:
    body = request.body
    if service == "s3":
        return None  # a stream that may be read once, by moto
    return json.loads(body) if body else {}


def stored_object(call: Call, bucket: str) -> tuple[str, bytes]:
    """Key and bytes of what a PutObject has put, whichever way its bucket is addressed."""
    key = unquote(call.path).lstrip("/").removeprefix(f"{bucket}/")
    stored = s3_backends["123456789012"]["aws"].get_object(bucket, key)
    assert stored, key
    return key, stored.value


def answers_in_records(call: Call) -> Iterator[tuple[str, str]]:
    """Stage and versioned identifier of what a call that saves a record keeps there of model answers."""
    if call.service != "dynamodb" or call.operation != "PutItem":
        return
    item = call.body["Item"]
    if not item["PK"]["S"].startswith("RECORDS#"):
        return
    record = json.loads(item["body"]["S"])
    name = f"{record['paper']['arxiv_id']}v{record['paper']['version']}"
    if record.get("matches") is not None:
        yield "classify", name
    if record.get("translation"):
        yield "translate", name
        yield "translate/title", name


def written_answers(call: Call) -> Iterator[tuple[str, str]]:
    """Stage and versioned identifier of the model answers in a call that writes to the table."""
    if call.service != "dynamodb" or call.operation not in ("BatchWriteItem", "PutItem"):
        return
    items = [call.body["Item"]] if "Item" in call.body else []
    for requests in call.body.get("RequestItems", {}).values():
        items += [request["PutRequest"]["Item"] for request in requests if "PutRequest" in request]
    for item in items:
        partition = item["PK"]["S"]
        if partition.startswith("ANSWERS#"):
            stage, prompt, _model = item["SK"]["S"].split("#", 2)
            part = "/title" if "/title" in prompt else ""
            yield stage + part, partition.removeprefix("ANSWERS#")


def written_record(call: Call) -> str | None:
    """The arXiv identifier of the record that a call writes to the table."""
    if call.service != "dynamodb" or call.operation != "PutItem":
        return None
    item = call.body["Item"]
    return str(item["SK"]["S"]) if item["PK"]["S"].startswith("RECORDS#") else None
