from __future__ import annotations

import pytest
from arxivdaily.errors import ConfigurationError
from arxivdaily.settings import Settings


def test_defaults_are_those_of_the_public_interface() -> None:
    settings = Settings.from_env({})
    assert settings.arxiv_feed_url == "https://rss.arxiv.org"
    assert settings.arxiv_api_url == "https://export.arxiv.org"
    assert settings.arxiv_oai_url == "https://oaipmh.arxiv.org/oai"
    assert settings.arxiv_request_interval == 3
    assert settings.categories == ("cs", "stat.ML", "eess.AS", "eess.IV", "eess.SP")


def test_values_are_parsed_by_type() -> None:
    settings = Settings.from_env(
        {
            "ARXIV_FEED_URL": "http://127.0.0.1:8790/",
            "ARXIV_REQUEST_INTERVAL": "0",
            "CATEGORIES": "cs.CV, cs.CL ,",
            "PROCESS_REVISIONS": "true",
            "TRANSLATE_LIMIT": " 12 ",
            "LLM_BASE_URL": "",
        }
    )
    assert settings.arxiv_feed_url == "http://127.0.0.1:8790"
    assert settings.arxiv_request_interval == 0
    assert settings.categories == ("cs.CV", "cs.CL")
    assert settings.process_revisions is True
    assert settings.translate_limit == 12
    assert settings.llm_base_url == ""


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("ARXIV_REQUEST_INTERVAL", "soon"),
        ("ARXIV_REQUEST_INTERVAL", "-1"),
        ("TRANSLATE_LIMIT", "1.5"),
        ("PROCESS_REVISIONS", "perhaps"),
        ("CLASSIFIER", "magic"),
        ("TRANSLATOR", "embedded"),
        ("LLM_PROVIDER", "bedrok"),
        ("CATEGORIES", "cs.CV,<script>"),
        ("RENDER_WINDOW", "0"),
        ("LLM_TIMEOUT", "0"),
    ],
)
def test_a_wrong_value_names_its_variable(name: str, value: str) -> None:
    with pytest.raises(ConfigurationError, match=name):
        Settings.from_env({name: value})


def test_what_a_function_needs_is_asked_for_by_name() -> None:
    with pytest.raises(ConfigurationError, match="TABLE_NAME is not set"):
        Settings.from_env({}).require("table_name")
    assert Settings.from_env({"TABLE_NAME": "t"}).require("table_name") == "t"
