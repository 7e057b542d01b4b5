"""The policies to copy: enough for every resource of every template, and no more than a name's worth.

What CloudFormation calls to make, change, read and delete a resource stands in its type's schema, which
cfn-lint ships as the registry has it (`handlers`). A type that comes to a template without its permissions
fails here.
"""

from __future__ import annotations

import fnmatch
import json
import re
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from aws_resources import load_template
from samtranslator.yaml_helper import yaml_parse
from transformed import transformed

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / "infrastructure" / "permissions"
FILES = sorted(FOLDER.glob("*.json"))
MANUAL = (ROOT / "docs" / "operations.md").read_text("utf-8")
Statement = Mapping[str, Any]


def listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def statements(*names: str) -> list[Statement]:
    return [one for name in names for one in json.loads((FOLDER / name).read_text("utf-8"))["Statement"]]


DEPLOY = statements("deploy.json", "deploy-edge-and-watching.json")
BOUNDARY = statements("boundary.json")
TEMPLATES = [
    transformed(),
    *(yaml_parse((ROOT / "infrastructure" / f"{name}.yaml").read_text("utf-8"))
      for name in ("edge", "observability")),
]  # fmt: skip
RESOURCES = [resource for template in TEMPLATES for resource in template["Resources"].values()]
TYPES = sorted({resource["Type"] for resource in RESOURCES})


def allows(policy: Sequence[Statement], action: str, resource: str) -> bool:
    """Whether a statement covers both, its condition apart (tests below read those)."""
    return any(
        any(fnmatch.fnmatchcase(action.lower(), one.lower()) for one in listed(statement["Action"]))
        and any(fnmatch.fnmatchcase(resource, one) for one in listed(statement["Resource"]))
        for statement in policy
    )


# --- what CloudFormation does -----------------------------------------------------------------

_READ_SCHEMAS = """
import json, sys
from cfnlint.schema import PROVIDER_SCHEMA_MANAGER as manager
found = {}
for kind in sys.argv[1:]:
    schema = manager.get_resource_schema("us-east-1", kind).schema
    handlers = schema.get("handlers") or {}
    needed = {p for name, h in handlers.items() if name != "list" for p in h.get("permissions", ())}
    found[kind] = sorted(needed | set(schema.get("tagging", {}).get("permissions", ())))
print(json.dumps(found))
"""


@cache
def by_schema() -> Mapping[str, list[str]]:
    python = ROOT / ".venv-sam" / "bin" / "python"
    ran = subprocess.run(  # noqa: S603
        [str(python), "-c", _READ_SCHEMAS, *TYPES], capture_output=True, text=True, check=True, timeout=120
    )
    found: Mapping[str, list[str]] = json.loads(ran.stdout)
    return found


