"""What must not be told: no log line has a paper's text, a prompt, the key or a session token, nothing
stored or published has the key, however much is logged and whatever goes wrong."""

from __future__ import annotations

import io
import json
import logging
import threading
from collections.abc import Iterator
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import boto3
import botocore.session
import pytest
from arxivdaily import wiring
from arxivdaily.adapters import logs
from arxivdaily.adapters.echoes import REPEATED
from arxivdaily.adapters.quiet import keep_others_quiet
from arxivdaily.domain.papers import PaperKey
from arxivdaily.domain.records import State
from aws_resources import Resources, load_template
from fakes import match
from lambda_logs import is_metric, kept, level_of, parsed
from pipeline import Pipeline

from infrastructure.local import sample
from infrastructure.local.sample_server import SampleArxiv

KEY = "sk-sentinel-8c1f0e"
TOKEN = "session-sentinel-5d20b7"
KEY_PARAMETER = "/arxivdaily/llm-api-key"
ANSWER = "不可外传的回答"  # in what the model says
TOLD = 4  # papers
RUN, STEP = 30, 10  # characters: no run of forty of a text is told


class Model(BaseHTTPRequestHandler):
    """An OpenAI-compatible endpoint that repeats key and prompt in errors, as proxies do when they debug."""

    asked: list[str]  # bodies
    keys: set[str]

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        self.keys.add(self.headers["Authorization"])
        self.asked.append(body)
        status, answer = self.answer(json.loads(body))
        data = json.dumps(answer, ensure_ascii=False).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def answer(self, request: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        turn = len(self.asked)
        if turn % 3 == 0:
            echo = json.dumps(request["messages"][turn % 2], ensure_ascii=turn % 4 < 2)
            said = f"bad request, Authorization: {self.headers['Authorization']}, body: {echo}"
            return 400, {"error": {"message": said}}
        text = json.dumps({"title_zh": ANSWER, "papers": [{"id": ANSWER}]}, ensure_ascii=False)
        choice = {"message": {"content": text if turn % 3 == 1 else ANSWER}, "finish_reason": "stop"}
        return 200, {"choices": [choice], "usage": {"prompt_tokens": 10, "completion_tokens": 5}}

    def log_message(self, *arguments: object) -> None:
        pass


@pytest.fixture
def model() -> Iterator[tuple[str, type[Model]]]:
    """The endpoint's base URL, and what it was asked."""
    handler = type("Handler", (Model,), {"asked": [], "keys": set()})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}/v1", handler
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@pytest.fixture
def log(monkeypatch: pytest.MonkeyPatch) -> Iterator[io.StringIO]:
    """What CloudWatch would get at `LogLevel=DEBUG`: from the functions' own logger, and from all others, as
    Lambda's runtime client sets the root logger up and as the functions leave it."""
    stream = io.StringIO()
    others = logging.StreamHandler(stream)
    root, own = logging.getLogger(), logging.getLogger(logs.logger.name)
    monkeypatch.setattr(root, "level", logging.DEBUG)
    monkeypatch.setattr(own, "level", logging.DEBUG)
    for handler in root.handlers:  # pytest's
        monkeypatch.setattr(handler, "level", handler.level)
    root.addHandler(others)
    for handler in own.handlers:
        assert isinstance(handler, logging.StreamHandler)
        monkeypatch.setattr(handler, "stream", stream)
    own.manager._clear_cache()  # type: ignore[attr-defined]
    yield stream
    root.removeHandler(others)
    own.manager._clear_cache()  # type: ignore[attr-defined]


