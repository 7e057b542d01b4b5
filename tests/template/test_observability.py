"""What is watched exists, what exists is watched, and whoever is told finds what to do."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from arxivdaily.adapters.metrics import METRICS, NAMESPACE
from arxivdaily.domain.completion import LOST_OF
from aws_resources import load_template
from cloudformation import holds, resolved, values
from samtranslator.yaml_helper import yaml_parse

from infrastructure.local.deploy import overrides
from infrastructure.local.run import Plan, function_environment

ROOT = Path(__file__).resolve().parents[2]
STACK = yaml_parse((ROOT / "infrastructure" / "observability.yaml").read_text("utf-8"))
PARENT = load_template()
NESTED = PARENT["Resources"]["ObservabilityStack"]
GIVEN: dict[str, Any] = NESTED["Properties"]["Parameters"]
RUNBOOK = (ROOT / "docs" / "operations.md").read_text("utf-8")

# What AWS itself emits: the dimension of each metric that is used here.
OF_AWS = {
    "AWS/SQS": (
        "QueueName",
        {
            "ApproximateAgeOfOldestMessage",
            "ApproximateNumberOfMessagesVisible",
            "ApproximateNumberOfMessagesNotVisible",
        },
    ),
    "AWS/Lambda": ("FunctionName", {"Errors", "Throttles", "Duration", "ConcurrentExecutions"}),
}


def of_type(template: dict[str, Any], kind: str) -> dict[str, dict[str, Any]]:
    return {name: r["Properties"] for name, r in template["Resources"].items() if r["Type"] == kind}


def made(level: str, kind: str) -> dict[str, dict[str, Any]]:
    """What the nested stack has of a type, by its level, as it is then."""
    conditions = STACK["Conditions"]
    chosen = {
        "Level",
        "Schedules",
        "AlarmEmail",
        "MonthlyBudget",
    }  # the others are names, and stay references
    given = {name: value for name, value in values(STACK, Level=level).items() if name in chosen}
    return {
        name: resolved(resource["Properties"], given, conditions)
        for name, resource in STACK["Resources"].items()
        if resource["Type"] == kind
        and ("Condition" not in resource or holds(conditions[resource["Condition"]], given, conditions))
    }


Read = tuple[str, str, dict[str, Any]]  # namespace, name and dimensions of a metric


def read_by(alarm: dict[str, Any]) -> list[Read]:
    """The metrics that an alarm reads: its own, or those of its expression."""
    stats = [one["MetricStat"]["Metric"] for one in alarm.get("Metrics", ()) if "MetricStat" in one]
    return [
        (one["Namespace"], one["MetricName"], {d["Name"]: d["Value"]["Ref"] for d in one["Dimensions"]})
        for one in stats or [alarm]
    ]


ALARMS = of_type(STACK, "AWS::CloudWatch::Alarm")
LEVELS = ("basic", "full")
BY_LEVEL = {level: made(level, "AWS::CloudWatch::Alarm") for level in LEVELS}


def period_of(alarm: dict[str, Any]) -> int:
    stats = [one["MetricStat"]["Period"] for one in alarm.get("Metrics", ()) if "MetricStat" in one]
    return int(max(stats or [alarm.get("Period", 0)]))


QUEUES = of_type(PARENT, "AWS::SQS::Queue")
FUNCTIONS = of_type(PARENT, "AWS::Serverless::Function")


def check_exists(namespace: str, metric: str, dimensions: dict[str, str]) -> None:
    """AssertionError if nobody emits this metric with just these dimensions, by logical id."""
    if namespace == NAMESPACE:
        assert metric in METRICS, f"no code emits {metric}"
        assert sorted(dimensions) == sorted(METRICS[metric].dimensions), metric
        assert dimensions["service"] == "Service"
        return
    dimension, known = OF_AWS[namespace]
    assert metric in known, metric
    assert list(dimensions) == [dimension], metric
    things = QUEUES if dimension == "QueueName" else FUNCTIONS
    assert dimensions[dimension] in things, dimensions


# --- the parent gives what is watched --------------------------------------------------------


def test_the_parent_gives_every_parameter_and_the_name_it_stands_for() -> None:
    assert GIVEN.keys() == STACK["Parameters"].keys()
    for name in QUEUES:
        assert GIVEN[name] == {"Fn::GetAtt": [name, "QueueName"]}, "a FIFO queue's Ref is its URL"
    for name in FUNCTIONS:
        assert GIVEN[name] == {"Ref": name}


def test_the_service_of_the_metrics_is_the_one_that_alarms_ask_for() -> None:
    environment = PARENT["Globals"]["Function"]["Environment"]["Variables"]
    assert environment["POWERTOOLS_SERVICE_NAME"] == GIVEN["Service"] == {"Ref": "AWS::StackName"}


def test_the_dashboard_leads_to_the_site_whose_address_nobody_gave() -> None:
    variables = FUNCTIONS["RenderFunction"]["Environment"]["Variables"]
    assert GIVEN["SiteUrl"] == variables["SITE_URL"] == PARENT["Outputs"]["SiteUrl"]["Value"]


def test_one_computer_leaves_the_nested_stack_out() -> None:
    condition = PARENT["Conditions"][NESTED["Condition"]]
    given = [values(PARENT, Observability=level) for level in (*LEVELS, "none")]
    assert [holds(condition, one) for one in given] == [True, True, False]
    assert PARENT["Parameters"]["Observability"]["Default"] == "basic"
    local = function_environment(
        Plan("embedded", "none", 0),
        {"OBSERVABILITY": "full"},
        site_url="http://127.0.0.1:8000",
        translator="none",
    )
    assert overrides(PARENT, local)["Observability"] == "none", "whatever the user's environment says"


# --- alarms ----------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ALARMS)
def test_an_alarm_watches_a_metric_that_is_emitted(name: str) -> None:
    for namespace, metric, dimensions in read_by(ALARMS[name]):
        check_exists(namespace, metric, dimensions)


def headings() -> dict[str, str]:
    """The text under each heading of the runbook, by the anchor that its host makes of it."""
    parts = re.split(r"^#{2,4} (.+)$", RUNBOOK, flags=re.MULTILINE)[1:]
    slugs = (re.sub(r"[^\w -]", "", title.lower()).replace(" ", "-") for title in parts[::2])
    return dict(zip(slugs, parts[1::2], strict=True))


@pytest.mark.parametrize("name", ALARMS)
def test_an_alarm_says_what_it_means_and_where_to_read_on(name: str) -> None:
    text = ALARMS[name]["AlarmDescription"]
    said, _, anchor = text.partition(" Runbook: docs/operations.md#")
    meaning, action = re.split(r"(?<=\.) ", said)
    assert meaning
    assert action.endswith(".")
    section = headings().get(anchor)
    assert section, f"docs/operations.md has no heading for #{anchor}"
    for part in ("**Means**", "**Look**", "**Do**"):
        assert part in section, f"#{anchor} lacks {part}"
    assert len(text) <= 1024


def test_every_runbook_section_belongs_to_an_alarm() -> None:
    used = {alarm["AlarmDescription"].rpartition("#")[2] for alarm in ALARMS.values()}
    assert {slug for slug in headings() if slug.startswith("alarm-")} == used


def test_the_runbook_says_which_alarms_the_default_lacks() -> None:
    told, lacking = (
        {alarm["AlarmDescription"].rpartition("#")[2] for alarm in BY_LEVEL[level].values()}
        for level in LEVELS
    )
    intro = headings()["when-an-alarm-rings"]
    assert set(re.findall(r"\(#(alarm-[a-z-]+)\)", intro)) == lacking - told


@pytest.mark.parametrize("name", ALARMS)
def test_an_alarm_tells_somebody_and_has_its_own_name(name: str) -> None:
    alarm = ALARMS[name]
    assert alarm["AlarmActions"] == [{"Ref": "Topic"}]
    assert alarm["TreatMissingData"] in ("breaching", "notBreaching", "ignore")
    looks_back = period_of(alarm) * alarm["EvaluationPeriods"]
    assert 0 < looks_back <= 24 * 3600, "CloudWatch looks back a day at most"
    names = [str(other["AlarmName"]) for other in ALARMS.values()]
    assert names.count(str(alarm["AlarmName"])) == 1


def watched(level: str, namespace: str, metric: str) -> set[str]:
    return {
        next(iter(dimensions.values()))
        for alarm in BY_LEVEL[level].values()
        for its_namespace, its_metric, dimensions in read_by(alarm)
        if (its_namespace, its_metric) == (namespace, metric)
    }


DEAD_LETTERS = ("AWS/SQS", "ApproximateNumberOfMessagesVisible")


def test_every_queue_and_function_has_its_alarms() -> None:
    dead = {name for name in QUEUES if "DeadLetter" in name}
    for level in LEVELS:
        assert watched(level, *DEAD_LETTERS) == dead
    assert watched("full", "AWS/SQS", "ApproximateAgeOfOldestMessage") == QUEUES.keys() - dead
    assert watched("full", "AWS/Lambda", "Errors") == FUNCTIONS.keys()
    assert watched("full", "AWS/Lambda", "Throttles") == FUNCTIONS.keys()


def test_an_expression_reads_all_that_its_alarm_pays_for() -> None:
    """And takes a queue that tells nothing for an empty one, instead of saying nothing itself."""
    alarm = ALARMS["DeadLettersAlarm"]
    (said,) = (one for one in alarm["Metrics"] if "Expression" in one)
    read = [one for one in alarm["Metrics"] if one is not said]
    assert said.get("ReturnData", True)
    assert all(one["ReturnData"] is False for one in read)
    filled = ", ".join(f"FILL({one['Id']}, 0)" for one in read)
    assert said["Expression"] == f"MAX([{filled}])"


METRICS_WITH_ALARMS = {
    "EditionOverdue", "FeedsUnread", "FailedShare", "ModelFailed", "UntranslatedShare", "BudgetShort",
    "GivenUp", "RenderFailed",
}  # fmt: skip


@pytest.mark.parametrize("level", LEVELS)
def test_what_an_edition_can_suffer_has_its_alarms(level: str) -> None:
    read = [one for alarm in BY_LEVEL[level].values() for one in read_by(alarm)]
    assert {metric for namespace, metric, _ in read if namespace == NAMESPACE} == METRICS_WITH_ALARMS


def test_a_level_makes_metrics_of_what_its_alarms_read() -> None:
    assert {name for name, metric in METRICS.items() if metric.is_made("basic")} == METRICS_WITH_ALARMS
    assert all(metric.is_made("full") for metric in METRICS.values())
    assert not any(metric.is_made("none") for metric in METRICS.values())
    environment = PARENT["Globals"]["Function"]["Environment"]["Variables"]
    assert environment["OBSERVABILITY"] == GIVEN["Level"] == {"Ref": "Observability"}


def test_basic_has_neither_dashboard_nor_key() -> None:
    assert made("full", "AWS::CloudWatch::Dashboard")
    assert made("full", "AWS::KMS::Key")
    assert not made("basic", "AWS::CloudWatch::Dashboard")
    assert not made("basic", "AWS::KMS::Key")
    assert "KmsMasterKeyId" not in made("basic", "AWS::SNS::Topic")["Topic"]


def test_an_age_leaves_a_message_time_to_be_worked_on() -> None:
    for alarm in ALARMS.values():
        if alarm.get("MetricName") == "ApproximateAgeOfOldestMessage":
            queue = QUEUES[alarm["Dimensions"][0]["Value"]["Ref"]]
            assert alarm["Threshold"] >= queue["VisibilityTimeout"], "one attempt that crashed is no alarm"
            assert alarm["Threshold"] < queue["MessageRetentionPeriod"]


def test_the_repair_runs_every_hour_and_its_alarm_looks_at_each_run() -> None:
    event = FUNCTIONS["FetchFunction"]["Events"]["Repair"]["Properties"]
    assert json.loads(event["Input"]) == {"repair": True}
    assert event["ScheduleExpression"] == "cron(35 * * * ? *)"
    assert ALARMS["GivenUpAlarm"]["Period"] == 3600


def test_what_fails_for_all_is_told_within_the_hour() -> None:
    """The repair tells the share every hour, whatever is published: no hour is without it."""
    share, calls = ALARMS["FailedShareAlarm"], ALARMS["ModelFailuresAlarm"]
    assert (share["Statistic"], share["EvaluationPeriods"], share["TreatMissingData"]) == (
        "Maximum",
        1,
        "ignore",
    )
    assert share["Period"] == 3600
    assert calls["EvaluationPeriods"] == 1
    assert period_of(calls) <= 3600
    (said,) = (one for one in calls["Metrics"] if "Expression" in one)
    assert said.get("ReturnData", True)
    assert all(one["ReturnData"] is False for one in calls["Metrics"] if one is not said)


def test_an_edition_that_is_not_complete_for_its_failures_rings() -> None:
    """Alarm and rule have the same limit: what is not published has somebody told."""
    assert ALARMS["FailedShareAlarm"]["Threshold"] == 100 / LOST_OF


def test_the_check_of_the_calendar_runs_often_enough_for_its_alarms() -> None:
    event = FUNCTIONS["FetchFunction"]["Events"]["Watch"]["Properties"]
    assert json.loads(event["Input"]) == {"watch": True}
    # Minutes 20 and 50 of every hour: one in each of the alarm's periods, far from their borders.
    assert event["ScheduleExpression"] == "cron(20/30 * * * ? *)"
    late, silent = ALARMS["EditionOverdueAlarm"], ALARMS["WatchSilentAlarm"]
    assert late["Period"] == 1800
    assert late["TreatMissingData"] == "ignore"
    assert (silent["Statistic"], silent["TreatMissingData"]) == ("SampleCount", "breaching")
    assert 2 * 3600 <= silent["Period"] * silent["EvaluationPeriods"] < 24 * 3600
    unread = ALARMS["FeedsUnreadAlarm"]
    assert (unread["Period"], unread["TreatMissingData"]) == (1800, "ignore")
    for alarm in (late, silent, unread):
        assert alarm["ActionsEnabled"] == {"Fn::If": ["Scheduled", True, False]}


# --- whom they tell --------------------------------------------------------------------------


def test_the_topic_is_encrypted_with_a_key_that_its_publishers_may_use() -> None:
    topic = made("full", "AWS::SNS::Topic")["Topic"]
    assert topic["KmsMasterKeyId"] == {"Fn::GetAtt": ["TopicKey", "Arn"]}
    key = STACK["Resources"]["TopicKey"]["Properties"]
    assert key["EnableKeyRotation"] is True
    (publishers,) = [s for s in key["KeyPolicy"]["Statement"] if s["Sid"] == "Publishers"]
    assert publishers["Action"] == ["kms:Decrypt", "kms:GenerateDataKey*"]
    publishing = {
        s["Principal"]["Service"]
        for s in STACK["Resources"]["TopicPolicy"]["Properties"]["PolicyDocument"]["Statement"]
        if s["Effect"] == "Allow"
    }
    assert publishing == set(publishers["Principal"]["Service"])


def test_only_this_accounts_services_publish_and_only_over_tls() -> None:
    statements = STACK["Resources"]["TopicPolicy"]["Properties"]["PolicyDocument"]["Statement"]
    for statement in statements:
        if statement["Effect"] == "Allow":
            assert statement["Condition"]["StringEquals"] == {"aws:SourceAccount": {"Ref": "AWS::AccountId"}}
    (tls,) = [s for s in statements if s["Effect"] == "Deny"]
    assert tls["Principal"] == "*"
    assert tls["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}


def test_mail_and_budget_are_only_where_they_are_asked_for() -> None:
    resources = STACK["Resources"]
    assert resources["Subscription"]["Condition"] == "HasEmail"
    assert resources["Budget"]["Condition"] == "HasBudget"
    assert PARENT["Parameters"]["AlarmEmail"]["Default"] == ""
    assert PARENT["Parameters"]["MonthlyBudget"]["Default"] == 0
    for one in resources["Budget"]["Properties"]["NotificationsWithSubscribers"]:
        assert one["Subscribers"] == [{"SubscriptionType": "SNS", "Address": {"Ref": "Topic"}}]


@pytest.mark.parametrize(
    ("text", "good"), [("", True), ("me@example.org", True), ("me", False), ("a b@c", False)]
)
def test_an_alarm_address_looks_like_one(text: str, good: bool) -> None:
    assert bool(re.fullmatch(PARENT["Parameters"]["AlarmEmail"]["AllowedPattern"], text)) is good


# --- the dashboard ---------------------------------------------------------------------------

BODY: str = STACK["Resources"]["Dashboard"]["Properties"]["DashboardBody"]["Fn::Sub"]


def widgets(kind: str) -> list[dict[str, Any]]:
    """Widgets' properties, with every variable replaced by its own name."""
    board = json.loads(re.sub(r"\$\{([\w:]+)\}", r"\1", BODY))
    return [widget["properties"] for widget in board["widgets"] if widget["type"] == kind]


