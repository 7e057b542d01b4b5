"""Invariants of the template that emulators and validators let pass."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Iterator
from typing import Any

import pytest
from arxivdaily.adapters.sqs import _APART
from arxivdaily.settings import Settings
from aws_resources import TEMPLATE as TEMPLATE_FILE
from aws_resources import load_template
from cloudformation import resolved, values
from samtranslator.yaml_helper import yaml_parse
from transformed import transformed

from infrastructure.local.deploy import variable_of

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
    # SQS counts what Lambda throttles, too. A message that no function sees comes back when its visibility
    # ends: less often, in all the time that it is kept, than SQS counts. (Functions pause: test_entrypoint.)
    assert policy["maxReceiveCount"] == 1000, "SQS's highest"
    kept = QUEUES[name]["MessageRetentionPeriod"] / QUEUES[name]["VisibilityTimeout"]
    assert kept < policy["maxReceiveCount"]
    dead = QUEUES[attribute(policy["deadLetterTargetArn"])]
    assert dead.get("FifoQueue", False) == QUEUES[name].get("FifoQueue", False)


@pytest.mark.parametrize("name", QUEUES)
def test_messages_are_kept_for_fourteen_days(name: str) -> None:
    """SQS's most. A message that grows older is lost without a trace, in a dead-letter queue too."""
    assert QUEUES[name]["MessageRetentionPeriod"] == 14 * 24 * 3600


def test_every_dead_letter_queue_has_one_source() -> None:
    from_queues = [
        attribute(q["RedrivePolicy"]["deadLetterTargetArn"]) for q in QUEUES.values() if "RedrivePolicy" in q
    ]
    from_schedules = {attribute(event["DeadLetterConfig"]["Arn"]) for event in schedules().values()}
    assert sorted([*from_queues, *from_schedules]) == sorted(n for n in QUEUES if "DeadLetter" in n)


def schedules() -> dict[str, dict[str, Any]]:
    return {
        f"{name}.{key}": event["Properties"]
        for name, function in FUNCTIONS.items()
        for key, event in function["Events"].items()
        if event["Type"] == "ScheduleV2"
    }


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


FILES = {
    name: (TEMPLATE_FILE.parent / name).read_text("utf-8")
    for name in ("template.yaml", "infrastructure/edge.yaml", "infrastructure/observability.yaml")
}


def statements(value: Any) -> Iterator[dict[str, Any]]:
    """Every statement of every policy in a template: of roles, buckets, keys, topics."""
    if isinstance(value, list):
        for item in value:
            yield from statements(item)
    elif isinstance(value, dict):
        if value.get("Effect") in ("Allow", "Deny"):
            yield value
        for item in value.values():
            yield from statements(item)


@pytest.mark.parametrize("file", FILES)
def test_a_reason_stands_beside_every_wildcard_in_a_policy(file: str) -> None:
    """In an action or an ARN: as a comment at the statement's Sid, wherever that stands."""
    found = list(statements(yaml_parse(FILES[file])))
    assert len(found) >= FILES[file].count("Effect: ") > 0  # an anchor counts at each of its uses
    for statement in found:
        if "*" in json.dumps([statement["Action"], statement.get("Resource")]):
            lines = re.findall(rf"Sid: {statement.get('Sid')}\b(.*)", FILES[file])
            assert lines
            for rest in lines:
                assert re.match(r" # \S+( \S+){2,}", rest), f"{statement.get('Sid')}: why a wildcard?"


def test_no_role_has_a_wildcard_in_an_action() -> None:
    for role in of_type("AWS::IAM::Role").values():
        for statement in statements(role["Policies"]):
            assert "*" not in json.dumps(statement["Action"])


def test_the_transformed_schedules_have_a_time_zone_six_fields_and_a_dead_letter_queue() -> None:
    made = [r["Properties"] for r in transformed()["Resources"].values() if r["Type"].endswith("::Schedule")]
    assert len(made) == len(schedules()) > 0
    for schedule in made:
        assert schedule["ScheduleExpressionTimezone"] == "America/New_York"
        assert re.fullmatch(r"cron\((\S+ ){5}\S+\)", schedule["ScheduleExpression"])
        assert "DeadLetterConfig" in schedule["Target"]


