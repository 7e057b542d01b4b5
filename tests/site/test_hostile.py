"""The corpus of hostile texts through the whole pipeline into a real browser."""

from __future__ import annotations

import functools
import json
import os
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from arxivdaily.domain.additions import additions
from arxivdaily.domain.injection import Sign
from arxivdaily.site.labels import INJECTION
from checkers import check
from hostile import day, inspect_site
from hostile.payloads import PAYLOADS
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Dialog, Request

from infrastructure.local.server import SiteServer

CHANNEL_PAGE = f"{day.CHANNEL}/{day.EDITION}/index.html"
LEDGER_PAGE = f"ledger/{day.EDITION}/index.html"
LISTINGS = ("index.html", f"{day.CHANNEL}/index.html", CHANNEL_PAGE, LEDGER_PAGE,
            f"{day.CHANNEL}/{day.EDITION}/abstracts/index.html")  # fmt: skip
# Objects that have the strongest or the newest papers only: who is in them depends on the others.
RANKED = ("index.html", "feed.atom", "rss.xml", "feed.json",
          *(f"{day.CHANNEL}/{name}" for name in ("feed.atom", "rss.xml", "feed.json")))  # fmt: skip

# What in a page's elements could run, load, send or jump. Empty is good.
_SCAN = """() => {
  const found = [];
  if (window.__pwned) found.push("a script ran");
  const known = new Set(["SCRIPT", "LINK", "META"]);
  for (const element of document.querySelectorAll("*")) {
    const tag = element.tagName.toUpperCase();
    for (const {name, value} of element.attributes) {
      if (name.startsWith("on") || name === "style" || name === "srcdoc" || name === "ping")
        found.push(`${tag} has ${name}`);
      if (["href", "src", "action", "formaction", "data", "poster", "xlink:href"].includes(name)) {
        const url = new URL(value, location);
        if (!["http:", "https:"].includes(url.protocol)) found.push(`${tag} ${name}=${value.slice(0, 80)}`);
        if (tag !== "A" && tag !== "LINK" && url.origin !== location.origin) found.push(`${tag} loads ${url}`);
        if (/(^|\\.)evil\\.example$/.test(url.hostname) && !element.closest("p,dd,span.comment"))
          found.push(`${tag} leads to ${url}`);
      }
    }
    if (["IFRAME", "OBJECT", "EMBED", "BASE", "STYLE", "IMG", "SVG", "VIDEO", "AUDIO", "PLAINTEXT", "TEMPLATE",
         "NOSCRIPT", "TEXTAREA", "FRAME"].includes(tag)) found.push(`there is a ${tag}`);
    if (tag === "SCRIPT" && element.type !== "application/ld+json" && !element.src.includes("/assets/"))
      found.push("a script that is not ours");
    if (tag === "META" && element.httpEquiv) found.push(`META ${element.httpEquiv}`);
    if (tag === "FORM" && !element.matches(".filters, .find")) found.push("a form that is not ours");
  }
  for (const script of document.querySelectorAll('script[type="application/ld+json"]')) JSON.parse(script.text);
  if (document.querySelectorAll("main").length !== 1 || !document.querySelector("body > footer.foot"))
    found.push("the page's frame is broken");
  if (/[\\u202a-\\u202e\\u2066-\\u2069]/.test(document.documentElement.outerHTML))
    found.push("a character turns the direction");
  if (document.documentElement.scrollWidth > innerWidth) found.push("scrolls sideways");
  return found;
}"""


# Three turns have each payload in every field; `make test` takes the first, `make e2e` the others.
TURNS = tuple(map(int, os.environ.get("HOSTILE_TURNS", "0").split(",")))


@pytest.fixture(scope="module", params=TURNS)
def ran(request: pytest.FixtureRequest) -> day.Ran:
    """The day with every payload."""
    return day.run(day.cast(turn=request.param))


