"""Pages of other people, open in the user's browser while an edition is made: they reach nothing.

A page may send "simple" requests to any address without asking, and it may do what it likes where its own
host name leads to 127.0.0.1. So it tries, in Chromium, whose own checks of local addresses are switched
off: older browsers have none. What each way did is a queue of its name in the emulator. The same tries
against the emulator without its gate show that they would work.
"""

from __future__ import annotations

import base64
import io
import json
import os
import threading
import time
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import browser
import pytest
import reader
from playwright.sync_api import Browser, Page, Playwright, Request, Response, Route

from infrastructure.local.emulator import Emulator
from infrastructure.local.processes import Child

ROOT = Path(__file__).resolve().parents[2]
REBOUND = "rebind.example"
SECONDS = 30.0  # for what takes one
# A page's ways to have a request sent. `of` gives the address that makes a queue of that name.
WAYS = """
const of = (name) => `${base}/?Action=CreateQueue&Version=2012-11-05&QueueName=${name}`;
const add = (tag, attributes) => document.body.append(Object.assign(document.createElement(tag), attributes));
const post = (name) => new URLSearchParams({Action: "CreateQueue", Version: "2012-11-05", QueueName: name});
const frame = (name, html) => add("iframe", {name, srcdoc: html ?? ""});
const form = (name, method, fields, enctype) => {
  frame(`to-${name}`);
  const made = document.createElement("form");
  Object.assign(made, {target: `to-${name}`, method, enctype, action: base + "/"});
  for (const [key, value] of Object.entries(fields)) {
    made.append(Object.assign(document.createElement("input"), {name: key, value}));
  }
  document.body.append(made);
  made.submit();
};
const ways = {
  "fetch-get": (n) => fetch(of(n), {mode: "no-cors"}),
  "fetch-silent": (n) => fetch(of(n), {mode: "no-cors", referrerPolicy: "no-referrer"}),
  "fetch-cookies": (n) => fetch(of(n), {mode: "no-cors", credentials: "include"}),
  "fetch-post": (n) => fetch(base + "/", {method: "POST", mode: "no-cors", body: post(n)}),
  "fetch-cors": (n) => fetch(of(n)),
  "fetch-keepalive": (n) => fetch(of(n), {mode: "no-cors", keepalive: true}),
  "xhr": (n) => { const x = new XMLHttpRequest(); x.open("GET", of(n)); x.send(); },
  "beacon": (n) => navigator.sendBeacon(base + "/", post(n)),
  "image": (n) => add("img", {src: of(n)}),
  "image-silent": (n) => add("img", {src: of(n), referrerPolicy: "no-referrer"}),
  "script": (n) => add("script", {src: of(n)}),
  "module": (n) => import(of(n)),
  "style": (n) => add("link", {rel: "stylesheet", href: of(n)}),
  "background": (n) => add("p", {style: `background: url("${of(n)}")`, textContent: "x"}),
  "video": (n) => add("video", {src: of(n), preload: "auto"}),
  "object": (n) => add("object", {data: of(n)}),
  "frame": (n) => add("iframe", {src: of(n)}),
  "frame-sandboxed": (n) => add("iframe", {src: of(n), sandbox: ""}),
  "frame-null-origin": (n) => add("iframe", {sandbox: "allow-scripts",
    srcdoc: `<script>fetch(${JSON.stringify(of(n))}, {mode: "no-cors"})</scr` + `ipt>`}),
  "form-get": (n) => form(n, "get", Object.fromEntries(post(n)), ""),
  "form-post": (n) => form(n, "post", Object.fromEntries(post(n)), "application/x-www-form-urlencoded"),
  "events": (n) => new EventSource(of(n)),
  "worker": (n) => new Worker(URL.createObjectURL(new Blob([`importScripts(${JSON.stringify(of(n))})`]))),
  "window": (n) => open(of(n)),
  "signed-address": (n) => fetch(of(n) + "&X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Date=20260101T000000Z&"
    + "X-Amz-Credential=000000000000/20260101/us-east-1/sqs/aws4_request&X-Amz-SignedHeaders=host&"
    + "X-Amz-Signature=0", {mode: "no-cors"}),
};
// What no queue tells of: functions, a whole reset, sockets. A socket's name is given back if it opened.
const functions = base + "/2015-03-31/functions";
const code = (name, body) => fetch(functions + name, {method: "POST", mode: "no-cors", body});
const socket = (path) => new Promise((resolve) => {
  const opened = new WebSocket(base.replace("http", "ws") + path);
  opened.onopen = () => resolve(true);
  opened.onerror = opened.onclose = () => resolve(false);
});
"""
RUN = """
async ([base, made]) => {
  WAYS
  for (const [name, way] of Object.entries(ways)) {
    try { Promise.resolve(way(name)).catch(() => {}); } catch { }
  }
  await code("", made).catch(() => {});
  await code("/victim/invocations", "{}").catch(() => {});
  return [Object.keys(ways), await socket("/"), await socket("/_aws/execute-api/0/$default")];
}
""".replace("WAYS", WAYS)
# Where the page's own name leads to this computer, it may send what it likes and read the answer.
RUN_REBOUND = """
async ([own, signature]) => {
  const found = {};
  const ask = async (name, path, options) => {
    found[name] = await fetch(own + path, options).then((answer) => answer.status, (error) => `${error}`);
  };
  const form = {"Content-Type": "application/x-www-form-urlencoded"};
  const queue = (name) => `Action=CreateQueue&Version=2012-11-05&QueueName=${name}`;
  await ask("health", "/_ministack/health", {});
  await ask("get", `/?${queue("own-get")}`, {});
  await ask("silent", `/?${queue("own-silent")}`, {referrerPolicy: "no-referrer", credentials: "omit"});
  await ask("post", "/", {method: "POST", headers: form, body: queue("own-post")});
  await ask("signed", "/", {method: "POST", headers: {...form, ...signature}, body: queue("own-signed")});
  await ask("put", "/pages/by-page", {method: "PUT", body: "x"});
  await ask("delete", "/pages/kept", {method: "DELETE"});
  await ask("invoke", "/2015-03-31/functions/victim/invocations", {method: "POST", body: "{}"});
  await ask("reset", "/_ministack/config", {method: "POST", body: "{}"});
  return found;
}
"""
FLAGS = (
    *reader.FLAGS,
    f"--host-resolver-rules=MAP {REBOUND} 127.0.0.1",
    "--disable-features=LocalNetworkAccessChecks,BlockInsecurePrivateNetworkRequests,"
    "PrivateNetworkAccessSendPreflights,PrivateNetworkAccessRespectPreflightResults",
    "--disable-popup-blocking",
)


