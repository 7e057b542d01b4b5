"""CloudWatch metrics, written to the log in the embedded metric format."""

from __future__ import annotations

from collections.abc import Iterable

from aws_lambda_powertools.metrics import EphemeralMetrics, MetricUnit

from arxivdaily.domain.records import Spent

NAMESPACE = "arXivDaily"


def count_tokens(spent: Iterable[Spent]) -> None:
    """Tokens read, read from a cache, and written, by stage and model."""
    for entry in spent:
        metrics = EphemeralMetrics(namespace=NAMESPACE)
        metrics.add_dimension("stage", entry.stage)
        metrics.add_dimension("model", entry.model)
        metrics.add_metric("InputTokens", MetricUnit.Count, entry.usage.input_tokens)
        metrics.add_metric("CachedTokens", MetricUnit.Count, entry.usage.cached_tokens)
        metrics.add_metric("OutputTokens", MetricUnit.Count, entry.usage.output_tokens)
        metrics.flush_metrics()


def count_failed_refresh() -> None:
    """One edition whose old pages CloudFront was not told to forget."""
    metrics = EphemeralMetrics(namespace=NAMESPACE)
    metrics.add_metric("FailedRefreshes", MetricUnit.Count, 1)
    metrics.flush_metrics()