def test_everything_deployed_is_tagged() -> None:
    """A stack's tags go to every resource of it that has tags, and to its nested stacks."""
    environments = tomllib.loads((TEMPLATE_FILE.parent / "samconfig.toml").read_text("utf-8"))
    del environments["version"]
    assert environments.keys() == {"default", "dev", "prod"}
    for name, environment in environments.items():
        tags = dict(tag.split("=") for tag in environment["deploy"]["parameters"]["tags"].split())
        assert tags == {"project": "arxivdaily"} | ({} if name == "default" else {"environment": name})


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
    for chosen in ("true", "false"):
        given = values(TEMPLATE, TableProtection=chosen)
        assert resolved(table, given, TEMPLATE["Conditions"])["DeletionProtectionEnabled"] is (
            chosen == "true"
        )


# --- a first deployment that fails ----------------------------------------------------------

TEMPLATES = {name: yaml_parse(text) for name, text in FILES.items()} | {"transformed": transformed()}
EVERY = [(f, n, r) for f, template in TEMPLATES.items() for n, r in template["Resources"].items()]
EACH = pytest.mark.parametrize(
    ("file", "name", "resource"), EVERY, ids=[f"{file.rpartition('/')[2]}:{name}" for file, name, _ in EVERY]
)
# Properties with which a service refuses to delete what it has just made, or keeps it for years.
UNDELETABLE = re.compile(
    r"(Deletion|Termination)Protection|ObjectLockEnabled|LockConfiguration|^Prevent|^Protect"
)


def properties_of(value: Any) -> Iterator[tuple[str, Any]]:
    """Every property with its value, however deep."""
    if isinstance(value, list):
        for item in value:
            yield from properties_of(item)
    elif isinstance(value, dict):
        for key, item in value.items():
            yield key, item
            yield from properties_of(item)


@EACH
def test_what_a_failed_creation_leaves_can_be_deleted(file: str, name: str, resource: dict[str, Any]) -> None:
    """CloudFormation deletes what it made: nothing may refuse that, or stay behind, by default."""
    assert resource.get("DeletionPolicy", "Delete") in ("Delete", "RetainExceptOnCreate")
    template = TEMPLATES[file]
    given = values(template)  # what is deployed first, by somebody who chooses nothing
    for key, value in properties_of(resource["Properties"]):
        if UNDELETABLE.search(key):
            assert resolved(value, given, template.get("Conditions", {})) in (False, "false"), key


def test_a_retained_resource_has_no_name_that_the_next_stack_wants() -> None:
    for file, name, resource in EVERY:
        if "Retain" in resource.get("DeletionPolicy", "") + resource.get("UpdateReplacePolicy", ""):
            named = {key for key in resource["Properties"] if key.endswith("Name")}
            assert not named, f"{file}: {name}"


# --- names -----------------------------------------------------------------------------------

# Whose names are an account's whatever the region (or everybody's: buckets'), with the property that has
# the name: the services' pages on quotas and naming. The values are those of AWS::StackName and the like.
NAMES_OF_THE_ACCOUNT = {
    "AWS::Budgets::Budget": "BudgetName",
    "AWS::CloudFront::CachePolicy": "Name",
    "AWS::CloudFront::Function": "Name",
    "AWS::CloudFront::KeyValueStore": "Name",
    "AWS::CloudFront::OriginAccessControl": "Name",
    "AWS::CloudFront::OriginRequestPolicy": "Name",
    "AWS::CloudFront::ResponseHeadersPolicy": "Name",
    "AWS::CloudWatch::Dashboard": "DashboardName",
    "AWS::IAM::Group": "GroupName",
    "AWS::IAM::InstanceProfile": "InstanceProfileName",
    "AWS::IAM::ManagedPolicy": "ManagedPolicyName",
    "AWS::IAM::Role": "RoleName",
    "AWS::IAM::User": "UserName",
    "AWS::S3::Bucket": "BucketName",
}
# Services all of whose names are the account's: a type of theirs must stand above, or have no name.
GLOBAL_SERVICES = ("AWS::Budgets::", "AWS::CloudFront::", "AWS::IAM::", "AWS::Route53::", "AWS::WAFv2::")
NAMELESS = {"AWS::CloudFront::Distribution", "AWS::Route53::RecordSetGroup"}  # the domain's owner is asked


def names_stacks_apart(name: Any) -> bool:
    """Whether a name is another one in every region and for every stack."""
    text = json.dumps(name)
    by_stack = "${AWS::StackName}" in text or "${Service}" in text  # the nested stack's parameter
    return "AWS::StackId" in text or (by_stack and "${AWS::Region}" in text)


