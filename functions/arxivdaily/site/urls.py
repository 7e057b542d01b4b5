"""The one place that knows the published paths (DESIGN.md section 7: they are a public interface).

Paths are root-relative and begin with a slash; a site published under a path of its host
(`https://example.org/arxiv`) has that path in front of every link, never in an object's key.
"""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import quote, quote_plus, urlsplit

from arxivdaily.domain.papers import Paper

FEED_FILES = {"atom": "feed.atom", "rss": "rss.xml", "json": "feed.json"}


@dataclass(frozen=True, slots=True)
class Urls:
    """Links of a site; `site_url` is absolute, without a trailing slash."""

    site_url: str

    def link(self, path: str) -> str:
        """What goes into an href: `/about/` -> `/about/`, behind the site's own path if it has one."""
        return urlsplit(self.site_url).path.rstrip("/") + path

    def absolute(self, path: str) -> str:
        return self.site_url.rstrip("/") + path

    @property
    def host(self) -> str:
        """The host name alone: the authority of this site's tag URIs (RFC 4151)."""
        return urlsplit(self.site_url).hostname or "localhost"


def object_key(path: str) -> str:
    """Where a path's object is stored: `/about/` -> `about/index.html`, `/robots.txt` -> `robots.txt`."""
    return path.lstrip("/") + ("index.html" if path.endswith("/") else "")


HOME = "/"
ABOUT = "/about/"
FEEDS = "/feeds/"
LEDGERS = "/ledger/"
PAPERS = "/papers/"
OPML = "/feeds.opml"
NOT_FOUND = "/404.html"
SITEMAP = "/sitemap.xml"
ROBOTS = "/robots.txt"


def channel(slug: str) -> str:
    return f"/{slug}/"


def channel_edition(slug: str, date: str) -> str:
    return f"/{slug}/{date}/"


def channel_abstracts(slug: str, date: str) -> str:
    """The English abstracts of a channel's day, where its listing does not carry them all."""
    return f"/{slug}/{date}/abstracts/"


def archive(slug: str) -> str:
    return f"/{slug}/archive/"


def archive_year(slug: str, year: int) -> str:
    return f"/{slug}/archive/{year:04d}/"


def feed(slug: str, kind: str) -> str:
    """`kind` is `atom`, `rss` or `json`; without a channel's slug the site's own feed."""
    return f"/{slug}/{FEED_FILES[kind]}" if slug else f"/{FEED_FILES[kind]}"


def feeds(slug: str = "") -> dict[str, str]:
    """The paths of a channel's feeds by kind."""
    return {kind: feed(slug, kind) for kind in FEED_FILES}


def feed_of_day(slug: str, date: str) -> str:
    """The archived Atom feed of a channel's day (RFC 5005)."""
    return f"/{slug}/{date}/feed.atom"


def group_opml(group: str) -> str:
    return f"/feeds/{group}.opml"


def paper(arxiv_id: str) -> str:
    """Old identifiers keep their slash: `/papers/cs/0601001/`."""
    return f"/papers/{quote(arxiv_id, safe='/')}/"


def paper_bibtex(arxiv_id: str) -> str:
    return f"{paper(arxiv_id)}cite.bib"


def paper_ris(arxiv_id: str) -> str:
    return f"{paper(arxiv_id)}cite.ris"


def channel_bibtex(slug: str, date: str) -> str:
    """What a channel lists on a day, in one file."""
    return f"/{slug}/{date}/papers.bib"


def ledger(date: str) -> str:
    return f"/ledger/{date}/"


def ledgers(year: int) -> str:
    """The ledgers of a year's editions."""
    return f"/ledger/{year:04d}/"


def ledger_json(date: str) -> str:
    return f"/ledger/{date}.json"


def api(slug: str, date: str) -> str:
    return f"/api/{slug}/{date}.json"


def sitemap_year(year: int) -> str:
    return f"/sitemaps/{year:04d}.xml"


def asset(name: str) -> str:
    return f"/assets/{name}"


def arxiv_abs(paper_: Paper) -> str:
    return f"https://arxiv.org/abs/{_versioned(paper_)}"


def arxiv_pdf(paper_: Paper) -> str:
    return f"https://arxiv.org/pdf/{_versioned(paper_)}"


def arxiv_html(paper_: Paper) -> str:
    return f"https://arxiv.org/html/{_versioned(paper_)}"


def arxiv_version(arxiv_id: str, version: int) -> str:
    return f"https://arxiv.org/abs/{quote(arxiv_id, safe='/')}v{version}"


def author_search(name: str) -> str:
    """arXiv's own search for papers by a person of this name."""
    return f"https://arxiv.org/search/?searchtype=author&query={quote_plus(name)}"


def _versioned(paper_: Paper) -> str:
    return quote(paper_.versioned_id, safe="/")
