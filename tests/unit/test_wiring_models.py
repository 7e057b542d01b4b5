"""Models and translators as settings ask for them."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from arxivdaily import wiring
from arxivdaily.adapters.bedrock import BedrockModel
from arxivdaily.adapters.openai_compatible import OpenAiModel
from arxivdaily.domain.records import Extent
from arxivdaily.errors import ConfigurationError, UnavailableError
from arxivdaily.ports import Completion, Prompt
from arxivdaily.settings import Settings

PROMPT = Prompt("answer", "system", "user", {"type": "object"}, 10)
OPENAI = {"LLM_PROVIDER": "openai", "LLM_BASE_URL": "http://127.0.0.1:9/v1"}


def terms(model: Any) -> dict[str, str]:
    return dict(model._terms.agreed())


def model(**environment: str) -> Any:
    return wiring.language_model(Settings.from_env(environment), "eu.anthropic.claude-x")


@pytest.fixture(autouse=True)
def _region(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-central-1")


def test_what_is_asked_for_by_default() -> None:
    made = model()
    assert isinstance(made, BedrockModel)
    assert terms(made)["temperature"] == "sent"
    assert terms(made)["cache point"] == "sent"
    assert terms(made)["tool"] == "forced"
    other = model(**OPENAI)
    assert isinstance(other, OpenAiModel)
    assert terms(other)["temperature"] == "sent"
    assert terms(other)["response_format"] == "strict schema"


def test_settings_override_where_to_begin() -> None:
    made = model(LLM_TEMPERATURE="none", LLM_ANSWER_FORMAT="text", LLM_PROMPT_CACHE="false")
    assert terms(made)["temperature"] == "left out"
    assert terms(made)["cache point"] == "left out"
    assert terms(made)["tool"] == "none: JSON as text"
    other = model(**OPENAI, LLM_TEMPERATURE="0.3", LLM_ANSWER_FORMAT="json")
    assert other._temperature == 0.3
    assert terms(other)["response_format"] == "json_object"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("LLM_TEMPERATURE", "warm"),
        ("LLM_TEMPERATURE", "-1"),
        ("LLM_TEMPERATURE", "2.5"),
        ("LLM_TEMPERATURE", "nan"),
        ("LLM_ANSWER_FORMAT", "xml"),
        ("LLM_PROMPT_CACHE", "yes"),
    ],
)
def test_another_value_is_refused_by_name(name: str, value: str) -> None:
    with pytest.raises(ConfigurationError, match=name):
        Settings.from_env({name: value})


@pytest.mark.parametrize("style", ["whole", "sentences"])
def test_a_fallback_model_translates_in_either_style(monkeypatch: pytest.MonkeyPatch, style: str) -> None:
    environment = OPENAI | {
        "TRANSLATE_STYLE": style,
        "TRANSLATE_MODEL": "first",
        "TRANSLATE_FALLBACK_MODEL": "second",
    }
    monkeypatch.setattr(wiring, "load_settings", lambda: Settings.from_env(environment))
    translator = wiring.translator.__wrapped__()
    made_by = translator.made_by(Extent.FULL)
    assert [m.model for m in made_by] == ["first", "second"]
    assert all(m.prompt_version.startswith("sentence") is (style == "sentences") for m in made_by)


def test_an_error_names_the_setting_that_the_address_comes_from() -> None:
    settings = Settings.from_env(OPENAI | {"LLM_API_KEY": "k"})
    made = wiring.language_model(settings, "m", "http://192.0.2.1/v1")
    with pytest.raises(ConfigurationError, match="TRANSLATE_BASE_URL"):
        made.complete(PROMPT)
    with pytest.raises(ConfigurationError, match="LLM_BASE_URL"):
        wiring.language_model(replace(settings, llm_base_url="http://192.0.2.1/v1"), "m").complete(PROMPT)


def test_translations_own_endpoint_may_have_a_key_of_its_own() -> None:
    """What pays for one service is not shown to another, such as the model on this computer."""
    given = Settings.from_env(OPENAI | {"LLM_API_KEY": "first", "TRANSLATE_API_KEY": "second"})
    own: Any = wiring.language_model(given, "m", "http://127.0.0.1:8/v1")
    shared: Any = wiring.language_model(replace(given, translate_api_key=""), "m", "http://127.0.0.1:8/v1")
    classifying: Any = wiring.language_model(given, "m")
    assert [made._api_key() for made in (own, shared, classifying)] == ["second", "first", "first"]


def test_trouble_with_a_model_is_in_the_log_with_its_address_and_without_a_key(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A run on one computer reads these lines."""
    noted: list[tuple[str, dict[str, Any]]] = []
    monkeypatch.setattr("arxivdaily.adapters.logs.logger.warning", lambda m, **more: noted.append((m, more)))
    settings = Settings.from_env(
        {"LLM_PROVIDER": "openai", "LLM_BASE_URL": "http://name:secret@127.0.0.1:9/v1", "LLM_API_KEY": "k-1"}
    )

    class Gone:
        model = "m"

        def complete(self, prompt: Prompt) -> Completion:
            raise UnavailableError("connection refused")

    guarded = wiring._guarded(Gone(), settings, "translate", settings.llm_base_url)
    for _ in range(5):
        with pytest.raises(UnavailableError):
            guarded.complete(PROMPT)
    assert [(m, more["is_stopped"]) for m, more in noted] == [
        (wiring.IN_TROUBLE, False),
        (wiring.IN_TROUBLE, True),
    ]
    assert noted[0][1] | {"is_stopped": True} == {
        "stage": "translate",
        "model": "m",
        "address": "http://127.0.0.1:9/v1",
        "error": "connection refused",
        "kind": "UnavailableError",
        "is_stopped": True,
    }
