"""The local model's server works for whoever has the run's key: with a model of nothing but zeros."""

from __future__ import annotations

import http.client
import json
import math
import struct
from collections.abc import Iterator
from pathlib import Path

import pytest

from infrastructure.local.instruct_model import MODEL_ID, ModelServer

KEY = "drawn-for-this-run"
PROMPT = {"model": MODEL_ID, "messages": [{"role": "user", "content": "a"}], "max_tokens": 2}
_WIDTH = 32
# GGUF: https://github.com/ggml-org/ggml/blob/master/docs/gguf.md
_KINDS = {int: (4, "<I"), float: (6, "<f")}
_TEXT, _LIST, _SIGNED = 8, 9, 5


def _text(value: str) -> bytes:
    raw = value.encode()
    return struct.pack("<Q", len(raw)) + raw


def _value(value: object) -> bytes:
    if isinstance(value, str):
        return struct.pack("<I", _TEXT) + _text(value)
    if isinstance(value, list):
        if isinstance(value[0], str):
            return struct.pack("<IIQ", _LIST, _TEXT, len(value)) + b"".join(map(_text, value))
        kind, form = (_SIGNED, "<i") if isinstance(value[0], int) else _KINDS[float]
        return struct.pack("<IIQ", _LIST, kind, len(value)) + b"".join(struct.pack(form, v) for v in value)
    kind, form = _KINDS[type(value)]
    return struct.pack("<I", kind) + struct.pack(form, value)


def tiny_model(path: Path) -> None:
    """A llama of one layer that knows every byte and no word."""
    tokens = ["<unk>", "<s>", "</s>", *(f"<0x{byte:02X}>" for byte in range(256)), "▁"]
    facts: dict[str, object] = {
        "general.architecture": "llama",
        "llama.context_length": 8192,
        "llama.embedding_length": _WIDTH,
        "llama.block_count": 1,
        "llama.feed_forward_length": _WIDTH,
        "llama.attention.head_count": 1,
        "llama.attention.layer_norm_rms_epsilon": 1e-5,
        "llama.rope.dimension_count": _WIDTH,
        "tokenizer.ggml.model": "llama",
        "tokenizer.ggml.tokens": tokens,
        "tokenizer.ggml.scores": [0.0] * len(tokens),
        "tokenizer.ggml.token_type": [2, 3, 3, *[6] * 256, 1],  # unknown, control, byte, normal
        "tokenizer.ggml.bos_token_id": 1,
        "tokenizer.ggml.eos_token_id": 2,
    }
    square, vector = (_WIDTH, _WIDTH), (_WIDTH,)
    matrices = ("attn_q", "attn_k", "attn_v", "attn_output", "ffn_gate", "ffn_up", "ffn_down")
    tensors: dict[str, tuple[int, ...]] = {f"blk.0.{name}.weight": square for name in matrices}
    tensors |= {f"blk.0.{name}.weight": vector for name in ("attn_norm", "ffn_norm")}
    tensors |= {"token_embd.weight": (_WIDTH, len(tokens)), "output_norm.weight": vector}
    head = b"GGUF" + struct.pack("<IQQ", 3, len(tensors), len(facts))
    head += b"".join(_text(name) + _value(value) for name, value in facts.items())
    size = 0
    for name, shape in tensors.items():
        dimensions = struct.pack(f"<{len(shape)}Q", *shape)
        head += _text(name) + struct.pack("<I", len(shape)) + dimensions + struct.pack("<IQ", 0, size)
        size += 4 * math.prod(shape)  # floats; each is a multiple of the alignment
    path.write_bytes(head + bytes(-len(head) % 32) + bytes(size))


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ModelServer]:
    folder = tmp_path_factory.mktemp("model")
    tiny_model(folder / "tiny.gguf")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GITHUB_TOKEN", "the-users-own")
        with ModelServer(folder / "tiny.gguf", folder / "model.log", KEY) as running:
            yield running


def ask(
    server: ModelServer, method: str, path: str, body: object = None, **headers: str
) -> tuple[int, http.client.HTTPMessage, bytes]:
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=60)
    try:
        raw = None if body is None else json.dumps(body)
        connection.request(method, path, raw, {name.replace("_", "-"): v for name, v in headers.items()})
        response = connection.getresponse()
        return response.status, response.headers, response.read()
    finally:
        connection.close()


def test_whoever_has_the_key_is_served(server: ModelServer) -> None:
    status, _, body = ask(server, "POST", "/v1/chat/completions", PROMPT, Authorization=f"Bearer {KEY}")
    assert status == 200, body
    assert "choices" in json.loads(body)


@pytest.mark.parametrize(
    "authorization", [{}, {"Authorization": "Bearer another"}, {"Authorization": f"Basic {KEY}"}]
)
@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/v1/chat/completions"),
        ("POST", "/chat/completions"),
        ("POST", "/v1/completions"),
        ("POST", "/completion"),
        ("POST", "/v1/embeddings"),
        ("POST", "/tokenize"),
        ("POST", "/props"),
        ("POST", "/slots/0?action=save"),
        ("POST", "/lora-adapters"),
        ("GET", "/slots"),
        ("GET", "/metrics"),
    ],
)
def test_nobody_else_has_it_work(
    server: ModelServer, method: str, path: str, authorization: dict[str, str]
) -> None:
    body = PROMPT if method == "POST" else None
    assert ask(server, method, path, body, **authorization)[0] == 401


@pytest.mark.parametrize("path", ["/v1/models", "/health", "/v1/chat/completions"])
def test_no_page_may_read_an_answer(server: ModelServer, path: str) -> None:
    for method in ("GET", "OPTIONS"):
        _, headers, _ = ask(server, method, path, Origin="https://evil.example")
        assert headers["Access-Control-Allow-Origin"] in (None, "")


def test_the_key_is_on_no_command_line_and_in_no_log(server: ModelServer) -> None:
    assert server._child is not None
    assert KEY not in server._log.read_text()
    process = Path(f"/proc/{server._child.pid}")
    if process.exists():  # Linux
        assert KEY.encode() not in (process / "cmdline").read_bytes()
        assert b"GITHUB_TOKEN" not in (process / "environ").read_bytes()
