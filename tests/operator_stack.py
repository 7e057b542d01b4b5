"""A deployed stack for the operator's command: moto's queues, table and bucket, the real handlers, and
as much of CloudFormation and Lambda as the command asks (moto makes neither without more packages)."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

import boto3
from aws_resources import load_template
from botocore.exceptions import ClientError
from pipeline import Pipeline
from typer.testing import CliRunner, Result

from infrastructure.cli import app

SITE_URL = "https://daily.example.org"  # the distribution's or the operator's: an output in any case
DEFAULTS = {name: str(one["Default"]) for name, one in load_template()["Parameters"].items()}
# As an account of some years has them.
QUOTAS = {
    "Agents per account": 1000.0,
    "Cross-region model inference requests per minute for Amazon Nova 2 Lite": 2000.0,
    "Cross-region model inference tokens per minute for Amazon Nova 2 Lite": 8_000_000.0,
    "Model invocation max tokens per day for Amazon Nova 2 Lite (doubled for cross-region calls)": 5.76e9,
    "On-demand model inference tokens per minute for Amazon Nova Pro": 1_000_000.0,
}
OUTPUTS = {"Table": "TableName", "SiteBucket": "SiteBucketName", "FetchFunction": "FetchFunctionName"}


def run(*arguments: str) -> tuple[int, str]:
    """The command as an operator types it: exit status and output, errors and notes included."""
    result = _invoked(arguments)
    return result.exit_code, _without_metrics(result.output)


def run_json(*arguments: str) -> tuple[int, Any]:
    """Exit status, and what standard output holds, which is JSON alone: notes go to standard error."""
    result = _invoked([*arguments, "--json"])
    return result.exit_code, json.loads(_without_metrics(result.stdout))


def _invoked(arguments: Sequence[str]) -> Result:
    result = CliRunner().invoke(app, list(arguments), env={"COLUMNS": "200"})
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result


def _without_metrics(output: str) -> str:
    """The functions run in this process, and their metrics with them; a log has a line each."""
    return "".join(line for line in output.splitlines(keepends=True) if not line.startswith('{"_aws"'))


@dataclass
class FakeStack:
    """`stack.aws_clients` for one deployment. `nested` leaves the outputs out: then resources have to be
    found in the stack and in the one nested in it."""

    pipeline: Pipeline
    parameters: dict[str, str] = field(default_factory=dict)
    name: str = "arxivdaily"
    status: str = "CREATE_COMPLETE"
    nested: bool = False
    invoked: list[dict[str, Any]] = field(default_factory=list)
    sqs: Any = None
    quotas: dict[str, float] = field(default_factory=lambda: dict(QUOTAS))  # Bedrock's, by name
    concurrency: int = 1000  # of the account's functions
    outputs: dict[str, str] = field(default_factory=dict)  # besides those of resources
    meta: Any = field(default_factory=lambda: SimpleNamespace(region_name="us-east-1"))

    def __call__(self, service: str) -> Any:
        if service in ("cloudformation", "lambda", "service-quotas"):
            return self
        if service == "sqs" and self.sqs is not None:
            return self.sqs
        return boto3.client(service)

    @property
    def resources(self) -> dict[str, str]:
        found = self.pipeline.resources
        return {**found.queues, "Table": found.table, "SiteBucket": found.bucket, "FetchFunction": "fetch-1"}

    # --- cloudformation --------------------------------------------------------------------

    def describe_stacks(self, StackName: str) -> Mapping[str, Any]:  # noqa: N803
        if StackName != self.name:
            message = f"Stack with id {StackName} does not exist"
            raise ClientError({"Error": {"Code": "ValidationError", "Message": message}}, "DescribeStacks")
        outputs = [] if self.nested else self.resources.items()
        return {
            "Stacks": [
                {
                    "StackStatus": self.status,
                    "Parameters": [
                        {"ParameterKey": key, "ParameterValue": value}
                        for key, value in (DEFAULTS | self.parameters).items()
                    ],
                    "Outputs": [
                        {"OutputKey": "SiteUrl", "OutputValue": SITE_URL},
                        *({"OutputKey": name, "OutputValue": text} for name, text in self.outputs.items()),
                        *(
                            {"OutputKey": OUTPUTS.get(name, f"{name}Url"), "OutputValue": value}
                            for name, value in outputs
                        ),
                    ],
                }
            ]
        }

    def get_paginator(self, operation: str) -> Any:
        pages = {"list_stack_resources": self._pages, "list_service_quotas": self._quotas}
        return SimpleNamespace(paginate=pages[operation])

    def _quotas(self, ServiceCode: str) -> Iterator[Mapping[str, Any]]:  # noqa: N803
        assert ServiceCode == "bedrock"
        for name, value in self.quotas.items():  # a page each
            yield {"Quotas": [{"QuotaName": name, "QuotaCode": "L-0", "Value": value}]}

    def _pages(self, StackName: str) -> Iterator[Mapping[str, Any]]:  # noqa: N803
        here = {name: url for name, url in self.resources.items() if "Queue" in name}
        rest = {name: url for name, url in self.resources.items() if name not in here}
        found = here if StackName == "arn:inner" else rest
        for name, physical in found.items():
            yield {
                "StackResourceSummaries": [
                    {
                        "LogicalResourceId": name,
                        "PhysicalResourceId": given,
                        "ResourceType": "AWS::X::Y",
                        "ResourceStatus": status,
                    }
                    for given, status in (("gone", "DELETE_COMPLETE"), (physical, "CREATE_COMPLETE"))
                ]
            }
        if StackName == self.name:
            inner = {
                "LogicalResourceId": "Inner",
                "PhysicalResourceId": "arn:inner",
                "ResourceType": "AWS::CloudFormation::Stack",
            }
            yield {"StackResourceSummaries": [inner]}

    # --- lambda ----------------------------------------------------------------------------

    def invoke(self, FunctionName: str, Payload: bytes) -> Mapping[str, Any]:  # noqa: N803
        assert FunctionName == "fetch-1"
        request = json.loads(Payload)
        self.invoked.append(request)
        try:
            body: Any = self.pipeline.fetch(**request)
        except Exception as error:
            body = {"errorMessage": str(error), "errorType": type(error).__name__}
            return {"FunctionError": "Unhandled", "Payload": io.BytesIO(json.dumps(body).encode())}
        return {"Payload": io.BytesIO(json.dumps(body).encode())}

    def get_function_configuration(self, FunctionName: str) -> Mapping[str, Any]:  # noqa: N803
        return {"FunctionName": FunctionName, "State": "Active"}

    def get_account_settings(self) -> Mapping[str, Any]:
        limit = {
            "ConcurrentExecutions": self.concurrency,
            "UnreservedConcurrentExecutions": self.concurrency,
        }
        return {"AccountLimit": limit, "AccountUsage": {"FunctionCount": 5}}
