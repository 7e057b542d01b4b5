"""Bedrock Converse: what is sent, what is read, which kind of failure is which."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from arxivdaily.adapters.bedrock import BedrockModel
from arxivdaily.domain.records import Usage
from arxivdaily.errors import ConfigurationError, PermanentError, ThrottledError, TransientError
from arxivdaily.ports import Prompt
from botocore.exceptions import (
    ConnectionClosedError,
    ConnectTimeoutError,
    EndpointConnectionError,
    NoCredentialsError,
    ParamValidationError,
    ReadTimeoutError,
)
from botocore.stub import Stubber

CLAUDE = "eu.anthropic.claude-test-v1:0"
PROMPT = Prompt("answer", "the system text", "the secret prompt", {"type": "object"}, 321)
TOOL_USE = {"toolUse": {"toolUseId": "t1", "name": "answer", "input": {"题": "目", "n": 1}}}


def reply(*content: dict[str, Any], stop: str = "tool_use", **usage: int) -> dict[str, Any]:
    counts = {"inputTokens": 10, "outputTokens": 5, "totalTokens": 15, **usage}
    return {
        "output": {"message": {"role": "assistant", "content": list(content)}},
        "stopReason": stop,
        "usage": counts,
        "metrics": {"latencyMs": 1},
    }


@pytest.fixture
def client() -> Any:
    from boto3.session import Session

    return Session().client("bedrock-runtime", region_name="us-east-1")


@pytest.fixture
def stub(client: Any) -> Iterator[Stubber]:
    with Stubber(client) as stubber:
        yield stubber
        stubber.assert_no_pending_responses()


def model(client: Any, **changes: Any) -> BedrockModel:
    return BedrockModel(changes.pop("model", CLAUDE), client=client, **changes)


def test_the_answer_is_forced_into_the_schema_and_the_system_text_is_cached(
    client: Any, stub: Stubber
) -> None:
    stub.add_response(
        "converse",
        reply(TOOL_USE, cacheReadInputTokens=700, cacheWriteInputTokens=30),
        {
            "modelId": CLAUDE,
            "system": [{"text": "the system text"}, {"cachePoint": {"type": "default"}}],
            "messages": [{"role": "user", "content": [{"text": "the secret prompt"}]}],
            "inferenceConfig": {"maxTokens": 321, "temperature": 0.0},
            "toolConfig": {
                "tools": [
                    {
                        "toolSpec": {
                            "name": "answer",
                            "description": "Give the answer.",
                            "inputSchema": {"json": {"type": "object"}},
                        }
                    }
                ],
                "toolChoice": {"tool": {"name": "answer"}},
            },
        },
    )
    answer = model(client).complete(PROMPT)
    assert answer.text == '{"题": "目", "n": 1}'
    assert answer.usage == Usage(input_tokens=740, cached_tokens=700, output_tokens=5)
    assert not answer.truncated


@pytest.mark.parametrize(
    ("name", "asked", "cached"),
    [
        (CLAUDE, None, True),
        ("amazon.nova-lite-v1:0", None, True),
        ("meta.llama3", None, False),
        ("meta.llama3", True, True),
        (CLAUDE, False, False),
    ],
)
def test_a_cache_point_only_where_the_model_takes_it(
    client: Any, name: str, asked: bool | None, cached: bool
) -> None:
    subject = model(client, model=name, cache_prompt=asked)
    request = subject._request(PROMPT, subject._terms.agreed())
    assert (len(request["system"]) == 2) is cached


def test_no_temperature_for_models_that_refuse_it(client: Any) -> None:
    subject = model(client, temperature=None)
    assert subject._request(PROMPT, subject._terms.agreed())["inferenceConfig"] == {"maxTokens": 321}


def test_text_is_taken_from_a_model_that_ignored_the_tool(client: Any, stub: Stubber) -> None:
    stub.add_response("converse", reply({"text": '{"a": '}, {"text": "1}"}, stop="end_turn"))
    assert model(client).complete(PROMPT).text == '{"a": 1}'


@pytest.mark.parametrize("stop", ["max_tokens", "model_context_window_exceeded"])
def test_out_of_room_is_truncated(client: Any, stub: Stubber, stop: str) -> None:
    stub.add_response("converse", reply(TOOL_USE, stop=stop))
    assert model(client).complete(PROMPT).truncated


@pytest.mark.parametrize("stop", ["guardrail_intervened", "content_filtered"])
def test_a_withheld_answer_is_permanent(client: Any, stub: Stubber, stop: str) -> None:
    stub.add_response("converse", reply(stop=stop))
    with pytest.raises(PermanentError, match=stop):
        model(client).complete(PROMPT)


@pytest.mark.parametrize(
    ("code", "status", "expected"),
    [
        ("ThrottlingException", 429, ThrottledError),
        ("TooManyRequestsException", 429, ThrottledError),
        ("ServiceQuotaExceededException", 400, ThrottledError),
        ("ModelTimeoutException", 408, TransientError),
        ("ModelNotReadyException", 429, ThrottledError),
        ("ModelErrorException", 424, TransientError),
        ("InternalServerException", 500, TransientError),
        ("ServiceUnavailableException", 503, TransientError),
        ("SomethingNew", 502, TransientError),
        ("AccessDeniedException", 403, ConfigurationError),
        ("ResourceNotFoundException", 404, ConfigurationError),
        ("UnrecognizedClientException", 403, ConfigurationError),
        ("ValidationException", 400, PermanentError),
    ],
)
def test_service_errors(
    client: Any, stub: Stubber, code: str, status: int, expected: type[Exception]
) -> None:
    stub.add_client_error("converse", code, "what it said", status)
    with pytest.raises(expected) as caught:
        model(client).complete(PROMPT)
    assert type(caught.value) is expected
    assert code in str(caught.value)
    assert "what it said" in str(caught.value)


def test_no_access_names_what_gives_it(client: Any, stub: Stubber) -> None:
    """Bedrock's page for requesting access to models is gone."""
    stub.add_client_error("converse", "AccessDeniedException", "not authorized", 403)
    with pytest.raises(ConfigurationError, match=r"bedrock:InvokeModel.*subscription") as caught:
        model(client).complete(PROMPT)
    assert "request access" not in str(caught.value)


