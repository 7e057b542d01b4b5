"""What a day asks of AWS, a paper, and what a month of such days costs at list prices."""

from __future__ import annotations

import math
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from arxivdaily.adapters.metrics import METRICS
from aws_resources import TEMPLATE, load_template
from cloudformation import holds
from cloudformation import values as values_of
from samtranslator.yaml_helper import yaml_parse

from bench import calls
from bench.day import announced, days

SMALL, LARGE = 60, 180  # papers of the two days that the line is drawn through
SIZES = (500, 1500, 20_000)  # papers a day
WORKDAYS = 21  # editions of a month
PRICES = Path(__file__).with_name("prices.toml")
_MONTH = 30 * 86_400  # seconds
_SECONDS = {"classify": 1.2, "translate": 5.0, "enrich": 0.2, "render": 0.005, "fetch": 0.1}
_POLLERS = (
    5  # of each queue's event source mapping, each asking every twenty seconds (Lambda developer guide)
)
_POLL = 20.0
LEVELS = ("basic", "full")  # of Observability
WATCHED = TEMPLATE.parent / "infrastructure" / "observability.yaml"
# Tokens of an announced paper, read and written: the recorded day of 2026-06-18 took 216,770 and 59,642 with
# our prompts, for 486 papers, of which 161 were replacements and 120 wanted. A model's own count differs.
TOKENS = (446, 123)
_HOURS = 720  # of a month
# Hours in which a metric gets a value. What is not named here gets one while an edition is worked on: its
# own hours, and those of the repairs that follow, eight in all.
_HOURS_OF = {
    **dict.fromkeys(("EditionOverdue", "FeedsUnread", "FailedShare", "RepairsSent", "GivenUp"), _HOURS),
    **dict.fromkeys(("FetchFailed", "FetchProblems"), 24 * WORKDAYS),
}
_BUSY_HOURS = 8 * WORKDAYS
_STAGES_WITH_MODELS = 2  # each with one model
_INVALIDATED = 15  # paths that a completed edition gives up (adapters/cloudfront.py asks by wildcard)


def run(data: Path | None = None) -> dict[str, Any]:
    """Requests a paper, and the month's bill for each size."""
    with days(data) as application:
        small = application.edition(announced(SMALL, data))
        large = application.edition(announced(LARGE, data, 1))
    prices = tomllib.loads(PRICES.read_text("utf-8"))
    return {
        "papers": LARGE,
        "requests_a_paper": {
            name: round(calls.of(large, name) / LARGE, 2) for name in ("sqs", "dynamodb", "s3")
        },
        "write_units_a_paper": round(large["dynamodb.write_units"] / LARGE, 1),
        "read_units_a_paper": round(large["dynamodb.read_units"] / LARGE, 1),
        "tokens_a_paper": round(large["model.tokens"] / LARGE),
        "month_usd": {str(size): month(line(small, large, size), size, prices) for size in SIZES},
        "limits": limits(SIZES[-1]),
    }


def line(small: Mapping[str, float], large: Mapping[str, float], size: int) -> dict[str, float]:
    """A day of `size` papers, on the straight line through two measured days."""
    found = {}
    for name in small.keys() | large.keys():
        slope = max(0.0, (large.get(name, 0) - small.get(name, 0)) / (LARGE - SMALL))
        found[name] = max(0.0, large.get(name, 0) + slope * (size - LARGE))
    return found


