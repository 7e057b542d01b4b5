"""Amazon Bedrock's Converse API as a language model.

Facts from the API reference of `bedrock-runtime` Converse: a forced tool (`toolChoice.tool`) makes
the model answer with an object of the tool's schema; a `cachePoint` after the system text caches
tools and system together; `inputTokens` leaves out what was read from or written to the cache.

Models differ in what they take of that, and say so with a ValidationException: recent Claude, GPT and
Grok no `temperature`; most no `toolChoice.tool`, some no `toolChoice` and some no tools; many no
`cachePoint` (that may be an AccessDeniedException); Nova no `additionalProperties` at the top of a
tool's schema. What each refuses is found out by asking (`negotiation`).
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from typing import Any, Final

from arxivdaily.adapters.aws import THROTTLED_CODES, new_client
from arxivdaily.adapters.echoes import without_echo
from arxivdaily.adapters.negotiation import (
    NAMED_WITHIN,
    ROOM_FOR_THOUGHTS,
    Exchange,
    Forms,
    RefusedError,
    Terms,
    bare_schema,
    with_schema_in_words,
)
from arxivdaily.domain.records import Usage, tokens
from arxivdaily.errors import (
    ArxivDailyError,
    ConfigurationError,
    PermanentError,
    ThrottledError,
    TransientError,
    UnavailableError,
)
from arxivdaily.ports import Completion, Prompt

_CONNECT_TIMEOUT = 5.0  # seconds
_MAX_MESSAGE = 300  # characters of the service's own words in an error
# Model families whose prompt caching Converse supports; others refuse a cachePoint.
_CACHING = ("anthropic.claude", "amazon.nova")
# Requests or tokens a minute, and "Too many tokens per day", which lasts for hours.
_THROTTLED = THROTTLED_CODES | {"ServiceQuotaExceededException"}
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
    "AccessDeniedException": "allow bedrock:InvokeModel; a third party's model also needs a subscription",
    "ResourceNotFoundException": "check the model id and that this region offers it",
    "UnrecognizedClientException": "the AWS credentials are not valid",
    "InvalidSignatureException": "the AWS credentials are not valid",
    "ExpiredTokenException": "the AWS credentials have expired",
}


# The forms of each field, from the one to begin with to the one that asks least of a model.
LADDERS: Final[Mapping[str, tuple[str, ...]]] = {
    "temperature": ("sent", "left out"),
    "cache point": ("sent", "left out"),
    "tool": ("forced", "any", "offered", "none: JSON as text"),
    "schema": ("whole", "bare"),
    "maxTokens": ("as asked", "with room for thoughts", "left out"),
    "system": ("apart", "before the question"),
}
_NO_TOOL: Final = LADDERS["tool"][-1]
# How refusals name a field. Exact names stand first: "toolConfig.toolChoice.any" is not all of toolConfig.
EXCHANGES: Final = (
    Exchange(re.compile("temperature", re.I), "temperature", {"sent": "left out"}),
    Exchange(
        re.compile("cache_?point|cache_?control|prompt caching", re.I), "cache point", {"sent": "left out"}
    ),
    Exchange(
        re.compile("tool_?choice", re.I),
        "tool",
        {"forced": "any", "any": "offered", "offered": _NO_TOOL},
    ),
    Exchange(
        re.compile("additional_?properties|input_?schema|json_? ?schema", re.I),
        "schema",
        {"whole": "bare"},
    ),
    Exchange(
        re.compile("max_?tokens|maximum tokens|max_?new_?tokens", re.I),
        "maxTokens",
        {"as asked": "left out", "with room for thoughts": "left out"},
    ),
    Exchange(
        re.compile(r"system[ _](?:messages?|prompts?|role|instructions?)", re.I),
        "system",
        {"apart": "before the question"},
    ),
    Exchange(
        re.compile(r"tool_?config|tool_?spec|tool_?use|\btools?\b|function call", re.I),
        "tool",
        dict.fromkeys(("forced", "any", "offered"), _NO_TOOL),
    ),
)
# Said of an AccessDeniedException, too.
_NO_CACHING = re.compile("did not allow prompt caching", re.I)
_UNFINISHED = re.compile("tool ?use|invalid sequence|max_?tokens", re.I)
_FORMATS = {"schema": "forced", "json": "offered", "text": _NO_TOOL}
# What a ValidationException says of a model that cannot be called by this id here.
_NO_SUCH_MODEL = re.compile("on-demand throughput|inference profile|model identifier is invalid", re.I)
_PROFILE_HINT = "name the model by an inference profile that this region has, such as eu.… or global.…"


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
        answer_format: str = "schema",
        note: Callable[[str], None] = lambda _: None,
        client: Any = None,
    ) -> None:
        """`model` is a model id, inference profile id or ARN; `timeout` is in seconds a call.

        What the model refuses of what follows is left out: `cache_prompt` None begins by the model's
        family; `temperature` None leaves it out from the start; `answer_format` is `schema` (a forced
        tool), `json` (an offered one) or `text` (no tool; the schema in words). `note` is told what the
        model does not take. Region, credentials and endpoint are botocore's own business
        (AWS_ENDPOINT_URL_BEDROCK_RUNTIME). `client` replaces the client.
        """
        self._model = model
        self._temperature = temperature
        caches = any(f in model for f in _CACHING) if cache_prompt is None else cache_prompt
        begin = {
            "temperature": "left out" if temperature is None else "sent",
            "cache point": "sent" if caches else "left out",
            "tool": _FORMATS[answer_format],
        }
        self._terms = Terms(LADDERS, EXCHANGES, begin, note=note)
        self._client = client or _client(timeout, connections)

    @property
    def model(self) -> str:
        return self._model

    def complete(self, prompt: Prompt) -> Completion:
        """One Converse call, no retries of its own but for what the model refuses of the request.

        ThrottledError: requests, tokens or a quota. UnavailableError: no connection, no answer in time.
        TransientError: the service's trouble. ConfigurationError: no access, no such model, bad credentials.
        PermanentError: the request was refused for what it says.
        """
        answer = self._terms.ask(lambda forms: self._send(prompt, forms))
        if answer is None:
            # Nova's way to say that the tool's input did not fit into maxTokens (its guide, "Troubleshooting
            # tool calls"). What it cost is not said.
            return Completion(text="", usage=Usage(), truncated=True)
        completion = _completion(answer, prompt.name)
        if completion.truncated and _has_thoughts(answer):
            self._terms.settle("maxTokens", "with room for thoughts")
        return completion

    def _send(self, prompt: Prompt, forms: Forms) -> Mapping[str, Any] | None:
        """The service's answer; None for one that a model began and could not end."""
        from botocore.exceptions import BotoCoreError, ClientError

        try:
            answer: Mapping[str, Any] = self._client.converse(**self._request(prompt, forms))
        except ClientError as error:
            details = error.response.get("Error", {})
            code, said = details.get("Code", ""), _flat(details.get("Message", ""))
            said = without_echo(said[:NAMED_WITHIN], prompt)
            if code == "ModelErrorException" and _UNFINISHED.search(said):
                return None
            failure = _from_client_error(error.response, self._model, prompt)
            if code == "ValidationException" or _NO_CACHING.search(said):
                raise RefusedError(failure, said) from error
            raise failure from error
        except BotoCoreError as error:
            raise _from_botocore_error(error) from error
        return answer

    def _request(self, prompt: Prompt, forms: Forms) -> dict[str, Any]:
        schema = bare_schema(prompt.schema) if forms["schema"] == "bare" else prompt.schema
        words = with_schema_in_words(prompt) if forms["tool"] == _NO_TOOL else prompt.system
        instructions: list[dict[str, Any]] = [{"text": words}]
        if forms["cache point"] == "sent":
            instructions.append({"cachePoint": {"type": "default"}})
        question = [{"text": prompt.user}]
        request: dict[str, Any] = {"modelId": self._model}
        if forms["system"] == "apart":
            request["system"] = instructions
        else:
            question = instructions + question
        request["messages"] = [{"role": "user", "content": question}]
        inference: dict[str, Any] = {}
        if forms["maxTokens"] != "left out":
            room = ROOM_FOR_THOUGHTS if forms["maxTokens"] == "with room for thoughts" else 0
            inference["maxTokens"] = prompt.max_tokens + room
        if forms["temperature"] == "sent":
            inference["temperature"] = self._temperature
        if inference:
            request["inferenceConfig"] = inference
        if forms["tool"] != _NO_TOOL:
            tool = {
                "name": prompt.name,
                "description": "Give the answer.",
                "inputSchema": {"json": schema},
            }
            request["toolConfig"] = {"tools": [{"toolSpec": tool}]}
            if forms["tool"] == "forced":
                request["toolConfig"]["toolChoice"] = {"tool": {"name": prompt.name}}
            elif forms["tool"] == "any":
                request["toolConfig"]["toolChoice"] = {"any": {}}
        return request


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
            given = inputs[0]
            text = given if isinstance(given, str) else json.dumps(given, ensure_ascii=False)
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


