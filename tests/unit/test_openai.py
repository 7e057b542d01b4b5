"""OpenAI-compatible endpoints: what is sent, what is read, which kind of failure is which."""

from __future__ import annotations

import io
import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import pytest
import urllib3
from arxivdaily.adapters.openai_compatible import MAX_BODY, OpenAiModel
from arxivdaily.domain.records import Usage
from arxivdaily.errors import (
    ConfigurationError,
    PermanentError,
    ThrottledError,
    TransientError,
    UnavailableError,
)
from arxivdaily.ports import Prompt

KEY = "sk-very-secret"
PROMPT = Prompt("answer", "the system text", "the prompt", {"type": "object"}, 321)
NOW = datetime(2026, 6, 18, 12, 0, 0, tzinfo=UTC)

Reply = tuple[int, Any] | tuple[int, Any, Mapping[str, str]] | Exception


class Pool:
    """Stands in for the connection pool: scripted replies, recorded requests."""

    def __init__(self, *replies: Reply) -> None:
        self._replies = list(replies)
        self.requests: list[dict[str, Any]] = []
        self.headers: list[Mapping[str, str]] = []

    def request(self, method: str, url: str, *, body: bytes, headers: Mapping[str, str], **_: object) -> Any:
        assert (method, url) == ("POST", "https://host/v1/chat/completions")
        self.requests.append(json.loads(body))
        self.headers.append(headers)
        reply = self._replies.pop(0)
        if isinstance(reply, Exception):
            raise reply
        status, content, *rest = reply
        raw = content if isinstance(content, bytes) else json.dumps(content).encode()
        return urllib3.HTTPResponse(
            io.BytesIO(raw), status=status, headers=rest[0] if rest else {}, preload_content=False
        )


def model(*replies: Reply, key: str = KEY, **changes: Any) -> tuple[OpenAiModel, Pool]:
    made = OpenAiModel("https://host/v1/", lambda: key, "m1", clock=lambda: NOW, **changes)
    pool = Pool(*replies)
    made._pool = pool  # type: ignore[assignment]
    return made, pool


def chat(content: Any = '{"a": 1}', finish: str = "stop", **message: Any) -> dict[str, Any]:
    return {
        "choices": [
            {"message": {"role": "assistant", "content": content, **message}, "finish_reason": finish}
        ],
        "usage": {
            "prompt_tokens": 50,
            "completion_tokens": 9,
            "prompt_tokens_details": {"cached_tokens": 40},
        },
    }


def test_the_request_and_the_answer() -> None:
    subject, pool = model((200, chat()))
    answer = subject.complete(PROMPT)
    assert answer.text == '{"a": 1}'
    assert answer.usage == Usage(50, 40, 9)
    assert not answer.truncated
    assert pool.requests == [
        {
            "model": "m1",
            "messages": [
                {"role": "system", "content": "the system text"},
                {"role": "user", "content": "the prompt"},
            ],
            "response_format": {
                "type": "json_schema",
                "json_schema": {"name": "answer", "strict": True, "schema": {"type": "object"}},
            },
            "max_tokens": 321,
            "temperature": 0.0,
        }
    ]
    assert pool.headers[0]["Authorization"] == f"Bearer {KEY}"


def test_no_key_no_authorization_and_no_temperature_where_it_is_refused() -> None:
    subject, pool = model((200, chat()), key="", temperature=None)
    subject.complete(PROMPT)
    assert "Authorization" not in pool.headers[0]
    assert "temperature" not in pool.requests[0]


def test_length_is_truncated() -> None:
    subject, _ = model((200, chat(finish="length")))
    assert subject.complete(PROMPT).truncated


@pytest.mark.parametrize("usage", [None, {}, {"prompt_tokens": 7, "prompt_tokens_details": None}])
def test_usage_may_be_missing(usage: Any) -> None:
    subject, _ = model((200, {**chat(), "usage": usage}))
    assert subject.complete(PROMPT).usage.cached_tokens == 0


def test_the_other_name_of_cached_tokens() -> None:
    usage = {"prompt_tokens": 50, "completion_tokens": 1, "prompt_cache_hit_tokens": 48}
    subject, _ = model((200, {**chat(), "usage": usage}))
    assert subject.complete(PROMPT).usage.cached_tokens == 48


