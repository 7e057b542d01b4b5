"""The CloudFront Function: each published path, everybody's mistakes, and what an attacker would try."""

from __future__ import annotations

import http.client
import re
from collections.abc import Iterator, Mapping
from urllib.parse import urljoin, urlsplit

import pytest
import site_samples as samples
from arxivdaily.ports import SiteObject
from edge_function import DISTRIBUTION, EDGE_TEMPLATE, EdgeFunction, code, event, pairs
from hypothesis import example, given, settings
from hypothesis import strategies as st

from infrastructure.edge.inline import FUNCTION, inlined
from infrastructure.local.server import SiteServer

DOMAIN = "daily.example.org"
LONGEST_DOMAIN = "a" * 253

# DESIGN.md section 7 and docs/architecture.md: one of each kind of path, and its object.
PUBLISHED = {
    "/": "/index.html",
    "/image-generation/": "/image-generation/index.html",
    "/image-generation/2026-06-18/": "/image-generation/2026-06-18/index.html",
    "/image-generation/2026-06-18/abstracts/": "/image-generation/2026-06-18/abstracts/index.html",
    "/image-generation/2026-06-18/feed.atom": None,
    "/image-generation/2026-06-18/papers.bib": None,
    "/image-generation/archive/": "/image-generation/archive/index.html",
    "/image-generation/archive/2026/": "/image-generation/archive/2026/index.html",
    "/image-generation/feed.atom": None,
    "/image-generation/rss.xml": None,
    "/image-generation/feed.json": None,
    "/feed.atom": None,
    "/rss.xml": None,
    "/feed.json": None,
    "/feeds/": "/feeds/index.html",
    "/feeds.opml": None,
    "/feeds/vision.opml": None,
    "/papers/": "/papers/index.html",
    "/papers/2606.01234/": "/papers/2606.01234/index.html",
    "/papers/2606.01234/cite.bib": None,
    "/papers/2606.01234/cite.ris": None,
    "/papers/cs/0601001/": "/papers/cs/0601001/index.html",
    "/papers/cs/0601001/cite.bib": None,
    "/papers/cs/0601001/cite.ris": None,
    "/papers/math.GT/0309136/": "/papers/math.GT/0309136/index.html",
    "/ledger/": "/ledger/index.html",
    "/ledger/2026/": "/ledger/2026/index.html",
    "/ledger/2026-06-18/": "/ledger/2026-06-18/index.html",
    "/ledger/2026-06-18.json": None,
    "/api/image-generation/2026-06-18.json": None,
    "/about/": "/about/index.html",
    "/404.html": None,
    "/sitemap.xml": None,
    "/sitemaps/2026.xml": None,
    "/robots.txt": None,
    "/assets/site.0123456789.css": None,
    "/assets/share/image-generation.0123456789.png": None,
}
# Paths of nothing: they must end at the 404 page, and must not lead anywhere else.
HOSTILE = (
    "//evil.example",
    "//evil.example/",
    "//evil.example/index.html",
    "///evil.example",
    "/\\evil.example",
    "/\\evil.example/",
    "/\\/evil.example",
    "\\\\evil.example",
    "/%2f/evil.example",
    "/%2Fevil.example",
    "/%5cevil.example",
    "/a//evil.example",
    "/a/\\evil",
    "/@evil.example",
    "/x:y@evil.example",
    "/https://evil.example",
    "/a\r\nset-cookie: b=c",
    "/a%0d%0aset-cookie:%20b=c",
    "/\tevil",
    "/ evil",
    "/\0",
    "/a\x7f",
    "/..",
    "/../x",
    "/a/../b",
    "/a/./b",
    "/.git",
    "/.well-known",
    "/%2e%2e/x",
    "/é",
    "/图像",
    "/?x",
    "/a#b",
    "",
)


@pytest.fixture(scope="module")
def edge() -> Iterator[EdgeFunction]:
    """Without a domain of the site's own."""
    with EdgeFunction() as running:
        yield running


@pytest.fixture(scope="module")
def canonical() -> Iterator[EdgeFunction]:
    with EdgeFunction(DOMAIN) as running:
        yield running


@pytest.fixture(scope="module")
def built() -> Mapping[str, SiteObject]:
    return samples.site()


@pytest.fixture(scope="module")
def local(built: Mapping[str, SiteObject], tmp_path_factory: pytest.TempPathFactory) -> Iterator[SiteServer]:
    """The local server with every object of a made-up edition."""
    root = tmp_path_factory.mktemp("site")
    for path, item in built.items():
        file = root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(item.body)
    with SiteServer(root, 0) as running:
        yield running


# --- the code ------------------------------------------------------------------------------


def test_the_template_has_the_files_code() -> None:
    template = EDGE_TEMPLATE.read_text("utf-8")
    assert inlined(template, FUNCTION.read_text("utf-8")) == template, "run `make edge`"
    assert code("${DomainName}") == FUNCTION.read_text("utf-8")


