"""A reader's browser: a page, and whatever went wrong while it was open."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from playwright.sync_api import Browser, ConsoleMessage, Error, Page, Request

FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
)

# The event tells every breach of the CSP, whatever words the browser's version logs for it.
_LISTEN = """document.addEventListener("securitypolicyviolation", (event) =>
  console.error(`CSP: ${event.effectiveDirective} ${event.blockedURI}`));"""


@dataclass
class Heard:
    """What a page asked for and complained about."""

    errors: list[str] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)

    def console(self, message: ConsoleMessage) -> None:
        if message.type == "error":
            self.errors.append(message.text)

    def failed(self, error: Error) -> None:
        self.errors.append(str(error))

    def asked(self, request: Request) -> None:
        self.requests.append(request.url)


_heard: dict[Page, Heard] = {}


def heard(page: Page) -> Heard:
    return _heard[page]


def visit(
    chromium: Browser, url: str, *, width: int, height: int = 900, script: bool = True, dark: bool = False
) -> Page:
    """Open a page in a context of its own, which the caller closes."""
    context = chromium.new_context(
        viewport={"width": width, "height": height},
        java_script_enabled=script,
        color_scheme="dark" if dark else "light",
        reduced_motion="reduce",  # so that nothing is measured while it moves
    )
    context.add_init_script(_LISTEN)
    page = context.new_page()
    _heard[page] = notes = Heard()
    page.on("console", notes.console)
    page.on("pageerror", notes.failed)
    page.on("request", notes.asked)
    page.goto(url)
    return page


@contextmanager
def opened(chromium: Browser, url: str, *, width: int, dark: bool = False) -> Iterator[Page]:
    """As `visit`, closed afterwards."""
    page = visit(chromium, url, width=width, dark=dark)
    try:
        yield page
    finally:
        page.context.close()