# A resource of each type as its ARN: physical names begin with the stack's, nested or not.
_STACK = "arxivdaily-dev"
_HERE = "REGION:ACCOUNT_ID"
ARNS = {
    "AWS::Budgets::Budget": f"arn:aws:budgets::ACCOUNT_ID:budget/{_STACK}-REGION-monthly",
    "AWS::CloudFormation::Stack": f"arn:aws:cloudformation:{_HERE}:stack/{_STACK}-EdgeStack-1X/uuid",
    "AWS::CloudFront::CachePolicy": "arn:aws:cloudfront::ACCOUNT_ID:cache-policy/uuid",
    "AWS::CloudFront::Distribution": "arn:aws:cloudfront::ACCOUNT_ID:distribution/E1X",
    "AWS::CloudFront::Function": "arn:aws:cloudfront::ACCOUNT_ID:function/arxivdaily-rewrite-uuid",
    "AWS::CloudFront::OriginAccessControl": "arn:aws:cloudfront::ACCOUNT_ID:origin-access-control/E1X",
    "AWS::CloudFront::ResponseHeadersPolicy": "arn:aws:cloudfront::ACCOUNT_ID:response-headers-policy/uuid",
    "AWS::CloudWatch::Alarm": f"arn:aws:cloudwatch:{_HERE}:alarm:{_STACK}-edition-overdue",
    "AWS::CloudWatch::Dashboard": f"arn:aws:cloudwatch::ACCOUNT_ID:dashboard/{_STACK}-REGION",
    "AWS::DynamoDB::Table": f"arn:aws:dynamodb:{_HERE}:table/{_STACK}-Table-1X",
    "AWS::IAM::Role": f"arn:aws:iam::ACCOUNT_ID:role/{_STACK}-FetchRole-1X",
    "AWS::KMS::Key": f"arn:aws:kms:{_HERE}:key/uuid",
    "AWS::Lambda::EventSourceMapping": f"arn:aws:lambda:{_HERE}:event-source-mapping:uuid",
    "AWS::Lambda::Function": f"arn:aws:lambda:{_HERE}:function:{_STACK}-FetchFunction-1X",
    "AWS::Lambda::LayerVersion": f"arn:aws:lambda:{_HERE}:layer:{_STACK}-dependencies:1",
    "AWS::Logs::LogGroup": f"arn:aws:logs:{_HERE}:log-group:{_STACK}-FetchLogGroup-1X",
    "AWS::Route53::RecordSetGroup": "arn:aws:route53:::hostedzone/Z1X",
    "AWS::S3::Bucket": f"arn:aws:s3:::{_STACK}-sitebucket-1x",
    "AWS::S3::BucketPolicy": f"arn:aws:s3:::{_STACK}-sitebucket-1x",
    "AWS::SNS::Subscription": f"arn:aws:sns:{_HERE}:{_STACK}-ObservabilityStack-1X-Topic-1X",
    "AWS::SNS::Topic": f"arn:aws:sns:{_HERE}:{_STACK}-ObservabilityStack-1X-Topic-1X",
    "AWS::SNS::TopicPolicy": f"arn:aws:sns:{_HERE}:{_STACK}-ObservabilityStack-1X-Topic-1X",
    "AWS::SQS::Queue": f"arn:aws:sqs:{_HERE}:{_STACK}-PapersQueue-1X",
    "AWS::Scheduler::Schedule": f"arn:aws:scheduler:{_HERE}:schedule/default/{_STACK}-FetchFunctionWatch-1X",
}  # fmt: skip
# Where an action is about something else than the resource.
ELSEWHERE = {
    "iam:PassRole": ARNS["AWS::IAM::Role"],
    "s3:GetObject": "arn:aws:s3:::aws-sam-cli-managed-default-1x/arxivdaily/1",
    "s3:GetObjectVersion": "arn:aws:s3:::aws-sam-cli-managed-default-1x/arxivdaily/1",
    "billing:GetBillingViewData": "arn:aws:billing::ACCOUNT_ID:billingview/primary",
    "kms:CreateKey": "*",
    "logs:DescribeLogGroups": "*",
    "logs:DescribeIndexPolicies": "*",
    "logs:DescribeResourcePolicies": "*",
    "cloudwatch:DescribeAlarms": ARNS["AWS::CloudWatch::Alarm"],
}
# Types that the registry describes without permissions: Route 53's page on RecordSetGroup.
UNDESCRIBED = {
    "AWS::Route53::RecordSetGroup": [
        "route53:ChangeResourceRecordSets",
        "route53:GetChange",
        "route53:GetHostedZone",
        "route53:ListResourceRecordSets",
    ]
}

