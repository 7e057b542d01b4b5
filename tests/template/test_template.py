"""Invariants of the template that emulators and validators let pass."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from arxivdaily.adapters.sqs import _APART
from arxivdaily.settings import Settings
from aws_resources import load_template

TEMPLATE = load_template()
RESOURCES: dict[str, dict[str, Any]] = TEMPLATE["Resources"]


def of_type(kind: str) -> dict[str, dict[str, Any]]:
    return {name: r["Properties"] for name, r in RESOURCES.items() if r["Type"] == kind}


FUNCTIONS = of_type("AWS::Serverless::Function")
QUEUES = of_type("AWS::SQS::Queue")


def attribute(value: Any) -> str:
    """The logical id in a `!GetAtt X.Arn` or `!Ref X`."""
    if "Ref" in value:
        return str(value["Ref"])
    target = value["Fn::GetAtt"]
    return str(target[0] if isinstance(target, list) else target.split(".")[0])


def sources(function: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    for event in function.get("Events", {}).values():
        if event["Type"] == "SQS":
            yield attribute(event["Properties"]["Queue"]), event["Properties"]


@pytest.mark.parametrize("name", [n for n in QUEUES if "DeadLetter" not in n])
def test_every_queue_has_a_dead_letter_queue(name: str) -> None:
    policy = QUEUES[name]["RedrivePolicy"]
    assert policy["maxReceiveCount"] >= 5
    dead = QUEUES[attribute(policy["deadLetterTargetArn"])]
    assert dead.get("FifoQueue", False) == QUEUES[name].get("FifoQueue", False)


@pytest.mark.parametrize("name", [n for n in QUEUES if "DeadLetter" in n])
def test_dead_letters_are_kept_for_fourteen_days(name: str) -> None:
    assert QUEUES[name]["MessageRetentionPeriod"] == 14 * 24 * 3600


@pytest.mark.parametrize("name", QUEUES)
def test_queues_are_encrypted(name: str) -> None:
    assert QUEUES[name]["SqsManagedSseEnabled"] is True


@pytest.mark.parametrize("name", FUNCTIONS)
def test_visibility_is_at_least_six_times_the_timeout(name: str) -> None:
    for queue, event in sources(FUNCTIONS[name]):
        assert QUEUES[queue]["VisibilityTimeout"] >= 6 * FUNCTIONS[name]["Timeout"]
        assert event["FunctionResponseTypes"] == ["ReportBatchItemFailures"]


@pytest.mark.parametrize("name", FUNCTIONS)
def test_every_function_has_its_own_role_and_log_group_with_retention(name: str) -> None:
    function = FUNCTIONS[name]
    group = RESOURCES[attribute(function["LoggingConfig"]["LogGroup"])]
    assert group["Properties"]["RetentionInDays"] == {"Ref": "LogRetentionDays"}
    assert [attribute(f["Role"]) for f in FUNCTIONS.values()].count(attribute(function["Role"])) == 1


def statements() -> Iterator[tuple[str, dict[str, Any]]]:
    for name, role in of_type("AWS::IAM::Role").items():
        for policy in role["Policies"]:
            for statement in policy["PolicyDocument"]["Statement"]:
                yield name, statement.get("Fn::If", [None, statement])[1]


def test_no_wildcards_in_policies_but_the_reasoned_ones() -> None:
    for name, statement in statements():
        actions = statement["Action"]
        for action in actions if isinstance(actions, list) else [actions]:
            assert "*" not in action, f"{name}: {action}"
        if statement["Resource"] == "*":
            assert statement["Sid"] == "Trace", f"{name}: {statement['Sid']} names no resource"


def test_schedules_are_in_arxivs_time_zone_and_fetch_on_weekdays() -> None:
    events = FUNCTIONS["FetchFunction"]["Events"]
    assert events.keys() == {"AnnouncementWindow", "LateAnnouncement", "Watch", "Repair"}
    for name, event in events.items():
        properties = event["Properties"]
        assert event["Type"] == "ScheduleV2"
        assert properties["ScheduleExpressionTimezone"] == "America/New_York"
        fields = properties["ScheduleExpression"].removeprefix("cron(").removesuffix(")").split()
        assert len(fields) == 6
        assert fields[4] == ("?" if name in ("Watch", "Repair") else "MON-FRI")
        assert "DeadLetterConfig" in properties


def test_state_survives_the_stack() -> None:
    for name in ("Table", "SiteBucket"):
        assert RESOURCES[name]["DeletionPolicy"] == "RetainExceptOnCreate"
        assert RESOURCES[name]["UpdateReplacePolicy"] == "Retain"
    table = RESOURCES["Table"]["Properties"]
    assert table["PointInTimeRecoverySpecification"]["PointInTimeRecoveryEnabled"] is True
    assert table["SSESpecification"]["SSEEnabled"] is True
    assert table["DeletionProtectionEnabled"] is True


def test_the_bucket_is_private() -> None:
    block = RESOURCES["SiteBucket"]["Properties"]["PublicAccessBlockConfiguration"]
    assert set(block) == {"BlockPublicAcls", "BlockPublicPolicy", "IgnorePublicAcls", "RestrictPublicBuckets"}
    assert all(block.values())


def test_messages_that_are_kept_apart_do_not_meet_in_a_batch() -> None:
    for name in ("ClassifyFunction", "TranslateFunction"):
        (event,) = FUNCTIONS[name]["Events"].values()
        assert event["Properties"]["MaximumBatchingWindowInSeconds"] < _APART


def test_the_render_queue_waits_as_long_as_its_deduplication_slot() -> None:
    assert QUEUES["RenderQueue"]["DelaySeconds"] == {"Ref": "RenderWindow"}
    for name in ("FetchFunction", "ClassifyFunction", "TranslateFunction"):
        variables = FUNCTIONS[name]["Environment"]["Variables"]
        assert variables["RENDER_WINDOW"] == {"Ref": "RenderWindow"}


def environment_name(parameter: str) -> str:
    return "".join(f"_{c}" if c.isupper() else c for c in parameter).strip("_").upper()


# Parameters of the resources themselves, which no function reads.
OF_RESOURCES = {
    "ClassifyConcurrency",
    "TranslateConcurrency",
    "TranslateBatchSize",
    "ScheduleState",
    "LogLevel",
    "LogRetentionDays",
    "Observability",
    "AlarmEmail",
    "MonthlyBudget",
    "ArxivSiteUrl",
    "Edge",
    "DomainName",
    "DomainAlias",
    "CertificateArn",
    "HostedZoneId",
    "PriceClass",
    "WebAclArn",
    "AccessLogDays",
}


@pytest.mark.parametrize("name", TEMPLATE["Parameters"])
def test_a_parameter_is_named_after_its_environment_variable(name: str) -> None:
    assert TEMPLATE["Parameters"][name]["Description"]
    if name in OF_RESOURCES:
        return
    variable = environment_name(name)
    assert hasattr(Settings(), variable.lower())
    readers = [f["Environment"]["Variables"].get(variable) for f in FUNCTIONS.values()]
    # SiteUrl has another source where it is not set.
    assert any({"Ref": name} in (reader, *_choices(reader)) for reader in readers)


def _choices(value: Any) -> list[Any]:
    return value["Fn::If"][1:] if isinstance(value, dict) and "Fn::If" in value else []


@pytest.mark.parametrize("name", FUNCTIONS)
def test_functions_are_given_only_settings_that_exist(name: str) -> None:
    for variable in FUNCTIONS[name]["Environment"]["Variables"]:
        assert hasattr(Settings(), variable.lower())


def test_no_secret_stands_in_the_template() -> None:
    assert "LlmApiKey" not in TEMPLATE["Parameters"]
    for function in FUNCTIONS.values():
        assert "LLM_API_KEY" not in function["Environment"]["Variables"]