@pytest.fixture(scope="module")
def root(ran: day.Ran, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Its site as files."""
    root = tmp_path_factory.mktemp("hostile")
    for name, body in ran.site.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(body)
    return root


def pages(ran: day.Ran) -> list[str]:
    """The pages that bear hostile text."""
    hostile = {paper.arxiv_id for paper in ran.cast.papers} - {p.arxiv_id for p in ran.cast.innocents}
    papers = [path for path in ran.site if path.endswith(".html") and path.startswith("papers/")]
    papers = [path for path in papers if path.split("/")[1] in hostile]
    of_day = [path for path in ran.site if path.endswith(f"/{day.EDITION}/index.html")]
    return [*LISTINGS, *(path for path in of_day if path not in LISTINGS), *papers]


def test_every_hostile_paper_is_in_the_ledger_and_instructions_are_flagged(ran: day.Ran) -> None:
    assert len(PAYLOADS) >= 150
    ledger = json.loads(ran.site[f"ledger/{day.EDITION}.json"])
    states = {paper["arxiv_id"]: paper["state"] for paper in ledger["papers"]}
    assert set(states) == {paper.arxiv_id for paper in ran.cast.papers}
    assert set(states.values()) == {"published", "untranslated", "failed"}
    # What nobody could classify is said to be so; nothing hostile is the reason for it but an answer.
    unusable = {*ran.cast.classifications, *(i for i in ran.cast.payloads if ran.cast.is_flagged(i))}
    assert {i for i, state in states.items() if state == "failed"} <= unusable
    assert set(ledger["flags"]) == {i for i in states if ran.cast.is_flagged(i)}
    assert {sign for flag in ledger["flags"].values() for sign in flag["prompt-injection"]} == set(Sign)
    rows = inspect_site.blocks(ran.site)
    flagged = [i for i in states if INJECTION in str(rows[LEDGER_PAGE, i])]
    assert set(flagged) == set(ledger["flags"])
    in_chinese = [i for i in ran.cast.payloads if states[i] == "published"]
    assert len(in_chinese) >= 12, "too few translations with a payload pass the gate to say anything"


def test_innocent_papers_are_untouched(ran: day.Ran) -> None:
    """Not a byte of theirs differs from a day without the hostile ones, whose model does as it is told."""
    quiet = inspect_site.blocks(day.run(day.cast((), ())).site)
    loud = inspect_site.blocks(ran.site)
    compared = [place for place in quiet if place[0] not in RANKED]
    assert len({paper for _, paper in compared}) == day.INNOCENTS
    assert {path for path, _ in compared} >= {
        CHANNEL_PAGE,
        LEDGER_PAGE,
        f"api/{day.CHANNEL}/{day.EDITION}.json",
    }
    assert [place for place in compared if loud.get(place) != quiet[place]] == []
    assert [place for place in quiet if place in loud and loud[place] != quiet[place]] == []


def test_a_paper_that_speaks_to_the_model_is_classified_alone(ran: day.Ran) -> None:
    shared = {paper for call in ran.calls if len(call) > 1 for paper in call}
    assert not [paper for paper in shared if ran.cast.is_flagged(paper)]
    assert max(map(len, ran.calls)) >= 10, "the others share calls"


def test_models_bring_no_tags_or_links(ran: day.Ran) -> None:
    """Neither what translates nor what says why adds to what the authors wrote."""
    said = 0
    for path, body in ran.site.items():
        if not path.startswith("api/"):
            continue
        for paper in json.loads(body)["papers"]:
            source = f"{paper['title']}\n{paper['abstract']}"
            for name in ("title_zh", "abstract_zh", "summary_zh", "reason"):
                said += bool(paper[name])
                assert additions(source, paper[name] or "") == (), (path, paper["arxiv_id"], name)
    assert said > 100


def test_feeds_json_and_citations_are_whole(ran: day.Ran) -> None:
    assert inspect_site.malformed(ran.site) == []


def test_the_checker_finds_every_page_valid(ran: day.Ran, root: Path) -> None:
    # It guesses a page's language from its words, which are the payloads'.
    said = check(*(root / path for path in pages(ran)))
    assert [message for message in said if "appears to be written in" not in message] == []


class _Bare(SimpleHTTPRequestHandler):
    """Files without a header that would protect them."""

    def log_message(self, *_: object) -> None:
        """Quiet."""


@pytest.fixture
def guarded(root: Path) -> Iterator[str]:
    """The site's address as the CDN serves it, with its headers."""
    with SiteServer(root, 0) as server:
        yield server.url


@pytest.fixture
def bare(root: Path) -> Iterator[str]:
    """The site's address without any header that would protect it."""
    with serving(root) as address:
        yield address


@contextmanager
def serving(root: Path) -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(_Bare, directory=root))
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()