# What a type's handlers need for properties that none of our resources has: the pattern of the actions, and
# the properties. A property that comes to a template brings its permissions back.
FOR_PROPERTIES: Mapping[str, Sequence[tuple[str, tuple[str, ...]]]] = {
    "AWS::CloudFormation::Stack": [
        ("cloudformation:SetStackPolicy", ("StackPolicyBody", "StackPolicyURL")),
        ("cloudformation:UpdateTerminationProtection", ("EnableTerminationProtection",)),
        ("iam:PassRole", ("RoleARN",)),
    ],
    "AWS::CloudFront::Distribution": [
        ("cloudfront:*ConnectionGroup", ("ConnectionMode", "TenantConfig")),
        ("cloudfront:CreateDistributionWithTags", ()),
        ("cloudfront:GetVpcOrigin", ("VpcOriginConfig",)),
        ("cloudfront:UpdateDistributionWithStagingConfig", ("Staging", "ContinuousDeploymentPolicyId")),
    ],
    "AWS::DynamoDB::Table": [
        ("dynamodb:*TableReplica", ("Replicas",)),
        ("dynamodb:*ContributorInsights", ("ContributorInsightsSpecification",)),
        ("dynamodb:*KinesisStreamingDestination", ("KinesisStreamSpecification",)),
        ("dynamodb:ImportTable", ("ImportSourceSpecification",)),
        ("dynamodb:DescribeImport", ("ImportSourceSpecification",)),
        ("dynamodb:*Item", ("ImportSourceSpecification",)),
        ("dynamodb:Query", ("ImportSourceSpecification",)),
        ("dynamodb:Scan", ("ImportSourceSpecification",)),
        ("dynamodb:*ResourcePolicy", ("ResourcePolicy",)),
        ("iam:CreateServiceLinkedRole", ("ImportSourceSpecification", "Replicas")),
        ("kinesis:*", ("KinesisStreamSpecification",)),
        ("kms:*", ("KMSMasterKeyId",)),
        ("logs:*", ("ImportSourceSpecification",)),
        ("s3:*", ("ImportSourceSpecification",)),
    ],
    "AWS::IAM::Role": [
        ("iam:AttachRolePolicy", ("ManagedPolicyArns",)),
        ("iam:DetachRolePolicy", ("ManagedPolicyArns",)),
        # Not given: who may take the boundary away is not bound.
        ("iam:DeleteRolePermissionsBoundary", ()),
    ],
    "AWS::Lambda::EventSourceMapping": [("kms:*", ("KmsKeyArn",))],
    "AWS::Lambda::Function": [
        ("ec2:*", ("VpcConfig",)),
        ("elasticfilesystem:*", ("FileSystemConfigs",)),
        ("s3files:*", ("FileSystemConfigs",)),
        ("kms:*", ("KmsKeyArn", "SourceKMSKeyArn")),
        ("lambda:*CodeSigningConfig", ("CodeSigningConfigArn",)),
        ("lambda:*FunctionConcurrency", ("ReservedConcurrentExecutions",)),
        ("lambda:*FunctionRecursionConfig", ("RecursiveLoop",)),
        ("lambda:*FunctionScalingConfig", ("FunctionScalingConfig",)),
        ("lambda:PassCapacityProvider", ("CapacityProviderConfig",)),
        ("lambda:PublishVersion", ("PublishToLatestPublished", "SnapStart")),
        ("lambda:AssociateRuntimeAlias", ("RuntimeManagementConfig",)),
    ],
    "AWS::Logs::LogGroup": [
        ("firehose:*", ("LogGroupClass",)),
        ("s3:REST.PUT.OBJECT", ("LogGroupClass",)),
        ("logs:*KmsKey", ("KmsKeyId",)),
        ("logs:*DataProtectionPolicy", ("DataProtectionPolicy",)),
        ("logs:*IndexPolicy", ("FieldIndexPolicies",)),
        ("logs:*ResourcePolicy", ("ResourcePolicyDocument",)),
        ("logs:CreateLogDelivery", ("LogGroupClass",)),
        ("logs:PutBearerTokenAuthentication", ("BearerTokenAuthenticationEnabled",)),
        ("logs:PutLogGroupDeletionProtection", ("DeletionProtectionEnabled",)),
    ],
    "AWS::S3::Bucket": [
        ("iam:PassRole", ("ReplicationConfiguration",)),
        ("s3tables:*", ("MetadataTableConfiguration", "MetadataConfiguration")),
        ("s3:*Metadata*Table*", ("MetadataTableConfiguration", "MetadataConfiguration")),
        ("s3:*Accelerate*", ("AccelerateConfiguration",)),
        ("s3:*Analytics*", ("AnalyticsConfigurations",)),
        ("s3:*Cors", ("CorsConfiguration",)),
        ("s3:*CORS", ("CorsConfiguration",)),
        ("s3:*IntelligentTiering*", ("IntelligentTieringConfigurations",)),
        ("s3:*Inventory*", ("InventoryConfigurations",)),
        ("s3:*Metrics*", ("MetricsConfigurations",)),
        ("s3:*ObjectLock*", ("ObjectLockConfiguration", "ObjectLockEnabled")),
        ("s3:*Replication*", ("ReplicationConfiguration",)),
        ("s3:*Website", ("WebsiteConfiguration",)),
        ("s3:PutBucketLogging", ("LoggingConfiguration",)),
        ("s3:PutBucketNotification", ("NotificationConfiguration",)),
        ("s3:PutBucketVersioning", ("VersioningConfiguration",)),
        ("s3:PutBucketAbac", ("AbacStatus",)),
        ("s3:PutObjectAcl", ("AccessControl",)),
        # Handlers of properties that may be taken away again; ours stay as long as their bucket.
        ("s3:DeleteBucketEncryption", ()),
        ("s3:DeleteBucketLifecycle", ()),
        ("s3:DeleteBucketTagging", ()),
        ("s3:DeleteObject", ()),
    ],
    "AWS::SNS::Subscription": [("iam:*", ("SubscriptionRoleArn",))],
    "AWS::SNS::Topic": [
        ("iam:*", ("DeliveryStatusLogging",)),
        ("sns:PutDataProtectionPolicy", ("DataProtectionPolicy",)),
    ],
}


