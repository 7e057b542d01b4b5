"""arXiv's HTML pages of papers behind the `AuthorPages` port."""

from __future__ import annotations

from urllib.parse import quote

from arxivdaily.adapters.http import HttpClient, user_agent
from arxivdaily.adapters.latexml import read_author_block
from arxivdaily.domain.affiliations import AuthorBlock
from arxivdaily.domain.papers import Paper
from arxivdaily.settings import Settings

# The author block stands at the beginning; the longest pages have 20 MB of tables behind it.
_MAX_BYTES = 2 * 1024 * 1024
_SILENCE = 15.0  # seconds


class ArxivPages:
    """`AuthorPages` over HTTP. Keep one for the life of a process: it holds the gap between requests,
    and begins with one, since another process may have asked just before it."""

    def __init__(self, settings: Settings, *, deadline: float, http: HttpClient | None = None) -> None:
        """`deadline`: seconds for a page."""
        self._site_url = settings.arxiv_site_url
        self._http = http or HttpClient(
            agent=user_agent(settings.arxiv_contact),
            interval=settings.arxiv_request_interval,
            timeout=_SILENCE,
            deadline=deadline,
            longest_wait=2 * settings.arxiv_request_interval,  # a longer wait is the queue's
            starts_rested=False,
        )

    def author_block(self, paper: Paper) -> AuthorBlock:
        """See the port: of the version at hand, as far as its first 2 MB show it."""
        url = f"{self._site_url}/html/{quote(paper.versioned_id, safe='/')}"
        page = self._http.get(url, max_bytes=_MAX_BYTES, whole=False)
        return read_author_block(page.body, paper.authors)
