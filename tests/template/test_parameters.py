"""What an operator may say: every parameter takes what is meant, and nothing else."""

from __future__ import annotations

from typing import Any

import pytest
from aws_resources import load_template
from cloudformation import takes

PARAMETERS: dict[str, dict[str, Any]] = load_template()["Parameters"]


def accepts(name: str, value: str) -> bool:
    return takes(PARAMETERS[name], value)


@pytest.mark.parametrize("name", PARAMETERS)
def test_every_parameter_is_validated_and_its_default_is_valid(name: str) -> None:
    parameter = PARAMETERS[name]
    bounds = (
        {"AllowedValues", "MinValue"}
        if parameter["Type"] == "Number"
        else {"AllowedValues", "AllowedPattern", "MaxLength"}
    )
    assert bounds & parameter.keys(), "whatever is typed is taken"
    assert accepts(name, str(parameter["Default"]))
    assert not accepts(name, "x" * 5000)


@pytest.mark.parametrize("name", [name for name, of in PARAMETERS.items() if "AllowedPattern" in of])
def test_a_pattern_is_told_in_words(name: str) -> None:
    """CloudFormation, and `local run`, would show the pattern instead."""
    assert PARAMETERS[name].get("ConstraintDescription", "").startswith("must ")


@pytest.mark.parametrize(
    ("name", "good", "bad"),
    [
        ("ArxivFeedUrl", ["http://127.0.0.1:8123"], ["", "rss.arxiv.org", "file:///etc/passwd"]),
        ("ArxivRequestInterval", ["0", "3.5"], ["", "-1", "three"]),
        ("ArxivContact", ["", "mailto:a@b.example"], ["a\r\nX-Other: b", "名"]),
        ("Categories", ["cs", "cs.CV,stat.ML", "cs.CV, cs.LG"], ["", "cs,", "cs CV", "cs;rm"]),
        ("LlmBaseUrl", ["", "https://api.example.com/v1"], ["api.example.com", "ftp://x"]),
        ("LlmApiKeyParameter", ["", "/a/key"], ["key", "/a/*", "sk-123"]),
        ("ClassifyModel", ["", "us.amazon.nova-lite-v1:0", "Qwen/Qwen3-8B"], ["*", "a b", "arn:aws:x"]),
        ("TranslateModel", ["/data/models/qwen.gguf", "@cf/meta/llama"], ["us.*", "${x}"]),
        ("TemplatesDir", ["/opt/site", "/home/a b/é/site"], ["site"]),
        ("TranslateFallbackModel", ["", "gpt-5"], ["?", "arn:aws:bedrock:x"]),
        ("ModelPrices", ["", '{"m": [1, 2, 3]}'], ["1.5"]),
        ("DailyBudget", ["", "2000000 tokens", "1.50 USD"], ["2000000", "-1 USD", "1 usd"]),
        ("TranslateLimit", ["0", "20"], ["-1", "all"]),
        ("SiteUrl", ["", "https://daily.example.org"], ["https://daily.example.org/", "daily.example.org"]),
        ("RenderWindow", ["1", "300"], ["0", "301"]),
        ("LogRetentionDays", ["30"], ["31", "0"]),
        ("DomainName", ["", "daily.example.org"], ["Daily.example.org", "example", "a..b", "https://a.b"]),
    ],
)  # fmt: skip
def test_parameters_take_what_is_meant_and_nothing_else(name: str, good: list[str], bad: list[str]) -> None:
    assert [value for value in good if not accepts(name, value)] == []
    assert [value for value in bad if accepts(name, value)] == []
