"""Days through the real handlers over moto, in one process, in an order that is the same every time.

Classification, then a render, then translation and affiliations, then a render: as a day in the cloud,
where renders are a minute apart. Counts come from here; no time does.
"""

from __future__ import annotations

import contextlib
import io
import os
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from arxivdaily.domain.papers import Paper
from aws_resources import MADE_UP, mocked
from pipeline import Pipeline

from bench import papers
from bench.application import next_edition_day
from bench.calls import counted
from bench.model import Model, model
from infrastructure.local.sample_server import SampleArxiv

_HARNESS = ("sqs.ReceiveMessage", "sqs.DeleteMessage", "sqs.GetQueueAttributes")  # Lambda's part


@dataclass
class Days:
    """Editions one after the other in the same table and bucket."""

    pipeline: Pipeline
    arxiv: SampleArxiv
    model: Model
    batches: Counter[str]

    def edition(self, announced: Sequence[Paper]) -> Mapping[str, float]:
        """What one edition asked for: `calls.counted`, with `lambda.<function>` invocations and `model.calls`
        and `model.tokens`."""
        self.arxiv.papers, self.arxiv.edition = tuple(announced), next_edition_day(self.arxiv.edition)
        self.model.forget()
        self.batches.clear()
        with counted() as counts:
            told = self.pipeline.fetch()
            if told["outcome"] != "created":
                raise SystemExit(f"fetch: {told}")
            self._drain("PapersQueue", "classify")
            self._drain("RenderQueue", "render")
            self._drain("MatchedQueue", "translate")
            self._drain("EnrichQueue", "enrich")
            self._drain("RenderQueue", "render")
            for name in _HARNESS:
                counts.pop(name, None)
        asked = self.model.asked()
        invoked = {f"lambda.{name}": n for name, n in self.batches.items()} | {"lambda.fetch": 1}
        return dict(counts) | invoked | {"model.calls": asked.calls, "model.tokens": asked.tokens}

    def _drain(self, queue: str, name: str) -> None:
        while True:
            if self.pipeline.deliver(queue, name):
                self.batches[name] += 1
            elif self.pipeline.waiting(queue):
                time.sleep(0.05)  # a render request is delivered after its second
            else:
                return


@contextmanager
def days(data: Path | None = None, **settings: str) -> Iterator[Days]:
    """An empty application over moto, with a model that answers at once."""
    before = dict(os.environ)
    for name in ("AWS_PROFILE", "AWS_ENDPOINT_URL", "AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"):
        os.environ.pop(name, None)
    os.environ.update(MADE_UP)
    try:
        with (
            model(data, 0.0) as endpoint,
            SampleArxiv(()) as arxiv,
            mocked({"RenderWindow": "1"}) as resources,
            contextlib.redirect_stdout(io.StringIO()),
        ):
            os.environ.update(
                {
                    **resources.environment(),
                    "ARXIV_FEED_URL": arxiv.url,
                    "ARXIV_API_URL": arxiv.url,
                    "ARXIV_SITE_URL": arxiv.url,
                    "ARXIV_REQUEST_INTERVAL": "0",
                    "RENDER_WINDOW": "1",
                    "RETRY_DELAY": "1",
                    "SITE_URL": "https://daily.example.org",
                    "CLASSIFIER": "llm",
                    "TRANSLATOR": "llm",
                    "LLM_PROVIDER": "openai",
                    "LLM_BASE_URL": endpoint.url,
                    "LLM_API_KEY": "bench",
                    "CLASSIFY_MODEL": "bench",
                    "TRANSLATE_MODEL": "bench",
                    "AWS_LAMBDA_FUNCTION_NAME": "bench",
                    **settings,
                }
            )
            yield Days(Pipeline(resources), arxiv, endpoint, Counter())
    finally:
        os.environ.clear()
        os.environ.update(before)


def announced(count: int, data: Path | None = None, number: int = 0) -> list[Paper]:
    return papers.day(count, data, number)
