"""`LogLevel` decides what is kept."""

from __future__ import annotations

from aws_lambda_powertools.shared.constants import LAMBDA_ADVANCED_LOGGING_LEVELS
from aws_resources import load_template

TEMPLATE = load_template()


def test_the_log_level_reaches_lambda_too() -> None:
    """Powertools follows Lambda's own level where there is one, and with JSON there is: INFO by default."""
    levels = TEMPLATE["Mappings"]["LambdaLogLevel"]
    assert list(levels) == TEMPLATE["Parameters"]["LogLevel"]["AllowedValues"]
    for name, level in levels.items():
        assert LAMBDA_ADVANCED_LOGGING_LEVELS[level["Name"]] == name
    wanted = {"Fn::FindInMap": ["LambdaLogLevel", {"Ref": "LogLevel"}, "Name"]}
    functions = [r for r in TEMPLATE["Resources"].values() if r["Type"] == "AWS::Serverless::Function"]
    assert functions
    for function in functions:
        assert function["Properties"]["LoggingConfig"]["ApplicationLogLevel"] == wanted