def test_a_server_without_json_schema_gets_the_schema_in_words_from_then_on() -> None:
    refused = (400, {"error": {"message": "This response_format type is unavailable now"}})
    subject, pool = model(refused, (200, chat()), (200, chat()))
    subject.complete(PROMPT)
    subject.complete(PROMPT)
    assert [r["response_format"]["type"] for r in pool.requests] == [
        "json_schema",
        "json_object",
        "json_object",
    ]
    assert pool.requests[1]["messages"][0]["content"] == 'the system text\nJSON schema: {"type":"object"}'


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        (400, PermanentError),
        (401, ConfigurationError),
        (403, ConfigurationError),
        (404, ConfigurationError),
        (302, ConfigurationError),
        (413, PermanentError),
        (422, PermanentError),
        (408, TransientError),
        (429, ThrottledError),
        (500, TransientError),
        (503, TransientError),
        (529, TransientError),
    ],
)
@pytest.mark.parametrize(
    "body",
    [
        {"error": {"message": f"no: {KEY}"}},
        {"message": f"no: {KEY}"},
        {"error": f"no: {KEY}"},
        f"no: {KEY}".encode(),
    ],
)
def test_errors_carry_the_servers_words_but_never_the_key(
    status: int, expected: type[Exception], body: Any
) -> None:
    subject, _ = model((status, body))
    with pytest.raises(expected) as caught:
        subject.complete(PROMPT)
    assert type(caught.value) is expected
    assert "no: ***" in str(caught.value)
    assert KEY not in str(caught.value)


def test_the_servers_words_are_bounded() -> None:
    subject, _ = model((400, {"error": {"message": "x" * 100_000}}))
    with pytest.raises(PermanentError) as caught:
        subject.complete(PROMPT)
    assert len(str(caught.value)) < 400


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        ("7", 7.0),
        ("0.5", 0.5),
        ("Thu, 18 Jun 2026 12:00:30 GMT", 30.0),
        ("Thu, 18 Jun 2026 11:00:00 GMT", 0.0),
        ("soon", None),
        ("-3", None),
        ("nan", None),
        ("1e300", None),
        ("", None),
    ],
)
def test_retry_after(raw: str, expected: float | None) -> None:
    subject, _ = model((429, {}, {"Retry-After": raw}))
    with pytest.raises(TransientError) as caught:
        subject.complete(PROMPT)
    assert caught.value.retry_after == expected


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<html>",
        {},
        {"choices": []},
        {"choices": [{}]},
        {"choices": [{"message": None}]},
        [],
        chat(content=7),
    ],
)
def test_a_200_that_is_no_completion_is_transient(body: Any) -> None:
    subject, _ = model((200, body))
    with pytest.raises(TransientError):
        subject.complete(PROMPT)


@pytest.mark.parametrize("body", [chat(finish="content_filter"), chat(content=None, refusal="I will not.")])
def test_a_withheld_answer_is_permanent(body: Any) -> None:
    subject, _ = model((200, body))
    with pytest.raises(PermanentError):
        subject.complete(PROMPT)


def test_an_endless_body_is_not_read_to_its_end() -> None:
    subject, _ = model((200, b" " * (MAX_BODY + 100_000)))
    with pytest.raises(PermanentError, match="bytes"):
        subject.complete(PROMPT)


NO_ONE = urllib3.exceptions.NewConnectionError(None, "refused")  # type: ignore[arg-type]
SLOW = urllib3.exceptions.ReadTimeoutError(None, "url", "slow")  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("error", "kind", "said"),
    [
        (SLOW, UnavailableError, "did not answer within 60 s"),
        (TimeoutError(), UnavailableError, "did not answer within 60 s"),
        (urllib3.exceptions.ConnectTimeoutError(), UnavailableError, "no connection .*: nobody answers"),
        (NO_ONE, UnavailableError, "no connection .*: it cannot be connected to"),
        (urllib3.exceptions.ProtocolError("reset"), TransientError, "closed the connection"),
        (ConnectionResetError(), TransientError, "closed the connection"),
    ],
)
def test_a_broken_connection_is_transient(error: Exception, kind: type[Exception], said: str) -> None:
    subject, _ = model(error)
    with pytest.raises(TransientError, match=said) as caught:
        subject.complete(PROMPT)
    assert type(caught.value) is kind


def test_an_address_without_scheme_is_a_configuration_error() -> None:
    with pytest.raises(ConfigurationError, match="LLM_BASE_URL"):
        OpenAiModel("localhost:8000", str, "m")