def test_inlining_replaces_the_whole_code_and_nothing_else() -> None:
    template = "a:\n  FunctionCode: !Sub |\n    old\n\n    code\nb: 1\n"
    assert inlined(template, "new\n\n  code\n") == "a:\n  FunctionCode: !Sub |\n    new\n\n      code\nb: 1\n"
    with pytest.raises(ValueError, match="0 blocks"):
        inlined("a: 1\n", "new\n")


def test_the_code_fits_cloudfronts_limits() -> None:
    assert len(code(LONGEST_DOMAIN).encode("utf-8")) < 10_000
    assert re.findall(r"\$\{[^}]*\}", FUNCTION.read_text("utf-8")) == ["${DomainName}"]  # for Fn::Sub
    statements = re.sub(r"(?m)^\s*//.*$", "", code())
    forbidden = (
        r"\b(async|await|import|require|export|eval|Function|setTimeout|fetch|process|let|const|class)\b|=>|`"
    )
    assert not re.search(forbidden, statements)


# --- what is published ---------------------------------------------------------------------


@pytest.mark.parametrize(("path", "key"), PUBLISHED.items())
def test_a_published_path_is_its_object(edge: EdgeFunction, path: str, key: str | None) -> None:
    assert edge.key(path) == (key or path)


def test_every_object_of_a_built_edition_is_reached_by_its_address(
    edge: EdgeFunction, built: Mapping[str, SiteObject]
) -> None:
    assert len(built) > 50
    for path in built:
        address = f"/{path}".removesuffix("index.html")
        assert edge.key(address) == f"/{path}"


@pytest.mark.parametrize("path", [path for path in PUBLISHED if path.endswith("/")])
def test_a_page_has_one_address(edge: EdgeFunction, path: str) -> None:
    assert edge.location(f"{path}index.html") == path
    if path != "/":
        assert edge.location(path.rstrip("/")) == path


def test_a_file_whose_name_ends_like_a_pages_is_a_file(edge: EdgeFunction) -> None:
    assert edge.key("/about/an-index.html") == "/about/an-index.html"


def test_what_is_let_pass_is_the_request_itself(edge: EdgeFunction) -> None:
    asked = event("/about/", "a=1&a=2&b")
    expected = {**asked["request"], "uri": "/about/index.html"}
    assert edge(asked) == expected


def test_a_redirect_is_permanent_and_browsers_ask_again_some_day(edge: EdgeFunction) -> None:
    answer = edge(event("/about"))
    assert answer == {
        "statusCode": 301,
        "statusDescription": "Moved Permanently",
        "headers": {"location": {"value": "/about/"}, "cache-control": {"value": "public, max-age=3600"}},
    }


@pytest.mark.parametrize(
    ("query", "kept"),
    [
        ("", ""),
        ("q=1", "?q=1"),
        ("q", "?q"),
        ("q=", "?q"),
        ("q=%E5%9B%BE&a=%26%3D%23+%2B", "?q=%E5%9B%BE&a=%26%3D%23+%2B"),
        ("a=1&b=2&a=3", "?a=1&a=3&b=2"),
        ("next=https://evil.example", "?next=https://evil.example"),
        ("q=a=b", "?q=a=b"),
        ("q=a\r\nset-cookie: b", ""),
        ("q=\u56fe&p=1", "?p=1"),
    ],
)
def test_a_redirect_keeps_the_query(edge: EdgeFunction, query: str, kept: str) -> None:
    assert edge.location("/about", query) == f"/about/{kept}"


# --- the site's own domain -----------------------------------------------------------------


@pytest.mark.parametrize("host", [DISTRIBUTION, "www.daily.example.org", "DAILY.example.org.evil.example"])
def test_other_hosts_are_sent_to_the_domain_in_one_step(canonical: EdgeFunction, host: str) -> None:
    assert canonical.location("/", "a=1", host) == f"https://{DOMAIN}/?a=1"
    assert canonical.location("/about", host=host) == f"https://{DOMAIN}/about/"
    assert canonical.location("/about/index.html", host=host) == f"https://{DOMAIN}/about/"
    assert canonical.location("/feed.atom", host=host) == f"https://{DOMAIN}/feed.atom"


@pytest.mark.parametrize("host", [DOMAIN, "Daily.Example.org", f"{DOMAIN}:443"])
def test_the_domain_itself_is_served(canonical: EdgeFunction, host: str) -> None:
    assert canonical.key("/about/", host) == "/about/index.html"
    assert canonical.location("/about", host=host) == "/about/"


def test_without_a_domain_every_host_is_served(edge: EdgeFunction) -> None:
    assert edge.key("/about/", "anything.example") == "/about/index.html"


def test_a_request_without_a_host_is_served(canonical: EdgeFunction) -> None:
    asked = event("/about/")
    del asked["request"]["headers"]["host"]
    assert canonical(asked)["uri"] == "/about/index.html"


# --- what is hostile -----------------------------------------------------------------------


@pytest.mark.parametrize("path", HOSTILE)
def test_a_hostile_path_leads_nowhere(edge: EdgeFunction, canonical: EdgeFunction, path: str) -> None:
    for function in (edge, canonical):
        assert function.location(path, "next=//evil.example") is None
        assert function.key(path) in (path, f"{path}index.html")


