"""The local site over HTTP: what CloudFront does in the cloud."""

from __future__ import annotations

import contextlib
import gzip
import http.client
import io
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from rich.console import Console
from typer.testing import CliRunner

from infrastructure import cli
from infrastructure.local.errors import LocalError
from infrastructure.local.processes import free_port
from infrastructure.local.run import Options, site_server
from infrastructure.local.server import SECURITY_HEADERS, SiteServer, is_served
from infrastructure.local.source import unreachable

PAGE = "<!doctype html><title>页</title>".encode() + b"<p>text</p>" * 200


@pytest.fixture
def server(tmp_path: Path) -> Iterator[SiteServer]:
    site = tmp_path / "site"
    (site / "image-generation").mkdir(parents=True)
    (site / "index.html").write_bytes(b"home")
    (site / "image-generation" / "index.html").write_bytes(PAGE)
    (site / "image-generation" / "feed.atom").write_bytes(b"<feed/>")
    (site / ".published.json").write_text("[]")
    (tmp_path / "secret.txt").write_text("secret")
    (site / "link.txt").symlink_to(tmp_path / "secret.txt")
    with SiteServer(site, 0) as running:
        yield running


def ask(
    server: SiteServer, path: str, method: str = "GET", **headers: str
) -> tuple[int, http.client.HTTPMessage, bytes]:
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=10)
    try:
        connection.request(method, path, headers={k.replace("_", "-"): v for k, v in headers.items()})
        response = connection.getresponse()
        return response.status, response.headers, response.read()
    finally:
        connection.close()


def test_a_directory_is_its_page(server: SiteServer) -> None:
    status, headers, body = ask(server, "/image-generation/?q=1")
    assert (status, body) == (200, PAGE)
    assert headers["Content-Type"] == "text/html; charset=utf-8"
    for name, value in SECURITY_HEADERS.items():
        assert headers[name] == value
    assert "unsafe-inline" not in headers["Content-Security-Policy"]


def test_a_missing_slash_redirects(server: SiteServer) -> None:
    status, headers, _ = ask(server, "/image-generation?q=1")
    assert (status, headers["Location"]) == (301, "/image-generation/?q=1")
    assert ask(server, "//image-generation")[1]["Location"] == "/image-generation/"


@pytest.mark.parametrize(
    ("path", "address"),
    [
        ("/index.html", "/"),
        ("/index.html?q=1", "/?q=1"),
        ("/image-generation/index.html", "/image-generation/"),
        ("//image-generation/index.html", "/image-generation/"),
    ],
)
def test_a_pages_file_redirects_to_its_address(server: SiteServer, path: str, address: str) -> None:
    status, headers, _ = ask(server, path)
    assert (status, headers["Location"]) == (301, address)


def test_what_is_not_there_is_the_sites_own_page(server: SiteServer, tmp_path: Path) -> None:
    status, headers, body = ask(server, "/<script>/")
    assert (status, headers["Content-Type"]) == (404, "text/html; charset=utf-8")
    assert b"<script>" not in body
    (tmp_path / "site" / "404.html").write_bytes(b"our own")
    assert ask(server, "/missing")[::2] == (404, b"our own")


@pytest.mark.parametrize(
    "path", ["/../secret.txt", "/%2e%2e/secret.txt", "/image-generation/../../secret.txt", "/link.txt"]
)
def test_nothing_outside_the_site_is_served(server: SiteServer, path: str) -> None:
    status, _, body = ask(server, path)
    assert status == 404
    assert b"secret" not in body.replace(b"secret.txt", b"")


def test_hidden_files_are_not_served(server: SiteServer) -> None:
    assert ask(server, "/.published.json")[0] == 404


def test_validators(server: SiteServer) -> None:
    _, headers, _ = ask(server, "/image-generation/feed.atom")
    assert headers["Content-Type"] == "application/atom+xml; charset=utf-8"
    etag = headers["ETag"]
    status, headers, body = ask(server, "/image-generation/feed.atom", If_None_Match=f'"x", W/{etag}')
    assert (status, body, headers["ETag"]) == (304, b"", etag)
    assert ask(server, "/image-generation/feed.atom", If_None_Match='"x"')[0] == 200


