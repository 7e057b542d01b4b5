"""The doctor compares the account's limits with what the deployment does at once."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from types import SimpleNamespace
from typing import Any, cast

import pytest
from arxivdaily.settings import Settings
from aws_resources import load_template
from botocore.exceptions import ClientError
from hypothesis import given
from hypothesis import strategies as st

from infrastructure.operator.checks import Check, Level
from infrastructure.operator.limit_checks import (
    LEAST,
    OTHERS,
    Concurrency,
    functions_at_once,
    limits,
    quota_of,
    within,
    words_of,
)
from infrastructure.operator.stack import StackApplication

DEFAULTS = {name: str(one["Default"]) for name, one in load_template()["Parameters"].items()}
USUAL = Concurrency.of(DEFAULTS)
NOVA = "us.amazon.nova-2-lite-v1:0"
MINUTE = "Cross-region model inference {} per minute for Amazon Nova 2 Lite"
DAY = "Model invocation max tokens per day for Amazon Nova 2 Lite (doubled for cross-region calls)"
OLD = {
    MINUTE.format("requests"): 2_000.0,
    MINUTE.format("tokens"): 8_000_000.0,
    DAY: 5_760_000_000.0,
    # Of others, of other ways to ask, and of what is no call.
    "On-demand model inference requests per minute for Amazon Nova 2 Lite": 0.0,
    "Global cross-region model inference tokens per minute for Amazon Nova 2 Lite": 1.0,
    "[bedrock-mantle endpoint] Input tokens per minute for Amazon Nova 2 Lite": 1.0,
    "Cross-region model inference tokens per minute for Amazon Nova Lite": 1.0,
    "Cross-region model inference tokens per minute for Anthropic Claude Sonnet 4.5 V1": 1.0,
    "Records per batch inference job for Amazon Nova 2 Lite": 1.0,
    "Agents per account": 1.0,
}


class Account:
    """As much of Lambda's and of Service Quotas' clients as is asked; `denied` names one that may not be."""

    def __init__(
        self,
        functions: int = 1000,
        quotas: Mapping[str, float] | None = None,
        denied: str = "",
        code: str = "AccessDeniedException",
    ) -> None:
        self.functions = functions
        self.quotas = OLD if quotas is None else quotas
        self.denied = denied
        self.code = code

    def __call__(self, service: str) -> Any:
        if service == self.denied:
            return SimpleNamespace(get_account_settings=self._deny, get_paginator=self._deny)
        return {"lambda": self, "service-quotas": self}[service]

    def _deny(self, *_: object) -> Any:
        raise ClientError({"Error": {"Code": self.code, "Message": "no"}}, "Get")

    def get_account_settings(self) -> dict[str, Any]:
        limit = {"ConcurrentExecutions": 1000, "UnreservedConcurrentExecutions": self.functions}
        return {"AccountLimit": limit}

    def get_paginator(self, operation: str) -> Account:
        assert operation == "list_service_quotas"
        return self

    def paginate(self, ServiceCode: str) -> Iterator[dict[str, Any]]:  # noqa: N803
        assert ServiceCode == "bedrock"
        for name, value in self.quotas.items():
            yield {"Quotas": [{"QuotaName": name, "QuotaCode": "L-1", "Value": value}]}


def checked(account: Account, model: str = NOVA, **parameters: str) -> dict[str, Check]:
    application = cast(
        "StackApplication", SimpleNamespace(parameters=DEFAULTS | parameters, region="us-east-1")
    )
    settings = Settings.from_env(
        {"CLASSIFY_MODEL": model, "TRANSLATE_MODEL": model, "LLM_PROVIDER": "bedrock"}
    )
    return {check.name: check for check in limits(application, settings, account)}


def test_an_account_of_some_years_is_fine() -> None:
    assert {check.level for check in checked(Account()).values()} == {Level.OK}


def test_a_new_account_runs_the_defaults() -> None:
    assert checked(Account(functions=10))["functions"].level is Level.OK


@pytest.mark.parametrize(
    ("free", "parameters", "words"),
    [
        (10, {"ClassifyConcurrency": "5", "TranslateConcurrency": "5"},
         "Set ClassifyConcurrency=3 TranslateConcurrency=4 and deploy"),
        (10, {"ClassifyConcurrency": "2", "TranslateConcurrency": "20"},
         "Set TranslateConcurrency=5 and deploy"),
        (7, {}, "Set TranslateConcurrency=2 and deploy"),
        (6, {}, "too few for any setting"),
        (0, {}, "too few for any setting"),
    ],
)  # fmt: skip
def test_more_functions_than_the_account_runs(free: int, parameters: dict[str, str], words: str) -> None:
    check = checked(Account(functions=free), **parameters)["functions"]
    assert check.level is Level.WARN
    assert words in check.advice
    assert "Service Quotas" in check.advice


@given(classify=st.integers(2, 100), translate=st.integers(2, 100), functions=st.integers(0, 250))
def test_what_is_advised_fits(classify: int, translate: int, functions: int) -> None:
    chosen = replace(USUAL, classify=classify, translate=translate)
    found = within(chosen, functions)
    if found is None:
        assert functions < 2 * LEAST + OTHERS
        return
    assert found.functions <= max(functions, 2 * LEAST + OTHERS)
    assert LEAST <= found.classify <= classify
    assert LEAST <= found.translate <= translate
    if chosen.functions <= functions:
        assert found == chosen


@pytest.mark.parametrize(
    ("service", "name", "permission"),
    [
        ("lambda", "functions", "lambda:GetAccountSettings"),
        ("service-quotas", "quotas", "servicequotas:ListServiceQuotas"),
    ],
)
def test_limits_that_may_not_be_read_are_worth_a_word(service: str, name: str, permission: str) -> None:
    check = checked(Account(denied=service))[name]
    assert (check.level, permission in check.advice) == (Level.WARN, True)
    check = checked(Account(denied=service, code="InternalFailure"))[name]
    assert (check.level, permission in check.advice) == (Level.WARN, False)
    assert "Service Quotas" in check.advice


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        (MINUTE.format("requests"), 10.0, "Set LlmConcurrency=2 and deploy"),
        (MINUTE.format("requests"), 4.0, "Set ClassifyConcurrency=2"),
        (MINUTE.format("requests"), 1.0, "too little for any setting"),
        (MINUTE.format("requests"), 0.0, "too little for any setting"),
        (MINUTE.format("tokens"), 90_000.0, "Set LlmConcurrency=3 and deploy"),
        (MINUTE.format("tokens"), 4_000.0, "too little for any setting"),
        (DAY, 100_000.0, "TranslateLimit"),
    ],
)
def test_quotas_that_are_too_low(name: str, value: float, words: str) -> None:
    check = checked(Account(quotas=OLD | {name: value}), ClassifyConcurrency="2")["quotas"]
    if words == "Set ClassifyConcurrency=2":
        words = "Set TranslateConcurrency=2 LlmConcurrency=1 and deploy"
    assert check.level is Level.WARN
    assert words in check.advice
    assert "Service Quotas" in check.advice
    assert f"{value:,.0f}" in check.found


def test_a_profiles_quota_is_not_the_models_own() -> None:
    for model, scope in (
        ("amazon.nova-2-lite-v1:0", "On-demand"),
        ("global.amazon.nova-2-lite-v1:0", "Global cross-region"),
    ):
        name = f"{scope} model inference tokens per minute for Amazon Nova 2 Lite"
        quotas = dict.fromkeys(OLD, 1e9) | {name: 5.0}
        assert "5 tokens a minute" in checked(Account(quotas=quotas), model)["quotas"].found


def test_a_model_that_no_quota_names_is_looked_up_by_hand() -> None:
    check = checked(Account(), "us.someone.new-model-v1:0")["quotas"]
    assert (check.level, "by hand" in check.advice) == (Level.WARN, True)


def test_no_quota_is_read_where_bedrock_is_not_asked() -> None:
    application = cast("StackApplication", SimpleNamespace(parameters=DEFAULTS, region="us-east-1"))
    settings = Settings.from_env({"LLM_PROVIDER": "openai", "CLASSIFY_MODEL": "m", "TRANSLATE_MODEL": "m"})
    found = list(limits(application, settings, Account(denied="service-quotas")))
    assert [check.name for check in found] == ["functions"]


def test_a_stack_of_another_version() -> None:
    application = cast("StackApplication", SimpleNamespace(parameters={}, region="us-east-1"))
    (check,) = limits(application, Settings(), Account())
    assert check.level is Level.WARN


def test_reserved_concurrency_is_not_free() -> None:
    check = functions_at_once(USUAL, Account(functions=3))
    assert check.level is Level.WARN


# Names as Service Quotas has had them, from its lists and from reports.
@pytest.mark.parametrize(
    ("model", "name"),
    [
        ("amazon.nova-2-lite-v1:0", "Amazon Nova 2 Lite"),
        ("amazon.nova-lite-v1:0", "Amazon Nova Lite"),
        ("anthropic.claude-haiku-4-5-20251001-v1:0", "Anthropic Claude Haiku 4.5"),
        ("anthropic.claude-sonnet-4-5-20250929-v1:0", "Anthropic Claude Sonnet 4.5 V1"),
        ("anthropic.claude-sonnet-4-6", "Anthropic Claude Sonnet 4.6"),
        ("anthropic.claude-3-5-sonnet-20241022-v2:0", "Anthropic Claude 3.5 Sonnet V2"),
        ("meta.llama3-2-1b-instruct-v1:0", "Meta Llama 3.2 1B Instruct"),
    ],
)
def test_a_quotas_name_and_a_models_id_have_the_same_words(model: str, name: str) -> None:
    assert sorted(words_of(model)) == sorted(words_of(name))


@pytest.mark.parametrize(
    ("name", "wanted"),
    [
        ("Cross-region model inference requests per minute for {}", ("geography", "requests", "minute")),
        ("Cross-Region InvokeModel tokens per minute for {}", ("geography", "tokens", "minute")),
        ("Global cross-region model inference tokens per minute for {}", ("global", "tokens", "minute")),
        ("On-demand InvokeModel tokens per minute for {}", ("own", "tokens", "minute")),
        (
            "Model invocation max tokens per day for {} (doubled for cross-region calls)",
            ("", "tokens", "day"),
        ),
        ("On-demand latency-optimized model inference tokens per minute for {}", None),
        ("Cross-region model inference tokens per minute for {} 1M Context Length", None),
        ("Batch inference job size (in GB) for {}", None),
        ("Agents per account", None),
    ],
)
def test_a_quotas_name_is_read(name: str, wanted: tuple[str, str, str] | None) -> None:
    found = quota_of(name.format("Amazon Nova Lite"), 1.0)
    assert (found and (found.scope, found.unit, found.period)) == wanted
    if found:
        assert found.model == words_of("Amazon Nova Lite")


def test_the_days_tokens_of_all_models_count_too() -> None:
    check = checked(Account(quotas=OLD | {"Cross-Model Max Tokens Per Day": 50_000.0}))["quotas"]
    assert (check.level, "50,000 tokens a day" in check.found) == (Level.WARN, True)