def test_escaping_alone_holds(chromium: Browser, bare: str, ran: day.Ran) -> None:
    assert problems(chromium, bare, pages(ran)) == []


def test_nothing_is_refused_where_headers_protect(chromium: Browser, guarded: str, ran: day.Ran) -> None:
    """The policy finds nothing to do; a few pages tell."""
    assert problems(chromium, guarded, [*LISTINGS, *pages(ran)[len(LISTINGS) :: 6]]) == []


def problems(chromium: Browser, address: str, paths: Sequence[str]) -> list[str]:
    """What is wrong with pages after they were opened."""
    context = chromium.new_context(viewport={"width": 390, "height": 900}, reduced_motion="reduce")
    heard = listen(context, address)
    page = context.new_page()
    for path in paths:
        page.goto(f"{address}/{path.removesuffix('index.html')}")
        heard += [f"{path}: {problem}" for problem in page.evaluate(_SCAN)]
    context.close()
    return heard


def test_text_from_right_to_left_turns_nothing_around(chromium: Browser, tmp_path: Path) -> None:
    """Three authors, the first two in Hebrew and Arabic, stand in their order; so does what follows."""
    page_of = (
        '<!doctype html><html lang="zh-Hans"><meta charset="utf-8"><link rel="stylesheet" href="site.css">'
        "<title>x</title><p class=authors><a>\u05d0\u05d1</a>, <a>\u0627\u0628</a>, <a>Ada</a></p>"
        "<p class=meta><span>2601.1</span> <span class=comment>\u05d0 1</span> <span>2</span> <b>3</b></p>"
    )
    style = Path(__file__).resolve().parents[2] / "templates/site/static/site.css"
    for name, css in {"isolated": style.read_text("utf-8"), "bare": ""}.items():
        (tmp_path / name).mkdir()
        (tmp_path / name / "site.css").write_text(css, "utf-8")
        (tmp_path / name / "index.html").write_text(page_of, "utf-8")
    with serving(tmp_path) as address:
        page = chromium.new_page()
        in_order = {}
        for name in ("isolated", "bare"):
            page.goto(f"{address}/{name}/")
            in_order[name] = page.evaluate(
                """() => [...document.querySelectorAll("p")].map((p) => {
                  const at = [...p.children].map((e) => e.getBoundingClientRect().left);
                  return at.every((x, n) => !n || at[n - 1] < x);
                })"""
            )
        page.close()
    assert in_order == {"isolated": [True, True], "bare": [False, False]}


def listen(context: BrowserContext, address: str) -> list[str]:
    """What pages of a context do that they must not, as it happens."""
    heard: list[str] = []

    def asked(request: Request) -> None:
        if not request.url.startswith(address + "/"):
            heard.append(f"asks {request.url}")

    def dismissed(dialog: Dialog) -> None:
        heard.append("a dialog")
        dialog.dismiss()

    def told(message: ConsoleMessage) -> None:
        if message.type == "error":
            heard.append(message.text)

    context.on("request", asked)
    context.on("dialog", dismissed)
    context.on("weberror", lambda error: heard.append(str(error.error)))
    context.on("console", told)
    return heard


def test_a_break_in_would_be_noticed(chromium: Browser, tmp_path: Path) -> None:
    (tmp_path / "index.html").write_text(
        "<!doctype html><meta charset=utf-8><main><script>window.__pwned=1;alert(1)</script><img src=https://evil.example/x onerror=x>"
        "<a href=javascript:x>x</a>\u202e</main>"
    )
    context = chromium.new_context()
    with serving(tmp_path) as address:
        heard = listen(context, address)
        page = context.new_page()
        page.goto(address)
        heard += page.evaluate(_SCAN)
        context.close()
    for problem in ("a dialog", "asks https://evil.example/x", "a script ran", "IMG has onerror", "A href=javascript:x",
                    "there is a IMG", "a script that is not ours", "a character turns the direction",
                    "the page's frame is broken"):  # fmt: skip
        assert problem in heard, problem
