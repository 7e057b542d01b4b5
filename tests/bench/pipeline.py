"""Papers through the deployed application with a model that takes a second, and the waiting paid for."""

from __future__ import annotations

import statistics
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench import papers
from bench.application import deployed, unsettled
from bench.model import model
from infrastructure.local.run import Plan
from infrastructure.local.sample_server import SampleArxiv

PAPERS = 200
LATENCY = 1.0  # seconds
MODEL_FUNCTIONS = ("Classify", "Translate")


@dataclass(frozen=True, slots=True)
class Width:
    """`invocations` at a time of each of the two functions, `calls` of each in flight."""

    invocations: int
    calls: int
    batch: int = 10  # papers of a translate invocation

    @property
    def in_flight(self) -> int:
        return self.invocations * self.calls

    def settings(self) -> dict[str, str]:
        return {
            "CLASSIFY_CONCURRENCY": str(self.invocations),
            "TRANSLATE_CONCURRENCY": str(self.invocations),
            "LLM_CONCURRENCY": str(self.calls),
            "TRANSLATE_BATCH_SIZE": str(self.batch),
            "RENDER_WINDOW": "5",
        }


def run(width: Width, runs: int, data: Path | None = None, count: int = PAPERS) -> dict[str, Any]:
    """Medians over editions; the first, which starts the functions' processes, is told apart."""
    settled, published, billed, limits, processor = [], [], [], [], []
    with model(data, LATENCY) as endpoint, SampleArxiv(()) as arxiv:
        settings = {
            "LLM_PROVIDER": "openai",
            "LLM_BASE_URL": endpoint.url,
            "LLM_API_KEY": "bench",
            "CLASSIFY_MODEL": "bench",
            "TRANSLATE_MODEL": "bench",
            **width.settings(),
        }
        with deployed(arxiv, settings, Plan("llm", "llm", None)) as application:
            for number in range(runs + 1):
                endpoint.forget()
                before, used = _model_time(application.billed()), application.processor()
                day, times = application.edition(papers.day(count, data, number))
                processor.append(application.processor() - used)
                asked = endpoint.asked()
                limits.append(asked.calls * LATENCY / width.in_flight)
                settled.append(times.settled)
                published.append(times.published)
                billed.append((_model_time(application.billed()) - before) / (asked.calls * LATENCY))
                print(
                    f"{width.in_flight} in flight, run {number}: fetched {times.fetched:.1f} s, settled "
                    f"{times.settled:.1f} s, published {times.published:.1f} s, {asked.calls} calls, "
                    f"{asked.peak} at most at once, billed {billed[-1]:.3f}, "
                    f"{processor[-1]:.1f} s of processor time, "
                    f"{unsettled(application.records(day))} unsettled",
                    flush=True,
                )
    return {
        "papers": count,
        "calls": asked.calls,
        "in_flight": width.in_flight,
        "first_s": round(published[0], 2),
        "settled_s": round(statistics.median(settled[1:]), 2),
        "published_s": round(statistics.median(published[1:]), 2),
        "over_limit": _ratio(settled, limits),
        "published_over_limit": _ratio(published, limits),
        "processor_s": round(statistics.median(processor[1:]), 2),
        "billed_over_model": round(statistics.median(billed[1:]), 3),
    }


def _ratio(times: list[float], limits: list[float]) -> float:
    return round(statistics.median(t / limit for t, limit in zip(times[1:], limits[1:], strict=True)), 3)


def _model_time(billed: dict[str, float]) -> float:
    """Seconds of the functions that wait for a model."""
    return sum(time for name, time in billed.items() if any(part in name for part in MODEL_FUNCTIONS))