def test_retry_after_is_kept(client: Any, stub: Stubber) -> None:
    stub.add_client_error(
        "converse",
        "ThrottlingException",
        http_status_code=429,
        response_meta={"HTTPHeaders": {"retry-after": "7"}},
    )
    with pytest.raises(TransientError) as caught:
        model(client).complete(PROMPT)
    assert caught.value.retry_after == 7


class Failing:
    def __init__(self, error: Exception) -> None:
        self._error = error

    def converse(self, **_: object) -> None:
        raise self._error


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (ReadTimeoutError(endpoint_url="https://x"), TransientError),
        (ConnectTimeoutError(endpoint_url="https://x"), TransientError),
        (EndpointConnectionError(endpoint_url="https://x"), TransientError),
        (ConnectionClosedError(endpoint_url="https://x"), TransientError),
        (NoCredentialsError(), ConfigurationError),
        (ParamValidationError(report="the secret prompt is not valid"), PermanentError),
    ],
)
def test_errors_before_the_service_answered(error: Exception, expected: type[Exception]) -> None:
    with pytest.raises(expected) as caught:
        model(Failing(error)).complete(PROMPT)
    assert "the secret prompt" not in str(caught.value)


def test_the_client_does_not_retry_and_waits_as_long_as_it_is_told() -> None:
    config = BedrockModel(CLAUDE, timeout=12, connections=3)._client.meta.config
    assert config.retries["total_max_attempts"] == 1
    assert config.read_timeout == 12
    assert config.max_pool_connections == 3


def test_no_region_is_a_configuration_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AWS_DEFAULT_REGION", raising=False)
    monkeypatch.delenv("AWS_REGION", raising=False)
    monkeypatch.setenv("AWS_CONFIG_FILE", "/nonexistent")
    with pytest.raises(ConfigurationError, match="region"):
        BedrockModel(CLAUDE)
