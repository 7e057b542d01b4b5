"""The sitemap index, a sitemap a year, and robots.txt (sitemaps.org protocol 0.9)."""

from __future__ import annotations

from collections.abc import Sequence

from markupsafe import escape

from arxivdaily.domain.channels import Catalogue
from arxivdaily.domain.editions import Edition
from arxivdaily.site import urls

_NS = "http://www.sitemaps.org/schemas/sitemap/0.9"
_HEAD = '<?xml version="1.0" encoding="UTF-8"?>\n'
_LIMIT = 50_000  # addresses in one file, by the protocol


def index(years: Sequence[int], newest: Edition, links: urls.Urls) -> bytes:
    """`newest` dates its year's file; earlier years are as old as their last day at least, which says
    nothing new to a search engine, so they bear no date."""
    entries = (
        f"<sitemap><loc>{escape(links.absolute(urls.sitemap_year(year)))}</loc>"
        + (f"<lastmod>{_changed(newest)}</lastmod>" if newest.date.startswith(f"{year:04d}-") else "")
        + "</sitemap>"
        for year in years
    )
    return f'{_HEAD}<sitemapindex xmlns="{_NS}">{"".join(entries)}</sitemapindex>\n'.encode()


def of_year(editions: Sequence[Edition], catalogue: Catalogue, links: urls.Urls) -> bytes:
    """The year's channel pages that hold papers, newest edition first.

    Papers are found from these: listing ten thousand a month would cost a read of every record.
    """
    host = escape(links.absolute(""))  # the rest of an address has letters, digits and hyphens alone
    entries = []
    for edition in reversed(editions):
        changed = _changed(edition)
        entries += [
            f"<url><loc>{host}{urls.channel_edition(channel.slug, edition.date)}</loc>"
            f"<lastmod>{changed}</lastmod></url>"
            for channel in catalogue
            if edition.channel_counts.get(channel.slug)
        ]
    return f'{_HEAD}<urlset xmlns="{_NS}">{"".join(entries[:_LIMIT])}</urlset>\n'.encode()


def _changed(edition: Edition) -> str:
    return (edition.completed or edition.created).date().isoformat()


def robots(links: urls.Urls) -> bytes:
    return f"User-agent: *\nAllow: /\n\nSitemap: {links.absolute(urls.SITEMAP)}\n".encode()