TRICKS = st.sampled_from(
    ["/", "//", "\\", ".", "..", "%2f", "%5C", "%00", "\r\n", "\t", "@", ":", "?", "#", ";", "index.html",
     "evil.example", "about", "2606.01234", "feed.atom", "https:", "é", "\u2215", "\uff0f", "\ud800"]
)  # fmt: skip
PATHS = st.lists(st.one_of(TRICKS, st.text(max_size=3)), max_size=8).map(lambda parts: "/" + "".join(parts))
QUERIES = st.lists(st.tuples(st.text(max_size=4), st.text(max_size=6)), max_size=3).map(
    lambda fields: "&".join(f"{name}={value}" for name, value in fields)
)


@settings(max_examples=1500, deadline=None)
@given(path=PATHS, query=QUERIES)
@example(path="//evil.example/index.html", query="")
@example(path="/\\evil.example", query="")
def test_no_path_leads_to_another_host(
    edge: EdgeFunction, canonical: EdgeFunction, path: str, query: str
) -> None:
    for function, own in ((edge, DISTRIBUTION), (canonical, DOMAIN)):
        target = function.location(path, query, DISTRIBUTION)
        if target is None:
            assert function.key(path) in (path, f"{path}index.html")
            continue
        assert re.fullmatch(r"[!-~]+", target), "a header's value is printable"
        assert "\\" not in urlsplit(target).path
        found = urlsplit(urljoin(f"https://{DISTRIBUTION}/", target))
        assert (found.scheme, found.netloc) == ("https", own)
        assert function.location(found.path, found.query, own) is None, "one redirect is enough"


@settings(max_examples=300, deadline=None)
@given(
    fields=st.lists(
        st.tuples(
            st.from_regex(r"[A-Za-z][A-Za-z0-9_.-]{0,5}", fullmatch=True),
            st.from_regex(r"(%[2-7][0-9A-F]|[A-Za-z0-9+.=-]){0,6}", fullmatch=True),
        ),
        max_size=4,
    )
)
def test_no_field_of_a_plain_query_is_lost(edge: EdgeFunction, fields: list[tuple[str, str]]) -> None:
    query = "&".join(f"{name}={value}" for name, value in fields)
    target = edge.location("/about", query)
    assert target is not None
    assert pairs(urlsplit(target).query) == pairs(query)


# --- the same as on one computer -----------------------------------------------------------


def browse(server: SiteServer, path: str) -> tuple[int, bytes, tuple[str, ...]]:
    """Status, body and redirects of the local server."""
    hops: list[str] = []
    while True:
        connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=10)
        try:
            connection.putrequest("GET", path)
            connection.endheaders()
            response = connection.getresponse()
            body = response.read()
        finally:
            connection.close()
        target = response.headers["Location"]
        if target is None:
            return response.status, body, tuple(hops)
        hops.append(target)
        path = target


def addresses(built: Mapping[str, SiteObject]) -> Iterator[str]:
    """Every address of the site, and the other ways of writing a page's."""
    for path in built:
        yield f"/{path}"
        if path.endswith("index.html"):
            yield f"/{path}".removesuffix("index.html")
            yield f"/{path}".removesuffix("/index.html") or "/"


def test_the_local_server_routes_alike(
    edge: EdgeFunction, local: SiteServer, built: Mapping[str, SiteObject]
) -> None:
    for path in addresses(built):
        outcome = edge.walk(path)
        status, body, hops = browse(local, path)
        assert (status, body, hops) == (200, built[outcome.key.lstrip("/")].body, outcome.hops), path


@pytest.mark.parametrize(
    "path",
    ["/missing", "/missing/", "/missing.html", "/papers/2606.99999", "/index.html/", "/feed.atom/",
     "/about/feed.atom", "/image-generation/2026-06-18T00", "/Image-Generation",
     *(path for path in HOSTILE if re.fullmatch(r"/[!-~]*", path) and not set(path) & set("?#"))],
)  # fmt: skip
def test_what_is_missing_is_missing_on_both(
    edge: EdgeFunction, local: SiteServer, built: Mapping[str, SiteObject], path: str
) -> None:
    assert edge.walk(path).key.lstrip("/") not in built
    status, body, _ = browse(local, path)
    assert (status, body) == (404, built["404.html"].body)


def test_the_table_has_every_kind_of_path_that_is_built(built: Mapping[str, SiteObject]) -> None:
    """So that a new kind of path is thought of here too."""
    slugs = "|".join(channel.slug for channel in samples.CATALOGUE)
    groups = "|".join(group.slug for group in samples.CATALOGUE.groups)

    def kind(path: str) -> str:
        path = re.sub(r"^/assets/.*", "/assets/", path)
        path = re.sub(rf"/({slugs})(?=/)", "/channel", path)
        path = re.sub(rf"/({groups})\.", "/group.", path)
        return re.sub(r"\d+", "0", path)

    assert {kind(f"/{path}") for path in built} <= {kind(key or path) for path, key in PUBLISHED.items()}
