"""A stand-in for arXiv on loopback that announces the sample day in arXiv's own formats.

    with SampleArxiv() as arxiv:
        Settings(arxiv_feed_url=arxiv.url, arxiv_api_url=arxiv.url, arxiv_site_url=arxiv.url)

It answers `/atom/<spec>`, `/api/query?id_list=…` and, for some papers, `/html/<id>v<n>`; 404 to
everything else. Formats as documented in arXiv's Atom specification and API user's manual; pages
have the author block as LaTeXML writes it, and nothing else.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Self
from urllib.parse import parse_qs, unquote, urlsplit
from xml.sax.saxutils import escape, quoteattr  # nosec B406 # writes, and parses nothing

from arxivdaily.domain.calendar import EASTERN, feed_due
from arxivdaily.domain.papers import Paper, parse_arxiv_id

from infrastructure.local import sample

FEED_LIMIT = 2_000  # entries, as arXiv's
_ATOM = "http://www.w3.org/2005/Atom"
_ARXIV = "http://arxiv.org/schemas/atom"
_PROLOGUE = "<?xml version='1.0' encoding='UTF-8'?>\n"


class SampleArxiv:
    """Serves papers of one edition on 127.0.0.1 from a thread, between `with` and its end.

    `papers` and `edition` default to the sample day; no papers make the empty feed of a weekend.
    `affiliations` are those of each author by versioned identifier: papers without have no page.
    """

    def __init__(
        self,
        papers: Sequence[Paper] | None = None,
        edition: str = sample.EDITION,
        affiliations: Mapping[str, Sequence[Sequence[str]]] | None = None,
    ) -> None:
        self.affiliations = dict(sample.affiliations() if affiliations is None else affiliations)
        self.papers = tuple(sample.load() if papers is None else papers)
        self.edition = date.fromisoformat(edition)
        self._server: ThreadingHTTPServer | None = None
        self._thread: threading.Thread | None = None

    @property
    def url(self) -> str:
        """The base URL, without a trailing slash; RuntimeError when it is not serving."""
        if self._server is None:
            raise RuntimeError("the sample server is not running")
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def __enter__(self) -> Self:
        handler = type("_SampleHandler", (_Handler,), {"arxiv": self})
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        server, thread = self._server, self._thread
        self._server = self._thread = None
        if server and thread:
            server.shutdown()
            server.server_close()
            thread.join()

    def feed(self, spec: str) -> str:
        """The Atom feed for a spec such as `cs+stat.ML`."""
        parts = spec.split("+")
        name = escape(spec.replace("+", ", "))
        url = f"http://rss.arxiv.org/atom/{escape(spec)}"
        stamp = feed_due(self.edition).isoformat()
        announced = [paper for paper in self.papers if any(_within(c, parts) for c in paper.categories)]
        entries = "".join(self._feed_entry(paper, parts, stamp) for paper in announced[:FEED_LIMIT])
        return (
            f'{_PROLOGUE}<feed xmlns:arxiv="{_ARXIV}" xmlns:dc="http://purl.org/dc/elements/1.1/" '
            f'xmlns="{_ATOM}" xml:lang="en-us">\n'
            f"  <id>{url}</id>\n"
            f"  <title>{name} updates on arXiv.org</title>\n"
            f"  <updated>{stamp}</updated>\n"
            f'  <link href="{url}" rel="self" type="application/atom+xml"/>\n'
            f"  <subtitle>{name} updates on the arXiv.org e-print archive.</subtitle>\n"
            f"{entries}</feed>\n"
        )

    def _feed_entry(self, paper: Paper, parts: Sequence[str], stamp: str) -> str:
        kind = paper.announce_type.relative_to(paper.primary, parts)
        published = datetime.combine(self.edition, datetime.min.time(), EASTERN).isoformat()
        categories = "".join(f"    <category term={quoteattr(c)}/>\n" for c in paper.categories)
        return (
            f"  <entry>\n"
            f"    <id>oai:arXiv.org:{paper.versioned_id}</id>\n"
            f"    <title>{escape(paper.title)}</title>\n"
            f"    <updated>{stamp}</updated>\n"
            f'    <link href="https://arxiv.org/abs/{paper.arxiv_id}" rel="alternate" type="text/html"/>\n'
            f"    <summary>arXiv:{paper.versioned_id} Announce Type: {kind} \n"
            f"Abstract: {_abstract(paper)}</summary>\n"
            f"{categories}"
            f"    <published>{published}</published>\n"
            f"    <arxiv:announce_type>{kind}</arxiv:announce_type>\n"
            f"    <dc:rights>http://creativecommons.org/publicdomain/zero/1.0/</dc:rights>\n"
            f"    <dc:creator>{escape(', '.join(paper.authors))}</dc:creator>\n"
            f"  </entry>\n"
        )

    def query(self, id_list: str, start: int, size: int) -> tuple[HTTPStatus, str]:
        """The metadata API's status and answer for comma-separated identifiers."""
        papers = {paper.arxiv_id: paper for paper in self.papers}
        found = []
        for text in filter(None, id_list.split(",")):
            try:
                paper = papers.get(parse_arxiv_id(text)[0])
            except ValueError:
                return HTTPStatus.BAD_REQUEST, self._error(f"incorrect id format for {text}")
            if paper:
                found.append(paper)
        title = f"arXiv Query: search_query=&id_list={id_list}&start={start}&max_results={size}"
        entries = "".join(self._api_entry(paper) for paper in found[start : start + size])
        return HTTPStatus.OK, self._answer(
            "https://arxiv.org/api/sample", title, size, len(found), start, entries
        )

    def page(self, versioned_id: str) -> str | None:
        """The HTML page of a paper; None where there is none."""
        paper = next((paper for paper in self.papers if paper.versioned_id == versioned_id), None)
        places = self.affiliations.get(versioned_id)
        if paper is None or places is None:
            return None
        creators = "".join(
            '<span class="ltx_creator ltx_role_author">'
            f'<span class="ltx_personname">{escape(author)}</span><span class="ltx_author_notes">'
            + "".join(
                f'<span class="ltx_contact ltx_role_affiliation">{escape(place)}</span>'
                for place in of_author
            )
            + "</span></span>\n"
            for author, of_author in zip(paper.authors, places, strict=True)
        )
        return (
            '<!DOCTYPE html><html lang="en"><head><meta charset="utf-8"></head><body>'
            '<div class="ltx_page_main"><div class="ltx_page_content"><article class="ltx_document">'
            f'<h1 class="ltx_title ltx_title_document">{escape(paper.title)}</h1>\n'
            f'<div class="ltx_authors">\n{creators}</div>\n'
            "</article></div></div></body></html>\n"
        )

    def _answer(self, identifier: str, title: str, size: int, total: int, start: int, entries: str) -> str:
        return (
            f'{_PROLOGUE}<feed xmlns:opensearch="http://a9.com/-/spec/opensearch/1.1/" '
            f'xmlns:arxiv="{_ARXIV}" xmlns="{_ATOM}">\n'
            f"  <id>{identifier}</id>\n"
            f"  <title>{escape(title)}</title>\n"
            f"  <updated>{self._updated()}</updated>\n"
            f"  <opensearch:itemsPerPage>{size}</opensearch:itemsPerPage>\n"
            f"  <opensearch:totalResults>{total}</opensearch:totalResults>\n"
            f"  <opensearch:startIndex>{start}</opensearch:startIndex>\n"
            f"{entries}</feed>\n"
        )

    def _error(self, message: str) -> str:
        identifier = f"https://arxiv.org/api/errors#{escape(message.replace(' ', '_'))}"
        entry = (
            f"  <entry>\n    <id>{identifier}</id>\n    <title>Error</title>\n"
            f"    <updated>{self._updated()}</updated>\n    <summary>{escape(message)}</summary>\n"
            f"    <author>\n      <name>arXiv api core</name>\n    </author>\n  </entry>\n"
        )
        return self._answer("https://arxiv.org/", "arXiv Search Results", 1, 1, 0, entry)

    def _api_entry(self, paper: Paper) -> str:
        page = f"https://arxiv.org/abs/{paper.versioned_id}"
        pdf = f"https://arxiv.org/pdf/{paper.versioned_id}"
        categories = "".join(
            f'    <category term={quoteattr(c)} scheme="{_ARXIV}"/>\n' for c in paper.categories
        )
        optional = "".join(
            f"    <arxiv:{name}>{escape(value)}</arxiv:{name}>\n"
            for name, value in (
                ("doi", paper.doi),
                ("comment", paper.comment),
                ("journal_ref", paper.journal_ref),
            )
            if value
        )
        authors = "".join(
            f"    <author>\n      <name>{escape(a)}</name>\n    </author>\n" for a in paper.authors
        )
        return (
            f"  <entry>\n"
            f"    <id>http://arxiv.org/abs/{paper.versioned_id}</id>\n"
            f"    <title>{escape(paper.title)}</title>\n"
            f"    <updated>{self._updated()}</updated>\n"
            f'    <link href="{page}" rel="alternate" type="text/html"/>\n'
            f'    <link href="{pdf}" rel="related" type="application/pdf" title="pdf"/>\n'
            f"    <summary>{_abstract(paper)}</summary>\n"
            f"{categories}"
            f"    <published>{self._submitted(paper)}</published>\n"
            f"{optional}"
            f"    <arxiv:primary_category term={quoteattr(paper.primary)}/>\n"
            f"{authors}"
            f"  </entry>\n"
        )

    def _submitted(self, paper: Paper) -> str:
        """When the first version came: the identifier of a replaced paper names the month."""
        if paper.version == 1:
            return self._updated()
        return f"20{paper.arxiv_id[:2]}-{paper.arxiv_id[2:4]}-12T00:00:00Z"

    def _updated(self) -> str:
        return f"{self.edition.isoformat()}T00:00:00Z"


