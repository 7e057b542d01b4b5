"""Any endpoint that speaks OpenAI's chat completions: DeepSeek, Qwen, vLLM, Ollama, llama.cpp.

Over urllib3, which boto3 brings along: the protocol is one POST, and its client library is far
larger than what is used of it.

Servers and models differ in what they take: OpenAI's reasoning models no `temperature` and
`max_completion_tokens` for `max_tokens`; DeepSeek no `json_schema`, LM Studio no `json_object`, others
no `response_format` at all; some chat templates no system message. What a server refuses is found out
by asking (`negotiation`); it says so with a 400, 404, 422 or even 500.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from ipaddress import ip_address
from typing import TYPE_CHECKING, Any, Final

from arxivdaily.adapters.causes import cause_of
from arxivdaily.adapters.echoes import without_echo
from arxivdaily.adapters.negotiation import (
    NAMED_WITHIN,
    ROOM_FOR_THOUGHTS,
    Exchange,
    Forms,
    RefusedError,
    Terms,
    with_schema_in_words,
)
from arxivdaily.adapters.proxies import ProxiedPool
from arxivdaily.domain.records import Usage, tokens
from arxivdaily.errors import (
    ArxivDailyError,
    ConfigurationError,
    PermanentError,
    ThrottledError,
    TransientError,
    UnavailableError,
)
from arxivdaily.model_calls import has_thoughts, is_json_object
from arxivdaily.ports import Clock, Completion, Prompt

if TYPE_CHECKING:
    from urllib3 import BaseHTTPResponse

MAX_BODY = 2_000_000  # bytes of an answer that are read
_CONNECT_TIMEOUT = 5.0  # seconds
_MAX_MESSAGE = 300  # characters of the server's own words in an error
_CHUNK = 65_536

# The forms of each field, from the one that asks most of a model to the one that asks least.
LADDERS: Final[Mapping[str, tuple[str, ...]]] = {
    "temperature": ("sent", "left out"),
    "limit": ("max_tokens", "max_completion_tokens", "left out"),
    "room": ("as asked", "for thoughts"),
    "response_format": ("strict schema", "schema", "json_object", "left out"),
    "system": ("apart", "before the question"),
}
# How refusals name a field; the exact names stand first.
EXCHANGES: Final = (
    Exchange(re.compile("temperature", re.I), "temperature", {"sent": "left out"}),
    Exchange(
        re.compile("max_?(?:completion_|new_|output_)?tokens", re.I),
        "limit",
        {"max_tokens": "max_completion_tokens", "max_completion_tokens": "left out"},
    ),
    Exchange(re.compile(r"\bstrict\b", re.I), "response_format", {"strict schema": "schema"}),
    Exchange(
        re.compile(
            r"response_?(?:format|schema|mime)|json_?(?:schema|object|mode)|json (?:schema|object|mode)"
            r"|structured[ _]?(?:output|decoding)|guided_?|guided decoding|grammar|additional_?properties",
            re.I,
        ),
        "response_format",
        {"strict schema": "json_object", "schema": "json_object", "json_object": "left out"},
    ),
    Exchange(
        re.compile(
            r"system[ _](?:messages?|prompts?|roles?|instructions?)|developer instruction"
            r"|roles? .{0,60}\bsystem\b|\bsystem\b.{0,20} role",
            re.I,
        ),
        "system",
        {"apart": "before the question"},
    ),
)
_REFUSALS = (400, 404, 405, 415, 422, 500, 501)
_FORMATS = {"schema": "strict schema", "json": "json_object", "text": "left out"}


class OpenAiModel:
    """Implements `ports.LanguageModel`; safe to call from several threads."""

    def __init__(
        self,
        base_url: str,
        api_key: Callable[[], str],
        model: str,
        *,
        timeout: float = 60.0,
        connections: int = 10,
        temperature: float | None = 0.0,
        answer_format: str = "schema",
        setting: str = "LLM_BASE_URL",
        note: Callable[[str], None] = lambda _: None,
        clock: Clock = lambda: datetime.now(UTC),
    ) -> None:
        """`base_url` ends where `/chat/completions` begins, usually in `/v1`; `timeout` in seconds.

        `api_key` is asked before each call and may raise what `complete` does; an empty key sends no
        Authorization. What the server refuses of what follows is left out: `temperature` None leaves it
        out from the start; `answer_format` is `schema`, `json` or `text` (the schema in words). `setting`
        is where `base_url` comes from, for errors; `note` is told what the server does not take.
        """
        if not base_url.startswith(("http://", "https://")):
            raise ConfigurationError(f"{setting} is {base_url!r}; it must begin with http:// or https://")
        import urllib3

        self._base = base_url.rstrip("/")
        self._url = self._base + "/chat/completions"
        self._setting = setting
        self._timeout = timeout
        self._keeps_secrets = keeps_secrets(base_url)
        self._api_key = api_key
        self._key = ""  # the one used last, which no error may repeat
        self._model = model
        self._temperature = temperature
        self._clock = clock
        begin = {
            "temperature": "left out" if temperature is None else "sent",
            "response_format": _FORMATS[answer_format],
        }
        self._terms = Terms(LADDERS, EXCHANGES, begin, note=note)
        self._pool = ProxiedPool(
            maxsize=connections,
            block=False,
            retries=False,
            timeout=urllib3.Timeout(connect=min(_CONNECT_TIMEOUT, timeout), read=timeout),
        )

    @property
    def model(self) -> str:
        return self._model

    def complete(self, prompt: Prompt) -> Completion:
        """One answer, without retries of its own but for what the server refuses of the request.

        ThrottledError: 429. UnavailableError: no connection, no answer in time, a web page. TransientError:
        408, 409, 425 and 5xx, broken connections, a 200 that is no chat completion. ConfigurationError: 401,
        403, 404; a key that would go over the network in the clear. PermanentError: the other 4xx, with the
        server's words.
        """
        answer = self._terms.ask(lambda forms: self._send(prompt, forms))
        if answer.is_withheld:
            raise PermanentError("the model service withheld the answer")
        if answer.truncated and answer.has_thoughts:
            # They are paid from the same tokens: the next answer has room for both.
            self._terms.settle("room", "for thoughts")
        return Completion(text=answer.text, usage=answer.usage, truncated=answer.truncated)

    def _request(self, prompt: Prompt, forms: Forms) -> dict[str, Any]:
        form = forms["response_format"]
        has_schema = form in ("strict schema", "schema")
        system = prompt.system if has_schema else with_schema_in_words(prompt)
        messages = [{"role": "system", "content": system}, {"role": "user", "content": prompt.user}]
        if forms["system"] != "apart":
            messages = [{"role": "user", "content": f"{system}\n\n{prompt.user}"}]
        request: dict[str, Any] = {"model": self._model, "messages": messages}
        if has_schema:
            schema: dict[str, Any] = {"name": prompt.name, "schema": prompt.schema}
            if form == "strict schema":
                schema["strict"] = True
            request["response_format"] = {"type": "json_schema", "json_schema": schema}
        elif form == "json_object":
            request["response_format"] = {"type": "json_object"}
        if forms["limit"] != "left out":
            room = ROOM_FOR_THOUGHTS if forms["room"] == "for thoughts" else 0
            request[forms["limit"]] = prompt.max_tokens + room
        if forms["temperature"] == "sent":
            request["temperature"] = self._temperature
        return request

    def _send(self, prompt: Prompt, forms: Forms) -> _Answer:
        status, headers, body = self._post(self._request(prompt, forms))
        try:
            answer = _decoded(body)
        except ValueError:
            is_page = _is_web_page(headers, body)
            if status == 200 and is_page:
                raise UnavailableError(_WEB_PAGE.format(setting=self._setting)) from None
            if status == 200:
                raise TransientError(_NO_COMPLETION) from None
            answer = "a web page" if is_page else body[: 2 * _MAX_MESSAGE].decode(errors="replace")
        if status == 200 and (error := _error_within(answer)):
            status, answer = error  # OpenRouter, for one, tells errors of the services behind it so
        if status != 200:
            said = without_echo(self._said(answer), prompt)
            failure = self._error(said[:_MAX_MESSAGE], status, headers)
            if status in _REFUSALS:
                raise RefusedError(failure, said)
            raise failure
        return _read(answer)

    def listed(self) -> Sequence[str]:
        """The models that the endpoint says it has, which costs nothing; none where it does not say.

        Raises what `complete` does for a connection that fails, and ConfigurationError for a refused key.
        """
        status, headers, body = self._exchange("GET", self._base + "/models")
        if status in (401, 403):
            raise self._error("", status, headers)
        try:
            found = _decoded(body)
        except ValueError:
            return ()
        data = found.get("data") if isinstance(found, dict) and status == 200 else None
        listed = (one.get("id") for one in data if isinstance(one, dict)) if isinstance(data, list) else ()
        return tuple(dict.fromkeys(name for name in listed if isinstance(name, str)))

    def _post(self, request: Mapping[str, Any]) -> tuple[int, Mapping[str, str], bytes]:
        return self._exchange("POST", self._url, json.dumps(request, ensure_ascii=False).encode())

    def _exchange(
        self, method: str, url: str, data: bytes | None = None
    ) -> tuple[int, Mapping[str, str], bytes]:
        """Status, headers and body of the answer."""
        import urllib3

        headers = {"Content-Type": "application/json", "Accept": "application/json"}
        self._key = self._api_key()
        if self._key:
            if not self._keeps_secrets:
                raise ConfigurationError(in_the_clear(self._setting))
            headers["Authorization"] = f"Bearer {self._key}"
        try:
            # A redirect would carry the key to another host.
            response = self._pool.request(
                method, url, body=data, headers=headers, redirect=False, preload_content=False
            )
            try:
                return response.status, response.headers, _read_bounded(response)
            finally:
                response.release_conn()
        except urllib3.exceptions.LocationValueError as error:
            raise ConfigurationError(f"{self._setting} is not a usable address") from error
        except (urllib3.exceptions.HTTPError, OSError) as error:
            raise self._unanswered(error) from error

    def _unanswered(self, error: Exception) -> TransientError:
        """What a call without an answer ended by. The address stays out: a reason is published."""
        import urllib3

        if cause := cause_of(error):
            return UnavailableError(f"no connection to the model service: {cause} (check {self._setting})")
        if isinstance(error, (urllib3.exceptions.TimeoutError, TimeoutError)):
            return UnavailableError(f"the model service did not answer within {self._timeout:g} s")
        return TransientError("the model service closed the connection before it had answered")

    def _error(self, said: str, status: int, headers: Mapping[str, str]) -> ArxivDailyError:
        message = f"model service, HTTP {status}" + (f": {said}" if said else "")
        if status in (408, 409, 425, 429) or status >= 500:
            kind = ThrottledError if status == 429 else TransientError
            return kind(message, retry_after=self._retry_after(headers.get("Retry-After", "")))
        if status in (401, 403):
            return ConfigurationError(f"{message} (check LLM_API_KEY)")
        if status == 404 or 300 <= status < 400:
            return ConfigurationError(f"{message} (check {self._setting} and the model id)")
        return PermanentError(message)

    def _said(self, answer: object) -> str:
        """The server's own words, bounded; some servers quote the key, so it is taken out."""
        text = " ".join(_words(answer).split())
        if self._key:
            text = text.replace(self._key, "***")
        return text[:NAMED_WITHIN]

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


