"""Which proxy stands between this computer and an address, as the environment says.

HTTP_PROXY, HTTPS_PROXY and NO_PROXY, in capitals or not, mean what they mean to Python's urllib.request
(https://docs.python.org/3/library/urllib.request.html#urllib.request.getproxies); ALL_PROXY stands for those
that are not set. Every client reads them here, so that all go the same way. This computer itself is never
asked through a proxy, whatever the environment says: no other computer could reach it.
"""

from __future__ import annotations

import base64
import os
import re
import socket
import threading
from contextlib import suppress
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, ip_address
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from arxivdaily.errors import ArxivDailyError, ConfigurationError, UnavailableError

_TUNNEL = re.compile(r"Tunnel connection failed: (\d{3})\s*(.*)")
_GATEWAY = frozenset({502, 503, 504})
_AUTHORITIES = ("SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")  # the first that is set is used


@dataclass(frozen=True, slots=True)
class Proxy:
    """`address` has no credentials; they are in `authorization`, the value of a header, empty for none.
    `variable` is where the proxy is set."""

    address: str
    authorization: str
    variable: str

    def __str__(self) -> str:
        """For messages: nobody's password."""
        scheme, _, rest = self.address.partition("://")
        return f"the proxy {scheme}://{'***@' if self.authorization else ''}{rest} of {self.variable}"


def proxy_for(url: str) -> Proxy | None:
    """The proxy that a request for `url` goes through, None for none. ConfigurationError for one that cannot
    be used."""
    from urllib.request import getproxies, proxy_bypass

    parts = urlsplit(url)
    if is_this_computer(parts.hostname or ""):
        return None
    set_ = getproxies()
    scheme = parts.scheme if set_.get(parts.scheme) else "all"
    raw = set_.get(scheme, "").strip()
    if not raw or proxy_bypass(parts.netloc.rpartition("@")[2]):
        return None
    return _parsed(raw, _variable(scheme))


def is_this_computer(host: str) -> bool:
    """Whether a host is a loopback address or a name of one, however it is written."""
    name = host.strip("[]").lower().rstrip(".")
    if name == "localhost" or name.endswith(".localhost"):
        return True
    address: IPv4Address | IPv6Address
    try:
        address = ip_address(name.partition("%")[0])
    except ValueError:
        if not re.fullmatch(r"[0-9a-fx.]+", name):
            return False
        try:
            address = IPv4Address(socket.inet_aton(name))  # 127.1, 0x7f000001
        except OSError:
            return False
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    found = mapped or address
    return found.is_loopback or found.is_unspecified


def _variable(scheme: str) -> str:
    names = (f"{scheme}_proxy", f"{scheme.upper()}_PROXY")
    return next((name for name in names if os.environ.get(name)), "the system's settings")


def _parsed(raw: str, variable: str) -> Proxy:
    try:
        parts = urlsplit(raw if "://" in raw else f"http://{raw}")
        host, port = parts.hostname, parts.port
    except ValueError:
        host, port = None, None
    if not host or re.search(r"\s", raw):
        raise ConfigurationError(
            f"{variable} holds no address of a proxy; write it as http://127.0.0.1:7890, with "
            "user:password@ before the host where it asks for them"
        )
    if parts.scheme not in ("http", "https"):
        raise ConfigurationError(
            f"{variable} names a proxy by {parts.scheme}://, which is not spoken here; set HTTPS_PROXY and "
            "HTTP_PROXY to an http:// one (most programs that offer SOCKS offer both)"
        )
    name = f"[{host}]" if ":" in host else host
    authorization = ""
    if parts.username is not None:
        pair = f"{unquote(parts.username)}:{unquote(parts.password or '')}"
        authorization = f"Basic {base64.b64encode(pair.encode()).decode()}"
    return Proxy(f"{parts.scheme}://{name}{f':{port}' if port else ''}", authorization, variable)


