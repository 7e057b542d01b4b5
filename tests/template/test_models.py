"""A model that answers, in any region: what the template asks, what it allows, and what it says otherwise."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import boto3
import iam
import pytest
from cloudformation import refused, resolved, text_of, values
from hypothesis import given
from hypothesis import strategies as st
from iam import Grant, Needed
from roles import DEPLOYMENTS, FUNCTIONS, TEMPLATE, granted, properties

from infrastructure.operator.profiles import MODEL, SOURCE_REGIONS, prefix_of

STAGES = {"classify": "ClassifyModel", "translate": "TranslateModel"}
REGIONS = sorted(
    {
        region
        for partition in ("aws", "aws-us-gov", "aws-cn", "aws-eusc")
        for region in boto3.Session().get_available_regions("lambda", partition)
    }
)
WITH_A_PROFILE = sorted(region for regions in SOURCE_REGIONS.values() for region in regions)
WITHOUT = [region for region in REGIONS if region not in WITH_A_PROFILE]
PREFIXES = ["", "us.", "eu.", "jp.", "apac.", "us-gov.", "global."]


def asked(function: str, region: str, **parameters: str) -> tuple[str, str]:
    """The model that the function asks, and that the stack's output names."""
    chosen = values(TEMPLATE, region=region, **parameters)
    parameter = STAGES[function]
    variable = properties(function)["Environment"]["Variables"][f"{function.upper()}_MODEL"]
    found = (
        resolved(value, chosen, TEMPLATE["Conditions"])
        for value in (variable, TEMPLATE["Outputs"][parameter]["Value"])
    )
    first, second = (text_of(value, chosen.__getitem__) for value in found)
    return first, second


def may(allowed: set[Grant], needed: list[Needed]) -> bool:
    return all(any(grant.covers(one) for grant in allowed) for one in needed)


@pytest.mark.parametrize("region", WITH_A_PROFILE)
@pytest.mark.parametrize("function", STAGES)
def test_the_default_model_is_asked_by_a_profile_of_the_region(function: str, region: str) -> None:
    profile = f"{prefix_of(region)}.{MODEL}"
    assert asked(function, region) == (profile, profile)
    assert refused(TEMPLATE, values(TEMPLATE, region=region)) == []
    allowed = granted(function, region=region)
    assert may(allowed, list(iam.invoke_model(profile, region)))
    assert not may(allowed, list(iam.invoke_model(MODEL, region))), "but not past the profile"
    for other in {*SOURCE_REGIONS} - {prefix_of(region)}:
        assert not may(allowed, list(iam.invoke_model(f"{other}.{MODEL}", region)))


def test_the_mapping_has_every_region_and_the_rules_those_with_a_profile() -> None:
    """CloudFormation looks a mapping up in branches that are not taken, too: a region that is missing could
    not be deployed to with a model of one's own."""
    mapped = {
        region: entry["Geography"]
        for region, entry in TEMPLATE["Mappings"]["ProfileOfTheDefaultModel"].items()
    }
    assert mapped == {region: prefix_of(region) or "none" for region in REGIONS}
    assert len(WITH_A_PROFILE) == len(set(WITH_A_PROFILE)), "a region has one profile"
    for rule in ("RegionHasAModelToClassify", "RegionHasAModelToTranslate"):
        (assertion,) = TEMPLATE["Rules"][rule]["Assertions"]
        assert sorted(assertion["Assert"]["Fn::Contains"][0]) == WITH_A_PROFILE


@pytest.mark.parametrize("region", WITHOUT)
def test_where_no_profile_is_the_parameters_are_named(region: str) -> None:
    said = refused(TEMPLATE, values(TEMPLATE, region=region))
    assert [next(name for name in STAGES.values() if name in line) for line in said] == [*STAGES.values()]
    own = dict.fromkeys(STAGES.values(), "a.model-v1:0")
    assert refused(TEMPLATE, values(TEMPLATE, region=region, **own)) == []
    for function in STAGES:
        assert asked(function, region, **own) == ("a.model-v1:0", "a.model-v1:0")