@dataclass(frozen=True, slots=True)
class _Answer:
    """What a chat completion says."""

    text: str
    usage: Usage
    truncated: bool
    is_withheld: bool
    has_thoughts: bool


_WEB_PAGE = (
    "what answers is no model service but a web page (check {setting}: it ends where /chat/completions "
    "begins, in /v1 for most)"
)
_NO_COMPLETION = "the model service answered with something that is no chat completion"


def _is_web_page(headers: Mapping[str, str], body: bytes) -> bool:
    kind = str(headers.get("Content-Type") or "").lower()
    return "html" in kind or body.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] == b"<"


def _decoded(body: bytes) -> object:
    """ValueError for what is not JSON."""
    import msgspec

    try:
        return msgspec.json.decode(body)
    except (msgspec.DecodeError, RecursionError, ValueError) as error:
        raise ValueError("not JSON") from error


def _read(answer: Any) -> _Answer:
    """TransientError for what is no chat completion."""
    try:
        choice = answer["choices"][0]
        message = choice["message"]
        text = _text(message.get("content"))
        thoughts = message.get("reasoning_content") or message.get("reasoning") or ""
        counts = answer.get("usage") or {}
        details = counts.get("completion_tokens_details") or {}
        thinks = bool(thoughts) or tokens(details.get("reasoning_tokens")) > 0 or has_thoughts(text)
        reason = str(choice.get("finish_reason")).lower()
        if not text.strip() and isinstance(thoughts, str) and is_json_object(thoughts):
            text = thoughts  # a server that takes a model that does not think for one that does
        return _Answer(
            text=text,
            usage=_usage(counts),
            truncated=reason in ("length", "max_tokens"),
            is_withheld=reason == "content_filter" or bool(message.get("refusal") and not text),
            has_thoughts=thinks,
        )
    except (LookupError, TypeError, AttributeError, ValueError, OverflowError) as error:
        raise TransientError(_NO_COMPLETION) from error


