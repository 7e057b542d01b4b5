"""What a function's role allows, and what calls of boto3 need: pairs of an action and a resource.

A permission is written `action resource`. Which resource a call is about is read from its parameters,
by the rules of AWS's Service Authorization Reference; a call that is not known here is an error.
"""

from __future__ import annotations

import fnmatch
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from cloudformation import resolved, text_of

REGION, ACCOUNT = "us-east-1", "123456789012"
PROFILE_KEY = "bedrock:InferenceProfileArn"
EVENT_KEYS = {"events:source": "Source", "events:detail-type": "DetailType"}  # of an entry of PutEvents


@dataclass(frozen=True, order=True)
class Needed:
    """An action on a resource, by its ARN; `profile` is the inference profile that asks for it, `keys` are
    the other condition keys that AWS knows of the call."""

    action: str
    resource: str
    profile: str = ""
    keys: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, order=True)
class Grant:
    """An action on what a pattern of ARNs covers, for calls through `profiles` alone if there are any, and
    for those that have all of `keys`."""

    action: str
    pattern: str
    profiles: tuple[str, ...] = ()
    keys: tuple[tuple[str, str], ...] = ()

    def covers(self, needed: Needed) -> bool:
        return (
            self.action == needed.action
            and (not self.profiles or needed.profile in self.profiles)
            and set(self.keys) <= set(needed.keys)
            and fnmatch.fnmatchcase(needed.resource, self.pattern)
        )


def arn(service: str, resource: str, *, region: str = REGION, account: str = ACCOUNT) -> str:
    return f"arn:aws:{service}:{region}:{account}:{resource}"


# --- what a role allows ----------------------------------------------------------------------


def grants(
    role: Mapping[str, Any],
    given: Mapping[str, str],
    conditions: Mapping[str, Any],
    name: Callable[[str], str],
) -> set[Grant]:
    """What the role's policies allow in a deployment with these values.

    `name` gives what logical ids and their attributes stand for. AssertionError for an effect or a
    condition that this does not understand.
    """
    found: set[Grant] = set()
    for policy in role["Policies"]:
        for statement in resolved(policy["PolicyDocument"]["Statement"], given, conditions):
            assert statement["Effect"] == "Allow"
            conditions_on = dict(statement.get("Condition", {}))
            asked = dict(conditions_on.pop("StringEquals", {}))
            assert not conditions_on, "another operator"
            profiles = tuple(text_of(one, name) for one in _listed(asked.pop(PROFILE_KEY, [])))
            assert asked.keys() <= EVENT_KEYS.keys(), "another key"
            keys = tuple(sorted((key, text_of(value, name)) for key, value in asked.items()))
            found |= {
                Grant(action, text_of(resource, name), profiles, keys)
                for action in _listed(statement["Action"])
                for resource in _listed(statement["Resource"])
            }
    return found


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


# --- what a call needs -----------------------------------------------------------------------


def needed(service: str, operation: str, call: Mapping[str, Any]) -> Iterator[Needed]:
    """The permissions of one call of a boto3 client; KeyError for a service that no function should call."""
    yield from _SERVICES[service](operation, call)


def _dynamodb(operation: str, call: Mapping[str, Any]) -> Iterator[Needed]:
    def on(action: str, table: str, index: str = "") -> Needed:
        return Needed(
            f"dynamodb:{action}", arn("dynamodb", f"table/{table}" + (f"/index/{index}" if index else ""))
        )

    if operation in ("BatchGetItem", "BatchWriteItem"):
        yield from (on(operation, table) for table in call["RequestItems"])
    elif operation == "TransactWriteItems":  # authorised by its parts
        actions = {
            "Put": "PutItem",
            "Update": "UpdateItem",
            "Delete": "DeleteItem",
            "ConditionCheck": "ConditionCheckItem",
        }
        for item in call["TransactItems"]:
            ((kind, part),) = item.items()
            yield on(actions[kind], part["TableName"])
    else:
        yield on(operation, call["TableName"], call.get("IndexName", ""))


def _sqs(operation: str, call: Mapping[str, Any]) -> Iterator[Needed]:
    yield Needed(f"sqs:{operation.removesuffix('Batch')}", arn("sqs", call["QueueUrl"].rpartition("/")[2]))


def _s3(operation: str, call: Mapping[str, Any]) -> Iterator[Needed]:
    yield Needed(f"s3:{operation}", f"arn:aws:s3:::{call['Bucket']}/{call['Key']}")


def _events(operation: str, call: Mapping[str, Any]) -> Iterator[Needed]:
    for entry in call["Entries"]:
        keys = tuple(sorted((key, entry[field]) for key, field in EVENT_KEYS.items()))
        yield Needed(f"events:{operation}", arn("events", f"event-bus/{entry['EventBusName']}"), keys=keys)


def _ssm(operation: str, call: Mapping[str, Any]) -> Iterator[Needed]:
    yield Needed(f"ssm:{operation}", arn("ssm", f"parameter{call['Name']}"))


def _cloudfront(operation: str, call: Mapping[str, Any]) -> Iterator[Needed]:
    yield Needed(
        f"cloudfront:{operation}", arn("cloudfront", f"distribution/{call['DistributionId']}", region="")
    )


def _bedrock(operation: str, call: Mapping[str, Any]) -> Iterator[Needed]:
    assert operation == "Converse"
    yield from invoke_model(call["modelId"])


def invoke_model(model: str, region: str = REGION) -> Iterator[Needed]:
    """What a call from `region` needs of a model, or of a profile (`us.` and a model), which calls the model
    in some regions. A global profile calls it in the caller's region and in none ("Geographic" and "Global
    cross-Region inference" in Bedrock's user guide)."""
    area, _, behind = model.partition(".")
    if area not in ("us", "us-gov", "ca", "eu", "jp", "au", "apac", "global"):
        own = arn("bedrock", f"foundation-model/{model}", region=region, account="")
        yield Needed("bedrock:InvokeModel", own)
        return
    profile = arn("bedrock", f"inference-profile/{model}", region=region)
    yield Needed("bedrock:InvokeModel", profile)
    for asked in (region, "" if area == "global" else "us-west-2"):
        model_arn = arn("bedrock", f"foundation-model/{behind}", region=asked, account="")
        yield Needed("bedrock:InvokeModel", model_arn, profile)


_SERVICES: Mapping[str, Callable[[str, Mapping[str, Any]], Iterator[Needed]]] = {
    "dynamodb": _dynamodb,
    "sqs": _sqs,
    "s3": _s3,
    "events": _events,
    "ssm": _ssm,
    "cloudfront": _cloudfront,
    "bedrock-runtime": _bedrock,
}