def test_text_is_compressed_for_those_who_can_read_it(server: SiteServer) -> None:
    _, headers, body = ask(server, "/image-generation/", Accept_Encoding="br, gzip")
    assert headers["Content-Encoding"] == "gzip"
    assert gzip.decompress(body) == PAGE
    assert len(body) < len(PAGE) / 4
    assert ask(server, "/image-generation/")[1]["Content-Encoding"] is None


def test_head_has_the_headers_only(server: SiteServer) -> None:
    status, headers, body = ask(server, "/image-generation/", "HEAD")
    assert (status, body, headers["Content-Length"]) == (200, b"", str(len(PAGE)))


def test_other_methods_are_refused(server: SiteServer) -> None:
    assert ask(server, "/", "POST")[0] == 501


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "LOCALHOST:80", "[::1]:9000", "127.0.0.1:1"])
def test_the_site_has_this_computers_names(server: SiteServer, host: str) -> None:
    """With any port: whoever forwards one has another in front."""
    assert ask(server, "/image-generation/", Host=host)[0] == 200


@pytest.mark.parametrize(
    "host",
    [
        "rebind.example",
        "127.0.0.1.rebind.example",
        "localhost.rebind.example:8000",
        "127.0.0.1:80@rebind.example",
        "127.0.0.2",
        "localhost.",
        "",
    ],
)
def test_the_site_has_no_other_name(server: SiteServer, host: str) -> None:
    """A page whose name was made to resolve to this computer reads nothing (DNS rebinding)."""
    status, headers, body = ask(server, "/image-generation/", Host=host)
    assert status == 421
    assert f"http://127.0.0.1:{server.port}/" in body.decode()
    assert headers["Content-Security-Policy"]


def test_before_the_first_publication_the_page_says_so(tmp_path: Path) -> None:
    with SiteServer(tmp_path / "nothing yet", 0) as server:
        status, _, body = ask(server, "/")
    assert status == 404
    assert "正在生成" in body.decode()


def test_a_port_that_is_taken_is_named(server: SiteServer, tmp_path: Path) -> None:
    with pytest.raises(LocalError, match=rf"port {server.port}: .* --port"):
        SiteServer(tmp_path, server.port)


def test_a_server_that_answers_anything_is_reachable(server: SiteServer) -> None:
    assert unreachable(server.url) is None
    assert unreachable(f"{server.url}/missing") is None


def test_a_server_that_does_not_answer_is_not(tmp_path: Path) -> None:
    with SiteServer(tmp_path, 0) as server:
        url = server.url
    reason = unreachable(url)
    assert reason is not None
    assert "refused" in reason


def test_a_copy_of_the_bucket_is_served_by_a_command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It waits until Ctrl-C; meanwhile the site is there."""
    (tmp_path / "index.html").write_bytes(PAGE)
    seen: list[int] = []

    class Interrupted:
        def wait(self) -> None:
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
            connection.request("GET", "/")
            seen.append(connection.getresponse().status)
            connection.close()
            raise KeyboardInterrupt

    port = free_port()
    monkeypatch.setattr(cli, "Event", Interrupted)
    ran = CliRunner().invoke(cli.app, ["local", "serve", "--site", str(tmp_path), "--port", str(port)])
    assert (ran.exit_code, seen) == (0, [200])
    assert f"http://127.0.0.1:{port}/" in ran.output


def test_a_site_that_is_not_there_is_named(tmp_path: Path) -> None:
    ran = CliRunner().invoke(cli.app, ["local", "serve", "--site", str(tmp_path / "nowhere")])
    assert ran.exit_code == 1
    assert "nowhere; say with --site where the site is" in ran.output.replace("\n", " ")


def test_a_run_needs_no_other_server_where_its_site_is_served_already(tmp_path: Path) -> None:
    site, other = tmp_path / "site", tmp_path / "other"
    site.mkdir()
    other.mkdir()
    options = Options(None, tmp_path, site, "embedded", "none", None, serve=True, port=0)
    screen = io.StringIO()
    console = Console(file=screen, width=200)
    with SiteServer(site, 0) as server, contextlib.ExitStack() as stack:
        assert is_served(site, server.port), "also without a page"
        assert not is_served(other, server.port)
        options = replace(options, port=server.port)
        assert site_server(options, stack, console) is None
        assert f"served on http://127.0.0.1:{server.port}/ by another process" in screen.getvalue()
        with pytest.raises(LocalError, match="choose another with --port"):
            site_server(replace(options, site=other), stack, console)
    assert not is_served(site, server.port), "nobody answers"