def _text(content: object) -> str:
    """A message's text, which may come in parts, thoughts among them. TypeError for what is neither."""
    if content is None:
        return ""
    if isinstance(content, str):
        return content
    if not isinstance(content, list):
        raise TypeError("content is not text")
    parts = (part for part in content if isinstance(part, dict) and part.get("type", "text") in _TEXT)
    return "".join(text for part in parts if isinstance(text := part.get("text"), str))


_TEXT = ("text", "output_text")


def _error_within(answer: object) -> tuple[int, object] | None:
    """The error that an answer with status 200 consists of, with a status of its own; None if it is none."""
    if not isinstance(answer, dict):
        return None
    choices = answer.get("choices")
    first = choices[0] if isinstance(choices, list) and choices else None
    error = answer.get("error") or (first.get("error") if isinstance(first, dict) else None)
    if not error:
        return None
    code = error.get("code") if isinstance(error, dict) else None
    if isinstance(code, int) and 400 <= code < 600:
        return code, error
    return 502, error


def _words(answer: object) -> str:
    """What an error says, with the field that it is about, where the server names it apart."""
    if isinstance(answer, list) and answer:
        answer = answer[0]
    if isinstance(answer, dict):
        answer = answer.get("error", answer)
    if not isinstance(answer, dict):
        return str(answer)
    message, param, metadata = answer.get("message"), answer.get("param"), answer.get("metadata")
    found = [message, answer.get("detail"), metadata.get("raw") if isinstance(metadata, dict) else None]
    if isinstance(param, str) and param not in str(message):
        found.append(f"({param})")
    return " ".join(part if isinstance(part, str) else json.dumps(part) for part in found if part)


def in_the_clear(setting: str) -> str:
    """What is wrong with an address that does not keep secrets, where there is one to keep."""
    return (
        f"{setting} begins with http://, so whoever is on the way could read the API key: use https://, or "
        "unset the key if the endpoint needs none (127.0.0.1, ::1 and localhost may be http://)"
    )


def shown_address(base_url: str) -> str:
    """An endpoint's address for people, without what may be a secret: a name and password, a query."""
    from urllib3.util import parse_url

    try:
        url = parse_url(base_url)
    except ValueError:
        return "an address that cannot be read"
    return f"{url.scheme}://{url.netloc or ''}{url.path or ''}".rstrip("/")


def keeps_secrets(base_url: str) -> bool:
    """Whether nobody on the way can read what is sent: it is encrypted, or stays on this computer."""
    from urllib3.util import parse_url

    try:
        url = parse_url(base_url)  # read as the client reads it
    except ValueError:
        return False
    host = (url.host or "").strip("[]").lower()
    if url.scheme == "https" or host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


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
