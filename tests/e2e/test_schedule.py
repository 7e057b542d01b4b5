"""The scheduler starts what the template says, by a role that may do that and no more."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from deployed_application import PAPERS, Application, until

from infrastructure.local.deploy import STACK


def schedules(application: Application) -> dict[str, dict[str, Any]]:
    """The stack's schedules by the end of their logical id."""
    resources = application.emulator.client("cloudformation").describe_stack_resources(StackName=STACK)
    client = application.emulator.client("scheduler")
    return {
        resource["LogicalResourceId"].removeprefix("FetchFunction"): client.get_schedule(
            Name=resource["PhysicalResourceId"].rpartition("/")[2].rpartition("|")[2]
        )
        for resource in resources["StackResources"]
        if resource["ResourceType"] == "AWS::Scheduler::Schedule"
    }


def put(application: Application, schedule: dict[str, Any], **changes: Any) -> None:
    kept = ("Name", "GroupName", "ScheduleExpression", "State", "Target", "FlexibleTimeWindow")
    fields = {name: schedule[name] for name in kept if name in schedule}
    application.emulator.client("scheduler").update_schedule(**{**fields, **changes})


def test_the_windows_schedule_makes_an_edition(application: Application) -> None:
    edition = application.announce()
    schedule = schedules(application)["AnnouncementWindow"]
    # The one thing changed is when: emulators take every time for UTC, and tests do not wait for midnight.
    soon = datetime.now(UTC) + timedelta(seconds=1)
    put(application, schedule, ScheduleExpression=f"at({soon:%Y-%m-%dT%H:%M:%S})", State="ENABLED")
    try:
        until(lambda: application.ledger_states(edition) == {"published": PAPERS}, "the edition")
    finally:
        put(application, schedule)


def test_the_watch_is_asked_with_its_input(application: Application) -> None:
    schedule = schedules(application)["Watch"]
    soon = datetime.now(UTC) + timedelta(seconds=1)
    put(application, schedule, ScheduleExpression=f"at({soon:%Y-%m-%dT%H:%M:%S})", State="ENABLED")
    try:
        until(lambda: application.logged("FetchLogGroup", "EditionOverdue"), "the watch's metric")
    finally:
        put(application, schedule)


@pytest.mark.parametrize("name", ["AnnouncementWindow", "LateAnnouncement", "Watch"])
def test_a_schedules_role_may_start_fetch_and_leave_a_dead_letter(
    application: Application, name: str
) -> None:
    target = schedules(application)[name]["Target"]
    function = application.emulator.client("lambda").get_function(
        FunctionName=application.stack.outputs["FetchFunctionName"]
    )["Configuration"]["FunctionArn"]
    assert target["Arn"] == function
    wanted = [
        ("lambda:InvokeFunction", function, "allowed"),
        ("sqs:SendMessage", target["DeadLetterConfig"]["Arn"], "allowed"),
        ("dynamodb:PutItem", "arn:aws:dynamodb:us-east-1:000000000000:table/any", "implicitDeny"),
    ]
    iam = application.emulator.client("iam")
    for action, resource, decision in wanted:
        answer = iam.simulate_principal_policy(
            PolicySourceArn=target["RoleArn"], ActionNames=[action], ResourceArns=[resource]
        )
        found = [result["EvalDecision"] for result in answer["EvaluationResults"]]
        assert found == [decision], json.dumps(target, default=str)