def has_property(kind: str, name: str) -> bool:
    def anywhere(value: Any) -> bool:
        if isinstance(value, list):
            return any(map(anywhere, value))
        return isinstance(value, dict) and (name in value or any(map(anywhere, value.values())))

    return any(anywhere(r.get("Properties", {})) for r in RESOURCES if r["Type"] == kind)


def needed(kind: str) -> Iterator[str]:
    for action in [*by_schema()[kind], *UNDESCRIBED.get(kind, ())]:
        patterns = [
            names for pattern, names in FOR_PROPERTIES.get(kind, ()) if fnmatch.fnmatchcase(action, pattern)
        ]
        unused = any(not any(has_property(kind, name) for name in names) for names in patterns)
        if not unused:
            yield action


@pytest.mark.parametrize("kind", TYPES)
def test_the_deployment_may_make_change_read_and_delete(kind: str) -> None:
    actions = list(needed(kind))
    assert actions, f"{kind}: the registry names no permissions; add them to UNDESCRIBED"
    missing = [one for one in actions if not allows(DEPLOY, one, ELSEWHERE.get(one, ARNS[kind]))]
    assert not missing


@pytest.mark.parametrize("kind", FOR_PROPERTIES)
def test_what_is_left_out_is_a_permission_of_its_type(kind: str) -> None:
    for pattern, _ in FOR_PROPERTIES[kind]:
        assert fnmatch.filter(by_schema()[kind], pattern), f"{kind}: nothing needs {pattern} any more"


def test_what_the_sam_cli_does_is_allowed() -> None:
    stacks = [
        f"arn:aws:cloudformation:{_HERE}:stack/{name}/uuid"
        for name in ("arxivdaily", "arxivdaily-prod", "aws-sam-cli-managed-default")
    ]
    calls = (
        "CreateChangeSet DescribeChangeSet ExecuteChangeSet DescribeStacks DescribeStackEvents GetTemplate"
    )
    for stack in stacks:
        for call in f"{calls} DeleteStack DeleteChangeSet GetTemplateSummary ListStackResources".split():
            assert allows(DEPLOY, f"cloudformation:{call}", stack)
    transform = "arn:aws:cloudformation:REGION:aws:transform/Serverless-2016-10-31"
    assert allows(DEPLOY, "cloudformation:CreateChangeSet", transform)
    bucket = "arn:aws:s3:::aws-sam-cli-managed-default-samclisourcebucket-1x"
    made = "CreateBucket PutBucketVersioning PutBucketPolicy PutBucketTagging PutEncryptionConfiguration"
    for call in f"{made} PutBucketPublicAccessBlock ListBucket GetBucketLocation".split():
        assert allows(DEPLOY, f"s3:{call}", bucket)
    for call in ("PutObject", "GetObject"):
        assert allows(DEPLOY, f"s3:{call}", f"{bucket}/arxivdaily/1.template")


def test_nobody_else_is_touched() -> None:
    """Another application of the account: its function, table, bucket, queue, role, stack."""
    others = [arn.replace(_STACK, "payroll") for arn in ARNS.values() if _STACK in arn]
    assert len(others) > 12
    for action in {action for kind in TYPES for action in by_schema()[kind]}:
        for arn in others:
            found = [
                one for one in DEPLOY
                if "Condition" not in one and allows([one], action, arn) and one["Resource"] != "*"
            ]  # fmt: skip
            assert not found, (action, arn)


