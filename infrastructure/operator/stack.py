"""A deployed application, found by its CloudFormation stack; credentials and region are boto3's."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any

from arxivdaily.adapters.aws import translated_errors
from arxivdaily.adapters.sqs import SqsMessages
from arxivdaily.errors import ArxivDailyError, PermanentError
from arxivdaily.settings import Settings
from arxivdaily.wiring import utc_now

from infrastructure.local.deploy import variable_of
from infrastructure.operator.access import OperatorError, Place, QueueDepth, typed_for_this_computer

if TYPE_CHECKING:
    from arxivdaily.ports import PaperStore

Clients = Callable[[str], Any]

STAGES = ("papers", "matched", "enrich", "render")
_FETCH_TIMEOUT = 910  # seconds; the function's own limit is 900
_WAITING = ("ApproximateNumberOfMessages", "ApproximateNumberOfMessagesDelayed")
_IN_FLIGHT = "ApproximateNumberOfMessagesNotVisible"
_NO_CREDENTIALS = (
    "NoCredentials", "ProfileNotFound", "InvalidClientTokenId", "UnrecognizedClient", "SSOToken",
)  # fmt: skip
_SETTINGS_OF_OUTPUTS = ("SiteUrl", "ClassifyModel", "TranslateModel")
# What an output is called where a resource has one.
_OUTPUTS = {"Table": "TableName", "SiteBucket": "SiteBucketName", "FetchFunction": "FetchFunctionName"}


def aws_clients(service: str) -> Any:
    """A boto3 client from the operator's own configuration."""
    import boto3
    from botocore.config import Config

    with translated_errors(f"reach {service}"):
        return boto3.client(
            service,
            config=Config(
                connect_timeout=5,
                read_timeout=_FETCH_TIMEOUT if service == "lambda" else 20,
                tcp_keepalive=True,  # an answer may take minutes, and routers forget silent connections
                # A second invocation would not wait for the first.
                retries={"mode": "standard", "total_max_attempts": 1 if service == "lambda" else 4},
            ),
        )


def queue_of(stage: str) -> str:
    return f"{stage.capitalize()}Queue"


def dead_letter_queue_of(stage: str) -> str:
    return f"{stage.capitalize()}DeadLetterQueue"


