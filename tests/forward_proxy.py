"""A forward proxy on loopback, as RFC 9110 has it: CONNECT for https, absolute addresses for http.

It takes every host to one origin, on this computer too: names in tests need not resolve.
"""

from __future__ import annotations

import base64
import contextlib
import datetime
import http.client
import select
import socket
import ssl
import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

Answer = Callable[[str], tuple[int, Mapping[str, str], bytes]]


@dataclass
class Seen:
    """Requests of one server: (method, target, headers)."""

    requests: list[tuple[str, str, Mapping[str, str]]] = field(default_factory=list)

    @property
    def targets(self) -> list[str]:
        return [f"{method} {target}" for method, target, _ in self.requests]


@dataclass
class ForwardProxy:
    address: str  # http://127.0.0.1:port
    seen: Seen


@contextlib.contextmanager
def proxying(to: int, *, password: str = "", status: int = 0) -> Iterator[ForwardProxy]:
    """A proxy to port `to` of this computer. With `password` it asks for user:password; with `status` it
    answers that to everything."""
    seen = Seen()
    wanted = f"Basic {base64.b64encode(password.encode()).decode()}" if password else None

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _lets_in(self) -> bool:
            seen.requests.append((self.command, self.path, dict(self.headers)))
            refused = 407 if wanted and self.headers["Proxy-Authorization"] != wanted else status
            if refused:
                self.send_response(refused)
                self.send_header("Content-Length", "0")
                self.send_header("Proxy-Authenticate", 'Basic realm="x"')
                self.end_headers()
            return not refused

        def do_CONNECT(self) -> None:
            if not self._lets_in():
                return
            with socket.create_connection(("127.0.0.1", to)) as origin:
                self.send_response(200)
                self.end_headers()
                ends = {self.connection: origin, origin: self.connection}
                while ready := select.select(list(ends), [], [], 10)[0]:
                    for end in ready:
                        if not (data := end.recv(65536)):
                            self.close_connection = True
                            return
                        ends[end].sendall(data)

        def _pass_on(self) -> None:
            if not self._lets_in():
                return
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            origin = http.client.HTTPConnection("127.0.0.1", to)
            kept = {k: v for k, v in self.headers.items() if not k.lower().startswith("proxy-")}
            path = "/" + self.path.split("/", 3)[3]  # none: it breaks off
            origin.request(self.command, path, body, kept)
            answer = origin.getresponse()
            content = answer.read()
            origin.close()
            self.send_response(answer.status)
            for name, value in answer.getheaders():
                if name.lower() not in ("transfer-encoding", "connection", "content-length"):
                    self.send_header(name, value)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        do_GET = _pass_on  # noqa: N815 - http.server's names
        do_HEAD = _pass_on  # noqa: N815
        do_POST = _pass_on  # noqa: N815

        def log_message(self, *_: object) -> None:
            """Quiet."""

    with _serving(Handler) as server:
        yield ForwardProxy(f"http://127.0.0.1:{server.server_port}", seen)


@contextlib.contextmanager
def answering(answer: Answer, context: ssl.SSLContext | None = None) -> Iterator[tuple[int, Seen]]:
    """An origin that answers (status, headers, body) to a path; its port and what it was asked."""
    seen = Seen()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _answer(self) -> None:
            seen.requests.append((self.command, self.path, dict(self.headers)))
            self.rfile.read(int(self.headers.get("Content-Length", 0)))
            status, headers, body = answer(self.path)
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(body)

        do_GET = _answer  # noqa: N815
        do_HEAD = _answer  # noqa: N815
        do_POST = _answer  # noqa: N815

        def log_message(self, *_: object) -> None:
            """Quiet."""

    with _serving(Handler, context) as server:
        yield server.server_port, seen


@contextlib.contextmanager
def _serving(
    handler: type[BaseHTTPRequestHandler], context: ssl.SSLContext | None = None
) -> Iterator[ThreadingHTTPServer]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    if context:
        server.socket = context.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def authority(folder: Path, host: str) -> tuple[Path, ssl.SSLContext]:
    """A certificate that vouches for itself, as PEM, and what a server of `host` needs to show it."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, host)])
    now = datetime.datetime.now(datetime.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(host)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    pem, secret = folder / "authority.pem", folder / "key.pem"
    pem.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    secret.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pem, secret)
    return pem, context
