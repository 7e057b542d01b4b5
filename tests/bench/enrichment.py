"""Enrichment in the deployed application, against pages on loopback with no gap between requests: what it
costs beside arXiv's three seconds."""

from __future__ import annotations

import statistics
import time
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from arxivdaily.domain.editions import Edition
from arxivdaily.domain.papers import Paper
from arxivdaily.domain.records import Match, Record, State

from bench.application import deployed
from infrastructure.local import sample
from infrastructure.local.sample_server import SampleArxiv

PAPERS = 200
RUNS = 2
_PAGE = 400_000  # bytes; what a page of arXiv's has by and large
_LIMIT = 120.0  # seconds


def papers() -> list[Paper]:
    """As many papers as are asked for, made of the sample day's."""
    known = [paper for paper in sample.load() if paper.versioned_id in sample.affiliations()]
    return [
        replace(known[number % len(known)], arxiv_id=f"2601.{number:05d}", version=1)
        for number in range(PAPERS)
    ]


class LongPages(SampleArxiv):
    """Pages as long as real ones."""

    def page(self, versioned_id: str) -> str | None:
        page = super().page(versioned_id)
        body = "<div class='ltx_para'><p class='ltx_p'>Text, as long as a line is.</p></div>\n"
        section = f"<section class='ltx_section'>\n{body * (_PAGE // len(body))}</section>\n"
        return page and page.replace("</article>", f"{section}</article>")


def run() -> dict[str, Any]:
    """Seconds from the first message to the last paper with affiliations; ratio to arXiv's pace."""
    from arxivdaily.adapters.dynamodb import DynamoPaperStore
    from arxivdaily.adapters.sqs import SqsMessages

    made = papers()
    places = list(sample.affiliations().values())
    by_length = {len(of_authors): of_authors for of_authors in places}
    pages = {paper.versioned_id: by_length[len(paper.authors)] for paper in made}
    seconds = []
    with LongPages(made, affiliations=pages) as arxiv, deployed(arxiv, {}) as application:
        emulator, stack = application.emulator, application.stack
        store = DynamoPaperStore(stack.outputs["TableName"])
        messages = SqsMessages(
            emulator.client("sqs"),
            clock=lambda: datetime.now(UTC),
            window=5,
            enrich_url=stack.outputs["EnrichQueueUrl"],
        )
        for number in range(RUNS):
            edition = f"2026-01-{12 + number}"
            store.create_edition(Edition(edition, datetime.now(UTC)))
            match = (Match("image-generation", None, 80, "bench"),)
            records = [Record(edition, paper, State.UNTRANSLATED, matches=match) for paper in made]
            store.add_records(records)
            began = time.monotonic()
            messages.to_enrich([record.key for record in records])
            while any(record.affiliations is None for record in store.records(edition)):
                if time.monotonic() - began > _LIMIT:
                    raise SystemExit(f"{PAPERS} papers were not enriched within {_LIMIT:.0f} s")
                time.sleep(0.2)
            seconds.append(time.monotonic() - began)
            print(f"enrich {PAPERS} papers, run {number + 1}: {seconds[-1]:.1f} s", flush=True)
    median = statistics.median(seconds)
    return {
        "papers": PAPERS,
        "median_s": round(median, 2),
        "over_arxivs_pace": round(median / (PAPERS * 3.0), 3),
    }
