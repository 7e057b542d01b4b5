"""Amazon Bedrock's Converse API as a language model.

Facts from the API reference of `bedrock-runtime` Converse: a forced tool (`toolChoice.tool`) makes
the model answer with an object of the tool's schema; a `cachePoint` after the system text caches
tools and system together; `inputTokens` leaves out what was read from or written to the cache.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from arxivdaily.adapters.aws import new_client
from arxivdaily.adapters.echoes import without_echo
from arxivdaily.domain.records import Usage, tokens
from arxivdaily.errors import (
    ArxivDailyError,
    ConfigurationError,
    PermanentError,
    ThrottledError,
    TransientError,
)
from arxivdaily.ports import Completion, Prompt

_CONNECT_TIMEOUT = 5.0  # seconds
_MAX_MESSAGE = 300  # characters of the service's own words in an error
# Model families whose prompt caching Converse supports; others refuse a cachePoint.
_CACHING = ("anthropic.claude", "amazon.nova")
# Requests or tokens a minute, and "Too many tokens per day", which lasts for hours.
_THROTTLED = {
    "ThrottlingException",
    "TooManyRequestsException",
    "ServiceQuotaExceededException",
}
_TRANSIENT = {
    "ModelTimeoutException",
    "ModelNotReadyException",
    "ModelErrorException",
    "InternalServerException",
    "InternalFailure",
    "ServiceUnavailableException",
    "RequestTimeout",
    "RequestTimeoutException",
}
_HINTS = {
    "AccessDeniedException": "allow bedrock:InvokeModel and request access to the model in this region",
    "ResourceNotFoundException": "check the model id and that this region offers it",
    "UnrecognizedClientException": "the AWS credentials are not valid",
    "InvalidSignatureException": "the AWS credentials are not valid",
    "ExpiredTokenException": "the AWS credentials have expired",
}


class BedrockModel:
    """Implements `ports.LanguageModel`; safe to call from several threads."""

    def __init__(
        self,
        model: str,
        *,
        timeout: float = 60.0,
        connections: int = 10,
        cache_prompt: bool | None = None,
        temperature: float | None = 0.0,
        client: Any = None,
    ) -> None:
        """`model` is a model id, inference profile id or ARN; `timeout` is in seconds a call.

        `cache_prompt` None decides by the model's family; `temperature` None leaves it out, for
        models that refuse it. Region, credentials and endpoint are botocore's own business
        (AWS_ENDPOINT_URL_BEDROCK_RUNTIME). `client` replaces the client.
        """
        self._model = model
        self._cache_prompt = any(f in model for f in _CACHING) if cache_prompt is None else cache_prompt
        self._temperature = temperature
        self._client = client or _client(timeout, connections)

    @property
    def model(self) -> str:
        return self._model

    def complete(self, prompt: Prompt) -> Completion:
        """One Converse call, no retries of its own.

        ThrottledError: requests, tokens or a quota. TransientError: time-outs, the service's or the
        connection's trouble. ConfigurationError: no access, no such model, bad credentials.
        PermanentError: the request was refused for what it says.
        """
        from botocore.exceptions import BotoCoreError, ClientError

        try:
            answer = self._client.converse(**self._request(prompt))
        except ClientError as error:
            raise _from_client_error(error.response, self._model, prompt) from error
        except BotoCoreError as error:
            raise _from_botocore_error(error) from error
        return _completion(answer, prompt.name)

    def _request(self, prompt: Prompt) -> dict[str, Any]:
        system: list[dict[str, Any]] = [{"text": prompt.system}]
        if self._cache_prompt:
            system.append({"cachePoint": {"type": "default"}})
        inference: dict[str, Any] = {"maxTokens": prompt.max_tokens}
        if self._temperature is not None:
            inference["temperature"] = self._temperature
        tool = {
            "name": prompt.name,
            "description": "Give the answer.",
            "inputSchema": {"json": prompt.schema},
        }
        return {
            "modelId": self._model,
            "system": system,
            "messages": [{"role": "user", "content": [{"text": prompt.user}]}],
            "inferenceConfig": inference,
            "toolConfig": {"tools": [{"toolSpec": tool}], "toolChoice": {"tool": {"name": prompt.name}}},
        }


def _client(timeout: float, connections: int) -> Any:
    from botocore.config import Config

    config = Config(
        connect_timeout=min(_CONNECT_TIMEOUT, timeout),
        read_timeout=timeout,
        max_pool_connections=connections,
        # Retries are counted once, by the caller and the queue: botocore's would multiply them.
        retries={"mode": "standard", "total_max_attempts": 1},
    )
    try:
        return new_client("bedrock-runtime", config)
    except Exception as error:  # NoRegionError and friends have no narrower common base
        raise ConfigurationError(f"Bedrock: {_clip(str(error))}") from error


def _completion(answer: Mapping[str, Any], tool: str) -> Completion:
    """What a Converse answer says; TransientError for one that is none."""
    try:
        content = answer.get("output", {}).get("message", {}).get("content", [])
        reason = answer.get("stopReason", "")
        inputs = [part["toolUse"]["input"] for part in content if part.get("toolUse", {}).get("name") == tool]
        if inputs:
            text = json.dumps(inputs[0], ensure_ascii=False)
        else:
            # A model may ignore the forced tool; what it said instead may still be the JSON asked for.
            text = "".join(part["text"] for part in content if "text" in part)
        counts = answer.get("usage", {})
        read, written = (tokens(counts.get(n)) for n in ("cacheReadInputTokens", "cacheWriteInputTokens"))
        usage = Usage(
            input_tokens=tokens(counts.get("inputTokens")) + read + written,
            cached_tokens=read,
            output_tokens=tokens(counts.get("outputTokens")),
        )
    except (LookupError, TypeError, AttributeError, ValueError, RecursionError) as error:
        raise TransientError("Bedrock answered with something that is no Converse answer") from error
    if reason in ("guardrail_intervened", "content_filtered"):
        raise PermanentError(f"Bedrock withheld the answer: {reason}")
    return Completion(
        text=text, usage=usage, truncated=reason in ("max_tokens", "model_context_window_exceeded")
    )


def _from_client_error(response: Mapping[str, Any], model: str, prompt: Prompt) -> ArxivDailyError:
    code = response.get("Error", {}).get("Code", "")
    said = without_echo(_clip(response.get("Error", {}).get("Message", "")), prompt)
    meta = response.get("ResponseMetadata", {})
    status = int(meta.get("HTTPStatusCode") or 0)
    if code in _THROTTLED or status == 429:
        return ThrottledError(f"Bedrock {code or status}: {said}", retry_after=_retry_after(meta))
    if code in _TRANSIENT or status in (408, 424) or status >= 500:
        return TransientError(f"Bedrock {code or status}: {said}", retry_after=_retry_after(meta))
    if code in _HINTS or status in (401, 403, 404):
        hint = _HINTS.get(code, "check credentials, region and model id")
        return ConfigurationError(f"Bedrock {code or status} for {model}: {said} ({hint})")
    return PermanentError(f"Bedrock {code or status} for {model}: {said}")


def _from_botocore_error(error: Exception) -> ArxivDailyError:
    from botocore.exceptions import (
        ConnectionError as BotoConnectionError,
    )
    from botocore.exceptions import (
        HTTPClientError,
        NoCredentialsError,
        NoRegionError,
        ParamValidationError,
        PartialCredentialsError,
    )

    message = f"Bedrock: {_clip(str(error))}"
    if isinstance(error, (NoCredentialsError, PartialCredentialsError, NoRegionError)):
        return ConfigurationError(message)
    if isinstance(error, ParamValidationError):
        # Its text quotes the parameters, which hold the prompt.
        return PermanentError("Bedrock: the request is not valid for this release of botocore")
    if isinstance(error, (BotoConnectionError, HTTPClientError)):
        return TransientError(message)
    return TransientError(f"Bedrock: {type(error).__name__}")


def _retry_after(meta: Mapping[str, Any]) -> float | None:
    raw = meta.get("HTTPHeaders", {}).get("retry-after", "")
    try:
        seconds = float(raw)
    except ValueError:
        return None
    return seconds if 0 <= seconds < 86_400 else None


def _clip(text: str) -> str:
    return " ".join(text.split())[:_MAX_MESSAGE]