def _has_thoughts(answer: Mapping[str, Any]) -> bool:
    content = answer.get("output", {}).get("message", {}).get("content", [])
    return any("reasoningContent" in part for part in content)


def _from_client_error(response: Mapping[str, Any], model: str, prompt: Prompt) -> ArxivDailyError:
    code = response.get("Error", {}).get("Code", "")
    said = without_echo(_clip(response.get("Error", {}).get("Message") or ""), prompt)
    meta = response.get("ResponseMetadata", {})
    status = int(meta.get("HTTPStatusCode") or 0)
    if code in _THROTTLED or status == 429:
        return ThrottledError(f"Bedrock {code or status}: {said}", retry_after=_retry_after(meta))
    if code in _TRANSIENT or status in (408, 424) or status >= 500:
        return TransientError(f"Bedrock {code or status}: {said}", retry_after=_retry_after(meta))
    if _NO_SUCH_MODEL.search(said):
        return ConfigurationError(f"Bedrock {code} for {model}: {said} ({_PROFILE_HINT})")
    if code in _HINTS or status in (401, 403, 404):
        hint = _HINTS.get(code, "check credentials, region and model id")
        return ConfigurationError(f"Bedrock {code or status} for {model}: {said} ({hint})")
    return PermanentError(f"Bedrock {code or status} for {model}: {said}")


