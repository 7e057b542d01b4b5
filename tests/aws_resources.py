"""The template's tables, queues and bucket, created in moto from the properties the template gives.

moto's CloudFormation cannot make schedules or bucket policies, so the stateful resources are read
out of `template.yaml` and made by their own APIs: no property is written a second time here.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
from samtranslator.yaml_helper import yaml_parse

TEMPLATE = Path(__file__).resolve().parent.parent / "template.yaml"


# Settings for boto3 and Powertools that reach nobody.
MADE_UP = {
    "AWS_ACCESS_KEY_ID": "testing",
    "AWS_SECRET_ACCESS_KEY": "testing",
    "AWS_SESSION_TOKEN": "testing",
    "AWS_DEFAULT_REGION": "us-east-1",
    "AWS_EC2_METADATA_DISABLED": "true",
    "POWERTOOLS_SERVICE_NAME": "test",
    "POWERTOOLS_LOG_LEVEL": "CRITICAL",
}


def load_template() -> dict[str, Any]:
    template: dict[str, Any] = yaml_parse(TEMPLATE.read_text("utf-8"))
    return template


@contextmanager
def mocked(parameters: dict[str, str]) -> Iterator[Resources]:
    """The template's stateful resources in moto; clients and settings made anew."""
    from arxivdaily import settings, wiring
    from arxivdaily.adapters import aws as aws_adapter
    from moto import mock_aws

    def forget() -> None:
        settings.load_settings.cache_clear()
        aws_adapter.client.cache_clear()
        aws_adapter.session.cache_clear()  # moto cannot reach one that was made before it was imported
        for name in vars(wiring).values():
            if hasattr(name, "cache_clear"):
                name.cache_clear()

    with mock_aws():
        forget()
        yield create_resources(parameters)
    forget()


@dataclass(frozen=True)
class Resources:
    """Physical ids by logical id: the table's and bucket's name, the queues' URLs."""

    table: str
    bucket: str
    queues: dict[str, str]

    def environment(self) -> dict[str, str]:
        return {
            "TABLE_NAME": self.table,
            "SITE_BUCKET": self.bucket,
            "PAPERS_QUEUE_URL": self.queues["PapersQueue"],
            "MATCHED_QUEUE_URL": self.queues["MatchedQueue"],
            "ENRICH_QUEUE_URL": self.queues["EnrichQueue"],
            "RENDER_QUEUE_URL": self.queues["RenderQueue"],
            "PAPERS_DEAD_LETTER_QUEUE_URL": self.queues["PapersDeadLetterQueue"],
            "MATCHED_DEAD_LETTER_QUEUE_URL": self.queues["MatchedDeadLetterQueue"],
            "ENRICH_DEAD_LETTER_QUEUE_URL": self.queues["EnrichDeadLetterQueue"],
            "RENDER_DEAD_LETTER_QUEUE_URL": self.queues["RenderDeadLetterQueue"],
        }


def create_table(template: dict[str, Any], name: str = "arxivdaily") -> str:
    table = template["Resources"]["Table"]["Properties"]
    boto3.client("dynamodb").create_table(
        TableName=name,
        BillingMode=table["BillingMode"],
        AttributeDefinitions=table["AttributeDefinitions"],
        KeySchema=table["KeySchema"],
        GlobalSecondaryIndexes=table["GlobalSecondaryIndexes"],
    )
    return name


def create_resources(parameters: dict[str, str] | None = None) -> Resources:
    """Create everything stateful; call it inside `moto.mock_aws()`."""
    template = load_template()
    values = {name: str(p.get("Default", "")) for name, p in template["Parameters"].items()}
    values.update(parameters or {})
    sqs = boto3.client("sqs")
    queues: dict[str, str] = {}
    arns: dict[str, str] = {}
    described = {k: v for k, v in template["Resources"].items() if v["Type"] == "AWS::SQS::Queue"}
    # Dead-letter queues first: the others refer to them.
    for logical, resource in sorted(described.items(), key=lambda kv: "RedrivePolicy" in kv[1]["Properties"]):
        attributes: dict[str, str] = {}
        for name, value in resource["Properties"].items():
            if name == "RedrivePolicy":
                target = value["deadLetterTargetArn"]["Fn::GetAtt"][0]
                count = value["maxReceiveCount"]
                attributes[name] = f'{{"deadLetterTargetArn":"{arns[target]}","maxReceiveCount":{count}}}'
            elif isinstance(value, dict):
                attributes[name] = values[value["Ref"]]
            else:
                attributes[name] = str(value).lower() if isinstance(value, bool) else str(value)
        suffix = ".fifo" if attributes.get("FifoQueue") == "true" else ""
        url = sqs.create_queue(QueueName=logical + suffix, Attributes=attributes)["QueueUrl"]
        queues[logical] = url
        answer = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])
        arns[logical] = answer["Attributes"]["QueueArn"]
    bucket = "arxivdaily-site"
    boto3.client("s3").create_bucket(Bucket=bucket)
    return Resources(create_table(template), bucket, queues)