class ProxiedPool:
    """As `urllib3.PoolManager`, each request through the proxy that the environment names for it.

    The environment is read at each request. Certificates are checked against the authorities of
    SSL_CERT_FILE, REQUESTS_CA_BUNDLE or CURL_CA_BUNDLE (the first that is set), else the system's.
    """

    def __init__(self, *, says_where: bool = False, **options: Any) -> None:
        """`options` are `PoolManager`'s. Errors have the proxy's address only with `says_where`: reasons why
        something could not be read are published, and the address is its operator's own."""
        self._says_where = says_where
        self._options = options
        self._managers: dict[tuple[Proxy | None, str], Any] = {}
        self._lock = threading.Lock()

    def request(self, method: str, url: str, **options: Any) -> Any:
        """A `urllib3.BaseHTTPResponse`. No redirect is followed: hosts differ in proxies.

        Raises what urllib3 does for the host; for the proxy UnavailableError where it does not answer or
        cannot reach the host, ConfigurationError where it wants a password, refuses it or cannot be used.
        """
        from urllib3.exceptions import HTTPError

        proxy = proxy_for(url)
        manager = self._manager(proxy, _authorities() if url.lower().startswith("https:") else "")
        parts = urlsplit(url)
        if proxy and not parts.path:  # urllib3 would send none to a proxy, which some do not take
            url = parts._replace(path="/").geturl()
        try:
            answer = manager.request(method, url, **{**options, "redirect": False})
        except (HTTPError, OSError) as error:
            if proxy and (failure := _failure(proxy, url, error)):
                raise self._told(failure) from error
            raise
        if proxy and answer.status == 407:
            answer.close()
            answer.release_conn()
            raise self._told(_refusal(proxy, url, 407, ""))
        return answer

    def _told(self, failure: ArxivDailyError) -> ArxivDailyError:
        return failure if self._says_where else type(failure)(_published(str(failure)))

    def _manager(self, proxy: Proxy | None, authorities: str) -> Any:
        import urllib3

        with self._lock:
            found = self._managers.get((proxy, authorities))
            if found is None:
                options = dict(self._options)
                if authorities:
                    is_folder = Path(authorities).is_dir()
                    options["ca_cert_dir" if is_folder else "ca_certs"] = authorities
                if proxy is None:
                    found = urllib3.PoolManager(**options)
                else:
                    headers = {"Proxy-Authorization": proxy.authorization} if proxy.authorization else {}
                    found = urllib3.ProxyManager(proxy.address, proxy_headers=headers, **options)
                self._managers[proxy, authorities] = found
            return found


def _authorities() -> str:
    for name in _AUTHORITIES:
        if path := os.environ.get(name, "").strip():
            if not Path(path).exists():
                raise ConfigurationError(f"{name} names {path}, which does not exist; set it to a PEM file")
            return path
    return ""


def _published(reason: str) -> str:
    return re.sub(r"the proxy \S+ of ", "the proxy of ", reason)


def through(url: str, status: int, *, says_where: bool = False) -> str:
    """For a message about a status that a gateway gives: which proxy may have given it; else nothing."""
    with suppress(ArxivDailyError):
        if proxy := proxy_for(url) if status in _GATEWAY else None:
            said = f" (through {proxy})"
            return said if says_where else _published(said)
    return ""


def _failure(proxy: Proxy, url: str, error: Exception) -> ArxivDailyError | None:
    """What is wrong with the proxy; None where the error is the host's."""
    from urllib3.exceptions import NewConnectionError, ProxyError, SSLError

    causes = list(_causes(error))
    for cause in causes:
        if tunnel := _TUNNEL.search(str(cause)):
            return _refusal(proxy, url, int(tunnel[1]), tunnel[2])
    if any(isinstance(cause, ProxyError | NewConnectionError) for cause in causes):
        return UnavailableError(f"{_host(url)} cannot be reached: {proxy} does not answer: {why(error)}")
    if any(isinstance(cause, SSLError) for cause in causes) and "CERTIFICATE_VERIFY" in str(error):
        return UnavailableError(
            f"the certificate of {_host(url)} is not trusted: {proxy} may put its own in its place; if you "
            "trust that one, set SSL_CERT_FILE to its authority's PEM file"
        )
    return None


def _refusal(proxy: Proxy, url: str, status: int, reason: str) -> ArxivDailyError:
    if status == 407:
        wanted = "another user name and password" if proxy.authorization else "a user name and a password"
        return ConfigurationError(
            f"{_host(url)} cannot be reached: {proxy} asks for {wanted} (HTTP 407); write them before its "
            "host: http://user:password@host:port"
        )
    kind = UnavailableError if status >= 500 or status in (408, 429) else ConfigurationError
    said = f"HTTP {status} {reason}".strip()[:100]
    return kind(f"{_host(url)} cannot be reached: {proxy} answers {said}")


def _host(url: str) -> str:
    return urlsplit(url).netloc.rpartition("@")[2]


def _causes(error: BaseException) -> list[BaseException]:
    """The error and what it was made of, outermost first."""
    found: list[BaseException] = []
    waiting: list[Any] = [error]
    while waiting and len(found) < 20:
        cause = waiting.pop(0)
        if isinstance(cause, BaseException) and cause not in found:
            found.append(cause)
            waiting += [getattr(cause, "reason", None), cause.__cause__, cause.__context__, *cause.args]
    return found


def why(error: BaseException) -> str:
    """The system's own words for a connection that failed: "connection refused"."""
    for cause in reversed(_causes(error)):
        if isinstance(cause, OSError) and cause.strerror:
            return cause.strerror[:1].lower() + cause.strerror[1:]
    for cause in _causes(error):
        if "Timeout" in type(cause).__name__:
            return "no answer in time"
    return type(_causes(error)[-1]).__name__
