"""`make bench`: how long things take, on this computer. Figures for people, then JSON on the last line.

Enrichment runs in the deployed application (ministack, the functions in processes of their own)
against pages on loopback, with no gap between requests: what it costs beside arXiv's three seconds.
"""

from __future__ import annotations

import json
import os
import statistics
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from arxivdaily.domain.editions import Edition
from arxivdaily.domain.papers import Paper
from arxivdaily.domain.records import Match, Record, State
from rich.console import Console

from infrastructure.local import sample
from infrastructure.local.deploy import Stack
from infrastructure.local.emulator import Emulator, aws_environment
from infrastructure.local.run import ROOT, Plan, function_environment
from infrastructure.local.sample_server import SampleArxiv

PAPERS = 200
RUNS = 3
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


@contextmanager
def deployed(arxiv: SampleArxiv) -> Iterator[tuple[Emulator, Stack]]:
    environment = function_environment(
        Plan("embedded", "none", 0),
        {"ARXIV_SITE_URL": arxiv.url, "ARXIV_REQUEST_INTERVAL": "0"},
        site_url="http://127.0.0.1:8000",
        translator="none",
    )
    with (
        tempfile.TemporaryDirectory() as state,
        Emulator(Path(state), {**os.environ, **environment}) as emulator,
    ):
        stack = Stack(emulator, ROOT)
        stack.create(environment)
        emulator.attach(stack.outputs["TableName"], stack.outputs["SiteBucketName"])
        os.environ.update(aws_environment(emulator.endpoint, os.environ))
        yield emulator, stack


def enrichment(console: Console) -> dict[str, float]:
    """Seconds from the first message to the last paper with affiliations."""
    from arxivdaily.adapters.dynamodb import DynamoPaperStore
    from arxivdaily.adapters.sqs import SqsMessages

    made = papers()
    places = list(sample.affiliations().values())
    by_length = {len(of_authors): of_authors for of_authors in places}
    pages = {paper.versioned_id: by_length[len(paper.authors)] for paper in made}
    seconds = []
    with LongPages(made, affiliations=pages) as arxiv, deployed(arxiv) as (emulator, stack):
        store = DynamoPaperStore(stack.outputs["TableName"])
        messages = SqsMessages(
            emulator.client("sqs"),
            clock=lambda: datetime.now(UTC),
            window=5,
            enrich_url=stack.outputs["EnrichQueueUrl"],
        )
        for run in range(RUNS):
            edition = f"2026-01-{12 + run}"
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
            console.print(f"enrich {PAPERS} papers, run {run + 1}: {seconds[-1]:.1f} s", highlight=False)
    median = statistics.median(seconds)
    return {"papers": PAPERS, "median_s": round(median, 2), "max_s": round(max(seconds), 2)}


def main() -> None:
    console = Console()
    figures = {"enrich": enrichment(console)}
    print(json.dumps(figures))


if __name__ == "__main__":
    main()
