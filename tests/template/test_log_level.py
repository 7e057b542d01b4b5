"""`LogLevel` decides what is kept, and loses no metric."""

from __future__ import annotations

import pytest
from arxivdaily.adapters import metrics
from aws_lambda_powertools.shared.constants import LAMBDA_ADVANCED_LOGGING_LEVELS
from aws_resources import load_template
from lambda_logs import LEVELS, is_metric, kept

TEMPLATE = load_template()
OFFERED = TEMPLATE["Parameters"]["LogLevel"]["AllowedValues"]
FUNCTIONS = [r for r in TEMPLATE["Resources"].values() if r["Type"] == "AWS::Serverless::Function"]


def test_the_log_level_reaches_lambda_too() -> None:
    """Powertools follows Lambda's own level where there is one, and with JSON there is: INFO by default."""
    assert FUNCTIONS
    for level in OFFERED:
        assert level in LEVELS, "Lambda's name"
        assert LAMBDA_ADVANCED_LOGGING_LEVELS[level] == level, "and Python's"
    for function in FUNCTIONS:
        assert function["Properties"]["LoggingConfig"]["LogFormat"] == "JSON"
        assert function["Properties"]["LoggingConfig"]["ApplicationLogLevel"] == {"Ref": "LogLevel"}
        # Lambda's own lines: INFO by default, which has what each invocation took.
        assert "SystemLogLevel" not in function["Properties"]["LoggingConfig"]


def test_no_level_is_offered_at_which_lambda_drops_metrics(capsys: pytest.CaptureFixture[str]) -> None:
    metrics.report_repair(sent=1, given_up=0)
    lines = [line for line in capsys.readouterr().out.splitlines() if is_metric(line)]
    assert len(lines) == 1
    assert [level for level in LEVELS if kept(lines, level)] == ["TRACE", "DEBUG", "INFO"]
    assert set(OFFERED) == {"DEBUG", "INFO"}
