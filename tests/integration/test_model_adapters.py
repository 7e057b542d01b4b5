"""Both model adapters over real sockets, against a small scripted server on loopback."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from arxivdaily.adapters.bedrock import BedrockModel
from arxivdaily.adapters.openai_compatible import OpenAiModel
from arxivdaily.domain.records import Usage
from arxivdaily.errors import ConfigurationError, PermanentError, ThrottledError, TransientError
from arxivdaily.ports import LanguageModel, Prompt

PROMPT = Prompt("answer", "system", "user", {"type": "object", "properties": {}}, 50)


class Server(ThreadingHTTPServer):
    """Answers every POST with `status`; `hang` keeps silent until the test ends."""

    daemon_threads = True
    block_on_close = False

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.status = 200
        self.hang = False
        self.done = threading.Event()
        self.seen: list[tuple[str, dict[str, Any]]] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Server

    def log_message(self, *_: object) -> None:
        """Quiet."""

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.server.seen.append((self.path, body))
        if self.server.hang:
            self.server.done.wait(10)
            self.close_connection = True
            return
        raw = json.dumps(self._answer(self.path.endswith("/converse"))).encode()
        self.send_response(self.server.status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(raw)))
        if self.server.status == 429:
            self.send_header("Retry-After", "3")
            self.send_header("x-amzn-ErrorType", "ThrottlingException")
        if self.server.status == 400:
            self.send_header("x-amzn-ErrorType", "ValidationException")
        if self.server.status == 403:
            self.send_header("x-amzn-ErrorType", "AccessDeniedException")
        self.end_headers()
        self.wfile.write(raw)

    def _answer(self, bedrock: bool) -> dict[str, Any]:
        if self.server.status != 200:
            return {"message": "said the server", "error": {"message": "said the server"}}
        if bedrock:
            tool = {"toolUse": {"toolUseId": "t", "name": "answer", "input": {"a": 1}}}
            return {
                "output": {"message": {"role": "assistant", "content": [tool]}},
                "stopReason": "tool_use",
                "usage": {"inputTokens": 7, "outputTokens": 2, "totalTokens": 9},
                "metrics": {"latencyMs": 1},
            }
        return {
            "choices": [{"message": {"content": '{"a": 1}'}, "finish_reason": "stop"}],
            "usage": {"prompt_tokens": 7, "completion_tokens": 2},
        }


@pytest.fixture
def server() -> Iterator[Server]:
    made = Server()
    thread = threading.Thread(target=made.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    yield made
    made.done.set()
    made.shutdown()
    thread.join()
    made.server_close()


@pytest.fixture(params=["bedrock", "openai"])
def model(request: pytest.FixtureRequest, server: Server, monkeypatch: pytest.MonkeyPatch) -> LanguageModel:
    if request.param == "bedrock":
        monkeypatch.setenv("AWS_ENDPOINT_URL_BEDROCK_RUNTIME", server.url)
        return BedrockModel("test.model-v1:0", timeout=0.5)
    return OpenAiModel(f"{server.url}/v1", str, "test-model", timeout=0.5)


def test_an_answer(server: Server, model: LanguageModel) -> None:
    answer = model.complete(PROMPT)
    assert json.loads(answer.text) == {"a": 1}
    assert answer.usage == Usage(7, 0, 2)
    assert server.seen[0][0] in ("/model/test.model-v1%3A0/converse", "/v1/chat/completions")


def test_calls_from_several_threads(server: Server, model: LanguageModel) -> None:
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: model.complete(PROMPT).text, range(24)))
    assert {json.loads(text)["a"] for text in answers} == {1}
    assert len(server.seen) == 24


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        (429, ThrottledError),
        (500, TransientError),
        (503, TransientError),
        (400, PermanentError),
        (403, ConfigurationError),
    ],
)
def test_an_error_is_typed_and_the_call_not_repeated(
    server: Server, model: LanguageModel, status: int, expected: type[Exception]
) -> None:
    server.status = status
    with pytest.raises(expected, match="said the server") as caught:
        model.complete(PROMPT)
    assert type(caught.value) is expected
    assert len(server.seen) == 1
    if isinstance(caught.value, TransientError):
        assert caught.value.retry_after == (3.0 if status == 429 else None)


def test_silence_is_a_transient_error_in_time(server: Server, model: LanguageModel) -> None:
    server.hang = True
    with pytest.raises(TransientError):
        model.complete(PROMPT)
    assert len(server.seen) == 1


def test_nobody_listening_is_a_transient_error(monkeypatch: pytest.MonkeyPatch) -> None:
    closed = Server()
    closed.server_close()
    monkeypatch.setenv("AWS_ENDPOINT_URL_BEDROCK_RUNTIME", closed.url)
    for subject in (BedrockModel("m", timeout=0.5), OpenAiModel(closed.url, str, "m", timeout=0.5)):
        with pytest.raises(TransientError):
            subject.complete(PROMPT)