def month(
    day: Mapping[str, float], papers: int, prices: Mapping[str, Mapping[str, float]]
) -> dict[str, float]:
    """USD by service for a month of such days, everything that is there at rest included; `total` with
    Observability=basic."""
    resources = load_template()["Resources"]
    memory = {"classify": 0.5, "translate": 0.5, "enrich": 0.5, "fetch": 0.5, "render": 1769 / 1024}
    gb_seconds = sum(
        memory[name] * _SECONDS[name] * (papers if name in ("enrich", "render") else 1)
        for name in ("fetch", "enrich")
    )
    gb_seconds += memory["classify"] * _SECONDS["classify"] * day["lambda.classify"]
    gb_seconds += memory["translate"] * _SECONDS["translate"] * day["lambda.translate"]
    gb_seconds += memory["render"] * _SECONDS["render"] * day["s3.PutObject"]
    invoked = sum(n for name, n in day.items() if name.startswith("lambda."))
    scheduled = _MONTH / 1800 + _MONTH / 3600 + 36 * WORKDAYS  # watch, repair, fetch
    queues = [
        r["Properties"]
        for r in resources.values()
        if r["Type"] == "AWS::SQS::Queue" and "RedrivePolicy" in r["Properties"]
    ]
    fifo = sum(bool(queue.get("FifoQueue")) for queue in queues)
    polls = _POLLERS * _MONTH / _POLL
    stored = day["dynamodb.write_units"] * 1024 * 0.5 / 1e9  # half of what is written replaces an item
    bill = {
        "lambda": prices["lambda"]["gb_second"] * (gb_seconds * WORKDAYS + scheduled * 0.5 * 0.3)
        + prices["lambda"]["request"] * (invoked * WORKDAYS + scheduled),
        "sqs": prices["sqs"]["request"] * (3 * calls.of(day, "sqs") * WORKDAYS + (len(queues) - fifo) * polls)
        + prices["sqs"]["fifo_request"] * fifo * polls,
        "dynamodb": WORKDAYS
        * (
            prices["dynamodb"]["write_unit"] * day["dynamodb.write_units"]
            + prices["dynamodb"]["read_unit"] * day["dynamodb.read_units"]
            + (prices["dynamodb"]["gb_month"] + prices["dynamodb"]["gb_month_recovery"]) * stored
        ),
        "s3": WORKDAYS
        * (prices["s3"]["put"] * day["s3.PutObject"] + prices["s3"]["gb_month"] * day["s3.bytes"] / 1e9),
        "cloudfront": prices["cloudfront"]["invalidated_path"]
        * max(0, WORKDAYS * _INVALIDATED - prices["cloudfront"]["invalidated_paths_without_charge"]),
        "events": WORKDAYS * prices["events"]["event"] * day.get("events.PutEvents", 0),
        "logs, traces": prices["logs"]["gb"] * WORKDAYS * papers * 8_000 / 1e9
        + prices["xray"]["trace"] * (invoked * WORKDAYS + scheduled),
        "watching": watching("basic", prices),
        "model": WORKDAYS
        * papers
        / 1e6
        * (TOKENS[0] * prices["model"]["input"] + TOKENS[1] * prices["model"]["output"]),
    }
    found = {name: round(value, 2) for name, value in bill.items()}
    total = sum(bill.values())
    return found | {
        "total": round(total, 2),
        "watching with full": round(watching("full", prices), 2),
        "total with full": round(total - bill["watching"] + watching("full", prices), 2),
    }


def watching(level: str, prices: Mapping[str, Mapping[str, float]]) -> float:
    """USD of a month's metrics, alarms, dashboards and keys with Observability at this level."""
    stack = yaml_parse(WATCHED.read_text("utf-8"))
    given, conditions = values_of(stack, Level=level), stack["Conditions"]
    made = [
        resource
        for resource in stack["Resources"].values()
        if "Condition" not in resource or holds(conditions[resource["Condition"]], given, conditions)
    ]

    def of_type(kind: str) -> list[Mapping[str, Any]]:
        return [resource["Properties"] for resource in made if resource["Type"] == kind]

    alarms = of_type("AWS::CloudWatch::Alarm")
    read = sum(
        sum("MetricStat" in one for one in alarm["Metrics"]) if "Metrics" in alarm else 1 for alarm in alarms
    )
    hours = sum(
        _HOURS_OF.get(name, _BUSY_HOURS) * (_STAGES_WITH_MODELS if "model" in metric.dimensions else 1)
        for name, metric in METRICS.items()
        if metric.is_made(level)
    )
    return (
        prices["logs"]["metric_month"] * hours / _HOURS
        + prices["logs"]["alarm_metric_month"] * read
        + prices["logs"]["dashboard_month"] * len(of_type("AWS::CloudWatch::Dashboard"))
        + prices["kms"]["key_month"] * len(of_type("AWS::KMS::Key"))
    )


def limits(size: int) -> dict[str, float]:
    """Hours that a day of `size` papers takes where something gives the pace, longest first."""
    resources = load_template()["Resources"]
    assert resources["EnrichQueue"]["Properties"]["FifoQueue"]
    found = {
        "arXiv's pages, three seconds each": size * 0.6 * 3 / 3600,
        "arXiv's metadata, a hundred papers each three seconds": math.ceil(size / 100) * 3 / 3600,
        "the model, fifty calls of five seconds at a time": size * 0.7 * 5 / 50 / 3600,
    }
    return {name: round(hours, 2) for name, hours in sorted(found.items(), key=lambda pair: -pair[1])}