class StackApplication:
    """`access.Application` on a stack. Nothing is asked for before it is needed."""

    def __init__(self, stack: str, clients: Clients | None = None, *, name: str = "") -> None:
        self._stack = stack
        self._clients = clients or aws_clients
        self.name = name or f"stack {stack}"
        self.place = Place(stack)

    # --- what there is ---------------------------------------------------------------------

    @cached_property
    def _description(self) -> Mapping[str, Any]:
        try:
            with translated_errors(f"find stack {self._stack}"):
                answer = self._clients("cloudformation").describe_stacks(StackName=self._stack)
        except PermanentError as error:
            if "does not exist" not in str(error):
                raise
            raise OperatorError(
                f"there is no stack {self._stack} here: name yours with --stack, or set AWS_DEFAULT_REGION "
                f"and AWS_PROFILE. {_or_here()}"
            ) from error
        found: Mapping[str, Any] = answer["Stacks"][0]
        return found

    @property
    def status(self) -> str:
        """CloudFormation's word for the stack's state."""
        return str(self._description["StackStatus"])

    @cached_property
    def settings(self) -> Settings:
        """From the stack's parameters, each named after the variable that the functions read; outputs go
        before them, because the site's address and the models have defaults of the deployment's own."""
        outputs = {name: value for name, value in self._outputs.items() if name in _SETTINGS_OF_OUTPUTS}
        values = {variable_of(name): value for name, value in ({**self.parameters, **outputs}).items()}
        return Settings.from_env(values)

    @cached_property
    def parameters(self) -> Mapping[str, str]:
        """As they were deployed, defaults among them."""
        found = self._description.get("Parameters", ())
        return {p["ParameterKey"]: p["ParameterValue"] for p in found}

    @property
    def region(self) -> str:
        return str(self._clients("cloudformation").meta.region_name)

    @cached_property
    def _outputs(self) -> Mapping[str, str]:
        return {o["OutputKey"]: o["OutputValue"] for o in self._description.get("Outputs", ())}

    @cached_property
    def _resources(self) -> Mapping[str, str]:
        """Physical by logical id, nested stacks included; of two with one name the outer."""
        found: dict[str, str] = {}
        with translated_errors(f"list the resources of stack {self._stack}"):
            for logical, physical in self._listed(self._stack):
                found.setdefault(logical, physical)
        return found

    def _listed(self, stack: str) -> Iterator[tuple[str, str]]:
        pages = self._clients("cloudformation").get_paginator("list_stack_resources")
        nested: list[str] = []
        for page in pages.paginate(StackName=stack):
            for resource in page["StackResourceSummaries"]:
                if resource.get("ResourceStatus", "").startswith("DELETE_"):
                    continue  # a condition took it out, or it is going
                physical = resource.get("PhysicalResourceId", "")
                if resource["ResourceType"] == "AWS::CloudFormation::Stack":
                    nested.append(physical)
                elif physical:
                    yield resource["LogicalResourceId"], physical
        for inner in filter(None, nested):
            yield from self._listed(inner)

    def resource(self, logical: str) -> str:
        """The name (of a queue: the URL) of a resource of the template."""
        output = _OUTPUTS.get(logical, f"{logical}Url")
        found = self._outputs.get(output) or self._resources.get(logical)
        if not found:
            raise OperatorError(f"{self.name} has no {logical}: is it this application, deployed whole?")
        return found

    @cached_property
    def store(self) -> PaperStore:
        from arxivdaily.adapters.dynamodb import DynamoPaperStore

        return DynamoPaperStore(self.resource("Table"))

    # --- queues ----------------------------------------------------------------------------

    @cached_property
    def sqs(self) -> Any:
        return self._clients("sqs")

    def queues(self) -> Sequence[QueueDepth]:
        depths = []
        for stage in STAGES:
            waiting, in_flight = self._depth(self.resource(queue_of(stage)))
            depths.append(QueueDepth(stage, waiting, in_flight, self.dead_letters(stage)))
        depths.append(QueueDepth("schedule", 0, 0, self.dead_letters("schedule")))
        return depths

    def dead_letters(self, stage: str) -> int:
        return sum(self._depth(self.resource(dead_letter_queue_of(stage))))

    def _depth(self, url: str) -> tuple[int, int]:
        with translated_errors(f"look into {url}"):
            answer = self.sqs.get_queue_attributes(QueueUrl=url, AttributeNames=[*_WAITING, _IN_FLIGHT])
        found = answer["Attributes"]
        return sum(int(found.get(name, 0)) for name in _WAITING), int(found.get(_IN_FLIGHT, 0))

    # --- what it can be asked --------------------------------------------------------------

    def fetch(self, request: Mapping[str, Any]) -> Mapping[str, Any]:
        with translated_errors("invoke the fetch function"):
            answer = self._clients("lambda").invoke(
                FunctionName=self.resource("FetchFunction"), Payload=json.dumps(request).encode()
            )
            body = json.loads(answer["Payload"].read() or b"null")
        if answer.get("FunctionError") or not isinstance(body, dict):
            message = body.get("errorMessage") or body if isinstance(body, dict) else body
            line = re.sub(r"\s+", " ", str(message))[:500]
            raise OperatorError(f"fetch: {line}")
        if body.get("outcome") == "gone_by":
            backfill = self.place.command("backfill", "--from", str(request.get("edition")))
            raise OperatorError(f"{body.get('message')}: `{backfill}` makes it from arXiv's archive")
        return body

    def pause(self, seconds: float) -> None:
        time.sleep(seconds)

    def render_anew(self, edition: str) -> None:
        url = self.resource("RenderQueue")
        messages = SqsMessages(self.sqs, clock=utc_now, window=self.settings.render_window, render_url=url)
        messages.render(edition, anew=True)


def _or_here() -> str:
    return f"For this computer: `{typed_for_this_computer()}`"


def explain(error: ArxivDailyError) -> str:
    """A failure of AWS with what an operator can do about it, where that is known. Who meant this computer
    gets the command for that."""
    text = str(error)
    advice = ""
    if "NoRegionError" in text:
        text = "no AWS region is set"
        advice = f"Set AWS_DEFAULT_REGION, or a region in your AWS profile. {_or_here()}"
    elif any(word in text for word in _NO_CREDENTIALS) or ("Token" in text and "xpired" in text):
        advice = f"Sign in (`aws sso login`), or set AWS_PROFILE. {_or_here()}"
    elif "AccessDenied" in text:
        advice = "Your credentials lack that permission."
    return f"{text.rstrip('. ')}. {advice}" if advice else text
