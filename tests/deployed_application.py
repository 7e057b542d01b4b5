"""The whole application in the emulator, with IAM enforced and the edge in front: what end-to-end tests use.

arXiv and the model service are servers on loopback. The papers are this project's own pairs of an
English text and its translation, so that the model can give answers that pass the gate.
"""

from __future__ import annotations

import http.client
import json
import re
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Self

import pytest
from arxivdaily.domain.calendar import is_edition_day
from arxivdaily.domain.papers import AnnounceType, Paper

from infrastructure.evaluation.translation import OWN
from infrastructure.local.deploy import Stack
from infrastructure.local.emulator import Emulator
from infrastructure.local.gate import READER_HEADER
from infrastructure.local.sample_server import SampleArxiv

API_KEY = "sk-held-by-the-parameter-store"
KEY_PARAMETER = "/arxivdaily/e2e/key"
CHANNEL = "image-generation"
PAPERS = 12  # of an edition: two messages for classification
# In these a message that comes back holds up those behind it. (In the others one that was refused for good
# waits for half an hour and more, and finds its papers done.)
IN_ORDER = ("EnrichQueueUrl", "RenderQueueUrl")
PATIENCE = 90.0  # seconds for what takes two on an idle computer
_FIRST_EDITION = date(2026, 2, 2)  # a Monday


def pairs() -> list[dict[str, str]]:
    with OWN.open(encoding="utf-8") as lines:
        return [json.loads(line) for line in lines][:PAPERS]


def papers(number: int) -> list[Paper]:
    """An edition's papers; each edition has identifiers of its own."""
    return [
        Paper(
            arxiv_id=f"2602.{number:02d}{place:03d}",
            version=1,
            title=pair["title_en"],
            abstract=pair["abstract_en"],
            authors=("Ada Example", "Bo Beispiel"),
            categories=("cs.CV",),
            announce_type=AnnounceType.NEW,
            complete=True,
        )
        for place, pair in enumerate(pairs())
    ]


class Model(ThreadingHTTPServer):
    """An OpenAI-compatible service: every paper is in one channel, and each has its known translation.

    Whoever has another key is refused with 401. `calls` counts the good answers by kind.
    """

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _ModelHandler)
        self.calls: dict[str, int] = {"classification": 0, "translation": 0}
        self.translations = {pair["title_en"]: pair for pair in pairs()}
        self._thread = threading.Thread(target=self.serve_forever, args=(0.05,), daemon=True)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}/v1"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.shutdown()
        self._thread.join()
        self.server_close()

    def answer(self, question: str) -> dict[str, object]:
        title = re.search(r"^Title: (.*)$", question, re.MULTILINE)
        identifiers = re.findall(r"^(\d{4}\.\d{5}) \[", question, re.MULTILINE)
        if identifiers:
            self.calls["classification"] += 1
            match = {"channel": CHANNEL, "topic": 1, "score": 90, "reason": "提出图像生成方法"}
            return {"papers": [{"arxiv_id": i, "matches": [match]} for i in identifiers]}
        self.calls["translation"] += 1
        assert title
        pair = self.translations[title[1]]
        return {
            "title_zh": pair["title_zh"],
            "abstract_zh": pair["abstract_zh"],
            "summary_zh": pair["tldr_zh"],
        }


class _ModelHandler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Model

    def log_message(self, *_: object) -> None:
        """Quiet."""

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        status = 401
        answer: dict[str, object] = {"error": {"message": "another key, please"}}
        if self.headers["Authorization"] == f"Bearer {API_KEY}":
            content = json.dumps(self.server.answer(body["messages"][-1]["content"]), ensure_ascii=False)
            usage = {"prompt_tokens": 100, "completion_tokens": 50}
            status = 200
            answer = {
                "choices": [{"message": {"content": content}, "finish_reason": "stop"}],
                "usage": usage,
            }
        raw = json.dumps(answer).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(raw)))
        self.end_headers()
        self.wfile.write(raw)


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    headers: Mapping[str, str]  # names in lower case
    body: bytes


