"""The choices of `arxivdaily local run`, before anything is started."""

from __future__ import annotations

import io
from dataclasses import replace
from pathlib import Path

import pytest
from arxivdaily.domain.papers import AnnounceType, Paper
from arxivdaily.domain.records import Match, Record, State
from arxivdaily.settings import Settings
from arxivdaily.use_cases.dispatch import NO_TRANSLATOR
from rich.console import Console
from typer.testing import CliRunner

from infrastructure import cli
from infrastructure.local.deploy import overrides, read_template, variable_of
from infrastructure.local.emulator import aws_environment
from infrastructure.local.errors import LocalError, UsageError
from infrastructure.local.progress import Status, is_failure, summary
from infrastructure.local.run import EMBEDDED_LIMIT, ROOT, Options, Plan, function_environment, plan

OPTIONS = Options(
    edition=None,
    state=Path("state"),
    site=Path("site"),
    classifier="embedded",
    translator=None,
    limit=None,
    serve=False,
    port=8000,
)
ENDPOINT = {"LLM_BASE_URL": "http://127.0.0.1:9/v1"}


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, Plan("embedded", "embedded", EMBEDDED_LIMIT)),
        ({"limit": 3}, Plan("embedded", "embedded", 3)),
        ({"limit": 0}, Plan("embedded", "none", None)),
        ({"translator": "none", "limit": 5}, Plan("embedded", "none", None)),
        ({"translator": "llm"}, Plan("embedded", "llm", None)),
        ({"classifier": "llm"}, Plan("llm", "llm", None)),
        ({"classifier": "llm", "limit": 7}, Plan("llm", "llm", 7)),
        ({"classifier": "llm", "translator": "embedded", "limit": 7}, Plan("llm", "embedded", 7)),
    ],
)
def test_choices(changes: dict[str, object], expected: Plan) -> None:
    assert plan(replace(OPTIONS, **changes), ENDPOINT) == expected  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("changes", "environment", "words"),
    [
        ({"edition": "2026-02-30"}, {}, "2026-02-30"),
        ({"translator": "llm"}, {}, "LLM_BASE_URL"),
        ({"translator": "llm"}, {"LLM_PROVIDER": "openai"}, "LLM_BASE_URL"),
        ({"translator": "llm"}, {"LLM_PROVIDER": "bedrock"}, "AWS_ENDPOINT_URL_BEDROCK_RUNTIME"),
        ({}, {"RENDER_WINDOW": "soon"}, "RENDER_WINDOW"),
        (
            {"classifier": "llm"},
            {"LLM_BASE_URL": "http://api.example.com/v1", "LLM_API_KEY": "k"},
            "LLM_BASE_URL .*https",
        ),
        (
            {"classifier": "llm"},
            {**ENDPOINT, "TRANSLATE_BASE_URL": "http://192.168.0.7/v1", "LLM_API_KEY": "k"},
            "TRANSLATE_BASE_URL .*https",
        ),
    ],
)
def test_choices_that_cannot_work(
    changes: dict[str, object], environment: dict[str, str], words: str
) -> None:
    with pytest.raises(UsageError, match=words):
        plan(replace(OPTIONS, **changes), environment)  # type: ignore[arg-type]


def test_bedrock_is_used_where_its_endpoint_is_given() -> None:
    environment = {"AWS_ENDPOINT_URL_BEDROCK_RUNTIME": "http://127.0.0.1:9"}
    chosen = plan(replace(OPTIONS, classifier="llm"), environment)
    functions = function_environment(chosen, environment, site_url="http://127.0.0.1:8000", translator="llm")
    assert functions["LLM_PROVIDER"] == "bedrock"


@pytest.mark.parametrize(
    ("environment", "classify", "translate"),
    [
        ({}, None, None),  # Bedrock has a default of its own
        (ENDPOINT, "default", "default"),
        (ENDPOINT | {"CLASSIFY_MODEL": "a"}, "a", "default"),
        ({"TRANSLATE_BASE_URL": "http://127.0.0.1:9/v1"}, None, "default"),
        ({"TRANSLATE_BASE_URL": "http://127.0.0.1:9/v1", "TRANSLATE_MODEL": "b"}, None, "b"),
    ],
)
def test_an_endpoint_is_asked_for_a_model_whatever_it_is_called(
    environment: dict[str, str], classify: str | None, translate: str | None
) -> None:
    functions = function_environment(
        Plan("llm", "llm", None), environment, site_url="http://127.0.0.1:8000", translator="llm"
    )
    assert functions.get("CLASSIFY_MODEL") == classify
    assert functions.get("TRANSLATE_MODEL") == translate