def test_roles_are_made_with_the_boundary_alone_and_passed_to_their_services_alone() -> None:
    boundary = "arn:aws:iam::ACCOUNT_ID:policy/boundary-arxivdaily"
    by_action = {
        action: one for one in DEPLOY for action in listed(one["Action"]) if action.startswith("iam:")
    }
    for action in ("iam:CreateRole", "iam:PutRolePolicy", "iam:PutRolePermissionsBoundary"):
        assert by_action[action]["Condition"] == {"StringEquals": {"iam:PermissionsBoundary": boundary}}
    for action in ("iam:AttachRolePolicy", "iam:DeleteRolePermissionsBoundary", "iam:CreatePolicyVersion"):
        assert not any(fnmatch.fnmatchcase(action, one) for one in by_action)
    passed = by_action["iam:PassRole"]["Condition"]["StringEquals"]["iam:PassedToService"]
    assert set(passed) == {
        service
        for resource in RESOURCES
        if resource["Type"] == "AWS::IAM::Role"
        for statement in resource["Properties"]["AssumeRolePolicyDocument"]["Statement"]
        for service in listed(statement["Principal"]["Service"])
    }


def test_a_key_is_tagged_when_it_is_made_and_others_are_not_taken_over() -> None:
    """A key has no tag before it is made: permission to tag a new one must not ask for any ("Controlling
    access to tags" in KMS's guide). Without the other condition whoever deploys could tag another's key."""
    of_keys = [one for one in DEPLOY if "kms:TagResource" in listed(one["Action"])]
    (tags,) = of_keys
    assert listed(tags["Action"]) == ["kms:TagResource"]
    assert "ResourceTag" not in json.dumps(tags["Condition"])
    assert tags["Condition"]["ForAnyValue:StringEquals"] == {"aws:CalledVia": "cloudformation.amazonaws.com"}
    for one in DEPLOY:
        others = {a for a in listed(one["Action"]) if a.startswith("kms:")} - {
            "kms:CreateKey",
            "kms:TagResource",
        }
        assert not others or one["Condition"] == {"StringEquals": {"aws:ResourceTag/project": "arxivdaily"}}


# --- the boundary -----------------------------------------------------------------------------

ROLES = {
    name: r["Properties"] for name, r in TEMPLATES[0]["Resources"].items() if r["Type"] == "AWS::IAM::Role"
}


def allowed(value: Any) -> Iterator[Statement]:
    if isinstance(value, list):
        for item in value:
            yield from allowed(item)
    elif isinstance(value, dict):
        if value.get("Effect") == "Allow":
            yield value
        for item in value.values():
            yield from allowed(item)


@pytest.mark.parametrize("name", ROLES)
def test_every_role_takes_the_boundary_and_fits_into_it(name: str) -> None:
    assert ROLES[name]["PermissionsBoundary"] == {
        "Fn::If": ["HasBoundary", {"Ref": "PermissionsBoundary"}, {"Ref": "AWS::NoValue"}]
    }
    bound = {action for statement in BOUNDARY for action in listed(statement["Action"])}
    for statement in allowed(ROLES[name]["Policies"]):
        assert set(listed(statement["Action"])) <= bound


def test_the_boundary_has_nothing_that_no_role_needs() -> None:
    used = {a for role in ROLES.values() for one in allowed(role["Policies"]) for a in listed(one["Action"])}
    assert {action for statement in BOUNDARY for action in listed(statement["Action"])} == used


@pytest.mark.parametrize("name", ["boundary.json", "operator.json"])
def test_models_of_a_global_profile_are_in_no_region(name: str) -> None:
    (models,) = (one for one in statements(name) if listed(one["Action"]) == ["bedrock:InvokeModel"])
    assert {"arn:aws:bedrock:*::foundation-model/*", "arn:aws:bedrock:::foundation-model/*"} <= set(
        models["Resource"]
    )


def test_the_boundary_names_what_belongs_to_a_stack() -> None:
    for kind in ("AWS::DynamoDB::Table", "AWS::SQS::Queue", "AWS::Lambda::Function", "AWS::Logs::LogGroup"):
        arn = ARNS[kind]
        service = arn.split(":")[2]
        for statement in BOUNDARY:
            if listed(statement["Action"])[0].startswith(f"{service}:"):
                assert any(fnmatch.fnmatchcase(arn, one) for one in listed(statement["Resource"]))
                other = arn.replace(_STACK, "payroll")
                assert not any(fnmatch.fnmatchcase(other, one) for one in listed(statement["Resource"]))


