"""Roles of the template in chosen deployments, with the names that the tests' resources have in moto."""

from __future__ import annotations

from typing import Any

import iam
from aws_resources import load_template
from cloudformation import values
from iam import Grant, Needed

TEMPLATE = load_template()
RESOURCES = TEMPLATE["Resources"]
FUNCTIONS = ("fetch", "classify", "enrich", "translate", "render")
# What Lambda does in the function's name to read the queue of its event source.
BY_LAMBDA = ("sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes")
DISTRIBUTION = "E2EXAMPLE"
KEY_PARAMETER = "/arxivdaily/llm-api-key"
MODELS = {
    "ClassifyModel": "us.amazon.nova-lite-v1:0",  # a profile
    "ClassifyFallbackModel": "amazon.nova-micro-v1:0",
    "TranslateModel": "amazon.nova-pro-v1:0",
    "TranslateFallbackModel": "eu.amazon.nova-lite-v1:0",
}
ENDPOINT = {"LlmProvider": "openai", "LlmBaseUrl": "http://127.0.0.1:9", "LlmApiKeyParameter": KEY_PARAMETER}
# Deployments, and the services that functions call in some of them only.
DEPLOYMENTS: dict[str, tuple[dict[str, str], set[str]]] = {
    "Bedrock behind CloudFront": (MODELS, {"bedrock", "cloudfront"}),
    "an endpoint with a key behind CloudFront": (ENDPOINT, {"ssm", "cloudfront"}),
    "Bedrock without an edge": (MODELS | {"Edge": "none", "SiteUrl": "https://a.example"}, {"bedrock"}),
    "no paid model": ({"Classifier": "embedded", "Translator": "none"}, {"cloudfront"}),
}
SOMETIMES = {"bedrock", "ssm", "cloudfront"}


def physical(name: str) -> str:
    """The ARN or name of a logical id or attribute, as the harness and moto make it."""
    pseudo = {"AWS::Partition": "aws", "AWS::Region": iam.REGION, "AWS::AccountId": iam.ACCOUNT}
    if name in pseudo:
        return pseudo[name]
    logical, _, attribute = name.partition(".")
    if name == "EdgeStack.Outputs.DistributionArn":
        return iam.arn("cloudfront", f"distribution/{DISTRIBUTION}", region="")
    assert attribute == "Arn", name
    kind = RESOURCES[logical]["Type"]
    if kind == "AWS::SQS::Queue":
        fifo = RESOURCES[logical]["Properties"].get("FifoQueue")
        return iam.arn("sqs", logical + (".fifo" if fifo else ""))
    return {
        "AWS::DynamoDB::Table": iam.arn("dynamodb", "table/arxivdaily"),
        "AWS::S3::Bucket": "arn:aws:s3:::arxivdaily-site",
        "AWS::Logs::LogGroup": iam.arn("logs", f"log-group:{logical}:*"),
    }[kind]


def role_of(function: str) -> str:
    return str(properties(function)["Role"]["Fn::GetAtt"][0])


def properties(function: str) -> dict[str, Any]:
    found: dict[str, Any] = RESOURCES[f"{function.capitalize()}Function"]["Properties"]
    assert found["Handler"] == f"{function}.app.handler"
    return found


def granted(function: str, *, region: str = iam.REGION, **parameters: str) -> set[Grant]:
    given = values(TEMPLATE, region=region, **parameters)
    role = RESOURCES[role_of(function)]["Properties"]
    return iam.grants(
        role, given, TEMPLATE["Conditions"], lambda name: given[name] if name in given else physical(name)
    )


def by_runtime(function: str) -> set[Needed]:
    """What Lambda itself does as the function: writes its log and traces, reads its queue."""
    group = physical(f"{properties(function)['LoggingConfig']['LogGroup']['Ref']}.Arn")
    found = {Needed(action, group) for action in ("logs:CreateLogStream", "logs:PutLogEvents")}
    found |= {Needed(action, "*") for action in ("xray:PutTraceSegments", "xray:PutTelemetryRecords")}
    for event in properties(function)["Events"].values():
        if event["Type"] == "SQS":
            queue = physical(".".join(event["Properties"]["Queue"]["Fn::GetAtt"]))
            found |= {Needed(action, queue) for action in BY_LAMBDA}
    return found
