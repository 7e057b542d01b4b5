"""The gate before the emulator: nobody without this run's secret, whatever is asked and however."""

from __future__ import annotations

from collections.abc import Coroutine, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

import pytest
from botocore.auth import S3SigV4Auth, SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from hypothesis import example, given
from hypothesis import strategies as st

from infrastructure.local.gate import READER_HEADER, Message, Receive, Send, gated

PORT = 4566
HOST = f"127.0.0.1:{PORT}"
KEY = "000000000000"
SECRET = "drawn-for-this-run"
TOKEN = "of-a-session"
METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE")


def secret_of(access_key: str, token: str) -> str | None:
    return {(KEY, ""): SECRET, ("ASIASESSION", TOKEN): "of-the-session"}.get((access_key, token))


@dataclass
class Emulator:
    """The application behind the gate, and what it was asked."""

    asked: list[tuple[Mapping[str, Any], bytes]] = field(default_factory=list)
    answers: list[Message] = field(default_factory=list)

    async def __call__(self, scope: Mapping[str, Any], receive: Receive, send: Send) -> None:
        body = (await receive())["body"] if scope["type"] == "http" else b""
        self.asked.append((scope, body))

    @property
    def status(self) -> int:
        return int(self.answers[0]["status"])


def run(request: Coroutine[Any, Any, None]) -> None:
    """To its end: nothing here waits, so it needs no event loop, which has a socket."""
    with pytest.raises(StopIteration):
        request.send(None)


def ask(scope: Mapping[str, Any], *body: bytes) -> Emulator:
    emulator = Emulator()
    parts = [
        {"type": "http.request", "body": part, "more_body": number < len(body)}
        for number, part in enumerate(body, 1)
    ] or [{"type": "http.request", "body": b"", "more_body": False}]

    async def receive() -> Message:
        return parts.pop(0)

    async def send(message: Message) -> None:
        emulator.answers.append(message)

    run(gated(emulator, HOST, secret_of)(scope, receive, send))
    return emulator


def request(method: str, target: str, headers: list[tuple[bytes, bytes]]) -> dict[str, Any]:
    """The scope of a request as the server makes it."""
    path, _, query = target.partition("?")
    return {
        "type": "http",
        "method": method,
        "path": path,
        "raw_path": path.encode(),
        "query_string": query.encode(),
        "headers": headers,
    }


def signed(
    method: str = "POST",
    target: str = "/",
    body: bytes = b"",
    *,
    service: str = "lambda",
    host: str = HOST,
    key: Credentials | None = None,
    **headers: str,
) -> dict[str, Any]:
    """A request as botocore signs and sends it."""
    given = {"Host": host, **{name.replace("_", "-"): value for name, value in headers.items()}}
    plain = AWSRequest(method, f"http://{HOST}{target}", given, body)
    auth = S3SigV4Auth if service == "s3" else SigV4Auth
    auth(key or Credentials(KEY, SECRET), service, "us-east-1").add_auth(plain)
    prepared = plain.prepare()
    parts = urlsplit(prepared.url)
    sent = f"{parts.path}?{parts.query}" if parts.query else parts.path
    raw = [(name.lower().encode(), str(value).encode()) for name, value in plain.headers.items()]
    return request(method, sent, raw)


def let_in(emulator: Emulator) -> bool:
    return bool(emulator.asked) and not emulator.answers


def refused(emulator: Emulator) -> bool:
    return not emulator.asked and emulator.status == 403 and b"AccessDenied" in emulator.answers[1]["body"]


# --- those who belong here ---------------------------------------------------------------------

names = st.text(st.characters(exclude_categories=("Cs", "Cc")), min_size=1, max_size=12)
paths = st.lists(names, min_size=1, max_size=4).map("/".join)


@given(
    method=st.sampled_from(METHODS),
    path=paths,
    query=st.dictionaries(names, names, max_size=3),
    body=st.binary(max_size=60),
    service=st.sampled_from(["s3", "lambda", "dynamodb", "sqs"]),
)
@example("PUT", "a//b/../c/ %2f+~é.html", {"a b": "+&=", "versions": ""}, b"page", "s3")
@example("POST", "functions/arn%3Aaws%3Alambda/invocations", {}, b"{}", "lambda")
def test_what_an_sdk_signs_is_let_in(
    method: str, path: str, query: dict[str, str], body: bytes, service: str
) -> None:
    target = f"/{quote(path, safe='/~%')}" + (f"?{urlencode(query, quote_via=quote)}" if query else "")
    emulator = ask(signed(method, target, body, service=service), body[:5], body[5:])
    assert let_in(emulator)
    assert emulator.asked[0][1] == body


