"""A model service on loopback that refuses what real ones refuse, with their status, headers and words.

It speaks Bedrock's Converse and OpenAI's chat completions, so botocore and urllib3 run unchanged against
it. Every refusal below was said by a real service unless it says otherwise; where it was reported stands
beside it.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self
from urllib.parse import unquote

Body = Mapping[str, Any]


@dataclass(frozen=True)
class Refusal:
    """Refuses a request that `applies`. `kind` is the `x-amzn-errortype` of a Bedrock error."""

    applies: Callable[[Body], bool]
    status: int
    said: Any
    kind: str = ""


def _validation(applies: Callable[[Body], bool], message: str) -> Refusal:
    return Refusal(applies, 400, {"message": message}, "ValidationException")


def _tool_choice(body: Body) -> Mapping[str, Any]:
    choice: Mapping[str, Any] = body.get("toolConfig", {}).get("toolChoice", {})
    return choice


def _tool_schema(body: Body) -> Mapping[str, Any]:
    tools = body.get("toolConfig", {}).get("tools", [])
    schema: Mapping[str, Any] = tools[0]["toolSpec"]["inputSchema"]["json"] if tools else {}
    return schema


def _cache_point(body: Body) -> bool:
    parts = [*body.get("system", []), *(p for m in body["messages"] for p in m["content"])]
    return any("cachePoint" in part for part in parts)


def _max_tokens(body: Body) -> int:
    return int(body.get("inferenceConfig", {}).get("maxTokens", 0))


BEDROCK: Mapping[str, Refusal] = {
    # agent-health#299, promptfoo#10307
    "temperature of Claude": _validation(
        lambda body: "temperature" in body.get("inferenceConfig", {}),
        "The model returned the following errors: `temperature` is deprecated for this model.",
    ),
    # sample-kolya-br-proxy#104, activepieces#15261
    "temperature of GPT": _validation(
        lambda body: "temperature" in body.get("inferenceConfig", {}),
        "This model doesn't support the temperature field. Remove temperature and try again.",
    ),
    # vercel/ai#4396
    "toolChoice.tool": _validation(
        lambda body: "tool" in _tool_choice(body),
        "This model doesn't support the toolConfig.toolChoice.tool field. "
        "Remove toolConfig.toolChoice.tool and try again.",
    ),
    # harness-sdk#1241
    "toolChoice.any": _validation(
        lambda body: "any" in _tool_choice(body),
        "This model doesn't support the toolConfig.toolChoice.any field. "
        "Remove toolConfig.toolChoice.any and try again.",
    ),
    # langchain-aws#447
    "tools": _validation(lambda body: "toolConfig" in body, "This model doesn't support tool use."),
    # pi#2053
    "cachePoint of Nova": _validation(
        _cache_point,
        "Malformed input request: #/system/1: extraneous key [cachePoint] is not permitted, "
        "please reformat your input and try again.",
    ),
    # opencode#782, litellm#39210
    "cachePoint of DeepSeek": Refusal(
        _cache_point,
        403,
        {
            "message": "You invoked an unsupported model or your request did not allow prompt caching. "
            "See the documentation for more information."
        },
        "AccessDeniedException",
    ),
    # Listed as unsupported (Nova's guide, "Troubleshooting tool calls"); the words are the validator's.
    "additionalProperties": _validation(
        lambda body: "additionalProperties" in _tool_schema(body),
        "Malformed input request: #/toolConfig/tools/0/toolSpec/inputSchema/json: extraneous key "
        "[additionalProperties] is not permitted, please reformat your input and try again.",
    ),
    # continuedev/continue#3342, generative-ai-use-cases#594
    "maxTokens over the model's": _validation(
        lambda body: _max_tokens(body) > 4096,
        "The maximum tokens you requested exceeds the model limit of 4096. Try again with a maximum tokens "
        "value that is lower than 4096.",
    ),
    # Bedrock's words for Titan and Mistral 7B
    "system": _validation(
        lambda body: "system" in body,
        "This model doesn't support system messages. Try again without system messages or use a model that "
        "supports system messages.",
    ),
}
# Refusals that no other request of ours helps against.
BEDROCK_FINAL: Mapping[str, Refusal] = {
    # harness-sdk#38
    "bare id": _validation(
        lambda _: True,
        "Invocation of model ID amazon.nova-pro-v1:0 with on-demand throughput isn\u2019t supported. Retry "
        "your request with the ID or ARN of an inference profile that contains this model.",
    ),
    "no such model": _validation(lambda _: True, "The provided model identifier is invalid."),
    # aisuite#174
    "no access": Refusal(
        lambda _: True,
        403,
        {"message": "You don't have access to the model with the specified model ID."},
        "AccessDeniedException",
    ),
    "too long": _validation(lambda _: True, "Input is too long for requested model."),
    "throttled": Refusal(
        lambda _: True,
        429,
        {"message": "Too many requests, please wait before trying again."},
        "ThrottlingException",
    ),
    # agent-book#29
    "too many tokens a day": Refusal(
        lambda _: True,
        429,
        {"message": "Too many tokens per day, please wait before trying again."},
        "ThrottlingException",
    ),
    # langchain-aws#567: a maxTokens too small for the tool's input
    "unfinished tool use": Refusal(
        lambda body: "toolConfig" in body,
        424,
        {
            "message": "Model produced invalid sequence as part of ToolUse. Please refer to the model tool "
            "use troubleshooting guide.",
            "originalStatusCode": 424,
        },
        "ModelErrorException",
    ),
}


def _format(body: Body) -> str:
    return str(body.get("response_format", {}).get("type", ""))


def _invalid(message: str, param: str | None, code: str) -> dict[str, Any]:
    return {"error": {"message": message, "type": "invalid_request_error", "param": param, "code": code}}


OPENAI: Mapping[str, Refusal] = {
    # llmcomp#69
    "temperature": Refusal(
        lambda body: "temperature" in body,
        400,
        _invalid(
            "Unsupported value: 'temperature' does not support 0 with this model. "
            "Only the default (1) value is supported.",
            "temperature",
            "unsupported_value",
        ),
    ),
    # Named in `param` alone, as some gateways leave it.
    "temperature by param": Refusal(
        lambda body: "temperature" in body,
        400,
        _invalid("Unsupported value", "temperature", "unsupported_value"),
    ),
    # YPrompt#26
    "max_tokens": Refusal(
        lambda body: "max_tokens" in body,
        400,
        _invalid(
            "Unsupported parameter: 'max_tokens' is not supported with this model. "
            "Use 'max_completion_tokens' instead.",
            "max_tokens",
            "unsupported_parameter",
        ),
    ),
    "max_completion_tokens": Refusal(
        lambda body: "max_completion_tokens" in body,
        400,
        _invalid("Unrecognized request argument supplied: max_completion_tokens", None, "invalid_request"),
    ),
    # llm-exe#662
    "json_schema of DeepSeek": Refusal(
        lambda body: _format(body) == "json_schema",
        400,
        _invalid("This response_format type is unavailable now", None, "invalid_request_error"),
    ),
    # litellm#7580
    "json_schema of DeepSeek, once": Refusal(
        lambda body: _format(body) == "json_schema",
        422,
        {
            "error": {
                "message": "Failed to deserialize the JSON body into the target type: response_format: "
                "response_format.type `json_schema` is unavailable now at line 1 column 1193"
            }
        },
    ),
    "strict": Refusal(
        lambda body: "strict" in body.get("response_format", {}).get("json_schema", {}),
        400,
        _invalid(
            "Unknown parameter: 'response_format.json_schema.strict'.",
            "response_format.json_schema.strict",
            "unknown_parameter",
        ),
    ),
    # lmstudio-bug-tracker#189
    "json_object of LM Studio": Refusal(
        lambda body: _format(body) == "json_object",
        400,
        {"error": "'response_format.type' must be 'json_schema' or 'text'"},
    ),
    # A strict FastAPI model: the errors quote what they refuse.
    "response_format of FastAPI": Refusal(
        lambda body: "response_format" in body,
        422,
        {
            "detail": [
                {
                    "type": "extra_forbidden",
                    "loc": ["body", "response_format"],
                    "msg": "Extra inputs are not permitted",
                    "input": {"type": "json_object"},
                }
            ]
        },
    ),
    # vllm#8429 and #13260 answer with 500; the words differ between releases
    "guided decoding of vLLM": Refusal(
        lambda body: "response_format" in body,
        500,
        {
            "object": "error",
            "message": "guided decoding with grammar is not supported by this engine",
            "type": "InternalServerError",
            "code": 500,
        },
    ),
    # Gemma's chat template in vLLM
    "system": Refusal(
        lambda body: any(message["role"] == "system" for message in body["messages"]),
        400,
        {"object": "error", "message": "System role not supported", "type": "BadRequestError", "code": 400},
    ),
    # OpenRouter hands on what the service behind it says, with status 200.
    "temperature behind OpenRouter": Refusal(
        lambda body: "temperature" in body,
        200,
        {
            "error": {
                "message": "Provider returned error",
                "code": 400,
                "metadata": {
                    "raw": '{"error": {"message": "Unsupported parameter: \'temperature\' is not supported '
                    'with this model."}}',
                    "provider_name": "OpenAI",
                },
            }
        },
    ),
}
OPENAI_FINAL: Mapping[str, Refusal] = {
    "no such model": Refusal(
        lambda _: True, 404, _invalid("The model `m` does not exist", None, "model_not_found")
    ),
    "wrong key": Refusal(
        lambda _: True, 401, _invalid("Incorrect API key provided", None, "invalid_api_key")
    ),
    "too long": Refusal(
        lambda _: True,
        400,
        _invalid(
            "This model's maximum context length is 4097 tokens. However, your messages resulted in 4294 "
            "tokens. Please reduce the length of the messages.",
            "messages",
            "context_length_exceeded",
        ),
    ),
    "busy": Refusal(lambda _: True, 429, {"error": {"message": "Rate limit reached"}}),
    "broken": Refusal(lambda _: True, 500, {"error": {"message": "internal error"}}),
}


@dataclass
class Asked:
    """A request as it came, and what became of it."""

    path: str
    body: dict[str, Any]
    authorization: str
    refused: str = ""  # which refusal


@dataclass
class ModelService:
    """`with ModelService(…) as service`: listens at `service.url`, and `service.url + "/v1"` for OpenAI's.

    `refuses` is looked through in its order, and may be exchanged between requests; the first that applies
    is the answer. `answer` is the JSON object that a model would answer with. `message` (OpenAI) and
    `content` (Converse) replace the whole message.
    """

    refuses: Sequence[Refusal] = ()
    answer: Mapping[str, Any] = field(default_factory=lambda: {"a": 1})
    message: Mapping[str, Any] | None = None
    content: Sequence[Mapping[str, Any]] | None = None
    stop: str = ""
    asked: list[Asked] = field(default_factory=list)

    def __enter__(self) -> Self:
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self._server.daemon_threads = True
        self._server.block_on_close = False
        self._lock = threading.Lock()
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01})
        self._thread.start()
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    @property
    def accepted(self) -> list[Asked]:
        return [asked for asked in self.asked if not asked.refused]

    def reply(self, asked: Asked) -> tuple[int, str, Any]:
        """Status, Bedrock's error type, and body."""
        refusal = next((r for r in self.refuses if r.applies(asked.body)), None)
        if refusal is not None:
            asked.refused = refusal.kind or str(refusal.status)
        with self._lock:
            self.asked.append(asked)
        if refusal is not None:
            return refusal.status, refusal.kind, refusal.said
        return 200, "", (self._converse if asked.path.endswith("/converse") else self._chat)(asked.body)

    def _converse(self, body: Body) -> dict[str, Any]:
        text = json.dumps(self.answer, ensure_ascii=False)
        content: Collection[Mapping[str, Any]] = [{"text": f"好的，结果如下：\n```json\n{text}\n```"}]
        if self.content is not None:
            content = self.content
        elif _tool_choice(body):
            name = body["toolConfig"]["tools"][0]["toolSpec"]["name"]
            content = [{"toolUse": {"toolUseId": "t1", "name": name, "input": self.answer}}]
        return {
            "output": {"message": {"role": "assistant", "content": content}},
            "stopReason": self.stop or ("tool_use" if _tool_choice(body) else "end_turn"),
            "usage": {"inputTokens": 7, "outputTokens": 2, "totalTokens": 9},
            "metrics": {"latencyMs": 1},
        }

    def _chat(self, body: Body) -> dict[str, Any]:
        text = json.dumps(self.answer, ensure_ascii=False)
        if "response_format" not in body:
            text = f"Here it is:\n```json\n{text}\n```\nAnything else?"
        message = {"role": "assistant", "content": text} if self.message is None else self.message
        return {
            "choices": [{"index": 0, "message": message, "finish_reason": self.stop or "stop"}],
            "usage": {"prompt_tokens": 7, "completion_tokens": 2},
        }


def _handler(service: ModelService) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def log_message(self, *_: object) -> None:
            """Quiet."""

        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            asked = Asked(unquote(self.path), body, self.headers.get("Authorization", ""))
            status, kind, said = service.reply(asked)
            raw = json.dumps(said, ensure_ascii=False).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(raw)))
            if kind:
                self.send_header(
                    "x-amzn-errortype", f"{kind}:http://internal.amazon.com/coral/com.amazon.coral/"
                )
            self.end_headers()
            self.wfile.write(raw)

    return Handler