def _from_botocore_error(error: Exception) -> ArxivDailyError:
    from botocore.exceptions import (
        ConnectionClosedError,
        HTTPClientError,
        NoCredentialsError,
        NoRegionError,
        ParamValidationError,
        PartialCredentialsError,
    )
    from botocore.exceptions import (
        ConnectionError as BotoConnectionError,
    )

    message = f"Bedrock: {_clip(str(error))}"
    if isinstance(error, (NoCredentialsError, PartialCredentialsError, NoRegionError)):
        return ConfigurationError(message)
    if isinstance(error, ParamValidationError):
        # Its text quotes the parameters, which hold the prompt.
        return PermanentError("Bedrock: the request is not valid for this release of botocore")
    if isinstance(error, ConnectionClosedError):
        return TransientError(message)
    if isinstance(error, (BotoConnectionError, HTTPClientError)):
        return UnavailableError(message)
    return TransientError(f"Bedrock: {type(error).__name__}")


def _retry_after(meta: Mapping[str, Any]) -> float | None:
    raw = meta.get("HTTPHeaders", {}).get("retry-after", "")
    try:
        seconds = float(raw)
    except ValueError:
        return None
    return seconds if 0 <= seconds < 86_400 else None


def _clip(text: str) -> str:
    return _flat(text)[:_MAX_MESSAGE]


def _flat(text: object) -> str:
    return " ".join(str(text or "").split())