def test_a_session_has_a_secret_and_a_token_of_its_own() -> None:
    assert let_in(ask(signed(key=Credentials("ASIASESSION", "of-the-session", TOKEN))))
    assert refused(ask(signed(key=Credentials("ASIASESSION", "of-the-session", "another"))))
    assert refused(ask(signed(key=Credentials("ASIASESSION", "of-the-session"))))
    assert refused(ask(signed(key=Credentials("ASIASESSION", SECRET, TOKEN))))


def test_a_reader_of_a_distribution_has_no_credentials() -> None:
    scope = signed("GET", "/page/", X_Forwarded_Host="d1.cloudfront.net", X_Forwarded_Proto="https")
    passed_on = dict(ask(scope).asked[0][0]["headers"])
    assert passed_on == {b"host": b"d1.cloudfront.net", b"x-forwarded-proto": b"https"}
    unsigned = [(b"host", HOST.encode()), (READER_HEADER.encode(), b"d1.cloudfront.net")]
    assert refused(ask(request("GET", "/page/", unsigned)))


# --- those who do not --------------------------------------------------------------------------

tokens = st.from_regex(rb"[!#$%&'*+.^_`|~0-9A-Za-z-]{1,20}", fullmatch=True)
values = st.binary(max_size=40) | st.sampled_from([b"", b"*", HOST.encode(), b"AWS4-HMAC-SHA256"])
authorizations = st.one_of(
    st.binary(max_size=60),
    st.just(b"AWS4-HMAC-SHA256 "),
    st.builds(
        "{} Credential={}/{}, SignedHeaders={}, Signature={}".format,
        st.sampled_from(["AWS4-HMAC-SHA256", "AWS4-ECDSA-P256-SHA256", "AWS4-HMAC-SHA1", "AWS", "Bearer"]),
        st.sampled_from([KEY, "test", "", "ASIASESSION", "AKIA"]),
        st.sampled_from(["20260101/us-east-1/s3/aws4_request", "20260101/s3/aws4_request", "", "////"]),
        st.sampled_from(["host", "host;x-amz-date", "", "x-amz-date", ";;"]),
        st.sampled_from(["0" * 64, "", "é", SECRET]),
    ).map(str.encode),
)
headers_of_anybody = st.lists(
    st.tuples(tokens.map(bytes.lower) | tokens, values)
    | st.tuples(st.sampled_from([b"authorization", b"Authorization"]), authorizations)
    | st.tuples(st.sampled_from([b"x-amz-date", b"date"]), st.just(b"20260101T000000Z"))
    | st.tuples(st.sampled_from([b"x-amz-security-token", b"x-amz-content-sha256"]), values),
    max_size=6,
)


@given(
    method=st.sampled_from([*METHODS, "OPTIONS", "TRACE", "CONNECT", "QUERY", "post"]),
    target=st.one_of(
        st.sampled_from(
            [
                "/_ministack/reset",
                "/_ministack/health",
                "/_arxivdaily/attach",
                "/2015-03-31/functions",
                "/bucket/key?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Signature=0&X-Amz-Credential=" + KEY,
            ]
        ),
        paths.map(lambda path: f"/{quote(path)}"),
        st.just("http://other.example/"),
        st.just("*"),
        st.just(""),
    ),
    headers=headers_of_anybody,
    own_host=st.booleans(),
    body=st.binary(max_size=20),
)
def test_whoever_lacks_the_secret_is_refused(
    method: str, target: str, headers: list[tuple[bytes, bytes]], own_host: bool, body: bytes
) -> None:
    host = [(b"host", HOST.encode())] if own_host else []
    assert refused(ask(request(method, target, [*host, *headers]), body))


@given(
    change=st.sampled_from(
        ["method", "path", "query", "body", "date", "secret", "signature", "content hash"]
    ),
    body=st.binary(max_size=20),
)
def test_a_signature_is_for_one_request(change: str, body: bytes) -> None:
    key = Credentials(KEY, "another" if change == "secret" else SECRET)
    scope = signed("POST", "/a?b=c", body, service="s3", key=key)
    headers = dict(scope["headers"])
    if change == "method":
        scope["method"] = "PUT"
    elif change == "path":
        scope["raw_path"] = b"/A"
    elif change == "query":
        scope["query_string"] = b"b=d"
    elif change == "body":
        body += b"!"
    elif change == "date":
        headers[b"x-amz-date"] = b"20010101T000000Z"
    elif change == "signature":
        headers[b"authorization"] += b"0"
    elif change == "content hash":
        headers[b"x-amz-content-sha256"] = b"UNSIGNED-PAYLOAD"
    scope["headers"] = list(headers.items())
    assert refused(ask(scope, body))


