"""Tokens as CloudWatch reads them from the log."""

from __future__ import annotations

import json

import pytest
from arxivdaily.adapters.metrics import count_failed_refresh, count_tokens
from arxivdaily.domain.records import Spent, Usage


def test_tokens_are_counted_by_stage_and_model(capsys: pytest.CaptureFixture[str]) -> None:
    count_tokens([Spent("classify", "m", Usage(100, 80, 9)), Spent("translate", "n", Usage(5, 0, 7))])
    first, second = (json.loads(line) for line in capsys.readouterr().out.splitlines())
    assert (first["stage"], first["model"]) == ("classify", "m")
    assert (first["InputTokens"], first["CachedTokens"], first["OutputTokens"]) == ([100.0], [80.0], [9.0])
    assert (second["stage"], second["OutputTokens"]) == ("translate", [7.0])
    (metrics,) = first["_aws"]["CloudWatchMetrics"]
    assert metrics["Namespace"] == "arXivDaily"
    assert set(metrics["Dimensions"][0]) == {"stage", "model", "service"}


def test_a_failed_refresh_is_counted(capsys: pytest.CaptureFixture[str]) -> None:
    count_failed_refresh()
    assert json.loads(capsys.readouterr().out)["FailedRefreshes"] == [1.0]
