"""Why a server could not be connected to, in words, whichever layer of urllib3 said so."""

from __future__ import annotations

import errno
import os
import socket
import ssl
from collections.abc import Iterator

_WORDS = {
    errno.ECONNREFUSED: "connection refused",
    errno.EHOSTUNREACH: "no route to the host",
    errno.ENETUNREACH: "the network cannot be reached",
}
# What OpenSSL calls an answer that is no TLS, such as that of a server that speaks plain HTTP.
_NO_TLS = ("WRONG_VERSION_NUMBER", "HTTP_REQUEST", "UNEXPECTED_MESSAGE", "RECORD_LAYER_FAILURE")


def cause_of(error: BaseException) -> str | None:
    """Why there was no connection; None for an error that came later, when there was one.

    urllib3 makes a refused connection a kind of time-out (`NewConnectionError`), and hides what the
    system said in `__cause__`, `reason` or an argument; so all of these are looked through.
    """
    from urllib3 import exceptions

    found = list(_within(error))
    proxy = "the proxy: " if any(isinstance(one, exceptions.ProxyError) for one in found) else ""
    for one in found:
        if isinstance(one, ssl.SSLCertVerificationError):
            return f"{proxy}its certificate is not trusted: {one.verify_message}"
        if isinstance(one, ssl.SSLError):
            if one.reason in _NO_TLS:
                return f"{proxy}it does not speak TLS (is it http://?)"
            return f"{proxy}TLS failed: {(one.reason or str(one)).replace('_', ' ').lower()}"
    for one in found:
        if isinstance(one, (exceptions.NameResolutionError, socket.gaierror)):
            return f"{proxy}its name is unknown"
        if isinstance(one, ConnectionResetError | BrokenPipeError):
            continue  # there was a connection
        if isinstance(one, OSError) and one.errno in _WORDS:
            return proxy + _WORDS[one.errno]
    for one in found:
        if isinstance(one, exceptions.SSLError):
            return f"{proxy}TLS failed"
        if isinstance(one, exceptions.NewConnectionError):
            system = next((e for e in found if isinstance(e, OSError) and e.errno), None)
            said = os.strerror(system.errno or 0).lower() if system else "it cannot be connected to"
            return proxy + said
        if isinstance(one, exceptions.ConnectTimeoutError):
            return f"{proxy}nobody answers at that address"
    return "the proxy cannot be used" if proxy else None


def _within(error: BaseException) -> Iterator[BaseException]:
    """An error and those inside it, outermost first, each once."""
    waiting, seen = [error], set[int]()
    while waiting:
        one = waiting.pop(0)
        if id(one) in seen:
            continue
        seen.add(id(one))
        yield one
        inner = [getattr(one, "reason", None), one.__cause__, one.__context__, *one.args]
        waiting += [other for other in inner if isinstance(other, BaseException)]
