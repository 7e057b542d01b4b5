"""Which proxy an address has, as the environment says."""

from __future__ import annotations

import os
from urllib.request import getproxies, proxy_bypass

import pytest
from arxivdaily.adapters.proxies import ProxiedPool, is_this_computer, proxy_for
from arxivdaily.errors import ConfigurationError
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

NAMES = ("http_proxy", "HTTP_PROXY", "https_proxy", "HTTPS_PROXY", "no_proxy", "NO_PROXY")
HOSTS = ("rss.arxiv.org", "arxiv.org", "export.arxiv.org:8080", "10.0.0.1", "example.org")


@pytest.fixture(autouse=True)
def _none(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in list(os.environ):
        if name.lower().endswith("_proxy"):
            monkeypatch.delenv(name)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    environment=st.dictionaries(
        st.sampled_from(NAMES[:4]), st.sampled_from(["", "http://a.example:1", "b.example:2"])
    ),
    bypass=st.dictionaries(
        st.sampled_from(NAMES[4:]),
        st.sampled_from(["", "*", "arxiv.org", ".arxiv.org, 10.0.0.1", "example.org:80"]),
    ),
    scheme=st.sampled_from(["http", "https"]),
    host=st.sampled_from(HOSTS),
)
def test_it_is_the_one_that_urllib_would_ask(
    environment: dict[str, str],
    bypass: dict[str, str],
    scheme: str,
    host: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with monkeypatch.context() as patch:
        for name, value in {**environment, **bypass}.items():
            patch.setenv(name, value)
        expected = None if proxy_bypass(host) else getproxies().get(scheme)
        found = proxy_for(f"{scheme}://{host}/path")
        assert (found.address.removeprefix("http://") if found else None) == (
            expected.removeprefix("http://") if expected else None
        )


@pytest.mark.parametrize(
    "host",
    ["localhost", "LOCALHOST.", "a.localhost", "127.0.0.1", "127.9.9.9", "127.1", "0x7f000001", "2130706433",
     "[::1]", "[::ffff:127.0.0.1]", "[0:0:0:0:0:0:0:1]", "0"],
)  # fmt: skip
def test_this_computer_has_none_however_it_is_written(host: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "https_proxy", "all_proxy"):
        monkeypatch.setenv(name, "http://proxy.example:1")
    assert is_this_computer(host)
    assert proxy_for(f"http://{host}:8000/") is None
    assert proxy_for(f"https://user@{host}/") is None


@pytest.mark.parametrize(
    "host", ["arxiv.org", "10.0.0.1", "127.0.0.1.example.org", "localhost.example", "[::2]", ""]
)
def test_others_are_not(host: str) -> None:
    assert not is_this_computer(host)


def test_one_proxy_for_all_that_have_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ALL_PROXY", "http://all.example:1")
    monkeypatch.setenv("https_proxy", "http://tls.example:2")
    assert str(proxy_for("http://a.example/")) == "the proxy http://all.example:1 of ALL_PROXY"
    assert str(proxy_for("https://a.example/")) == "the proxy http://tls.example:2 of https_proxy"
    monkeypatch.setenv("NO_PROXY", "a.example")
    assert proxy_for("http://a.example/") is None


@pytest.mark.parametrize("value", ["socks5://127.0.0.1:7890", "socks5h://u:secret@a:1", "ftp://a"])
def test_a_proxy_that_is_not_spoken_with_is_an_error(value: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("all_proxy", value)
    with pytest.raises(ConfigurationError, match="all_proxy names a proxy by") as raised:
        proxy_for("https://a.example/")
    assert "secret" not in str(raised.value)
    monkeypatch.setenv("https_proxy", "http://127.0.0.1:7890")  # as most programs set both
    assert proxy_for("https://a.example/")


@given(st.text(max_size=30))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_text_is_a_proxy_or_an_error_that_does_not_repeat_it(text: str) -> None:
    if "\0" in text:
        return
    with pytest.MonkeyPatch.context() as patch:
        try:
            patch.setenv("http_proxy", f"http://user:secret@{text}")
        except UnicodeEncodeError:
            return
        try:
            found = proxy_for("http://a.example/")
        except ConfigurationError as error:
            said = str(error)
            assert "secret" not in said
        else:
            assert found
            assert "secret" not in found.address + str(found)


def test_credentials_are_decoded_and_shown_to_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", "us%40er:p%3Aw@[::2]:3128")
    found = proxy_for("http://a.example/")
    assert found
    assert (found.address, found.authorization) == ("http://[::2]:3128", "Basic dXNAZXI6cDp3")
    assert "us" not in str(found).removeprefix("the proxy http://***@[::2]:3128 of http_proxy")


def test_authorities_that_are_not_there_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", "/none.pem")
    with pytest.raises(ConfigurationError, match=r"SSL_CERT_FILE names /none\.pem, which does not exist"):
        ProxiedPool().request("GET", "https://a.example/")
