"""`doctor --model`: each way in which a model does not answer, and what to do about it.

The services answer with the status, error type and words of real ones; where those were reported stands
beside them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
from arxivdaily.adapters import aws, bedrock, openai_compatible
from arxivdaily.adapters.channel_file import load_catalogue
from arxivdaily.classification.prompt import ClassificationPrompt
from arxivdaily.errors import PermanentError
from arxivdaily.settings import Settings
from arxivdaily.translation.prompt import translation_prompt
from botocore.exceptions import ClientError
from fakes_models import FakeModel
from model_service import BEDROCK, BEDROCK_FINAL, OPENAI_FINAL, ModelService, Refusal

from infrastructure.operator.checks import Check, Level
from infrastructure.operator.doctor import Diagnosis
from infrastructure.operator.model_checks import (
    _SETTINGS_OF_CHANGES,
    Profiles,
    advice,
    models_in_use,
    profiles_of,
    question_of,
    uses,
)

PROFILE = "eu.amazon.nova-2-lite-v1:0"
ON_BEDROCK = {"CLASSIFY_MODEL": PROFILE, "TRANSLATOR": "none"}
ANSWERS = {"papers": [], "title_zh": "快", "abstract_zh": "快。", "summary_zh": "快。", "zh": "快"}


def _refusal(status: int, kind: str, message: str) -> Refusal:
    return Refusal(lambda _: True, status, {"message": message}, kind)


REFUSALS: Mapping[str, tuple[Refusal, Sequence[str]]] = {
    "bare id": (BEDROCK_FINAL["bare id"], ["inference profile", "CLASSIFY_MODEL="]),
    "no such model": (BEDROCK_FINAL["no such model"], ["no such model in eu-west-1", "CLASSIFY_MODEL"]),
    # openclaw#73663 and others: the account, whatever its policies say
    "no access": (BEDROCK_FINAL["no access"], ["account may not call", "verified"]),
    # IAM's own words
    "no permission": (
        _refusal(
            403,
            "AccessDeniedException",
            "User: arn:aws:sts::123456789012:assumed-role/operator/me is not authorized to perform: "
            "bedrock:InvokeModel on resource: arn:aws:bedrock:eu-west-1::foundation-model/amazon.nova-2-lite-"
            "v1:0 because no identity-based policy allows the bedrock:InvokeModel action",
        ),
        ["bedrock:InvokeModel", "Your credentials"],
    ),
    # The last words of a long message, which our own error clips.
    "service control policy": (
        _refusal(
            403,
            "AccessDeniedException",
            "User: arn:aws:sts::123456789012:assumed-role/a-role-with-a-name-that-is-rather-long/a-session-"
            "with-a-name-that-is-long-too is not authorized to perform: bedrock:InvokeModel on resource: "
            "arn:aws:bedrock:eu-central-1:123456789012:inference-profile/eu.amazon.nova-2-lite-v1:0 "
            "with an explicit deny in a service control policy",
        ),
        ["service control policy", "each region"],
    ),
    # elastic/docs-content#3770; many reports of 2026 have these words
    "marketplace": (
        _refusal(
            403,
            "AccessDeniedException",
            "Model access is denied due to IAM user or service role is not authorized to perform the "
            "required AWS Marketplace actions (aws-marketplace:ViewSubscriptions, aws-marketplace:Subscribe) "
            "to enable access to this model. Refer to the Amazon Bedrock documentation for further details.",
        ),
        ["aws-marketplace:Subscribe", "aws-marketplace:ViewSubscriptions", "The functions do not need them"],
    ),
    "payment": (
        _refusal(
            403,
            "AccessDeniedException",
            "Model access is denied due to INVALID_PAYMENT_INSTRUMENT:A valid payment instrument must be "
            "provided.",
        ),
        ["Billing", "card"],
    ),
    "use case form": (
        _refusal(
            404,
            "ResourceNotFoundException",
            "Model use case details have not been submitted for this account. Fill out the Anthropic use "
            "case details form before using the model. If you have already filled out the form, try again "
            "in 15 minutes.",
        ),
        ["Anthropic", "form", "quarter of an hour"],
    ),
    "legacy": (
        _refusal(
            404,
            "ResourceNotFoundException",
            "Access denied. This Model is marked by provider as Legacy and you have not been actively using "
            "the model in the last 30 days. Please upgrade to an active model on Amazon Bedrock",
        ),
        ["withdrawn", "CLASSIFY_MODEL"],
    ),
    "end of life": (
        _refusal(
            404,
            "ResourceNotFoundException",
            "This model version has reached the end of its life. Please refer to the AWS documentation for "
            "more details.",
        ),
        ["withdrawn"],
    ),
    "not in the region": (
        _refusal(404, "ResourceNotFoundException", "Could not resolve the foundation model."),
        ["in eu-west-1", "CLASSIFY_MODEL"],
    ),
    "throttled": (BEDROCK_FINAL["throttled"], ["LLM_CONCURRENCY", "Service Quotas"]),
    "a day's tokens": (BEDROCK_FINAL["too many tokens a day"], ["of the day", "Quotas", "DAILY_BUDGET"]),
    "too long": (BEDROCK_FINAL["too long"], ["does not take the question"]),
    "token": (
        _refusal(403, "UnrecognizedClientException", "The security token included is invalid."),
        ["AWS_PROFILE"],
    ),
    "expired": (_refusal(403, "ExpiredTokenException", "The security token is expired"), ["Sign in again"]),
    "trouble": (_refusal(503, "ServiceUnavailableException", "Bedrock is unable to process your request."),
                ["trouble of its own"]),
    "timeout": (_refusal(408, "ModelTimeoutException", "Model has timed out."), ["LLM_TIMEOUT"]),
}  # fmt: skip


@pytest.fixture(autouse=True)
def credentials(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("AWS_BEARER_TOKEN_BEDROCK", "a key")  # nothing is signed
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-1")
    aws.session.cache_clear()
    yield
    aws.session.cache_clear()


def checked(
    settings: Mapping[str, str], *, profiles: Profiles = lambda _: None, models: Any = None
) -> list[Check]:
    found = models_in_use(Settings.from_env(settings), models, region="eu-west-1", profiles=profiles)
    return list(found)


@pytest.mark.parametrize("kind", REFUSALS)
def test_what_to_do_about_a_refusal_of_bedrock(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    refusal, words = REFUSALS[kind]
    with ModelService([refusal]) as service:
        monkeypatch.setenv("AWS_ENDPOINT_URL_BEDROCK_RUNTIME", service.url)
        (check,) = checked(ON_BEDROCK)
    assert check.level is Level.FAIL
    for word in words:
        assert word in check.advice, check.advice
    assert check.found.startswith(f"{PROFILE}, to classify: ")


def test_each_kind_of_refusal_has_advice_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    """Kinds that are mended in the same way share one."""
    same = {"end of life": "legacy", "expired": "token", "not in the region": "no such model"}
    said: dict[str, str] = {}
    for kind, (refusal, _) in REFUSALS.items():
        with ModelService([refusal]) as service:
            monkeypatch.setenv("AWS_ENDPOINT_URL_BEDROCK_RUNTIME", service.url)
            (check,) = checked(ON_BEDROCK)
        said[kind] = check.advice
    assert len(set(said.values())) == len(said) - len(same)
    for kind, other in same.items():
        assert said[kind] == said[other]


ENDPOINT_REFUSALS: Mapping[str, tuple[Refusal, Sequence[str]]] = {
    "wrong key": (OPENAI_FINAL["wrong key"], ["key is refused", "LLM_API_KEY"]),
    "no such model": (OPENAI_FINAL["no such model"], ["LLM_BASE_URL", "CLASSIFY_MODEL"]),
    "too long": (OPENAI_FINAL["too long"], ["does not take the question"]),
    "busy": (OPENAI_FINAL["busy"], ["LLM_CONCURRENCY"]),
    "broken": (OPENAI_FINAL["broken"], ["trouble of its own"]),
    "forbidden": (Refusal(lambda _: True, 403, {"error": {"message": "no"}}), ["key is refused"]),
    "moved": (Refusal(lambda _: True, 308, {}), ["LLM_BASE_URL"]),
}


@pytest.mark.parametrize("kind", ENDPOINT_REFUSALS)
def test_what_to_do_about_a_refusal_of_an_endpoint(kind: str) -> None:
    refusal, words = ENDPOINT_REFUSALS[kind]
    with ModelService([refusal]) as service:
        endpoint = {"LLM_PROVIDER": "openai", "LLM_BASE_URL": f"{service.url}/v1"}
        (check,) = checked(ON_BEDROCK | endpoint)
    assert check.level is Level.FAIL
    for word in words:
        assert word in check.advice, check.advice


def test_the_key_and_the_address_are_named_where_they_stand() -> None:
    """A deployed key is in the parameter store, and translation may have an endpoint of its own."""
    settings = Settings.from_env(
        {"LLM_API_KEY_PARAMETER": "/a/key", "TRANSLATE_BASE_URL": "https://a.example", "TRANSLATE_MODEL": "m",
         "CLASSIFIER": "embedded"}
    )  # fmt: skip
    (use,) = uses(settings)
    assert "/a/key of SSM" in advice(PermanentError("model service, HTTP 401"), use, settings)
    assert "TRANSLATE_BASE_URL" in advice(PermanentError("model service, HTTP 404"), use, settings)


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        (ON_BEDROCK, ["in eu-west-1", "proxy"]),
        (ON_BEDROCK | {"LLM_PROVIDER": "openai", "LLM_BASE_URL": "http://127.0.0.1:9/v1"},
         ["LLM_BASE_URL", "from AWS"]),
    ],
)  # fmt: skip
def test_what_to_do_about_nobody_there(
    settings: dict[str, str], words: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL_BEDROCK_RUNTIME", "http://127.0.0.1:9")
    (check,) = checked(settings)
    assert check.level is Level.FAIL
    for word in words:
        assert word in check.advice, check.advice


def test_credentials_that_are_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AWS_BEARER_TOKEN_BEDROCK")
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_CONFIG_FILE", "/nowhere")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", "/nowhere")
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    (check,) = checked(ON_BEDROCK)
    assert check.level is Level.FAIL
    assert "AWS_PROFILE" in check.advice, check.found


@pytest.mark.parametrize(
    ("listed", "words"),
    [
        (["eu.x.m-v1:0"], "set CLASSIFY_MODEL=eu.x.m-v1:0."),
        (
            ["global.x.m-v1:0", "eu.x.m-v1:0"],
            "set CLASSIFY_MODEL=eu.x.m-v1:0 (global.x.m-v1:0 would do, too)",
        ),
        ([], "No inference profile in eu-west-1 has the model"),
        (None, "probably CLASSIFY_MODEL=eu.x.m-v1:0"),
    ],
)
def test_a_bare_id_is_answered_with_the_profile_of_the_region(
    listed: list[str] | None, words: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Bedrock:
        """The control plane's list, with a profile of another model before it."""

        def get_paginator(self, operation: str) -> Bedrock:
            assert operation == "list_inference_profiles"
            return self

        def paginate(self, typeEquals: str) -> list[dict[str, Any]]:  # noqa: N803
            assert typeEquals == "SYSTEM_DEFINED"
            if listed is None:
                raise ClientError({"Error": {"Code": "AccessDeniedException", "Message": ""}}, "List")
            other = {"inferenceProfileId": "eu.x.m-v1:01", "models": [{"modelArn": _arn("x.m-v1:01")}]}
            return [
                {"inferenceProfileSummaries": [other]},
                *(
                    {"inferenceProfileSummaries": [
                        {"inferenceProfileId": name, "models": [{"modelArn": _arn("x.m-v1:0")}]}]}
                    for name in listed
                ),
            ]  # fmt: skip

    with ModelService([BEDROCK_FINAL["bare id"]]) as service:
        monkeypatch.setenv("AWS_ENDPOINT_URL_BEDROCK_RUNTIME", service.url)
        (check,) = checked(
            ON_BEDROCK | {"CLASSIFY_MODEL": "x.m-v1:0"}, profiles=profiles_of(lambda _: Bedrock())
        )
    assert words in check.advice


