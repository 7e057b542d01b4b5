"""arXiv and a model service on loopback: real sockets, and each answer broken as the simulation says.

The products' own clients talk to them; only the connection pool under a client is wrapped (`Pool`), to
let virtual time pass, to end a killed process at its next call, and to say what is wrong with the answer.
"""

from __future__ import annotations

import socket
import struct
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self

import urllib3

_PATIENCE = 0.05  # real seconds that a client waits for a server that hangs


@dataclass(frozen=True)
class Reply:
    """An HTTP answer; `broken`: reset (nothing is sent), cut (half of the body) or hang (silence)."""

    status: int
    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict)
    broken: str = ""


class Loopback:
    """Serves `answer(method, path, body)` on 127.0.0.1 between `with` and its end."""

    def __init__(self, answer: Callable[[str, str, bytes], Reply]) -> None:
        self._answer = answer
        self._server: ThreadingHTTPServer | None = None

    @property
    def url(self) -> str:
        if self._server is None:
            raise RuntimeError("the server is not running")
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def __enter__(self) -> Self:
        handler = type("_Handler", (_Handler,), {"answer": staticmethod(self._answer)})
        self._server = _Server(("127.0.0.1", 0), handler)
        self._server.daemon_threads = True
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._server:
            self._server.shutdown()
            self._server.server_close()


class _Server(ThreadingHTTPServer):
    def handle_error(self, request: Any, client_address: Any) -> None:
        """Connections end in every way here."""


class _Handler(BaseHTTPRequestHandler):
    answer: Callable[[str, str, bytes], Reply]
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def do_GET(self) -> None:
        self._reply(b"")

    def do_POST(self) -> None:
        self._reply(self.rfile.read(int(self.headers.get("Content-Length", 0))))

    def _reply(self, body: bytes) -> None:
        reply = type(self).answer(self.command, self.path, body)
        if reply.broken in ("reset", "hang"):
            if reply.broken == "hang":
                threading.Event().wait(4 * _PATIENCE)
            # Without lingering a close is a reset.
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self.close_connection = True
            return
        self.send_response(reply.status)
        for name, value in reply.headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(reply.body)))
        self.end_headers()
        if reply.broken == "cut":
            self.wfile.write(reply.body[: len(reply.body) // 2])
            self.close_connection = True
        else:
            self.wfile.write(reply.body)

    def log_message(self, *_: object) -> None:
        """The tests' output is for their own words."""


@dataclass
class Pause:
    """Virtual seconds of a request: before its answer begins and before each piece of its body."""

    answer: float
    piece: float = 0.0
    silence: bool = False


class Pool:
    """A `urllib3.PoolManager` in virtual time."""

    def __init__(
        self,
        sleep: Callable[[float], None],
        before: Callable[[str, str, bytes], Pause],
        after: Callable[[], None] = lambda: None,
    ) -> None:
        """`before` is told method, URL and body when a request is about to go out; `after` is called when
        an answer has been read whole."""
        self._sleep = sleep
        self._before = before
        self._after = after
        self._pool = urllib3.PoolManager(num_pools=4, maxsize=64, retries=False)

    def request(self, method: str, url: str, **options: Any) -> Any:
        pause = self._before(method, url, options.get("body") or b"")
        if pause.silence:
            options["timeout"] = urllib3.Timeout(total=_PATIENCE)
        else:
            options["timeout"] = urllib3.Timeout(total=30)
        try:
            raw = self._pool.request(method, url, **options)
        except urllib3.exceptions.HTTPError:
            self._sleep(pause.answer)
            raise
        self._sleep(pause.answer)
        return _Answer(raw, pause.piece, self._sleep, self._after)


class _Answer:
    """The part of `urllib3.BaseHTTPResponse` that the clients use."""

    def __init__(
        self, raw: Any, piece: float, sleep: Callable[[float], None], after: Callable[[], None]
    ) -> None:
        self._raw = raw
        self._piece = piece
        self._sleep = sleep
        self._after = after
        self.status = raw.status
        self.headers = raw.headers

    def read1(self, amount: int, decode_content: bool = True) -> bytes:
        self._sleep(self._piece)
        data: bytes = self._raw.read1(amount, decode_content=decode_content)
        return data

    def stream(self, amount: int, decode_content: bool = True) -> Any:
        yield from self._raw.stream(amount, decode_content=decode_content)
        self._after()

    def close(self) -> None:
        self._raw.close()

    def release_conn(self) -> None:
        self._raw.release_conn()