@dataclass(frozen=True)
class State:
    """Everything that the tries are after."""

    queues: list[str]
    functions: list[str]
    objects: list[str]
    ran: bool


@dataclass(frozen=True)
class Target:
    """An emulator with a bucket, an object and a function, which writes a file when it runs."""

    emulator: Emulator
    ran: Path

    def state(self) -> State:
        ask = self.emulator.client
        return State(
            sorted(url.rpartition("/")[2] for url in ask("sqs").list_queues().get("QueueUrls", [])),
            sorted(found["FunctionName"] for found in ask("lambda").list_functions()["Functions"]),
            [found["Key"] for found in ask("s3").list_objects_v2(Bucket="pages").get("Contents", [])],
            self.ran.exists(),
        )


def zipped(body: str) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("app.py", body)
    return buffer.getvalue()


def target(emulator: Emulator, folder: Path) -> Target:
    ran = folder / "ran"
    code = f"import pathlib\ndef handler(event, context):\n    pathlib.Path({str(ran)!r}).touch()\n"
    emulator.client("lambda").create_function(
        FunctionName="victim", Code={"ZipFile": zipped(code)}, **FUNCTION
    )
    emulator.client("s3").create_bucket(Bucket="pages")
    emulator.client("s3").put_object(Bucket="pages", Key="kept", Body=b"kept")
    return Target(emulator, ran)


FUNCTION = {
    "Runtime": "python3.13",
    "Handler": "app.handler",
    "Role": "arn:aws:iam::000000000000:role/any",
}
MADE = json.dumps(
    {
        "FunctionName": "made-by-page",
        "Code": {"ZipFile": base64.b64encode(zipped("def handler(event, context): pass\n")).decode()},
        **FUNCTION,
    }
)


@pytest.fixture
def gated(tmp_path: Path) -> Iterator[Target]:
    with Emulator(tmp_path, os.environ) as emulator:
        yield target(emulator, tmp_path)