# --- the operator's ---------------------------------------------------------------------------

SERVICES = {  # what the operator's command asks, by the name that IAM has for it
    "bedrock": "bedrock", "cloudformation": "cloudformation", "lambda": "lambda",
    "service-quotas": "servicequotas", "sqs": "sqs", "ssm": "ssm",
}  # fmt: skip
# Names of operations that differ from their actions, and what an operation needs besides itself: SQS's page
# on moving messages out of a dead-letter queue.
ACTIONS = {"lambda:Invoke": ["lambda:InvokeFunction"]}
BESIDES = {
    "sqs:StartMessageMoveTask": [
        "sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes",  # of the queue of dead letters
        "sqs:SendMessage",  # to the queue that they go back to
    ]
}  # fmt: skip


def asked_of_aws() -> set[str]:
    """The operations of boto3's clients whose names stand in the operator's code."""
    import botocore.session
    from botocore import xform_name

    words = {
        word
        for path in (ROOT / "infrastructure" / "operator").glob("*.py")
        for word in re.findall(r"[a-z]+(?:_[a-z]+)+|(?<=\.)invoke(?=\()", path.read_text("utf-8"))
    }
    loader = botocore.session.get_session()
    found = set()
    for service, prefix in SERVICES.items():
        for operation in loader.get_service_model(service).operation_names:
            if xform_name(operation) in words:
                action = f"{prefix}:{operation.removesuffix('Batch')}"
                found |= {*ACTIONS.get(action, [action]), *BESIDES.get(action, ())}
    return found


def test_the_operators_policy_has_what_the_command_asks() -> None:
    asked = asked_of_aws()
    assert {"sqs:StartMessageMoveTask", "cloudformation:DescribeStacks", "lambda:InvokeFunction"} <= asked
    held = {action for statement in statements("operator.json") for action in listed(statement["Action"])}
    assert asked <= held


def test_the_manual_names_the_operators_permissions() -> None:
    (paragraph,) = re.findall(r"The commands use your own permissions:(.*?)\n\n", MANUAL, re.DOTALL)
    named = set(re.findall(r"`([a-z0-9]+:[A-Z]\w+)`", paragraph))
    held = {action for statement in statements("operator.json") for action in listed(statement["Action"])}
    assert named == held


# --- as files ---------------------------------------------------------------------------------


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_a_policy_can_be_copied(path: Path) -> None:
    text = path.read_text("utf-8")
    document = json.loads(text)
    assert document["Version"] == "2012-10-17"
    names = [statement["Sid"] for statement in document["Statement"]]
    assert len(set(names)) == len(names)
    assert len(re.sub(r"\s", "", text)) <= 6144, "the most that a managed policy may have"
    assert path.name in MANUAL
    for statement in document["Statement"]:
        assert statement["Effect"] == "Allow"
        assert statement.get("Action") != "*"
        for action in listed(statement["Action"]):
            assert not re.fullmatch(r"[a-z0-9]+:\*", action), f"{statement['Sid']}: a whole service"


def test_the_trust_is_in_one_environment_of_one_repository() -> None:
    (statement,) = statements("github-trust.json")
    assert statement["Action"] == "sts:AssumeRoleWithWebIdentity"
    ((operator, claims),) = statement["Condition"].items()
    assert operator == "StringEquals", "no wildcard"
    assert claims == {
        "token.actions.githubusercontent.com:aud": "sts.amazonaws.com",
        "token.actions.githubusercontent.com:sub": "repo:OWNER/REPOSITORY:environment:ENVIRONMENT",
    }


def test_layers_are_named_after_their_stack() -> None:
    """Without a name a layer is called by its logical id, in every stack and application alike."""
    layers = [
        r["Properties"] for r in load_template()["Resources"].values()
        if r["Type"] == "AWS::Serverless::LayerVersion"
    ]  # fmt: skip
    assert len(layers) == 3
    for layer in layers:
        assert layer["LayerName"]["Fn::Sub"].startswith("${AWS::StackName}-")
