"""The real clients through a real proxy on loopback: arXiv, models, downloads and the probe go one way."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from arxivdaily.adapters.http import HttpClient
from arxivdaily.adapters.openai_compatible import OpenAiModel
from arxivdaily.errors import (
    ArxivDailyError,
    ConfigurationError,
    PermanentError,
    TransientError,
    UnavailableError,
)
from arxivdaily.ports import Prompt
from forward_proxy import Seen, answering, authority, proxying

from infrastructure import web
from infrastructure.cost import LedgerError, read_cost
from infrastructure.local.instruct_model import Hub
from infrastructure.local.source import unreachable

HOST = "arxiv.test"  # no name server knows it: only a proxy can reach it
DEAD = "http://user:secret@127.0.0.1:9"
CHAT = {
    "choices": [{"message": {"content": '{"a": 1}'}, "finish_reason": "stop"}],
    "usage": {"prompt_tokens": 3, "completion_tokens": 2},
}
PROMPT = Prompt(name="x", system="s", user="u", schema={"type": "object"}, max_tokens=50)


@pytest.fixture(autouse=True)
def _no_proxies(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in list(os.environ):
        if name.lower().endswith("_proxy") or name in (
            "SSL_CERT_FILE",
            "REQUESTS_CA_BUNDLE",
            "CURL_CA_BUNDLE",
        ):
            monkeypatch.delenv(name)


def answer(path: str) -> tuple[int, dict[str, str], bytes]:
    if path == "/elsewhere":
        return 302, {"Location": "http://127.0.0.1:1/secret"}, b""
    if path == "/here":
        return 302, {"Location": "/feed"}, b""
    if path == "/busy":
        return 503, {}, b""
    if path.endswith("/chat/completions"):
        return 200, {"Content-Type": "application/json"}, json.dumps(CHAT).encode()
    return 200, {}, f"body of {path}".encode()


@pytest.fixture
def origin() -> Iterator[tuple[int, Seen]]:
    with answering(answer) as found:
        yield found


def client() -> HttpClient:
    return HttpClient(agent="t", interval=0)


def model(base: str) -> OpenAiModel:
    return OpenAiModel(base, lambda: "key", "m", timeout=10)


def test_arxiv_is_asked_through_the_proxy(origin: tuple[int, Seen], monkeypatch: pytest.MonkeyPatch) -> None:
    port, asked = origin
    with proxying(port) as proxy:
        monkeypatch.setenv("http_proxy", proxy.address)
        found = client().get(f"http://{HOST}/feed")
        assert unreachable(f"http://{HOST}") is None
        assert b"".join(Hub(f"http://{HOST}/model").chunks(0, Path())) == b"body of /model"
        with pytest.raises(LedgerError, match="is not a ledger"):
            read_cost(f"http://{HOST}", "2026-01-15")
    assert found.body == b"body of /feed"
    assert proxy.seen.targets[:2] == [f"GET http://{HOST}/feed", f"HEAD http://{HOST}/"]
    assert len(asked.requests) == len(proxy.seen.requests) == 4
    assert not [headers for _, _, headers in asked.requests if "Proxy-Authorization" in headers]


@pytest.mark.parametrize("variable", ["HTTPS_PROXY", "https_proxy", "ALL_PROXY"])
@pytest.mark.parametrize("bundle", ["SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"])
def test_https_goes_through_a_tunnel_and_is_checked(
    variable: str, bundle: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The proxy sees the host's name and nothing else: neither the key nor the path."""
    pem, context = authority(tmp_path, HOST)
    with answering(answer, context) as (port, asked), proxying(port, password="user:se cret@") as proxy:
        monkeypatch.setenv(variable, proxy.address.replace("//", "//user:se%20cret%40@"))
        with pytest.raises(TransientError, match="certificate") as raised:
            client().get(f"https://{HOST}/feed")
        assert "SSL_CERT_FILE" in str(raised.value)
        monkeypatch.setenv(bundle, str(pem))
        assert client().get(f"https://{HOST}/feed").body == b"body of /feed"
        assert model(f"https://{HOST}/v1").complete(PROMPT).text == '{"a": 1}'
        assert unreachable(f"https://{HOST}/feed") is None
    assert set(proxy.seen.targets) == {f"CONNECT {HOST}:443"}
    assert "Authorization" not in str(
        [{k for k in h if k != "Proxy-Authorization"} for *_, h in proxy.seen.requests]
    )
    assert asked.targets == ["GET /feed", "POST /v1/chat/completions", "HEAD /feed"]
    assert not [headers for _, _, headers in asked.requests if "Proxy-Authorization" in headers]