@EACH
def test_a_second_stack_in_another_region_has_its_own_names(
    file: str, name: str, resource: dict[str, Any]
) -> None:
    kind = resource["Type"]
    if kind.startswith(GLOBAL_SERVICES):
        assert kind in NAMES_OF_THE_ACCOUNT or kind in NAMELESS, f"{file}: are {kind}'s names the account's?"
    if (key := NAMES_OF_THE_ACCOUNT.get(kind)) is None:
        return
    found = [value for at, value in properties_of(resource["Properties"]) if at == key]
    assert len(found) <= 1
    for value in found:  # none: CloudFormation makes one up, which is unique
        assert names_stacks_apart(value), value


def test_the_parent_gives_its_own_name_as_service() -> None:
    given = RESOURCES["ObservabilityStack"]["Properties"]["Parameters"]
    assert given["Service"] == {"Ref": "AWS::StackName"}


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


# Parameters of the resources themselves, which no function reads.
OF_RESOURCES = {
    "ClassifyConcurrency",
    "TranslateConcurrency",
    "TranslateBatchSize",
    "ScheduleState",
    "PermissionsBoundary",
    "TableProtection",
    "LogLevel",
    "LogRetentionDays",
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
    variable = variable_of(name)
    assert hasattr(Settings(), variable.lower())
    every = TEMPLATE["Globals"]["Function"]
    readers = [f["Environment"]["Variables"].get(variable) for f in (every, *FUNCTIONS.values())]
    # SiteUrl has another source where it is not set.
    assert any({"Ref": name} in (reader, *_choices(reader)) for reader in readers)


def _choices(value: Any) -> list[Any]:
    return value["Fn::If"][1:] if isinstance(value, dict) and "Fn::If" in value else []


def test_a_new_account_can_run_the_application_at_its_busiest() -> None:
    """It runs ten functions at once (Lambda's quota of a new account), and whoever finds no place is
    throttled. Enrich and render read FIFO queues of one message group, so one of each runs."""
    unbounded = [
        name
        for name, function in FUNCTIONS.items()
        for queue, event in sources(function)
        if "ScalingConfig" not in event and not QUEUES[queue].get("FifoQueue")
    ]
    assert unbounded == []
    bounds = [event["ScalingConfig"]["MaximumConcurrency"]["Ref"]
              for function in FUNCTIONS.values() for _, event in sources(function)
              if "ScalingConfig" in event]  # fmt: skip
    defaults = [int(TEMPLATE["Parameters"][name]["Default"]) for name in bounds]
    assert len(bounds) == 2
    assert sum(defaults) + len(FUNCTIONS) - len(bounds) <= 10
    assert min(defaults) >= 2, "SQS event sources take no less"


def test_a_new_account_is_asked_for_few_answers_at_once() -> None:
    """Its quotas of a model are a fraction of what the documentation lists, and each call's `maxTokens` is
    deducted from them when it begins (Bedrock's user guide, "Quotas")."""
    default = {name: int(TEMPLATE["Parameters"][name]["Default"])
               for name in ("ClassifyConcurrency", "TranslateConcurrency", "LlmConcurrency")}  # fmt: skip
    invocations = default["ClassifyConcurrency"] + default["TranslateConcurrency"]
    assert invocations * default["LlmConcurrency"] <= 20


@pytest.mark.parametrize("name", FUNCTIONS)
def test_functions_are_given_only_settings_that_exist(name: str) -> None:
    for variable in FUNCTIONS[name]["Environment"]["Variables"]:
        assert hasattr(Settings(), variable.lower())


def test_no_secret_stands_in_the_template() -> None:
    secret = re.compile(r"key|secret|token|password|credential", re.IGNORECASE)
    # The name of an SSM SecureString is none.
    assert [name for name in TEMPLATE["Parameters"] if secret.search(name)] == ["LlmApiKeyParameter"]
    for function in FUNCTIONS.values():
        variables = function["Environment"]["Variables"]
        assert {name for name in variables if secret.search(name)} <= {"LLM_API_KEY_PARAMETER"}
    shipped = [*FILES.values(), (TEMPLATE_FILE.parent / "samconfig.toml").read_text("utf-8")]
    for text in shipped:
        assert "{{resolve:" not in text, "CloudFormation would write the secret into an environment"
        assert not re.search(r"\bAKIA[A-Z0-9]{16}\b|\bsk-[A-Za-z0-9]{16}|-----BEGIN", text)
