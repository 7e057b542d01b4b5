"""The environment as the template's parameters take it: checked here, so that no value meets CloudFormation's
patterns, whose errors name neither the variable nor what is right."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import fields
from functools import cache
from pathlib import Path
from typing import Any

from arxivdaily import setting_values as values
from arxivdaily.errors import ConfigurationError
from arxivdaily.settings import Settings

from infrastructure.local.errors import UsageError

_TEMPLATE = Path(__file__).resolve().parents[2] / "template.yaml"
_FAMILIES = ("ARXIV_", "LLM_", "CLASSIFY_", "TRANSLATE_")  # names that only this application has
_SHORTEST = 6  # letters; of shorter names too many are one letter from another
_OTHERS = frozenset({"POWERTOOLS_LOG_LEVEL", "AWS_ENDPOINT_URL_BEDROCK_RUNTIME", "AWS_BEARER_TOKEN_BEDROCK"})


@cache
def _parameters() -> Mapping[str, Mapping[str, Any]]:
    """The template's, by the variable that each stands for."""
    from infrastructure.local.deploy import read_template, variable_of

    return {variable_of(name): rules for name, rules in read_template(_TEMPLATE)["Parameters"].items()}


def checked(environment: Mapping[str, str]) -> dict[str, str]:
    """`environment` with every setting written as the template takes it: lists without spaces, `true` for
    `1`, `DEBUG` for `debug`.

    Raises UsageError that names the variable, what it holds and what is right.
    """
    found = dict(environment)
    try:
        settings = Settings.from_env(environment)
        for field in fields(Settings):
            name = field.name.upper()
            if environment.get(name, "").strip():
                found[name] = _text(getattr(settings, field.name))
        for name, rules in _parameters().items():
            if raw := found.get(name, "").strip():
                found[name] = _within(name, raw, rules)
    except ConfigurationError as error:
        raise UsageError(str(error)) from error
    return found


def _text(value: object) -> str:
    if isinstance(value, tuple):
        return ",".join(value)
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float):
        return f"{value:.6f}".rstrip("0").rstrip(".")
    return str(value)


def _within(name: str, raw: str, rules: Mapping[str, Any]) -> str:
    """The value, spelt as the template has it. ConfigurationError for one that its parameter refuses."""
    described = rules.get("ConstraintDescription", "")
    if "AllowedValues" in rules:
        allowed = [str(value) for value in rules["AllowedValues"]]
        if set(allowed) == {"true", "false"}:
            return _text(values.flag(name, raw))
        near = [word for word in allowed if word.casefold() == raw.casefold()]
        if not near and described:
            raise values.wrong(name, raw, f"{described}.{values.suggestion(raw, allowed)}")
        return near[0] if near else values.one_of(name, raw, allowed)
    if rules["Type"] == "Number":
        count = values.whole_number(name, raw)
        least, most = rules.get("MinValue"), rules.get("MaxValue")
        if (least is not None and count < least) or (most is not None and count > most):
            bounds = f"from {least} to {most}" if most is not None else f"{least} or more"
            raise values.wrong(name, raw, f"must be {bounds}")
        return str(count)
    if "MaxLength" in rules and len(raw) > rules["MaxLength"]:
        raise values.wrong(name, raw, f"must be no longer than {rules['MaxLength']} characters")
    if "AllowedPattern" in rules and not re.fullmatch(rules["AllowedPattern"], raw):
        raise values.wrong(name, raw, described)
    return raw


def look_alikes(environment: Mapping[str, str]) -> Iterator[str]:
    """A sentence for each variable that nothing reads and whose name is nearly that of a setting."""
    known = {*_parameters(), *(field.name.upper() for field in fields(Settings)), *_OTHERS}
    plain = {_plain(name): name for name in known}
    words = {tuple(sorted(name.split("_"))): name for name in known if "_" in name}
    for name, value in environment.items():
        if name in known or not value.strip() or len(_plain(name)) < _SHORTEST or len(name) > 60:
            continue
        is_ours = name.startswith(_FAMILIES)
        moved = words.get(tuple(sorted(name.upper().split("_"))))
        near = [moved] if moved else _near(name, plain, 4 if is_ours else 1 + (len(_plain(name)) > 8))
        if near or is_ours:
            yield f"{name} is set, but nothing reads it.{values.meant(near)}"


def _near(name: str, plain: Mapping[str, str], most: int) -> list[str]:
    distances = {other: values.distance(_plain(name), other) for other in plain}
    least = min(distances.values())
    return [plain[other] for other, far in distances.items() if far == least] if least <= most else []


def _plain(name: str) -> str:
    return name.replace("_", "").casefold()