def _abstract(paper: Paper) -> str:
    """The abstract with paragraphs marked as arXiv marks them, by an indented line."""
    return escape(paper.abstract.replace("\n", "\n  "))


def _within(category: str, parts: Sequence[str]) -> bool:
    return any(category == part or category.startswith(part + ".") for part in parts)


class _Handler(BaseHTTPRequestHandler):
    arxiv: SampleArxiv
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def do_GET(self) -> None:
        parts = urlsplit(self.path)
        path = unquote(parts.path)
        if path.startswith("/atom/"):
            feed = self.arxiv.feed(path.removeprefix("/atom/"))
            self._reply(HTTPStatus.OK, "application/atom+xml; charset=utf-8", feed)
        elif path == "/api/query":
            query = parse_qs(parts.query)
            try:
                start, size = (int(query.get(n, [d])[0]) for n, d in (("start", "0"), ("max_results", "10")))
            except ValueError:
                self._reply(
                    HTTPStatus.BAD_REQUEST, "text/plain; charset=utf-8", "start and max_results are numbers"
                )
                return
            status, answer = self.arxiv.query(",".join(query.get("id_list", [])), max(start, 0), max(size, 0))
            self._reply(status, "application/atom+xml; charset=utf-8", answer)
        elif path.startswith("/html/") and (page := self.arxiv.page(path.removeprefix("/html/"))):
            self._reply(HTTPStatus.OK, "text/html; charset=utf-8", page)
        else:
            self._reply(HTTPStatus.NOT_FOUND, "text/plain; charset=utf-8", "Not found")

    def _reply(self, status: HTTPStatus, kind: str, text: str) -> None:
        body = text.encode(errors="surrogateescape")  # tests send bytes that are no text
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Requests are not logged: the tests' and the command's output is for their own words."""