def drawn() -> Iterator[tuple[str, str, dict[str, str]]]:
    """Namespace, name and dimensions of every metric on the dashboard."""
    for properties in widgets("metric"):
        for row in properties["metrics"]:
            plain = [part for part in row if not isinstance(part, dict)]
            if plain:
                yield plain[0], plain[1], dict(zip(plain[2::2], plain[3::2], strict=True))
                continue
            found = re.fullmatch(
                r"SEARCH\('\{(\w+),([\w,]+)\} service=\"(\w+)\" MetricName=\"(\w+)\"', '\w+', 300\)",
                row[0]["expression"],
            )
            assert found, row
            dimensions = dict.fromkeys(found[2].split(","), "") | {"service": found[3]}
            yield found[1], found[4], dimensions


def test_the_dashboard_draws_what_is_emitted_and_all_of_ours() -> None:
    found = list(drawn())
    for namespace, metric, dimensions in found:
        check_exists(namespace, metric, dimensions)
    assert {metric for namespace, metric, _ in found if namespace == NAMESPACE} == METRICS.keys()


def test_the_dashboard_shows_every_queue_function_and_alarm() -> None:
    found = list(drawn())
    for metric in ("ApproximateAgeOfOldestMessage", "ApproximateNumberOfMessagesNotVisible"):
        shown = {d["QueueName"] for _, name, d in found if name == metric}
        assert shown == {name for name in QUEUES if "DeadLetter" not in name}
    visible = {d["QueueName"] for _, name, d in found if name == "ApproximateNumberOfMessagesVisible"}
    assert visible == QUEUES.keys()
    for metric in OF_AWS["AWS/Lambda"][1]:
        assert {d["FunctionName"] for _, name, d in found if name == metric} == FUNCTIONS.keys()
    (board,) = widgets("alarm")
    shown = {arn.rpartition(":alarm:")[2] for arn in board["alarms"]}
    assert shown == {
        a["AlarmName"]["Fn::Sub"].replace("${Service}", "Service") for a in BY_LEVEL["full"].values()
    }


def test_variables_of_the_dashboard_are_parameters() -> None:
    names = set(re.findall(r"\$\{([\w:]+)\}", BODY))
    assert {name for name in names if not name.startswith("AWS::")} <= STACK["Parameters"].keys()


def test_the_dashboard_reaches_back_over_a_weekend() -> None:
    """An edition tells where it stands when it is published: Friday's is to be seen on Monday."""
    found = re.fullmatch(r"-P(\d+)D", json.loads(re.sub(r"\$\{([\w:]+)\}", r"\1", BODY))["start"])
    assert found
    assert int(found[1]) >= 4


def test_widgets_do_not_overlap() -> None:
    taken: set[tuple[int, int]] = set()
    for widget in json.loads(re.sub(r"\$\{([\w:]+)\}", r"\1", BODY))["widgets"]:
        columns = range(widget["x"], widget["x"] + widget["width"])
        rows = range(widget["y"], widget["y"] + widget["height"])
        cells = {(x, y) for x in columns for y in rows}
        assert max(columns) < 24
        assert not cells & taken
        taken |= cells