def test_one_computer_asks_as_many_at_once_as_before() -> None:
    """The template's defaults fit the quotas of a new AWS account, which are not this computer's."""
    functions = function_environment(
        Plan("embedded", "none", None), {}, site_url="http://127.0.0.1:8000", translator="none"
    )
    assert int(functions["LLM_CONCURRENCY"]) == Settings().llm_concurrency


def test_functions_see_what_the_user_set() -> None:
    environment = {**ENDPOINT, "RENDER_WINDOW": "9", "CATEGORIES": "cs.CV", "SCHEDULE_STATE": "ENABLED"}
    functions = function_environment(
        Plan("embedded", "llm", None), environment, site_url="http://127.0.0.1:8000", translator="none"
    )
    assert functions["RENDER_WINDOW"] == "9"
    assert functions["CATEGORIES"] == "cs.CV"
    assert functions["LLM_PROVIDER"] == "openai"  # a base URL says so
    assert functions["TRANSLATOR"] == "none"
    assert functions["SCHEDULE_STATE"] == "DISABLED"  # nothing starts by itself on one computer
    assert functions["SITE_URL"] == "http://127.0.0.1:8000"


@pytest.mark.parametrize(("given", "budget"), [("", "none"), ("1.50 USD", "1.50 USD"), ("none", "none")])
def test_the_budget_of_the_cloud_is_not_this_computers(given: str, budget: str) -> None:
    """The template's default is for models that cost money, and an empty variable would leave it."""
    functions = function_environment(
        Plan("embedded", "embedded", 4), {"DAILY_BUDGET": given}, site_url="http://a", translator="llm"
    )
    assert overrides(read_template(ROOT / "template.yaml"), functions)["DailyBudget"] == budget


def test_what_is_for_an_edge_in_the_cloud_stays_out_of_the_local_deployment() -> None:
    template = read_template(ROOT / "template.yaml")
    passed = template["Resources"]["EdgeStack"]["Properties"]["Parameters"].values()
    names = {value["Ref"] for value in passed if "Ref" in value}
    shell = {variable_of(name): "something" for name in names | {"Edge"}}
    functions = function_environment(
        Plan("embedded", "none", None), shell, site_url="http://127.0.0.1:8000", translator="none"
    )
    given = overrides(template, functions)
    assert given["Edge"] == "none"
    assert not given.keys() & names
    assert functions["SITE_DISTRIBUTION_ID"] == ""


def test_the_users_aws_account_is_out_of_reach() -> None:
    environment = {
        "AWS_PROFILE": "production",
        "AWS_ACCESS_KEY_ID": "real",
        "AWS_SESSION_TOKEN": "real",
        "AWS_ROLE_ARN": "arn:aws:iam::1:role/real",
        "AWS_ENDPOINT_URL_BEDROCK_RUNTIME": "http://127.0.0.1:9",
        "LLM_API_KEY": "for the functions",
        "no_proxy": "example.org",
    }
    isolated = aws_environment("http://127.0.0.1:1", "secret", environment)
    assert "real" not in isolated.values()
    assert not {"AWS_PROFILE", "AWS_ROLE_ARN", "AWS_SESSION_TOKEN"} & isolated.keys()
    assert isolated["AWS_ENDPOINT_URL"] == "http://127.0.0.1:1"
    assert isolated["AWS_SECRET_ACCESS_KEY"] == "secret"
    assert isolated["AWS_ENDPOINT_URL_BEDROCK_RUNTIME"] == "http://127.0.0.1:9"
    assert isolated["LLM_API_KEY"] == "for the functions"
    assert isolated["NO_PROXY"] == "example.org,127.0.0.1,localhost"


def record(state: State, reason: str = "", matched: bool = False) -> Record:
    paper = Paper("2601.00001", 1, "T", "A", ("X",), ("cs.CV",), AnnounceType.NEW)
    matches = (Match("image-generation", None, 90, "r"),) if matched else ()
    return Record("2026-01-15", paper, state, reason, matches=matches)