def everybody(url: str) -> Iterator[str]:
    """What each client says of an address that it cannot reach."""
    yield unreachable(url) or ""
    with pytest.raises(OSError, match="proxy") as failed:
        list(Hub(url).chunks(0, Path()))
    yield str(failed.value)


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_a_dead_proxy_is_named_and_its_password_is_not(scheme: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(f"{scheme.upper()}_PROXY", DEAD)
    for said in everybody(f"{scheme}://{HOST}/x"):
        assert f"the proxy http://***@127.0.0.1:9 of {scheme.upper()}_PROXY does not answer" in said
        assert "connection refused" in said
        assert HOST in said
        assert "secret" not in said


def test_readers_learn_of_a_proxy_but_not_where_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    """Reasons why a paper is in English, or without its affiliations, are published."""
    monkeypatch.setenv("https_proxy", DEAD)
    for ask in (
        lambda: model(f"https://{HOST}/v1").complete(PROMPT),
        lambda: client().get(f"https://{HOST}/x"),
    ):
        with pytest.raises(UnavailableError) as raised:
            ask()
        assert "the proxy of https_proxy does not answer: connection refused" in str(raised.value)
        assert "127.0.0.1" not in str(raised.value)


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_a_proxy_that_asks_for_a_password_is_named(
    scheme: str, origin: tuple[int, Seen], monkeypatch: pytest.MonkeyPatch
) -> None:
    with proxying(origin[0], password="user:right") as proxy:
        monkeypatch.setenv(f"{scheme}_proxy", proxy.address)
        for said in everybody(f"{scheme}://{HOST}/x"):
            assert f"{proxy.address} of {scheme}_proxy asks for a user name and a password (HTTP 407)" in said
        monkeypatch.setenv(f"{scheme}_proxy", proxy.address.replace("//", "//user:wrong@"))
        for said in everybody(f"{scheme}://{HOST}/x"):
            assert "another user name" in said
            assert "wrong" not in said
        with pytest.raises(ConfigurationError, match=f"the proxy of {scheme}_proxy asks"):  # no waiting helps
            client().get(f"{scheme}://{HOST}/x")
    assert origin[1].requests == []


@pytest.mark.parametrize(("status", "kind"), [(502, TransientError), (403, ConfigurationError)])
def test_a_proxy_that_cannot_or_will_not_reach_the_host_is_named(
    status: int, kind: type[ArxivDailyError], origin: tuple[int, Seen], monkeypatch: pytest.MonkeyPatch
) -> None:
    with proxying(origin[0], status=status) as proxy:
        monkeypatch.setenv("https_proxy", proxy.address)
        for said in everybody(f"https://{HOST}/x"):
            assert f"{proxy.address} of https_proxy answers HTTP {status}" in said
        with pytest.raises(kind, match=f"the proxy of https_proxy answers HTTP {status}"):
            client().get(f"https://{HOST}/x")


def test_a_gateways_error_over_http_may_be_the_proxys(
    origin: tuple[int, Seen], monkeypatch: pytest.MonkeyPatch
) -> None:
    with proxying(origin[0]) as proxy:
        monkeypatch.setenv("http_proxy", proxy.address)
        with pytest.raises(TransientError, match=r"HTTP 503 \(through the proxy of http_proxy\)"):
            client().get(f"http://{HOST}/busy")
        assert "through the proxy" in (unreachable(f"http://{HOST}/busy") or "")


def test_redirects_are_as_bounded_as_without_a_proxy(
    origin: tuple[int, Seen], monkeypatch: pytest.MonkeyPatch
) -> None:
    port, asked = origin
    with proxying(port) as proxy:
        monkeypatch.setenv("http_proxy", proxy.address)
        assert client().get(f"http://{HOST}/here").body == b"body of /feed"
        with pytest.raises(PermanentError, match="not followed"):
            client().get(f"http://{HOST}/elsewhere")
    assert asked.targets == ["GET /here", "GET /feed", "GET /elsewhere"]


@pytest.mark.parametrize("scheme", ["http", "all"])
def test_this_computer_is_asked_without_a_proxy(
    scheme: str, origin: tuple[int, Seen], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(f"{scheme}_proxy", DEAD)
    for host in ("127.0.0.1", "localhost"):
        assert client().get(f"http://{host}:{origin[0]}/feed").status == 200
        assert model(f"http://{host}:{origin[0]}/v1").complete(PROMPT).text == '{"a": 1}'
        assert unreachable(f"http://{host}:{origin[0]}/feed") is None


def test_the_web_is_not_followed_from_https_to_http(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pem, context = authority(tmp_path, HOST)
    with answering(answer, context) as (port, _), proxying(port) as proxy:
        monkeypatch.setenv("https_proxy", proxy.address)
        monkeypatch.setenv("SSL_CERT_FILE", str(pem))
        with (
            pytest.raises(web.WebError, match="not followed"),
            web.opened(f"https://{HOST}/elsewhere", timeout=5),
        ):
            pass