@pytest.mark.parametrize(
    "name",
    [
        "Origin",
        "Referer",
        "Cookie",
        "Sec-Fetch-Site",
        "Sec-Fetch-Mode",
        "Sec-Fetch-Dest",
        "Sec-Purpose",
        "Sec-CH-UA",
        "Sec-WebSocket-Key",
        "Access-Control-Request-Private-Network",
        "ORIGIN",
        "sec-fetch-site",
    ],
)
@pytest.mark.parametrize("value", ["", "null", "none", "same-origin", f"http://{HOST}"])
def test_what_a_browser_sends_is_refused_even_signed(name: str, value: str) -> None:
    scope = signed("POST")
    scope["headers"].append((name.encode(), value.encode()))
    assert refused(ask(scope))


@pytest.mark.parametrize("method", ["OPTIONS", "TRACE", "CONNECT"])
def test_a_method_that_no_service_has_is_refused_even_signed(method: str) -> None:
    assert refused(ask(signed(method)))


others = st.one_of(
    st.from_regex(r"[a-zA-Z0-9.:\[\]@-]{0,24}", fullmatch=True),
    st.sampled_from(
        [
            "127.0.0.1",
            "127.0.0.1.:4566",
            f"{HOST}.",
            f"{HOST}0",
            "127.0.0.1:04566",
            "127.1:4566",
            "0.0.0.0:4566",
            "[::1]:4566",
            "[::ffff:127.0.0.1]:4566",
            "localhost:4566",
            "LOCALHOST:4566",
            "2130706433:4566",
            f"rebind.example:{PORT}",
            f"{HOST}.rebind.example",
            f"a@{HOST}",
            f"bucket.{HOST}",
            "bucket.s3.us-east-1.amazonaws.com",
            "d1.cloudfront.net",
            f"{HOST},{HOST}",
        ]
    ),
).filter(lambda host: host != HOST)


@given(others)
def test_another_host_is_refused_even_signed(host: str) -> None:
    assert refused(ask(signed("GET", host=host)))


@pytest.mark.parametrize("second", [HOST, "rebind.example", ""])
def test_two_hosts_or_none_are_refused(second: str) -> None:
    scope = signed("GET")
    scope["headers"].append((b"Host", second.encode()))
    assert refused(ask(scope))
    scope["headers"] = [(name, value) for name, value in scope["headers"] if name.lower() != b"host"]
    assert refused(ask(scope))


class _WithoutHost(SigV4Auth):  # type: ignore[misc] # botocore has no types
    def headers_to_sign(self, request: Any) -> Any:
        found = super().headers_to_sign(request)
        del found["host"]
        return found


def test_a_signature_that_leaves_out_the_host_is_refused() -> None:
    """It is right as far as it goes."""
    plain = AWSRequest("GET", f"http://{HOST}/", {"Host": HOST})
    _WithoutHost(Credentials(KEY, SECRET), "lambda", "us-east-1").add_auth(plain)
    assert refused(
        ask(request("GET", "/", [(name.encode(), value.encode()) for name, value in plain.headers.items()]))
    )


def test_two_signatures_are_refused() -> None:
    scope = signed("GET")
    scope["headers"].append((b"authorization", dict(scope["headers"])[b"authorization"]))
    assert refused(ask(scope))


def test_an_endless_body_is_not_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("infrastructure.local.gate._LARGEST", 10)
    body = b"12345678901"
    assert refused(ask(signed(body=body), body[:6], body[6:], b"never read"))


def test_whoever_goes_before_the_end_gets_nothing() -> None:
    emulator = Emulator()
    messages: list[Message] = [
        {"type": "http.request", "body": b"a", "more_body": True},
        {"type": "http.disconnect"},
    ]

    async def receive() -> Message:
        return messages.pop(0)

    async def send(message: Message) -> None:
        emulator.answers.append(message)

    run(gated(emulator, HOST, secret_of)(signed(body=b"ab"), receive, send))
    assert (emulator.asked, emulator.answers) == ([], [])


@pytest.mark.parametrize("kind", ["websocket", "webtransport", "http3", ""])
def test_other_protocols_do_not_get_through(kind: str) -> None:
    emulator = ask({**signed("GET"), "type": kind})
    assert emulator.asked == []
    assert [message["type"] for message in emulator.answers] == ["websocket.close"] * (kind == "websocket")


def test_the_server_itself_starts_and_stops() -> None:
    assert ask({"type": "lifespan"}).asked


@pytest.mark.parametrize(("kind", "start"), [("application/x-amz-json-1.0", b"{"), ("", b"<ErrorResponse>")])
def test_a_refusal_speaks_as_the_service_would(kind: str, start: bytes) -> None:
    answer = ask(request("POST", "/", [(b"host", b"rebind.example"), (b"content-type", kind.encode())]))
    assert answer.answers[1]["body"].startswith(start)
    assert HOST.encode() in answer.answers[1]["body"]
    headers = dict(answer.answers[0]["headers"])
    assert not [name for name in headers if name.startswith(b"access-control")]