def test_a_day_that_goes_wrong_tells_no_text_no_prompt_and_no_key(
    aws: Resources,
    model: tuple[str, type[Model]],
    log: io.StringIO,
    capfd: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    papers = sample.load()[:TOLD]
    url, endpoint = model
    monkeypatch.setenv("AWS_SESSION_TOKEN", TOKEN)
    keep_others_quiet()  # as importing a function does
    boto3.client("ssm").put_parameter(Name=KEY_PARAMETER, Value=KEY, Type="SecureString")
    with SampleArxiv(papers) as arxiv:
        for name, value in {
            **aws.environment(),
            "ARXIV_FEED_URL": arxiv.url,
            "ARXIV_API_URL": arxiv.url,
            "ARXIV_SITE_URL": arxiv.url,
            "ARXIV_REQUEST_INTERVAL": "0",
            "RENDER_WINDOW": "1",
            "RETRY_DELAY": "1",
            "LLM_PROVIDER": "openai",
            "LLM_BASE_URL": url,
            "LLM_API_KEY_PARAMETER": KEY_PARAMETER,
            "CLASSIFY_MODEL": "m",
            "TRANSLATE_MODEL": "m",
            "LLM_CONCURRENCY": "1",
            "AWS_LAMBDA_FUNCTION_NAME": "test",
        }.items():
            monkeypatch.setenv(name, value)
        pipeline = Pipeline(aws)
        pipeline.fetch()
        pipeline.drain()
        for key in [record.key for record in wiring.store().records(sample.EDITION)]:
            match_one(key)
        pipeline.fetch(edition=sample.EDITION, retry=True)
        pipeline.deliver("MatchedQueue", "translate")
        pipeline.drain()

    assert endpoint.keys == {f"Bearer {KEY}"}, "the key was used"
    prompts = [json.loads(body)["messages"] for body in endpoint.asked]
    assert any(papers[0].abstract[:40] in messages[1]["content"] for messages in prompts)
    stored = list(wiring.store().records(sample.EDITION))
    assert {record.state for record in stored} >= {State.UNTRANSLATED}
    captured = capfd.readouterr()
    lines = log.getvalue() + captured.out + captured.err
    assert len(log.getvalue().splitlines()) > 4 * TOLD
    assert REPEATED in lines, "the service's own words were logged, and an echo among them cut"
    texts = [text for messages in prompts for text in (messages[0]["content"], messages[1]["content"])]
    for text in {*texts, *(paper.abstract for paper in papers)}:
        for start in range(0, len(text) - RUN, STEP):
            run = text[start : start + RUN]
            assert run not in lines
            assert json.dumps(run)[1:-1] not in lines
    assert ANSWER not in lines

    assert "Found credentials in environment variables" in lines, "botocore says what is INFO"
    for secret in (KEY, TOKEN):
        assert secret not in lines
    assert KEY not in repr(everything_in(aws.table))
    for path, data in pipeline.published().items():
        assert KEY.encode() not in data, path

    told = [line for line in captured.out.splitlines() + log.getvalue().splitlines() if parsed(line)]
    assert {level_of(line) for line in told} >= {"DEBUG", "INFO"}
    assert any(map(is_metric, told))
    for line in told:
        assert is_metric(line) or level_of(line) == parsed(line)["level"], line
    for level in load_template()["Parameters"]["LogLevel"]["AllowedValues"]:
        at_least = [line for line in told if level == "DEBUG" or level_of(line) != "DEBUG"]
        assert kept(told, level) == at_least


def test_botocore_would_tell_all_of_it_without_that(
    aws: Resources, log: io.StringIO, monkeypatch: pytest.MonkeyPatch
) -> None:
    """So the test above can fail: the same set-up of the root logger, and nobody has kept others quiet."""
    boto3.client("ssm").put_parameter(Name=KEY_PARAMETER, Value=KEY, Type="SecureString")
    monkeypatch.setenv("AWS_SESSION_TOKEN", TOKEN)
    client = botocore.session.get_session().create_client("ssm")
    client.get_parameter(Name=KEY_PARAMETER, WithDecryption=True)
    assert KEY in log.getvalue()
    assert TOKEN in log.getvalue()


def match_one(key: PaperKey) -> None:
    """The classifier's answers were no good: say that they were, so that translate asks its own."""
    stored = wiring.store().find([key])[key]
    wiring.store().save(replace(stored, state=State.UNTRANSLATED, matches=(match(),), reason="test"))


def everything_in(table: str) -> list[dict[str, Any]]:
    pages = boto3.client("dynamodb").get_paginator("scan").paginate(TableName=table)
    items = [item for page in pages for item in page["Items"]]
    assert items
    return items