@pytest.mark.parametrize(
    ("stored", "failed"),
    [
        (record(State.PUBLISHED, matched=True), False),
        (record(State.UNMATCHED), False),
        (record(State.REVISION, "a replacement is recorded"), False),
        (record(State.UNTRANSLATED, NO_TRANSLATOR, matched=True), False),
        (record(State.UNTRANSLATED, "the answer is not Chinese", matched=True), True),
        (record(State.FAILED, "no abstract"), True),
    ],
)
def test_what_counts_as_a_failure(stored: Record, failed: bool) -> None:
    assert is_failure(stored) is failed


def test_the_status_counts_records() -> None:
    status = Status().with_records(
        [
            record(State.PUBLISHED, matched=True),
            record(State.FAILED, "no abstract"),
            replace(record(State.PENDING), matches=None),
            record(State.PENDING, matched=True),
        ]
    )
    assert (status.announced, status.classified, status.matched) == (4, 3, 2)
    assert (status.waiting, status.failed) == (2, 1)
    assert "4 papers" in status.line()
    assert "1 failed" in status.line()


def test_the_summary_has_a_row_for_each_state_that_occurs() -> None:
    console = Console(file=io.StringIO(), width=100)
    console.print(summary("2026-01-15", [record(State.FAILED, "[/] is text"), record(State.UNMATCHED)], 12))
    assert isinstance(console.file, io.StringIO)
    shown = console.file.getvalue()
    assert "failed" in shown
    assert "[/] is text" in shown
    assert "unmatched" in shown
    assert "published" not in shown


@pytest.mark.parametrize(("error", "code"), [(LocalError("one line"), 1), (UsageError("one line"), 2)])
def test_errors_are_one_line_and_a_status(
    monkeypatch: pytest.MonkeyPatch, error: LocalError, code: int
) -> None:
    def fail(*_: object) -> int:
        raise error

    monkeypatch.setattr("infrastructure.local.run.run", fail)
    result = CliRunner().invoke(cli.app, ["local", "run", "--no-serve"])
    assert result.exit_code == code
    assert result.output == "arxivdaily: one line\n"


def test_the_command_line_becomes_options(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[Options] = []

    def note(options: Options, _console: object) -> int:
        seen.append(options)
        return 0

    monkeypatch.setattr("infrastructure.local.run.run", note)
    words = "local run --date 2026-01-15 --state s --site t --translator none --limit 4 --no-serve --port 81"
    result = CliRunner().invoke(cli.app, words.split())
    assert result.exit_code == 0
    expected = Options("2026-01-15", Path("s"), Path("t"), "embedded", "none", 4, serve=False, port=81)
    assert seen == [expected]


@pytest.mark.parametrize("words", ["--date 18.6.2026", "--classifier magic", "--limit -1", "--port 0"])
def test_wrong_options_are_refused(words: str) -> None:
    assert CliRunner().invoke(cli.app, ["local", "run", *words.split()]).exit_code == 2


@pytest.mark.parametrize(
    ("variable", "value", "words"),
    [
        ("DAILY_BUDGET", "lots", "DAILY_BUDGET is 'lots'"),
        ("MODEL_PRICES", "{", "MODEL_PRICES must be JSON"),
        ("GLOSSARY_FILE", "/no/such/glossary.toml", "glossary.toml"),
    ],
)
def test_a_mistake_in_a_setting_is_said_before_anything_starts(variable: str, value: str, words: str) -> None:
    with pytest.raises(UsageError, match=words):
        plan(OPTIONS, {variable: value})


def test_a_mistake_in_the_channel_file_is_said_before_anything_starts(tmp_path: Path) -> None:
    channels = (ROOT / "functions" / "channels.toml").read_text("utf-8")
    wrong = tmp_path / "channels.toml"
    wrong.write_text(channels.replace('slug = "video-generation"', 'slug = "image-generation"', 1), "utf-8")
    with pytest.raises(UsageError, match=r"channels\.toml.*slug.*image-generation"):
        plan(OPTIONS, {"CHANNELS_FILE": str(wrong)})
