"""What stands before the emulator: only whoever holds this run's secret gets through.

ministack has no authentication of its own, and whoever reaches it can have it run code. A web page
in the user's browser reaches every port of 127.0.0.1, with requests that need nobody's leave
("simple" ones), and with any request at all where its own host name resolves to 127.0.0.1 (DNS
rebinding). So a request is refused

- if it is not plain HTTP (a WebSocket), or asks for leave (OPTIONS),
- if it carries a header that browsers add: Origin, Referer, Cookie, Sec-*, Access-Control-*,
- if its Host is not this server's own address, byte for byte,
- if its `Authorization` is not an AWS signature (Signature Version 4) made with a secret that
  belongs to this run: the one that was drawn for it, or one of a role or user that ministack made.

Each alone would do against a page; the last also stands against other users of the computer. The
age of a signature is not looked at: nobody else hears what passes on loopback.
"""

from __future__ import annotations

import hashlib
import html
import json
from collections.abc import Awaitable, Callable, Coroutine, Iterable, Mapping, MutableMapping
from typing import Any
from urllib.parse import parse_qs, quote

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Mapping[str, Any], Receive, Send], Coroutine[Any, Any, None]]
Headers = list[tuple[bytes, bytes]]

# Who may do what a signed request asks, in the name of nobody, at another host: this header names it.
READER_HEADER = "x-forwarded-host"
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"})
_OF_BROWSERS = (b"origin", b"referer", b"cookie", b"sec-", b"access-control-")
_SCHEME = "AWS4-HMAC-SHA256 "
_SIGNATURES_OWN = frozenset(
    {b"authorization", b"x-amz-date", b"x-amz-content-sha256", b"x-amz-security-token"}
)
_LARGEST = 64 << 20  # bytes of a body; a function's code and a page are far below


class RefusedError(Exception):
    """Why a request does not get through."""


def gated(app: App, host: str, secret_of: Callable[[str, str], str | None]) -> App:
    """`app` for requests to `host` (`127.0.0.1:4566`) that are signed; 403 for all others.

    `secret_of(access key id, session token)` is the secret to verify with, None for a stranger.
    """

    async def gate(scope: Mapping[str, Any], receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await app(scope, receive, send)
        elif scope["type"] == "websocket":
            await send({"type": "websocket.close"})  # before it was accepted: the server answers 403
        elif scope["type"] == "http":
            headers = [(name.lower(), value) for name, value in scope["headers"]]
            try:
                check_sender(scope["method"], headers, host)
                secret = _secret(headers, secret_of)
                body = await _body(receive)
                if body is None:
                    return  # whoever asked has gone
                _check_signature(scope, headers, body, secret)
            except RefusedError as refusal:
                await _refuse(send, headers, str(refusal))
                return
            await app(_at_readers_host(scope, headers), _replayed(body, receive), send)

    return gate


def check_sender(method: str, headers: Iterable[tuple[bytes, bytes]], host: str) -> None:
    """RefusedError for a request that a web page may have caused, or that is meant for another server.

    Names of `headers` are in lower case.
    """
    if method not in _METHODS:
        raise RefusedError("this method is not for pages of a browser")
    hosts = []
    for name, value in headers:
        if name.startswith(_OF_BROWSERS):
            raise RefusedError("requests of a browser are not answered")
        if name == b"host":
            hosts.append(value)
    if hosts != [host.encode()]:
        raise RefusedError(f"the request is not for {host}")


def _secret(headers: Headers, secret_of: Callable[[str, str], str | None]) -> str:
    """The secret that a request must be signed with, before anything of its body is read."""
    signature = _signature(headers)
    secret = secret_of(signature.access_key_id, _joined(headers).get("x-amz-security-token", ""))
    if not secret:
        raise RefusedError("it is signed with a key that is not of this run")
    return secret


def _signature(headers: Headers) -> Any:
    from ministack.core import sigv4

    given = [value for name, value in headers if name == b"authorization"]
    if len(given) != 1 or not sigv4.decode_header_value(given[0]).startswith(_SCHEME):
        raise RefusedError("it is not signed")
    signature = sigv4.parse_header_signature(_joined(headers))
    if isinstance(signature, tuple) or "host" not in signature.signed_headers.split(";"):
        raise RefusedError("its signature is not whole")
    return signature


def _check_signature(scope: Mapping[str, Any], headers: Headers, body: bytes, secret: str) -> None:
    from ministack.core import sigv4

    values = _joined(headers)
    declared = values.get("x-amz-content-sha256")
    if declared is not None and declared != hashlib.sha256(body).hexdigest():
        raise RefusedError("its body is not the one that was signed")
    raw_path = scope.get("raw_path") or quote(scope["path"]).encode()
    query = parse_qs(scope.get("query_string", b"").decode("utf-8", "replace"), keep_blank_values=True)
    failure = sigv4.header_signature_failure(
        _signature(headers), secret, scope["method"], raw_path.decode("latin-1"), query, values, body
    )
    if failure:
        raise RefusedError("its signature is another one")


def _joined(headers: Headers) -> dict[str, str]:
    """Values by name; those of a name that comes twice are joined as a signature has them."""
    from ministack.core import sigv4

    found: dict[str, str] = {}
    for raw, value in headers:
        name, text = raw.decode("latin-1"), sigv4.decode_header_value(value)
        found[name] = f"{found[name]},{text}" if name in found else text
    return found


async def _body(receive: Receive) -> bytes | None:
    """The whole body, which is signed; None when the sender has gone."""
    parts, size, more = [], 0, True
    while more:
        message = await receive()
        if message["type"] != "http.request":
            return None
        part, more = message.get("body", b""), message.get("more_body", False)
        parts.append(part)
        size += len(part)
        if size > _LARGEST:
            raise RefusedError(f"its body has more than {_LARGEST:,} bytes")
    return b"".join(parts)


def _replayed(body: bytes, receive: Receive) -> Receive:
    first: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    async def replay() -> Message:
        return first.pop() if first else await receive()

    return replay


def _at_readers_host(scope: Mapping[str, Any], headers: Headers) -> Mapping[str, Any]:
    """The request as somebody without credentials would make it at another host, where it says so: how
    tests read through a distribution, as readers do."""
    hosts = [value for name, value in headers if name == READER_HEADER.encode()]
    if not hosts:
        return scope
    left_out = _SIGNATURES_OWN | {b"host", READER_HEADER.encode()}
    kept = [(name, value) for name, value in headers if name not in left_out]
    return {**scope, "headers": [(b"host", hosts[-1]), *kept]}


async def _refuse(send: Send, headers: Headers, reason: str) -> None:
    """One answer in the words of AWS's services, so that an SDK can show it."""
    text = f"the local emulator serves `arxivdaily local` alone, and this request is not its own: {reason}"
    speaks_json = any(b"json" in value for name, value in headers if name == b"content-type")
    if speaks_json:
        kind, body = b"application/json", json.dumps({"__type": "AccessDenied", "message": text})
    else:
        error = f"<Code>AccessDenied</Code><Message>{html.escape(text)}</Message>"
        kind, body = b"application/xml", f"<ErrorResponse><Error>{error}</Error></ErrorResponse>"
    answer = [
        (b"content-type", kind),
        (b"content-length", str(len(body.encode())).encode()),
        (b"x-amzn-errortype", b"AccessDenied"),
        (b"x-content-type-options", b"nosniff"),
        (b"connection", b"close"),  # of its body nothing more is read
    ]
    await send({"type": "http.response.start", "status": 403, "headers": answer})
    await send({"type": "http.response.body", "body": body.encode()})
