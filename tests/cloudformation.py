"""CloudFormation's conditions and intrinsic functions, as far as our templates use them."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

NO_VALUE = {"Ref": "AWS::NoValue"}


def values(template: Mapping[str, Any], *, region: str = "us-east-1", **given: str) -> dict[str, str]:
    """Every parameter's value as text, what is given or its default, with the region's name and what stands
    in mappings (`Map::key::name`)."""
    defaults = {name: str(p.get("Default", "")) for name, p in template["Parameters"].items()}
    assert given.keys() <= defaults.keys()
    mapped = {
        f"{mapping}::{key}::{name}": value
        for mapping, keys in template.get("Mappings", {}).items()
        for key, names in keys.items()
        for name, value in names.items()
    }
    return defaults | given | {"AWS::Region": region} | mapped


def takes(parameter: Mapping[str, Any], value: str) -> bool:
    """Whether a parameter takes a value; patterns are matched with the whole of it."""
    if "AllowedValues" in parameter:
        return value in [str(allowed) for allowed in parameter["AllowedValues"]]
    if parameter["Type"] == "Number":
        try:
            number = float(value)
        except ValueError:
            return False
        return float(parameter["MinValue"]) <= number <= float(parameter.get("MaxValue", "inf"))
    if len(value) > parameter.get("MaxLength", 4096):
        return False
    return re.fullmatch(parameter.get("AllowedPattern", "(?s:.*)"), value) is not None


def holds(expression: Any, given: Mapping[str, str], conditions: Mapping[str, Any] | None = None) -> bool:
    """Whether a condition or a rule's assertion is true for these values."""
    (name, argument), *_ = expression.items()
    if name == "Fn::Equals":
        left, right = (str(given[v["Ref"]]) if isinstance(v, dict) else str(v) for v in argument)
        return left == right
    if name == "Fn::And":
        return all(holds(one, given, conditions) for one in argument)
    if name == "Fn::Contains":
        return given[argument[1]["Ref"]] in argument[0]
    if name == "Condition":
        assert conditions is not None
        return holds(conditions[argument], given, conditions)
    assert name == "Fn::Not", name
    return not holds(argument[0], given, conditions)


def refused(template: Mapping[str, Any], given: Mapping[str, str]) -> list[str]:
    """What the template's rules say against these values, before anything is made."""
    return [
        assertion["AssertDescription"]
        for rule in template["Rules"].values()
        if "RuleCondition" not in rule or holds(rule["RuleCondition"], given)
        for assertion in rule["Assertions"]
        if not holds(assertion["Assert"], given)
    ]


def resolved(value: Any, given: Mapping[str, str], conditions: Mapping[str, Any]) -> Any:
    """With every Fn::If and parameter replaced, and without what becomes AWS::NoValue."""
    if isinstance(value, list):
        items = [resolved(item, given, conditions) for item in value]
        return [item for item in items if item != NO_VALUE]
    if not isinstance(value, dict):
        return value
    if "Fn::If" in value:
        condition, yes, no = value["Fn::If"]
        return resolved(yes if holds(conditions[condition], given, conditions) else no, given, conditions)
    if value.keys() == {"Ref"} and value["Ref"] in given:
        return given[value["Ref"]]
    fields = {key: resolved(item, given, conditions) for key, item in value.items()}
    return {key: item for key, item in fields.items() if item != NO_VALUE}


def text_of(value: Any, name: Callable[[str], str]) -> str:
    """A resolved value as text. `name` gives what `X`, `X.Attribute`, `AWS::X` and `Map::key::name` stand
    for."""
    if isinstance(value, str):
        return value
    ((function, argument),) = value.items()
    if function == "Ref":
        return name(argument)
    if function == "Fn::FindInMap":
        return name("::".join(argument))
    if function == "Fn::GetAtt":
        return name(argument if isinstance(argument, str) else ".".join(argument))
    assert function == "Fn::Sub", function
    if isinstance(argument, list):
        argument, local = argument
        return text_of({function: argument}, lambda x: text_of(local[x], name) if x in local else name(x))
    return re.sub(r"\$\{([\w:.]+)\}", lambda found: name(found[1]), argument)