@dataclass
class Application:
    """The deployed stack. `announce` puts another day's papers on arXiv."""

    emulator: Emulator
    stack: Stack
    arxiv: SampleArxiv
    model: Model
    editions: list[str] = field(default_factory=list)

    @property
    def bucket(self) -> str:
        return self.stack.outputs["SiteBucketName"]

    def announce(self) -> str:
        """The next edition, its papers at arXiv and nothing fetched yet."""
        day = date.fromisoformat(self.editions[-1]) + timedelta(days=1) if self.editions else _FIRST_EDITION
        while not is_edition_day(day):
            day += timedelta(days=1)
        self.editions.append(day.isoformat())
        first, *others = papers(len(self.editions))
        # Every feed has a paper: an empty one may not have turned yet, and is asked again.
        self.arxiv.papers = (replace(first, categories=(*first.categories, "stat.ML")), *others)
        self.arxiv.edition = day
        return day.isoformat()

    def fetch(self, **request: Any) -> tuple[bool, dict[str, Any]]:
        """Whether the function succeeded, and its answer."""
        client = self.emulator.client("lambda", read_timeout=PATIENCE)
        answer = client.invoke(
            FunctionName=self.stack.outputs["FetchFunctionName"], Payload=json.dumps(request).encode()
        )
        return "FunctionError" not in answer, json.loads(answer["Payload"].read())

    def make_edition(self) -> str:
        """Another edition, announced, published whole, and nothing of it under way any more."""
        edition = self.announce()
        succeeded, answer = self.fetch()
        assert succeeded, answer
        until(lambda: self.ledger_states(edition) == {"published": PAPERS}, f"{edition} is published")
        self.be_quiet()
        return edition

    def be_quiet(self) -> None:
        """Until nothing waits in the queues that keep an order: pages change no more."""
        until(lambda: not any(self.waiting(queue) for queue in IN_ORDER), "the queues are empty")

    # --- what is stored and published --------------------------------------------------------

    def states(self, edition: str) -> dict[str, int]:
        """How many papers of an edition are in which state, as the table has it."""
        query = (
            self.emulator.client("dynamodb")
            .get_paginator("query")
            .paginate(
                TableName=self.stack.outputs["TableName"],
                KeyConditionExpression="PK = :key",
                ExpressionAttributeValues={":key": {"S": f"RECORDS#{edition}"}},
            )
        )
        return Counter(item["state"]["S"] for page in query for item in page["Items"])

    def objects(self) -> dict[str, bytes]:
        s3 = self.emulator.client("s3")
        return {key: s3.get_object(Bucket=self.bucket, Key=key)["Body"].read() for key in self.object_keys()}

    def object_keys(self) -> list[str]:
        pages = self.emulator.client("s3").get_paginator("list_objects_v2").paginate(Bucket=self.bucket)
        return [item["Key"] for page in pages for item in page.get("Contents", [])]

    def ledger(self, edition: str) -> dict[str, Any] | None:
        """The published ledger; None as long as there is none."""
        answer = self.get(f"/ledger/{edition}.json")
        found: dict[str, Any] | None = json.loads(answer.body) if answer.status == 200 else None
        return found

    def ledger_states(self, edition: str) -> dict[str, int]:
        """The same as the published ledger says."""
        return Counter(paper["state"] for paper in (self.ledger(edition) or {"papers": []})["papers"])

    def reasons(self, edition: str) -> set[str]:
        return {paper["reason"] or "" for paper in (self.ledger(edition) or {"papers": []})["papers"]}

    def get(self, path: str, *, host: str | None = None, proto: str = "https", method: str = "GET") -> Answer:
        """What a reader gets from the distribution, or from `host`."""
        connection = http.client.HTTPConnection("127.0.0.1", self.emulator.port, timeout=30)
        try:
            host = host or self.stack.outputs["DistributionDomainName"]
            headers = self.emulator.signed(method, path, {READER_HEADER: host, "X-Forwarded-Proto": proto})
            connection.request(method, path, headers=headers)
            response = connection.getresponse()
            headers = {name.lower(): value for name, value in response.getheaders()}
            return Answer(response.status, headers, response.read())
        finally:
            connection.close()

    def logged(self, logical: str, text: str) -> bool:
        """Whether a function's log group (`RenderLogGroup`) has a line with `text`."""
        pages = (
            self.emulator.client("logs")
            .get_paginator("filter_log_events")
            .paginate(logGroupName=self.physical(logical))
        )
        return any(text in event["message"] for page in pages for event in page["events"])

    # --- queues and functions ----------------------------------------------------------------

    def waiting(self, queue: str) -> int:
        """Messages in a queue of the stack's outputs: visible, delayed or being worked on."""
        names = [
            "ApproximateNumberOfMessages",
            "ApproximateNumberOfMessagesNotVisible",
            "ApproximateNumberOfMessagesDelayed",
        ]
        answer = self.emulator.client("sqs").get_queue_attributes(
            QueueUrl=self.stack.outputs[queue], AttributeNames=names
        )
        return sum(int(answer["Attributes"].get(name, 0)) for name in names)

    def physical(self, logical: str) -> str:
        answer = self.emulator.client("cloudformation").describe_stack_resource(
            StackName="arxivdaily-local", LogicalResourceId=logical
        )
        return str(answer["StackResourceDetail"]["PhysicalResourceId"])

    @contextmanager
    def without(self, role: str, action: str) -> Iterator[None]:
        """A role that lacks one action, until the end."""
        iam, name = self.emulator.client("iam"), self.physical(role)
        (policy,) = iam.list_role_policies(RoleName=name)["PolicyNames"]
        whole = iam.get_role_policy(RoleName=name, PolicyName=policy)["PolicyDocument"]
        whole = json.loads(whole) if isinstance(whole, str) else whole
        less = {**whole, "Statement": list(_less(whole["Statement"], action))}
        assert less != whole, f"{role} does not allow {action}"

        def put(document: Mapping[str, Any]) -> None:
            iam.put_role_policy(RoleName=name, PolicyName=policy, PolicyDocument=json.dumps(document))

        put(less)
        try:
            yield
        finally:
            put(whole)

    def start_anew(self, function: str) -> None:
        """Have a function forget what it has read. Nothing may be under way: the emulator kills it."""
        client, name = self.emulator.client("lambda"), self.physical(function)
        variables = client.get_function_configuration(FunctionName=name)["Environment"]["Variables"]
        variables["STARTED"] = str(time.monotonic())
        client.update_function_configuration(FunctionName=name, Environment={"Variables": variables})


