"""A whole day with the embedded classifier and no translator, over the time that embedding takes."""

from __future__ import annotations

import statistics
import time
from pathlib import Path
from typing import Any

from arxivdaily.adapters.minilm import MiniLmEncoder

from bench import papers
from bench.application import deployed
from infrastructure.local.run import Plan
from infrastructure.local.sample_server import SampleArxiv

PAPERS = 486
RUNS = 1


def run(data: Path | None = None) -> dict[str, Any]:
    """Wall and processor time of editions (the first, which starts processes, apart), and of the embedding
    alone in one process and one thread, medians."""
    announced = papers.day(PAPERS, data)
    encoder = MiniLmEncoder()
    texts = [text for paper in announced for text in (paper.title, paper.abstract)]
    encoder.encode(texts[:2])  # loads the model
    published, processor, alone, alone_processor = [], [], [], []
    with SampleArxiv(()) as arxiv, deployed(arxiv, {}, Plan("embedded", "none", None)) as application:
        for number in range(RUNS + 1):
            if number:
                began, spent = time.monotonic(), time.process_time()
                encoder.encode(texts)
                alone.append(time.monotonic() - began)
                alone_processor.append(time.process_time() - spent)
            before = application.processor()
            # The first edition starts the functions' processes: a short one does.
            count = PAPERS if number else 20
            _day, times = application.edition(papers.day(count, data, number))
            published.append(times.settled)
            processor.append(application.processor() - before)
            print(f"embedded day, run {number}: {times}, {processor[-1]:.1f} s of processor", flush=True)
    seconds, embedding = statistics.median(published[1:]), statistics.median(alone)
    used, needed = statistics.median(processor[1:]), statistics.median(alone_processor)
    return {
        "papers": PAPERS,
        "embedding_s": round(embedding, 2),
        "day_s": round(seconds, 2),
        "over_embedding": round(seconds / embedding, 3),
        "processor_over_embedding": round(used / needed, 3),
    }