@pytest.mark.parametrize(
    ("parameters", "wanted"),
    [
        ({}, ["ClassifyModel", "TranslateModel"]),
        ({"Classifier": "embedded"}, ["TranslateModel"]),
        ({"Translator": "none"}, ["ClassifyModel"]),
        ({"Classifier": "embedded", "Translator": "none"}, []),
        ({"TranslateBaseUrl": "https://a.example/v1", "TranslateModel": "m"}, ["ClassifyModel"]),
        ({"LlmProvider": "openai", "LlmBaseUrl": "https://a.example/v1", "ClassifyModel": "m",
          "TranslateModel": "m"}, []),
    ],
)  # fmt: skip
def test_only_what_bedrock_is_asked_needs_a_model_there(
    parameters: dict[str, str], wanted: list[str]
) -> None:
    said = refused(TEMPLATE, values(TEMPLATE, region="us-gov-west-1", **parameters))
    assert [next(name for name in STAGES.values() if name in line) for line in said] == wanted


ENDPOINT = {"LlmProvider": "openai", "LlmBaseUrl": "https://a.example/v1"}


@pytest.mark.parametrize(
    ("parameters", "wanted"),
    [
        (ENDPOINT, ["ClassifyModel", "TranslateModel"]),
        (ENDPOINT | {"ClassifyModel": "m"}, ["TranslateModel"]),
        (ENDPOINT | {"Classifier": "embedded"}, ["TranslateModel"]),
        (ENDPOINT | {"Translator": "none"}, ["ClassifyModel"]),
        ({"TranslateBaseUrl": "https://a.example/v1"}, ["TranslateModel"]),
        ({"TranslateBaseUrl": "https://a.example/v1", "TranslateModel": "m"}, []),
    ],
)
def test_an_endpoint_of_ones_own_is_told_the_models_name(
    parameters: dict[str, str], wanted: list[str]
) -> None:
    """Bedrock's default means nothing there."""
    said = refused(TEMPLATE, values(TEMPLATE, **parameters))
    assert [next(name for name in STAGES.values() if name in line) for line in said] == wanted


IDS = st.builds(
    lambda prefix, vendor, name: f"{prefix}{vendor}.{name}",
    st.sampled_from(PREFIXES),
    st.sampled_from(["amazon", "anthropic", "qwen", "deepseek"]),
    st.sampled_from(["nova-pro-v1:0", "claude-haiku-4-5-20251001-v1:0", "qwen3-32b-v1:0", "v3.2"]),
)


@given(model=IDS, fallback=st.one_of(st.just(""), IDS), other=IDS, region=st.sampled_from(REGIONS))
def test_a_role_allows_what_its_models_need_and_no_other(
    model: str, fallback: str, other: str, region: str
) -> None:
    for function, parameter in STAGES.items():
        chosen = {parameter: model, parameter.replace("Model", "FallbackModel"): fallback}
        allowed = granted(function, region=region, **chosen)
        for one in {model, fallback, other} - {""}:
            needed = list(iam.invoke_model(one, region))
            assert may(allowed, needed) is (one in (model, fallback))
        # The model behind a profile, for its calls alone and from the stack's region alone.
        stray = [replace(one, profile="") for one in iam.invoke_model(model, region) if one.profile]
        assert not stray or not may(allowed, stray)
        elsewhere = list(iam.invoke_model(model, "sa-east-1" if region != "sa-east-1" else "us-east-1"))
        assert not may(allowed, elsewhere)


@pytest.mark.parametrize("parameters", [{}, *(given for given, _services in DEPLOYMENTS.values())])
@pytest.mark.parametrize("function", FUNCTIONS)
def test_no_statement_names_a_model_without_an_id(function: str, parameters: dict[str, str]) -> None:
    for grant in granted(function, **parameters):
        assert not grant.pattern.endswith(("foundation-model/", "inference-profile/"))
        assert not any(profile.endswith("/") for profile in grant.profiles)


def test_arns_are_of_the_stacks_partition() -> None:
    def arns(value: Any) -> list[str]:
        if isinstance(value, str):
            return [value] if value.startswith("arn:") else []
        inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
        return [arn for item in inner for arn in arns(item)]

    found = [arn for arn in arns(TEMPLATE["Resources"]) if ":bedrock:" in arn]
    assert found
    assert all(arn.startswith("arn:${AWS::Partition}:bedrock:") for arn in found)
