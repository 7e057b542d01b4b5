"""What the environment says reaches the template's parameters as they take it, or is objected to before."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

from infrastructure import cli
from infrastructure.local.deploy import overrides, read_template
from infrastructure.local.errors import UsageError
from infrastructure.local.parameters import checked, look_alikes
from infrastructure.local.run import ROOT

TEMPLATE = read_template(ROOT / "template.yaml")


@pytest.mark.parametrize(
    ("name", "typed", "taken"),
    [
        ("CATEGORIES", "cs.CV, cs.LG", "cs.CV,cs.LG"),
        ("CATEGORIES", "cs.CV cs.LG", "cs.CV,cs.LG"),
        ("PROCESS_REVISIONS", "1", "true"),
        ("TABLE_PROTECTION", "No", "false"),
        ("LOG_LEVEL", "debug", "DEBUG"),
        ("LLM_PROVIDER", "OpenAI", "openai"),
        ("ARXIV_REQUEST_INTERVAL", ".5", "0.5"),
        ("ARXIV_REQUEST_INTERVAL", "3.", "3"),
        ("CLASSIFY_CONCURRENCY", " +4 ", "4"),
        ("LLM_BASE_URL", "http://127.0.0.1:9/v1/", "http://127.0.0.1:9/v1"),
        ("PRICE_CLASS", "priceclass_all", "PriceClass_All"),
    ],
)
def test_values_are_written_as_the_template_takes_them(name: str, typed: str, taken: str) -> None:
    assert checked({name: typed, "HOME": "/x"}) == {name: taken, "HOME": "/x"}


@pytest.mark.parametrize(
    ("name", "typed", "words"),
    [
        ("LOG_LEVEL", "warning", "must be DEBUG or INFO"),
        ("LOG_LEVEL", "DEBG", "Did you mean DEBUG?"),
        ("CLASSIFY_CONCURRENCY", "two", "whole number"),
        ("CLASSIFY_CONCURRENCY", "1000", "from 2 to 100"),
        ("TRANSLATE_LIMIT", "-1", "must not be negative"),
        ("CLASSIFY_MODEL", "a b", "without spaces"),
        ("ALARM_EMAIL", "nobody", "e-mail address"),
        ("MODEL_PRICES", "1.5", "JSON"),
        ("CATEGORIES", "cs.CV, cs.LGG", "Did you mean cs.LG?"),
        ("SITE_NOTICE", "x" * 201, "200 characters"),
    ],
)
def test_a_wrong_value_is_named_with_what_is_right(name: str, typed: str, words: str) -> None:
    with pytest.raises(UsageError) as raised:
        checked({name: typed})
    assert str(raised.value).startswith(name)
    assert words in str(raised.value)


@given(st.dictionaries(st.sampled_from([*(TEMPLATE["Parameters"])]), st.text(max_size=12), max_size=3))
def test_what_is_not_objected_to_passes_every_pattern(values: dict[str, str]) -> None:
    from cloudformation import takes

    from infrastructure.local.deploy import variable_of

    try:
        found = checked({variable_of(name): value for name, value in values.items()})
    except UsageError:
        return
    for name, value in overrides(TEMPLATE, found).items():
        assert takes(TEMPLATE["Parameters"][name], value), (name, value)


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("LLM_BASEURL", "LLM_BASE_URL"), ("CLASSIFY_MODLE", "CLASSIFY_MODEL"), ("CATEGORYS", "CATEGORIES"),
        ("llm_base_url", "LLM_BASE_URL"), ("MODEL_TRANSLATE", "TRANSLATE_MODEL"),
        ("ARXIV_FEEDURL", "ARXIV_FEED_URL"), ("DAILYBUDGET", "DAILY_BUDGET"), ("LLM_KEY", "LLM_API_KEY"),
    ],
)  # fmt: skip
def test_variables_that_nothing_reads_are_pointed_out(typed: str, meant: str) -> None:
    assert [*look_alikes({typed: "x"})] == [f"{typed} is set, but nothing reads it. Did you mean {meant}?"]


def test_other_programs_variables_are_left_alone() -> None:
    shell = (
        "PATH HOME EDITOR PAGER TERM SHLVL LANG LC_ALL PWD OLDPWD DISPLAY EDGE_TTS HTTP_PROXY NO_PROXY MAIL "
        "OPENAI_API_KEY AWS_PROFILE AWS_REGION VIRTUAL_ENV XDG_CACHE_HOME SSH_AUTH_SOCK TEMPDIR SITE TABLE"
    )
    assert [*look_alikes(dict.fromkeys([*shell.split(), "LLM_BASE_URL", "LOG_LEVEL"], "x"))] == []
    assert [*look_alikes({"LLM_BASEURL": ""})] == []


def test_the_command_says_it_before_anything_is_started(tmp_path: Path) -> None:
    options = [
        "local",
        "run",
        "--state",
        str(tmp_path / "state"),
        "--site",
        str(tmp_path / "site"),
        "--no-serve",
    ]
    for name, value in {"CATEGORIES": "cs.CV, cs.LGG", "LOG_LEVEL": "warn", "SITE_URL": "a.example"}.items():
        result = CliRunner().invoke(cli.app, options, env={name: value})
        assert result.exit_code == 2
        assert name in result.output
        assert "attern" not in result.output
        assert "Traceback" not in result.output
    assert not (tmp_path / "state").exists()
