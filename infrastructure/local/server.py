"""The published site on loopback, served as CloudFront serves it in the cloud.

The same rules as infrastructure/edge.yaml's, which tests compare: a directory's page at its address
with a trailing slash, a redirect for those who leave the slash out, the site's own 404 page,
compression, validators and security headers.

What it serves may be anybody's to read; it answers to this computer's own names all the same, so that no
page whose host name was made to resolve to 127.0.0.1 (DNS rebinding) reads which channels somebody keeps.
"""

from __future__ import annotations

import gzip
import hashlib
import html
import http.client
import posixpath
import re
import threading
import urllib.error
import urllib.request
from collections.abc import Mapping
from email.utils import formatdate
from functools import lru_cache
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import TracebackType
from typing import ClassVar
from urllib.parse import quote, unquote

from infrastructure.local.errors import LocalError

SECURITY_HEADERS: Mapping[str, str] = {
    "Content-Security-Policy": (
        "default-src 'self'; img-src 'self' data:; object-src 'none'; base-uri 'none'; "
        "form-action 'self'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "strict-origin-when-cross-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "Cross-Origin-Opener-Policy": "same-origin",
}

_TYPES: Mapping[str, str] = {
    ".atom": "application/atom+xml; charset=utf-8",
    ".bib": "application/x-bibtex; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".html": "text/html; charset=utf-8",
    ".ico": "image/x-icon",
    ".jpg": "image/jpeg",
    ".js": "text/javascript; charset=utf-8",
    ".json": "application/json; charset=utf-8",
    ".opml": "text/x-opml; charset=utf-8",
    ".png": "image/png",
    ".ris": "application/x-research-info-systems; charset=utf-8",
    ".svg": "image/svg+xml; charset=utf-8",
    ".txt": "text/plain; charset=utf-8",
    ".webmanifest": "application/manifest+json; charset=utf-8",
    ".webp": "image/webp",
    ".woff2": "font/woff2",
    ".xml": "application/xml; charset=utf-8",
    ".xsl": "text/xsl; charset=utf-8",
}
_TYPES_BY_NAME: Mapping[str, str] = {
    "feed.json": "application/feed+json; charset=utf-8",
    "rss.xml": "application/rss+xml; charset=utf-8",
}
_OWN_NAMES = re.compile(r"(127\.0\.0\.1|localhost|\[::1\])(:\d{1,5})?", re.IGNORECASE)
_ANSWER_TIMEOUT = 3.0  # seconds for a server on this computer
_COMPRESSED_FROM = 1000  # bytes; CloudFront compresses from the same size


def content_type(name: str) -> str:
    """The media type of a file by its name; bytes without a meaning if unknown."""
    suffix = posixpath.splitext(name)[1].lower()
    return _TYPES_BY_NAME.get(name) or _TYPES.get(suffix, "application/octet-stream")


def object_of(path: str) -> str | None:
    """The site's object for a URL path (`/a/` is `a/index.html`); None for a path outside it."""
    decoded = unquote(path, errors="replace")
    parts = decoded.split("/")[1:]
    if not decoded.startswith("/") or "\\" in decoded or "\0" in decoded:
        return None
    if any(part.startswith(".") for part in parts):  # `.`, `..` and files that are not the site's
        return None
    if parts[-1] == "":
        parts[-1] = "index.html"
    return "/".join(parts) if all(parts) else None


def _folder_of(file: Path | None, path: str) -> Path | None:
    """The folder whose page was asked for by another address than its own: `/x` or `/x/index.html`."""
    if file is None or path.endswith("/"):
        return None
    return file.parent if file.name == "index.html" else file


class _Handler(BaseHTTPRequestHandler):
    root: ClassVar[Path]
    server: _Server
    protocol_version = "HTTP/1.1"
    server_version = "arxivdaily"  # a SiteServer says of which site
    sys_version = ""
    timeout = 30  # seconds for an idle connection

    def do_GET(self) -> None:
        self._answer(with_body=True)

    def do_HEAD(self) -> None:
        self._answer(with_body=False)

    def _answer(self, *, with_body: bool) -> None:
        # A client of HTTP/1.0 may leave it out; browsers do not.
        if not all(_OWN_NAMES.fullmatch(host.strip()) for host in self.headers.get_all("Host", [])):
            words = f"This server answers to 127.0.0.1 and localhost: http://127.0.0.1:{self.server.server_port}/\n"
            self._send(HTTPStatus.MISDIRECTED_REQUEST, words.encode(), _TYPES[".txt"], with_body, {})
            return
        path, _, query = self.path.partition("?")
        name = object_of(path)
        file = self.root / name if name else None
        folder = _folder_of(file, path)
        if folder and (folder / "index.html").is_file():
            # `//evil.example` must not become another host's address.
            address = unquote(path).removesuffix("/index.html").strip("/")
            target = (f"/{quote(address)}/" if address else "/") + (f"?{query}" if query else "")
            self._send(HTTPStatus.MOVED_PERMANENTLY, b"", "text/plain", with_body, {"Location": target})
            return
        if file and file.is_file() and file.resolve().is_relative_to(self.root.resolve()):
            stat = file.stat()
            self._send_file(file, formatdate(stat.st_mtime, usegmt=True), with_body)
            return
        page = self.root / "404.html"
        body = page.read_bytes() if page.is_file() else _plain_page(path, self.root)
        self._send(HTTPStatus.NOT_FOUND, body, _TYPES[".html"], with_body, {"Cache-Control": "no-cache"})

    def _send_file(self, file: Path, modified: str, with_body: bool) -> None:
        body = file.read_bytes()
        etag = f'"{hashlib.md5(body, usedforsecurity=False).hexdigest()}"'
        headers = {"ETag": etag, "Last-Modified": modified, "Cache-Control": "no-cache"}
        known = [tag.strip().removeprefix("W/") for tag in self.headers.get("If-None-Match", "").split(",")]
        if etag in known or "*" in known:
            self._send(HTTPStatus.NOT_MODIFIED, b"", "", with_body, headers)
            return
        self._send(HTTPStatus.OK, body, content_type(file.name), with_body, headers)

    def _send(
        self, status: HTTPStatus, body: bytes, kind: str, with_body: bool, headers: Mapping[str, str]
    ) -> None:
        self.send_response(status)
        for name, value in (*SECURITY_HEADERS.items(), *headers.items()):
            self.send_header(name, value)
        if kind:
            self.send_header("Content-Type", kind)
        if _is_text(kind) and len(body) >= _COMPRESSED_FROM:
            self.send_header("Vary", "Accept-Encoding")
            if "gzip" in self.headers.get("Accept-Encoding", ""):
                self.send_header("Content-Encoding", "gzip")
                body = _compressed(body)
        if status != HTTPStatus.NOT_MODIFIED:
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if with_body:
            self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class's name
        """Nothing: the terminal belongs to the run's progress."""


def _is_text(kind: str) -> bool:
    return kind.startswith("text/") or any(word in kind for word in ("json", "xml", "javascript"))


@lru_cache(maxsize=64)
def _compressed(body: bytes) -> bytes:
    return gzip.compress(body, compresslevel=5, mtime=0)


def _plain_page(path: str, root: Path) -> bytes:
    """What is shown until the site has a 404 page, which is until its first publication."""
    published = (root / "index.html").is_file()
    text = (
        f"{path[:200]} 不存在 (not found)"
        if published
        else "站点正在生成，请稍后刷新 (the site is on its way)"
    )
    refresh = "" if published else '<meta http-equiv="refresh" content="3">'
    return (
        f'<!doctype html><html lang="zh-Hans"><meta charset="utf-8">{refresh}'
        f"<title>arXiv每日学术速递</title><p>{html.escape(text)}</p></html>\n"
    ).encode()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 64

    def handle_error(self, request: object, client_address: object) -> None:
        """Nothing: a reader that closed its connection is no news."""


def _version_of(root: Path) -> str:
    """What a server of a folder calls itself, so that another process can tell whose it is."""
    return f"arxivdaily/{hashlib.sha256(str(root.resolve()).encode()).hexdigest()[:16]}"


def is_served(root: Path, port: int) -> bool:
    """Whether a server of this program serves this very folder on a port already."""
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    request = urllib.request.Request(f"http://127.0.0.1:{port}/", method="HEAD")
    try:
        with opener.open(request, timeout=_ANSWER_TIMEOUT) as answer:
            said = str(answer.headers.get("Server", ""))
    except urllib.error.HTTPError as error:  # a site without pages yet
        with error:
            said = str(error.headers.get("Server", ""))
    except (OSError, http.client.HTTPException):
        return False
    return said.strip() == _version_of(root)


class SiteServer:
    """Serves a directory on 127.0.0.1 in threads of its own, from `start` to `stop`."""

    def __init__(self, root: Path, port: int) -> None:
        """Raises LocalError when the port is taken."""
        handler = type("Handler", (_Handler,), {"root": root, "server_version": _version_of(root)})
        try:
            self._server = _Server(("127.0.0.1", port), handler)
        except OSError as error:
            raise LocalError(
                f"cannot serve on port {port}: {error.strerror}; choose another with --port"
            ) from error
        self.port = self._server.server_address[1]
        self.url = f"http://127.0.0.1:{self.port}"
        self._thread = threading.Thread(target=self._server.serve_forever, name="site", daemon=True)

    def __enter__(self) -> SiteServer:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()