@pytest.fixture
def ungated(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Target]:
    def started(_module: str, *given: Any, **named: Any) -> Child:
        return Child("ungated_emulator", *given, **named)

    monkeypatch.setattr("infrastructure.local.emulator.Child", started)
    path = os.pathsep.join(map(str, (ROOT, ROOT / "functions", ROOT / "tests")))
    with Emulator(tmp_path, {**os.environ, "PYTHONPATH": path}) as emulator:
        yield target(emulator, tmp_path)


class _Page(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.end_headers()
        self.wfile.write(b"<!doctype html><title>A page of somebody</title><p>Look at me</p>")

    def log_message(self, *_: object) -> None:
        """Quiet."""


@pytest.fixture(scope="module")
def elsewhere() -> Iterator[str]:
    """The address of somebody's page."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Page)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture(scope="module")
def unguarded(playwright: Playwright) -> Iterator[Browser]:
    """A browser that leaves local addresses to those who listen there."""
    launched = playwright.chromium.launch(executable_path=browser.find_or_install(), args=[*FLAGS])
    yield launched
    launched.close()


@pytest.fixture
def page(unguarded: Browser) -> Iterator[Page]:
    context = unguarded.new_context(ignore_https_errors=True)
    yield context.new_page()
    context.close()


def answered(page: Page, base: str) -> list[int | None]:
    """Fills with the statuses of what the page asked of `base`; None where no answer came."""
    statuses: list[int | None] = []

    def response(found: Response) -> None:
        if found.url.startswith(base):
            statuses.append(found.status)

    def failed(request: Request) -> None:
        if request.url.startswith(base):
            statuses.append(None)

    page.context.on("response", response)
    page.context.on("requestfailed", failed)
    return statuses


def attack(page: Page, elsewhere: str, base: str) -> tuple[list[str], list[int | None]]:
    """The names of the ways that were tried, and the answers."""
    statuses = answered(page, base)
    page.goto(elsewhere)
    names, *sockets = page.evaluate(RUN, [base, MADE])
    assert not any(sockets)
    end = time.monotonic() + SECONDS
    while len(statuses) < len(names) and time.monotonic() < end:
        page.wait_for_timeout(100)
    page.goto(f"{base}/?Action=CreateQueue&Version=2012-11-05&QueueName=navigation", wait_until="commit")
    return [*names, "navigation"], statuses


def rebound(page: Page, port: int) -> dict[str, int | str]:
    """The answers to a page of another name that leads to the emulator's own address and port."""
    own = f"http://{REBOUND}:{port}"

    def before_its_name_led_here(route: Route) -> None:
        route.fulfill(content_type="text/html", body="<!doctype html><title>A page of somebody</title>")

    page.route(f"{own}/page", before_its_name_led_here)
    page.goto(f"{own}/page")
    scope = "AWS4-HMAC-SHA256 Credential=000000000000/20260101/us-east-1/sqs/aws4_request"
    signature = {
        "Authorization": f"{scope}, SignedHeaders=host;x-amz-date, Signature={'0' * 64}",
        "X-Amz-Date": "20260101T000000Z",
    }
    found: dict[str, int | str] = page.evaluate(RUN_REBOUND, [own, signature])
    return found


def test_a_page_can_do_nothing(gated: Target, page: Page, elsewhere: str) -> None:
    before = gated.state()
    for host in ("127.0.0.1", "localhost", REBOUND):
        base = f"http://{host}:{gated.emulator.port}"
        names, statuses = attack(page, elsewhere, base)
        assert len(statuses) >= len(names)
        assert {status for status in statuses if status is not None} == {403}
    assert gated.state() == before


def test_a_page_whose_name_leads_here_can_do_nothing(gated: Target, page: Page) -> None:
    before = gated.state()
    assert set(rebound(page, gated.emulator.port).values()) == {403}
    assert gated.state() == before


def test_without_the_gate_a_page_can(ungated: Target, page: Page, elsewhere: str) -> None:
    """What is tried above works where nothing stands against it, each way of it."""
    names, _ = attack(page, elsewhere, ungated.emulator.endpoint)
    state = ungated.state()
    assert state.functions == ["made-by-page", "victim"]
    assert state.ran
    assert state.queues == sorted(names)


def test_without_the_gate_a_page_whose_name_leads_here_can(ungated: Target, page: Page) -> None:
    answers = rebound(page, ungated.emulator.port)
    assert set(answers.values()) <= {200, 204}, answers
    state = ungated.state()
    assert state.queues == ["own-get", "own-post", "own-signed", "own-silent"]
    assert state.objects == ["by-page"]
    assert state.ran
