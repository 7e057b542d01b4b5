"""Any endpoint that speaks OpenAI's chat completions: DeepSeek, Qwen, vLLM, Ollama, llama.cpp.

Over urllib3, which boto3 brings along: the protocol is one POST, and its client library is far
larger than what is used of it.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any

from arxivdaily.adapters.echoes import without_echo
from arxivdaily.domain.records import Usage, tokens
from arxivdaily.errors import (
    ArxivDailyError,
    ConfigurationError,
    PermanentError,
    ThrottledError,
    TransientError,
)
from arxivdaily.ports import Clock, Completion, Prompt

if TYPE_CHECKING:
    from urllib3 import BaseHTTPResponse

MAX_BODY = 2_000_000  # bytes of an answer that are read
_CONNECT_TIMEOUT = 5.0  # seconds
_MAX_MESSAGE = 300  # characters of the server's own words in an error
_CHUNK = 65_536


class OpenAiModel:
    """Implements `ports.LanguageModel`; safe to call from several threads.

    Asks for a JSON schema (`response_format`); a server that refuses that kind of format (DeepSeek
    knows `json_object` only) is asked once more with the schema in words, and so from then on.
    """

    def __init__(
        self,
        base_url: str,
        api_key: Callable[[], str],
        model: str,
        *,
        timeout: float = 60.0,
        connections: int = 10,
        temperature: float | None = 0.0,
        clock: Clock = lambda: datetime.now(UTC),
    ) -> None:
        """`base_url` ends where `/chat/completions` begins, usually in `/v1`; `timeout` in seconds.

        `api_key` is asked before each call and may raise what `complete` does; an empty key sends no
        Authorization. `temperature` None leaves it out, for models
        that refuse it.
        """
        if not base_url.startswith(("http://", "https://")):
            raise ConfigurationError(f"LLM_BASE_URL is {base_url!r}; it must begin with http:// or https://")
        import urllib3

        self._url = base_url.rstrip("/") + "/chat/completions"
        self._api_key = api_key
        self._key = ""  # the one used last, which no error may repeat
        self._model = model
        self._temperature = temperature
        self._clock = clock
        self._takes_schema = True  # only ever goes to False; a lost race costs one more refused call
        self._pool = urllib3.PoolManager(
            maxsize=connections,
            block=False,
            retries=False,
            timeout=urllib3.Timeout(connect=min(_CONNECT_TIMEOUT, timeout), read=timeout),
        )

    @property
    def model(self) -> str:
        return self._model

    def complete(self, prompt: Prompt) -> Completion:
        """One POST, no retries of its own.

        ThrottledError: 429. TransientError: 408, 409, 425 and 5xx, time-outs, broken connections,
        a 200 that is no chat completion. ConfigurationError: 401, 403, 404. PermanentError: the
        other 4xx, with the server's words.
        """
        if self._takes_schema:
            status, headers, body = self._post(self._request(prompt, with_schema=True))
            if status not in (400, 422) or b"response_format" not in body:
                return self._read(prompt, status, headers, body)
            self._takes_schema = False
        return self._read(prompt, *self._post(self._request(prompt, with_schema=False)))

    def _request(self, prompt: Prompt, *, with_schema: bool) -> dict[str, Any]:
        system = prompt.system
        response_format: dict[str, Any] = {"type": "json_object"}
        if with_schema:
            schema = {"name": prompt.name, "strict": True, "schema": prompt.schema}
            response_format = {"type": "json_schema", "json_schema": schema}
        else:
            system += "\nJSON schema: " + json.dumps(prompt.schema, ensure_ascii=False, separators=(",", ":"))
        request: dict[str, Any] = {
            "model": self._model,
            "messages": [{"role": "system", "content": system}, {"role": "user", "content": prompt.user}],
            "response_format": response_format,
            "max_tokens": prompt.max_tokens,
        }
        if self._temperature is not None:
            request["temperature"] = self._temperature
        return request

    def _post(self, request: Mapping[str, Any]) -> tuple[int, Mapping[str, str], bytes]:
        import urllib3

        headers = {"Content-Type": "application/json", "Accept": "application/json"}
        self._key = self._api_key()
        if self._key:
            headers["Authorization"] = f"Bearer {self._key}"
        data = json.dumps(request, ensure_ascii=False).encode()
        try:
            # A redirect would carry the key to another host.
            response = self._pool.request(
                "POST", self._url, body=data, headers=headers, redirect=False, preload_content=False
            )
            try:
                return response.status, response.headers, _read_bounded(response)
            finally:
                response.release_conn()
        except urllib3.exceptions.TimeoutError as error:
            raise TransientError("the model service did not answer in time") from error
        except urllib3.exceptions.LocationValueError as error:
            raise ConfigurationError("LLM_BASE_URL is not a usable address") from error
        except (urllib3.exceptions.HTTPError, OSError) as error:
            raise TransientError(f"no connection to the model service: {type(error).__name__}") from error

    def _read(self, prompt: Prompt, status: int, headers: Mapping[str, str], body: bytes) -> Completion:
        if status != 200:
            raise self._error(without_echo(self._said(body), prompt), status, headers)
        import msgspec

        try:
            answer = msgspec.json.decode(body)
            choice = answer["choices"][0]
            message = choice["message"]
            text = message.get("content") or ""
            if not isinstance(text, str):
                raise TypeError("content is not text")
            reason = choice.get("finish_reason")
            refused = message.get("refusal")
            usage = _usage(answer.get("usage") or {})
        except (
            msgspec.DecodeError,
            RecursionError,
            LookupError,
            TypeError,
            AttributeError,
            ValueError,
            OverflowError,
        ) as error:
            raise TransientError(
                "the model service answered with something that is no chat completion"
            ) from error
        if reason == "content_filter" or (refused and not text):
            raise PermanentError("the model service withheld the answer")
        return Completion(text=text, usage=usage, truncated=reason == "length")

    def _error(self, said: str, status: int, headers: Mapping[str, str]) -> ArxivDailyError:
        message = f"model service, HTTP {status}" + (f": {said}" if said else "")
        if status in (408, 409, 425, 429) or status >= 500:
            kind = ThrottledError if status == 429 else TransientError
            return kind(message, retry_after=self._retry_after(headers.get("Retry-After", "")))
        if status in (401, 403):
            return ConfigurationError(f"{message} (check LLM_API_KEY)")
        if status == 404 or 300 <= status < 400:
            return ConfigurationError(f"{message} (check LLM_BASE_URL and the model id)")
        return PermanentError(message)

    def _said(self, body: bytes) -> str:
        """The server's message, bounded; some servers quote the key, so it is taken out."""
        import msgspec

        try:
            answer = msgspec.json.decode(body)
            error = answer.get("error", answer)
            said = error.get("message", "") if isinstance(error, dict) else error
        except (
            msgspec.DecodeError,
            RecursionError,
            AttributeError,
            ValueError,
        ):  # bytes that are no text, too
            said = body[: 2 * _MAX_MESSAGE].decode(errors="replace")
        text = " ".join(str(said).split())
        if self._key:
            text = text.replace(self._key, "***")
        return text[:_MAX_MESSAGE]

    def _retry_after(self, raw: str) -> float | None:
        """Seconds or an HTTP date (RFC 9110, 10.2.3); None for what is neither or absurd."""
        try:
            seconds = float(raw)
        except ValueError:
            try:
                seconds = (parsedate_to_datetime(raw) - self._clock()).total_seconds()
            except (ValueError, TypeError, OverflowError):
                return None
            seconds = max(0.0, seconds)
        return seconds if 0 <= seconds < 86_400 else None


def _read_bounded(response: BaseHTTPResponse) -> bytes:
    """The whole body, decoded; PermanentError for one that is too long, which another try would pay again."""
    parts, size = [], 0
    for part in response.stream(_CHUNK, decode_content=True):
        parts.append(part)
        size += len(part)
        if size > MAX_BODY:
            response.close()
            raise PermanentError(f"the model service sent more than {MAX_BODY} bytes")
    return b"".join(parts)


def _usage(counts: Mapping[str, Any]) -> Usage:
    cached = (counts.get("prompt_tokens_details") or {}).get("cached_tokens")
    if cached is None:
        cached = counts.get("prompt_cache_hit_tokens")  # DeepSeek's name for the same
    return Usage(
        input_tokens=tokens(counts.get("prompt_tokens")),
        cached_tokens=tokens(cached),
        output_tokens=tokens(counts.get("completion_tokens")),
    )