def _less(statements: list[dict[str, Any]], action: str) -> Iterator[dict[str, Any]]:
    for statement in statements:
        actions = statement["Action"] if isinstance(statement["Action"], list) else [statement["Action"]]
        if left := [found for found in actions if found != action]:
            yield {**statement, "Action": left}


def until(condition: Callable[[], Any], what: str, seconds: float = PATIENCE) -> Any:
    """What `condition` returns once it is true; the test fails with `what` if that takes too long."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if found := condition():
            return found
        time.sleep(0.2)
    pytest.fail(f"not within {seconds:.0f} s: {what}")


def parameters(arxiv: SampleArxiv, model: Model, templates: Path) -> dict[str, str]:
    """A deployment as in the cloud, as far as parameters go: edge, alarms, a key in the parameter store."""
    return {
        "ARXIV_FEED_URL": arxiv.url,
        "ARXIV_API_URL": arxiv.url,
        "ARXIV_SITE_URL": arxiv.url,
        "ARXIV_REQUEST_INTERVAL": "0",
        "LLM_PROVIDER": "openai",
        "LLM_BASE_URL": model.url,
        "LLM_API_KEY_PARAMETER": KEY_PARAMETER,
        "CLASSIFY_MODEL": "e2e",
        "TRANSLATE_MODEL": "e2e",
        "RENDER_WINDOW": "1",
        "RETRY_DELAY": "1",
        "ALARM_EMAIL": "operator@example.org",
        "TEMPLATES_DIR": str(templates),
        "SCHEDULE_STATE": "DISABLED",  # the emulator's clock is UTC's; tests enable what they wait for
    }