def _arn(model: str) -> str:
    return f"arn:aws:bedrock:eu-west-1::foundation-model/{model}"


def test_the_question_is_the_one_that_the_functions_ask(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its prompt, its whole schema, and room for its answer: a toy would prove nothing."""
    settings = {"CLASSIFY_MODEL": PROFILE, "TRANSLATE_MODEL": PROFILE}
    with ModelService(answer=ANSWERS) as service:
        monkeypatch.setenv("AWS_ENDPOINT_URL_BEDROCK_RUNTIME", service.url)
        checks = checked(settings)
    assert [(check.name, check.level) for check in checks] == [("model", Level.OK)] * 2
    classify, translate = service.asked
    catalogue = load_catalogue(Path(Settings().channels_file))
    assert classify.body["system"][0]["text"] == ClassificationPrompt(catalogue).system
    asked = [
        (one.body["toolConfig"]["tools"][0]["toolSpec"]["inputSchema"]["json"],
         one.body["inferenceConfig"]["maxTokens"])
        for one in (classify, translate)
    ]  # fmt: skip
    wanted = [question_of(stage, Settings()) for stage in ("classify", "translate")]
    assert asked == [(prompt.schema, prompt.max_tokens) for prompt in wanted]
    assert asked[0][0] == ClassificationPrompt(catalogue).schema
    assert wanted[1].system == translation_prompt(_paper()).system
    assert min(limit for _, limit in asked) > 300


def _paper() -> Any:
    from infrastructure.operator.model_checks import _PAPER

    return _PAPER


def test_sentence_by_sentence_asks_for_a_sentence() -> None:
    prompt = question_of("translate", Settings.from_env({"TRANSLATE_STYLE": "sentences"}))
    assert prompt.name == "sentence"


def test_what_a_model_does_not_take_is_told_and_not_logged(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """`--json` leaves standard output to the answer."""
    with ModelService([BEDROCK["temperature of Claude"]], answer=ANSWERS) as service:
        monkeypatch.setenv("AWS_ENDPOINT_URL_BEDROCK_RUNTIME", service.url)
        (check,) = checked(ON_BEDROCK)
    assert check.level is Level.OK
    assert "temperature: left out" in check.found
    assert "LLM_TEMPERATURE=none" in check.advice
    assert capsys.readouterr().out == ""


def test_settings_that_spare_a_refusal_lead_to_the_form_that_was_found() -> None:
    """Each says a value, and an adapter that is given it begins with just that form."""
    begun: dict[str, set[str]] = {}
    for value, form in bedrock._FORMATS.items():
        begun.setdefault(f"LLM_ANSWER_FORMAT={value}", set()).add(f"tool: {form}")
    for value, form in openai_compatible._FORMATS.items():
        begun.setdefault(f"LLM_ANSWER_FORMAT={value}", set()).add(f"response_format: {form}")
    known = {
        f"{field}: {form}"
        for ladders in (bedrock.LADDERS, openai_compatible.LADDERS)
        for field, forms in ladders.items()
        for form in forms
    }
    for change, setting in _SETTINGS_OF_CHANGES.items():
        assert change in known
        name, _, value = setting.partition("=")
        Settings.from_env({name: value})  # it may have that value
        assert change in begun.get(setting, {change})


def test_the_way_that_a_tool_is_called_for_has_a_setting_where_it_is_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A refused `tool` choice alone leaves `any`, which no setting begins with."""
    for refused, wanted in (
        (["toolChoice.tool"], ""),
        (["toolChoice.tool", "toolChoice.any"], "LLM_ANSWER_FORMAT=json"),
        (["tools"], "LLM_ANSWER_FORMAT=text"),
    ):
        with ModelService([BEDROCK[name] for name in refused], answer=ANSWERS) as service:
            monkeypatch.setenv("AWS_ENDPOINT_URL_BEDROCK_RUNTIME", service.url)
            (check,) = checked(ON_BEDROCK)
        assert check.level is Level.OK
        assert wanted in check.advice
        assert bool(check.advice) == bool(wanted), refused


def test_there_is_not_a_setting_for_everything(monkeypatch: pytest.MonkeyPatch) -> None:
    with ModelService([BEDROCK["additionalProperties"]], answer=ANSWERS) as service:
        monkeypatch.setenv("AWS_ENDPOINT_URL_BEDROCK_RUNTIME", service.url)
        (check,) = checked(ON_BEDROCK)
    assert (check.level, check.advice) == (Level.OK, "")


@pytest.mark.parametrize("answer", ["{", "好的", '{"other": 1}', "[]"])
def test_an_answer_that_is_none_is_worth_a_word(answer: str) -> None:
    (check,) = checked(ON_BEDROCK, models=lambda *_: FakeModel(answer))
    assert (check.level, "CLASSIFY_MODEL" in check.advice) == (Level.WARN, True)


def test_a_channel_file_with_a_mistake_is_no_models_fault() -> None:
    (check,) = checked(ON_BEDROCK | {"CHANNELS_FILE": "/nowhere.toml"}, models=lambda *_: FakeModel())
    assert (check.level, "/nowhere.toml" in check.found) == (Level.FAIL, True)


def test_every_model_in_use_is_asked_and_no_other() -> None:
    everything = {
        "CLASSIFY_MODEL": "a", "CLASSIFY_FALLBACK_MODEL": "b", "TRANSLATE_MODEL": "c",
        "TRANSLATE_FALLBACK_MODEL": "d", "TRANSLATE_BASE_URL": "https://a.example",
    }  # fmt: skip
    found = uses(Settings.from_env(everything))
    assert [(use.model, use.stage, use.on_bedrock) for use in found] == [
        ("a", "classify", True),
        ("b", "classify", True),
        ("c", "translate", False),
        ("d", "translate", False),
    ]
    assert uses(Settings.from_env(everything | {"CLASSIFIER": "embedded", "TRANSLATOR": "none"})) == []


def test_a_trouble_is_a_sentence() -> None:
    """AWS's own words end in full stops, and advice follows them."""
    found = Diagnosis([Check("model", Level.FAIL, "Bedrock: Too many tokens per day.", "Wait.")])
    assert found.problems == ["model: Bedrock: Too many tokens per day. Wait."]
