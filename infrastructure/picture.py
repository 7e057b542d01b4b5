"""The picture in docs/architecture.md: a Mermaid flowchart of what template.yaml says.

Who hears of what comes from event sources, who may do what from the functions' roles, who reads arXiv
from their environment. Nothing is drawn by hand, and an action that is not known here is an error.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from arxivdaily.entrypoint import GIVE_UP_ATTEMPT

Template = Mapping[str, Any]
Edge = tuple[str, str, str]  # from, arrow, to

SOLID, DOTTED = "-->", "-.->"
_FUNCTION = "AWS::Serverless::Function"
_QUEUE = "AWS::SQS::Queue"

# Where an action of a role leads, beside queues. Logs and traces are left out: everything has them.
_LEADS_TO = {
    "dynamodb": ("Table", DOTTED),
    "s3": ("SiteBucket", SOLID),
    "events": ("Bus", SOLID),
    "cloudfront": ("EdgeStack", DOTTED),
    "bedrock": ("Models", DOTTED),
    "ssm": ("Key", DOTTED),
}
_LEFT_OUT = {"logs", "xray"}
_OUTSIDE = {
    "Arxiv": '(["arXiv"])',
    "Models": '(["Amazon Bedrock or<br/>an OpenAI-compatible endpoint"])',
    "Key": '(["SSM: the endpoint\'s key"])',
    "Bus": '(["EventBridge"])',
    "Readers": '(["readers"])',
}


def picture(template: Template) -> str:
    """The flowchart as a fenced block. KeyError or ValueError for what it does not know how to draw."""
    resources = template["Resources"]
    edges = list(dict.fromkeys(_edges(resources)))
    everywhere = _reached_by_all(edges, resources)
    drawn = {end for source, _, target in edges for end in (source, target)}
    lines = ["```mermaid", "flowchart TB"]
    lines += [
        f"  {name}{_shape(name, resources, shared=name in everywhere)}"
        for name in _in_order(resources)
        if name in drawn
    ]
    lines += [f"  {source} {arrow} {target}" for source, arrow, target in edges if target not in everywhere]
    for name, style in (
        ("function", "fill:#f8d7a8,stroke:#b36b00,color:#000"),
        ("queue", "fill:#d6e4ff,stroke:#3b66b0,color:#000"),
        ("store", "fill:#d9f0d3,stroke:#3a7d2c,color:#000"),
    ):
        lines.append(f"  classDef {name} {style}")
    return "\n".join([*lines, "```"]) + "\n"


def _reached_by_all(edges: list[Edge], resources: Template) -> set[str]:
    """Stores that every function uses: one sentence says more than an arrow from each."""
    functions = {name for name, resource in resources.items() if resource["Type"] == _FUNCTION}
    used = {target: {source for source, _, end in edges if end == target} for _, _, target in edges}
    return {name for name, by in used.items() if by >= functions and _LEADS_TO["dynamodb"][0] == name}


def _in_order(resources: Template) -> list[str]:
    return ["Schedules", "Arxiv", *resources, "Models", "Key", "Bus", "Readers"]


def _shape(name: str, resources: Template, *, shared: bool) -> str:
    if name == "Schedules":
        events = [e for r in resources.values() for e in r.get("Properties", {}).get("Events", {}).values()]
        count = sum(event["Type"] == "ScheduleV2" for event in events)
        return f'(["EventBridge Scheduler<br/>{count} schedules"])'
    if name in _OUTSIDE:
        return _OUTSIDE[name]
    kind = resources[name]["Type"]
    if kind == _FUNCTION:
        return f'["{_words(name, "Function")}"]:::function'
    if kind == _QUEUE:
        properties = resources[name]["Properties"]
        order = "in order, " if properties.get("FifoQueue") else ""
        return f'[/"{_words(name, "Queue")}<br/>{order}{GIVE_UP_ATTEMPT} tries"/]:::queue'
    return {
        "AWS::DynamoDB::Table": f'[("table{", which every<br/>function uses" if shared else ""}")]:::store',
        "AWS::S3::Bucket": '[("bucket")]:::store',
        "AWS::CloudFormation::Stack": '["CloudFront"]',
    }[kind]


def _words(name: str, kind: str) -> str:
    return re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name.removesuffix(kind)).lower()


def _edges(resources: Template) -> Iterator[Edge]:
    """What is drawn, in the template's order."""
    for name, resource in resources.items():
        if resource["Type"] == _FUNCTION:
            function = resource["Properties"]
            yield from _into(name, function)
            yield from _out_of(name, function, resources)
    for resource in resources.values():
        if resource["Type"] == "AWS::S3::BucketPolicy":
            for statement in _statements(resource["Properties"]):
                if statement["Effect"] == "Allow":
                    if statement["Principal"] != {"Service": "cloudfront.amazonaws.com"}:
                        raise ValueError(f"somebody else reads the bucket: {statement['Principal']}")
                    yield "SiteBucket", SOLID, "EdgeStack"
                    yield "EdgeStack", SOLID, "Readers"


def _into(name: str, function: Template) -> Iterator[Edge]:
    for event in function["Events"].values():
        if event["Type"] == "ScheduleV2":
            yield "Schedules", SOLID, name
        elif event["Type"] == "SQS":
            yield _logical_id(event["Properties"]["Queue"]), SOLID, name
        else:
            raise ValueError(f"{name}: unknown event source {event['Type']}")
    if any(re.fullmatch("ARXIV_.*_URL", variable) for variable in function["Environment"]["Variables"]):
        yield "Arxiv", SOLID, name


def _out_of(name: str, function: Template, resources: Template) -> Iterator[Edge]:
    own = {
        _logical_id(event["Properties"]["Queue"])
        for event in function["Events"].values()
        if event["Type"] == "SQS"
    }
    role = resources[_logical_id(function["Role"])]["Properties"]
    for policy in role["Policies"]:
        for statement in _statements(policy):
            for action in _listed(statement["Action"]):
                service, _, verb = action.partition(":")
                if service in _LEFT_OUT:
                    continue
                if service != "sqs":
                    target, arrow = _LEADS_TO[service]
                    yield name, arrow, target
                elif verb == "SendMessage":
                    for queue in map(_logical_id, _listed(statement["Resource"])):
                        if "RedrivePolicy" not in resources[queue]["Properties"]:
                            continue  # dead letters, which every queue has
                        yield name, DOTTED if queue in own else SOLID, queue


def _statements(holder: Template) -> Iterator[Template]:
    """A policy's statements; conditional ones as if their condition held."""
    for statement in holder["PolicyDocument"]["Statement"]:
        yield statement["Fn::If"][1] if "Fn::If" in statement else statement


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _logical_id(value: Mapping[str, Any]) -> str:
    """The resource of a `!Ref X` or `!GetAtt X.Arn`."""
    if "Ref" in value:
        return str(value["Ref"])
    target = value["Fn::GetAtt"]
    return str(target[0] if isinstance(target, list) else target.partition(".")[0])
