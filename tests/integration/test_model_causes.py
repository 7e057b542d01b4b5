"""Why a model service could not be asked, as real sockets, TLS and urllib3 say it."""

from __future__ import annotations

import re
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import urllib3
from arxivdaily.adapters.causes import cause_of
from arxivdaily.adapters.openai_compatible import OpenAiModel, shown_address
from arxivdaily.errors import ConfigurationError, TransientError, UnavailableError
from arxivdaily.ports import Prompt
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

PROMPT = Prompt("answer", "system", "user", {"type": "object"}, 10)
KEY = "sk-very-secret"


@contextmanager
def listening(answer: Callable[[socket.socket], None] | None) -> Iterator[int]:
    """A port whose connections are accepted and given to `answer`; None accepts and says nothing."""
    held: list[socket.socket] = []
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            while True:
                try:
                    connection, _ = server.accept()
                except OSError:
                    return
                held.append(connection)
                if answer:
                    try:
                        connection.settimeout(5)
                        answer(connection)
                    finally:
                        connection.close()

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        try:
            yield server.getsockname()[1]
        finally:
            server.shutdown(socket.SHUT_RDWR)
            thread.join(10)
            for connection in held:
                connection.close()


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port: int = server.getsockname()[1]
    return port


def said(url: str, timeout: float = 5.0) -> tuple[type[Exception], str]:
    model = OpenAiModel(url, lambda: KEY, "m", timeout=timeout)
    with pytest.raises((TransientError, ConfigurationError)) as caught:
        model.complete(PROMPT)
    assert KEY not in str(caught.value)
    assert "127.0.0.1" not in str(caught.value)  # reasons are published
    return type(caught.value), str(caught.value)


def answering(status: int, body: bytes, kind: str) -> Callable[[socket.socket], None]:
    def answer(connection: socket.socket) -> None:
        request = b""
        while b"\r\n\r\n" not in request:
            request += connection.recv(65_536)
        head, _, rest = request.partition(b"\r\n\r\n")
        length = int(re.search(rb"(?i)content-length: (\d+)", head)[1])  # type: ignore[index]
        while len(rest) < length:
            rest += connection.recv(65_536)
        headers = f"HTTP/1.1 {status} X\r\nContent-Type: {kind}\r\nContent-Length: {len(body)}\r\n\r\n"
        connection.sendall(headers.encode() + body)

    return answer


def test_nobody_listens() -> None:
    kind, words = said(f"http://127.0.0.1:{free_port()}/v1")
    assert kind is UnavailableError
    assert words == "no connection to the model service: connection refused (check LLM_BASE_URL)"


def test_a_name_that_nobody_knows() -> None:
    kind, words = said("https://no-such-host.invalid/v1")
    assert (kind, "its name is unknown" in words) == (UnavailableError, True)


def test_a_server_without_tls() -> None:
    def plain(connection: socket.socket) -> None:
        connection.recv(65_536)
        connection.sendall(b"HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n")

    with listening(plain) as port:
        kind, words = said(f"https://127.0.0.1:{port}/v1")
    assert (kind, "does not speak TLS" in words) == (UnavailableError, True)


def test_nothing_is_answered() -> None:
    with listening(None) as port:
        kind, words = said(f"http://127.0.0.1:{port}/v1", timeout=0.3)
    assert (kind, words) == (UnavailableError, "the model service did not answer within 0.3 s")


def test_a_connection_that_is_closed_may_be_tried_again_at_once() -> None:
    with listening(lambda connection: None) as port:
        kind, words = said(f"http://127.0.0.1:{port}/v1")
    assert (kind, "closed the connection" in words) == (TransientError, True)


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (b"<!doctype html><title>Open WebUI</title>", "text/html; charset=utf-8"),
        (b"\xef\xbb\xbf\n <HTML>", "application/octet-stream"),
        (b"", "text/html"),
    ],
)
def test_a_web_page_is_no_model_service(body: bytes, kind: str) -> None:
    with listening(answering(200, body, kind)) as port:
        error, words = said(f"http://127.0.0.1:{port}/v1")
    assert (error, "a web page (check LLM_BASE_URL" in words) == (UnavailableError, True)


@pytest.mark.parametrize(("status", "error"), [(404, ConfigurationError), (502, TransientError)])
def test_a_web_page_with_an_error_is_not_quoted(status: int, error: type[Exception]) -> None:
    with listening(answering(status, b"<html><h1>nginx</h1></html>", "text/html")) as port:
        kind, words = said(f"http://127.0.0.1:{port}/v1")
    assert kind is error
    assert f"HTTP {status}: a web page" in words
    assert "nginx" not in words


def test_a_proxy_that_is_not_there_is_named() -> None:
    proxy = urllib3.ProxyManager(f"http://127.0.0.1:{free_port()}", retries=False)
    with pytest.raises(urllib3.exceptions.HTTPError) as caught:
        proxy.request("GET", "http://example.invalid/")
    assert cause_of(caught.value) == "the proxy: connection refused"


def test_what_came_after_the_connection_is_no_cause_of_having_none() -> None:
    assert cause_of(urllib3.exceptions.ProtocolError("broken", ConnectionResetError(104, "reset"))) is None
    assert cause_of(TimeoutError()) is None


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("https://user:secret@host:8443/v1?key=secret#secret", "https://host:8443/v1"),
        ("http://[::1]:8000/v1/", "http://[::1]:8000/v1"),
        ("http://127.0.0.1:11434/v1", "http://127.0.0.1:11434/v1"),
    ],
)
def test_an_address_is_shown_without_secrets(url: str, shown: str) -> None:
    assert shown_address(url) == shown


def self_signed(folder: Path) -> Path:
    """A certificate for 127.0.0.1 that nobody vouches for, and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .sign(key, hashes.SHA256())
    )
    path = folder / "server.pem"
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    path.write_bytes(private + made.public_bytes(serialization.Encoding.PEM))
    return path


def test_a_certificate_that_nobody_vouches_for(tmp_path: Path) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(self_signed(tmp_path))

    def shake_hands(connection: socket.socket) -> None:
        with suppress(OSError):
            context.wrap_socket(connection, server_side=True).close()

    with listening(shake_hands) as port:
        kind, words = said(f"https://127.0.0.1:{port}/v1")
    assert kind is UnavailableError
    assert "its certificate is not trusted: self-signed certificate" in words
