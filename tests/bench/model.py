"""A language model on loopback that takes a second to answer, and counts.

For the project's own papers it knows the translations, so that the gate lets them pass. For recorded
papers nobody knows any: there the stand-in beside the recorded data answers, where there is one.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Protocol
from zlib import crc32

from arxivdaily.adapters.channel_file import load_catalogue
from arxivdaily.settings import Settings

from bench.papers import pairs
from infrastructure.local.processes import free_port

_START = 20.0  # seconds


@dataclass(frozen=True, slots=True)
class Asked:
    """What a model was asked since it was last forgotten; `peak` calls at one time."""

    calls: int
    peak: int
    tokens: int


class Model(Protocol):
    latency: float

    @property
    def url(self) -> str: ...

    def asked(self) -> Asked: ...

    def forget(self) -> None: ...


@contextmanager
def model(data: Path | None, latency: float) -> Iterator[Model]:
    """The model for `papers.day(…, data)`."""
    tool = data.parent / "tools" / "fake_llm.py" if data else None
    if tool and tool.is_file():
        with _Recorded(tool, latency) as recorded:
            yield recorded
    else:
        with _Known(latency) as known:
            yield known


class _Known(ThreadingHTTPServer):
    """Every paper is in one channel; its translation is the known one."""

    daemon_threads = True
    request_queue_size = 128

    def __init__(self, latency: float) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.latency = latency
        self.translations = {pair["title_en"]: pair for pair in pairs()}
        self.channels = [channel.slug for channel in load_catalogue(Path(Settings().channels_file))]
        self._lock = threading.Lock()
        self._thread = threading.Thread(target=self.serve_forever, args=(0.05,), daemon=True)
        self.forget()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}/v1"

    def asked(self) -> Asked:
        with self._lock:
            return Asked(self._calls, self._peak, self._tokens)

    def forget(self) -> None:
        with self._lock:
            self._calls = self._peak = self._now = self._tokens = 0

    def __enter__(self) -> _Known:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.shutdown()
        self._thread.join()
        self.server_close()

    def answer(self, question: str) -> tuple[dict[str, object], int, int]:
        """The answer, and the tokens of question and answer, by and large."""
        with self._lock:
            self._calls += 1
            self._now += 1
            self._peak = max(self._peak, self._now)
        time.sleep(self.latency)
        found = self._answer(question)
        tokens = len(question) // 4, len(json.dumps(found, ensure_ascii=False)) // 2
        with self._lock:
            self._now -= 1
            self._tokens += sum(tokens)
        return found, *tokens

    def _answer(self, question: str) -> dict[str, object]:
        if asked := re.findall(r"^(\d{4}\.\d{5}) \[.*\nTitle: (.*)$", question, re.MULTILINE):
            return {"papers": [{"arxiv_id": label, "matches": [self._match(t)]} for label, t in asked]}
        title = re.search(r"^Title: (.*)$", question, re.MULTILINE)
        pair = self.translations[title[1] if title else ""]
        return {
            "title_zh": pair["title_zh"],
            "abstract_zh": pair["abstract_zh"],
            "summary_zh": pair["tldr_zh"],
        }

    def _match(self, title: str) -> dict[str, object]:
        number = crc32(title.encode())
        channel = self.channels[number % len(self.channels)]
        return {"channel": channel, "topic": 0, "score": 60 + number % 40, "reason": "论文提出了该方向的方法"}


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Known

    def log_message(self, *_: object) -> None:
        """Quiet."""

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        found, asked, answered = self.server.answer(body["messages"][-1]["content"])
        message = {"content": json.dumps(found, ensure_ascii=False)}
        raw = json.dumps(
            {
                "choices": [{"message": message, "finish_reason": "stop"}],
                "usage": {"prompt_tokens": asked, "completion_tokens": answered},
            }
        ).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(raw)))
        self.end_headers()
        self.wfile.write(raw)


class _Recorded:
    """The stand-in of the recorded data, in a process of its own."""

    def __init__(self, tool: Path, latency: float) -> None:
        self.latency = latency
        self._base = f"http://127.0.0.1:{(port := free_port())}"
        self._command = [sys.executable, str(tool), "--port", str(port), "--latency", str(latency)]
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"{self._base}/v1"

    def asked(self) -> Asked:
        told = self._control("/_stats")
        return Asked(told["calls"], told["peak_concurrency"], told["tokens_in"] + told["tokens_out"])

    def forget(self) -> None:
        self._control("/_control", {"reset": True})

    def __enter__(self) -> _Recorded:
        self._process = subprocess.Popen(self._command, stdout=subprocess.DEVNULL)  # noqa: S603
        end = time.monotonic() + _START
        while True:
            try:
                self.asked()
            except OSError:
                if time.monotonic() > end:
                    self._process.kill()
                    raise
                time.sleep(0.05)
            else:
                return self

    def __exit__(self, *_: object) -> None:
        if self._process:
            self._process.terminate()
            self._process.wait()

    def _control(self, path: str, body: dict[str, object] | None = None) -> dict[str, Any]:
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        data = json.dumps(body).encode() if body else None
        with opener.open(self._base + path, data, timeout=10) as answer:
            found: dict[str, Any] = json.loads(answer.read())
        return found
